"""Adjudication: what a plan allows and pays and what the member owes, over a person's whole year at once.

All money in whole cents (int64). Running balances (deductible, out-of-pocket maximum) are segmented cumulative sums.
"""

from __future__ import annotations

import numpy as np
from attrs import frozen


@frozen
class Benefits:
    """The plan's rules for each claim, aligned with the claims; money in cents."""

    deductible: np.ndarray
    out_of_pocket_max: np.ndarray
    """0 where there is none."""
    copay: np.ndarray
    coinsurance_percent: np.ndarray
    family_deductible: np.ndarray | None = None
    """0, or None for all, where there is none; it is embedded: everybody has their own within it."""
    family_out_of_pocket_max: np.ndarray | None = None


@frozen
class Shares:
    """The member's part of each claim: member = deductible + copay + coinsurance."""

    deductible: np.ndarray
    copay: np.ndarray
    coinsurance: np.ndarray

    @property
    def member(self) -> np.ndarray:
        """Return what the member owes."""
        return self.deductible + self.copay + self.coinsurance


def before(amounts: np.ndarray, segment: np.ndarray) -> np.ndarray:
    """Return for each row the sum of the rows before it in its segment; rows of a segment lie together, in order."""
    running = np.cumsum(amounts) - amounts
    first = np.ones(len(segment), bool)
    first[1:] = segment[1:] != segment[:-1]
    return running - np.repeat(running[first], np.diff(np.append(np.flatnonzero(first), len(segment))))


@frozen
class Elsewhere:
    """What members owe in the year for other claims that count to the same limits, for each claim's segments."""

    own: np.ndarray
    family: np.ndarray
    own_deductible: np.ndarray
    """The part of it that counts to the deductible."""
    family_deductible: np.ndarray


def adjudicate(
    allowed: np.ndarray,
    free: np.ndarray,
    segment: np.ndarray,
    order: np.ndarray,
    benefits: Benefits,
    family: np.ndarray | None = None,
    elsewhere: Elsewhere | None = None,
    flat: np.ndarray | None = None,
) -> Shares:
    """Return the member's shares of claims.

    `allowed` is each claim's allowed amount, `free` the part of it that costs the member nothing (preventive services), `flat` the
    part that the copay settles: it knows neither deductible nor coinsurance, and what it does not cover knows no copay.
    `segment` says whose year a claim counts to, `family` whose family's, `order` its place in time.
    """
    sorting = np.lexsort((order, segment))
    seg = segment[sorting]
    settled = np.zeros(len(seg), np.int64) if flat is None else flat[sorting]
    subject = (allowed - free)[sorting] - settled
    copay = np.minimum(benefits.copay[sorting], settled)
    spent = None if elsewhere is None else elsewhere.own_deductible[sorting]
    whole = benefits.deductible[sorting]
    left = whole if spent is None else np.maximum(whole - spent, 0)
    deductible = np.clip(left - before(subject, seg), 0, subject)
    if family is not None and benefits.family_deductible is not None:
        spent = 0 if elsewhere is None else elsewhere.family_deductible[sorting]
        limit = benefits.family_deductible[sorting]
        deductible = _within(deductible, limit, family[sorting], order[sorting], spent)
    coinsurance = ((subject - deductible) * benefits.coinsurance_percent[sorting] + 50) // 100
    # Past the out-of-pocket maximum the plan pays all: the coinsurance falls away first, then the deductible, then the copay.
    owed = deductible + copay + coinsurance
    spent = np.zeros(len(seg), np.int64) if elsewhere is None else elsewhere.own[sorting]
    capped = np.clip(_limit(benefits.out_of_pocket_max[sorting], spent) - before(owed, seg), 0, owed)
    if family is not None and benefits.family_out_of_pocket_max is not None:
        spent = 0 if elsewhere is None else elsewhere.family[sorting]
        limit = benefits.family_out_of_pocket_max[sorting]
        capped = _within(capped, limit, family[sorting], order[sorting], spent)
    excess = owed - capped
    parts = []
    for part in (coinsurance, deductible, copay):
        cut = np.minimum(excess, part)
        parts.append(part - cut)
        excess = excess - cut
    result = [np.empty_like(part) for part in parts]
    for target, part in zip(result, parts, strict=True):
        target[sorting] = part
    return Shares(result[1], result[2], result[0])


def _limit(limit: np.ndarray, spent: np.ndarray | int) -> np.ndarray:
    """Return what is left of limits, of those that are 0 as much as one likes."""
    return np.where(limit > 0, np.maximum(limit - spent, 0), np.iinfo(np.int64).max // 4)


def _within(
    amounts: np.ndarray, limit: np.ndarray, family: np.ndarray, order: np.ndarray, spent: np.ndarray | int
) -> np.ndarray:
    """Return amounts cut where a family's sum of them passes its limit, in the order of time."""
    sorting = np.lexsort((order, family))
    left = _limit(limit, spent)[sorting] - before(amounts[sorting], family[sorting])
    result = np.empty_like(amounts)
    result[sorting] = np.clip(left, 0, amounts[sorting])
    return result


def spread(total: np.ndarray, weights: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Return `total[owner]` divided among rows by `weights` in whole cents, so that each owner's rows add up exactly.

    Rows of an owner lie together; owners rise.
    """
    running = before(weights, owner) + weights
    whole = np.bincount(owner, weights=weights, minlength=len(total)).astype(np.int64)[owner]
    upto = np.where(whole > 0, (total[owner] * running + whole // 2) // np.maximum(whole, 1), 0)
    share = upto - np.where(
        running - weights > 0, (total[owner] * (running - weights) + whole // 2) // np.maximum(whole, 1), 0
    )
    return share

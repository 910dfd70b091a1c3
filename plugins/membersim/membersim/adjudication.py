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


def adjudicate(
    allowed: np.ndarray, free: np.ndarray, segment: np.ndarray, order: np.ndarray, benefits: Benefits
) -> Shares:
    """Return the member's shares of claims.

    `allowed` is each claim's allowed amount, `free` the part of it that costs the member nothing (preventive services),
    `segment` says whose year a claim counts to, `order` its place in time.
    """
    sorting = np.lexsort((order, segment))
    seg = segment[sorting]
    subject = (allowed - free)[sorting]
    copay = np.minimum(benefits.copay[sorting], subject)
    after_copay = subject - copay
    deductible = np.clip(benefits.deductible[sorting] - before(after_copay, seg), 0, after_copay)
    coinsurance = ((after_copay - deductible) * benefits.coinsurance_percent[sorting] + 50) // 100
    # Past the out-of-pocket maximum the plan pays all: the coinsurance falls away first, then the deductible, then the copay.
    owed = deductible + copay + coinsurance
    limit = np.where(benefits.out_of_pocket_max > 0, benefits.out_of_pocket_max, np.iinfo(np.int64).max // 4)[sorting]
    excess = owed - np.clip(limit - before(owed, seg), 0, owed)
    parts = []
    for part in (coinsurance, deductible, copay):
        cut = np.minimum(excess, part)
        parts.append(part - cut)
        excess = excess - cut
    result = [np.empty_like(part) for part in parts]
    for target, part in zip(result, parts, strict=True):
        target[sorting] = part
    return Shares(result[1], result[2], result[0])


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

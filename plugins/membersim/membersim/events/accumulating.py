"""A year's balances: deductibles and out-of-pocket maximums of persons and families over all their claims at once."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Coded, concatenate
from healthsim_core.draws import SLOTS
from healthsim_core.events import Events
from membersim.adjudication import Benefits, Elsewhere, Shares, adjudicate
from membersim.events.deciding import LIMITS, total
from membersim.events.pharmacy import owed
from membersim.reference import benefit

MEDICAL = tuple(f"membersim.claim_{kind}" for kind in ("professional", "anesthesia", "institutional"))
"""The claims that share deductibles and out-of-pocket maximums."""
PHARMACY = "membersim.claim_pharmacy"


def shares_of(events: Events) -> Shares:
    """Return the member's shares of medical claims, with the balances of all medical claims of the coverage's year.

    Where one maximum or deductible holds for medical and pharmacy claims, what the year's drugs cost is set aside first, whenever
    they were filled: a year's sum is right, and it is medical claims that the limit makes cheaper.
    """
    batches = [one for one in (events.timeline(name) for name in MEDICAL) if one is not None]
    start = sum(len(one) for one in batches[: [one.event_type for one in batches].index(events.event_type)])

    def column(name: str) -> np.ndarray:
        return np.concatenate([one[name] for one in batches])

    day, drugs = column("service_time").astype("datetime64[D]"), _drugs(events)
    n = len(day)
    year = np.concatenate([day.astype("datetime64[Y]").astype(np.int64), drugs["year"]])
    coverage = np.concatenate([column("coverage"), drugs["coverage"]])
    plan = concatenate([*(one["plan"] for one in batches), drugs["plan"]])
    unit = np.concatenate([*(one.entity for one in batches), drugs["entity"]]) // SLOTS
    _, own = np.unique(coverage, return_inverse=True)
    segment = np.unique(own * 4096 + year, return_inverse=True)[1].astype(np.int64)
    family = np.unique((unit * 4096 + year) * 64 + plan.codes + 1, return_inverse=True)[1].astype(np.int64)
    order = np.empty(n, np.int64)
    order[np.lexsort((column("key"), day))] = np.arange(n)
    everybody = adjudicate(
        column("allowed"),
        column("free"),
        segment[:n],
        order,
        Benefits(
            column("deductible"), column("out_of_pocket_max"), column("copay"), *(column(one) for one in LIMITS[2:])
        ),
        family[:n],
        Elsewhere(*(_sums(drugs[what], one, n) for what in ("owed", "deductible") for one in (segment, family))),
        column("flat"),
    )
    rows = slice(start, start + len(events))
    deductible, copay, coinsurance = (getattr(everybody, name)[rows] for name in ("deductible", "copay", "coinsurance"))
    return Shares(deductible, copay, coinsurance)


def _sums(amounts: np.ndarray, segment: np.ndarray, claims: int) -> np.ndarray:
    """Return for each of the claims what its segment's drugs, which stand behind the claims, cost."""
    return total(amounts, segment[claims:], int(segment.max(initial=-1)) + 1)[segment[:claims]]


def _drugs(events: Events) -> dict:
    """Return the pharmacy claims that count to the medical maximum, with what members owe for them."""
    claims = events.timeline(PHARMACY)
    none = np.empty(0, np.int64)
    names = ("year", "coverage", "entity", "owed", "deductible")
    blank = {**dict.fromkeys(names, none), "plan": Coded.constant(None, 0)}
    if claims is None:
        return blank
    member, deductible = owed(claims, events.rows("fills"))
    rows = np.flatnonzero((member > 0) & (benefit(claims["plan"], "pharmacy_counts") > 0))
    if not len(rows):
        return blank
    return {
        "year": claims["service_time"][rows].astype("datetime64[Y]").astype(np.int64),
        "coverage": claims["coverage"][rows],
        "plan": claims["plan"][rows],
        "entity": claims.entity[rows],
        "owed": member[rows],
        "deductible": np.where(benefit(claims["plan"][rows], "one_deductible") > 0, deductible[rows], 0),
    }

"""The pharmacy benefit: which one a person has, and what it lets a drug cost them.

All money in whole cents (int64). Running balances (deductible, out-of-pocket threshold) are segmented cumulative sums over
all of a person's fills of a year.
"""

from __future__ import annotations

import numpy as np
from attrs import frozen

from healthsim_core.columns import Array, Coded
from healthsim_core.declarations import Attribute, Derivation
from healthsim_core.people import People
from rxmembersim.reference import TIERS, Plan, plans

LOW_INCOME = 0.22
"""Share of Medicare members whose drug coverage is subsidized; about a quarter of Part D enrollees (CMS, 2024)."""

MONTH = 34
"""The most days that count as a month's supply: one copay, one month of insulin."""

# Without a medical plan to go by: health insurance by age, US 2023 (Census, Health Insurance Coverage), rounded.
UNDER_65 = (("RX-COMM", 0.52), ("RX-HDHP", 0.19), ("MCD-RX", 0.20), ("EXC-BRZ", 0.03), ("EXC-SLV", 0.06))
FROM_65 = (("PDP-STD", 0.20), ("PDP-ENH", 0.58), ("PDP-LIS", 0.22))

ATTRIBUTES = [
    Attribute(
        "rx_plan",
        "coverage",
        "The pharmacy benefit; where absent it follows from the medical plan, or from age.",
        "category",
        values=tuple(plans()),
        shared=True,
    )
]


def benefit_of(people: People) -> dict[str, Array]:
    """Return the pharmacy benefit of each person: what the profile says, else what goes with their medical plan or age."""
    names = list(plans())
    place = {name: number for number, name in enumerate(names)}

    def mix(weights: tuple[tuple[str, float], ...]) -> np.ndarray:
        edges = np.cumsum([share for _, share in weights])
        chosen = np.searchsorted(edges, people.draw("mix", shared=True), side="right")
        return np.array([place[name] for name, _ in weights])[np.minimum(chosen, len(weights) - 1)]

    benefit = np.where(people["age"] >= 65, mix(FROM_65), mix(UNDER_65))
    if "coverage_type" in people:
        benefit = np.where(people["coverage_type"].codes >= 0, _by_medical_plan(people, place, benefit), benefit)
    if "rx_plan" in people:
        given = people["rx_plan"].lookup(place, -1, np.int64)
        benefit = np.where(given >= 0, given, benefit)
    return {"rx_benefit": Coded(benefit, names)}


def _by_medical_plan(people: People, place: dict[str, int], otherwise: np.ndarray) -> np.ndarray:
    line = people["coverage_type"].lookup(
        {"Commercial": place["RX-COMM"], "Medicaid": place["MCD-RX"], "Exchange": place["EXC-SLV"]}, -1, np.int64
    )
    if "plan" in people:
        special = people["plan"].lookup({"HDHP": place["RX-HDHP"], "Exchange-Bronze": place["EXC-BRZ"]}, -1, np.int64)
        line = np.where((special >= 0) & (line >= 0), special, line)
        own = people["plan"].isin({"MA-HMO", "MA-PPO"})
    else:
        own = np.ones(len(people), bool)
    medicare = np.where(own, place["PDP-ENH"], place["PDP-STD"])
    medicare = np.where(people.draw("low_income", shared=True) < LOW_INCOME, place["PDP-LIS"], medicare)
    line = np.where(people["coverage_type"].isin({"Medicare"}), medicare, line)
    return np.where(line >= 0, line, otherwise)


BENEFIT = Derivation(
    "rxmembersim.benefit",
    "Everybody's pharmacy benefit.",
    ("age",),
    ("rx_benefit",),
    benefit_of,
    "rxmembersim",
    optional=("rx_plan", "coverage_type", "plan"),
)


def plan_fact(benefit: Coded, name: str) -> np.ndarray:
    """Return a number of each member's plan (int64), 0 where there is no plan."""
    return benefit.lookup({plan: getattr(one, name) for plan, one in plans().items()}, 0, np.int64)


def by_tier(benefit: Coded, tier: np.ndarray, name: str) -> np.ndarray:
    """Return what `copays` or `percents` of each member's plan say for a drug's tier."""

    def table(one: Plan) -> list[int]:
        return list(getattr(one, name))

    values = np.array([table(plans()[word]) for word in benefit.words] + [[0] * len(TIERS)], np.int64)
    return values[benefit.codes, tier - 1]


@frozen(eq=False)
class Costs:
    """What fills cost and whom, aligned; ingredient + fee = total = deductible + copay + plan."""

    total: np.ndarray
    deductible: np.ndarray
    copay: np.ndarray
    phase: Coded

    @property
    def patient(self) -> np.ndarray:
        """Return what members pay."""
        return self.deductible + self.copay

    @property
    def plan(self) -> np.ndarray:
        """Return what plans pay."""
        return self.total - self.patient


@frozen(eq=False)
class Bills:
    """Fills to be priced, aligned and in no order."""

    total: np.ndarray
    tier: np.ndarray
    insulin: np.ndarray
    months: np.ndarray
    """Months' supplies, begun ones counted."""
    kept: np.ndarray
    """False where the fill is taken back: it moves no balance."""
    segment: np.ndarray
    """Whose year it counts to."""
    order: np.ndarray
    """Its place in time."""
    benefit: Coded


def before(amounts: np.ndarray, segment: np.ndarray) -> np.ndarray:
    """Return for each row the sum of the rows before it in its segment; rows of a segment lie together, in order."""
    if not len(amounts):
        return amounts
    running = np.cumsum(amounts) - amounts
    first = np.ones(len(segment), bool)
    first[1:] = segment[1:] != segment[:-1]
    return running - np.repeat(running[first], np.diff(np.append(np.flatnonzero(first), len(segment))))


def share_costs(bills: Bills) -> Costs:
    """Return who pays what of each fill: deductible first, then copay or coinsurance, nothing past the year's threshold."""
    sorting = np.lexsort((bills.order, bills.segment))
    segment, total, kept = bills.segment[sorting], bills.total[sorting], bills.kept[sorting]
    benefit, tier, months = bills.benefit[sorting], bills.tier[sorting], bills.months[sorting]
    cap = plan_fact(benefit, "insulin_cap")
    capped = bills.insulin[sorting] & (cap >= 0)
    subject = np.where((tier >= plan_fact(benefit, "deductible_tier")) & ~capped, total, 0)
    whole = plan_fact(benefit, "deductible")
    met = before(subject * kept, segment)
    deductible = np.clip(whole - met, 0, subject)
    rest = total - deductible
    copay = by_tier(benefit, tier, "copays") * months + (rest * by_tier(benefit, tier, "percents") + 50) // 100
    copay = np.minimum(np.where(capped, np.minimum(copay, cap * months), copay), rest)
    limit = plan_fact(benefit, "out_of_pocket_max")
    limit = np.where(limit > 0, limit, np.iinfo(np.int64).max // 4)
    owed = deductible + copay
    spent = before(owed * kept, segment)
    excess = owed - np.clip(limit - spent, 0, owed)
    cut = np.minimum(excess, copay)
    copay, deductible = copay - cut, deductible - (excess - cut)
    phase = np.where(spent + owed >= limit, 2, np.where((subject > 0) & (met + subject <= whole), 0, 1))
    back = np.empty_like(sorting)
    back[sorting] = np.arange(len(sorting))
    return Costs(
        bills.total, deductible[back], copay[back], Coded(phase[back], ("deductible", "initial", "catastrophic"))
    )

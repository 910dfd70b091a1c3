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
from rxmembersim.reference import TIERS, plans

LOW_INCOME = 0.22
"""Share of Medicare members whose drug coverage is subsidized; about a quarter of Part D enrollees (CMS, 2024)."""

NOTHING = -1
"""The place of the benefit of people who have none."""
MONTH = 34
"""The most days that count as a month's supply: one copay, one month of insulin."""

# Without a medical plan to go by: health insurance by age, US 2023 (Census, Health Insurance Coverage), rounded.
UNDER_65 = (("RX-COMM", 0.52), ("RX-HDHP", 0.19), ("MCD-RX", 0.20), ("EXC-BRZ", 0.03), ("EXC-SLV", 0.06))
# Of people in Part D 57 percent have it in Medicare Advantage, and two in three of those with the subsidy (KFF 2024).
FROM_65 = (("PDP-STD", 0.14), ("PDP-ENH", 0.20), ("PDP-LIS", 0.09), ("MAPD-ENH", 0.41), ("MAPD-LIS", 0.16))
ADVANTAGE = ("MA-HMO", "MA-PPO")
"""Medical plans that hold the drug benefit themselves."""
WITHOUT_DRUGS = ("MA-only",)
"""Medical plans beside which nobody may have a stand-alone drug plan."""
STANDARD_SHARE = 0.4
"""Share of stand-alone drug plans of the standard design: HealthSim's estimate."""

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
    subsidized = people.draw("low_income", shared=True) < LOW_INCOME
    standard = people.draw("standard", shared=True) < STANDARD_SHARE
    inside = np.where(subsidized, place["MAPD-LIS"], place["MAPD-ENH"])
    alone = np.where(subsidized, place["PDP-LIS"], np.where(standard, place["PDP-STD"], place["PDP-ENH"]))
    medicare = people["coverage_type"].isin({"Medicare"})
    if "plan" not in people:
        return np.where(medicare, inside, np.where(line >= 0, line, otherwise))
    plan = people["plan"]
    special = plan.lookup({"HDHP": place["RX-HDHP"], "Exchange-Bronze": place["EXC-BRZ"]}, -1, np.int64)
    line = np.where((special >= 0) & (line >= 0), special, line)
    none = plan.isin(WITHOUT_DRUGS)
    line = np.where(medicare, np.where(plan.isin(ADVANTAGE), inside, np.where(none, NOTHING, alone)), line)
    return np.where((line >= 0) | medicare, line, otherwise)


BENEFIT = Derivation(
    "rxmembersim.benefit",
    "Everybody's pharmacy benefit.",
    ("age",),
    ("rx_benefit",),
    benefit_of,
    "rxmembersim",
    optional=("rx_plan", "coverage_type", "plan"),
)


def plan_fact(benefit: Coded, name: str, year: np.ndarray | None = None) -> np.ndarray:
    """Return a number of each member's plan (int64), as it is in a year, 0 where there is no plan."""
    if year is None:
        return benefit.lookup({plan: getattr(one, name) for plan, one in plans().items()}, 0, np.int64)
    found = np.zeros(len(benefit), np.int64)
    for one in np.unique(year):
        known = {plan: getattr(facts, name) for plan, facts in plans(int(one)).items()}
        found = np.where(year == one, benefit.lookup(known, 0, np.int64), found)
    return found


def by_tier(benefit: Coded, tier: np.ndarray, name: str, year: np.ndarray) -> np.ndarray:
    """Return what `copays` or `percents` of each member's plan say for a drug's tier in a year."""
    found = np.zeros(len(benefit), np.int64)
    for one in np.unique(year):
        known = plans(int(one))
        values = np.array([list(getattr(known[word], name)) for word in benefit.words] + [[0] * len(TIERS)], np.int64)
        found = np.where(year == one, values[benefit.codes, tier - 1], found)
    return found


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
    year: np.ndarray
    """The calendar year of the fill."""
    family: np.ndarray
    """Whose family's year it counts to."""


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
    year, family = bills.year[sorting], bills.family[sorting]
    cap = plan_fact(benefit, "insulin_cap")
    capped = bills.insulin[sorting] & (cap >= 0)
    subject = np.where((tier >= plan_fact(benefit, "deductible_tier")) & ~capped, total, 0)
    whole = plan_fact(benefit, "deductible", year)
    met = before(subject * kept, segment)
    deductible = np.clip(whole - met, 0, subject)
    limit = plan_fact(benefit, "family_deductible", year)
    deductible = _within(deductible, kept, limit, family, bills.order[sorting])
    rest = total - deductible
    percent = by_tier(benefit, tier, "percents", year)
    copay = by_tier(benefit, tier, "copays", year) * months + (rest * percent + 50) // 100
    copay = np.minimum(np.where(capped, np.minimum(copay, cap * months), copay), rest)
    limit = _or_endless(plan_fact(benefit, "out_of_pocket_max", year))
    owed = deductible + copay
    spent = before(owed * kept, segment)
    left = np.clip(limit - spent, 0, owed)
    family_limit = plan_fact(benefit, "family_out_of_pocket_max", year)
    excess = owed - _within(left, kept, family_limit, family, bills.order[sorting])
    cut = np.minimum(excess, copay)
    copay, deductible = copay - cut, deductible - (excess - cut)
    phase = np.where(spent + owed >= limit, 2, np.where((subject > 0) & (met + subject <= whole), 0, 1))
    back = np.empty_like(sorting)
    back[sorting] = np.arange(len(sorting))
    return Costs(
        bills.total, deductible[back], copay[back], Coded(phase[back], ("deductible", "initial", "catastrophic"))
    )


def _or_endless(limit: np.ndarray) -> np.ndarray:
    return np.where(limit > 0, limit, np.iinfo(np.int64).max // 4)


def _within(
    amounts: np.ndarray, kept: np.ndarray, limit: np.ndarray, family: np.ndarray, order: np.ndarray
) -> np.ndarray:
    """Return amounts cut where a family's sum of them passes its limit (0 for none), in the order of time."""
    if not (limit > 0).any():
        return amounts
    sorting = np.lexsort((order, family))
    left = _or_endless(limit)[sorting] - before((amounts * kept)[sorting], family[sorting])
    found = np.empty_like(amounts)
    found[sorting] = np.clip(left, 0, amounts[sorting])
    return found

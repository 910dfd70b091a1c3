"""Families in bulk: who is who in a household, and how old, when only the subscriber is specified.

Shares and gaps are HealthSim's round figures in the range of the US Census Bureau's America's Families and Living
Arrangements 2023 and the National Vital Statistics Reports on births 2023 (mothers' ages).
"""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded
from healthsim_core.distributions import NormalDistribution
from healthsim_core.generation.plan import Step
from healthsim_core.people import People

ADULT = 18
"""Subscribers and spouses are at least so old."""
COUPLES = {1: 0.0, 2: 0.76}
LARGER_COUPLES = 0.80
"""The share of households with a couple, by size; the other adults raise children alone."""
AGE_GAP = NormalDistribution(0, 4, -15, 15)
"""Years between the two of a couple."""
OLDEST_DEPENDENT = 25
"""Dependents lose their parents' coverage at 26 (45 CFR 147.120)."""
YOUNGEST_PARENT, OLDEST_PARENT = 18, 45
"""A parent's age at a child's birth; only where the youngest a dependent can be leaves no choice are parents older."""
OLDEST = 100
"""A spouse's age at most, but for subscribers who are older."""
SAME_SEX_COUPLES = 0.013
BOYS = 0.512
ROLES = ("subscriber", "spouse", "dependent")


def household_role_step() -> Step:
    """Return the step that gives everybody of a household of any size their role."""

    def run(people: People) -> dict[str, Array]:
        size = people["household_size"]
        share = np.where(size >= 3, LARGER_COUPLES, np.where(size == 2, COUPLES[2], COUPLES[1]))
        couple = people.scoped("household").draw("couple", shared=True) < share
        codes = np.where(people.slot == 0, 0, np.where((people.slot == 1) & couple, 1, 2))
        return {"role": Coded(codes, ROLES)}

    return Step("role", run, ("household_size",), ("role",))


def family_values(name: str, people: People, values: Array) -> Array:
    """Return a demographic attribute of whole families, from the subscribers' values: `age` or `gender`."""
    return _ages(people, values) if name == "age" else _genders(people, values)


def _ages(people: People, ages: np.ndarray) -> np.ndarray:
    role, first = people["role"], people.first_row
    u = people.scoped("household").draw("age")
    subscriber = ages[first]
    spouse = np.clip(subscriber + np.rint(AGE_GAP.ppf(u)).astype(np.int64), ADULT, np.maximum(OLDEST, subscriber))
    is_spouse, is_dependent = role.isin(["spouse"]), role.isin(["dependent"])
    second = np.minimum(first + 1, len(ages) - 1)
    couple = is_spouse[second] & (people.unit[second] == people.unit)
    younger = np.where(couple, np.minimum(subscriber, spouse[second]), subscriber)
    older = np.where(couple, np.maximum(subscriber, spouse[second]), subscriber)
    oldest = np.clip(younger - YOUNGEST_PARENT, 0, OLDEST_DEPENDENT)
    youngest = np.clip(older - OLDEST_PARENT, 0, oldest)
    children = people["household_size"] - 1 - couple
    # One child in each part of the possible years: siblings come spaced, the oldest first.
    rank = people.slot - 1 - couple
    place = (children - 1 - rank + u) / np.maximum(children, 1)
    child = youngest + np.floor(place * (oldest - youngest + 1)).astype(np.int64)
    return np.where(is_spouse, spouse, np.where(is_dependent, np.clip(child, youngest, oldest), ages))


def _genders(people: People, genders: Coded) -> Coded:
    role = people["role"]
    u = people.scoped("household").draw("gender")
    male = genders.isin(["M"])[people.first_row]
    spouse_male = np.where(u < SAME_SEX_COUPLES, male, ~male)
    is_male = np.where(
        role.isin(["spouse"]), spouse_male, np.where(role.isin(["dependent"]), u < BOYS, genders.isin(["M"]))
    )
    return Coded(np.where(is_male, 0, 1), ("M", "F"))

"""What policies cost a month: by who is covered where employers pay, by everybody's age on exchanges, else each their own."""

from __future__ import annotations

import functools

import numpy as np

from healthsim_core.columns import Coded
from healthsim_core.draws import SLOTS
from healthsim_core.facts import read_csv
from healthsim_core.people import People
from membersim.reference import HERE, benefit, of_plan

RATED_AT = 40
"""The age the plans' premiums of the individual market are for."""
CHILD_UNTIL, MOST_CHILDREN = 21, 3
"""Of children below this age so many, the oldest, are paid for."""


@functools.cache
def _tiers() -> dict[str, float]:
    return {row["coverage_level"]: float(row["factor"]) for row in read_csv(HERE, "premium_tiers.csv")}


@functools.cache
def age_factors() -> np.ndarray:
    """Return what premiums of the individual market are multiplied by, by age from 0 to 99, over that at `RATED_AT`."""
    rows = [(int(row["age"]), float(row["factor"])) for row in read_csv(HERE, "premium_ages.csv")]
    ages, factors = (np.array(one) for one in zip(*rows, strict=True))
    every = factors[np.searchsorted(ages, np.arange(100), side="right") - 1]
    return every / every[RATED_AT]


def premiums(people: People, entity: np.ndarray, plan: Coded, level: Coded, start: np.ndarray) -> np.ndarray:
    """Return the monthly premium (cents) of the policy each of these people is covered by, from their coverage's first day on."""
    single = benefit(plan, "premium").astype(float)
    rating = of_plan(plan, "rating")
    by_tier = level.lookup(_tiers(), 1.0, float)
    factor = np.where(rating.isin(["tier"]), by_tier, 1.0)
    aged = np.flatnonzero(rating.isin(["age"]))
    if len(aged) and "birth_date" in people:
        factor[aged] = _by_age(people, entity[aged] // SLOTS, start[aged])
    return np.rint(single * factor).astype(np.int64)


def _by_age(people: People, unit: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Return the sum of everybody's age factors of each household on a day; of the children the three oldest count."""
    adults, children = np.zeros(len(unit)), np.zeros((SLOTS, len(unit)))
    for slot in range(SLOTS):
        who = unit * SLOTS + slot
        row = np.minimum(np.searchsorted(people.entity, who), len(people) - 1)
        age = _age(people["birth_date"][row], start)
        there = (people.entity[row] == who) & (age >= 0)
        factor = np.where(there, age_factors()[np.clip(age, 0, 99)], 0)
        child = people["role"].isin(["dependent"])[row] & (age < CHILD_UNTIL)
        adults += np.where(child, 0, factor)
        children[slot] = np.where(child, factor, 0)
    # Older children cost more, so the dearest are the oldest.
    return adults + np.sort(children, axis=0)[-MOST_CHILDREN:].sum(axis=0)


def _age(birth: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Return whole years from birth to a day, -1 where the birth is unknown."""
    known = ~np.isnat(birth)
    born, day = np.where(known, birth, day).astype("datetime64[D]"), day.astype("datetime64[D]")
    years = (day.astype("datetime64[Y]") - born.astype("datetime64[Y]")).astype(np.int64)
    months = [one.astype("datetime64[M]").astype(np.int64) % 12 for one in (born, day)]
    days = [(one - one.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) for one in (born, day)]
    early = (months[1] < months[0]) | (months[1] == months[0]) & (days[1] < days[0])
    return np.where(known, years - early, -1)

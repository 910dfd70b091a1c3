"""Who dies when: life tables by age and sex, more for the poor and for those with grave conditions."""

from __future__ import annotations

import functools

import numpy as np

from healthsim_core.columns import Array
from healthsim_core.conditions import present
from healthsim_core.declarations import Derivation
from healthsim_core.people import People
from populationsim import facts

MOST = 5.0
"""What conditions and income multiply the chance of dying by, at most."""
CERTAIN = 0.98
"""The chance of dying within a year at most."""
DAYS = 365.2425


@functools.cache
def _table() -> np.ndarray:
    """Return the chance of dying within a year by sex (male, female) and age; the oldest age stands for older ones."""
    rows = facts.rows("mortality.csv")
    return np.array([[float(row[sex]) for row in rows] for sex in ("male", "female")])


@functools.cache
def _factors() -> dict[str, float]:
    return {row["what"]: float(row["factor"]) for row in facts.rows("death_factors.csv")}


def _multiplier(people: People) -> np.ndarray:
    """Return by how much each person's chance differs from the table's."""
    factor = np.ones(len(people))
    if "income_band" in people:
        factor *= people["income_band"].lookup(_factors(), 1.0, np.float64)
    for category, more in _factors().items():
        held = [
            people[name] for name in people.columns if name == f"has.{category}" or name.startswith(f"has.{category}.")
        ]
        if held:
            factor *= np.where(np.logical_or.reduce(held), more, 1.0)
    return np.minimum(factor, MOST)


def death_date(people: People) -> dict[str, Array]:
    """Return the day of death of those who die within the years the profile gives, from day 0 or `as_of`, the later."""
    begin = max(people.start, people.as_of).astype("datetime64[D]")
    found = np.full(len(people), np.datetime64("NaT", "s"))
    years = np.where(present(people["mortality_years"]), people["mortality_years"], 0).astype(np.int64)
    if not years.any():
        return {"death_date": found}
    born = people["birth_date"].astype("datetime64[D]")
    known = present(people["birth_date"])
    age = np.where(known, np.floor((begin - born).astype(np.int64) / DAYS), 40).astype(np.int64)
    table, female = _table(), people["gender"].isin(["F"]).astype(np.int64)
    factor, u, dead = _multiplier(people), people.draw("death"), np.zeros(len(people))
    for year in range(int(years.max())):
        chance = np.minimum(table[female, np.clip(age + year, 0, table.shape[1] - 1)] * factor, CERTAIN)
        until = dead + (1 - dead) * chance
        dies = (u >= dead) & (u < until) & (year < years)
        days = np.floor((year + (u - dead) / np.maximum(until - dead, 1e-12)) * DAYS).astype(np.int64)
        found = np.where(dies, (begin + np.clip(days, 0, None)).astype("datetime64[s]"), found)
        dead = until
    return {"death_date": found}


DEATH = Derivation(
    "populationsim.death",
    "The day of death, by life tables, conditions and income, in the years that the profile gives.",
    ("birth_date", "gender", "mortality_years"),
    ("death_date",),
    death_date,
    "populationsim",
    optional=(
        "income_band",
        *(
            f"has.{code}"
            for code in (
                "E11",
                "E11.9",
                "N18",
                "N18.3",
                "I50",
                "I50.9",
                "J44",
                "J44.9",
                "I25",
                "I25.10",
                "C34",
                "C18",
                "C50",
                "F03",
            )
        ),
    ),
)

"""Who dies when: life tables by age and sex, more for the poor and for those with grave conditions."""

from __future__ import annotations

import functools

import numpy as np
from scipy.special import ndtr, ndtri

from healthsim_core.columns import Array
from healthsim_core.conditions import present
from healthsim_core.declarations import Derivation
from healthsim_core.people import People
from populationsim import facts, prevalence, society
from populationsim.figures import BuiltInFigures

MOST = 5.0
"""What conditions and income together count at most, before it is set against what they count on average."""
CERTAIN = 0.98
"""The chance of dying within a year at most."""
DAYS = 365.2425


@functools.cache
def table() -> np.ndarray:
    """Return the chance of dying within a year by sex (male, female) and age; the oldest age stands for older ones."""
    rows = facts.rows("mortality.csv")
    return np.array([[float(row[sex]) for row in rows] for sex in ("male", "female")])


@functools.cache
def _factors() -> dict[str, float]:
    return {row["what"]: float(row["factor"]) for row in facts.rows("death_factors.csv")}


def _national() -> dict[str, np.ndarray]:
    """Return how common each condition is in the nation (sexes x bands), as a profile of the nation has it."""
    people = {band: male + female for _, band, male, female in facts.age_structure()}
    return prevalence.rates(BuiltInFigures().area_health(None), prevalence.by_year(people, 50.0))


def _bands() -> np.ndarray:
    """Return the nation's share of people in each income band by year of age (bands x years)."""
    poor = BuiltInFigures().area_social(None)["pct_poverty150"] / 100
    years = np.arange(prevalence.OLDEST + 1)
    move = np.array([move for _, move in society.BY_AGE])
    move = move[np.searchsorted([edge for edge, _ in society.BY_AGE], years, side="right")]
    edges = np.clip([society.below(edge) for edge in society.BAND_EDGES], 1e-9, 1 - 1e-9)
    below = ndtr((ndtri(edges) - ndtri(society.below(society.POOR)) + ndtri(poor))[:, None] - move)
    return np.diff(below, axis=0) / (below[-1] - below[0])


@functools.cache
def _mean(conditions: tuple[str, ...], by_income: bool) -> np.ndarray:
    """Return the nation's mean factor by sex (male, female) and year of age: life tables count its sick and poor already."""
    band = np.searchsorted(prevalence.ages(), np.arange(prevalence.OLDEST + 1), side="right") - 1
    rates, cases = _national(), [(1.0, np.ones((2, len(band))))]
    for category in conditions:
        having = rates[category][:, band]
        more = _factors()[category]
        cases = [one for f, share in cases for one in ((f * more, share * having), (f, share * (1 - having)))]
    if by_income:
        shares = list(zip(society.BANDS, _bands(), strict=True))
        cases = [(f * _factors()[word], share * of_all) for f, share in cases for word, of_all in shares]
    return sum(min(f, MOST) * share for f, share in cases)


def multiplier(people: People, age: np.ndarray, female: np.ndarray) -> np.ndarray:
    """Return by how much each person's chance differs from the table's; on the nation's average by nothing."""
    factor = np.ones(len(people))
    by_income = "income_band" in people
    if by_income:
        factor *= people["income_band"].lookup(_factors(), 1.0, np.float64)
    known = []
    for category, more in _factors().items():
        held = [
            people[name] for name in people.columns if name == f"has.{category}" or name.startswith(f"has.{category}.")
        ]
        if held:
            factor *= np.where(np.logical_or.reduce(held), more, 1.0)
            known += [category] if category in prevalence.curves() else []
    mean = _mean(tuple(known), by_income)
    return np.minimum(factor, MOST) / mean[female, np.clip(age, 0, mean.shape[1] - 1)]


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
    rates, female = table(), people["gender"].isin(["F"]).astype(np.int64)
    factor, u, dead = multiplier(people, age, female), people.draw("death"), np.zeros(len(people))
    for year in range(int(years.max())):
        chance = np.minimum(rates[female, np.clip(age + year, 0, rates.shape[1] - 1)] * factor, CERTAIN)
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

"""Preferred language by origin, age and state; marital status by sex, age and household."""

from __future__ import annotations

import functools

import numpy as np

from healthsim_core.columns import Array, Coded
from healthsim_core.declarations import Derivation
from healthsim_core.people import People
from populationsim import facts
from populationsim.choosing import ASIAN, BLACK, HISPANIC, MULTIPLE, NATIVE, PACIFIC, WHITE, Rows, ages, origin

ORIGINS = {
    HISPANIC: "hispanic",
    WHITE: "white",
    BLACK: "black",
    ASIAN: "asian",
    NATIVE: "native",
    PACIFIC: "pacific",
    MULTIPLE: "white",
}
STATUSES = ("S", "M", "D", "L", "W")
ADULT = 18
PARTNERS = 0.10
"""The share of couples who are not married: 5 % of households beside 47 % (Census, 2023)."""


@functools.cache
def _limited() -> np.ndarray:
    """Return the share with limited English by origin and age (child, adult, senior)."""
    rows = {row["origin"]: row for row in facts.rows("limited_english.csv")}
    ages_of = ("child", "adult", "senior")
    return np.array([[float(rows[word][age]) / 100 for age in ages_of] for word in ORIGINS.values()])


@functools.cache
def _languages() -> tuple[Rows, tuple[str, ...], tuple[str, ...]]:
    """Return rows of languages by state (the first: elsewhere) and origin, the languages, and the states."""
    rows = facts.rows("languages.csv")
    words = tuple(dict.fromkeys(["en", *(row["language"] for row in rows)]))
    states = tuple(dict.fromkeys(["*", *(row["state"] for row in rows)]))
    shares = np.zeros((len(states), len(ORIGINS), len(words)))
    for number, word in ORIGINS.items():
        for at, state in enumerate(states):
            mine = [row for row in rows if row["origin"] == word and row["state"] == state]
            mine = mine or [row for row in rows if row["origin"] == word and row["state"] == "*"]
            for row in mine:
                shares[at, number, words.index(row["language"])] = float(row["percent"])
    return Rows(shares), words, states


def language(people: People) -> dict[str, Array]:
    """Return the preferred language: English, or that of a household whose older members speak English less well."""
    rows, words, states = _languages()
    who = origin(people)
    group = np.searchsorted([ADULT, 65], ages(people), side="right")
    limited = people.draw("limited", shared=True) < _limited()[who, group]
    state = people["state"].lookup({word: number for number, word in enumerate(states)}, 0, np.int64)
    other = rows.choose(state * len(ORIGINS) + who, people.draw("which", shared=True))
    return {"language": Coded(np.where(limited, other, 0), words)}


@functools.cache
def _statuses() -> tuple[np.ndarray, np.ndarray]:
    """Return the first ages of the groups, and shares by sex (male, female), age group and status."""
    rows = facts.rows("marital_status.csv")
    firsts = sorted({int(row["from_age"]) for row in rows})
    shares = np.zeros((2, len(firsts), len(STATUSES)))
    for row in rows:
        shares["MF".index(row["sex"]), firsts.index(int(row["from_age"]))] = [float(row[one]) for one in STATUSES]
    return np.array(firsts), shares


def marital_status(people: People) -> dict[str, Array]:
    """Return marital status: that of couples together, of others by sex and age; people known alone live without a spouse."""
    firsts, shares = _statuses()
    age = ages(people)
    row = np.clip(np.searchsorted(firsts, age, side="right") - 1, 0, None)
    row = people["gender"].isin(["F"]).astype(np.int64) * len(firsts) + row
    u = people.draw("status")
    status = Rows(shares).choose(row, u)
    if "household_size" in people or len(people.facts.get("roles", ())) > 1:
        unmarried = shares.copy()
        unmarried[:, :, STATUSES.index("M")] = 0
        status = Rows(unmarried).choose(row, u)
        spouse = people["role"].isin(["spouse"])
        head = people["role"].isin(["subscriber"])
        with_spouse = np.bincount(people.first_row, weights=spouse, minlength=len(people))[people.first_row] > 0
        partners = people.draw("partners", shared=True) < PARTNERS
        status = np.where((spouse | head) & with_spouse, np.where(partners, len(STATUSES), STATUSES.index("M")), status)
    status = np.where(age < ADULT, 0, status)
    return {"marital_status": Coded(status, (*STATUSES, "T"))}


DERIVATIONS = [
    Derivation(
        "populationsim.language",
        "Preferred language by origin, age and state.",
        ("age", "state"),
        ("language",),
        language,
        "populationsim",
        optional=("race", "ethnicity"),
    ),
    Derivation(
        "populationsim.marital_status",
        "Marital status by sex and age; the two of a couple are married to each other, or partners.",
        ("age", "gender", "role"),
        ("marital_status",),
        marital_status,
        "populationsim",
        optional=("household_size",),
    ),
]

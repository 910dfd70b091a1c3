"""Names that fit when people were born, their sex and their origin; one surname a household."""

from __future__ import annotations

import functools

import numpy as np

from healthsim_core.builtins import distinct_names, family_draw
from healthsim_core.columns import Array, Coded
from healthsim_core.conditions import present
from healthsim_core.declarations import Derivation
from healthsim_core.people import People
from populationsim import facts
from populationsim.choosing import ASIAN, BLACK, HISPANIC, NATIVE, PACIFIC, WHITE, Rows, origin

DECADES = tuple(range(1920, 2021, 10))
LAST_BIRTHS = 2018
"""From this year on the names of 2015 to 2017 serve: the list ends there."""
GIVEN_OF = {HISPANIC: "hispanic", WHITE: "white", BLACK: "black", ASIAN: "asian", NATIVE: "native"}
RESIDENTS = {"hispanic": 18.7, "white": 58.9, "black": 12.1, "asian": 5.9, "native": 0.6}
"""Percent of all residents (SVI 2022): the bearers of a name of which nothing is known are like everybody."""
KNOWN = 0.97
"""How far a name's own bearers count against everybody, so that no name is quite impossible."""
FROM_ASIA = 0.35
"""HealthSim's estimate of how many Asian residents have a name of an Asian language as their first."""


@functools.cache
def _given() -> tuple[Rows, np.ndarray, tuple[str, ...], int]:
    """Return rows by origin, sex and birth decade over all names (women's first), each name's word, words, women's names."""
    rows = sorted(facts.rows("given_names.csv"), key=lambda row: row["sex"])
    own = sorted(facts.rows("asian_given_names.csv"), key=lambda row: row["sex"])
    names = [(row, True) for row in rows if row["sex"] == "F"] + [(row, False) for row in own if row["sex"] == "F"]
    women = len(names)
    names += [(row, True) for row in rows if row["sex"] == "M"] + [(row, False) for row in own if row["sex"] == "M"]
    shares = np.zeros((len(GIVEN_OF), 2, len(DECADES), len(names)))
    for place, (row, listed) in enumerate(names):
        sex = 0 if place < women else 1
        if not listed:
            continue
        born = np.array([float(row[f"born_{decade}"]) for decade in DECADES])
        for number, word in GIVEN_OF.items():
            of_name = float(row[word]) if row["white"] else RESIDENTS[word]
            shares[number, sex, :, place] = born * (KNOWN * of_name + (1 - KNOWN) * RESIDENTS[word])
    extra = np.array([not listed for _, listed in names])
    for sex in (0, 1):
        mine = extra & ((np.arange(len(names)) < women) == (sex == 0))
        shares[ASIAN, sex][:, mine] = (
            shares[ASIAN, sex].sum(axis=1, keepdims=True) * FROM_ASIA / (1 - FROM_ASIA) / mine.sum()
        )
    texts = [row["name"] for row, _ in names]
    words = tuple(dict.fromkeys(texts))
    place_of = {word: place for place, word in enumerate(words)}
    return Rows(shares), np.array([place_of[text] for text in texts], np.int32), words, women


@functools.cache
def _family() -> tuple[Rows, tuple[str, ...]]:
    """Return rows of surnames by origin, and the surnames."""
    rows = facts.rows("surnames.csv")
    columns = ("hispanic", "white", "black", "asian", "native", "asian", "multiple")
    return Rows(np.array([[float(row["people"]) * float(row[one]) for row in rows] for one in columns])), tuple(
        row["name"] for row in rows
    )


def names(people: People) -> dict[str, Array]:
    """Return first names by birth decade, sex and origin, and surnames by origin, one a household."""
    rows, place, words, women = _given()
    who = origin(people)
    first = np.select([who == PACIFIC, who > NATIVE], [ASIAN, WHITE], who)
    year = people["birth_date"].astype("datetime64[Y]").astype(np.int64) + 1970
    decade = np.clip((np.where(present(people["birth_date"]), year, 1980) - DECADES[0]) // 10, 0, len(DECADES) - 2)
    decade = np.where(year >= LAST_BIRTHS, len(DECADES) - 1, decade)
    female = people["gender"].isin(["F"])
    row = (first * 2 + ~female) * len(DECADES) + decade
    codes = rows.choose(row, people.draw("given")).astype(np.int32)
    if (people.slot != 0).any():
        codes = distinct_names(people, codes, female, women, len(place))
    surnames, families = _family()
    return {
        "given_name": Coded(place[codes], words),
        "family_name": Coded(surnames.choose(who[people.first_row], family_draw(people)), families),
    }


NAMES = Derivation(
    "populationsim.names",
    "First names by birth decade, sex and origin; surnames by origin, one a household.",
    ("gender", "birth_date"),
    ("given_name", "family_name"),
    names,
    "populationsim",
    optional=("race", "ethnicity", "relationship"),
    instead_of="core.names",
)

"""Age, sex and origin together: the nation's table raked until its margins are a place's."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from populationsim import facts
from populationsim.profile import DemographicProfile

ORIGINS = ("hispanic", "white", "black", "asian", "native", "pacific", "multiple", "other")
RACES = ORIGINS[1:]
DIGITS = 6
ROUNDS = 60
"""Rounds of raking; margins agree to far below what is kept long before."""


@functools.cache
def groups() -> tuple[int, ...]:
    """Return the first age of every age group."""
    return tuple(int(row["from_age"]) for row in facts.rows("origin_by_age.csv"))


@functools.cache
def national() -> np.ndarray:
    """Return the nation's people by age group, sex (male, female) and origin."""
    people = np.zeros((len(groups()), 2))
    for first, _, male, female in facts.age_structure():
        people[np.searchsorted(groups(), first, side="right") - 1] += (male, female)
    shares = np.array([[float(row[one]) / 100 for one in ORIGINS] for row in facts.rows("origin_by_age.csv")])
    return people[:, :, None] * shares[:, None, :]


def raked(table: np.ndarray, *margins: np.ndarray) -> np.ndarray:
    """Return a table whose sums along every axis are the margins, one an axis, and whose odds ratios are the table's."""
    table = table / table.sum()
    for _ in range(ROUNDS):
        for axis, wanted in enumerate(margins):
            others = tuple(one for one in range(table.ndim) if one != axis)
            have = table.sum(axis=others, keepdims=True)
            goal = (wanted / wanted.sum()).reshape(have.shape)
            table = table * np.divide(goal, have, out=np.zeros_like(have), where=have > 0)
    return table


def of_place(profile: DemographicProfile, bands: Mapping[str, float]) -> np.ndarray:
    """Return a place's people by age group, sex and origin, as shares of all; `bands` are its shares by age."""
    ages = np.zeros(len(groups()))
    for band, share in bands.items():
        ages[np.searchsorted(groups(), int(band.rstrip("+").partition("-")[0]), side="right") - 1] += share
    sexes = np.array([100 - profile.pct_female, profile.pct_female])
    origins = np.array([max(getattr(profile, f"pct_{one}"), 0.0) for one in ORIGINS])
    if not origins.sum():
        origins = national().sum(axis=(0, 1))
    return raked(national(), ages, sexes, origins)


def attributes(profile: DemographicProfile, bands: Mapping[str, float]) -> dict[str, Any]:
    """Return age, gender, ethnicity and race as a specification writes them."""
    table = of_place(profile, bands)
    sexes, origins = table.sum(axis=2), table.sum(axis=1)
    hispanic = np.stack([origins[:, 0], origins[:, 1:].sum(axis=1)], axis=1)
    of_hispanics = {"if": "ethnicity == 'hispanic'", "distribution": _weights(*_race_of_hispanics())}
    race = _by_age(RACES, origins[:, 1:])
    return {
        "age": {"type": "age_bands", "bands": dict(bands)},
        "gender": _by_age(("M", "F"), sexes),
        "ethnicity": _by_age(("hispanic", "not_hispanic"), hispanic),
        "race": {**race, "rules": [of_hispanics, *race["rules"]]},
    }


def _race_of_hispanics() -> tuple[tuple[str, ...], np.ndarray]:
    weights = facts.facts("race_of_hispanics.json")["weights"]
    return tuple(weights), np.array(list(weights.values()))


def _by_age(words: tuple[str, ...], shares: np.ndarray) -> dict[str, Any]:
    """Return a distribution by age group; its default, for those whose age is not known, is that of all."""
    whole = shares.sum(axis=0)
    edges = [*groups()[1:], None]
    rules = [
        {
            "if": f"age >= {groups()[-1]}" if edge is None else f"age < {edge}",
            "distribution": _weights(words, row if row.sum() > 0 else whole),
        }
        for edge, row in zip(edges, shares, strict=True)
    ]
    return {"type": "conditional", "rules": rules, "default": _weights(words, whole)}


def _weights(words: tuple[str, ...], shares: np.ndarray) -> dict[str, Any]:
    total = float(shares.sum())
    # A place where everybody is Hispanic says nothing of the others: let them be white rather than nobody.
    if total <= 0:
        return {"type": "categorical", "weights": {words[0]: 1.0}}
    weights = {word: round(float(share) / total, DIGITS) for word, share in zip(words, shares, strict=True)}
    return {"type": "categorical", "weights": weights}

"""Families in bulk: who lives together and how old they are, when only the one whose household it is is specified.

Households are of five kinds: somebody alone, couples with and without children, one parent with children, generations
under one roof, housemates. What shares they have stands in `data/households.csv`; gaps of age are HealthSim's round
figures in the range of the Census Bureau's tables and of the National Vital Statistics Reports on births 2023.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
from scipy.special import ndtr, ndtri

from healthsim_core.columns import Array, Coded
from healthsim_core.distributions import NormalDistribution
from healthsim_core.distributions.discrete import BAND
from healthsim_core.facts import read_csv
from healthsim_core.people import People

SIZES = {1: 0.289, 2: 0.345, 3: 0.151, 4: 0.127, 5: 0.057, 6: 0.020, 7: 0.011}
"""`typical`: households by size, U.S. Census Bureau, CPS 2023, table HH-4, rounded; seven stands for more."""
ADULT = 18
"""Subscribers, spouses and housemates are at least so old."""
AGE_GAP = NormalDistribution(0, 4, -15, 15)
"""Years between the two of a couple."""
HOUSEMATES_GAP = NormalDistribution(0, 5, -20, 20)
OLDEST_DEPENDENT = 25
"""Dependents lose their parents' coverage at 26 (45 CFR 147.120); grown children are insured apart."""
FIRST_CHILD, SPREAD = 28.0, 6.0
"""Parents' age at the birth of the oldest child at home: mean and standard deviation."""
YOUNGEST_PARENT, OLDEST_PARENT = 18, 45
"""A parent's age at a child's birth, of either parent."""
LATEST_FIRST = 42
"""Where the oldest child at home would have to be born later than that to be under 26, the children are grown instead."""
SPACING = (0.20, 0.35, 0.25, 0.12, 0.08)
"""The shares of 1, 2 … 5 years between siblings; with one year birthdays are nine months apart at least."""
OLDEST = 100
"""A spouse's or parent's age at most, but for subscribers who are older."""
WITH_PARTNER = 0.6
"""The share of homes of three generations in which the two of a couple live."""
SAME_SEX_COUPLES = 0.013
BOYS = 0.512
ROLES = ("subscriber", "spouse", "dependent", "other")
RELATIONSHIPS = ("householder", "spouse", "child", "parent", "housemate")
_COUPLE, _ONE_PARENT, _GENERATIONS, _HOUSEMATES = range(4)


@functools.cache
def _kinds() -> tuple[np.ndarray, np.ndarray]:
    """Return the ages below which rows of shares hold, and by size (2, then more) and age the edges between kinds."""
    rows = read_csv("healthsim_core", "data", "households.csv")
    shares = [[float(row[name]) for name in ("couple", "one_parent", "generations", "housemates")] for row in rows]
    ages = sorted({int(row["below_age"]) for row in rows})
    return np.array(ages), np.cumsum(shares, axis=1).reshape(2, len(ages), 4)


def _kind(people: People, size: np.ndarray, subscriber: np.ndarray) -> np.ndarray:
    """Return which kind of household each person's is; of those who live alone it says nothing."""
    ages, edges = _kinds()
    row = edges[(size > 2).astype(np.int64), np.searchsorted(ages, subscriber, side="right")]
    u = people.scoped("household").draw("kind", shared=True)
    return np.minimum((u[:, None] >= row).sum(axis=1), _HOUSEMATES)


def family(people: People, ages: np.ndarray) -> dict[str, Array]:
    """Return age, role and relationship of everybody in a household, from what the subscribers' ages are."""
    own = people.scoped("household")
    first, slot, size = people.first_row, people.slot, people["household_size"]
    unknown = np.isnan(ages) if ages.dtype.kind == "f" else np.zeros(len(ages), bool)
    subscriber = np.where(unknown, ADULT, ages).astype(np.int64)[first]
    kind = _kind(people, size, subscriber)
    partner = (kind == _GENERATIONS) & (size > 2) & (own.draw("partner", shared=True) < WITH_PARTNER)
    couple = (size > 1) & ((kind == _COUPLE) | partner)
    is_spouse = (slot == 1) & couple
    u = own.draw("age")
    near = np.clip(
        subscriber + np.rint(np.where(is_spouse, AGE_GAP.ppf(u), HOUSEMATES_GAP.ppf(u))).astype(np.int64),
        ADULT,
        np.maximum(OLDEST, subscriber),
    )
    # Of a couple and somebody's parent the parent takes the last place; past 70 it is grown children who live there.
    elder = (kind == _GENERATIONS) & (size > 1) & (subscriber < 70)
    is_parent = elder & (slot == size - 1)
    second = np.minimum(first + 1, len(ages) - 1)
    younger = np.where(couple, np.minimum(subscriber, near[second]), subscriber)
    older = np.where(couple, np.maximum(subscriber, near[second]), subscriber)
    child, grown, fits = _children(own, younger, older, size - 1 - couple - elder, slot - 1 - couple)
    is_housemate = (slot > 0) & ~is_spouse & ~is_parent & ((kind == _HOUSEMATES) | ~fits)
    is_child = (slot > 0) & ~is_spouse & ~is_parent & ~is_housemate
    parent = np.minimum(subscriber + _at_birth(u, YOUNGEST_PARENT, np.full(len(u), OLDEST_PARENT)), OLDEST)
    result = np.select([is_spouse | is_housemate, is_parent, is_child], [near, parent, child], subscriber)
    role = np.select([slot == 0, is_spouse, is_child & ~grown], [0, 1, 2], 3)
    relationship = np.select([slot == 0, is_spouse, is_child, is_parent], [0, 1, 2, 3], 4)
    return {
        "age": np.where(unknown[first], np.nan, result) if unknown.any() else result,
        "role": Coded(role, ROLES),
        "relationship": Coded(relationship, RELATIONSHIPS),
    }


def _at_birth(u: np.ndarray, low, high: np.ndarray) -> np.ndarray:
    """Return parents' ages at a birth (int64): normal, inside whole bounds."""
    bottom, top = (ndtr((edge - FIRST_CHILD) / SPREAD) for edge in (low - 0.5, high + 0.5))
    age = FIRST_CHILD + SPREAD * ndtri(np.clip(bottom + u * (top - bottom), 1e-12, 1 - 1e-12))
    return np.clip(np.rint(age), low, high).astype(np.int64)


def _children(own: People, younger, older, children: np.ndarray, rank: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the age of a child of each rank (0 the oldest), whether the home's children are grown, and who can be one.

    Neither parent is under 18 or over 45 at a birth. Siblings come as many years apart as there is room for, one to five;
    those for whom there is no room are not the couple's children.
    """
    gaps = np.maximum(children - 1, 0)
    last = OLDEST_PARENT - (older - younger)
    grown = younger - OLDEST_DEPENDENT > np.minimum(LATEST_FIRST, last) - gaps
    earliest = np.where(grown, YOUNGEST_PARENT, np.maximum(YOUNGEST_PARENT, younger - OLDEST_DEPENDENT))
    latest = np.minimum(younger - np.where(grown, OLDEST_DEPENDENT + 1, 0), last)
    latest = np.maximum(latest, earliest)
    gaps = np.minimum(gaps, latest - earliest)
    years = 1 + np.searchsorted(np.cumsum(SPACING)[:-1], own.draw("spacing", shared=True), side="right")
    years = np.minimum(years, (latest - earliest) // np.maximum(gaps, 1))
    first = _at_birth(own.draw("first_child", shared=True), earliest, latest - gaps * years)
    return np.maximum(younger - first - np.maximum(rank, 0) * years, 0), grown, rank <= gaps


@functools.cache
def _headship() -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """Return the ages below which rates hold, and by size the householders among a hundred adults of each age."""
    rows = read_csv("healthsim_core", "data", "householders.csv")
    sizes = [int(name.removeprefix("size_")) for name in rows[0] if name.startswith("size_")]
    rates = {size: np.array([float(row[f"size_{size}"]) for row in rows]) for size in sizes}
    return np.array([int(row["below_age"]) for row in rows]), rates


def householder_ages(bands: Mapping[str, float]) -> dict[str, object]:
    """Return a distribution of householders' ages by household size, where all people's ages are these bands."""
    below, rates = _headship()
    pieces: dict[str, tuple[float, int]] = {}
    for band, share in bands.items():
        low, high = (int(edge or OLDEST) for edge in BAND.match(band).group(1, 2))
        # Within a band ages are even, within a part of it householders are.
        edges = [low, *(int(edge) for edge in below if low < edge <= high), max(high, low) + 1]
        for first, after in zip(edges, edges[1:], strict=False):
            part = share * (after - first) / (edges[-1] - low)
            pieces[f"{first}-{after - 1}"] = (part, int(np.searchsorted(below, first, side="right")))
    cases = {
        size: {
            "type": "age_bands",
            "bands": {name: part * float(of_size[group]) for name, (part, group) in pieces.items()},
            "normalize": True,
        }
        for size, of_size in rates.items()
    }
    *rules, (_, rest) = cases.items()
    return {
        "type": "conditional",
        "rules": [{"if": f"household_size == {size}", "distribution": ages} for size, ages in rules],
        "default": rest,
    }


def genders(people: People, drawn: Coded) -> Coded:
    """Return the sex of everybody in a household: spouses by the subscriber's, children at birth's ratio."""
    role = people["role"]
    u = people.scoped("household").draw("gender")
    male = drawn.isin(["M"])[people.first_row]
    spouse_male = np.where(u < SAME_SEX_COUPLES, male, ~male)
    is_male = np.where(
        role.isin(["spouse"]), spouse_male, np.where(role.isin(["dependent"]), u < BOYS, drawn.isin(["M"]))
    )
    return Coded(np.where(is_male, 0, 1), ("M", "F"))

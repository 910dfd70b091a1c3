"""Prevalence by age and sex: the nation's curves, moved so that a place's adults come to the place's figures."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import frozen
from scipy.special import expit, logit

from populationsim import facts
from populationsim.profile import DemographicProfile

ADULT = 18
OLDEST = 100
"""The last year of an open age band, as in core."""
DIGITS = 9
"""Kept of every prevalence: exponentials differ between processors in the digits beyond."""
STEPS = 80
SEXES = ("M", "F")


@frozen
class Curve:
    """How common a condition is in the nation, by sex and band of ages."""

    code: str
    label: str
    measure: str
    """The measure of PLACES that says how common it is in a place; empty: none does."""
    rates: tuple[tuple[float, ...], tuple[float, ...]]
    """Of men and of women, from 0 to 1."""
    source: str


@functools.cache
def ages() -> tuple[int, ...]:
    """Return the first age of each band of the curves."""
    bands = [name for name in facts.rows("condition_curves.csv")[0] if name[0].isdigit()]
    return tuple(int(band.rstrip("+").partition("-")[0]) for band in bands)


@functools.cache
def curves() -> Mapping[str, Curve]:
    """Return the curves by the category of their condition."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for row in facts.rows("condition_curves.csv"):
        found.setdefault(row["code"], {})[row["sex"]] = row
    return {
        code: Curve(
            code,
            both["M"]["label"],
            both["M"]["measure"],
            tuple(_rates(both[sex]) for sex in SEXES),
            both["M"]["source"],
        )
        for code, both in found.items()
    }


def _rates(row: Mapping[str, str]) -> tuple[float, ...]:
    return tuple(float(value) / 100 for name, value in row.items() if name[0].isdigit())


def conditions(profile: DemographicProfile, people: np.ndarray) -> dict[str, Any]:
    """Return the prevalence of each condition as a specification writes it.

    `people` are the place's shares of men and of women (2 rows) by year of age from 0. The weighted mean of each
    condition's adults is the place's measure, where there is one; else the nation's curve stands as it is.
    """
    return {
        code: {
            "type": "age_sex_rates",
            "ages": list(ages()),
            "men": [round(float(value), DIGITS) for value in men],
            "women": [round(float(value), DIGITS) for value in women],
        }
        for code, (men, women) in rates(profile.measures, people).items()
    }


def rates(measures: Mapping[str, float], people: np.ndarray) -> dict[str, np.ndarray]:
    """Return each condition's prevalence (sexes x bands) where PLACES' measures of adults are these."""
    first = np.array(ages())
    band = np.searchsorted(first, np.arange(people.shape[1]), side="right") - 1
    adult = np.arange(people.shape[1]) >= ADULT
    weights = np.stack([np.bincount(band[adult], row[adult], len(first)) for row in people])
    weights /= weights.sum()
    national = np.array([curve.rates for curve in curves().values()])
    targets = np.array([measures.get(curve.measure, np.nan) / 100 for curve in curves().values()])
    moved = np.where(first >= ADULT, shifted(national, weights, targets), national)
    return dict(zip(curves(), moved, strict=True))


def shifted(national: np.ndarray, weights: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return curves (conditions x sexes x bands) moved on the logit scale, each until its weighted mean is its target.

    A target that is not a number leaves its curve alone; rates of 0 stay 0.
    """
    with np.errstate(divide="ignore"):
        level = logit(national)
    wanted = np.clip(targets, 1e-6, 1 - 1e-6)
    low, high = np.full(len(national), -40.0), np.full(len(national), 40.0)
    for _ in range(STEPS):
        middle = (low + high) / 2
        under = (expit(level + middle[:, None, None]) * weights).sum(axis=(1, 2)) < wanted
        low, high = np.where(under, middle, low), np.where(under, high, middle)
    shift = np.where(np.isnan(targets), 0.0, (low + high) / 2)
    return expit(level + shift[:, None, None])


def by_year(bands: Mapping[str, float], pct_female: float) -> np.ndarray:
    """Return the shares of men and of women (2 rows) by year of age, where both sexes are of one age."""
    result = np.zeros((2, OLDEST + 1))
    for name, share in bands.items():
        low, _, last = name.rstrip("+").partition("-")
        high = OLDEST if name.endswith("+") else int(last or low)
        years = slice(int(low), max(high, int(low)) + 1)
        result[:, years] += np.outer([1 - pct_female / 100, pct_female / 100], np.ones(high - int(low) + 1)) * (
            share / (high - int(low) + 1)
        )
    return result

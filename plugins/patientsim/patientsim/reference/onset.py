"""Facts of the course of diseases: at what age they begin, and how long those last that pass."""

from __future__ import annotations

import functools

import numpy as np
from attrs import frozen

from healthsim_core.columns import Coded
from healthsim_core.distributions import NormalDistribution
from healthsim_core.facts import read_csv


@frozen
class Onset:
    """When in life a disease begins, at most how many years ago, and how many days it lasts; None: it stays, or until a birth."""

    begins: str
    earliest: float
    typical: float
    spread: float
    years: float | None
    days: int | None
    until_birth: bool


@functools.cache
def onsets() -> tuple[Onset, ...]:
    """Return what is known of diseases' beginnings, the longest beginnings of codes first."""
    rows = [
        Onset(
            row["begins"],
            *(float(row[name]) for name in ("earliest", "typical", "spread")),
            float(row["years"]) if row["years"] else None,
            int(row["days"]) if row["days"].isdigit() else None,
            row["days"] == "birth",
        )
        for row in read_csv("patientsim.reference", "onsets.csv")
    ]
    return tuple(sorted(rows, key=lambda one: -len(one.begins)))


@functools.cache
def onset_of(code: str) -> Onset:
    """Return what is known of the beginning of a disease."""
    return next(one for one in onsets() if code.startswith(one.begins))


def days_of(code: Coded) -> np.ndarray:
    """Return how many days diseases last, -1 for those that stay."""
    return code.lookup(
        {word: -1 if (days := onset_of(word).days) is None else days for word in code.words}, -1, np.int64
    )


def until_birth(code: Coded) -> np.ndarray:
    """Return which diseases last until the next birth."""
    return code.isin([word for word in code.words if onset_of(word).until_birth])


def onset_ages(code: Coded, age: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Return the age in years at which each disease began, at quantiles `u` of those up to the person's age now."""
    began = np.empty(len(age))
    kinds = [onset_of(word) for word in code.words]
    for kind in set(kinds):
        rows = np.flatnonzero(np.isin(code.codes, [number for number, one in enumerate(kinds) if one is kind]))
        if not len(rows):
            continue
        now = age[rows]
        low = np.minimum(np.maximum(kind.earliest, now - (np.inf if kind.years is None else kind.years)), 0.98 * now)
        # From the whole spread, the part between what is possible: nobody's disease begins tomorrow.
        shape = NormalDistribution(kind.typical, kind.spread).shape()
        edges = [shape.cdf(end) for end in (low, now)]
        wide = edges[1] - edges[0] > 1e-9
        value = shape.ppf(np.clip(edges[0] + u[rows] * (edges[1] - edges[0]), 1e-12, 1 - 1e-12))
        began[rows] = np.clip(np.where(wide, value, low + u[rows] * (now - low)), low, now)
    return began

"""Conditions by the name people use, and how old those are who have them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import frozen

from healthsim_core.columns import Coded
from healthsim_core.distributions import create_distribution
from healthsim_core.errors import HealthSimError, UserError, suggestion
from populationsim import facts

OLDEST = 100
DIGITS = 6


@frozen
class Condition:
    """A condition a cohort can be of."""

    code: str
    label: str
    measure: str | None = None


def names() -> Mapping[str, Condition]:
    """Return the conditions that have a name, by it."""
    return {
        one["name"]: Condition(one["code"], one["name"], one["measure"] or None)
        for one in facts.rows("condition_names.csv")
    }


def find_condition(word: str) -> Condition:
    """Return the condition of a name or a code; UserError for none, saying what is near."""
    folded = " ".join(word.casefold().split())
    known = names()
    if folded in known:
        return known[folded]
    if re.fullmatch(r"[A-Za-z]\d[0-9A-Za-z](\.[0-9A-Za-z]{1,4})?", word.strip()):
        code = word.strip().upper()
        label = next((one.label for one in known.values() if one.code == code), code)
        return Condition(code, label)
    raise UserError(f"unknown condition {word!r}{suggestion(folded, known)}")


def ages_of_those_with(code: str, reference: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the ages of a place's people who have a condition, as a specification writes them.

    By Bayes' rule from the ages of all and the prevalence by age and sex; None where the place tells no prevalence.
    """
    from populationsim.reference import resolve
    from populationsim.resolving import workspace

    place = resolve(reference, workspace())
    prevalence = next(
        (place.conditions[one] for one in (code, code.partition(".")[0]) if one in place.conditions), None
    )
    if prevalence is None:
        return None
    bands = place.attributes["age"]["bands"]
    edges = [_edges(band) for band in bands]
    ages = np.concatenate([np.arange(low, high + 1) for low, high in edges])
    shares = np.concatenate(
        [
            np.full(high - low + 1, bands[band] / (high - low + 1))
            for band, (low, high) in zip(bands, edges, strict=True)
        ]
    )
    female = place.attributes["gender"]["weights"]["F"] if "weights" in place.attributes["gender"] else 0.5
    with_it = np.zeros(len(ages))
    for gender, share in (("M", 1 - female), ("F", female)):
        found = _prevalence(prevalence, ages, gender)
        if found is None:
            return None
        with_it += shares * share * found
    total = with_it.sum()
    if total <= 0:
        return None
    found = {}
    for band, (low, high) in zip(bands, edges, strict=True):
        weight = round(float(with_it[(ages >= low) & (ages <= high)].sum() / total), DIGITS)
        if weight > 0:
            found[band] = weight
    return {"type": "age_bands", "bands": found}


def _edges(band: str) -> tuple[int, int]:
    low, _, high = band.rstrip("+").partition("-")
    return int(low), int(high) if high else OLDEST


def _prevalence(prevalence: Any, ages: np.ndarray, gender: str) -> np.ndarray | None:
    """Return the prevalence at each age, 0 to 1; None where it depends on more than age and sex."""
    if isinstance(prevalence, (int, float)):
        return np.full(len(ages), float(prevalence))
    known = {"age": ages, "gender": Coded.constant(gender, len(ages))}
    try:
        distribution = create_distribution(prevalence)
        if not set(distribution.reads()) <= set(known):
            return None
        return np.asarray(distribution.ppf(np.full(len(ages), 0.5), known), dtype=float)
    except HealthSimError:
        return None

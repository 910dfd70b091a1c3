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
from populationsim.rates import RatesByAgeAndSex

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
    from populationsim.shaping import population

    place = resolve(reference, workspace())
    prevalence = next(
        (place.conditions[one] for one in (code, code.partition(".")[0]) if one in place.conditions), None
    )
    if prevalence is None:
        return None
    shares = population(place.attributes)
    ages = np.arange(shares.shape[1])
    rates = [_prevalence(prevalence, ages, gender) for gender in ("M", "F")]
    if any(rate is None for rate in rates):
        return None
    with_it = (shares * np.stack(rates)).sum(axis=0)
    total = with_it.sum()
    if total <= 0:
        return None
    found = {}
    for band, (low, high) in ((one, _edges(one)) for one in place.attributes["age"]["bands"]):
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
        own = isinstance(prevalence, Mapping) and prevalence.get("type") == RatesByAgeAndSex.kind
        distribution = (
            RatesByAgeAndSex(*(prevalence[name] for name in ("ages", "men", "women")))
            if own
            else create_distribution(prevalence)
        )
        if not set(distribution.reads()) <= set(known):
            return None
        return np.asarray(distribution.ppf(np.full(len(ages), 0.5), known), dtype=float)
    except HealthSimError:
        return None

"""Figures as distributions: age, sex, race, ethnicity, and conditions with their dependence on age."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit

from populationsim import facts
from populationsim.profile import DemographicProfile

ADULT = 18
ELDERLY = 65
RACES = ("white", "black", "asian", "native", "pacific", "multiple", "other")
DIGITS = 6
"""Kept of every weight and prevalence: exponentials differ between processors in the digits beyond."""


def attributes(profile: DemographicProfile) -> dict[str, Any]:
    """Return age, gender, race and ethnicity as a specification writes them."""
    return {
        "age": {"type": "age_bands", "bands": age_bands(profile)},
        "gender": _categorical({"M": 100 - profile.pct_female, "F": profile.pct_female}),
        "ethnicity": _categorical({"hispanic": profile.pct_hispanic, "not_hispanic": 100 - profile.pct_hispanic}),
        "race": {
            "type": "conditional",
            "rules": [
                {
                    "if": "ethnicity == 'hispanic'",
                    "distribution": _categorical(facts.facts("race_of_hispanics.json")["weights"]),
                }
            ],
            "default": _categorical({race: getattr(profile, f"pct_{race}") for race in RACES}),
        },
    }


def _categorical(weights: Mapping[str, float]) -> dict[str, Any]:
    total = sum(weights.values())
    # A place where everybody is Hispanic says nothing of the others: let them be white rather than nobody.
    shares = {name: round(weight / total, DIGITS) for name, weight in weights.items()} if total > 0 else {"white": 1.0}
    return {"type": "categorical", "weights": shares}


def age_bands(profile: DemographicProfile) -> dict[str, float]:
    """Return the share of each age band: the place's own of minors and of the elderly, the nation's shape within."""
    minors, elderly = profile.pct_under_18 / 100, profile.pct_65_plus / 100
    groups = ((0, ADULT, minors), (ADULT, ELDERLY, max(0.0, 1 - minors - elderly)), (ELDERLY, 999, elderly))
    bands: dict[str, float] = {}
    for low, high, share in groups:
        within = {band: male + female for first, band, male, female in facts.age_structure() if low <= first < high}
        total = sum(within.values())
        bands |= {band: round(share * people / total, DIGITS) for band, people in within.items()}
    return bands


def conditions(profile: DemographicProfile) -> dict[str, Any]:
    """Return the prevalence of each condition by age: 0 for minors, the nation's curve moved to the place's adults."""
    adults = adult_shares(age_bands(profile))
    result = {}
    for code, curve in facts.facts("condition_curves.json")["conditions"].items():
        national = tuple(curve["bands"].values())
        edges = [int(band.rstrip("+").partition("-")[0]) for band in curve["bands"]]
        shares = tuple(sum(share for age, share in adults.items() if low <= age < high) for low, high in _ranges(edges))
        values = shifted(national, shares, profile.measures[curve["measure"]])
        rules = [{"if": f"age < {ADULT}", "value": 0.0}]
        rules += [
            {"if": f"age < {high}", "value": value} for (_, high), value in zip(_ranges(edges), values, strict=True)
        ][:-1]
        result[code] = {"type": "conditional", "rules": rules, "default": values[-1]}
    return result


def adult_shares(bands: Mapping[str, float]) -> dict[int, float]:
    """Return each adult band's share of all adults, by the band's first age."""
    firsts = {int(band.rstrip("+").partition("-")[0]): share for band, share in bands.items()}
    adults = {first: share for first, share in firsts.items() if first >= ADULT}
    total = sum(adults.values())
    return {first: share / total for first, share in adults.items()}


def _ranges(edges: list[int]) -> list[tuple[int, int]]:
    return list(zip(edges, [*edges[1:], 999], strict=True))


@functools.lru_cache(maxsize=4096)
def shifted(national: tuple[float, ...], shares: tuple[float, ...], target: float) -> tuple[float, ...]:
    """Return prevalences (0 to 1): `national` (percent) moved on the logit scale until their mean is `target`."""
    curve, weights = logit(np.array(national) / 100), np.array(shares)
    wanted = min(max(target / 100, 1e-6), 1 - 1e-6)
    shift = brentq(lambda by: float(weights @ expit(curve + by)) - wanted, -30, 30, xtol=1e-12)
    return tuple(round(float(value), DIGITS) for value in expit(curve + shift))

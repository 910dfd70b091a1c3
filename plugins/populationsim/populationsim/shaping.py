"""Figures as distributions: age, sex, race, ethnicity, and conditions by age and sex."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from healthsim_core.distributions import create_distribution
from populationsim import demography, facts, prevalence
from populationsim.profile import DemographicProfile

ADULT = 18
ELDERLY = 65
DIGITS = 6
"""Kept of every weight."""


def attributes(profile: DemographicProfile) -> dict[str, Any]:
    """Return age, gender, race and ethnicity as a specification writes them."""
    return demography.attributes(profile, age_bands(profile))


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
    """Return the prevalence of each condition by age and sex: the nation's curve moved to the place's adults."""
    return prevalence.conditions(profile, population(attributes(profile)))


def population(given: Mapping[str, Any]) -> np.ndarray:
    """Return the shares of men and of women (2 rows) by year of age, as age and gender are specified."""
    years = np.arange(prevalence.OLDEST + 1)
    shares = prevalence.by_year(given["age"]["bands"], 50.0).sum(axis=0)
    women = np.array([_pct_female(given["gender"], age) for age in years]) / 100
    return np.stack([shares * (1 - women), shares * women])


def _pct_female(gender: Mapping[str, Any], age: int) -> float:
    """Return the percent of women at an age, of a distribution of sex that may go by age."""
    if gender["type"] == "conditional":
        rules = create_distribution(gender).rules
        for (rule, _), written in zip(rules, gender["rules"], strict=True):
            if rule.holds({"age": np.array([age])}.get, 1)[0]:
                return _pct_female(written["distribution"], age)
        return _pct_female(gender["default"], age)
    weights = gender["weights"]
    return 100 * weights["F"] / sum(weights.values())

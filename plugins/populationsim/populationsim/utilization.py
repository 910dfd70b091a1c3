"""How much care a person uses: a level around 1 that age, sex, conditions, income and insurance move."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import ndtri

from healthsim_core.people import People

SPREAD = 0.6
"""The standard deviation, on the log scale, of what people of like circumstances differ by."""
CONDITION = 0.30
"""What each chronic condition adds, relative to somebody without any."""
MOST = 8
"""Conditions beyond so many add nothing."""
AGES = (0, 2, 6, 18, 30, 45, 65, 75, 85)
MEN = (1.30, 0.80, 0.55, 0.45, 0.50, 0.65, 0.90, 1.00, 0.95)
WOMEN = (1.25, 0.78, 0.58, 0.75, 0.78, 0.80, 0.92, 0.98, 0.95)
"""Of people without conditions, by first age and sex: the course of office visits per person in the National Ambulatory Medical
Care Survey 2019 (NCHS), less what conditions explain; HealthSim's estimate."""
WHOLE = 1.17
"""What the nation's people come to by these figures; divided by it, their mean is 1."""
INCOME = {"under_100": 0.92, "100_to_137": 0.94, "138_to_249": 0.96, "250_to_399": 1.0, "400_up": 1.06}
"""By income as percent of the poverty line; other words leave the level alone."""
INSURANCE = {"uninsured": 0.5, "medicaid": 1.1, "medicare": 1.05}
"""The uninsured make about half the visits of the insured (Medical Expenditure Panel Survey 2019, AHRQ, rounded)."""
LEAST, LARGEST = 0.02, 20.0


def utilization(people: People) -> Mapping[str, np.ndarray]:
    """Return each person's level of use (float64, mean about 1, three decimals), whatever makes them use care."""
    age = np.asarray(people["age"], np.float64)
    band = np.searchsorted(AGES, np.where(np.isnan(age), 40, age), side="right") - 1
    woman = people["gender"].isin(["F"]).astype(np.int64)
    level = np.array([MEN, WOMEN])[woman, band] * (1 + CONDITION * np.minimum(_chronic(people), MOST))
    for column, factors in (("income_band", INCOME), ("insurance", INSURANCE)):
        if column in people and hasattr(people[column], "words"):
            level = level * people[column].lookup(factors, 1.0, np.float64)
    own = np.exp(SPREAD * ndtri(people.draw("own")) - SPREAD**2 / 2)
    return {"utilization": np.round(np.clip(level * own / WHOLE, LEAST, LARGEST), 3)}


def _chronic(people: People) -> np.ndarray:
    """Return how many chronic conditions each person has."""
    found = np.zeros(len(people))
    for category, plan in people.facts.get("conditions", {}).items():
        if plan.chronic and (plan.prevalence is not None or plan.overrides):
            found += people[f"has.{category}"]
    return found

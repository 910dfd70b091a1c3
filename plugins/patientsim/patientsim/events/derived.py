"""Results that follow from other results of the day: kidney function and creatinine, cholesterol and its parts, blood and sugar."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from healthsim_core.events import Events
from patientsim.events.body import body

PARTS = {"total_cholesterol": ("ldl", "hdl", "triglycerides"), "hematocrit": ("hemoglobin",), "creatinine": ("egfr",)}
"""What is worked out from which results of the same day, where a profile does not say it."""
GROWN = 18


def derived(test: str, events: Events, age: np.ndarray, value: Callable[[str], np.ndarray]) -> np.ndarray:
    """Return a test's results by those of its parts: `value(test)` gives them."""
    if test == "total_cholesterol":
        # Friedewald's formula, the other way round.
        return value("ldl") + value("hdl") + value("triglycerides") / 5
    if test == "hematocrit":
        return 3 * value("hemoglobin")
    return creatinine_at(events, age, value("egfr"))


def creatinine_at(events: Events, age: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Return the creatinine at which the estimate of the filtration rate is `rate`: CKD-EPI 2021, of children bedside Schwartz."""
    male = events.person("gender").isin(["M"])
    at_one = 142 * 0.9938**age * np.where(male, 1, 1.012)
    ratio = rate / at_one
    low = np.where(male, -0.302, -0.241)
    adult = np.where(male, 0.9, 0.7) * np.where(ratio >= 1, ratio ** (1 / low), ratio ** (1 / -1.2))
    if not (age < GROWN).any():
        return adult
    return np.where(age < GROWN, 0.413 * body(events, age)[0] / rate, adult)


def average_glucose(a1c: np.ndarray) -> np.ndarray:
    """Return the average glucose that a hemoglobin A1c stands for (Nathan et al., Diabetes Care 2008)."""
    return 28.7 * a1c - 46.7

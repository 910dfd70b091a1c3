"""Kidneys: the filtration rate that chronic kidney disease leaves, and the creatinine that goes with a rate."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Coded
from healthsim_core.events import Events
from trialsim.reference import rows
from trialsim.states import age_on, day_of

DISEASE = "N18"
GROWN = 18


def _codes(events: Events) -> Coded:
    """Return the code of chronic kidney disease each event's person brings along; missing where there is none."""
    found = Coded.constant(None, len(events))
    for category in events.people.facts["conditions"]:
        if category.startswith(DISEASE):
            found = events.person(f"code.{category}").where(events.person(f"has.{category}"), found)
    return found


def _stage(events: Events, column: str) -> np.ndarray:
    """Return a number of the stage each event's person is in, NaN where there is none."""
    codes = _codes(events)
    numbers = {
        code: float(one[column])
        for code in codes.words
        for one in rows("kidney_stages")
        if code.startswith(one["code"])
    }
    return codes.lookup(numbers, np.nan, float)


def excluded(events: Events) -> np.ndarray:
    """Return who filters so little that no study takes them."""
    return _stage(events, "excluded") == 1


def usual_creatinine(events: Events) -> np.ndarray:
    """Return the creatinine of adults with chronic kidney disease, somewhere in their stage; NaN of others."""
    low, high = _stage(events, "low"), _stage(events, "high")
    if np.isnan(low).all():
        return low
    return creatinine_at(events, low + (high - low) * events.people.draw("trialsim.filtration")[events.row])


def creatinine_at(events: Events, rate: np.ndarray) -> np.ndarray:
    """Return the creatinine at which the estimate of the filtration rate is `rate` (CKD-EPI 2021); NaN of children."""
    if not (events.has_person("birth_date") and events.has_person("gender")):
        return np.full(len(events), np.nan)
    age = age_on(events.person("birth_date").astype("datetime64[D]"), day_of(events))
    male = events.person("gender").isin(["M"])
    ratio = rate / (142 * 0.9938**age * np.where(male, 1, 1.012))
    slope = np.where(ratio >= 1, np.where(male, -0.302, -0.241), -1.2)
    return np.where(age >= GROWN, np.where(male, 0.9, 0.7) * ratio ** (1 / slope), np.nan)

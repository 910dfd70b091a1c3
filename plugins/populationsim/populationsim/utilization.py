"""How much care a person uses: what age, sex and conditions ask for, and how readily the person seeks it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import ndtri

from healthsim_core.declarations import Attribute, Derivation
from healthsim_core.people import People

CONDITION = 0.30
"""What each chronic condition adds, relative to somebody without any."""
MOST = 8
"""Conditions beyond so many add nothing."""
AGES = (0, 2, 6, 18, 30, 45, 55, 65, 75)
MEN = (1.55, 0.95, 0.65, 0.35, 0.40, 0.57, 0.69, 0.94, 1.20)
WOMEN = (1.42, 0.88, 0.65, 0.74, 0.77, 0.79, 0.89, 0.98, 1.12)
"""Of people without conditions, by first age and sex; with their conditions they come to the visits per person to physician
offices and outpatient departments of NAMCS and NHAMCS 2003-2004 (NCHS, Health, United States, 2006, figure 22; public domain)."""
ILLER = {"medicaid": 1.2, "medicare": 1.8}
"""Whom public insurance covers before 65 is iller than others of like age and conditions; HealthSim's estimate."""
ELDERLY = 65
WHOLE = 1.23
"""What the nation's people come to by these figures; divided by it, their mean is 1."""
NEED_SPREAD = 0.5
"""The standard deviation, on the log scale, of what people of like circumstances need."""

UNINSURED = {"uninsured": 0.6}
"""Uninsured people report 2.6 visits a year, the privately insured 4.1, all 4.5 (Community Tracking Study 1996-1997, Center for
Studying Health System Change); under 65, 35 to 46 % of them have a usual source of care, 73 to 83 % of the privately
insured (Medical Expenditure Panel Survey 2012, AHRQ). The factor lies between, at equal income; HealthSim's estimate."""
INCOME = {"under_100": 0.88, "100_to_137": 0.90, "138_to_249": 0.94, "250_to_399": 1.0, "400_up": 1.06}
"""By income as percent of the poverty line; other words leave the level alone. HealthSim's estimate."""
SEEKING = 0.963
"""What the nation's people come to by these factors; divided by it, their mean is 1."""
SEEKING_SPREAD = 0.35
"""The standard deviation, on the log scale, of how readily people of like circumstances seek care."""
LEAST, LARGEST = 0.02, 20.0

ATTRIBUTES = [
    Attribute(
        "care_seeking",
        "demographics",
        "How readily a person seeks care, 1 being the nation's mean: less without insurance or with little income.",
        decimals=3,
        low=0,
    ),
    Attribute(
        "utilization",
        "demographics",
        "How much care a person uses, 1 being the nation's mean: by age, sex, conditions and care_seeking.",
        decimals=3,
        low=0,
    ),
]


def care_seeking(people: People) -> Mapping[str, np.ndarray]:
    """Return how readily people seek care (float64, mean about 1, three decimals), whatever they need it for."""
    level = _spread(people, SEEKING_SPREAD) / SEEKING
    for column, factors in (("income_band", INCOME), ("insurance", UNINSURED)):
        level = level * _factors(people, column, factors)
    return {"care_seeking": _kept(level)}


def utilization(people: People) -> Mapping[str, np.ndarray]:
    """Return each person's level of use (float64, mean about 1, three decimals), whatever makes them use care."""
    age = np.asarray(people["age"], np.float64)
    age = np.where(np.isnan(age), 40, age)
    band = np.searchsorted(AGES, age, side="right") - 1
    woman = people["gender"].isin(["F"]).astype(np.int64)
    need = np.array([MEN, WOMEN])[woman, band] * (1 + CONDITION * np.minimum(_chronic(people), MOST))
    need = need * np.where(age < ELDERLY, _factors(people, "insurance", ILLER), 1.0)
    return {"utilization": _kept(need * _spread(people, NEED_SPREAD) * people["care_seeking"] / WHOLE)}


def _factors(people: People, column: str, factors: Mapping[str, float]) -> np.ndarray | float:
    if column in people and hasattr(people[column], "words"):
        return people[column].lookup(factors, 1.0, np.float64)
    return 1.0


def _spread(people: People, spread: float) -> np.ndarray:
    """Return a log-normal factor of each person's own, of mean 1."""
    return np.exp(spread * ndtri(people.draw("own")) - spread**2 / 2)


def _kept(level: np.ndarray) -> np.ndarray:
    return np.round(np.clip(level, LEAST, LARGEST), 3)


def _chronic(people: People) -> np.ndarray:
    """Return how many chronic conditions each person has."""
    found = np.zeros(len(people))
    for category, plan in people.facts.get("conditions", {}).items():
        if plan.chronic and (plan.prevalence is not None or plan.overrides):
            found += people[f"has.{category}"]
    return found


DERIVATIONS = [
    Derivation(
        "care_seeking",
        "How readily a person seeks care, around 1: less without insurance or with little income.",
        ("age",),
        ("care_seeking",),
        care_seeking,
        "populationsim",
        ("income_band", "insurance"),
    ),
    Derivation(
        "utilization",
        "How much care a person uses, around 1: more with age and conditions, less where it is seldom sought.",
        ("age", "gender", "care_seeking"),
        ("utilization",),
        utilization,
        "populationsim",
        ("has.*", "insurance"),
    ),
]

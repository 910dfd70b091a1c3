"""Whether people smoke: one truth that the diagnoses of tobacco, of lungs that smoke harmed, and the question at registration share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from healthsim_core.columns import Array, Coded
from healthsim_core.declarations import Derivation
from healthsim_core.people import People

STATUSES = ("never", "former", "every_day", "some_days")
SHARES = (0.66, 0.225, 0.085, 0.03)
"""Adults by whether they smoke: National Health Interview Survey 2022, rounded."""
HARMED = {"J44": (0.25, 0.45, 0.22, 0.08), "C34": (0.13, 0.52, 0.26, 0.09)}
"""The same of people with chronic obstructive lung disease (a quarter never smoked, CDC) and lung cancer; HealthSim's split."""
CURRENT, PAST = ("F17", "Z72.0"), ("Z87.891",)
GROWN = 18


def smoking(people: People) -> Mapping[str, Array]:
    """Return who smokes: all with a diagnosis of it, and where a profile speaks of that nobody else; from 18 on."""
    u = people.draw("status")
    shares = np.tile(np.array(SHARES), (len(people), 1))
    for disease, theirs in HARMED.items():
        shares[has(people, (disease,))] = theirs
    now, past = has(people, CURRENT), has(people, PAST)
    if any(f"has.{category}" in people for category in _speaking(people, ("F17",))):
        shares[:, 2:] = 0
    shares[past] = (0, 1, 0, 0)
    shares[people["age"] < GROWN] = (1, 0, 0, 0)
    shares[now] = (0, 0, SHARES[2], SHARES[3])
    edges = np.cumsum(shares, axis=1)
    status = (u[:, None] * edges[:, -1:] >= edges).sum(axis=1)
    return {"smoking_status": Coded(np.minimum(status, len(STATUSES) - 1).astype(np.int32), STATUSES)}


def has(people: People, begins: tuple[str, ...]) -> np.ndarray:
    """Return who has one of some conditions (bool), by what their codes begin with."""
    found = np.zeros(len(people), bool)
    for category in _speaking(people, begins):
        code = people[f"code.{category}"]
        found |= people[f"has.{category}"] & code.isin([word for word in code.words if word.startswith(begins)])
    return found


def _speaking(people: People, begins: tuple[str, ...]) -> list[str]:
    """Return the categories that may be written as a code that begins so."""
    return [
        category
        for category in people.facts["conditions"]
        if category.startswith(begins) or any(one.startswith(category) for one in begins)
    ]


DERIVATIONS = (
    Derivation(
        "smoking",
        "Whether the person smokes or ever did, in step with the diagnoses of it.",
        ("age",),
        ("smoking_status",),
        smoking,
        "patientsim",
        ("has.*", "code.*"),
    ),
)

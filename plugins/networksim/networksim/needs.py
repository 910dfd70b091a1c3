"""Needs: which specialty follows a condition, and which specialist leads a person's care because of one."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np

from healthsim_core.columns import Array, Coded
from healthsim_core.declarations import Derivation
from healthsim_core.facts import read_csv
from healthsim_core.people import People
from networksim.providers import specialties


@functools.cache
def followed_by() -> Mapping[str, str]:
    """Return the specialty by the beginning of an ICD-10-CM code; the first leads where somebody has several."""
    rows = read_csv("networksim", "data", "condition_specialties.csv")
    return {row["category"]: row["specialty"] for row in rows}


def specialty_of(code: str) -> str | None:
    """Return the specialty that follows a condition given by its ICD-10-CM code, None where primary care does alone."""
    fits = [beginning for beginning in followed_by() if code.startswith(beginning)]
    return followed_by()[max(fits, key=len)] if fits else None


def lead(people: People) -> dict[str, Array]:
    """Return the specialty and the specialist (int64 key, -1 for none) that follow each person's leading condition."""
    words = [one.specialty for one in specialties()]
    order = {specialty: turn for turn, specialty in reversed(list(enumerate(followed_by().values())))}
    found = {category: specialty_of(category) for category in people.facts.get("conditions", {})}
    ranked = sorted((one for one in found if found[one]), key=lambda one: (order[found[one]], one))
    code = np.full(len(people), -1, np.int32)
    key = np.full(len(people), -1, np.int64)
    for category in ranked:
        if f"has.{category}" in people:
            rows = np.flatnonzero(people[f"has.{category}"] & (code < 0))
            code[rows] = words.index(found[category])
            key[rows] = people[f"specialist.{found[category]}"][rows]
    return {"lead_specialty": Coded(code, words), "lead_specialist": key}


NEEDS = Derivation(
    "networksim.needs",
    "The specialty and the specialist that follow a person's leading chronic condition.",
    tuple(f"specialist.{one}" for one in dict.fromkeys(followed_by().values())),
    ("lead_specialty", "lead_specialist"),
    lead,
    "networksim",
    tuple(f"has.{one}" for one in followed_by() if len(one) == 3)
    + tuple(f"has.{one}.{digit}" for one in ("N18", "I25", "J44", "F33") for digit in range(10)),
)

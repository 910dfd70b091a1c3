"""Choose for many people at once, each by a row of shares of their own."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Coded
from healthsim_core.conditions import present
from healthsim_core.people import People


def edges(shares: np.ndarray) -> np.ndarray:
    """Return the rising edges between choices, in rows of shares (the last axis) that need not add up to 1."""
    return np.cumsum(shares, axis=-1) / np.maximum(shares.sum(axis=-1, keepdims=True), 1e-300)


class Rows:
    """Rows of shares laid end to end, so that one binary search chooses in all of them."""

    def __init__(self, shares: np.ndarray):
        self.width = shares.shape[-1]
        flat = edges(shares).reshape(-1, self.width)
        self._ends = (flat + np.arange(len(flat))[:, None]).ravel()

    def choose(self, row: np.ndarray, u: np.ndarray) -> np.ndarray:
        """Return for each person which choice of their row is theirs (int64)."""
        place = np.searchsorted(self._ends, row + u, side="right") - row * self.width
        return np.clip(place, 0, self.width - 1)


HISPANIC, WHITE, BLACK, ASIAN, NATIVE, PACIFIC, MULTIPLE = range(7)
_RACES = {"black": BLACK, "asian": ASIAN, "native": NATIVE, "pacific": PACIFIC, "multiple": MULTIPLE}


def origin(people: People) -> np.ndarray:
    """Return each person's origin (int64): Hispanic of any race, else by race; white where nothing is known."""
    found = np.full(len(people), WHITE, np.int64)
    if "race" in people:
        found = people["race"].lookup(_RACES, WHITE, np.int64)
    if "ethnicity" in people:
        found = np.where(people["ethnicity"].isin(["hispanic"]), HISPANIC, found)
    return found


def ages(people: People, otherwise: int = 40) -> np.ndarray:
    """Return everybody's age (int64), `otherwise` where it is missing."""
    age = people["age"]
    return np.where(present(age), age, otherwise).astype(np.int64)


def of_words(column: Coded, table: dict[str, int], otherwise: int = 0) -> np.ndarray:
    """Return a whole number for each word of a column."""
    return column.lookup(table, otherwise, np.int64)

"""Pools: from whom each person is given one, in turn."""

from __future__ import annotations

import numpy as np
from attrs import frozen


@frozen(eq=False)
class Pool:
    """Keys to choose from: for each place those of its county side by side, and those near to it."""

    keys: np.ndarray
    county_first: np.ndarray
    county_count: np.ndarray
    near_first: np.ndarray
    near_count: np.ndarray
    miles: np.ndarray
    """How far the nearest is, for each place; infinite where nobody is known to be near."""

    def in_county(self, place: np.ndarray, turn: np.ndarray) -> np.ndarray:
        """Return for each person, of the keys of the county, the one whose turn it is; -1 where there is none."""
        return pick(self.keys, self.county_first[place], self.county_count[place], turn)

    def nearest(self, place: np.ndarray, turn: np.ndarray) -> np.ndarray:
        """Return for each person, of the keys near to the place, the one whose turn it is; -1 where there is none."""
        return pick(self.keys, self.near_first[place], self.near_count[place], turn)


def pick(keys: np.ndarray, first: np.ndarray, count: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """Return for each person, of the `count` keys from `first` on, the one whose turn it is; -1 where there is none."""
    if not len(keys):
        return np.full(len(first), -1, np.int64)
    if count.min(initial=1) > 0:
        return keys[first + turn % count]
    index = first + turn % np.maximum(count, 1)
    return np.where(count > 0, keys[np.minimum(index, len(keys) - 1)], -1)

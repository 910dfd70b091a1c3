"""How far it is from one ZIP to another, as the crow flies between their centres."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

EARTH_MILES = 3958.8
"""Mean radius of the earth."""


@functools.cache
def _centres() -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the ZIPs that have coordinates, sorted, and their places on the unit sphere."""
    import zipcodes  # half a second to unpack, so at first use

    known = sorted((int(row["zip_code"]), row["lat"], row["long"]) for row in zipcodes.list_all() if row["lat"])
    latitude, longitude = np.radians(np.array([row[1:] for row in known], np.float64)).T
    east, north = np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude)
    return np.array([row[0] for row in known], np.int64), np.column_stack([east, north, np.sin(latitude)])


def is_known(zip_code: str) -> bool:
    """Return whether a ZIP has coordinates."""
    return zip_code.isdigit() and bool(np.isfinite(places([zip_code])).all())


def places(zip_codes: Sequence[str]) -> np.ndarray:
    """Return the ZIPs' places on the unit sphere, a row each; NaN where there are no coordinates."""
    numbers, centres = _centres()
    wanted = np.array([int(one) if one and one.isdigit() else -1 for one in zip_codes], np.int64)
    row = np.minimum(np.searchsorted(numbers, wanted), len(numbers) - 1)
    return np.where((numbers[row] == wanted)[:, None], centres[row], np.nan)


def miles(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Return the miles from each of some `places` to each of others, to a hundredth; NaN where one is not known."""
    return np.round(EARTH_MILES * np.arccos(np.clip(here @ there.T, -1, 1)), 2)

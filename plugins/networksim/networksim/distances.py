"""How far it is from one ZIP to another, as the crow flies between their centres."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

EARTH_MILES = 3958.8
"""Mean radius of the earth."""


@functools.cache
def _known() -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the ZIPs that have coordinates, sorted, and their latitudes and longitudes."""
    import zipcodes  # half a second to unpack, so at first use

    known = sorted((int(row["zip_code"]), row["lat"], row["long"]) for row in zipcodes.list_all() if row["lat"])
    return np.array([row[0] for row in known], np.int64), np.array([row[1:] for row in known], np.float64)


@functools.cache
def _centres() -> np.ndarray:
    """Return the places of those ZIPs on the unit sphere."""
    latitude, longitude = np.radians(_known()[1]).T
    east, north = np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude)
    return np.column_stack([east, north, np.sin(latitude)])


def is_known(zip_code: str) -> bool:
    """Return whether a ZIP has coordinates."""
    return zip_code.isdigit() and bool(np.isfinite(places([zip_code])).all())


def places(zip_codes: Sequence[str]) -> np.ndarray:
    """Return the ZIPs' places on the unit sphere, a row each; NaN where there are no coordinates."""
    return _of(np.array([int(one) if one and one.isdigit() else -1 for one in zip_codes], np.int64), _centres())


def degrees(zips: np.ndarray) -> np.ndarray:
    """Return latitude and longitude of ZIPs given as numbers, a row each; NaN where there are none."""
    return _of(zips, _known()[1])


def _of(zips: np.ndarray, known: np.ndarray) -> np.ndarray:
    numbers = _known()[0]
    row = np.minimum(np.searchsorted(numbers, zips), len(numbers) - 1)
    return np.where((numbers[row] == zips)[:, None], known[row], np.nan)


def miles(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Return the miles from each of some `places` to each of others, to a hundredth; NaN where one is not known."""
    return np.round(EARTH_MILES * np.arccos(np.clip(here @ there.T, -1, 1)), 2)


def apart(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Return the miles between two aligned columns of latitude and longitude, not far apart; infinite where one is not known."""
    # Over a hundred miles the earth is flat enough, and a degree of longitude shorter by the cosine of the latitude.
    north = here[..., 0] - there[..., 0]
    east = ((here[..., 1] - there[..., 1] + 180) % 360 - 180) * np.cos(np.radians(here[..., 0]))
    found = EARTH_MILES * np.radians(np.sqrt(north * north + east * east))
    return np.where(np.isnan(found), np.inf, found)

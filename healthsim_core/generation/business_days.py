"""Business days: neither weekends nor US federal holidays, on the days they are observed."""

from __future__ import annotations

import functools

import numpy as np


@functools.cache
def federal_holidays(year: int) -> np.ndarray:
    """Return the days US federal holidays are observed in a year, New Year's Day of the next included (datetime64[D])."""
    import holidays

    return np.array(sorted(holidays.country_holidays("US", years=[year, year + 1])), dtype="datetime64[D]")


def roll(days: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return days (datetime64[D]) moved to business days: the next one, or where that lies after `high` the one before.

    Where neither lies within [low, high], the next one it is: a working day is what was asked for.
    """
    if len(days) == 0:
        return days
    first, last = (int(str(edge.astype("datetime64[Y]"))) for edge in (days.min(), days.max()))
    closed = np.unique(np.concatenate([federal_holidays(year) for year in range(first - 1, last + 1)]))
    forward = np.busday_offset(days, 0, roll="forward", holidays=closed)
    backward = np.busday_offset(days, 0, roll="backward", holidays=closed)
    return np.where((forward > high) & (backward >= low), backward, forward)

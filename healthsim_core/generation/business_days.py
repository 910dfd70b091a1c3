"""Business days: neither weekends nor US federal holidays, on the days they are observed."""

from __future__ import annotations

import functools

import numpy as np

from healthsim_core.events import DAY


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


def on_business_days(time: np.ndarray, anchor: np.ndarray, low, high) -> np.ndarray:
    """Return times moved to business days, inside the bounds where they have room and a business day in them."""
    day = time.astype("datetime64[D]")
    first = anchor.astype("datetime64[D]")
    earliest, latest = first + np.ceil(low).astype(np.int64), first + np.floor(high).astype(np.int64)
    outside = (day < earliest) | (day > latest)
    earliest, latest = np.where(outside, day, earliest), np.where(outside, day, latest)
    return roll(day, earliest, latest).astype("datetime64[s]") + (time - day.astype("datetime64[s]"))


def nearest(time: np.ndarray, anchor: np.ndarray, low, high) -> np.ndarray:
    """Return times moved to business days as `on_business_days` does, but those of Saturdays to Friday where the delay leaves room.

    Else weeks would begin with a crowd.
    """
    day, first = (one.astype("datetime64[D]").astype(np.int64) for one in (time, anchor))
    room = (day - first >= 2) & ((low == high) | (day - first - 1 >= low))
    return on_business_days(np.where(room & ((day + 3) % 7 == 5), time - DAY, time), anchor, low, high)

"""One person lies in one bed at a time: a stay that would begin during another is put off until after it."""

from __future__ import annotations

import numpy as np

from healthsim_core.events import Events, match
from patientsim.events.placing import day_of


def put_off(begin: np.ndarray, end: np.ndarray, owner: np.ndarray, key: np.ndarray) -> np.ndarray:
    """Return by how many days each stay (first and last day) is put off so that it begins on a day after the one before."""
    order = np.lexsort((key, begin, owner))
    begin, length = begin[order], (end - begin)[order] + 1
    before = np.cumsum(length) - length
    group = np.cumsum(np.diff(owner[order], prepend=owner[order][:1]) != 0)
    # One running maximum for all people: each person's days lie above all that the one before can reach.
    high = group * (np.int64(2) ** 24 + length.sum())
    earliest = np.maximum.accumulate(begin - before + high) - high + before
    found = np.empty(len(order), np.int64)
    found[order] = np.maximum(earliest - begin, 0)
    return found


def stays_of(encounters: Events, admissions: list[Events], discharges: Events | None) -> tuple[np.ndarray, ...]:
    """Return first and last day, person, key and delay in days of the span's stays, as journeys have them before the delay."""
    begins, ends, owners, keys = [], [], [], []
    for stays in (encounters, *admissions):
        last = day_of(stays["end_time"])
        if discharges is not None:
            sources, first = np.unique(discharges.source, return_index=True)
            found = match(stays.key, sources)
            last = np.where(found >= 0, day_of(discharges.time[first][found]), last)
        begins.append(day_of(stays.time))
        ends.append(np.maximum(last, begins[-1]))
        owners.append(stays.entity)
        keys.append(stays.key)
    begin, end, owner, key = (np.concatenate(each) for each in (begins, ends, owners, keys))
    if not len(begin):
        return begin, end, owner, key, begin
    return begin, end, owner, key, put_off(begin, end, owner, key)

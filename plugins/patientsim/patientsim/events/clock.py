"""At what time of the day visits are, and how those of one person keep apart."""

from __future__ import annotations

import functools

import numpy as np

from healthsim_core.columns import Coded
from healthsim_core.events import Events, match
from healthsim_core.facts import read_csv
from healthsim_core.generation.business_days import roll
from patientsim.events.placing import DAYS, MINUTE, day_of, lived, midnight

OFFICE = ("office", "telehealth", "preventive", "home")
"""Visits by appointment: on business days, in office hours."""
OPENS, LAST, STEP = 480, 960, 15
"""Minutes after midnight of the first and last appointment, and between two."""
APART = 60
"""Minutes from the start of a person's appointment to the next of the day, and from its end to an emergency visit."""


def by_appointment(events: Events) -> np.ndarray:
    """Return which encounters fall on business days: all but those in hospitals."""
    return events["encounter_type"].isin(OFFICE)


@functools.cache
def _arrivals() -> np.ndarray:
    """Return the shares of arrivals before the end of each hour, 0 first."""
    shares = np.array([float(row["share"]) for row in read_csv("patientsim.reference", "arrival_hours.csv")])
    return np.append(0.0, np.cumsum(shares / shares.sum()))


def start_times(day: np.ndarray, kind: Coded, u: np.ndarray) -> np.ndarray:
    """Return when visits begin: appointments on the quarter hour, emergencies and stays by the hours people arrive."""
    appointment = OPENS + np.floor(u * ((LAST - OPENS) // STEP + 1)) * STEP
    arrival = np.interp(u, _arrivals(), np.arange(25) * 60.0)
    minute = np.where(kind.isin(OFFICE), appointment, np.minimum(np.floor(arrival), 1439)).astype(np.int64)
    return day + minute * MINUTE


def kept_apart(events: Events) -> dict[str, np.ndarray]:
    """Return start and end of a person's encounters so that they do not overlap.

    An appointment during a stay is put off to the first business day after the discharge; appointments of a day are an hour
    apart; who has an appointment comes to the emergency department after it.
    """
    start, length = events["start_time"], events["end_time"] - events["start_time"]
    kind = events["encounter_type"]
    appointment, emergency = kind.isin(OFFICE), kind.isin(["ed"])
    start = np.where(appointment, _after_stays(events, start), start)
    start = _spaced(events.entity, start, length, appointment)
    apart = _with_emergencies(events.entity, start, length, appointment, emergency)
    return {name: lived(events, time) for name, time in apart.items()}


def _after_stays(events: Events, start: np.ndarray) -> np.ndarray:
    """Return appointments, those that lie within a stay of the person on the first business day after it."""
    begins, ends, owners = _stays(events)
    if not len(owners):
        return start
    order = np.lexsort((ends, begins, owners))
    code, ends = owners[order] * DAYS + begins[order], ends[order]
    for _ in range(2):  # the next stay may begin where one ends
        day = day_of(start)
        place = np.searchsorted(code, events.entity * DAYS + day, side="right") - 1
        found = np.maximum(place, 0)
        inside = (
            (place >= 0) & (code[found] // DAYS == events.entity) & (ends[found] >= day) & (code[found] % DAYS <= day)
        )
        free = np.where(inside, ends[found] + 1, day).astype("datetime64[D]")
        moved = roll(free, free, free).astype("datetime64[s]") + (start - midnight(start))
        start = np.where(inside, moved, start)
    return start


def _stays(events: Events) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return first and last day and the person of the span's stays, as far as they are known while encounters settle."""
    discharges = events.timeline("patientsim.discharge")
    inpatient = events.select(events["encounter_type"].isin(["inpatient"]))
    begins, ends, owners = [], [], []
    for stays in (inpatient, *events.unfolded("patientsim.admission")):
        last = day_of(stays["end_time"])
        if discharges is not None:
            sources, first = np.unique(discharges.source, return_index=True)
            found = match(stays.key, sources)
            last = np.where(found >= 0, day_of(discharges.time[first][found]), last)
        begins.append(day_of(stays.time))
        ends.append(np.maximum(last, begins[-1]))
        owners.append(stays.entity)
    return np.concatenate(begins), np.concatenate(ends), np.concatenate(owners)


def _spaced(entity: np.ndarray, start: np.ndarray, length: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return start times of which those chosen of one person and day are an hour apart, inside office hours."""
    rows = np.flatnonzero(chosen)
    day = entity[rows] * DAYS + day_of(start[rows])
    order = np.lexsort((rows, start[rows], day))
    rows, day = rows[order], day[order]
    _, first, size = np.unique(day, return_index=True, return_counts=True)
    if not len(size) or size.max() == 1:
        return start
    group = np.repeat(np.arange(len(size)), size)
    turn = np.arange(len(rows)) - first[group]
    minute = (start[rows] - midnight(start[rows])) // MINUTE - turn * APART
    # One running maximum for all groups: each begins above all that the one before can reach.
    high = 10_000 * group
    minute = np.maximum.accumulate(minute + high) - high + turn * APART
    minute = np.minimum(minute, LAST - (size[group] - 1 - turn) * APART)
    spaced = start.copy()
    spaced[rows] = midnight(start[rows]) + np.maximum(minute, 0) * MINUTE
    return spaced


def _with_emergencies(entity, start, length, appointment, emergency) -> dict[str, np.ndarray]:
    """Return start and end, emergency visits that overlap an appointment of their day begun after it."""
    day = entity * DAYS + day_of(start)
    seen = np.flatnonzero(appointment & np.isin(day, day[emergency]))
    if len(seen):
        order = seen[np.lexsort((start[seen], day[seen]))]
        days, first, size = np.unique(day[order], return_index=True, return_counts=True)
        found = match(day, days)
        there = emergency & (found >= 0)
        opens, closes = start[order[first]][found], (start + length)[order[first + size - 1]][found]
        overlaps = there & (start < closes + APART * MINUTE) & (start + length > opens)
        start = np.where(overlaps, closes + APART * MINUTE, start)
    return {"start_time": start, "end_time": start + length}

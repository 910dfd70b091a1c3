"""At what time of the day visits are, and how those of one person keep apart."""

from __future__ import annotations

import functools

import numpy as np

from healthsim_core.columns import Coded
from healthsim_core.events import DAY, Events, match
from healthsim_core.facts import read_csv
from healthsim_core.generation.business_days import roll
from patientsim.events.beds import stays_of
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

    A stay during another and the emergency visit that leads to it are put off until after that; an appointment during a stay
    to the first business day after the discharge. Appointments of a day are an hour apart; who has an appointment comes to
    the emergency department after it.
    """
    start, length = events["start_time"], events["end_time"] - events["start_time"]
    kind = events["encounter_type"]
    appointment, emergency = kind.isin(OFFICE), kind.isin(["ed"])
    inpatient, discharges = events.select(kind.isin(["inpatient"])), events.timeline("patientsim.discharge")
    stays = stays_of(inpatient, events.unfolded("patientsim.admission"), discharges)
    begins, ends, owners, keys, delay = stays
    place = match(events.key, keys)
    start = np.where(place >= 0, start + delay[place] * DAY if len(delay) else start, start)
    start = _with_their_stays(events, start, emergency, stays)
    for _ in range(2):  # the business day after a stay may lie in the next
        free = _after_stays(start, events.entity, begins + delay, ends + delay, owners)
        moved = free.astype("datetime64[D]")
        moved = roll(moved, moved, moved).astype("datetime64[s]") + (free - midnight(free))
        start = np.where(appointment & (free != start), moved, start)
    start = _spaced(events.entity, start, length, appointment)
    apart = _with_emergencies(events.entity, start, length, appointment, emergency)
    return {name: lived(events, time) for name, time in apart.items()}


def _after_stays(start: np.ndarray, entity: np.ndarray, begins, ends, owners) -> np.ndarray:
    """Return starts, those that lie within a stay of the person on the day after it."""
    if not len(owners):
        return start
    order = np.lexsort((ends, begins, owners))
    code, ends = owners[order] * DAYS + begins[order], ends[order]
    for _ in range(2):  # the next stay may begin where one ends
        day = day_of(start)
        place = np.searchsorted(code, entity * DAYS + day, side="right") - 1
        found = np.maximum(place, 0)
        inside = (place >= 0) & (code[found] // DAYS == entity) & (ends[found] >= day) & (code[found] % DAYS <= day)
        start = np.where(inside, (ends[found] + 1).astype("datetime64[D]") + (start - midnight(start)), start)
    return start


def _with_their_stays(events: Events, start: np.ndarray, emergency: np.ndarray, stays) -> np.ndarray:
    """Return starts, emergency visits put off as the stays they lead to, those during a stay to the day after it."""
    begins, ends, owners, _, delay = stays
    if not emergency.any() or not len(owners):
        return start
    leads = np.zeros(len(events), bool)
    code = owners * DAYS + begins
    order = np.argsort(code, kind="stable")
    for later in (0, 1):
        place = match(events.entity * DAYS + day_of(events.time) + later, code[order])
        mine = emergency & (place >= 0) & ~leads
        start = np.where(mine, start + delay[order][place] * DAY, start)
        leads |= mine
    # The day a stay begins and the one it ends may see an emergency; between, who falls ill lies there already.
    inside = _after_stays(start, events.entity, begins + delay, ends + delay, owners)
    return np.where(emergency & ~leads, inside, start)


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

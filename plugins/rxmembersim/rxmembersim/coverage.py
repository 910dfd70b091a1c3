"""When people have the pharmacy benefit: it begins and ends with the medical coverage."""

from __future__ import annotations

import numpy as np

from healthsim_core.draws import SLOTS
from healthsim_core.events import Events
from rxmembersim.prescriptions import day_of, first_from, latest_before

BEFORE = ("membersim.new_enrollment", "membersim.termination")
EARLIEST, FOREVER = np.datetime64("0001-01-01", "s"), np.datetime64("9999-12-31", "s")
TOO_EARLY, TOO_LATE = 67, 69
"""Reject codes of what is filled before coverage, and after it."""


def refusals(events: Events) -> np.ndarray:
    """Return the reject code of events that lie outside the benefit, else 0."""
    day = day_of(events.time)
    begun, end = _period(events, day)
    early = np.isnat(begun) & ~np.isnat(first_days(events))
    return np.where(early, TOO_EARLY, np.where(end < day, TOO_LATE, 0))


def first_days(events: Events) -> np.ndarray:
    """Return the first day (datetime64[s]) of the medical coverage of each event's person; NaT where nobody enrols them."""
    return _enrolment(events, np.full(len(events), EARLIEST), first_from)


def deaths(events: Events) -> np.ndarray:
    """Return the day (datetime64[s]) each event's person dies; NaT for the living."""
    if not events.has_person("death_date"):
        return np.full(len(events), np.datetime64("NaT", "s"))
    return day_of(events.person("death_date"))


def last_days(events: Events) -> np.ndarray:
    """Return the last day (datetime64[s]) of each event's person's benefit; NaT where it goes on."""
    return _period(events, np.full(len(events), FOREVER))[1]


def _period(events: Events, day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and last day of each person's latest coverage that began by `day`, NaT where there is none.

    Of the terminations since it began the first one ends it: a subscriber's for the whole household, anybody else's for themselves.
    """
    begun = _enrolment(events, day, latest_before)
    end = np.full(len(events), np.datetime64("NaT", "s"))
    ended = events.timeline(BEFORE[1])
    if ended is not None:
        since = np.where(np.isnat(begun), FOREVER, begun)
        for whose in (events.entity, events.entity // SLOTS * SLOTS):
            place = first_from(whose, since, ended.entity, ended["end_date"])
            end = np.fmin(end, np.where(place >= 0, ended["end_date"][place], end))
    return begun, np.fmin(end, deaths(events))


def _enrolment(events: Events, day: np.ndarray, which) -> np.ndarray:
    enrolled = events.timeline(BEFORE[0])
    if enrolled is None:
        return np.full(len(events), np.datetime64("NaT", "s"))
    place = which(events.entity, day, enrolled.entity, enrolled["start_date"])
    return np.where(place >= 0, enrolled["start_date"][place], np.datetime64("NaT", "s"))

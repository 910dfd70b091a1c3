"""Who is in a study, and until when: what settling events and their handlers ask of the timeline."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from healthsim_core.columns import Coded
from healthsim_core.events import Events

NEVER = np.datetime64("NaT", "D")


def day_of(events: Events) -> np.ndarray:
    """Return the events' days (datetime64[D])."""
    return events.time.astype("datetime64[D]")


def timeline(events: Events, name: str) -> Events | None:
    """Return the finished events of one of our types; the events themselves where they are of it."""
    qualified = f"trialsim.{name}"
    return events if events.event_type == qualified else events.timeline(qualified)


def first_of(events: Events, chosen: np.ndarray) -> np.ndarray:
    """Return the position of each person's first chosen event, -1 for none; one value a person of the span."""
    found = np.full(len(events.people), -1, np.int64)
    order = np.lexsort((events.key, events.time))[::-1]
    order = order[chosen[order]]
    found[events.row[order]] = order  # of one person's events the last written stays: the first
    return found


def are_first(events: Events, chosen: np.ndarray) -> np.ndarray:
    """Return which events are their person's first chosen one."""
    result = np.zeros(len(events), bool)
    first = first_of(events, chosen)
    result[first[first >= 0]] = True
    return result


def day_at(events: Events, index: np.ndarray) -> np.ndarray:
    """Return the days of events by position, NaT where it is -1."""
    return np.where(index >= 0, day_of(events)[index], NEVER)


def words_at(column: Coded, index: np.ndarray) -> Coded:
    """Return the words at positions, missing where it is -1."""
    return Coded(np.where(index >= 0, column.codes[index], -1), column.words)


@frozen
class Entry:
    """How a span's people entered a study; one value a person."""

    consent: np.ndarray
    """The day of screening; NaT for those whom no screening happened to."""
    failed: np.ndarray
    study: Coded
    criterion: Coded
    """What those who failed did not keep."""


def entry(events: Events) -> Entry:
    """Return who was screened when, for which study and with what result."""
    count = len(events.people)
    screening = events.timeline("trialsim.screening")
    if screening is None:
        nobody = np.full(count, NEVER)
        return Entry(nobody, np.zeros(count, bool), Coded.constant(None, count), Coded.constant(None, count))
    first = first_of(screening, screening["counted"])
    failed = (first >= 0) & ~screening["eligible"][first]
    return Entry(
        day_at(screening, first),
        failed,
        words_at(screening["study"], first),
        words_at(screening["failed_criterion"], np.where(failed, first, -1)),
    )


def deaths(events: Events) -> np.ndarray:
    """Return the day each person of the span dies, NaT for the living."""
    if "death_date" not in events.people:
        return np.full(len(events.people), NEVER)
    return events.people["death_date"].astype("datetime64[D]")


def last_day(events: Events) -> np.ndarray:
    """Return the day each person left a study or died, NaT where they did not."""
    withdrawal = events.timeline("trialsim.withdrawal")
    if withdrawal is None:
        return deaths(events)
    return np.fmin(day_at(withdrawal, first_of(withdrawal, withdrawal["counted"])), deaths(events))


def first_dose_day(events: Events) -> np.ndarray:
    """Return each person's day of randomization and first dose, NaT where there is none."""
    randomization = events.timeline("trialsim.randomization")
    if randomization is None:
        return np.full(len(events.people), NEVER)
    return day_at(randomization, first_of(randomization, randomization["counted"]))


def takes_part(events: Events) -> np.ndarray:
    """Return which events fall on days between consent and the end of participation.

    Those who failed screening take part on that day only; where nobody was screened, everybody has consented.
    """
    row, day = events.row, day_of(events)
    entered = entry(events)
    consent = entered.consent[row]
    # Comparisons with NaT are false: no screening, no lower bound.
    return ~(day < consent) & ~(entered.failed[row] & (day > consent)) & ~(day > last_day(events)[row])


def age_on(birth: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Return whole years between two days, -1 where the first is unknown."""
    known = ~np.isnat(birth)
    birth = np.where(known, birth, day)
    years = (day.astype("datetime64[Y]") - birth.astype("datetime64[Y]")).astype(np.int64)

    def in_year(one: np.ndarray) -> np.ndarray:
        month = one.astype("datetime64[M]")
        return month.astype(np.int64) % 12 * 32 + (one - month.astype("datetime64[D]")).astype(np.int64)

    return np.where(known, years - (in_year(day) < in_year(birth)), -1)

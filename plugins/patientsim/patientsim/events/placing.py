"""Which visit or stay an event belongs to, and at what time inside it the event lies."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from healthsim_core.columns import Array, Coded, concatenate
from healthsim_core.events import DAY, Events, Field, match
from healthsim_core.generation.business_days import roll

VISITS = ("patientsim.encounter", "patientsim.admission")
"""The event types that others belong to; who uses `place` to settle comes after them."""

DAYS = 2**20
"""More days than there are: entity * DAYS + day orders events by person and day."""

MINUTE = np.timedelta64(60, "s")

WHOLE = r"[0-9]+(\.0)?"
"""Whole numbers from 0 that journeys give."""
POSITIVE = r"(?!0+(\.0*)?$)[0-9]+(\.[0-9]+)?"
"""Numbers above 0 that journeys give."""

PLACED = (
    Field("provider", "key", "Who; the visit's provider, else primary care."),
    Field("encounter", "key", "The encounter it belongs to; -1 for none."),
    Field("visit_start", "datetime", "When that encounter begins; computed."),
    Field("visit_end", "datetime", "When that encounter ends; computed."),
)


@frozen(eq=False)
class Visits:
    """The visits and stays of a span, as aligned arrays; `first` and `last` are days since 1970."""

    key: np.ndarray
    entity: np.ndarray
    first: np.ndarray
    last: np.ndarray
    start: np.ndarray
    end: np.ndarray
    provider: np.ndarray
    facility: np.ndarray
    billed: np.ndarray
    stay: np.ndarray
    hospital: np.ndarray
    reason: Coded


def day_of(moments: np.ndarray) -> np.ndarray:
    """Return days since 1970 (int64)."""
    return moments.astype("datetime64[D]").astype(np.int64)


def midnight(moments: np.ndarray) -> np.ndarray:
    """Return the beginning of each moment's day (datetime64[s])."""
    return moments.astype("datetime64[D]").astype("datetime64[s]")


def visits_of(events: Events) -> Visits | None:
    """Return the span's visits and stays, None where there are none."""
    found = [one for one in map(events.timeline, VISITS) if one is not None]
    if not found:
        return None
    columns = {
        "key": [one.key for one in found],
        "entity": [one.entity for one in found],
        # A stay after a night in the emergency department begins on the day after the admission's, and an appointment
        # may be put off: what happens on the day it was planned for belongs to it.
        "first": [np.minimum(np.minimum(day_of(one.time), _planned(one)), day_of(one["start_time"])) for one in found],
        "last": [np.maximum(np.maximum(day_of(one.time), _planned(one)), day_of(one["end_time"])) for one in found],
        "start": [one["start_time"] for one in found],
        "end": [one["end_time"] for one in found],
        "provider": [one["provider"] for one in found],
        "facility": [one["facility"] for one in found],
        "billed": [one["generates_claim"] for one in found],
        "stay": [np.full(len(one), one.event_type == VISITS[1]) for one in found],
        "hospital": [
            one["encounter_type"].isin(["ed", "inpatient"]) if one.event_type == VISITS[0] else np.ones(len(one), bool)
            for one in found
        ],
        "reason": [one["reason"] for one in found],
    }
    return Visits(**{name: concatenate(each) for name, each in columns.items()})


def _planned(visits: Events) -> np.ndarray:
    planned = visits.fields.get("planned_time", visits.time)
    return day_of(np.where(np.isnat(planned), visits.time, planned))


def visit_of(events: Events, visits: Visits) -> np.ndarray:
    """Return each event's position among the visits: the one it follows from, else the stay, else the visit of its day."""
    day = day_of(events.time)
    found = match(events.source, visits.key)
    found = np.where((visits.first[found] <= day) & (day <= visits.last[found]), found, -1)
    for group in (visits.stay, ~visits.stay):
        found = np.where(found >= 0, found, _under_way(events, day, visits, np.flatnonzero(group)))
    return found


def _under_way(events: Events, day: np.ndarray, visits: Visits, group: np.ndarray) -> np.ndarray:
    """Return the person's latest visit of a group that is under way on the day, -1 for none."""
    if not len(group):
        return np.full(len(events), -1, np.int64)
    code = visits.entity[group] * DAYS + visits.first[group]
    order = np.argsort(code, kind="stable")
    place = np.searchsorted(code[order], events.entity * DAYS + day, side="right") - 1
    found = group[order[np.maximum(place, 0)]]
    fits = (place >= 0) & (visits.entity[found] == events.entity) & (visits.last[found] >= day)
    return np.where(fits, found, -1)


def place(events: Events) -> dict[str, Array]:
    """Return, as settled fields, the encounter an event belongs to, its times, and who acts."""
    return placed_at(events, visits_of(events))[0]


def place_and_bill(events: Events) -> dict[str, Array]:
    """Return what `place` does, and whether the encounter is billed."""
    visits = visits_of(events)
    placed, found = placed_at(events, visits)
    billed = np.zeros(len(events), bool) if visits is None else (found >= 0) & visits.billed[found]
    return {**placed, "billed": billed}


def placed_at(events: Events, visits: Visits | None) -> tuple[dict[str, Array], np.ndarray]:
    """Return what `place` does, given the visits, and each event's position among them, -1 for none."""
    usual = events["provider"]
    if events.has_person("pcp_provider"):
        usual = np.where(usual >= 0, usual, events.person("pcp_provider"))
    if visits is None:
        return {"provider": usual}, np.full(len(events), -1, np.int64)
    found = visit_of(events, visits)
    there, never = found >= 0, np.datetime64("NaT", "s")
    placed = {
        "encounter": np.where(there, visits.key[found], events["encounter"]),
        "provider": np.where(there & (visits.provider[found] >= 0), visits.provider[found], usual),
        "visit_start": np.where(there, visits.start[found], never),
        "visit_end": np.where(there, visits.end[found], never),
    }
    return placed, found


def day_inside(events: Events) -> np.ndarray:
    """Return each event's day, or that of its visit where the visit is on another: the first or last of a stay."""
    day = midnight(events.time)
    if "visit_start" not in events.fields:
        start = events.fields.get("start_time")
        return day if start is None else np.where(np.isnat(start), day, np.maximum(day, midnight(start)))
    start, end = events["visit_start"], events["visit_end"]
    return np.where(np.isnat(start), day, np.minimum(np.maximum(day, midnight(start)), midnight(end)))


EXPIRED = "20"
"""NUBC's discharge status of who died."""


def lived(events: Events, time: np.ndarray) -> np.ndarray:
    """Return times, those after the day of a person's death on that day."""
    if not events.has_person("death_date"):
        return time
    last = midnight(events.person("death_date")) + 23 * 60 * MINUTE
    return np.where(time > last, last, time)


def died(events: Events, end: np.ndarray) -> np.ndarray:
    """Return which stays end with their patients' deaths (bool)."""
    if not events.has_person("death_date"):
        return np.zeros(len(events), bool)
    return midnight(end) == midnight(events.person("death_date"))


def moment(events: Events, usual: np.ndarray, minutes: int) -> np.ndarray:
    """Return when an event happens: so many minutes into a visit, in a stay at the usual time, but always inside.

    What belongs to no visit happens on a business day: the next where its own is none.
    """
    start, end = events["visit_start"], events["visit_end"]
    early = np.minimum(start + minutes * MINUTE, end)
    inside = np.where(end - start < DAY, early, np.minimum(np.maximum(usual, early), end - 30 * MINUTE))
    day = usual.astype("datetime64[D]")
    outside = roll(day, day, day).astype("datetime64[s]") + (usual - midnight(usual))
    return lived(events, np.where(np.isnat(start), outside, inside))

"""Stays in hospital: admission, transfers between units, and the discharge that ends them."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns, stack
from healthsim_core.events import DAY, Events, EventType, Field, SkillUse, match
from patientsim.events.beds import stays_of
from patientsim.events.encounters import (
    COMMON,
    COMPUTED,
    DISCHARGE_HOUR,
    NIGHTS,
    encounter_outcomes,
    encounter_rows,
    with_diagnoses_of_the_day,
)
from patientsim.events.movements import UNITS, first_unit, last_place, movement_rows, rooms
from patientsim.events.placing import (
    DAYS,
    EXPIRED,
    MINUTE,
    PLACED,
    VISITS,
    WHOLE,
    day_of,
    died,
    lived,
    midnight,
    moment,
    place,
)
from patientsim.events.pregnancy import DELIVERY
from patientsim.events.vitals import visit_signs
from patientsim.events.who import person_key

BOARDING = 20 * MINUTE
"""From the end of an emergency visit to the bed in a ward."""
EARLIEST, MORNING = 330, 240
"""Minutes after midnight from which planned stays begin, and how many minutes long they do."""
LONGEST = 90
"""A discharge that names no admission ends a stay that began at most so many days before."""


def settle_admission(events: Events) -> dict[str, Array]:
    """Return start after an emergency visit, end and status by the discharge, length, and how the patient came in."""
    delay = _delay(events)
    start, emergency, hospital = _after_emergency(events, events["start_time"] + delay)
    kind, origin = events["admission_type_code"], events["admission_source_code"]
    kind = kind.where(kind.codes >= 0, Coded(np.where(emergency, 0, 1), ["1", "3"]))
    # Who comes as planned comes in the morning.
    early = (
        midnight(events.time) + delay + (EARLIEST + np.floor(events.draw("clock") * MORNING)).astype(np.int64) * MINUTE
    )
    start = np.where(kind.isin(["3"]) & ~emergency, early, start)
    start = lived(events, start)
    planned = np.maximum(events["end_time"] + delay, start + 60 * MINUTE)
    end, status = planned, Coded.constant("01", len(events))
    discharges = events.timeline("patientsim.discharge")
    if discharges is not None:
        found = closing(events, discharges)
        at = np.maximum(midnight(discharges.time[found]) + DISCHARGE_HOUR + delay, start + 60 * MINUTE)
        end = np.where(found >= 0, at, planned)
        status = discharges["disposition"][found].where(found >= 0, status)
    end = lived(events, end)
    status = status.where(~died(events, end), Coded.constant(EXPIRED, len(events)))
    return {
        "start_time": start,
        "end_time": end,
        "discharge_status_code": status,
        "length_of_stay_days": np.maximum(day_of(end) - day_of(start), 1).astype(float),
        "admission_type_code": kind,
        "admission_source_code": origin.where(origin.codes >= 0, Coded.constant("1", len(events))),
        **_stayed(events, hospital),
        **with_diagnoses_of_the_day(events),
    }


def _stayed(events: Events, hospital: np.ndarray) -> dict[str, np.ndarray]:
    """Return provider and facility: who comes by an emergency department stays in its hospital, with a physician of it."""
    moved = (hospital >= 0) & (hospital != events["facility"])
    usual, there = (person_key(events, name) for name in ("specialist.hospital_medicine", "emergency_attending"))
    other = (
        moved & (hospital == person_key(events, "emergency_facility")) & (events["provider"] == usual) & (there >= 0)
    )
    return {
        "facility": np.where(moved, hospital, events["facility"]),
        "provider": np.where(other, there, events["provider"]),
    }


def _delay(events: Events) -> np.ndarray:
    """Return how long stays are put off because the person lies in a bed already."""
    visits = events.timeline("patientsim.encounter")
    parts = events.unfolded("patientsim.admission") or [events]
    inpatient = events.select(np.zeros(len(events), bool))
    if visits is not None:
        inpatient = visits.select(visits["encounter_type"].isin(["inpatient"]))
    *_, keys, delay = stays_of(inpatient, parts, events.timeline("patientsim.discharge"))
    return delay[match(events.key, keys)] * DAY


def _after_emergency(events: Events, start: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return when stays begin, whether an emergency visit of the same day or the day before led to them, and where it was."""
    visits = events.timeline("patientsim.encounter")
    emergency, hospital = np.zeros(len(events), bool), np.full(len(events), -1, np.int64)
    visits = visits.select(visits["encounter_type"].isin(["ed"])) if visits is not None else None
    if not visits:
        return start, emergency, hospital
    code = visits.entity * DAYS + day_of(visits.time)
    order = np.lexsort((visits["end_time"], code))
    for earlier in (1, 0):
        day = events.entity * DAYS + day_of(events.time) - earlier
        found = order[np.maximum(np.searchsorted(code[order], day, side="right") - 1, 0)]
        bed = visits["end_time"][found] + BOARDING
        # Of two stays after one emergency visit the second is put off, and comes by itself.
        came = (code[found] == day) & ((day_of(start) <= day_of(events["start_time"])) | (day_of(bed) >= day_of(start)))
        start = np.where(came, np.maximum(start, bed) if earlier else bed, start)
        emergency |= came
        hospital = np.where(came, visits["facility"][found], hospital)
    return start, emergency, hospital


def closing(stays: Events, discharges: Events) -> np.ndarray:
    """Return the position of the discharge that ends each stay, -1 for none.

    It is the first one that depends on the stay; else the person's first during the stay that depends on no visit.
    """
    order = np.lexsort((discharges.key, discharges.time))
    sources, first = np.unique(discharges.source[order], return_index=True)
    direct = match(stays.key, sources)
    found = np.where(direct >= 0, order[first][direct], -1)
    visits = stays.timeline("patientsim.encounter")
    named = stays.key if visits is None else np.concatenate([stays.key, visits.key])
    free = order[~np.isin(discharges.source[order], named)]
    if len(free):
        found = np.where(found >= 0, found, _next_discharge(stays, discharges, free))
    _, only = np.unique(found, return_index=True)
    return np.where(np.isin(np.arange(len(stays)), only), found, -1)


def _next_discharge(stays: Events, discharges: Events, free: np.ndarray) -> np.ndarray:
    begin = stays.entity * DAYS + day_of(stays.time)
    begins = np.sort(begin)
    following = np.append(begins, np.iinfo(np.int64).max)[np.searchsorted(begins, begin, side="right")]
    code = discharges.entity[free] * DAYS + day_of(discharges.time[free])
    order = np.argsort(code, kind="stable")
    place = np.minimum(np.searchsorted(code[order], begin), len(free) - 1)
    at = code[order][place]
    fits = (at >= begin) & (at <= begin + LONGEST) & (at < following)
    return np.where(fits, free[order[place]], -1)


def handle_admission(events: Events) -> dict[str, Columns]:
    """Return stays, their diagnoses, the signs taken on arrival, and the movements in and, where no event says so, out."""
    rows = encounter_rows(events, Coded.constant("inpatient", len(events)), events["discharge_status_code"])
    unit = first_unit(events["diagnosis_1"])
    moves = [movement_rows(events, 0, "admit", events["start_time"], unit=unit, room=rooms(events, unit))]
    discharges = events.timeline("patientsim.discharge")
    silent = events if discharges is None else events.select(closing(events, discharges) < 0)
    if len(silent):
        unit, room = last_place(silent)
        moves.append(movement_rows(silent, 2, "discharge", silent["end_time"], unit=unit, room=room))
    signs = visit_signs(events, np.ones(len(events)))
    return {**rows, "movements": stack(moves), **({} if signs is None else {"observations": signs})}


def handle_discharge(events: Events) -> dict[str, Columns]:
    """Return the movements out of the stays that discharges end, and of those that nothing is known of.

    A visit tells itself when it is over, so a discharge that depends on one adds nothing.
    """
    stays, visits = events.timeline("patientsim.admission"), events.timeline("patientsim.encounter")
    known = np.zeros(len(events), bool) if visits is None else np.isin(events.source, visits.key)
    made = []
    if stays is not None:
        found = closing(stays, events)
        known |= np.isin(np.arange(len(events)), found) | np.isin(events.source, stays.key)
        ended = stays.select(found >= 0)
        if len(ended):
            unit, room = last_place(ended)
            key = events.sub_key(0)[found[found >= 0]]
            made.append(movement_rows(ended, 0, "discharge", ended["end_time"], unit=unit, room=room, movement_id=key))
    lost = events.select(~known)
    if len(lost):
        nowhere = Coded.constant(None, len(lost))
        given = {"encounter_id": np.full(len(lost), -1, np.int64), "unit": nowhere, "room": nowhere}
        made.append(movement_rows(lost, 0, "discharge", midnight(lost.time) + DISCHARGE_HOUR, **given))
    return {"movements": stack(made)} if made else {}


def handle_transfer(events: Events) -> dict[str, Columns]:
    """Return the movements to other units, during the day and inside the stay."""
    hours = np.floor(events.draw("clock") * 12 * 60).astype(np.int64)
    when = moment(events, midnight(events.time) + (8 * 60 + hours) * MINUTE, 60)
    facility = np.full(len(events), -1, np.int64)
    stays = events.timeline("patientsim.admission")
    if stays is not None:
        found = match(events["encounter"], stays.key)
        facility = np.where(found >= 0, stays["facility"][found], -1)
    given = {"encounter_id": events["encounter"], "facility_id": facility}
    unit = events["unit"]
    return {"movements": movement_rows(events, 0, "transfer", when, unit=unit, room=rooms(events, unit), **given)}


ADMISSION = EventType(
    "admission",
    "patientsim",
    "A stay in hospital begins.",
    (
        Field(
            "length_of_stay_days", "number", "Nights, where no discharge event says otherwise.", NIGHTS, pattern=WHOLE
        ),
        Field("admission_type_code", "code", "1 emergency, 2 urgent, 3 elective; by what came before where absent."),
        Field("admission_source_code", "code", "Point of origin, e.g. 1 home, 5 nursing facility."),
        DELIVERY,
        *COMMON,
        *COMPUTED,
    ),
    handle_admission,
    encounter_outcomes,
    skill=SkillUse("visits", {"cpt_codes": "cpt_codes", "specialty": "specialty"}, "reason"),
    writes=("encounters", "diagnoses", "observations", "movements"),
    settle=settle_admission,
    after=("patientsim.encounter", "patientsim.discharge"),
)
DISCHARGE = EventType(
    "discharge",
    "patientsim",
    "A stay ends; it depends on its admission and closes that encounter.",
    (
        Field(
            "disposition",
            "code",
            "Patient discharge status, e.g. 01 home, 03 skilled nursing.",
            "01",
            pattern=r"[0-9]{2}",
        ),
    ),
    handle_discharge,
    writes=("movements",),
)
TRANSFER = EventType(
    "transfer",
    "patientsim",
    "A patient moves to another unit of the hospital.",
    (Field("unit", "code", "Which unit.", "STEPDOWN", UNITS), *PLACED),
    handle_transfer,
    writes=("movements",),
    settle=place,
    after=VISITS,
)

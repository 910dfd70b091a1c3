"""Encounters: when, where, with whom, which diagnoses they were about, and whether they led to a stay."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns, stack
from healthsim_core.events import DAY, Events, EventType, Field, SkillUse, match
from patientsim.events.checkups import checkup_outcomes
from patientsim.events.clock import by_appointment, kept_apart, start_times
from patientsim.events.coding import Ranks, as_guidelines_ask, obstetric_labels
from patientsim.events.illness import show
from patientsim.events.movements import first_unit, movement_rows, rooms
from patientsim.events.onsets import abatement_dates, onset_dates
from patientsim.events.placing import DAYS, EXPIRED, MINUTE, WHOLE, day_inside, day_of, died, midnight
from patientsim.events.pregnancy import FIELDS, pregnancy_labels, pregnancy_outcomes
from patientsim.events.vitals import visit_signs
from patientsim.events.who import at_trial_sites, who_and_where
from patientsim.reference import diagnosis_labels

DIAGNOSES = 12
"""Diagnoses an encounter carries at most, as many as a professional claim: the reason and the person's chronic conditions."""

# Class (HL7 v3 ActCode), place of service (CMS), usual minutes (0: drawn, or nights), usual service (CPT or HCPCS number)
# by type of encounter.
TYPES = {
    "office": ("AMB", "11", 25, "99213"),
    "telehealth": ("VR", "10", 20, "99213"),
    "preventive": ("AMB", "11", 40, "99396"),
    "home": ("HH", "12", 45, "99348"),
    "ed": ("EMER", "23", 0, "99284"),
    "inpatient": ("IMP", "21", 0, "99222"),
}

DISCHARGE_HOUR = np.timedelta64(11, "h")
NIGHTS = 3
"""Nights of a stay of which nobody says how long it is."""

COMMON = (
    Field("reason", "diagnosis", "The main reason: a condition's category or code.", "Z00.00"),
    Field(
        "cpt_codes",
        "text",
        "The services, CPT or HCPCS codes separated by commas; the type's usual one where absent.",
        pattern=r"[0-9A-Z]{5}(,[0-9A-Z]{5})*",
    ),
    Field("specialty", "code", "Whose visit it is, e.g. endocrinology; the primary care provider's where absent."),
    Field("generates_claim", "boolean", "Whether it is billed.", True),
    *FIELDS,
)
COMPUTED = tuple(
    [
        Field("planned_time", "datetime", "The day the journey says, where that is no business day; computed."),
        Field("start_time", "datetime", "Start, to the minute."),
        Field("end_time", "datetime", "End, to the minute."),
        Field("provider", "key", "Who sees the patient."),
        Field("facility", "key", "Where."),
        Field("place_of_service_code", "code", "CMS place of service."),
        Field("discharge_status_code", "code", "How a stay or an emergency visit ended; settled."),
        *(
            Field(f"diagnosis_{rank}", "code", f"Billable diagnosis of rank {rank}.")
            for rank in range(1, DIAGNOSES + 1)
        ),
    ]
)


def encounter_outcomes(events: Events) -> dict[str, Array]:
    """Return what is settled as soon as an encounter happens: clock times, provider, place, diagnoses, services."""
    kind = events.fields.get("encounter_type", Coded.constant("inpatient", len(events)))
    day = midnight(events.time)
    start = start_times(day, kind, events.draw("clock"))
    minutes = kind.lookup({name: about[2] for name, about in TYPES.items()}, 30, np.int64)
    # Emergency visits take from an hour and a half to six.
    minutes = np.where(kind.isin(["ed"]), 90 + np.floor(events.draw("length") * 270), minutes).astype(np.int64)
    nights = np.maximum(np.nan_to_num(events["length_of_stay_days"], nan=NIGHTS), 1).astype(np.int64)
    stay = midnight(start) + nights * DAY + DISCHARGE_HOUR
    usual = kind.recode({name: about[3] for name, about in TYPES.items()})
    events.fields.update(checkup_outcomes(events))
    cpt = events["cpt_codes"]
    provider, facility = who_and_where(events, kind)
    pregnant, added = pregnancy_outcomes(events)
    events.fields.update(pregnant)
    return {
        "reason": events["reason"],
        **pregnant,
        "start_time": start,
        "end_time": np.where(kind.isin(["inpatient"]), stay, start + minutes * MINUTE),
        "provider": provider,
        "facility": facility,
        "place_of_service_code": kind.recode({name: about[1] for name, about in TYPES.items()}),
        "cpt_codes": cpt.where(cpt.codes >= 0, usual),
        **diagnoses_of(events, added),
    }


def diagnoses_of(events: Events, added: list[Coded]) -> dict[str, Coded]:
    """Return the encounter's diagnoses by rank: the reason, what is added to it, the person's other chronic conditions."""
    reason = events["reason"]
    words = list(reason.words)
    place = {word: code for code, word in enumerate(words)}
    slots = np.full((DIAGNOSES, len(events)), -1, np.int32)
    slots[0] = reason.codes
    filled = np.ones(len(events), np.int64)
    for code in added:
        remap = np.array([place.setdefault(word, len(place)) for word in code.words], np.int32)
        rows = np.flatnonzero(code.codes >= 0)
        slots[filled[rows], rows] = remap[code.codes[rows]]
        filled[rows] += 1
    for category, plan in events.people.facts["conditions"].items():
        if not plan.chronic or not events.has_person(f"has.{category}"):
            continue
        code = events.person(f"code.{category}")
        remap = np.array([place.setdefault(word, len(place)) for word in code.words], np.int32)
        mine = remap[code.codes]
        # A disease the visit is about is not written a second time as the problem list has it.
        kin = reason.lookup(
            {word: not word.startswith("Z") and word[:3] == category[:3] for word in words}, False, bool
        )
        rows = np.flatnonzero(events.person(f"has.{category}") & (mine != slots[0]) & ~kin & (filled < DIAGNOSES))
        slots[filled[rows], rows] = mine[rows]
        filled[rows] += 1
    return {f"diagnosis_{rank + 1}": Coded(slots[rank], list(place)) for rank in range(DIAGNOSES)}


def encounter_rows(events: Events, kind: Coded, disposition: Coded) -> dict[str, Columns]:
    """Return encounters and their diagnoses, most important first."""
    encounters = Columns(
        {
            "encounter_id": events.key,
            "patient_id": events.entity,
            "encounter_class": kind.recode({name: about[0] for name, about in TYPES.items()}),
            "encounter_type": kind,
            "status": Coded.constant("finished", len(events)),
            "start_datetime": events["start_time"],
            "end_datetime": events["end_time"],
            "reason_code": events["diagnosis_1"],
            "provider_id": events["provider"],
            "facility_id": events["facility"],
            "discharge_disposition_code": disposition,
            "admission_type_code": events["admission_type_code"],
            "admission_source_code": events["admission_source_code"],
        }
    )
    batches = []
    for rank in range(1, DIAGNOSES + 1):
        mine = events.select(events[f"diagnosis_{rank}"].codes >= 0)
        if not len(mine):
            continue
        code = mine[f"diagnosis_{rank}"]
        batches.append(diagnosis_rows(mine, code, mine.sub_key(rank), mine.key, "encounter-diagnosis", rank))
    return {"encounters": encounters, "diagnoses": stack(batches)}


def diagnosis_rows(
    events: Events, code: Coded, key: np.ndarray, encounter: np.ndarray, category: str, rank: int
) -> Columns:
    """Return diagnosis rows made on the events' day."""
    known = obstetric_labels() | pregnancy_labels() | diagnosis_labels()
    labels = {word: known.get(word, word) for word in code.words}
    onset = onset_dates(events, code)
    over = abatement_dates(events, code, onset)
    return Columns(
        {
            "diagnosis_id": key,
            "patient_id": events.entity,
            "encounter_id": encounter,
            "category": Coded.constant(category, len(events)),
            "code": code,
            "description": code.recode(labels),
            "rank": np.full(len(events), rank, np.int64),
            "clinical_status": Coded(np.isnat(over).astype(np.int32), ["resolved", "active"]),
            "onset_date": onset,
            "abatement_date": over,
            "recorded_date": day_inside(events),
        }
    )


def with_diagnoses_of_the_day(events: Events) -> dict[str, Coded]:
    """Return the diagnoses by rank as the guidelines want them, those that journeys make on the day among them."""
    ranks = Ranks([events[f"diagnosis_{rank}"] for rank in range(1, DIAGNOSES + 1)])
    slots = ranks.slots
    planned = events.fields.get("planned_time", events.time)
    planned = events.entity * DAYS + day_of(np.where(np.isnat(planned), events.time, planned))
    day = events.entity * DAYS + day_of(events.time)
    for made in events.unfolded("patientsim.diagnosis"):
        if not len(made):
            continue
        days, first = np.unique(made.entity * DAYS + day_of(made.time), return_index=True)
        found = match(day, days)
        found = np.where(found >= 0, found, match(planned, days))
        code = made["code"]
        new = np.where(found >= 0, ranks.own(code)[first][found], -1)
        rows = np.flatnonzero((new >= 0) & (slots != new).all(axis=0))
        # What is found that day says more of the visit than the last of many chronic conditions.
        last = np.minimum((slots >= 0).sum(axis=0), DIAGNOSES - 1)
        slots[last[rows], rows] = new[rows]
    return as_guidelines_ask(events, ranks)


def settle_encounter(events: Events) -> dict[str, Array]:
    """Return which emergency visits ended in a stay, on the same or the next day, and how the others ended."""
    emergency = events["encounter_type"].isin(["ed"])
    day = events.entity * DAYS + day_of(events.time)
    admitted = np.zeros(len(events), bool)
    for stays in events.unfolded("patientsim.admission"):
        began = stays.entity * DAYS + day_of(stays.time)
        admitted |= emergency & (np.isin(day, began) | np.isin(day + 1, began))
    stay = events["encounter_type"].isin(["inpatient"])
    status = Coded(np.where(admitted, 1, np.where(emergency | stay, 0, -1)), ["01", "09"])
    discharges = events.timeline("patientsim.discharge")
    if discharges is not None:
        sources, first = np.unique(discharges.source, return_index=True)
        found = match(events.key, sources)
        given = discharges["disposition"][first][found]
        status = given.where((found >= 0) & (emergency | stay) & ~admitted, status)
    kind, origin = events["admission_type_code"], events["admission_source_code"]
    apart = kept_apart(events)
    status = status.where(~(stay & died(events, apart["end_time"])), Coded.constant(EXPIRED, len(events)))
    return {
        **apart,
        **at_trial_sites(events),
        "admitted": admitted,
        "discharge_status_code": status,
        "admission_type_code": kind.where((kind.codes >= 0) | ~stay, Coded.constant("3", len(events))),
        "admission_source_code": origin.where((origin.codes >= 0) | ~stay, Coded.constant("1", len(events))),
        **with_diagnoses_of_the_day(events),
    }


def handle_encounter(events: Events) -> dict[str, Columns]:
    """Return encounters, their diagnoses, the signs taken in practices and emergency departments, and who came and went."""
    kind = events["encounter_type"]
    rows = encounter_rows(events, kind, events["discharge_status_code"])
    there = events.select(kind.isin(["office", "preventive", "ed", "inpatient"]))
    if not len(there):
        return rows
    signs = visit_signs(there, show(there))
    return {**rows, "movements": _movements(there), **({} if signs is None else {"observations": signs})}


def _movements(events: Events) -> Columns:
    """Return arrival and end of visits; in emergency departments a room is found while people wait."""
    kind = events["encounter_type"]
    emergency, stay = kind.isin(["ed"]), kind.isin(["inpatient"])
    unit = first_unit(events["diagnosis_1"]).where(stay, Coded(emergency.astype(np.int32), ["CLINIC", "ED"]))
    room = rooms(events, unit)
    waiting = room.where(~emergency, Coded.constant(None, len(events)))
    moves = [movement_rows(events, 2, "discharge", events["end_time"], unit=unit, room=room)]
    for word, rows in (("register", ~stay), ("admit", stay)):
        mine = events.select(rows)
        if len(mine):
            moves.append(movement_rows(mine, 0, word, mine["start_time"], unit=unit[rows], room=waiting[rows]))
    urgent = events.select(emergency)
    if len(urgent):
        roomed = urgent["start_time"] + (10 + np.floor(urgent.draw("wait") * 50).astype(np.int64)) * MINUTE
        moves.append(movement_rows(urgent, 1, "update", roomed, unit=unit[emergency], room=room[emergency]))
    return stack(moves)


ENCOUNTER = EventType(
    "encounter",
    "patientsim",
    "A visit: in an office, by video, at home, preventive, or to an emergency department.",
    (
        Field("encounter_type", "code", "What kind of visit.", "office", tuple(TYPES)),
        Field("admitted", "boolean", "Whether it is an emergency visit that ends in a stay; settled.", False),
        *COMMON,
        *COMPUTED,
        Field("length_of_stay_days", "number", "Nights of an inpatient encounter; 3 where absent.", pattern=WHOLE),
        Field("admission_type_code", "code", "Priority of an inpatient encounter, e.g. 1 emergency, 3 elective."),
        Field("admission_source_code", "code", "Point of origin of an inpatient encounter, e.g. 1 home."),
    ),
    handle_encounter,
    encounter_outcomes,
    skill=SkillUse(
        "visits", {"encounter_type": "encounter_type", "cpt_codes": "cpt_codes", "specialty": "specialty"}, "reason"
    ),
    writes=("encounters", "diagnoses", "observations", "movements"),
    settle=settle_encounter,
    after=("patientsim.discharge",),
    working=by_appointment,
)

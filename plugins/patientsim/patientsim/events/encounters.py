"""Encounters and stays: when, where, with whom, and which diagnoses they were about."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns, stack
from healthsim_core.events import DAY, Events, EventType, Field, SkillUse, match
from patientsim.reference import diagnosis_labels

DIAGNOSES = 4
"""Diagnoses an encounter carries at most: the reason and the person's chronic conditions."""

# Class (HL7 v3 ActCode), place of service (CMS), usual minutes, usual service (CPT or HCPCS number) by type of encounter.
TYPES = {
    "office": ("AMB", "11", 25, "99213"),
    "telehealth": ("VR", "10", 20, "99213"),
    "preventive": ("AMB", "11", 40, "99396"),
    "home": ("HH", "12", 45, "99348"),
    "ed": ("EMER", "23", 210, "99284"),
    "inpatient": ("IMP", "21", 0, "99222"),
}

_COMMON = (
    Field("reason", "diagnosis", "The main reason: a condition's category or code.", "Z00.00"),
    Field(
        "cpt_codes",
        "text",
        "The services, CPT or HCPCS codes separated by commas; the type's usual one where absent.",
        pattern=r"[0-9A-Z]{5}(,[0-9A-Z]{5})*",
    ),
    Field("specialty", "code", "Whose visit it is, e.g. endocrinology; the primary care provider's where absent."),
    Field("generates_claim", "boolean", "Whether it is billed.", True),
)
_COMPUTED = tuple(
    [
        Field("start_time", "datetime", "Start, to the minute."),
        Field("end_time", "datetime", "End, to the minute."),
        Field("provider", "key", "Who sees the patient."),
        Field("facility", "key", "Where."),
        Field("place_of_service_code", "code", "CMS place of service."),
        *(
            Field(f"diagnosis_{rank}", "code", f"Billable diagnosis of rank {rank}.")
            for rank in range(1, DIAGNOSES + 1)
        ),
    ]
)


def encounter_outcomes(events: Events) -> dict[str, Array]:
    """Return what is settled as soon as an encounter happens: clock times, provider, place, diagnoses, services."""
    kind = events.fields.get("encounter_type", Coded.constant("inpatient", len(events)))
    day = events.time.astype("datetime64[D]").astype("datetime64[s]")
    scheduled = ~kind.isin(["ed", "inpatient"])
    # Practices see people from 8:00 to 16:45 on the quarter hour; emergencies come at any minute.
    u = events.draw("clock")
    minute = np.where(scheduled, 480 + np.floor(u * 36) * 15, np.floor(u * 1440)).astype(np.int64)
    start = day + minute * np.timedelta64(60, "s")
    minutes = kind.lookup({name: about[2] for name, about in TYPES.items()}, 30, np.int64)
    usual = kind.recode({name: about[3] for name, about in TYPES.items()})
    cpt = events.fields["cpt_codes"]
    provider, facility = who_and_where(events, kind)
    return {
        "start_time": start,
        "end_time": start + minutes * np.timedelta64(60, "s"),
        "provider": provider,
        "facility": facility,
        "place_of_service_code": kind.recode({name: about[1] for name, about in TYPES.items()}),
        "cpt_codes": cpt.where(cpt.codes >= 0, usual),
        **diagnoses_of(events),
    }


def who_and_where(events: Events, kind: Coded) -> tuple[np.ndarray, np.ndarray]:
    """Return provider and facility keys: the specialist asked for, else primary care; the hospital for ED and stays."""
    none = np.full(len(events), -1, np.int64)

    def key(name: str) -> np.ndarray:
        return events.person(name) if events.has_person(name) else none

    provider, facility = key("pcp_provider"), key("pcp_facility")
    hospital = kind.isin(["ed", "inpatient"])
    facility = np.where(hospital, key("hospital_facility"), facility)
    specialty = events.fields["specialty"]
    for code, name in enumerate(specialty.words):
        specialist = key(f"specialist.{name}")
        provider = np.where((specialty.codes == code) & (specialist >= 0), specialist, provider)
    return provider, facility


def diagnoses_of(events: Events) -> dict[str, Coded]:
    """Return the encounter's diagnoses by rank: the reason, then the person's other chronic conditions."""
    reason = events["reason"]
    words = list(reason.words)
    place = {word: code for code, word in enumerate(words)}
    slots = np.full((DIAGNOSES, len(events)), -1, np.int32)
    slots[0] = reason.codes
    filled = np.ones(len(events), np.int64)
    for category, plan in events.people.facts["conditions"].items():
        if not plan.chronic or not events.has_person(f"has.{category}"):
            continue
        code = events.person(f"code.{category}")
        remap = np.array([place.setdefault(word, len(place)) for word in code.words], np.int32)
        mine = remap[code.codes]
        rows = np.flatnonzero(events.person(f"has.{category}") & (mine != slots[0]) & (filled < DIAGNOSES))
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
    labels = {word: diagnosis_labels().get(word, word) for word in code.words}
    return Columns(
        {
            "diagnosis_id": key,
            "patient_id": events.entity,
            "encounter_id": encounter,
            "category": Coded.constant(category, len(events)),
            "code": code,
            "description": code.recode(labels),
            "rank": np.full(len(events), rank, np.int64),
            "clinical_status": Coded.constant("active", len(events)),
            "onset_date": events.time,
            "recorded_date": events.time,
        }
    )


def handle_encounter(events: Events) -> dict[str, Columns]:
    """Return encounters, their diagnoses, and weight and height measured in visits to a practice."""
    rows = encounter_rows(events, events["encounter_type"], Coded.constant(None, len(events)))
    seen = events.select(events["encounter_type"].isin(["office", "preventive"]))
    return {**rows, **({"observations": body_measures(seen)} if len(seen) else {})}


def body_measures(events: Events) -> Columns:
    """Return weight and height as vital signs; weight moves by up to 2 % from visit to visit."""
    batches = []
    for number, (name, loinc, label, unit) in enumerate(
        (("weight", "29463-7", "Body weight", "kg"), ("height", "8302-2", "Body height", "cm")), 1
    ):
        value = events.person(name)
        if name == "weight":
            value = value * (1 + 0.04 * (events.draw("weight") - 0.5))
        blank = Coded.constant(None, len(events))
        batches.append(
            Columns(
                {
                    "observation_id": events.sub_key(number),
                    "patient_id": events.entity,
                    "encounter_id": events.key,
                    "lab_order_id": np.full(len(events), -1, np.int64),
                    "category": Coded.constant("vital-signs", len(events)),
                    "code": Coded.constant(loinc, len(events)),
                    "description": Coded.constant(label, len(events)),
                    "value": np.round(value, 1),
                    "unit": Coded.constant(unit, len(events)),
                    "reference_low": np.full(len(events), np.nan),
                    "reference_high": np.full(len(events), np.nan),
                    "interpretation_code": blank,
                    "effective_datetime": events["start_time"],
                    "issued_datetime": events["start_time"],
                    "provider_id": events["provider"],
                }
            )
        )
    return stack(batches)


def admission_outcomes(events: Events) -> dict[str, Array]:
    """Return what is settled at admission; the end is the planned length of stay, unless a discharge says otherwise."""
    outcomes = encounter_outcomes(events)
    days = np.maximum(np.nan_to_num(events["length_of_stay_days"], nan=3.0), 1).astype(np.int64)
    outcomes["end_time"] = (
        outcomes["start_time"].astype("datetime64[D]").astype("datetime64[s]") + days * DAY + np.timedelta64(11, "h")
    )
    return outcomes


def handle_admission(events: Events) -> dict[str, Columns]:
    """Return stays, each ending with the discharge that depends on it where there is one."""
    disposition = Coded.constant("01", len(events))
    discharges = events.timeline("patientsim.discharge")
    if discharges is not None:
        found = match(events.key, discharges.source)
        discharged = discharges.time[found].astype("datetime64[D]").astype("datetime64[s]") + np.timedelta64(11, "h")
        later = np.maximum(discharged, events["start_time"] + np.timedelta64(60, "m"))
        events.fields["end_time"] = np.where(found >= 0, later, events["end_time"])
        given = Coded(np.where(found >= 0, discharges["disposition"].codes[found], -1), discharges["disposition"].words)
        disposition = given.where(found >= 0, disposition)
    return encounter_rows(events, Coded.constant("inpatient", len(events)), disposition)


ENCOUNTER = EventType(
    "encounter",
    "patientsim",
    "A visit: in an office, by video, at home, preventive, or to an emergency department.",
    (Field("encounter_type", "code", "What kind of visit.", "office", tuple(TYPES)), *_COMMON, *_COMPUTED),
    handle_encounter,
    encounter_outcomes,
    skill=SkillUse(
        "visits", {"encounter_type": "encounter_type", "cpt_codes": "cpt_codes", "specialty": "specialty"}, "reason"
    ),
    writes=("encounters", "diagnoses", "observations"),
)
ADMISSION = EventType(
    "admission",
    "patientsim",
    "A stay in hospital begins.",
    (
        Field("length_of_stay_days", "number", "Nights, where no discharge event says otherwise.", 3),
        *_COMMON,
        *_COMPUTED,
    ),
    handle_admission,
    admission_outcomes,
    writes=("encounters", "diagnoses"),
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
)

"""HL7 v2.5.1 ADT: a message for each movement of a patient, in time order, in the message structures of chapter 3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import frozen

from healthsim_core.declarations import Document
from healthsim_core.export import Source
from healthsim_hl7v2 import components, day, escape, message_header, segment, time
from patientsim.formats.hl7v2_segments import (
    RELATIONSHIPS,
    Directory,
    address,
    coded,
    diagnosis_labels,
    directory,
    expired,
    identifier,
    location,
    nk1,
    pd1,
    person_name,
    pid,
    pv1,
)
from patientsim.formats.reading import SENDER, Follower, Report, Row, feed, rows

_TRIGGERS = {
    "register": ("A04", "ADT_A01"),
    "admit": ("A01", "ADT_A01"),
    "update": ("A08", "ADT_A01"),
    "transfer": ("A02", "ADT_A02"),
    "discharge": ("A03", "ADT_A03"),
}
"""Trigger event and message structure by movement."""
_ALLERGENS = {
    "medication": ("DA", "Drug allergy"),
    "food": ("FA", "Food allergy"),
    "environment": ("EA", "Environmental allergy"),
}


@frozen
class Facts:
    """What belongs to a message beside the movement, its rows in order."""

    kin: list[Row]
    allergies: list[Row]
    diagnoses: list[Row]
    insurance: list[Row]


def write(source: Source) -> Iterable[Document]:
    """Return the files of the feed `adt`."""

    def messages(control: str, report: Report) -> Iterator[str]:
        return _messages(source, control, report)

    return feed(
        source,
        "adt",
        "A",
        "SELECT max(movement_datetime) FROM movements",
        "movements that a message tells of",
        messages,
    )


def _messages(source: Source, control: str, report: Report) -> Iterator[str]:
    who, labels = directory(source), diagnosis_labels(source)
    kin = Follower(source, "hl7v2_adt_next_of_kin")
    allergies = Follower(source, "hl7v2_adt_allergies", "allergies")
    diagnoses = Follower(source, "hl7v2_adt_diagnoses", "diagnoses")
    insurance = Follower(source, "hl7v2_adt_insurance", "members", "coverages")
    number = 0
    for row in rows(source, "hl7v2_adt"):
        key = row.movement_id
        facts = Facts(kin.take(key), allergies.take(key), diagnoses.take(key), insurance.take(key))
        if row.encounter_id is None:
            report.skip("movement", key, "its encounter is not known")
        elif row.movement_type not in _TRIGGERS:
            report.skip("movement", key, f"no message tells of {row.movement_type!r}")
        else:
            number += 1
            trigger = _TRIGGERS[row.movement_type][0]
            yield _message(row, facts, who, labels, f"{control}{number:09d}")
            report.wrote(f"ADT^{trigger}")


def _message(row: Row, facts: Facts, who: Directory, labels: dict[str, str], control: str) -> str:
    """Return one message, its segments in the order that ADT_A01, ADT_A02 and ADT_A03 have in common."""
    trigger, structure = _TRIGGERS[row.movement_type]
    when, facility = row.movement_datetime, row.facility_id or row.visit_facility_id
    ended = when if row.movement_type == "discharge" else None
    place = escape(facility or SENDER)
    text = [
        message_header(SENDER, place, when, "ADT", trigger, structure, control),
        segment("EVN", {1: trigger, 2: time(when), 6: time(when), 7: escape(facility)}),
        pid(row, row.encounter_id, ended if expired(row) else None),
        pd1(row, who),
    ]
    text += [nk1(number, one) for number, one in enumerate(facts.kin, 1)]
    before = location(row.unit_before, row.room_before, row.facility_before)
    visit = {
        3: location(row.unit, row.room, facility),
        6: before if row.movement_type == "transfer" else "",
        7: who.provider(row.provider_id),
    }
    text += [pv1(row, who, visit, ended), _pv2(row, who, labels, ended is not None)]
    if row.movement_type != "transfer":
        text += [_al1(number, one) for number, one in enumerate(facts.allergies, 1)]
        text += _diagnoses(row, facts, who, labels)
        text += [_in1(number, one) for number, one in enumerate(facts.insurance, 1)]
    return "".join(text)


def _pv2(row: Row, who: Directory, labels: dict[str, str], ended: bool) -> str:
    stay = row.encounter_class == "IMP"
    nights = (row.end_datetime.date() - row.start_datetime.date()).days
    return segment(
        "PV2",
        {
            3: coded(row.reason_code, labels.get(row.reason_code), "I10"),
            11: str(nights) if stay and ended else "",
            23: who.facility(row.facility_id or row.visit_facility_id),
        },
    )


def _al1(number: int, row: Row) -> str:
    return segment(
        "AL1",
        {
            1: str(number),
            2: coded(*_ALLERGENS.get(row.category, ("MA", "Miscellaneous allergy")), "HL70127"),
            3: coded(row.code, row.description, "RXNORM"),
            4: coded("SV", "Severe", "HL70128") if row.criticality == "high" else "",
            # AL1-5 holds 15 characters and repeats.
            5: "~".join(escape(one.capitalize()) for one in (row.reaction or "").split(" and ")),
        },
    )


def _diagnoses(row: Row, facts: Facts, who: Directory, labels: dict[str, str]) -> list[str]:
    """Return DG1: at the end the final diagnoses; before it the reason, admitting (A) or working (W)."""
    doctor = who.provider(row.provider_id or row.visit_provider_id)
    if facts.diagnoses:
        return [
            _dg1(number, one.code, one.description, "F", day(one.recorded_date), str(one.rank), doctor)
            for number, one in enumerate(facts.diagnoses, 1)
        ]
    if row.reason_code is None:
        return []
    kind = {"update": "W", "discharge": "F"}.get(row.movement_type, "A")
    return [_dg1(1, row.reason_code, labels.get(row.reason_code), kind, day(row.start_datetime), "1", doctor)]


def _dg1(number: int, code: str, label: str | None, kind: str, made: str, priority: str, doctor: str) -> str:
    fields = {1: str(number), 3: coded(code, label, "I10"), 5: made, 6: kind, 15: priority, 16: doctor}
    return segment("DG1", fields)


def _in1(number: int, row: Row) -> str:
    return segment(
        "IN1",
        {
            1: str(number),
            2: coded(row.plan_code, row.plan_name, "L"),
            3: identifier(row.payer_id),
            4: components(escape(row.payer_name), "L"),
            8: escape(row.group_number),
            12: day(row.start_date),
            13: day(row.end_date),
            16: person_name(row),
            17: coded(row.relationship, RELATIONSHIPS[row.relationship], "HL70063"),
            18: day(row.birth_date),
            19: address(row),
            36: escape(row.subscriber_id),
            43: escape(row.gender),
            49: identifier(row.member_id, "MI"),
        },
    )

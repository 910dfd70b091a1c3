"""The segments that the messages share: who the patient is, which visit it was, and who and where."""

from __future__ import annotations

import datetime

from attrs import frozen

from healthsim_core.export import Source
from healthsim_hl7v2 import components, day, escape, repetitions, segment, subcomponents, time
from patientsim.formats.reading import SENDER, Row, rows

NPI = subcomponents("NPI", "2.16.840.1.113883.4.6", "ISO")
SSA = subcomponents("SSA", "2.16.840.1.113883.4.1", "ISO")

_RACES = {
    "white": ("2106-3", "White"),
    "black": ("2054-5", "Black or African American"),
    "asian": ("2028-9", "Asian"),
    "native": ("1002-5", "American Indian or Alaska Native"),
    "pacific": ("2076-8", "Native Hawaiian or Other Pacific Islander"),
    "other": ("2131-1", "Other Race"),
}
_ETHNICITIES = {"hispanic": ("H", "Hispanic or Latino"), "not_hispanic": ("N", "Not Hispanic or Latino")}
RELATIONSHIPS = {"SEL": "Self", "SPO": "Spouse", "PAR": "Parent", "OTH": "Other"}
"""Labels of table 0063: what somebody is to the patient."""
_CLASSES = {"EMER": "E", "IMP": "I"}
"""Patient class, table 0004; every other encounter is an outpatient's."""
_PRIORITIES = {"1": "E", "2": "U", "3": "C", "4": "N"}
"""Admission type, table 0007, by NUBC priority of admission."""
_EXPIRED = ("20", "40", "41", "42")


@frozen
class Directory:
    """The fields that name each provider and facility, made once."""

    providers: dict[str, str]
    """XCN by key."""
    facilities: dict[str, str]
    """XON by key."""

    def provider(self, key: str | None) -> str:
        """Return a provider's XCN; nothing where nobody knows them."""
        return self.providers.get(key or "", "")

    def facility(self, key: str | None) -> str:
        """Return a facility's XON; nothing where nobody knows it."""
        return self.facilities.get(key or "", "")


def directory(source: Source) -> Directory:
    """Return the scenario's providers and facilities; empty where it has none."""
    providers, facilities = {}, {}
    for one in rows(source, "hl7v2_providers") if "providers" in source.tables else ():
        name = (escape(one.npi), escape(one.family_name), escape(one.given_name))
        suffix = escape(one.credential)
        providers[one.provider_id] = components(*name, *[""] * 5, NPI, "L", "", "", "NPI", *[""] * 7, suffix)
    for one in rows(source, "hl7v2_facilities") if "facilities" in source.tables else ():
        name = escape(one.name)
        facilities[one.facility_id] = components(name, "L", "", "", "", NPI, "NPI", "", "", escape(one.npi))
    return Directory(providers, facilities)


def diagnosis_labels(source: Source) -> dict[str, str]:
    """Return the words of every diagnosis code that the scenario has."""
    return dict(rows(source, "hl7v2_labels")) if "diagnoses" in source.tables else {}


def identifier(key: str | None, kind: str = "") -> str:
    """Return one of our keys as CX, with its type of table 0203."""
    return components(escape(key), "", "", SENDER, kind) if key else ""


def number(key: str | None) -> str:
    """Return one of our keys as EI."""
    return components(escape(key), SENDER) if key else ""


def coded(code: str | None, label: str | None, system: str) -> str:
    """Return a code as CE; a label without a code is text alone."""
    return components(escape(code), escape(label, 199), system if code else "") if code or label else ""


def person_name(row: Row) -> str:
    """Return a name as XPN, the legal one."""
    return components(escape(row.family_name), escape(row.given_name), "", "", "", "", "L")


def address(row: Row) -> str:
    """Return a home address as XAD; nothing where there is none."""
    if not row.address_line:
        return ""
    place = (escape(row.city), escape(row.state), escape(row.zip_code))
    return components(escape(row.address_line), "", *place, "USA", "H", "", escape(row.county_fips))


def phone(number: str | None) -> str:
    """Return a home phone of ten digits as XTN."""
    return components("", "PRN", "PH", "", "1", escape(number[:3]), escape(number[3:])) if number else ""


def pid(row: Row, account: str | None = None, death: datetime.datetime | None = None) -> str:
    """Return PID: who the patient is."""
    race, ethnicity = _RACES.get(row.race or ""), _ETHNICITIES.get(row.ethnicity or "")
    mail = components("", "NET", "Internet", escape(row.email)) if row.email else ""
    social = components(escape(row.ssn), "", "", SSA, "SS") if row.ssn else ""
    return segment(
        "PID",
        {
            1: "1",
            3: repetitions(identifier(row.mrn, "MR"), social),
            5: person_name(row),
            7: day(row.birth_date),
            8: row.gender if row.gender in ("M", "F") else "U",
            # Several races, of which we do not know which, are text only.
            10: coded(*race, "HL70005") if race else coded(None, "More than one race" if row.race else None, ""),
            11: address(row),
            13: repetitions(phone(row.phone), mail),
            18: identifier(account, "AN"),
            22: coded(*ethnicity, "HL70189") if ethnicity else "",
            29: time(death),
            30: "Y" if death else "",
        },
    )


def pd1(row: Row, who: Directory) -> str:
    """Return PD1: the primary care provider."""
    return segment("PD1", {4: who.provider(row.primary_care_id)})


def nk1(count: int, row: Row) -> str:
    """Return NK1: the patient's next of kin."""
    return segment(
        "NK1",
        {
            1: str(count),
            2: person_name(row),
            3: coded(row.relationship, RELATIONSHIPS[row.relationship], "HL70063"),
            4: address(row),
            5: phone(row.phone),
            7: coded("N", "Next-of-Kin", "HL70131"),
        },
    )


def location(unit: str | None, room: str | None, facility: str | None) -> str:
    """Return where in a facility a patient is, as PL; a room's last letter behind a hyphen is the bed."""
    room, bed = room or "", ""
    if len(room) > 2 and room[-2] == "-" and room[-1].isalpha():
        room, bed = room[:-2], room[-1]
    kind = {"CLINIC": "C", "ED": "D"}.get(unit, "N") if unit else ""
    return components(escape(unit), escape(room), escape(bed), escape(facility), "", kind)


def expired(row: Row) -> bool:
    """Return whether the patient died in the encounter."""
    return row.discharge_disposition_code in _EXPIRED


def pv1(row: Row, who: Directory, fields: dict[int, str], discharged: datetime.datetime | None = None) -> str:
    """Return PV1: the visit; `fields` has what the message adds or knows better."""
    patient_class = _CLASSES.get(row.encounter_class, "O")
    kind = _PRIORITIES.get(row.admission_type_code or "", "E" if patient_class == "E" else "R")
    ended = discharged is not None
    return segment(
        "PV1",
        {
            1: "1",
            2: patient_class,
            3: location(None, None, row.visit_facility_id),
            4: kind if patient_class != "I" or row.admission_type_code else "",
            7: who.provider(row.visit_provider_id),
            14: escape(row.admission_source_code),
            17: who.provider(row.visit_provider_id) if patient_class == "I" else "",
            19: identifier(row.encounter_id, "VN"),
            36: escape(row.discharge_disposition_code) if ended else "",
            44: time(row.start_datetime),
            45: time(discharged),
        }
        | {position: text for position, text in fields.items() if text},
    )

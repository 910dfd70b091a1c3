"""HL7 v2.5.1 VXU^V04: a message for each vaccine that was given, as immunization registries take them.

Source: CDC's implementation guide for immunization messaging 1.5, on 2.5.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from healthsim_core.declarations import Document
from healthsim_core.export import Source
from healthsim_hl7v2 import components, escape, message_header, segment, time
from patientsim.formats.hl7v2_segments import Directory, coded, directory, nk1, number, pd1, pid, pv1
from patientsim.formats.reading import SENDER, Follower, Report, Row, feed, rows

_LAST = "SELECT max(occurrence_datetime) FROM immunizations"
_SITES = {"LA": "Left arm", "RA": "Right arm", "LT": "Left thigh", "RT": "Right thigh"}
_UNDER_THE_SKIN = ("03", "21", "94", "121")
"""Vaccines (CVX) that go under the skin; others with a site go into the muscle."""


def write(source: Source) -> Iterable[Document]:
    """Return the files of the feed `vxu`."""

    def messages(control: str, report: Report) -> Iterator[str]:
        return _messages(source, control, report)

    return feed(source, "vxu", "V", _LAST, "immunizations", messages)


def _messages(source: Source, control: str, report: Report) -> Iterator[str]:
    who = directory(source)
    visits = Follower(source, "hl7v2_vxu_visits", "encounters")
    kin = Follower(source, "hl7v2_vxu_next_of_kin")
    for count, row in enumerate(rows(source, "hl7v2_vxu"), 1):
        key = row.immunization_id
        yield _message(row, visits.take(key), kin.take(key), who, f"{control}{count:09d}")
        report.wrote("VXU^V04")


def _message(row: Row, visits: list[Row], kin: list[Row], who: Directory, control: str) -> str:
    visit = visits[0] if visits else None
    facility = visit.visit_facility_id if visit else None
    when, doctor = time(row.occurrence_datetime), who.provider(row.provider_id)
    text = [
        message_header(SENDER, escape(facility or SENDER), row.occurrence_datetime, "VXU", "V04", "VXU_V04", control),
        pid(row),
        pd1(row, who),
        *(nk1(count, one) for count, one in enumerate(kin, 1)),
        pv1(visit, who, {}) if visit else "",
        segment("ORC", {1: "RE", 3: number(row.immunization_id), 12: doctor}),
        segment(
            "RXA",
            {
                1: "0",
                2: "1",
                3: when,
                4: when,
                5: coded(row.code, row.description, "CVX"),
                # The guide's word for an amount that nobody recorded.
                6: "999",
                9: coded("00", "New immunization record", "NIP001")
                if visit
                else coded("01", "Historical information, source unspecified", "NIP001"),
                10: doctor,
                11: components("", "", "", escape(facility)),
                15: escape(row.lot_number) if visit else "",
                20: "CP",
                21: "A",
            },
        ),
        _rxr(row) if row.site_code else "",
    ]
    return "".join(text)


def _rxr(row: Row) -> str:
    skin = row.code in _UNDER_THE_SKIN
    route = coded("SC", "Subcutaneous", "HL70162") if skin else coded("IM", "Intramuscular", "HL70162")
    return segment("RXR", {1: route, 2: coded(row.site_code, _SITES.get(row.site_code), "HL70163")})

"""HL7 v2.5.1 DFT^P03: the charges of an encounter, one for each procedure; what they cost is known to claims alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from healthsim_core.declarations import Document
from healthsim_core.export import Source
from healthsim_hl7v2 import day, escape, message_header, segment, time
from patientsim.formats.hl7v2_segments import Directory, coded, diagnosis_labels, directory, pd1, pid, pv1
from patientsim.formats.reading import SENDER, Follower, Report, Row, feed, rows

_LAST = "SELECT max(performed_datetime) FROM procedures"
_SYSTEMS = {"CPT": "C4", "HCPCS": "HCPCS", "ICD-10-PCS": "I10P"}
"""Coding systems of table 0396; others are local."""


def write(source: Source) -> Iterable[Document]:
    """Return the files of the feed `dft`."""

    def messages(control: str, report: Report) -> Iterator[str]:
        return _messages(source, control, report)

    return feed(source, "dft", "D", _LAST, "procedures", messages)


def _messages(source: Source, control: str, report: Report) -> Iterator[str]:
    who, labels = directory(source), diagnosis_labels(source)
    visits = Follower(source, "hl7v2_dft_visits", "encounters")
    procedures = Follower(source, "hl7v2_dft_procedures")
    for count, row in enumerate(rows(source, "hl7v2_dft"), 1):
        key = row.message_id
        yield _message(row, visits.take(key), procedures.take(key), who, labels, f"{control}{count:09d}")
        report.wrote("DFT^P03")


def _message(
    row: Row, visits: list[Row], procedures: list[Row], who: Directory, labels: dict[str, str], control: str
) -> str:
    visit = visits[0] if visits else None
    facility = visit.visit_facility_id if visit else None
    reason = coded(visit.reason_code, labels.get(visit.reason_code), "I10") if visit else ""
    when = row.message_datetime
    text = [
        message_header(SENDER, escape(facility or SENDER), when, "DFT", "P03", "DFT_P03", control),
        segment("EVN", {1: "P03", 2: time(when), 7: escape(facility)}),
        pid(row, visit and visit.encounter_id),
        pd1(row, who),
        pv1(visit, who, {}) if visit else "",
        *(_ft1(number, one, reason, time(when), who) for number, one in enumerate(procedures, 1)),
        segment("DG1", {1: "1", 3: reason, 6: "F"}) if reason else "",
    ]
    return "".join(text)


def _ft1(number: int, row: Row, reason: str, posted: str, who: Directory) -> str:
    code = coded(row.code, row.description, _SYSTEMS.get(row.system, "L"))
    return segment(
        "FT1",
        {
            1: str(number),
            2: escape(row.procedure_id),
            4: day(row.performed_datetime),
            5: posted,
            6: "CG",
            7: code,
            10: "1",
            19: reason,
            20: who.provider(row.provider_id),
            25: code,
        },
    )

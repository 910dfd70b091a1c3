"""HL7 v2.5.1 OML^O21: a message for each laboratory order, what 2.5.1 uses for laboratories in place of ORM^O01."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from healthsim_core.declarations import Document
from healthsim_core.export import Source
from healthsim_hl7v2 import escape, message_header, segment, time
from patientsim.formats.hl7v2_segments import Directory, coded, diagnosis_labels, directory, number, pd1, pid, pv1
from patientsim.formats.reading import SENDER, Follower, Report, Row, feed, rows

_LAST = "SELECT max(ordered_datetime) FROM lab_orders"


def write(source: Source) -> Iterable[Document]:
    """Return the files of the feed `orm`."""

    def messages(control: str, report: Report) -> Iterator[str]:
        return _messages(source, control, report)

    return feed(source, "orm", "O", _LAST, "laboratory orders", messages)


def _messages(source: Source, control: str, report: Report) -> Iterator[str]:
    who, labels = directory(source), diagnosis_labels(source)
    visits = Follower(source, "hl7v2_orm_visits", "encounters")
    for count, row in enumerate(rows(source, "hl7v2_orm"), 1):
        yield _message(row, visits.take(row.lab_order_id), who, labels, f"{control}{count:09d}")
        report.wrote("OML^O21")


def _message(row: Row, visits: list[Row], who: Directory, labels: dict[str, str], control: str) -> str:
    visit = visits[0] if visits else None
    facility = visit.visit_facility_id if visit else None
    reason = visit.reason_code if visit else None
    when, doctor = time(row.ordered_datetime), who.provider(row.provider_id)
    placer = number(row.lab_order_id)
    text = [
        message_header(SENDER, escape(facility or SENDER), row.ordered_datetime, "OML", "O21", "OML_O21", control),
        pid(row, visit and visit.encounter_id),
        pd1(row, who),
        pv1(visit, who, {}) if visit else "",
        segment("ORC", {1: "NW", 2: placer, 9: when, 12: doctor, 21: who.facility(facility)}),
        segment(
            "OBR",
            {
                1: "1",
                2: placer,
                4: coded(row.code, row.description, "LN"),
                16: doctor,
                31: coded(reason, labels.get(reason), "I10") if reason else "",
            },
        ),
        segment("DG1", {1: "1", 3: coded(reason, labels.get(reason), "I10"), 6: "W", 16: doctor}) if reason else "",
    ]
    return "".join(text)

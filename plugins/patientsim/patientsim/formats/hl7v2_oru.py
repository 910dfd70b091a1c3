"""HL7 v2.5.1 ORU^R01: a message for each laboratory order that has results, and for each result without an order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from healthsim_core.declarations import Document
from healthsim_core.export import Source
from healthsim_hl7v2 import escape, message_header, segment, time
from healthsim_hl7v2 import number as plain
from patientsim.formats.hl7v2_segments import Directory, coded, directory, number, pd1, pid, pv1
from patientsim.formats.reading import SENDER, Follower, Report, Row, feed, rows

_LAST = "SELECT max(issued_datetime) FROM observations WHERE category = 'laboratory'"


def write(source: Source) -> Iterable[Document]:
    """Return the files of the feed `oru`."""

    def messages(control: str, report: Report) -> Iterator[str]:
        return _messages(source, control, report)

    return feed(source, "oru", "R", _LAST, "laboratory results", messages)


def _messages(source: Source, control: str, report: Report) -> Iterator[str]:
    who = directory(source)
    orders = Follower(source, "hl7v2_oru_orders", "lab_orders")
    visits = Follower(source, "hl7v2_oru_visits", "encounters")
    results = Follower(source, "hl7v2_oru_results")
    for count, row in enumerate(rows(source, "hl7v2_oru"), 1):
        key = row.message_id
        yield _message(row, orders.take(key), visits.take(key), results.take(key), who, f"{control}{count:09d}")
        report.wrote("ORU^R01")


def _message(row: Row, orders: list[Row], visits: list[Row], results: list[Row], who: Directory, control: str) -> str:
    visit = visits[0] if visits else None
    facility = visit.visit_facility_id if visit else None
    place = escape(facility or SENDER)
    text = [
        message_header(SENDER, place, row.message_datetime, "ORU", "R01", "ORU_R01", control),
        pid(row, visit and visit.encounter_id),
        pd1(row, who),
    ]
    # Of a stay that may go on the message cannot know the end, so PV1 says only how it began.
    text += [pv1(visit, who, {})] if visit else []
    text += _order(row, orders[0] if orders else None, who, facility)
    laboratory = who.facility(orders[0].facility_id) if orders else ""
    text += [_obx(count, one, laboratory) for count, one in enumerate(results, 1)]
    return "".join(text)


def _order(row: Row, order: Row | None, who: Directory, facility: str | None) -> list[str]:
    """Return ORC and OBR: the order as it was placed, else what its first result says it must have been."""
    asked = order or row
    doctor = who.provider(asked.provider_id)
    placer = number(row.lab_order_id) if order else ""
    filler = number(f"R{row.message_id}")
    reported = time(row.message_datetime)
    return [
        segment("ORC", {1: "RE", 2: placer, 3: filler, 5: "CM", 9: reported, 12: doctor, 21: who.facility(facility)}),
        segment(
            "OBR",
            {
                1: "1",
                2: placer,
                3: filler,
                4: coded(asked.code, asked.description, "LN"),
                6: time(order.ordered_datetime) if order else "",
                7: time(row.effective_datetime),
                16: doctor,
                22: reported,
                24: "LAB",
                25: "F",
            },
        ),
    ]


def _obx(count: int, row: Row, laboratory: str) -> str:
    kind, value = _value(row)
    return segment(
        "OBX",
        {
            1: str(count),
            2: kind,
            3: coded(row.code, row.description, "LN"),
            5: value,
            6: coded(row.unit, row.unit, "UCUM"),
            7: _range(row.reference_low, row.reference_high),
            8: escape(row.interpretation_code),
            11: "F",
            14: time(row.effective_datetime),
            23: laboratory,
        },
    )


def _value(row: Row) -> tuple[str, str]:
    """Return the value's type, table 0125, and the value: a number, a LOINC answer or text."""
    if row.value is not None:
        return "NM", plain(row.value)
    if row.value_code is not None:
        return "CE", coded(row.value_code, row.value_text, "LN")
    return "ST", escape(row.value_text)


def _range(low: float | None, high: float | None) -> str:
    """Return a reference range as OBX-7 has it: both ends, or one with a sign."""
    if low is None:
        return "" if high is None else f"<{plain(high)}"
    return f">{plain(low)}" if high is None else f"{plain(low)}-{plain(high)}"

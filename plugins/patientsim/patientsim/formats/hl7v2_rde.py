"""HL7 v2.5.1 RDE^O11: a message for each prescription."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from healthsim_core.declarations import Document
from healthsim_core.export import Source
from healthsim_hl7v2 import components, escape, message_header, segment, subcomponents, time
from healthsim_hl7v2 import number as plain
from patientsim.formats.hl7v2_segments import Directory, coded, diagnosis_labels, directory, number, pd1, pid, pv1
from patientsim.formats.reading import SENDER, Follower, Report, Row, feed, rows

_LAST = "SELECT max(ordered_datetime) FROM medication_orders"
_DOSE = re.compile(r"(?:Take|Inject|Inhale)(?: the contents of)? (\d+(?:\.\d+)?) (tablet|capsule|puff|mg|unit)s?\b")
"""How much is given at a time, as the dosage says it."""
_ROUTES = {
    "by mouth": ("PO", "Oral"),
    "under the skin": ("SC", "Subcutaneous"),
    "Inhale": ("IH", "Inhalation"),
}
"""Route, table 0162, by words of the dosage."""


def write(source: Source) -> Iterable[Document]:
    """Return the files of the feed `rde`."""

    def messages(control: str, report: Report) -> Iterator[str]:
        return _messages(source, control, report)

    return feed(source, "rde", "P", _LAST, "prescriptions that a message tells of", messages)


def _messages(source: Source, control: str, report: Report) -> Iterator[str]:
    who, labels = directory(source), diagnosis_labels(source)
    visits = Follower(source, "hl7v2_rde_visits", "encounters")
    count = 0
    for row in rows(source, "hl7v2_rde"):
        visit = visits.take(row.medication_order_id)
        dose = _DOSE.search(row.dosage or "")
        route = next((route for words, route in _ROUTES.items() if words in (row.dosage or "")), None)
        if dose is None or route is None:
            report.skip("medication order", row.medication_order_id, "its dosage names no amount or no route")
            continue
        count += 1
        text = _head(row, visit[0] if visit else None, who, f"{control}{count:09d}")
        yield text + _prescription(row, dose, labels) + segment("RXR", {1: coded(*route, "HL70162")})
        report.wrote("RDE^O11")


def _head(row: Row, visit: Row | None, who: Directory, control: str) -> str:
    facility = visit.visit_facility_id if visit else None
    place, when = escape(facility or SENDER), row.ordered_datetime
    order = {1: "NW", 2: number(row.medication_order_id), 9: time(when), 12: who.provider(row.provider_id)}
    text = [
        message_header(SENDER, place, when, "RDE", "O11", "RDE_O11", control),
        pid(row, visit and visit.encounter_id),
        pd1(row, who),
        pv1(visit, who, {}) if visit else "",
        segment("ORC", {**order, 21: who.facility(facility)}),
    ]
    return "".join(text)


def _prescription(row: Row, dose: re.Match[str], labels: dict[str, str]) -> str:
    amount, unit = dose.groups()
    counted = unit in ("tablet", "capsule")
    return segment(
        "RXE",
        {
            2: coded(row.code, row.description, "RXNORM"),
            3: amount,
            5: coded("mg", "mg", "UCUM") if unit == "mg" else coded(None, unit, ""),
            7: coded(None, row.dosage, ""),
            10: plain(row.quantity),
            # Inhalers and pens are dispensed by weight or volume, whose unit the order does not say.
            11: coded(None, unit, "") if counted else "",
            12: str(row.refill_count),
            27: coded(row.reason_code, labels.get(row.reason_code), "I10"),
            32: time(row.ordered_datetime),
        },
    ) + segment(
        "TQ1",
        {
            1: "1",
            6: components(str(row.days_supply), subcomponents("d", "day", "UCUM")),
            7: time(row.ordered_datetime),
            11: escape(row.dosage),
        },
    )

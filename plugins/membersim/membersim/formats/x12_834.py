"""X12 834 (005010X220A1): the full roster of each payer, subscribers before their dependents.

A full file: BGN08 is 4 (verify), every member is 030 (audit or compare) for reason XN (notification only).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from healthsim_core.declarations import Document
from healthsim_core.export import Source
from healthsim_x12 import Interchange, clean, day, segment
from membersim.formats.reading import SENDER, Report, payers, rows

MEMBERS_PER_TRANSACTION = 10_000
_LINES = {"HMO": "HMO", "MA-HMO": "HMO", "PPO": "PPO", "MA-PPO": "PPO", "EPO": "EPO"}
"""Insurance line code (X12 1205) by plan; HLT, health, for the others."""


def write(source: Source) -> Iterable[Document]:
    """Return one document a payer."""
    for number, (payer_id, payer_name) in enumerate(payers(source)):
        report = Report()
        file = f"{payer_id}.x12"
        envelope = Interchange("834", "005010X220A1", "BE", SENDER, payer_id, source.as_of, source.number + number)
        pieces = _pieces(source, envelope, payer_id, payer_name, report, file)
        yield Document(file, pieces, lambda report=report: report.counts, report.notes)


def _pieces(
    source: Source, envelope: Interchange, payer_id: str, payer_name: str, report: Report, file: str
) -> Iterator[str]:
    members = rows(source, "x12_834_members.sql", payer_id)
    families = (list(family) for _, family in itertools.groupby(members, key=lambda member: member["subscriber_id"]))
    yield from envelope.pieces(_transactions(source, families, payer_id, payer_name, report))
    report.finish(file)


def _transactions(
    source: Source, families: Iterator[list[dict]], payer_id: str, payer_name: str, report: Report
) -> Iterator[Iterator[str]]:
    for number in itertools.count(1):
        first = next(families, None)
        if first is None:
            return
        yield _transaction(source, itertools.chain([first], families), number, payer_id, payer_name, report)


def _transaction(
    source: Source, families: Iterator[list[dict]], number: int, payer_id: str, payer_name: str, report: Report
) -> Iterator[str]:
    yield segment("BGN", "00", f"{source.number:09d}{number:03d}", day(source.as_of), "1200", "", "", "", "4")
    yield segment("DTP", "007", "D8", day(source.as_of))
    yield segment("N1", "P5", "HEALTHSIM SYNTHETIC SPONSOR", "FI", "890000001")
    yield segment("N1", "IN", clean(payer_name, 60), "94", payer_id)
    written = 0
    for family in families:
        for member in family:
            yield from _member(member, report)
        written += len(family)
        if written >= MEMBERS_PER_TRANSACTION:
            return


def _member(member: dict[str, Any], report: Report) -> Iterator[str]:
    if not all(member[name] for name in ("address_line", "city", "state", "zip_code")):
        report.skip("member", member["member_id"], "no address")
        return
    subscriber = member["relationship_code"] == "18"
    report.wrote("subscriber" if subscriber else "dependent")
    employment = ("RT" if member["coverage_type"] == "Medicare" else "FT") if subscriber else ""
    yield segment("INS", "Y" if subscriber else "N", member["relationship_code"], "030", "XN", "A", "", "", employment)
    yield segment("REF", "0F", member["subscriber_id"])
    if member["group_number"]:
        yield segment("REF", "1L", clean(member["group_number"], 50))
    yield segment("DTP", "356", "D8", day(member["start_date"]))
    yield segment(
        "NM1",
        "IL",
        "1",
        clean(member["family_name"], 60),
        clean(member["given_name"], 35),
        "",
        "",
        "",
        "34",
        member["ssn"],
    )
    if member["phone"]:
        yield segment("PER", "IP", "", "HP", member["phone"])
    yield segment("N3", clean(member["address_line"], 55))
    yield segment("N4", clean(member["city"], 30), member["state"], member["zip_code"])
    yield segment("DMG", "D8", day(member["birth_date"]), member["gender"])
    yield segment(
        "HD",
        "030",
        "",
        _LINES.get(member["plan_code"], "HLT"),
        clean(member["plan_name"], 50),
        member["coverage_level"],
    )
    yield segment("DTP", "348", "D8", day(member["start_date"]))
    if member["end_date"]:
        yield segment("DTP", "349", "D8", day(member["end_date"]))

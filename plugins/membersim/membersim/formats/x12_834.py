"""X12 834 (005010X220A1): the full roster of each payer, subscribers before their dependents.

A full file: BGN08 is 4 (verify), every member is 030 (audit or compare) for reason XN (notification only).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from operator import attrgetter

from healthsim_core.declarations import Document
from healthsim_core.export import Source
from healthsim_x12 import Interchange, batches, clean, day, segment
from membersim.formats.reading import SENDER, Report, Row, control_number, rows

MEMBERS_PER_TRANSACTION = 10_000
_LINES = {"HMO": "HMO", "MA-HMO": "HMO", "PPO": "PPO", "MA-PPO": "PPO", "MA-only": "PPO", "EPO": "EPO", "PDP": "PDG"}
"""Insurance line code (X12 1205) by plan: PDG for drugs; HLT, health, for the others."""
_EMPLOYMENT = {"Medicare": "RT", "Commercial": "FT"}
"""Employment status (X12 584) by line of business."""
_REQUIRED = ("family_name", "given_name", "birth_date", "gender", "address_line", "city", "state", "zip_code")

Member = list[Row]
"""One member's coverages, oldest first."""


def write(source: Source) -> Iterable[Document]:
    """Return one document a payer."""
    for number, payer in enumerate(rows(source, "x12_834_payers.sql")):
        report = Report()
        file = f"{payer.payer_id}.x12"
        control = control_number(source, 0, number)
        envelope = Interchange("834", "005010X220A1", "BE", SENDER, payer.payer_id, source.as_of, control)
        yield Document(file, _pieces(source, envelope, payer, report, file), lambda of=report: of.counts, report.notes)


def _pieces(source: Source, envelope: Interchange, payer: Row, report: Report, file: str) -> Iterator[str]:
    members = rows(source, "x12_834_members.sql", payer.payer_id)
    told = rows(source, "x12_834_deaths.sql", payer.payer_id) if "enrollment_changes" in source.tables else ()
    deaths = {one.member_id: one.death_date for one in told}
    doctors = (
        {one.provider_id: one for one in rows(source, "x12_providers.sql")} if "providers" in source.tables else {}
    )
    families = (_family(family, report) for _, family in itertools.groupby(members, key=attrgetter("subscriber_id")))
    kept = (family for family in families if family)
    transactions = (
        _transaction(source, batch, f"{envelope.number:09d}{number:03d}", payer, report, deaths, doctors)
        for number, batch in enumerate(batches(kept, MEMBERS_PER_TRANSACTION, len), 1)
    )
    yield from envelope.pieces(transactions)
    report.finish(file)


def _family(covered: Iterator[Row], report: Report) -> list[Member]:
    """Return a family's members that can be written; none without their subscriber, whom the standard wants first."""
    members = [list(coverages) for _, coverages in itertools.groupby(covered, key=attrgetter("member_id"))]
    kept = []
    for member in members:
        # What cleaning leaves counts: a name of letters that X12 does not have is no name there.
        lacking = next((name for name in _REQUIRED if not clean(getattr(member[0], name))), None)
        if lacking:
            report.skip("member", member[0].member_id, f"no {lacking}")
        elif member[0].relationship_code == "18" or kept:
            kept.append(member)
        elif clean(member[0].subscriber_family_name) and clean(member[0].subscriber_given_name):
            kept += [[_parent(coverage) for coverage in member], member]
        else:
            report.skip("member", member[0].member_id, "the subscriber is not in the file")
    return kept


def _parent(coverage: Row) -> Row:
    """Return the row of the subscriber who is no member: on the same policy, at the same address."""
    return coverage._replace(
        member_id=coverage.subscriber_id,
        relationship_code="18",
        ssn=None,
        **{
            name: getattr(coverage, f"subscriber_{name}")
            for name in ("given_name", "family_name", "birth_date", "gender")
        },
    )


def _transaction(
    source: Source,
    families: Iterator[list[Member]],
    reference: str,
    payer: Row,
    report: Report,
    deaths: Mapping,
    doctors: Mapping[str, Row],
) -> Iterator[str]:
    yield segment("BGN", "00", reference, day(source.as_of), "1200", "", "", "", "4")
    yield segment("DTP", "007", "D8", day(source.as_of))
    yield segment("N1", "P5", "HEALTHSIM SYNTHETIC SPONSOR", "FI", "890000001")
    yield segment("N1", "IN", clean(payer.payer_name, 60), "94", clean(payer.payer_id, 80))
    for family in families:
        for coverages in family:
            text = _member(coverages, deaths.get(coverages[0].member_id))
            yield text + "".join(_coverage(one, doctors) for one in coverages)
            report.wrote("subscriber" if coverages[0].relationship_code == "18" else "dependent")


def _member(coverages: Member, died: date | None) -> str:
    member = coverages[0]
    subscriber = member.relationship_code == "18"
    medicare = any(one.coverage_type == "Medicare" for one in coverages)
    # Retired, employed full time, or no more than active where nobody's work brings the coverage.
    employment = _EMPLOYMENT.get(member.coverage_type, "AC") if subscriber else ""
    # Medicare plan code (X12 1218): C is parts A and B, which every Medicare plan asks for.
    entitlement = "C" if medicare else ""
    name = (clean(member.family_name, 60), clean(member.given_name, 35))
    found = [
        segment(
            "INS",
            "Y" if subscriber else "N",
            member.relationship_code,
            "030",
            "XN",
            "A",
            entitlement,
            "",
            employment,
            *(("", "", "D8", day(died)) if died else ()),
        ),
        segment("REF", "0F", member.subscriber_id),
        segment("REF", "1L", clean(member.group_number, 50)) if member.group_number else "",
        segment("REF", "23", member.member_id),
        segment("DTP", "356", "D8", day(member.start_date)),
        segment("NM1", "IL", "1", *name, "", "", "", *(("34", member.ssn) if member.ssn else ())),
        segment("PER", "IP", "", "HP", member.phone) if member.phone else "",
        segment("N3", clean(member.address_line, 55)),
        segment("N4", clean(member.city, 30), member.state, member.zip_code),
        segment("DMG", "D8", day(member.birth_date), member.gender),
    ]
    return "".join(found)


def _coverage(coverage: Row, doctors: Mapping[str, Row]) -> str:
    line = _LINES.get(coverage.plan_code, "HLT")
    text = segment("HD", "030", "", line, clean(coverage.plan_name, 50), coverage.coverage_level)
    text += segment("DTP", "348", "D8", day(coverage.start_date))
    text += segment("DTP", "349", "D8", day(coverage.end_date)) if coverage.end_date else ""
    doctor = doctors.get(coverage.provider_id)
    if line != "HMO" or doctor is None or not (doctor.npi and clean(doctor.family_name)):
        return text
    # An HMO's members have chosen who sees them first; NM110 25: an established patient.
    name = (clean(doctor.family_name, 60), clean(doctor.given_name, 35))
    return text + segment("LX", "1") + segment("NM1", "P3", "1", *name, "", "", "", "XX", doctor.npi, "25")

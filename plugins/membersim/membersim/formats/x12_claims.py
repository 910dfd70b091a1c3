"""What the two X12 837 have in common: each payer's claims by billing provider, subscriber and patient.

Where the patient is the subscriber, the claim stands under the subscriber's level; dependents stand under a level of the
subscriber with a patient's level each. Levels open again in a new transaction after 5,000 claims, the number receivers accept.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter

from attrs import frozen

from healthsim_core.declarations import Document
from healthsim_core.export import Source
from healthsim_x12 import Interchange, Levels, batches, clean, day, segment
from membersim.formats.reading import SENDER, Follower, Report, Row, control_number, peek, rows
from membersim.formats.x12_parties import Directory, address, directory, filing, has_address

CLAIMS_PER_TRANSACTION = 5_000

_provider_level = attrgetter("billing_facility_id")
_subscriber_level = attrgetter("subscriber_id", "plan_code", "group_number")
_patient_level = attrgetter("member_id")


@frozen
class Claim:
    """A claim with its service lines, diagnoses and procedures in order."""

    row: Row
    lines: list[Row]
    diagnoses: list[Row]
    procedures: Sequence[Row] = ()
    discharge_time: str | None = None
    """The hour and minute a stay ended, where its encounter is known."""


@frozen
class Form:
    """What the professional and the institutional claim do each in their own way."""

    claim_type: str
    version: str
    """The implementation guide."""
    control: int
    """Sets the control numbers of the form's files apart from those of other formats."""
    medicare: str
    """The claim filing indicator of original Medicare."""
    most_lines: int
    provider: Callable[[str, str | None], str]
    """Makes the segments of the provider from the elements of the name and the taxonomy code."""
    lacking: Callable[[Claim], str | None]
    """Says what this form's standard requires and the claim does not have."""
    text: Callable[[Claim, Directory], str]
    """Writes one claim, from CLM to its last line."""


def write(source: Source, form: Form) -> Iterable[Document]:
    """Return one document a payer."""
    payers = list(rows(source, "x12_837_payers.sql", source.as_of, form.claim_type))
    if not payers:
        yield Document("none.x12", iter(()), notes=[f"the scenario has no {form.claim_type} claims"])
        return
    parties = directory(source, form.provider)
    for number, payer in enumerate(payers):
        report = Report()
        file = f"{payer.payer_id}.x12"
        control = control_number(source, form.control, number)
        envelope = Interchange("837", form.version, "HC", SENDER, payer.payer_id, payer.file_date, control)
        pieces = _pieces(source, form, envelope, payer, parties, report, file)
        yield Document(file, pieces, lambda of=report: of.counts, report.notes)


def _pieces(
    source: Source, form: Form, envelope: Interchange, payer: Row, parties: Directory, report: Report, file: str
) -> Iterator[str]:
    if not parties.billing:
        report.notes.append(
            f"{file}: no claim was written: the scenario has no facilities to bill for them (healthsim-networksim makes them)"
        )
        return
    claims = _claims(source, form, payer.payer_id, parties, report)
    transactions = (
        _transaction(batch, f"{envelope.number:09d}{number:04d}", form, payer, parties, report)
        for number, batch in enumerate(batches(claims, CLAIMS_PER_TRANSACTION), 1)
    )
    yield from envelope.pieces(transactions)
    report.finish(file)


def _claims(source: Source, form: Form, payer_id: str, parties: Directory, report: Report) -> Iterator[Claim]:
    """Yield claims with what belongs to them: cursors in one order, merged; incomplete claims are left out."""

    def follow(name: str, *tables: str) -> Follower:
        there = source.tables.issuperset(tables)
        return Follower(rows(source, f"x12_837_{name}.sql", payer_id, form.claim_type) if there else iter(()))

    lines, diagnoses = follow("lines"), follow("diagnoses")
    procedures, discharges = follow("procedures", "claim_procedures"), follow("discharges", "encounters")
    for row in rows(source, "x12_837_claims.sql", payer_id, form.claim_type):
        key = row.claim_id
        ended = discharges.take(key)
        claim = Claim(
            row, lines.take(key), diagnoses.take(key), procedures.take(key), ended[0].discharge_time if ended else None
        )
        lacking = _lacking(claim, form, parties) or form.lacking(claim)
        if lacking:
            report.skip("claim", key, lacking)
        else:
            yield claim


def _lacking(claim: Claim, form: Form, parties: Directory) -> str | None:
    """Return what either standard requires and the claim does not have."""
    row = claim.row
    if row.billing_facility_id not in parties.billing:
        return "no billing provider with NPI, tax number and address"
    if row.rendering_provider_id is not None and row.rendering_provider_id not in parties.provider:
        return "its rendering provider has no NPI"
    if row.facility_id is not None and row.facility_id not in parties.place:
        return "its place of service has no NPI and address"
    if not has_address(row):
        return "the patient has no address"
    if not (clean(row.family_name) and row.birth_date and row.gender and clean(row.subscriber_family_name)):
        return "the patient or subscriber has no name, birth date or gender"
    if row.frequency_code in ("7", "8"):
        return "it replaces or voids a claim whose number is not known"
    if not claim.lines:
        return "no service lines"
    if len(claim.lines) > form.most_lines:
        return f"more than {form.most_lines} service lines"
    if not claim.diagnoses:
        return "no diagnosis"
    if sum(line.charge for line in claim.lines) != row.charge:
        return "its lines do not add up to its charge"
    return None


def _transaction(
    claims: Iterator[Claim], reference: str, form: Form, payer: Row, parties: Directory, report: Report
) -> Iterator[str]:
    levels = Levels()
    payer_name = clean(payer.payer_name, 60)
    payer_id = clean(payer.payer_id, 80)
    yield segment("BHT", "0019", "00", reference, day(payer.file_date), "1200", "CH")
    yield segment("NM1", "41", "2", "HEALTHSIM SYNTHETIC DATA", "", "", "", "", "46", SENDER)
    yield segment("PER", "IC", "TEST DATA DESK", "TE", "2025550100")
    yield segment("NM1", "40", "2", payer_name, "", "", "", "", "46", payer_id)
    pays = segment("NM1", "PR", "2", payer_name, "", "", "", "", "PI", payer_id)
    for facility, of_provider in itertools.groupby(claims, key=lambda claim: _provider_level(claim.row)):
        yield levels.segment("20", None, True) + parties.billing[facility]
        billing = levels.last
        for (_, own), found in itertools.groupby(
            of_provider, key=lambda claim: (_subscriber_level(claim.row), claim.row.relationship_code == "18")
        ):
            first, of_subscriber = peek(found)
            yield levels.segment("22", billing, not own) + _subscriber(first.row, own, form) + pays
            subscriber = levels.last
            for _, theirs in itertools.groupby(of_subscriber, key=lambda claim: _patient_level(claim.row)):
                first, of_patient = peek(theirs)
                if not own:
                    yield levels.segment("23", subscriber, False) + _patient(first.row)
                for claim in of_patient:
                    yield form.text(claim, parties)
                    report.wrote("claim")


def _subscriber(row: Row, own: bool, form: Form) -> str:
    name = (clean(row.subscriber_family_name, 60), clean(row.subscriber_given_name, 35))
    payer = filing(row, form.medicare, "CI")
    text = segment("SBR", "P", "18" if own else "", clean(row.group_number, 50), "", "", "", "", "", payer)
    text += segment("NM1", "IL", "1", *name, "", "", "", "MI", row.subscriber_id)
    return text + (_demographics(row) if own else "")


def _patient(row: Row) -> str:
    name = (clean(row.family_name, 60), clean(row.given_name, 35))
    return segment("PAT", row.relationship_code) + segment("NM1", "QC", "1", *name) + _demographics(row)


def _demographics(row: Row) -> str:
    return address(row) + f"DMG*D8*{row.birth_date}*{row.gender}~\n"

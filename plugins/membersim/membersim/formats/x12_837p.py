"""X12 837P (005010X222A1): each payer's professional claims, by billing provider, subscriber and patient.

Where the patient is the subscriber, the claim stands under the subscriber's level; dependents stand under a level of the
subscriber with a patient's level each. Levels open again in a new transaction after 5,000 claims, the number receivers accept.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator
from operator import attrgetter

from attrs import frozen

from healthsim_core.declarations import Document
from healthsim_core.export import Source
from healthsim_x12 import Interchange, Levels, batches, cents, clean, component, day, segment
from membersim.formats.reading import SENDER, Follower, Report, Row, control_number, peek, rows

CLAIMS_PER_TRANSACTION = 5_000
LINES_PER_CLAIM = 50
DIAGNOSES_PER_CLAIM = 12
POINTERS_PER_LINE = 4
_FILING = {"Original": "MB", "MA-HMO": "16", "MA-PPO": "16", "PPO": "12", "EPO": "14", "HMO": "HM"}
_FILING_BY_TYPE = {"Medicaid": "MC", "Medicare": "MB"}
"""Claim filing indicator (X12 1032) by plan, else by coverage type, else CI, commercial."""
_INPATIENT = ("21", "51", "61")
"""Places of service whose claims must say when the patient was admitted."""

_provider_level = attrgetter("billing_facility_id")
_subscriber_level = attrgetter("subscriber_id", "plan_code", "group_number")
_patient_level = attrgetter("member_id")


@frozen
class Directory:
    """The segments of every facility and provider that can bill or render, made once: {id: text}."""

    billing: dict[str, str]
    place: dict[str, str]
    rendering: dict[str, str]


@frozen
class Claim:
    """A claim that can be written, with its service lines and diagnoses in order."""

    row: Row
    lines: list[Row]
    diagnoses: list[Row]


def write(source: Source) -> Iterable[Document]:
    """Return one document a payer."""
    directory = _directory(source)
    for number, payer in enumerate(rows(source, "x12_837p_payers.sql", source.as_of)):
        report = Report()
        file = f"{payer.payer_id}.x12"
        control = control_number(source, 1, number)
        envelope = Interchange("837", "005010X222A1", "HC", SENDER, payer.payer_id, payer.file_date, control)
        pieces = _pieces(source, envelope, payer, directory, report, file)
        yield Document(file, pieces, lambda of=report: of.counts, report.notes)


def _pieces(
    source: Source, envelope: Interchange, payer: Row, directory: Directory, report: Report, file: str
) -> Iterator[str]:
    if not directory.billing:
        report.notes.append(
            f"{file}: no claim was written: the scenario has no facilities to bill for them (healthsim-networksim makes them)"
        )
        return
    claims = _claims(source, payer.payer_id, directory, report)
    transactions = (
        _transaction(batch, f"{envelope.number:09d}{number:04d}", payer, directory, report)
        for number, batch in enumerate(batches(claims, CLAIMS_PER_TRANSACTION), 1)
    )
    yield from envelope.pieces(transactions)
    report.finish(file)


def _directory(source: Source) -> Directory:
    directory = Directory({}, {}, {})
    for one in rows(source, "x12_837p_facilities.sql") if "facilities" in source.tables else ():
        if not (one.npi and one.tax_id and clean(one.name) and _has_address(one)):
            continue
        name = clean(one.name, 60)
        # Providers' ZIPs have nine digits; 9998 stands where the last four are not known.
        address = _address(one, "9998")
        taxonomy = segment("PRV", "BI", "PXC", one.taxonomy_code) if one.taxonomy_code else ""
        phone = segment("PER", "IC", name, "TE", one.phone) if one.phone else ""
        directory.billing[one.facility_id] = (
            f"{taxonomy}NM1*85*2*{name}*****XX*{one.npi}~\n{address}REF*EI*{one.tax_id}~\n{phone}"
        )
        directory.place[one.facility_id] = f"NM1*77*2*{name}*****XX*{one.npi}~\n{address}"
    for one in rows(source, "x12_837p_providers.sql") if "providers" in source.tables else ():
        if one.npi and clean(one.family_name):
            name = (clean(one.family_name, 60), clean(one.given_name, 35))
            directory.rendering[one.provider_id] = segment("NM1", "82", "1", *name, "", "", "", "XX", one.npi) + (
                segment("PRV", "PE", "PXC", one.taxonomy_code) if one.taxonomy_code else ""
            )
    return directory


def _claims(source: Source, payer_id: str, directory: Directory, report: Report) -> Iterator[Claim]:
    """Yield claims with their lines and diagnoses: three cursors in one order, merged; incomplete claims are left out."""
    lines = Follower(rows(source, "x12_837p_lines.sql", payer_id))
    diagnoses = Follower(rows(source, "x12_837p_diagnoses.sql", payer_id))
    for row in rows(source, "x12_837p_claims.sql", payer_id):
        claim = Claim(row, lines.take(row.claim_id), diagnoses.take(row.claim_id))
        lacking = _lacking(claim, directory)
        if lacking:
            report.skip("claim", row.claim_id, lacking)
        else:
            yield claim


def _lacking(claim: Claim, directory: Directory) -> str | None:
    """Return what the standard requires and the claim does not have."""
    row = claim.row
    if row.billing_facility_id not in directory.billing:
        return "no billing provider with NPI, tax number and address"
    if row.rendering_provider_id is not None and row.rendering_provider_id not in directory.rendering:
        return "its rendering provider has no NPI"
    if row.facility_id is not None and row.facility_id not in directory.place:
        return "its place of service has no NPI and address"
    if not _has_address(row):
        return "the patient has no address"
    if not (clean(row.family_name) and row.birth_date and row.gender and clean(row.subscriber_family_name)):
        return "the patient or subscriber has no name, birth date or gender"
    if not row.place_of_service_code:
        return "no place of service"
    if row.frequency_code in ("7", "8"):
        return "it replaces or voids a claim whose number is not known"
    if not claim.lines:
        return "no service lines"
    if len(claim.lines) > LINES_PER_CLAIM:
        return f"more than {LINES_PER_CLAIM} service lines"
    if not claim.diagnoses:
        return "no diagnosis"
    if not all(_pointers(line.diagnosis_pointers, len(claim.diagnoses)) for line in claim.lines):
        return "a line points to no diagnosis of its claim"
    if sum(line.charge for line in claim.lines) != row.charge:
        return "its lines do not add up to its charge"
    return None


@functools.lru_cache(maxsize=4_096)
def _pointers(ranks: str | None, diagnoses: int) -> str:
    """Return the ranks a line points to, of those that are written; the standard has room for four."""
    last = min(diagnoses, DIAGNOSES_PER_CLAIM)
    written = [rank for rank in (ranks or "").split(":") if rank and int(rank) <= last]
    return ":".join(written[:POINTERS_PER_LINE])


def _has_address(row: Row) -> bool:
    return bool(clean(row.address_line) and clean(row.city) and row.state and row.zip_code)


def _address(row: Row, zip_suffix: str = "") -> str:
    zip_code = row.zip_code + zip_suffix if len(row.zip_code) == 5 else row.zip_code
    return f"N3*{clean(row.address_line, 55)}~\nN4*{clean(row.city, 30)}*{row.state}*{zip_code}~\n"


def _transaction(
    claims: Iterator[Claim], reference: str, payer: Row, directory: Directory, report: Report
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
        yield levels.segment("20", None, True) + directory.billing[facility]
        billing = levels.last
        for (_, own), found in itertools.groupby(
            of_provider, key=lambda claim: (_subscriber_level(claim.row), claim.row.relationship_code == "18")
        ):
            first, of_subscriber = peek(found)
            yield levels.segment("22", billing, not own) + _subscriber(first.row, own) + pays
            subscriber = levels.last
            for _, theirs in itertools.groupby(of_subscriber, key=lambda claim: _patient_level(claim.row)):
                first, of_patient = peek(theirs)
                if not own:
                    yield levels.segment("23", subscriber, False) + _patient(first.row)
                for claim in of_patient:
                    yield _claim(claim, directory)
                    report.wrote("claim")


def _subscriber(row: Row, own: bool) -> str:
    filing = _FILING.get(row.plan_code) or _FILING_BY_TYPE.get(row.coverage_type, "CI")
    name = (clean(row.subscriber_family_name, 60), clean(row.subscriber_given_name, 35))
    text = segment("SBR", "P", "18" if own else "", clean(row.group_number, 50), "", "", "", "", "", filing)
    text += segment("NM1", "IL", "1", *name, "", "", "", "MI", row.subscriber_id)
    return text + (_demographics(row) if own else "")


def _patient(row: Row) -> str:
    name = (clean(row.family_name, 60), clean(row.given_name, 35))
    return segment("PAT", row.relationship_code) + segment("NM1", "QC", "1", *name) + _demographics(row)


def _demographics(row: Row) -> str:
    return _address(row) + f"DMG*D8*{row.birth_date}*{row.gender}~\n"


def _claim(claim: Claim, directory: Directory) -> str:
    row = claim.row
    place = f"{row.place_of_service_code}:B:{row.frequency_code}"
    codes = [f"ABF:{one.code}" for one in claim.diagnoses[:DIAGNOSES_PER_CLAIM]]
    text = [f"CLM*{row.claim_id}*{cents(row.charge)}***{place}*Y*A*Y*Y~\n"]
    if row.place_of_service_code in _INPATIENT:
        text.append(f"DTP*435*D8*{row.service_date}~\n")
    # The first is the principal diagnosis, ABK.
    text.append(f"HI*ABK{'*'.join(codes)[3:]}~\n")
    if row.rendering_provider_id is not None:
        text.append(directory.rendering[row.rendering_provider_id])
    if row.facility_id is not None and row.facility_id != row.billing_facility_id:
        text.append(directory.place[row.facility_id])
    for number, line in enumerate(claim.lines, 1):
        service = component("HC", line.procedure_code, line.modifier_code or "")
        pointers = _pointers(line.diagnosis_pointers, len(claim.diagnoses))
        text.append(
            f"LX*{number}~\nSV1*{service}*{cents(line.charge)}*UN*{line.unit_count}***{pointers}~\n"
            f"DTP*472*D8*{line.service_date}~\n"
        )
    return "".join(text)

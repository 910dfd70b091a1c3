"""X12 835 (005010X221A1): what each payer paid, a transaction for every payee and day of payment.

BPR02 is the sum of the CLP04 of its claims, for there are no provider level adjustments (PLB); every claim's and every line's
charge less its adjustments is what was paid, and CLP05 is the sum of the adjustments of group PR. A claim of which that is not
true is not written.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterable, Iterator
from operator import attrgetter

from attrs import frozen

from healthsim_core.declarations import Document
from healthsim_core.export import Source
from healthsim_x12 import Interchange, batches, cents, clean, component, segment
from membersim.formats.reading import SENDER, Follower, Report, Row, control_number, rows
from membersim.formats.x12_837i import INPATIENT
from membersim.formats.x12_parties import Directory, directory, filing

CLAIMS_PER_TRANSACTION = 10_000
"""As many as receivers accept; a payment of more claims is made in parts."""
LINES_PER_CLAIM = 999
_TRIPLETS_PER_SEGMENT = 6
_PAYER_BANK, _PAYEE_BANK = "990000000", "990100007"
"""Routing numbers with right check digits and a prefix (99) no bank has."""
_REVERSAL = "22"
_STATUSES = ("1", "4", _REVERSAL)
_GOVERNMENT = ("Medicare", "Medicaid")


@frozen
class Claim:
    """A remitted claim with its lines, each with its adjustments in order."""

    row: Row
    lines: list[tuple[Row, list[Row]]]
    number: str
    """What the payee calls it: the prescription's number on pharmacy claims, where it is known; else the claim's."""


@frozen
class Part:
    """What a payment needs to know of one of its claims, already written: small, for a whole payment is held."""

    claim_id: str
    payment_date: str
    payee_id: str
    method: str
    paid: int
    text: str


@frozen
class Payer:
    """Who pays, as every transaction names it."""

    segments: str
    tax_id: str


def write(source: Source) -> Iterable[Document]:
    """Return one document a payer."""
    parties = directory(source, lambda name, taxonomy: f"NM1*82*1*{name}~\n")
    for number, payer in enumerate(rows(source, "x12_835_payers.sql", source.as_of)):
        report = Report()
        file = f"{payer.payer_id}.x12"
        control = control_number(source, 3, number)
        envelope = Interchange(
            "835", "005010X221A1", "HP", payer.payer_id, SENDER, payer.file_date, control, names_guide=False
        )
        pieces = _pieces(source, envelope, payer, parties, report, file)
        yield Document(file, pieces, lambda of=report: of.counts, report.notes)


def _pieces(
    source: Source, envelope: Interchange, payer: Row, parties: Directory, report: Report, file: str
) -> Iterator[str]:
    if not parties.payee:
        report.notes.append(
            f"{file}: nothing was remitted: the scenario has no facilities or pharmacies to pay (healthsim-networksim makes them)"
        )
        return
    yield from envelope.pieces(_transactions(source, envelope, payer, parties, report))
    report.finish(file)


def _transactions(
    source: Source, envelope: Interchange, payer: Row, parties: Directory, report: Report
) -> Iterator[list[str]]:
    pays = _payer(payer)
    parts = _parts(source, payer.payer_id, parties, report)
    number = 0
    for _, of_payee in itertools.groupby(parts, key=attrgetter("payment_date", "payee_id")):
        for batch in batches(of_payee, CLAIMS_PER_TRANSACTION):
            # A payment's sum stands before its claims, so one payment at a time is held.
            paid = list(batch)
            if sum(part.paid for part in paid) < 0:
                for part in paid:
                    report.skip("claim", part.claim_id, "its payee would owe more than it is paid")
                continue
            number += 1
            report.wrote("payment")
            report.counts["claim"] = report.counts.get("claim", 0) + len(paid)
            yield _transaction(paid, f"{envelope.number:09d}{number:06d}", pays, parties)


def _payer(payer: Row) -> Payer:
    # 89 is no prefix of employer identification numbers.
    tax_id = f"89{zlib.crc32(payer.payer_id.encode()) % 10**7:07d}"
    name = clean(payer.payer_name, 60)
    return Payer(
        segment("N1", "PR", name)
        + "N3*1 SYNTHETIC PAYER PLAZA~\nN4*SPRINGFIELD*IL*62701~\n"
        + segment("REF", "2U", clean(payer.payer_id, 50))
        + segment("PER", "BL", "TEST DATA DESK", "TE", "2025550100"),
        tax_id,
    )


def _parts(source: Source, payer_id: str, parties: Directory, report: Report) -> Iterator[Part]:
    """Yield remitted claims in the order of payments, written with their lines and adjustments; those that lack something or do not balance are left out."""
    lines = Follower(rows(source, "x12_835_lines.sql", payer_id))
    adjustments = Follower(rows(source, "x12_835_adjustments.sql", payer_id))
    dispensed = source.tables.issuperset(("fills", "prescriptions"))
    prescriptions = Follower(rows(source, "x12_835_prescriptions.sql", payer_id) if dispensed else iter(()))
    for row in rows(source, "x12_835_claims.sql", payer_id):
        key = row.remittance_id
        by_line: dict[int, list[Row]] = {}
        for one in adjustments.take(key):
            by_line.setdefault(one.line_number, []).append(one)
        prescription = prescriptions.take(key)
        number = prescription[0].prescription_number if prescription else row.claim_id
        claim = Claim(row, [(line, by_line.pop(line.line_number, [])) for line in lines.take(key)], number)
        lacking = _lacking(claim, parties) or ("an adjustment of no line" if by_line else None)
        if lacking:
            report.skip("claim", row.claim_id, lacking)
        else:
            text = _claim(claim, parties)
            yield Part(row.claim_id, row.payment_date, row.payee_id, row.payment_method_code, row.paid, text)


def _lacking(claim: Claim, parties: Directory) -> str | None:
    """Return what the standard requires and the claim does not have."""
    row = claim.row
    if row.payee_id not in parties.payee:
        return "no payee with NPI, tax number and address"
    if row.rendering_provider_id is not None and row.rendering_provider_id not in parties.provider:
        return "its rendering provider has no NPI"
    if not (clean(row.family_name) and clean(row.subscriber_family_name)):
        return "the patient or subscriber has no name"
    if row.claim_status_code not in _STATUSES or not row.payer_control_number:
        return "no status or payer's number"
    if not 0 < len(claim.lines) <= LINES_PER_CLAIM:
        return f"not between 1 and {LINES_PER_CLAIM} service lines"
    if not all(_service(line) for line, _ in claim.lines):
        return "a line without procedure, revenue code and NDC"
    if any(line.charge - sum(one.amount for one in why) != line.paid for line, why in claim.lines):
        return "a line's adjustments do not explain what was paid"
    if (
        sum(line.charge for line, _ in claim.lines) != row.charge
        or sum(line.paid for line, _ in claim.lines) != row.paid
    ):
        return "its lines do not add up to its charge and payment"
    return None


def _transaction(claims: list[Part], reference: str, payer: Payer, parties: Directory) -> list[str]:
    """Return one payment: BPR to its last claim."""
    payee, date = claims[0].payee_id, claims[0].payment_date
    total = sum(claim.paid for claim in claims)
    checks = any(claim.method == "CHK" for claim in claims)
    method = ("CHK" if checks else "ACH") if total else "NON"
    banks = [""] * 11
    if method == "ACH":
        banks = ["CCP", "01", _PAYER_BANK, "DA", payer.tax_id, f"1{payer.tax_id}", ""]
        banks += ["01", _PAYEE_BANK, "DA", parties.account[payee]]
    # H, notification only, where nothing is paid; else I, remittance information, the money going by bank or mail.
    handling = "I" if total else "H"
    text = [
        segment("BPR", handling, cents(total), "C", method, *banks, date),
        segment("TRN", "1", reference, f"1{payer.tax_id}"),
        segment("REF", "EV", SENDER),
        segment("DTM", "405", date),
        payer.segments,
        parties.payee[payee],
        segment("LX", "1"),
    ]
    text.extend(claim.text for claim in claims)
    return text


def _claim(claim: Claim, parties: Directory) -> str:
    row = claim.row
    inpatient = row.claim_type == "institutional" and row.bill_type_code in INPATIENT
    owed = sum(one.amount for _, why in claim.lines for one in why if one.group_code == "PR")
    text = [
        segment(
            "CLP",
            claim.number,
            row.claim_status_code,
            cents(row.charge),
            cents(row.paid),
            "" if row.claim_status_code == _REVERSAL else cents(owed),
            _filing(row),
            row.payer_control_number,
            *_place(row),
        ),
        segment("NM1", "QC", "1", *_name(row.family_name, row.given_name), "", "", "", "MI", row.member_id),
    ]
    if row.subscriber_id != row.member_id:
        name = _name(row.subscriber_family_name, row.subscriber_given_name)
        text.append(segment("NM1", "IL", "1", *name, "", "", "", "MI", row.subscriber_id))
    if row.claim_type == "professional" and row.rendering_provider_id is not None:
        text.append(parties.provider[row.rendering_provider_id])
    if (
        inpatient
        and row.drg_code
        and row.coverage_type in _GOVERNMENT
        and row.claim_status_code == "1"
        and row.status != "denied"
    ):
        # MIA01 is always zero in this version; MIA04 is what the DRG is worth.
        text.append(f"MIA*0***{cents(row.allowed)}~\n")
    if row.claim_type == "institutional":
        text.append(f"DTM*232*{row.service_date}~\nDTM*233*{row.service_end_date}~\n")
    text.append(f"DTM*050*{row.submitted_date}~\n")
    text.extend(_line(line, why, row, inpatient) for line, why in claim.lines)
    return "".join(text)


def _name(family: str, given: str) -> tuple[str, str]:
    return clean(family, 60), clean(given, 35)


def _filing(row: Row) -> str:
    """Return CLP06, which has no code for commercial insurance at large: 15, indemnity, is the nearest."""
    if row.claim_type == "pharmacy":
        return "13"  # point of service: how pharmacies' claims are told apart
    return filing(row, "MA" if row.claim_type == "institutional" else "MB", "15")


def _place(row: Row) -> tuple[str, ...]:
    """Return CLP08 to CLP11, as the claim had them."""
    if row.claim_type == "institutional":
        return row.bill_type_code or "", row.frequency_code, "", row.drg_code or ""
    if row.claim_type == "professional":
        return row.place_of_service_code or "", row.frequency_code
    return ()


def _service(line: Row) -> str:
    """Return SVC01, what the line is for; empty where nothing says it."""
    if line.procedure_code:
        return component("HC", line.procedure_code, line.modifier_code or "")
    if line.ndc_code:
        return f"N4:{line.ndc_code}"
    return f"NU:{line.revenue_code}" if line.revenue_code else ""


def _line(line: Row, why: list[Row], row: Row, inpatient: bool) -> str:
    revenue = line.revenue_code or "" if line.procedure_code else ""
    units, billed = str(line.unit_count), ""
    if row.status == "denied":
        units, billed = "0", units
    elif line.unit_count == 1:
        units = ""
    text = segment("SVC", _service(line), cents(line.charge), cents(line.paid), revenue, units, "", billed)
    # A stay's lines have no days of their own, as on its claim.
    text += "" if inpatient else f"DTM*472*{line.service_date}~\n"
    text += _adjustments(why)
    if row.claim_status_code == "1" and line.allowed:
        text += f"AMT*B6*{cents(line.allowed)}~\n"
    remarks = dict.fromkeys(one.remark_code for one in why if one.remark_code)
    return text + "".join(f"LQ*HE*{one}~\n" for one in remarks)


def _adjustments(why: list[Row]) -> str:
    text = ""
    # They come in the order of groups; an adjustment of nothing is none.
    for group, found in itertools.groupby((one for one in why if one.amount), key=attrgetter("group_code")):
        reasons = [f"{one.reason_code}*{cents(one.amount)}" for one in found]
        for first in range(0, len(reasons), _TRIPLETS_PER_SEGMENT):
            # Each triplet ends with a quantity, which stays empty.
            text += f"CAS*{group}*{'**'.join(reasons[first : first + _TRIPLETS_PER_SEGMENT])}~\n"
    return text

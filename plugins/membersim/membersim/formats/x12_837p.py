"""X12 837P (005010X222A1): each payer's professional claims, by billing provider, subscriber and patient.

Where the patient is the subscriber, the claim stands under the subscriber's level; otherwise under a patient's level of its
own. A billing provider's level opens again in a new transaction after 5,000 claims, the number receivers accept.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from healthsim_core.declarations import Document
from healthsim_core.export import Source
from healthsim_x12 import Interchange, Levels, amount, clean, component, day, segment
from membersim.formats.reading import SENDER, Report, payers, rows

CLAIMS_PER_TRANSACTION = 5_000
_FILING = {"Original": "MB", "MA-HMO": "16", "MA-PPO": "16", "PPO": "12", "EPO": "14", "HMO": "HM"}
_FILING_BY_TYPE = {"Medicaid": "MC", "Medicare": "MB"}
"""Claim filing indicator (X12 1032) by plan, else by coverage type, else CI, commercial."""

Claim = dict[str, Any]


def write(source: Source) -> Iterable[Document]:
    """Return one document a payer."""
    for number, (payer_id, _) in enumerate(payers(source)):
        report = Report()
        file = f"{payer_id}.x12"
        envelope = Interchange("837", "005010X222A1", "HC", SENDER, payer_id, source.as_of, source.number + number)
        pieces = _pieces(source, envelope, payer_id, report, file)
        yield Document(file, pieces, lambda report=report: report.counts, report.notes)


def _pieces(source: Source, envelope: Interchange, payer_id: str, report: Report, file: str) -> Iterator[str]:
    if not {"facilities", "providers"} <= source.tables:
        report.notes.append(
            f"{file}: no claim was written: the scenario has no facilities to bill for them (healthsim-networksim makes them)"
        )
        return
    claims = _claims(source, payer_id, report)
    yield from envelope.pieces(_transactions(source, claims, payer_id, report))
    report.finish(file)


def _claims(source: Source, payer_id: str, report: Report) -> Iterator[Claim]:
    """Yield claims with their lines and diagnoses: two cursors in one order, merged; incomplete claims are left out."""
    details = rows(source, "x12_837p_details.sql", payer_id)
    detail = next(details, None)
    for claim in rows(source, "x12_837p_claims.sql", payer_id):
        mine = None
        if detail is not None and detail["claim_id"] == claim["claim_id"]:
            mine, detail = detail, next(details, None)
        lacking = _lacking(claim, mine)
        if lacking:
            report.skip("claim", claim["claim_id"], lacking)
            continue
        yield {**claim, **mine}


def _lacking(claim: Claim, details: dict | None) -> str | None:
    """Return what the standard requires and the claim does not have."""
    if claim["billing_npi"] is None:
        return "no billing provider"
    if claim["rendering_npi"] is None:
        return "no rendering provider"
    if not all(claim[name] for name in ("address_line", "city", "state", "zip_code")):
        return "the patient has no address"
    if details is None:
        return "no service lines"
    return None if details["diagnoses"] else "no diagnosis"


def _transactions(source: Source, claims: Iterator[Claim], payer_id: str, report: Report) -> Iterator[Iterator[str]]:
    for number in itertools.count(1):
        first = next(claims, None)
        if first is None:
            return
        # islice keeps the transaction within its number of claims; what is left starts the next one.
        mine = itertools.chain([first], itertools.islice(claims, CLAIMS_PER_TRANSACTION - 1))
        yield _transaction(source, mine, number, payer_id, report)


def _transaction(source: Source, claims: Iterator[Claim], number: int, payer_id: str, report: Report) -> Iterator[str]:
    levels = Levels()
    yield segment("BHT", "0019", "00", f"{source.number:09d}{number:04d}", day(source.as_of), "1200", "CH")
    yield segment("NM1", "41", "2", "HEALTHSIM SYNTHETIC DATA", "", "", "", "", "46", SENDER)
    yield segment("PER", "IC", "TEST DATA DESK", "TE", "2025550100")
    first = next(claims)
    yield segment("NM1", "40", "2", clean(first["payer_name"], 60), "", "", "", "", "46", payer_id)
    claims = itertools.chain([first], claims)
    for _, of_provider in itertools.groupby(claims, key=lambda claim: claim["billing_facility_id"]):
        claim = next(of_provider)
        billing = levels.last + 1
        yield from _billing_provider(claim, levels)
        for _, of_patient in itertools.groupby(
            itertools.chain([claim], of_provider), key=lambda claim: claim["member_id"]
        ):
            yield from _patient(of_patient, levels, billing, payer_id, report)


def _billing_provider(claim: Claim, levels: Levels) -> Iterator[str]:
    yield levels.segment("20", None, True)
    yield segment("PRV", "BI", "PXC", claim["billing_taxonomy_code"])
    yield segment("NM1", "85", "2", clean(claim["billing_name"], 60), "", "", "", "", "XX", claim["billing_npi"])
    yield from _address(claim, "billing_", nine_digits=True)
    yield segment("REF", "EI", claim["billing_tax_id"])


def _address(claim: Claim, prefix: str = "", nine_digits: bool = False) -> Iterator[str]:
    """Yield N3 and N4; providers' ZIPs need nine digits, and 9998 stands where the last four are not known."""
    zip_code = claim[f"{prefix}zip_code"] + ("9998" if nine_digits else "")
    yield segment("N3", clean(claim[f"{prefix}address_line"], 55))
    yield segment("N4", clean(claim[f"{prefix}city"], 30), claim[f"{prefix}state"], zip_code)


def _patient(claims: Iterator[Claim], levels: Levels, billing: int, payer_id: str, report: Report) -> Iterator[str]:
    claim = next(claims)
    own = claim["relationship_code"] == "18"
    filing = _FILING.get(claim["plan_code"]) or _FILING_BY_TYPE.get(claim["coverage_type"], "CI")
    yield levels.segment("22", billing, not own)
    subscriber = levels.last
    yield segment("SBR", "P", "18" if own else "", clean(claim["group_number"], 50), "", "", "", "", "", filing)
    name = (clean(claim["subscriber_family_name"], 60), clean(claim["subscriber_given_name"], 35))
    yield segment("NM1", "IL", "1", *name, "", "", "", "MI", claim["subscriber_id"])
    if own:
        yield from _address(claim)
        yield segment("DMG", "D8", day(claim["birth_date"]), claim["gender"])
    yield segment("NM1", "PR", "2", clean(claim["payer_name"], 60), "", "", "", "", "PI", payer_id)
    if not own:
        yield levels.segment("23", subscriber, False)
        yield segment("PAT", claim["relationship_code"])
        yield segment("NM1", "QC", "1", clean(claim["family_name"], 60), clean(claim["given_name"], 35))
        yield from _address(claim)
        yield segment("DMG", "D8", day(claim["birth_date"]), claim["gender"])
    for one in itertools.chain([claim], claims):
        yield from _claim(one)
        report.wrote("claim")


def _claim(claim: Claim) -> Iterator[str]:
    place = component(claim["place_of_service_code"] or "11", "B", claim["frequency_code"])
    yield segment("CLM", claim["claim_id"], amount(claim["charge_amount"]), "", "", place, "Y", "A", "Y", "Y")
    codes = [
        component("ABF" if rank else "ABK", code.replace(".", "")) for rank, code in enumerate(claim["diagnoses"][:12])
    ]
    yield segment("HI", *codes)
    rendering = (clean(claim["rendering_family_name"], 60), clean(claim["rendering_given_name"], 35))
    yield segment("NM1", "82", "1", *rendering, "", "", "", "XX", claim["rendering_npi"])
    yield segment("PRV", "PE", "PXC", claim["rendering_taxonomy_code"])
    if claim["facility_npi"] is not None and claim["facility_id"] != claim["billing_facility_id"]:
        yield segment("NM1", "77", "2", clean(claim["facility_name"], 60), "", "", "", "", "XX", claim["facility_npi"])
        yield from _address(claim, "facility_", nine_digits=True)
    for number, line in enumerate(claim["lines"], 1):
        yield segment("LX", str(number))
        service = component("HC", line["code"], line["modifier"] or "")
        yield segment("SV1", service, amount(line["charge"]), "UN", str(line["units"]), "", "", line["pointers"])
        yield segment("DTP", "472", "D8", day(line["day"]))

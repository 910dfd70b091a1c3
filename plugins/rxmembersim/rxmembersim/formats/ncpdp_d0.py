"""NCPDP Telecommunication D.0: every pharmacy claim as its request (B1, B2, B3) and the processor's response.

A folder for each BIN holds `requests.d0` and `responses.d0`: a transmission of one transaction a line, line n of the one
answered by line n of the other, in the order they were sent.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

from healthsim_core.declarations import Document
from healthsim_core.export import Source
from healthsim_core.facts import read_csv
from healthsim_ncpdp import FIELDS, DoesNotFit, RequestHeader, ResponseHeader, segment, transmission
from rxmembersim.formats.reading import Report, Row, rows

_GENDER = {"M": 1, "F": 2}
_SERVICE = {"retail": 1, "long_term_care": 5, "mail": 6, "specialty": 8}
"""Pharmacy service type (147-U7) by type of pharmacy."""
_AT_HOME, _IN_NURSING_FACILITY = 1, 3
"""Patient residence (384-4X)."""
_DEDUCTIBLE, _INITIAL, _CATASTROPHIC = "01", "02", "04"
"""Part D benefit stages (393-MV)."""
_STATUS = {"B1": "PR", "B2": "AR", "B3": "PR"}
"""The responses (112-AN) there are to a transaction."""
_TOO_SOON = "79"
_KINDS = {"P": "paid", "R": "rejected", "A": "approved"}


def write(source: Source) -> Iterable[Document]:
    """Return two documents for each BIN: its requests and its responses."""
    for processor in rows(source, "ncpdp_d0_bins.sql"):
        report = Report()
        pieces = _requests(source, processor.bin, report)
        yield Document(f"{processor.bin}/requests.d0", pieces, lambda of=report: of.counts, report.notes)
        report = Report()
        pieces = _responses(source, processor.bin, report)
        yield Document(f"{processor.bin}/responses.d0", pieces, lambda of=report: of.counts, report.notes)


def _requests(source: Source, number: str, report: Report) -> Iterator[str]:
    for row in rows(source, "ncpdp_d0_claims.sql", number):
        try:
            request, _ = _exchange(row)
        except DoesNotFit as why:
            report.skip("claim", row.rx_claim_id, str(why))
        else:
            report.wrote(f"{row.transaction_code} request")
            yield request + "\n"
    if "pharmacies" not in source.tables:
        report.notes.append(
            f"{number}: no claim was written: the scenario has no pharmacies that send them (healthsim-networksim makes them)"
        )
    else:
        report.finish(f"{number}/requests.d0")


def _responses(source: Source, number: str, report: Report) -> Iterator[str]:
    for row in rows(source, "ncpdp_d0_claims.sql", number):
        try:
            _, response = _exchange(row)
        except DoesNotFit:
            continue  # said where its request was left out
        report.wrote(f"{row.transaction_code} {_KINDS[row.response_status]} response")
        yield response + "\n"


def _exchange(row: Row) -> tuple[str, str]:
    """Return a claim's request and response; DoesNotFit where it lacks something or a field has no room for it."""
    lacking = _lacking(row)
    if lacking:
        raise DoesNotFit(lacking)
    header = RequestHeader(row.bin, row.transaction_code, row.pcn or "", row.pharmacy_npi, row.service_date)
    answer = ResponseHeader(row.transaction_code, "A", row.pharmacy_npi, row.service_date)
    if row.transaction_code == "B2":
        request = transmission(header, [_card(row)], [_reversed_claim(row)])
        return request, transmission(answer, [], [_status(row), _claim_answered(row)])
    bill = [_claim(row), _pricing(row), _prescriber(row), _clinical(row)]
    request = transmission(header, [_insurance(row), _patient(row)], [one for one in bill if one])
    group = [_status(row), _claim_answered(row), _paid(row) if row.response_status == "P" else _review(row)]
    return request, transmission(answer, [_plan(row), _patient_answered(row)], [one for one in group if one])


def _lacking(row: Row) -> str | None:
    """Return what the standard requires and the claim does not have, or what contradicts itself."""
    if row.response_status not in _STATUS.get(row.transaction_code, ""):
        return f"there is no answer {row.response_status} to {row.transaction_code}"
    if not (row.bin.isascii() and row.bin.isdigit() and len(row.bin) == 6):
        return "its BIN is not of six digits"
    if not row.pharmacy_npi:
        return "its pharmacy has no NPI"
    if row.response_status == "R" and not row.reject_code:
        return "it was rejected without a reason"
    if row.transaction_code == "B2":
        return None
    if not row.birth_date:
        return "the patient has no date of birth"
    if row.response_status == "P":
        return _unbalanced(row)
    return None if row.filled or row.cost is not None else "no price of its drug is known"


def _unbalanced(row: Row) -> str | None:
    if not row.filled:
        return "it was paid, but its fill is not there"
    if row.ingredient_cost + row.dispensing_fee != row.patient_pay + row.plan_paid:
        return "cost and fee are not what patient and plan pay"
    if row.deductible + row.copay != row.patient_pay:
        return "deductible and copay are not what the patient pays"
    return None


def _insurance(row: Row) -> str:
    return segment(
        "04",
        ("C2", row.cardholder_id),
        ("CC", row.cardholder_given_name),
        ("CD", row.cardholder_family_name),
        ("C1", row.group_id),
        ("C3", row.person_code),
        ("C6", row.relationship_code),
    )


def _card(row: Row) -> str:
    """A reversal needs no more of the insurance than the card."""
    return segment("04", ("C2", row.cardholder_id), ("C1", row.group_id))


def _patient(row: Row) -> str:
    in_facility = row.pharmacy_type == "long_term_care"
    return segment(
        "01",
        ("C4", row.birth_date),
        ("C5", _GENDER.get(row.gender, 0)),
        ("CA", row.given_name),
        ("CB", row.family_name),
        ("CM", row.address_line),
        ("CN", row.city),
        ("CO", row.state),
        ("CP", row.zip_code),
        ("CQ", row.phone),
        ("C7", 1),  # 01: pharmacy, where the drug is handed over
        ("4X", _IN_NURSING_FACILITY if in_facility else _AT_HOME),
    )


def _claim(row: Row) -> str:
    return segment(
        "07",
        ("EM", "1"),  # the number is a prescription's
        ("D2", row.prescription_number),
        ("E1", "03"),  # the product is an NDC
        ("D7", row.ndc_code),
        ("E7", row.quantity),
        ("D3", row.fill_number),
        ("D5", row.days_supply),
        ("D6", 1),  # not a compound
        ("D8", row.daw_code),
        ("DE", row.written_date),
        ("DF", row.refill_count),
        ("DJ", 3 if row.ordered else 0),  # 3: it came electronically from the prescriber's order; 0: not known
        # A fill of a schedule II drug says what was prescribed, so that partial fills can be told.
        ("ET", row.quantity_prescribed if row.dea_schedule == "II" else None),
        ("28", row.unit),
        ("U7", _SERVICE.get(row.pharmacy_type, 99)),
    )


def _reversed_claim(row: Row) -> str:
    return segment(
        "07", ("EM", "1"), ("D2", row.prescription_number), ("E1", "03"), ("D7", row.ndc_code), ("D3", row.fill_number)
    )


def _pricing(row: Row) -> str:
    """The price as submitted: that of the fill, else the drug's typical cost without a fee, which only a fill has."""
    cost, fee = (row.ingredient_cost, row.dispensing_fee) if row.filled else (row.cost, None)
    due = cost + (fee or 0)
    # 05: the cost is what the pharmacy bought it for.
    return segment("11", ("D9", cost), ("DC", fee), ("DQ", due), ("DU", due), ("DN", "05"))


def _prescriber(row: Row) -> str:
    if not row.prescriber_npi:
        return ""
    return segment(
        "03",
        ("EZ", "01"),  # NPI
        ("DB", row.prescriber_npi),
        ("DR", row.prescriber_family_name),
        ("PM", row.prescriber_phone),
        ("2J", row.prescriber_given_name),
    )


def _clinical(row: Row) -> str:
    """The diagnosis, ICD-10-CM (02) without its point."""
    return segment("13", ("VE", 1), ("WE", "02"), ("DO", row.reason_code.replace(".", ""))) if row.reason_code else ""


def _plan(row: Row) -> str:
    plan = row.plan_code if len(row.plan_code or "") <= FIELDS["FO"].length else None
    return segment("25", ("C1", row.group_id), ("FO", plan), ("C2", row.cardholder_id))


def _patient_answered(row: Row) -> str:
    return segment("29", ("CA", row.given_name), ("CB", row.family_name), ("C4", row.birth_date))


def _status(row: Row) -> str:
    values = [("AN", row.response_status), ("F3", row.authorization_number)]
    if row.response_status == "R":
        message = _messages().get(row.reject_code)
        values += [("FA", 1), ("FB", row.reject_code)]
        values += [("UF", 1), ("UH", "01"), ("FQ", message)] if message else []
    return segment("21", *values)


@functools.cache
def _messages() -> dict[str, str]:
    return {one["reject_code"]: one["message"] for one in read_csv("rxmembersim.formats", "ncpdp_d0_rejects.csv")}


def _claim_answered(row: Row) -> str:
    return segment("22", ("EM", "1"), ("D2", row.prescription_number))


def _paid(row: Row) -> str:
    stages = _stages(row)
    return segment(
        "23",
        ("F5", row.patient_pay),
        ("F6", row.ingredient_cost),
        ("F7", row.dispensing_fee),
        ("F9", row.plan_paid),
        ("FM", 1),  # paid as submitted
        ("FH", row.deductible),
        ("FI", row.copay),
        ("MU", len(stages) or None),
        *(one for stage, amount in stages for one in (("MV", stage), ("MW", amount))),
    )


def _stages(row: Row) -> list[tuple[str, int]]:
    """Return a Part D fill's cost by benefit stage; none where it ended in another stage and how it divides is not known."""
    total = row.ingredient_cost + row.dispensing_fee
    if row.benefit_type != "Medicare Part D":
        return []
    if row.benefit_phase == "catastrophic":
        return [] if row.patient_pay else [(_CATASTROPHIC, total)]
    found = [(_DEDUCTIBLE, row.deductible), (_INITIAL, total - row.deductible)]
    return [(stage, amount) for stage, amount in found if amount]


def _review(row: Row) -> str:
    """A refill too soon (ER, early refill) is answered with the fill before it, by the processor's own review (4)."""
    if row.reject_code != _TOO_SOON or row.before_date is None:
        return ""
    return segment(
        "24",
        ("J6", 1),
        ("E4", "ER"),
        ("FS", "3"),  # minor
        ("FT", 1 if row.before_same_pharmacy else 3),
        ("FU", row.before_date),
        ("FV", row.before_quantity),
        ("FW", "4"),
        ("FX", 1 if row.before_same_prescriber else 2),
    )

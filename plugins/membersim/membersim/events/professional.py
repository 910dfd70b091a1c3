"""Professional claims: from a visit's services and diagnoses to an adjudicated claim with its lines."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Columns
from healthsim_core.events import Events, EventType, Field
from membersim.adjudication import Shares
from membersim.events import deciding
from membersim.reference import UNLISTED, benefit, fees

CHARGE_PERCENT = 240
"""What practices bill, in percent of the Medicare-like fee; about the national ratio of charges to allowed amounts."""
USUAL = "99213"


def outcomes(events: Events) -> dict[str, Array]:
    """Return the day of service of claims that nothing else dates."""
    given = events["service_time"]
    return {"service_time": np.where(np.isnat(given), events.time, given)}


def _priced(events: Events) -> dict[str, np.ndarray]:
    """Return owner, procedure, charge, allowed and what of it can cost the member, of every line."""
    owner, code = deciding.split(events["cpt_codes"], USUAL)
    known = fees()
    fee = code.lookup({name: one.fee for name, one in known.items()}, UNLISTED.fee, np.int64)
    preventive = code.lookup({name: one.preventive for name, one in known.items()}, False, bool)
    charge = (fee * CHARGE_PERCENT + 50) // 100
    allowed = np.minimum(charge, (fee * benefit(events["plan"], "fee_percent")[owner] + 50) // 100)
    allowed = np.where(events["denial"].codes[owner] >= 0, 0, allowed)
    return {
        "owner": owner,
        "code": code,
        "charge": charge,
        "allowed": allowed,
        "weight": np.where(preventive, 0, allowed),
    }


def settle(events: Events) -> dict[str, Array]:
    """Return the coverage that answers, why it is denied, and the amounts the year's balances are made of."""
    cover = deciding.cover(events, events["diagnosis_1"].codes >= 0)
    events.fields.update(cover)
    denial = deciding.deny(events, cover["covered"], events["service_time"])
    events.fields["denial"] = denial
    lines = _priced(events)
    allowed = deciding.total(lines["allowed"], lines["owner"], len(events))
    return {
        **cover,
        "denial": denial,
        "allowed": allowed,
        "free": allowed - deciding.total(lines["weight"], lines["owner"], len(events)),
        **deciding.benefits_of(cover["plan"], benefit(cover["plan"], "copay")),
    }


def handle(events: Events) -> dict[str, Columns]:
    """Return claims with lines, diagnoses, adjustments and remittances, adjudicated in the order of service."""
    shares = deciding.shares_of(events)
    told = np.flatnonzero(events["coverage"] >= 0)
    if not len(told):
        return {}
    events = events.select(told)
    shares = Shares(shares.deductible[told], shares.copay[told], shares.coinsurance[told])
    priced = _priced(events)
    owner, charge, allowed = priced["owner"], priced["charge"], priced["allowed"]
    lines, adjustments = deciding.line_rows(
        events, shares, owner, charge, allowed, priced["weight"], procedure_code=priced["code"]
    )
    facility = deciding.or_usual(events, "facility", "pcp_facility")
    claims = deciding.claim_rows(
        events,
        "professional",
        deciding.total(charge, owner, len(events)),
        events["allowed"],
        shares,
        encounter_id=events["encounter"],
        place_of_service_code=events["place_of_service_code"],
        billing_facility_id=facility,
        rendering_provider_id=deciding.or_usual(events, "provider", "pcp_provider"),
        facility_id=facility,
    )
    return {
        **claims,
        "claim_lines": lines,
        "claim_adjustments": adjustments,
        "claim_diagnoses": deciding.diagnosis_rows(events),
    }


CLAIM_PROFESSIONAL = EventType(
    "claim_professional",
    "membersim",
    "A practice bills a service and the payer decides.",
    (
        Field("encounter", "key", "The encounter it bills."),
        Field("service_time", "datetime", "When the service was rendered."),
        Field("diagnosis_1", "diagnosis", "The main diagnosis.", "Z00.00"),
        *(
            Field(f"diagnosis_{rank}", "code", f"Diagnosis of rank {rank}.")
            for rank in range(2, deciding.DIAGNOSES + 1)
        ),
        Field(
            "cpt_codes",
            "text",
            "The services, CPT or HCPCS numbers separated by commas.",
            USUAL,
            pattern=deciding.SERVICES,
        ),
        Field("place_of_service_code", "code", "CMS place of service.", "11"),
        Field("provider", "key", "Who rendered it."),
        Field("facility", "key", "Where, and who bills."),
    ),
    handle,
    outcomes,
    settle=settle,
    after=deciding.COVERAGE_EVENTS,
    writes=("claims", "claim_lines", "claim_diagnoses", "claim_adjustments", "remittances"),
)

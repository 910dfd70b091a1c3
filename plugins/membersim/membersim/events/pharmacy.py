"""Pharmacy claims: from a fill, or where nobody keeps fills from the order itself, to an adjudicated claim of one line."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns
from healthsim_core.events import Events, EventType, Field, match
from membersim.adjudication import Shares
from membersim.coverage import drug_cover
from membersim.events import deciding, denying
from membersim.events.contracted import network_status
from membersim.reference import benefit, drug_prices

DISPENSING_FEE = 200
USUAL_PERCENT = 125
"""What a pharmacy bills, in percent of what the contract allows."""
BY_MAIL_FROM = 84
"""Days' supply from which a drug comes by mail."""
SPECIALTY_FROM = 95_000
"""Cents a month from which a drug is a specialty drug: CMS's threshold of the specialty tier in Medicare Part D, 2025."""
MONTH = 30
CHEAP = 5_000
"""Drugs of up to so many cents cost the copay, dearer ones a share."""
UNLISTED_UNIT = 10_000
"""The cost of one unit of an unlisted drug, in hundredths of a cent."""


def outcomes(events: Events) -> dict[str, Array]:
    """Return the day of service, and the NDC of drugs known by their RxCUI alone."""
    given, ndc = events["service_time"], events["ndc_code"]
    usual = events["rxnorm_code"].recode({code: ndc for code, (ndc, _) in drug_prices().items()})
    return {
        "service_time": np.where(np.isnat(given), events.time, given),
        "ndc_code": ndc.where(ndc.codes >= 0, usual),
        # Pharmacy claims carry the reason as their only diagnosis.
        "diagnosis_1": events["reason"],
        **dict.fromkeys(deciding.DIAGNOSES[1:], Coded.constant(None, len(events))),
    }


def settle(events: Events) -> dict[str, Array]:
    """Return the coverage that answers for drugs and why a claim is denied."""
    cover = drug_cover(deciding.cover(events))
    return {**cover, "denial": denying.deny(events, cover["covered"], events["service_time"])}


def handle(events: Events) -> dict[str, Columns]:
    """Return claims of one line each; the fill's amounts where there is a fill, else our own price."""
    fills = events.rows("fills")
    told, place = _told(events, fills)
    if not len(told):
        return {}
    events = events.select(told)
    ndc = events["ndc_code"]
    allowed, shares = _costs(events, fills, place)
    pharmacy, prescriber = _parties(events, allowed)
    if fills is not None:
        filled = place >= 0
        pharmacy = np.where(filled, fills["pharmacy_id"][place], pharmacy)
        ndc = fills["ndc_code"][place].where(filled, ndc)
    paid = events["denial"].codes < 0
    charge = (allowed * USUAL_PERCENT + 50) // 100
    allowed = np.where(paid, allowed, 0)
    shares = Shares(*(np.where(paid, one, 0) for one in (shares.deductible, shares.copay, shares.coinsurance)))
    owner, flat = np.arange(len(events)), shares.copay
    units = np.maximum(np.ceil(np.nan_to_num(events["quantity"], nan=1)), 1).astype(np.int64)
    lines, adjustments = deciding.line_rows(
        events, shares, owner, charge, allowed, allowed - flat, flat, ndc_code=ndc, unit_count=units
    )
    claims = deciding.claim_rows(
        events,
        "pharmacy",
        charge,
        allowed,
        shares,
        billing_role=Coded.constant("pharmacy", len(events)),
        pharmacy_id=pharmacy,
        fill_id=np.where(place >= 0, events["fill"], -1),
        medication_order_id=events["order"],
        network_status=network_status(events, events["plan"], pharmacy=pharmacy),
        prescriber_id=prescriber,
    )
    return {
        **claims,
        "claim_lines": lines,
        "claim_adjustments": adjustments,
        "claim_diagnoses": deciding.diagnosis_rows(events),
    }


def _parties(events: Events, allowed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return who dispenses what no fill says, and who prescribes: specialty drugs a specialist, what is given first."""
    days = np.maximum(np.nan_to_num(events["days_supply"], nan=MONTH), 1)
    special = allowed * MONTH >= SPECIALTY_FROM * np.maximum(days, MONTH)
    pharmacy = np.full(len(events), -1, np.int64)
    for rows, name in ((special, "specialty_pharmacy"), (days >= BY_MAIL_FROM, "mail_pharmacy"), (True, "pharmacy")):
        if events.has_person(name):
            pharmacy = np.where(rows & (pharmacy < 0), events.person(name), pharmacy)
    usual = deciding.or_usual(events, "prescriber", "pcp_provider")
    return pharmacy, np.where(
        special, deciding.or_usual(events, "prescriber", "lead_specialist", "pcp_provider"), usual
    )


def _told(events: Events, fills: Columns | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of events that are claims, and of each one's fill, -1 for none."""
    place = np.full(len(events), -1, np.int64) if fills is None else match(events["fill"], fills["fill_id"])
    # A fill that nobody keeps (its product takes no part) or that was taken back is no claim; the order's own claim stands.
    dispensed = place >= 0
    if fills is not None and fills.length:
        dispensed &= ~fills["status"].isin(["reversed"])[place]
    told = np.flatnonzero((events["coverage"] >= 0) & ((events["fill"] < 0) | dispensed))
    return told, place[told]


def _costs(events: Events, fills: Columns | None, place: np.ndarray) -> tuple[np.ndarray, Shares]:
    """Return what is allowed and the member's shares: the fill's where there is one, else our own price's."""
    allowed, shares = _own_price(events)
    if fills is None or not fills.length:
        return allowed, shares
    filled = place >= 0
    copay, deductible = (fills[f"{name}_amount"][place] for name in ("copay", "deductible"))
    return np.where(filled, fills["total_amount"][place], allowed), Shares(
        np.where(filled, deductible, shares.deductible),
        np.where(filled, copay, shares.copay),
        np.where(filled, 0, shares.coinsurance),
    )


def owed(events: Events, fills: Columns | None) -> tuple[np.ndarray, np.ndarray]:
    """Return what members owe for each pharmacy claim and the deductible in it, 0 where there is none."""
    told, place = _told(events, fills)
    member, deductible = np.zeros((2, len(events)), np.int64)
    if len(told):
        claims = events.select(told)
        paid, shares = claims["denial"].codes < 0, _costs(claims, fills, place)[1]
        member[told] = np.where(paid, shares.member, 0)
        deductible[told] = np.where(paid, shares.deductible, 0)
    return member, deductible


def _own_price(events: Events) -> tuple[np.ndarray, Shares]:
    """Return what is allowed, and the member's copay or coinsurance, by the price of the drug."""
    unit = events["ndc_code"].lookup(dict(drug_prices().values()), UNLISTED_UNIT, np.int64)
    cost = np.rint(unit * np.nan_to_num(events["quantity"], nan=30) / 100).astype(np.int64)
    allowed = cost + DISPENSING_FEE
    cheap = allowed <= CHEAP
    copay = np.where(cheap, np.minimum(benefit(events["plan"], "rx_copay"), allowed), 0)
    percent = benefit(events["plan"], "rx_coinsurance_percent")
    coinsurance = np.where(cheap, 0, (allowed * percent + 50) // 100)
    return allowed, Shares(np.zeros(len(events), np.int64), copay, coinsurance)


CLAIM_PHARMACY = EventType(
    "claim_pharmacy",
    "membersim",
    "A pharmacy bills a drug and the payer decides.",
    (
        Field("fill", "key", "The fill it bills."),
        Field("order", "key", "The medication order it bills."),
        Field("drug", "code", "Which drug.", "metformin"),
        Field("quantity", "number", "How much, in billing units.", 60, pattern=deciding.POSITIVE),
        Field("days_supply", "number", "For how many days that lasts.", 30, pattern=deciding.POSITIVE),
        Field("reason", "diagnosis", "What it is for."),
        Field("prescriber", "key", "Who prescribed it."),
        Field("rxnorm_code", "code", "The drug's RxCUI.", "861007"),
        Field("ndc_code", "code", "The package's NDC; by the RxCUI where absent."),
        Field("service_time", "datetime", "When it was dispensed."),
    ),
    handle,
    outcomes,
    settle=settle,
    after=deciding.COVERAGE_EVENTS,
    posthumous=True,
    writes=("claims", "claim_lines", "claim_diagnoses", "claim_adjustments", "remittances"),
    reads=("fills",),
)

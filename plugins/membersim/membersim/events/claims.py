"""Professional claims: from a visit's services and diagnoses to an adjudicated claim with its lines."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns, stack
from healthsim_core.events import DAY, Events, EventType, Field, match
from membersim.adjudication import Benefits, adjudicate, spread
from membersim.reference import UNLISTED_FEE, fees, plans

CHARGE_PERCENT = 240
"""What practices bill, in percent of the Medicare-like fee; about the national ratio of charges to allowed amounts."""

DIAGNOSES = 4


def outcomes(events: Events) -> dict[str, Array]:
    """Return the day of service of claims that nothing else dates."""
    given = events["service_time"]
    return {"service_time": np.where(np.isnat(given), events.time, given)}


def handle(events: Events) -> dict[str, Columns]:
    """Return claims with lines and diagnoses, adjudicated in the order of service."""
    coverage = events.timeline("membersim.new_enrollment")
    found = match(events.entity, coverage.entity)
    covered = (
        (found >= 0) & (events["service_time"] >= coverage["start_date"][found]) & (events["diagnosis_1"].codes >= 0)
    )
    events, found = events.select(covered), found[covered]
    if not len(events):
        return {}
    owner, number, code = lines_of(events["cpt_codes"])
    fee = code.lookup({name: fee for name, (fee, _) in fees().items()}, UNLISTED_FEE, np.int64)
    preventive = code.lookup({name: free for name, (_, free) in fees().items()}, False, bool)
    plan = events.person("plan")

    def benefit(name: str) -> np.ndarray:
        return plan.lookup({key: getattr(one, name) for key, one in plans().items()}, 0, np.int64)

    charge = (fee * CHARGE_PERCENT + 50) // 100
    allowed = np.minimum(charge, (fee * benefit("fee_percent")[owner] + 50) // 100)
    claim_allowed = _sum(allowed, owner, len(events))
    day = events["service_time"].astype("datetime64[D]")
    shares = adjudicate(
        claim_allowed,
        _sum(np.where(preventive, allowed, 0), owner, len(events)),
        events.entity * 4096 + day.astype("datetime64[Y]").astype(np.int64),
        _place_in_time(events, day),
        Benefits(*(benefit(name) for name in ("deductible", "out_of_pocket_max", "copay", "coinsurance_percent"))),
    )
    weight = np.where(preventive, 0, allowed)
    line_member = spread(shares.member, weight, owner)
    claims = _claims(events, coverage.key[found], _sum(charge, owner, len(events)), claim_allowed, shares)
    lines = Columns(
        {
            "claim_id": events.key[owner],
            "line_number": number,
            "procedure_code": code,
            "modifier_code": Coded.constant(None, len(owner)),
            "service_date": events["service_time"][owner],
            "unit_count": np.ones(len(owner), np.int64),
            "diagnosis_pointers": _pointers(events)[owner],
            "charge_amount": charge,
            "allowed_amount": allowed,
            "paid_amount": allowed - line_member,
            "member_amount": line_member,
        }
    )
    return {"claims": claims, "claim_lines": lines, "claim_diagnoses": _diagnoses(events)}


def lines_of(codes: Coded) -> tuple[np.ndarray, np.ndarray, Coded]:
    """Return for every line its claim's position, its number from 1 and its procedure, from comma-separated services."""
    split = [[one.strip() for one in word.split(",") if one.strip()] for word in codes.words] + [["99213"]]
    words = list(dict.fromkeys(one for each in split for one in each))
    counts = np.array([len(each) for each in split])
    width = int(counts.max())
    table = np.array([[words.index(one) for one in each] + [-1] * (width - len(each)) for each in split], np.int32)
    count = counts[codes.codes]
    owner = np.repeat(np.arange(len(codes)), count)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    return owner, number + 1, Coded(table[codes.codes[owner], number], words)


def _sum(amounts: np.ndarray, owner: np.ndarray, count: int) -> np.ndarray:
    # Sums of cents stay far below 2**53, so the float detour of bincount is exact.
    return np.bincount(owner, weights=amounts, minlength=count).astype(np.int64)


def _place_in_time(events: Events, day: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(events.key, kind="stable"), kind="stable") + day.astype(np.int64) * (len(events) + 1)


def _pointers(events: Events) -> Coded:
    """Return which of the claim's diagnoses a line points to: all of them, at most four."""
    count = sum((events[f"diagnosis_{rank}"].codes >= 0).astype(np.int32) for rank in range(1, DIAGNOSES + 1))
    return Coded(count - 1, [":".join(str(rank) for rank in range(1, last + 1)) for last in range(1, DIAGNOSES + 1)])


def _diagnoses(events: Events) -> Columns:
    batches = []
    for rank in range(1, DIAGNOSES + 1):
        mine = events.select(events[f"diagnosis_{rank}"].codes >= 0)
        if len(mine):
            batches.append(
                Columns(
                    {
                        "claim_id": mine.key,
                        "rank": np.full(len(mine), rank, np.int64),
                        "code": mine[f"diagnosis_{rank}"],
                    }
                )
            )
    return stack(batches)


def _claims(events: Events, coverage: np.ndarray, charge: np.ndarray, allowed: np.ndarray, shares) -> Columns:
    n = len(events)
    submitted = np.maximum(events.time, events["service_time"])
    wait = 3 + np.floor(events.draw("adjudication") * 12).astype(np.int64)
    facility, provider = _or_usual(events, "facility", "pcp_facility"), _or_usual(events, "provider", "pcp_provider")
    return Columns(
        {
            "claim_id": events.key,
            "member_id": events.entity,
            "coverage_id": coverage,
            "encounter_id": events["encounter"],
            "claim_type": Coded.constant("professional", n),
            "place_of_service_code": events["place_of_service_code"],
            "billing_facility_id": facility,
            "rendering_provider_id": provider,
            "facility_id": facility,
            "frequency_code": Coded.constant("1", n),
            "service_date": events["service_time"],
            "service_end_date": events["service_time"],
            "submitted_date": submitted,
            "adjudicated_date": submitted + wait * DAY,
            "status": Coded.constant("paid", n),
            "charge_amount": charge,
            "allowed_amount": allowed,
            "paid_amount": allowed - shares.member,
            "member_amount": shares.member,
            "deductible_amount": shares.deductible,
            "copay_amount": shares.copay,
            "coinsurance_amount": shares.coinsurance,
        }
    )


def _or_usual(events: Events, field: str, usual: str) -> np.ndarray:
    """Return a key the event carries, or the person's usual one."""
    given = events[field]
    return np.where(given >= 0, given, events.person(usual)) if events.has_person(usual) else given


CLAIM_PROFESSIONAL = EventType(
    "claim_professional",
    "membersim",
    "A practice bills a service and the payer decides.",
    (
        Field("encounter", "key", "The encounter it bills."),
        Field("service_time", "datetime", "When the service was rendered."),
        Field("diagnosis_1", "diagnosis", "The main diagnosis.", "Z00.00"),
        *(Field(f"diagnosis_{rank}", "code", f"Diagnosis of rank {rank}.") for rank in range(2, DIAGNOSES + 1)),
        Field("cpt_codes", "text", "The services, CPT or HCPCS numbers separated by commas.", "99213"),
        Field("place_of_service_code", "code", "CMS place of service.", "11"),
        Field("provider", "key", "Who rendered it."),
        Field("facility", "key", "Where, and who bills."),
    ),
    handle,
    outcomes,
    writes=("claims", "claim_lines", "claim_diagnoses"),
)

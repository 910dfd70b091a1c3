"""What all claims share: which coverage answers, what is denied, who owes what, and the rows that tell of it."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns, stack
from healthsim_core.events import DAY, Events, Field
from membersim.adjudication import Shares, before, spread
from membersim.coverage import ENROLLMENT, NEVER, PLAN_CHANGE, TERMINATION, after_death, periods
from membersim.reference import benefit, denials, of_plan

DIAGNOSES = tuple(f"diagnosis_{rank}" for rank in range(1, 13))
"""The fields of a claim's diagnoses by rank: as many as a professional claim has room for."""
POINTERS = 4
"""Diagnoses a line points to at most."""
SERVICES = r"[0-9A-Z]{5}(,[0-9A-Z]{5})*"
"""Services as journeys give them."""
WHOLE = r"[0-9]+(\.0)?"
POSITIVE = r"(?!0+(\.0*)?$)[0-9]+(\.[0-9]+)?"
"""Numbers from 0, and above 0, as journeys give them."""
CHECKS = 19
"""One payee in so many, by its number, is paid by check, the others by transfer; a prime, as numbers go by hundreds."""
COVERAGE_EVENTS = (ENROLLMENT, PLAN_CHANGE, TERMINATION)


LIMITS = ("deductible", "out_of_pocket_max", "coinsurance_percent", "family_deductible", "family_out_of_pocket_max")
"""The numbers of a plan that decide what a member owes, beside the copay."""


def cover(events: Events, complete: np.ndarray | None = None) -> dict[str, Array]:
    """Return for each claim the coverage that answers for its day of service and its plan; none where it is not `complete`."""
    found = periods(events)
    none = np.full(len(events), -1, np.int64)
    if found is None:
        blank = Coded.constant(None, len(events))
        return {"coverage": none, "plan": blank, "covered": np.full(len(events), NEVER)}
    place, state = found.find(events.entity, events["service_time"])
    # Nothing is done to the dead, so nothing is billed for a day after death.
    place = np.where(after_death(events, events["service_time"]), -1, place)
    if complete is not None:
        place = np.where(complete, place, -1)
    plan = Coded(np.where(place >= 0, found.plan.codes[place], -1), found.plan.words)
    return {"coverage": np.where(place >= 0, found.key[place], -1), "plan": plan, "covered": state}


def benefits_of(plan: Coded, copay: np.ndarray, outside: np.ndarray) -> dict[str, np.ndarray]:
    """Return the columns that `shares_of` reads besides the amounts; `outside` costs more coinsurance by choice."""
    found = {"copay": copay, **{name: benefit(plan, name) for name in LIMITS}}
    more = np.where(outside, benefit(plan, "outside_percent"), 0)
    return {**found, "coinsurance_percent": found["coinsurance_percent"] + more}


def total(amounts: np.ndarray, owner: np.ndarray, count: int) -> np.ndarray:
    """Return the sum of each owner's amounts, in cents."""
    # Sums of cents stay far below 2**53, so the float detour of bincount is exact.
    return np.bincount(owner, weights=amounts, minlength=count).astype(np.int64)


def line_rows(
    events: Events,
    shares: Shares,
    owner: np.ndarray,
    charge: np.ndarray,
    allowed: np.ndarray,
    weight: np.ndarray,
    flat: np.ndarray,
    **columns: Array,
) -> tuple[Columns, Columns]:
    """Return the lines and their adjustments; `owner` is each line's claim.

    `flat` is the part of a line that the claim's copay settles, `weight` the part that deductible and coinsurance are of.
    """
    n = len(owner)
    number = np.arange(n) - np.searchsorted(owner, owner) + 1
    copay = spread(shares.copay, flat, owner)
    rest = spread(shares.deductible + shares.coinsurance, weight, owner)
    member = copay + rest
    blank = Coded.constant(None, n)
    lines = Columns(
        {
            "claim_id": events.key[owner],
            "line_number": number,
            **dict.fromkeys(("procedure_code", "revenue_code", "ndc_code", "modifier_code"), blank),
            "service_date": events["service_time"][owner],
            "unit_count": np.ones(n, np.int64),
            "diagnosis_pointers": pointers(events)[owner],
            "charge_amount": charge,
            "allowed_amount": allowed,
            "paid_amount": allowed - member,
            "member_amount": member,
            **columns,
        }
    )
    return lines, _adjustments(events, shares, owner, number, charge, allowed, copay, rest)


def _adjustments(events, shares, owner, number, charge, allowed, copay, rest) -> Columns:
    """Return why each line is not paid as charged; a claim's deductible and coinsurance are used up line by line."""
    denial = events["denial"][owner]
    low = before(rest, owner)
    high = low + rest
    reasons = denial.recode({str(place): one.reason for place, one in enumerate(denials())})
    remarks = denial.recode({str(place): one.remark for place, one in enumerate(denials())})
    denied = denial.codes >= 0
    blank = Coded.constant(None, len(owner))
    kinds = [
        ("CO", reasons, remarks, np.where(denied, charge, 0)),
        ("CO", Coded.constant("45", len(owner)), blank, np.where(denied, 0, charge - allowed)),
    ]
    first = np.clip(np.minimum(high, shares.deductible[owner]) - low, 0, None)
    for reason, part in (("3", copay), ("1", first), ("2", rest - first)):
        kinds.append(("PR", Coded.constant(reason, len(owner)), blank, part))
    batches = []
    for group, reason, remark, amount in kinds:
        rows = np.flatnonzero(amount > 0)
        batches.append(
            Columns(
                {
                    "claim_id": events.key[owner[rows]],
                    "line_number": number[rows],
                    "group_code": Coded.constant(group, len(rows)),
                    "reason_code": reason[rows],
                    "remark_code": remark[rows],
                    "amount": amount[rows],
                }
            )
        )
    return stack(batches)


def pointers(events: Events) -> Coded:
    """Return which of the claim's diagnoses a line points to: the first ones."""
    count = sum((events[name].codes >= 0).astype(np.int32) for name in DIAGNOSES[:POINTERS])
    words = [":".join(str(rank) for rank in range(1, last + 1)) for last in range(1, POINTERS + 1)]
    return Coded(np.maximum(count - 1, 0), words)


def other_diagnoses() -> tuple[Field, ...]:
    """Return the fields of all diagnoses but the first."""
    return tuple(Field(name, "code", f"Diagnosis of rank {rank}.") for rank, name in enumerate(DIAGNOSES[1:], 2))


def diagnosis_rows(events: Events, presence: dict[str, Coded] | None = None) -> Columns:
    """Return the claims' diagnoses by rank; `presence` has the indicator for each field."""
    batches = []
    for rank, name in enumerate(DIAGNOSES, 1):
        rows = np.flatnonzero(events[name].codes >= 0)
        batches.append(
            Columns(
                {
                    "claim_id": events.key[rows],
                    "rank": np.full(len(rows), rank, np.int64),
                    "code": events[name][rows],
                    "present_on_admission_code": presence[name][rows] if presence else Coded.constant(None, len(rows)),
                }
            )
        )
    return stack(batches)


def claim_rows(events: Events, kind: str, charge: np.ndarray, allowed: np.ndarray, shares: Shares, **columns: Array):
    """Return claims and their remittances; `columns` are those that the kind of claim has."""
    n = len(events)
    blank, none = Coded.constant(None, n), np.full(n, -1, np.int64)
    end = events.fields.get("end_time", events["service_time"])
    submitted = np.maximum(events.time, end)
    decided = submitted + (3 + np.floor(events.draw("adjudication") * 12).astype(np.int64)) * DAY
    denied = events["denial"].codes >= 0
    claims = Columns(
        {
            "claim_id": events.key,
            "member_id": events.entity,
            "coverage_id": events["coverage"],
            "encounter_id": none,
            "claim_type": Coded.constant(kind, n),
            **dict.fromkeys(_KEYS, none),
            **dict.fromkeys(_CODES, blank),
            "admission_datetime": np.full(n, np.datetime64("NaT", "s")),
            "frequency_code": Coded.constant("1", n),
            "service_date": events["service_time"],
            "service_end_date": end,
            "submitted_date": submitted,
            "adjudicated_date": decided,
            "status": Coded(denied.astype(np.int32), ("paid", "denied")),
            "charge_amount": charge,
            "allowed_amount": allowed,
            "paid_amount": allowed - shares.member,
            "member_amount": shares.member,
            "deductible_amount": shares.deductible,
            "copay_amount": shares.copay,
            "coinsurance_amount": shares.coinsurance,
            **columns,
        }
    )
    return {"claims": claims, "remittances": remittance_rows(events, claims, decided)}


_KEYS = (
    "billing_facility_id",
    "rendering_provider_id",
    "facility_id",
    "pharmacy_id",
    "fill_id",
    "medication_order_id",
    "prescriber_id",
    "referring_provider_id",
)
_CODES = (
    "billing_role",
    "network_status",
    "place_of_service_code",
    "bill_type_code",
    "drg_code",
    "admission_type_code",
    "admission_source_code",
    "discharge_status_code",
)


def remittance_rows(events: Events, claims: Columns, decided: np.ndarray) -> Columns:
    """Return one remittance a claim; payers pay on Fridays."""
    day = decided.astype("datetime64[D]").astype(np.int64)
    # Day 0, the first of January 1970, was a Thursday.
    friday = (day + (1 - day) % 7).astype("datetime64[D]").astype("datetime64[s]")
    paid = claims["paid_amount"]
    payee = np.maximum(claims["billing_facility_id"], claims["pharmacy_id"])
    method = np.where(paid > 0, np.where(payee % CHECKS == 1, 1, 0), 2)
    return Columns(
        {
            "remittance_id": events.key,
            "claim_id": events.key,
            "payer_id": of_plan(events["plan"], "payer_id"),
            # Whoever is known to the payer is processed as primary, a denial too; 4 is for strangers (X12 RFI 1423).
            "claim_status_code": Coded.constant("1", len(events.key)),
            "payment_date": friday,
            "payment_method_code": Coded(method, ("ACH", "CHK", "NON")),
            "paid_amount": paid,
            "payer_control_number": events.key,
        }
    )


def or_usual(events: Events, field: str, *usual: str) -> np.ndarray:
    """Return a key the event carries, or the first of the person's usual ones that is known."""
    found = events[field]
    for name in usual:
        found = np.where(found >= 0, found, events.person(name)) if events.has_person(name) else found
    return found


def words_of(codes: Coded, default: str) -> list[list[str]]:
    """Return the services of each word of comma-separated codes, and of nothing (last): the default."""
    return [[one.strip() for one in word.split(",") if one.strip()] or [default] for word in codes.words] + [[default]]


def split(codes: Coded, default: str) -> tuple[np.ndarray, Coded]:
    """Return for every line its claim's position and its procedure, from comma-separated services."""
    lists = words_of(codes, default)
    words = list(dict.fromkeys(one for each in lists for one in each))
    counts = np.array([len(each) for each in lists])
    width = int(counts.max())
    table = np.array([[words.index(one) for one in each] + [-1] * (width - len(each)) for each in lists], np.int32)
    count = counts[codes.codes]
    owner = np.repeat(np.arange(len(codes)), count)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    return owner, Coded(table[codes.codes[owner], place], words)

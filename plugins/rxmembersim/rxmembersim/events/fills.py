"""Fills and refills: attempts to dispense, each with its claim; what is paid is dispensed."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns
from healthsim_core.events import Events, EventType, Field, match
from rxmembersim import coverage
from rxmembersim.attempts import attempts_of, benefit, decide, decide_with_reversals, needing_approval, outcome, settled
from rxmembersim.dispensing import fill_rows, prescription_rows
from rxmembersim.events.fields import ANY_DRUG, DRUG, FROM_SKILL, PRESCRIBED, SEVERITY
from rxmembersim.habits import forgone, long_supply
from rxmembersim.prescriptions import day_of, entries, facts, of_fills, of_refills, written

SETTLED = (
    Field("prescription", "key", "The prescription it fills; settled."),
    Field("fill_number", "number", "0 for the first fill; settled."),
    Field(
        "status",
        "code",
        "paid, rejected, stopped (the therapy has ended), waiting (no first fill yet), needless or forgone; settled.",
    ),
    Field("size", "number", "How many of the prescription's supplies it takes at once; settled."),
    Field("reject_code", "code", "Why it was rejected, an NCPDP reject code; settled."),
    Field("ndc_code", "code", "What is dispensed; settled."),
    Field("rxnorm_code", "code", "The clinical drug; settled."),
)
BEFORE = (
    "patientsim.medication_order",
    "rxmembersim.new_rx",
    "rxmembersim.therapy_change",
    "rxmembersim.therapy_discontinue",
    "rxmembersim.reversal",
    *coverage.BEFORE,
)


def settle_fills(events: Events) -> dict[str, Array]:
    """Return which prescription each fill belongs to and whether it is paid."""
    known = written(events)
    key = of_fills(events, known)
    told = _dispensed(events, _as_given(events, facts(events, key, known)))
    attempts = attempts_of(events, key, told, np.zeros(len(events), bool))
    first = needing_approval(events, told["drug"], (attempts.status < 0) & (attempts.reject == 0), None)
    attempts.reject[first] = 75
    return outcome(events, told, key, decide(attempts))


def settle_refills(events: Events) -> dict[str, Array]:
    """Return which prescription each refill belongs to and whether it is paid, after the fills of it."""
    known, fills = written(events), events.timeline("rxmembersim.fill")
    key = of_refills(events, known, fills)
    told = _dispensed(events, _as_given(events, _with_fills(facts(events, key, known), key, fills, known)))
    waiting = np.zeros(len(events), bool)
    if fills is not None:
        # Fills are settled before refills: one no later than a fill of its prescription would upset their numbers.
        order = np.lexsort((-fills.time.astype(np.int64), fills["prescription"]))
        keys, place = np.unique(fills["prescription"][order], return_index=True)
        found = match(key, keys)
        waiting = (found >= 0) & (day_of(events.time) <= day_of(fills.time)[order][place][np.maximum(found, 0)])
    attempts = attempts_of(events, key, told, waiting, forgone(events) & ~events["again"])
    first = needing_approval(events, told["drug"], (attempts.status < 0) & (attempts.reject == 0), fills)
    attempts.reject[first] = 75
    mine, entity, time = len(attempts.key), events.entity, events.time
    if fills is not None:
        attempts = attempts.joined(settled(fills, events))
        entity, time = np.concatenate([entity, fills.entity]), np.concatenate([time, fills.time])
    decided = decide_with_reversals(attempts, Columns({"entity": entity, "time": time}), events)
    return outcome(events, told, key, tuple(one[:mine] for one in decided))


def _as_given(events: Events, told: Columns) -> Columns:
    """Return what prescriptions say, with the amounts that a journey gives for the fill itself."""
    given = {name: events[name] for name in ("quantity", "days_supply")}
    return told.adding(**{name: np.where(np.isnan(one), told[name], one) for name, one in given.items()})


def _dispensed(events: Events, told: Columns) -> Columns:
    """Return what prescriptions say, with the amounts that are dispensed where people take several supplies at a time."""
    size = long_supply(events, benefit(events), told)
    return told.adding(size=size, **{name: told[name] * size for name in ("quantity", "days_supply")})


def _with_fills(told: Columns, key: np.ndarray, fills: Events | None, known: Columns) -> Columns:
    """Return what prescriptions say, from the fill that brought them where no order or new prescription did."""
    if fills is None:
        return told
    place = match(key, fills.key)
    lone = (place >= 0) & (match(key, known["key"]) < 0)
    at = np.maximum(place, 0)
    brought = entries(fills, fills["prescription"])
    columns = {}
    for name in told:
        theirs = brought[name][at]
        own = told[name]
        columns[name] = theirs.where(lone, own) if isinstance(own, Coded) else np.where(lone, theirs, own)
    return Columns(columns)


def handle(events: Events) -> dict[str, Columns]:
    """Return the fills, the claims for them and for what was rejected, and the prescriptions nobody else wrote."""
    sent = events.select(events["status"].isin(("paid", "rejected")))
    if not len(sent):
        return {}
    made = {"rx_claims": claim_rows(sent), "fills": fill_rows(sent), "prescriptions": _prescriptions(events, sent)}
    return {table: rows for table, rows in made.items() if rows.length}


def claim_rows(sent: Events) -> Columns:
    """Return the billings of attempts with the processor's answer."""
    paid = sent["status"].isin(("paid",))
    day = day_of(sent.time)
    return Columns(
        {
            "rx_claim_id": sent.sub_key(0),
            "rx_member_id": sent.entity,
            "prescription_id": sent["prescription"],
            "fill_id": np.where(paid, sent.key, -1),
            "transaction_code": Coded.constant("B1", len(sent)),
            "fill_number": sent["fill_number"].astype(np.int64),
            "service_date": day,
            "transaction_date": day,
            "response_status": Coded(np.where(paid, 0, 1), ("P", "R")),
            "reject_code": sent["reject_code"],
            "authorization_number": sent.key,
        }
    )


def _prescriptions(events: Events, sent: Events) -> Columns:
    """Return the prescriptions that come with these events: one for the first of each that nothing else writes."""
    new, fills = events.timeline("rxmembersim.new_rx"), events.timeline("rxmembersim.fill")
    taken = [new.key] if new is not None else []
    if events.event_type != "rxmembersim.fill" and fills is not None:
        taken.append(fills["prescription"][fills["status"].isin(("paid", "rejected"))])
    order = np.lexsort((sent.key, sent.time, sent["prescription"]))
    _, first = np.unique(sent["prescription"][order], return_index=True)
    chosen = np.sort(order[first])
    if taken:
        chosen = chosen[match(sent["prescription"][chosen], np.concatenate(taken)) < 0]
    lone = sent.select(chosen)
    return prescription_rows(lone, facts(lone, lone["prescription"], written(lone)))


FILL = EventType(
    "fill",
    "rxmembersim",
    "A pharmacy fills a prescription, or tries to: the claim may be rejected.",
    (
        Field("order", "key", "The medication order it fills."),
        Field("new_rx", "key", "The new prescription it fills."),
        DRUG,
        *PRESCRIBED,
        SEVERITY,
        *SETTLED,
    ),
    handle,
    skill=FROM_SKILL,
    writes=("fills", "rx_claims", "prescriptions"),
    settle=settle_fills,
    after=BEFORE,
)
REFILL = EventType(
    "refill",
    "rxmembersim",
    "A prescription is filled again, or for the first time where it was not yet.",
    (
        ANY_DRUG,
        *PRESCRIBED,
        SEVERITY,
        Field(
            "again", "boolean", "Whether it only sends a rejected claim again; nothing where a fill was paid.", False
        ),
        *SETTLED,
    ),
    handle,
    skill=FROM_SKILL,
    writes=("fills", "rx_claims", "prescriptions"),
    settle=settle_refills,
    after=(*BEFORE, "rxmembersim.fill"),
)

"""What was dispensed: every paid fill of a span, priced over each person's year."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Coded, Columns, stack
from healthsim_core.draws import SLOTS
from healthsim_core.events import Events, match
from rxmembersim.attempts import benefit
from rxmembersim.benefits import MONTH, Bills, plan_fact, share_costs
from rxmembersim.habits import long_supply
from rxmembersim.prescriptions import day_of, is_stopped, latest_before
from rxmembersim.reference import INSTITUTION, SPECIALTY, drugs, fact_of, numbers_of, prescribing_specialties, word_of

BY_MAIL_FROM = 84
"""Days' supply from which a fill comes by mail to those who want it so."""
FOREVER = np.datetime64("2200-01-01", "s")


def paid_fills(events: Events) -> Columns:
    """Return the paid fills and refills of the span, and the fills that lone reversals bring along."""
    found = []
    for kind in ("fill", "refill"):
        done = events.timeline(f"rxmembersim.{kind}")
        if done is not None:
            done = done.select(done["status"].isin(("paid",)))
            found.append(_fills(done, done["prescription"], done["fill_number"].astype(np.int64)))
    taken = events.timeline("rxmembersim.reversal")
    if taken is not None:
        alone = taken.select(reversed_fill(taken, events) == taken.key)
        found.append(_fills(alone, alone.key, np.zeros(len(alone), np.int64)))
    return stack(found)


def _fills(events: Events, prescription: np.ndarray, number: np.ndarray) -> Columns:
    drug = numbers_of(events["drug"])
    return Columns(
        {
            "key": events.key,
            "entity": events.entity,
            "prescription": prescription,
            "number": number,
            "drug": drug,
            "quantity": events["quantity"],
            "days_supply": events["days_supply"],
            "time": day_of(events.time),
            "pharmacy": pharmacy(events, drug, events["days_supply"]),
            "plan": benefit(events),
        }
    )


def pharmacy(events: Events, drug: np.ndarray, days_supply: np.ndarray) -> np.ndarray:
    """Return who dispenses: a specialty pharmacy specialty drugs, a mail pharmacy long supplies, else the usual one."""
    chosen = usual_pharmacy(events)
    mail, special = _person_key(events, "mail_pharmacy"), _person_key(events, "specialty_pharmacy")
    wanted = events.person("rx_by_mail") if events.has_person("rx_by_mail") else np.ones(len(events), bool)
    chosen = np.where((days_supply >= BY_MAIL_FROM) & (mail >= 0) & wanted, mail, chosen)
    specialty = fact_of(drug, "tier", 0, np.int64) == SPECIALTY
    return np.where(specialty & (special >= 0), special, chosen)


def usual_pharmacy(events: Events) -> np.ndarray:
    """Return each person's usual pharmacy: of people in institutions the one that delivers there, of others a retail one."""
    chosen, delivers = _person_key(events, "pharmacy"), _person_key(events, "long_term_care_pharmacy")
    return np.where(benefit(events).isin({INSTITUTION}) & (delivers >= 0), delivers, chosen)


def prescriber(events: Events, given: np.ndarray, drug: np.ndarray) -> np.ndarray:
    """Return who prescribes: the one given, else of specialty drugs a specialist, of the drug or the person, else primary care."""
    chosen = given
    special = fact_of(drug, "tier", 0, np.int64) == SPECIALTY
    for drug_class, specialties in prescribing_specialties().items():
        mine = special & word_of(drug, "drug_class").isin([drug_class])
        for specialty in specialties:
            chosen = np.where(mine & (chosen < 0), _person_key(events, f"specialist.{specialty}"), chosen)
    chosen = np.where(special & (chosen < 0), _person_key(events, "lead_specialist"), chosen)
    return np.where(chosen >= 0, chosen, _person_key(events, "pcp_provider"))


def _person_key(events: Events, name: str) -> np.ndarray:
    return events.person(name) if events.has_person(name) else np.full(len(events), -1, np.int64)


def reversed_fill(reversals: Events, beside: Events) -> np.ndarray:
    """Return the key of the fill each reversal takes back: its own where nothing was before, -1 where nothing is left to.

    `beside` are the events being handled, which see the others. It is the fill a reversal follows from, else the person's latest paid one; of two reversals of a fill the first one counts.
    """
    done = [beside.timeline(f"rxmembersim.{kind}") for kind in ("fill", "refill")]
    done = [one for one in done if one is not None]
    paid = [one.select(one["status"].isin(("paid",))) for one in done]
    every = np.concatenate([one.key for one in done] or [np.empty(0, np.int64)])
    keys = np.concatenate([one.key for one in paid] or [np.empty(0, np.int64)])
    people = np.concatenate([one.entity for one in paid] or [np.empty(0, np.int64)])
    times = np.concatenate([one.time for one in paid] or [np.empty(0, "datetime64[s]")])
    direct = match(reversals.source, every) >= 0
    place = match(reversals.source, keys)
    latest = latest_before(reversals.entity, reversals.time, people, times)
    place = np.where(direct, place, latest)
    found = np.where(place >= 0, keys[np.maximum(place, 0)] if len(keys) else -1, np.where(direct, -1, reversals.key))
    order = np.lexsort((reversals.key, reversals.time, ~direct))
    _, first = np.unique(found[order], return_index=True)
    counts = np.zeros(len(found), bool)
    counts[order[first]] = True
    return np.where(counts, found, -1)


def dispensed(events: Events) -> Columns:
    """Return the paid fills of the span with what they cost; money in cents."""
    fills = paid_fills(events)
    taken = events.timeline("rxmembersim.reversal")
    none = np.zeros(fills.length, bool)
    back = match(fills["key"], reversed_fill(taken, events)) >= 0 if taken is not None else none
    drug = fills["drug"]
    ingredient = np.rint(fills["quantity"] * fact_of(drug, "unit_cost", 0, float) * 100).astype(np.int64)
    fee = plan_fact(fills["plan"], "dispensing_fee")
    year = fills["time"].astype("datetime64[Y]").astype(np.int64)
    insulins = [number for number, one in enumerate(drugs().values()) if one.drug_class == "insulin"]
    costs = share_costs(
        Bills(
            ingredient + fee,
            fact_of(drug, "tier", 1, np.int64),
            np.isin(np.arange(len(drugs()) + 1), insulins)[drug],
            np.maximum(np.ceil(fills["days_supply"] / MONTH).astype(np.int64), 1),
            ~back,
            fills["entity"] * 4096 + year,
            np.argsort(np.lexsort((fills["key"], fills["time"])), kind="stable"),
            fills["plan"],
            year + 1970,
            fills["entity"] // SLOTS * 4096 + year,
        )
    )
    return fills.adding(
        back=back,
        ingredient=ingredient,
        fee=fee,
        total=costs.total,
        deductible=costs.deductible,
        copay=costs.copay,
        patient=costs.patient,
        paid=costs.plan,
        phase=costs.phase,
    )


def fill_rows(events: Events) -> Columns:
    """Return the rows of `fills` that some events of the span make."""
    # Fills and refills share their person's year: both handlers need the costs of all.
    fills = events.once("rxmembersim.dispensed", lambda: dispensed(events))
    fills = fills.take(match(fills["key"], events.key) >= 0)
    return Columns(
        {
            "fill_id": fills["key"],
            "prescription_id": fills["prescription"],
            "rx_member_id": fills["entity"],
            "fill_number": fills["number"],
            "fill_date": fills["time"],
            "ndc_code": word_of(fills["drug"], "ndc_code"),
            "quantity": fills["quantity"],
            "days_supply": fills["days_supply"].astype(np.int64),
            "pharmacy_id": fills["pharmacy"],
            "status": Coded(fills["back"].astype(np.int32), ("dispensed", "reversed")),
            "ingredient_cost_amount": fills["ingredient"],
            "dispensing_fee_amount": fills["fee"],
            "total_amount": fills["total"],
            "deductible_amount": fills["deductible"],
            "copay_amount": fills["copay"],
            "patient_pay_amount": fills["patient"],
            "plan_paid_amount": fills["paid"],
            "benefit_phase": fills["phase"],
        }
    )


def prescription_rows(events: Events, book: Columns) -> Columns:
    """Return the rows of `prescriptions` for prescriptions of the events' persons, one event each."""
    used = _uses(events, book["key"])
    size = long_supply(events, benefit(events), book)
    stopped = is_stopped(events, book["drug"], np.full(len(events), FOREVER), book["written"])
    status = np.where(stopped, 2, np.where(used > book["refills"], 1, 0))
    return Columns(
        {
            "prescription_id": book["key"],
            "rx_member_id": book["entity"],
            "medication_order_id": book["order"],
            "prescription_number": book["key"] + 1_000_000,
            "ndc_code": word_of(book["drug"], "ndc_code"),
            "rxnorm_code": word_of(book["drug"], "rxnorm_code"),
            "description": word_of(book["drug"], "label"),
            "quantity": book["quantity"],
            "days_supply": book["days_supply"].astype(np.int64),
            "refill_count": book["refills"].astype(np.int64),
            "daw_code": Coded.constant("0", book.length),
            "reason_code": book["reason"],
            "written_date": book["written"],
            "status": Coded(status, ("active", "completed", "stopped")),
            "prescriber_id": prescriber(events, book["prescriber"], book["drug"]),
            "pharmacy_id": pharmacy(events, book["drug"], book["days_supply"] * size),
        }
    )


def _uses(events: Events, prescription: np.ndarray) -> np.ndarray:
    """Return how many supplies of each prescription were dispensed; what was taken back does not count."""
    used = np.zeros(len(prescription), np.int64)
    taken = events.timeline("rxmembersim.reversal")
    back = reversed_fill(taken, events) if taken is not None else np.empty(0, np.int64)
    for kind in ("fill", "refill"):
        done = events.timeline(f"rxmembersim.{kind}")
        if done is None:
            continue
        kept = done["status"].isin(("paid",)) & (match(done.key, back) < 0)
        if kept.any():
            keys, place = np.unique(done["prescription"][kept], return_inverse=True)
            counts = np.bincount(place, weights=done["size"][kept]).astype(np.int64)
            place = match(prescription, keys)
            used += np.where(place >= 0, counts[np.maximum(place, 0)], 0)
    return used

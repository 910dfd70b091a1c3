"""Alerts about adherence: a gap in the supply, or a possession ratio below a threshold."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns
from healthsim_core.events import Events, EventType, Field, match
from rxmembersim.adherence import supply_before
from rxmembersim.events.fields import ANY_DRUG, DRUG
from rxmembersim.prescriptions import day_of, latest_before
from rxmembersim.reference import numbers_of, words_of

FILLED = ("rxmembersim.refill", "rxmembersim.fill", "rxmembersim.new_rx")


def settle(events: Events) -> dict[str, Array]:
    """Return the drug an alert is about: that of the event it follows from, else of the person's latest fill."""
    drug = numbers_of(events["drug"])
    for kind in (*FILLED, "rxmembersim.therapy_start", "rxmembersim.therapy_change", "patientsim.medication_order"):
        there = events.timeline(kind)
        if there is None:
            continue
        place = match(events.source, there.key)
        if kind in FILLED:
            latest = latest_before(events.entity, events.time, there.entity, there.time)
            place = np.where((place < 0) & (events.source < 0), latest, place)
        theirs = numbers_of(there["drug"])[np.maximum(place, 0)] if len(there) else drug
        drug = np.where((drug < 0) & (place >= 0), theirs, drug)
    usual = numbers_of(Coded.constant(DRUG.default, len(events)))
    return {"drug": words_of(np.where(drug >= 0, drug, usual))}


def handle_gap(events: Events) -> dict[str, Columns]:
    """Return alerts of gaps; none where the supply still lasts and the journey gives no gap itself."""
    known, gap, mpr = supply_before(events, numbers_of(events["drug"]))
    given = ~np.isnan(events["gap_days"])
    gap = np.where(given, np.nan_to_num(events["gap_days"]), gap).astype(np.int64)
    chosen = given | (gap != 0)
    return _alerts(events, "adherence_gap", chosen, gap, np.where(known, mpr, np.nan), np.full(len(events), np.nan))


def handle_threshold(events: Events) -> dict[str, Columns]:
    """Return alerts where the possession ratio is below the threshold; who never filled has none of it."""
    _, gap, mpr = supply_before(events, numbers_of(events["drug"]))
    return _alerts(events, "mpr_threshold", mpr < events["threshold"], gap, mpr, events["threshold"])


def _alerts(events: Events, kind: str, chosen: np.ndarray, gap, mpr, threshold) -> dict[str, Columns]:
    told = events.select(chosen)
    if not len(told):
        return {}
    rows = {
        "alert_id": told.key,
        "rx_member_id": told.entity,
        "alert_type": Coded.constant(kind, len(told)),
        "drug": told["drug"],
        "alert_date": day_of(told.time),
        "gap_days": gap[chosen],
        "mpr": mpr[chosen],
        "threshold": threshold[chosen],
        "intervention": told["intervention"],
    }
    return {"adherence_alerts": Columns(rows)}


_COMMON = {"writes": ("adherence_alerts",), "reads": ("fills",), "settle": settle}
_AFTER = (*FILLED, "rxmembersim.therapy_start", "rxmembersim.therapy_change", "patientsim.medication_order")
_INTERVENTION = Field("intervention", "text", "What is done, e.g. call, letter, pharmacist_review.", "call")

ADHERENCE_GAP = EventType(
    "adherence_gap",
    "rxmembersim",
    "Somebody notices that a member has run out of a drug.",
    (
        ANY_DRUG,
        Field("gap_days", "number", "Days without supply; computed from the fills where absent."),
        _INTERVENTION,
    ),
    handle_gap,
    after=_AFTER,
    **_COMMON,
)
MPR_THRESHOLD = EventType(
    "mpr_threshold",
    "rxmembersim",
    "A member's medication possession ratio is looked at; an alert where it is too low.",
    (ANY_DRUG, Field("threshold", "number", "The ratio to be reached.", 0.8), _INTERVENTION),
    handle_threshold,
    after=_AFTER,
    **_COMMON,
)

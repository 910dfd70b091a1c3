"""Reversals: a paid claim is taken back, e.g. because nobody fetched the drug."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns, stack
from healthsim_core.events import Events, EventType, Field, match
from rxmembersim.dispensing import fill_rows, paid_fills, prescription_rows, reversed_fill
from rxmembersim.events.fields import DRUG, PRESCRIBED
from rxmembersim.prescriptions import day_of, entries, usual_amounts


def outcomes(events: Events) -> dict[str, Array]:
    """Return the amounts of the fill a lone reversal takes back."""
    return usual_amounts(events)


def handle(events: Events) -> dict[str, Columns]:
    """Return the reversals' transactions; a reversal with nothing before brings the fill it takes back."""
    fill = reversed_fill(events, events)
    fills = paid_fills(events)
    done = events.select(fill >= 0)
    if not len(done):
        return {}
    place = match(fill[fill >= 0], fills["key"])
    claims = [_claims(done, fills.take(place), "B2", 1)]
    alone = fill[fill >= 0] == done.key
    if not alone.any():
        return {"rx_claims": claims[0]}
    lone = done.select(alone)
    claims.append(_claims(lone, fills.take(place[alone]), "B1", 0))
    return {
        "rx_claims": stack(claims),
        "fills": fill_rows(lone),
        "prescriptions": prescription_rows(lone, entries(lone)),
    }


def _claims(events: Events, fills: Columns, code: str, number: int) -> Columns:
    n = len(events)
    return Columns(
        {
            "rx_claim_id": events.sub_key(number),
            "rx_member_id": events.entity,
            "prescription_id": fills["prescription"],
            "fill_id": fills["key"],
            "transaction_code": Coded.constant(code, n),
            "fill_number": fills["number"],
            "service_date": fills["time"],
            "transaction_date": np.maximum(day_of(events.time), fills["time"]),
            "response_status": Coded.constant("A" if code == "B2" else "P", n),
            "reject_code": Coded.constant(None, n),
            "authorization_number": events.key,
        }
    )


REVERSAL = EventType(
    "reversal",
    "rxmembersim",
    "A paid fill is taken back: that it follows from, else the person's latest.",
    (
        DRUG,
        *(one for one in PRESCRIBED if one.name != "reason"),
        Field("reason", "text", "Why, e.g. not_picked_up, wrong_drug."),
    ),
    handle,
    outcomes,
    writes=("rx_claims", "fills", "prescriptions"),
)

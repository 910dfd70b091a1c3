"""New prescriptions, as a pharmacy receives them."""

from __future__ import annotations

from healthsim_core.columns import Columns
from healthsim_core.events import Events, EventType, Field
from rxmembersim.dispensing import prescription_rows
from rxmembersim.events.fields import DRUG, FROM_SKILL, PRESCRIBED, SEVERITY
from rxmembersim.prescriptions import entries, usual_amounts


def handle(events: Events) -> dict[str, Columns]:
    """Return the prescriptions."""
    return {"prescriptions": prescription_rows(events, entries(events))}


NEW_RX = EventType(
    "new_rx",
    "rxmembersim",
    "A prescription is written and reaches the pharmacy.",
    (DRUG, *PRESCRIBED, SEVERITY, Field("generates_fill", "boolean", "Whether it is filled.", True)),
    handle,
    usual_amounts,
    skill=FROM_SKILL,
    writes=("prescriptions",),
)

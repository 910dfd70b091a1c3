"""Enrollment: a person becomes a pharmacy member; once all is dispensed, how far the fills covered their days."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns
from healthsim_core.draws import SLOTS
from healthsim_core.events import Events, EventType, Field
from healthsim_core.people import People
from rxmembersim import coverage
from rxmembersim.adherence import adherence_rows
from rxmembersim.attempts import benefit
from rxmembersim.dispensing import usual_pharmacy
from rxmembersim.reference import plans

OUTSIDE = SLOTS - 1
"""The place in the household of a policy holder who is not among the people."""
RELATIONSHIPS = {"subscriber": "1", "spouse": "2", "dependent": "3", "other": "4"}


def insured(people: People) -> np.ndarray:
    """Return who has a pharmacy benefit (bool); everybody where nobody says."""
    found = people["rx_benefit"].codes >= 0 if "rx_benefit" in people else np.ones(len(people), bool)
    return found & (people["coverage_type"].codes >= 0) if "coverage_type" in people else found


def settle(events: Events) -> dict[str, Array]:
    """Return the first day of the benefit: what the journey says, else the medical coverage's, else the first of January before its start."""
    given, medical = events["start_date"], coverage.first_days(events)
    january = np.minimum(events.people.start.astype("datetime64[Y]").astype("datetime64[s]"), events.time)
    return {"start_date": np.where(~np.isnat(given), given, np.where(np.isnat(medical), january, medical))}


def enroll(events: Events) -> dict[str, Columns]:
    """Return the pharmacy members, and their adherence to every drug that was dispensed to them."""
    n, plan = len(events), benefit(events)
    texts = {
        name: plan.recode({key: getattr(one, name) for key, one in plans().items()})
        for name in ("bin", "pcn", "group_id", "benefit_type", "contract")
    }
    # A child drawn alone is on the card of a parent who is not among the people.
    slot = events.entity % SLOTS
    role = events.person("role") if events.has_person("role") else Coded.constant("subscriber", n)
    holder = events.person("policy_holder") if events.has_person("policy_holder") else events.entity // SLOTS * SLOTS
    outside = holder % SLOTS == OUTSIDE
    relationship = role.recode(RELATIONSHIPS).where(holder != events.entity, Coded.constant("1", n))
    member = Columns(
        {
            "rx_member_id": events.entity,
            "person_id": events.entity,
            "member_id": events.entity,
            "cardholder_id": np.where(np.isin(holder, events.entity), holder, -1),
            "person_code": Coded(np.where(outside, slot + 2, slot), [f"{place + 1:03d}" for place in range(SLOTS + 2)]),
            "relationship_code": relationship.where(~outside, Coded.constant("3", n)),
            "contract_code": texts.pop("contract"),
            **texts,
            "plan_code": plan,
            **{name: events.person(name) for name in ("given_name", "family_name", "birth_date", "gender")},
            "pharmacy_id": usual_pharmacy(events),
            "start_date": events["start_date"],
            "end_date": coverage.last_days(events),
        }
    )
    adherence = adherence_rows(events)
    return {"rx_members": member, **({"adherence": adherence} if adherence is not None else {})}


RX_ENROLLMENT = EventType(
    "rx_enrollment",
    "rxmembersim",
    "A person becomes a pharmacy member; it happens to everybody once, where no journey says when.",
    (
        Field(
            "start_date",
            "datetime",
            "First day of the benefit; that of the medical coverage, else January 1, where absent.",
        ),
    ),
    enroll,
    writes=("rx_members", "adherence"),
    reads=("fills",),
    settle=settle,
    after=coverage.BEFORE,
    each_person=True,
    whom=insured,
)

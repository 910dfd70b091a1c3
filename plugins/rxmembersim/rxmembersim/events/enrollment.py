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

RELATIONSHIPS = {"subscriber": "1", "spouse": "2", "dependent": "3", "other": "4"}


def insured(people: People) -> np.ndarray:
    """Return who has any coverage (bool); everybody where nobody says."""
    return people["coverage_type"].codes >= 0 if "coverage_type" in people else np.ones(len(people), bool)


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
        for name in ("bin", "pcn", "group_id", "benefit_type")
    }
    role = events.person("role") if events.has_person("role") else Coded.constant("subscriber", n)
    holder = events.person("policy_holder") if events.has_person("policy_holder") else events.entity // SLOTS * SLOTS
    member = Columns(
        {
            "rx_member_id": events.entity,
            "person_id": events.entity,
            "member_id": events.entity,
            "cardholder_id": holder,
            "person_code": Coded(events.entity % SLOTS, [f"{slot + 1:03d}" for slot in range(SLOTS)]),
            "relationship_code": role.recode(RELATIONSHIPS).where(holder != events.entity, Coded.constant("1", n)),
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

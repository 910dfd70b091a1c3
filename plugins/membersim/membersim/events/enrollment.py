"""Enrollment: a person becomes a member, under the household's subscriber, in the household's plan."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns
from healthsim_core.draws import SLOTS
from healthsim_core.events import Events, EventType, Field
from membersim.reference import plans

RELATIONSHIPS = {"subscriber": "18", "spouse": "01", "dependent": "19"}
GROUPED = ("Commercial",)
"""Coverage types that come through an employer's group."""


def coverage_levels(events: Events) -> Coded:
    """Return who each policy covers (X12 1207): EMP employee, ESP with spouse, ECH with children, FAM family."""
    people = events.people
    first, role = people.first_row, people["role"]

    def lives_with(word: str) -> np.ndarray:
        return np.bincount(first, weights=role.isin([word]), minlength=len(people))[first] > 0

    level = lives_with("spouse") + 2 * lives_with("dependent")
    return Coded(level[events.row], ("EMP", "ESP", "ECH", "FAM"))


def outcomes(events: Events) -> dict[str, Array]:
    """Return the first day of coverage: what the journey says, else the first of January before its start."""
    given = events["start_date"]
    january = events.people.start.astype("datetime64[Y]").astype("datetime64[s]")
    start = np.where(events.source >= 0, events.time.astype("datetime64[D]").astype("datetime64[s]"), january)
    return {"start_date": np.where(np.isnat(given), np.minimum(start, events.time), given)}


def enroll(events: Events) -> dict[str, Columns]:
    """Return members and their coverages."""
    n = len(events)
    none = np.full(n, -1, np.int64)
    plan = events.person("plan")
    numbers = {
        name: plan.lookup({key: getattr(one, name) for key, one in plans().items()}, 0, np.int64)
        for name in ("premium", "deductible", "out_of_pocket_max")
    }
    texts = {
        name: plan.recode({key: getattr(one, name) for key, one in plans().items()})
        for name in ("payer_id", "payer_name", "name")
    }
    group = plan.recode(
        {
            key: f"GRP{one.payer_id}{number:02d}"
            for number, (key, one) in enumerate(plans().items())
            if one.coverage_type in GROUPED
        }
    )
    members = Columns(
        {
            "member_id": events.entity,
            "person_id": events.entity,
            "subscriber_id": events.entity // SLOTS * SLOTS,
            "relationship_code": events.person("role").recode(RELATIONSHIPS),
            **{name: events.person(name) for name in ("given_name", "family_name", "birth_date", "gender")},
            "provider_id": events.person("pcp_provider") if events.has_person("pcp_provider") else none,
        }
    )
    coverages = Columns(
        {
            "coverage_id": events.key,
            "member_id": events.entity,
            "payer_id": texts["payer_id"],
            "payer_name": texts["payer_name"],
            "plan_code": plan,
            "plan_name": texts["name"],
            "coverage_type": plan.recode({key: one.coverage_type for key, one in plans().items()}),
            "group_number": group,
            "coverage_level": coverage_levels(events),
            "start_date": events["start_date"],
            "end_date": np.full(n, np.datetime64("NaT", "s")),
            "premium_amount": numbers["premium"],
            "deductible_amount": numbers["deductible"],
            "out_of_pocket_max_amount": numbers["out_of_pocket_max"],
        }
    )
    return {"members": members, "coverages": coverages}


NEW_ENROLLMENT = EventType(
    "new_enrollment",
    "membersim",
    "A person becomes a member; it happens to everybody once, where no journey says when.",
    (Field("start_date", "datetime", "First day of coverage; the first of January where absent."),),
    enroll,
    outcomes,
    writes=("members", "coverages"),
    each_person=True,
)

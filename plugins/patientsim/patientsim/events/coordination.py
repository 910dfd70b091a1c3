"""What holds care together: referrals, plans of care, and patients found fit for a study."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Coded, Columns
from healthsim_core.events import Events, EventType, Field
from patientsim.events.placing import PLACED, VISITS, day_inside, midnight, moment, place

USUAL_SPECIALTY = "cardiology"


def handle_referral(events: Events) -> dict[str, Columns]:
    """Return referrals, each to the person's specialist where the directory has one; see `_specialty`."""
    specialty = _specialty(events)
    to = np.full(len(events), -1, np.int64)
    for code, name in enumerate(specialty.words):
        if events.has_person(f"specialist.{name}"):
            to = np.where(specialty.codes == code, events.person(f"specialist.{name}"), to)
    return {
        "referrals": Columns(
            {
                "referral_id": events.key,
                "patient_id": events.entity,
                "encounter_id": events["encounter"],
                "specialty": specialty,
                "reason_code": events["reason"],
                "status": Coded.constant("active", len(events)),
                "priority": events["priority"],
                "ordered_datetime": moment(events, midnight(events.time) + np.timedelta64(11, "h"), 18),
                "provider_id": events["provider"],
                "referred_to_id": to,
            }
        )
    }


def _specialty(events: Events) -> Coded:
    """Return to which specialty: the one named, else that of who leads the person's care, else the usual one."""
    given = events["specialty"]
    if events.has_person("lead_specialty"):
        given = given.where(given.codes >= 0, events.person("lead_specialty"))
    return given.where(given.codes >= 0, Coded.constant(USUAL_SPECIALTY, len(events)))


def handle_care_plan(events: Events) -> dict[str, Columns]:
    """Return plans of care as they stand; what a later event of the same title replaces is completed."""
    title = events["title"]
    order = np.lexsort((events.key, events.time, title.codes, events.entity))
    replaced = np.zeros(len(events), bool)
    again = (np.diff(events.entity[order]) == 0) & (np.diff(title.codes[order]) == 0)
    replaced[order[:-1]] = again
    return {
        "care_plans": Columns(
            {
                "care_plan_id": events.key,
                "patient_id": events.entity,
                "encounter_id": events["encounter"],
                "title": title,
                "activity": events["activity"],
                "reason_code": events["reason"],
                "care_gap_id": events["care_gap"],
                "status": Coded(replaced.astype(np.int32), ["active", "completed"]),
                "start_date": day_inside(events),
                "provider_id": events["provider"],
            }
        )
    }


def handle_trial_eligible(events: Events) -> dict[str, Columns]:
    """Return who was found to meet a study's criteria."""
    return {
        "trial_eligibilities": Columns(
            {
                "trial_eligibility_id": events.key,
                "patient_id": events.entity,
                "encounter_id": events["encounter"],
                "study_id": events["study"],
                "found_date": day_inside(events),
                "provider_id": events["provider"],
            }
        )
    }


REFERRAL = EventType(
    "referral",
    "patientsim",
    "A patient is referred to another specialty.",
    (
        Field("specialty", "code", "To which; that of the person's leading condition, else cardiology."),
        Field("reason", "diagnosis", "Why."),
        Field("priority", "code", "How urgent it is.", "routine", ("routine", "urgent")),
        *PLACED,
    ),
    handle_referral,
    writes=("referrals",),
    settle=place,
    after=VISITS,
)
CARE_PLAN_UPDATE = EventType(
    "care_plan_update",
    "patientsim",
    "A plan of care is made or changed.",
    (
        Field("title", "text", "What it is about.", "Plan of care"),
        Field("activity", "text", "What is to be done.", "Review at the next visit"),
        Field("reason", "diagnosis", "Why."),
        Field("care_gap", "key", "The care gap that brings it about."),
        *PLACED,
    ),
    handle_care_plan,
    writes=("care_plans",),
    settle=place,
    after=VISITS,
)
TRIAL_ELIGIBLE = EventType(
    "trial_eligible",
    "patientsim",
    "The patient is found to meet a study's criteria.",
    (Field("study", "text", "Which study."), *PLACED),
    handle_trial_eligible,
    writes=("trial_eligibilities",),
    settle=place,
    after=VISITS,
)

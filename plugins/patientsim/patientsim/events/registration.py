"""Registration: a person becomes a patient, with the chronic conditions they bring along on the problem list."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Coded, Columns, stack
from healthsim_core.events import DAY, Events, EventType
from patientsim.reference import diagnosis_labels

YEARS_BEFORE = 10
"""A condition that was there before began at most so many years ago."""


def register(events: Events) -> dict[str, Columns]:
    """Return the patients and their problem list as it was before the journey."""
    patients = Columns(
        {
            "patient_id": events.entity,
            "person_id": events.entity,
            "mrn": 1_000_000 + events.entity,
            **{
                name: events.person(name)
                for name in ("given_name", "family_name", "birth_date", "gender", "race", "ethnicity")
            },
            "provider_id": events.person("pcp_provider")
            if events.has_person("pcp_provider")
            else np.full(len(events), -1, np.int64),
        }
    )
    problems = _problem_list(events)
    return {"patients": patients, **({"diagnoses": problems} if problems is not None else {})}


def _problem_list(events: Events) -> Columns | None:
    diagnosed = events.timeline("patientsim.diagnosis")
    batches = []
    for number, (category, plan) in enumerate(events.people.facts["conditions"].items()):
        if not plan.chronic or number > 30:
            continue
        rows = events.person(f"has.{category}")
        if diagnosed is not None:
            new = diagnosed.entity[diagnosed["code"].isin(plan.labels)]
            rows = rows & ~np.isin(events.entity, new)
        index = np.flatnonzero(rows)
        if not len(index):
            continue
        mine = events.select(index)
        code = mine.person(f"code.{category}")
        ago = np.floor(mine.draw(f"onset.{category}") * YEARS_BEFORE * 365).astype(np.int64) + 1
        # fmax, unlike maximum, leaves aside a birth date that is missing.
        onset = np.fmax(events.people.as_of - ago * DAY, mine.person("birth_date"))
        batches.append(
            Columns(
                {
                    "diagnosis_id": mine.sub_key(number + 1),
                    "patient_id": mine.entity,
                    "encounter_id": np.full(len(mine), -1, np.int64),
                    "category": Coded.constant("problem-list-item", len(mine)),
                    "code": code,
                    "description": code.recode(
                        diagnosis_labels() | {word: word for word in code.words if word not in diagnosis_labels()}
                    ),
                    "rank": np.ones(len(mine), np.int64),
                    "clinical_status": Coded.constant("active", len(mine)),
                    "onset_date": onset,
                    "recorded_date": onset,
                }
            )
        )
    return stack(batches) if batches else None


REGISTRATION = EventType(
    "registration",
    "patientsim",
    "A person becomes a patient; it happens to everybody once.",
    handle=register,
    writes=("patients", "diagnoses"),
    each_person=True,
)

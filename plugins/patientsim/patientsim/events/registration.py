"""Registration: a person becomes a patient, with the chronic conditions, allergies and habits they bring along."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Coded, Columns, stack
from healthsim_core.events import DAY, Events, EventType, match
from patientsim.events.observed import observed
from patientsim.events.placing import midnight
from patientsim.events.prevention import known_allergies
from patientsim.events.vitals import age_at
from patientsim.reference import diagnosis_labels

ASKED_FROM = 13
"""From so many years on people are asked whether they smoke."""

# LOINC answers (list LL2201-3) and our own words for them.
SMOKING = {
    "never": ("LA18978-9", "Never smoked"),
    "former": ("LA15920-4", "Smoked in the past"),
    "every_day": ("LA18976-3", "Smokes every day"),
    "some_days": ("LA18977-1", "Smokes on some days"),
}

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
    made = {"patients": patients}
    problems, smoking = _problem_list(events), _smoking(events)
    allergies = known_allergies(events, YEARS_BEFORE)
    if problems is not None:
        made["diagnoses"] = problems
    if smoking is not None:
        made["observations"] = smoking
    return {**made, **({"allergies": stack(allergies)} if allergies else {})}


def _smoking(events: Events) -> Columns | None:
    """Return whether people smoke, as they are asked when they register."""
    if not events.has_person("smoking_status"):
        return None
    mine = events.select((events.person("smoking_status").codes >= 0) & (age_at(events) >= ASKED_FROM))
    if not len(mine):
        return None
    status = mine.person("smoking_status")
    return observed(
        mine,
        mine.sub_key(0),
        midnight(mine.time) + np.timedelta64(8, "h"),
        category=Coded.constant("social-history", len(mine)),
        code=Coded.constant("72166-2", len(mine)),
        description=Coded.constant("Tobacco smoking", len(mine)),
        value_code=status.recode({word: code for word, (code, _) in SMOKING.items()}),
        value_text=status.recode({word: text for word, (_, text) in SMOKING.items()}),
    )


def _problem_list(events: Events) -> Columns | None:
    diagnosed = events.timeline("patientsim.diagnosis")
    batches = []
    for number, (category, plan) in enumerate(events.people.facts["conditions"].items()):
        if not plan.chronic or number > 30:
            continue
        rows = events.person(f"has.{category}")
        if diagnosed is not None:
            new = diagnosed.entity[diagnosed["code"].isin(plan.labels)]
            rows = rows & (match(events.entity, new) < 0)
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
    writes=("patients", "diagnoses", "observations", "allergies"),
    each_person=True,
)

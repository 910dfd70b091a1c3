"""Registration: a person becomes a patient, with the chronic conditions, allergies and habits they bring along."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Coded, Columns, stack
from healthsim_core.events import Events, EventType
from patientsim.events.ages import age_at
from patientsim.events.observed import observed
from patientsim.events.onsets import began, brought
from patientsim.events.placing import midnight
from patientsim.events.prevention import known_allergies
from patientsim.habits import CURRENT, PAST, has
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
"""An allergy that was there before was written down at most so many years ago."""
HABITS = 31
"""The number of an entry about smoking among those of a problem list; conditions have those below."""
CODED = {"Z87.891": 0.5, "Z72.0": 0.3}
"""Share of former and of current smokers without another diagnosis of it whose records have the code; HealthSim's estimate."""


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
    batches = []
    for number, (category, (rows, since)) in enumerate(brought(events).items()):
        index = np.flatnonzero(rows[events.row])
        if number < HABITS - 1 and len(index):
            mine = events.select(index)
            batches.append(_problems(mine, mine.person(f"code.{category}"), number + 1, since[mine.row]))
    habits = _habits(events)
    batches += [] if habits is None else [habits]
    return stack(batches) if batches else None


def _problems(mine: Events, code: Coded, number: int, onset: np.ndarray) -> Columns:
    """Return entries of the problem list that began before."""
    return Columns(
        {
            "diagnosis_id": mine.sub_key(number),
            "patient_id": mine.entity,
            "encounter_id": np.full(len(mine), -1, np.int64),
            "category": Coded.constant("problem-list-item", len(mine)),
            "code": code,
            "description": code.recode({word: word for word in code.words} | diagnosis_labels()),
            "rank": np.ones(len(mine), np.int64),
            "clinical_status": Coded.constant("active", len(mine)),
            "onset_date": onset,
            "abatement_date": np.full(len(mine), np.datetime64("NaT"), "M8[s]"),
            "recorded_date": onset,
        }
    )


def _habits(events: Events) -> Columns | None:
    """Return that people smoked, or smoke without being called dependent, for the share of whom records say so."""
    if not events.has_person("smoking_status"):
        return None
    told = has(events.people, (*CURRENT, *PAST))[events.row]
    status, u = events.person("smoking_status"), events.draw("habit")
    past, now = status.isin(["former"]), status.isin(["every_day", "some_days"])
    code = np.where(past & (u < CODED["Z87.891"]), 0, np.where(now & (u < CODED["Z72.0"]), 1, -1))
    rows = np.flatnonzero(~told & (code >= 0))
    if not len(rows):
        return None
    mine, written = events.select(rows), Coded(code[rows], list(CODED))
    return _problems(mine, written, HABITS, began(mine, written, "habit"))


REGISTRATION = EventType(
    "registration",
    "patientsim",
    "A person becomes a patient; it happens to everybody once.",
    handle=register,
    writes=("patients", "diagnoses", "observations", "allergies"),
    each_person=True,
)

"""Rows about whole subjects: subjects themselves, their dispositions and exposure, by whatever event they are known."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Coded, Columns, stack
from healthsim_core.events import EVENT_SLOTS, Events
from trialsim.blocks import randomization_number
from trialsim.participation import EVENT_NAMES, Participation
from trialsim.reference import rows
from trialsim.siting import site_rows
from trialsim.states import age_on

COMMON_TABLES = ("subjects", "dispositions", "exposures")
RACES = {
    "white": "WHITE",
    "black": "BLACK OR AFRICAN AMERICAN",
    "asian": "ASIAN",
    "native": "AMERICAN INDIAN OR ALASKA NATIVE",
    "pacific": "NATIVE HAWAIIAN OR OTHER PACIFIC ISLANDER",
    "other": "OTHER",
    "multiple": "MULTIPLE",
}
ETHNICITIES = {"hispanic": "HISPANIC OR LATINO", "not_hispanic": "NOT HISPANIC OR LATINO"}


def common_rows(events: Events, it: Participation | None = None) -> dict[str, Columns]:
    """Return subjects, dispositions and exposure of those whose subject this type of event writes."""
    it = it or Participation.of(events)
    mine = np.flatnonzero(it.owner == EVENT_NAMES.index(events.event_type.split(".")[1]))
    if not len(mine):
        return {}
    found = {"subjects": _subjects(events, it, mine), "dispositions": _dispositions(events, it, mine)}
    exposed = np.isin(it.exposures["row"], mine)
    if exposed.any():
        found["exposures"] = _exposures(events, it, exposed)
    return found


def _seconds(days: np.ndarray) -> np.ndarray:
    return days.astype("datetime64[s]")


def _subjects(events: Events, it: Participation, mine: np.ndarray) -> Columns:
    people = events.people
    entity = people.entity[mine]
    site, site_number = _sites(events, it, mine)
    birth = people["birth_date"][mine].astype("datetime64[D]")
    randomized = ~np.isnat(it.first_dose[mine])
    status = np.where(
        it.failed[mine], 0, np.where(~np.isnat(it.withdrawn[mine]), 3, np.where(np.isnat(it.completed[mine]), 1, 2))
    )
    return Columns(
        {
            "subject_id": entity,
            "person_id": entity,
            "patient_id": entity,
            "study_id": it.study[mine],
            "site_id": site,
            "site_number": site_number,
            "subject_number": entity + 1,
            "birth_date": people["birth_date"][mine],
            "age": age_on(birth, it.consent[mine]),
            "sex": _word(people["gender"][mine], {"M": "M", "F": "F"}, "U"),
            "race": _word(people["race"][mine], RACES, "UNKNOWN"),
            "ethnicity": _word(people["ethnicity"][mine], ETHNICITIES, "UNKNOWN"),
            "consent_date": _seconds(it.consent[mine]),
            "screening_date": _seconds(it.consent[mine]),
            "screen_failed": it.failed[mine],
            "failed_criterion": it.criterion[mine],
            "randomization_date": _seconds(it.first_dose[mine]),
            "randomization_number": np.where(randomized, randomization_number(entity), -1),
            "arm_code": it.arm[mine],
            "first_dose_date": _seconds(it.first_dose[mine]),
            "last_dose_date": _seconds(it.last_dose[mine]),
            "end_date": _seconds(it.end[mine]),
            "status": Coded(status, ("screen_failed", "ongoing", "completed", "discontinued")),
        }
    )


def _word(column: Coded, words: dict[str, str], missing: str) -> Coded:
    found = column.recode(words)
    return found.where(found.codes >= 0, Coded.constant(missing, len(found)))


def _sites(events: Events, it: Participation, mine: np.ndarray) -> tuple[np.ndarray, Coded]:
    """Return each subject's site and its number."""
    sites = events.roster("sites")
    at = site_rows(sites, events.people, mine, it.study[mine])
    return sites["site_id"][at], sites["site_number"][at]


def _dispositions(events: Events, it: Participation, mine: np.ndarray) -> Columns:
    """Return consent, screen failure or randomization, and how the participation ended."""
    count = len(events.people)
    ended = ~np.isnat(it.withdrawn)
    done = ~ended & ~it.failed & ~np.isnat(it.completed)
    # Who is randomized has not been treated yet.
    screening = Coded.constant(EPOCHS[0], count)
    last = _epoch(it, np.where(ended, it.withdrawn, it.completed))
    why = {name: it.reason.recode({one["reason"]: one[name] for one in rows("withdrawals")}) for name in TERMS}
    event, milestone = "DISPOSITION EVENT", "PROTOCOL MILESTONE"

    def words(term: str, decoded: str) -> tuple[Coded, Coded]:
        return Coded.constant(term, count), Coded.constant(decoded, count)

    consented = words("Informed consent obtained", "INFORMED CONSENT OBTAINED")
    found = [
        (np.ones(count, bool), milestone, consented, screening, it.consent),
        (it.failed, event, words("Screening not passed", "SCREEN FAILURE"), screening, it.consent),
        (~np.isnat(it.first_dose), milestone, words("Randomized", "RANDOMIZED"), screening, it.first_dose),
        (done, event, words("Completed the study", "COMPLETED"), last, it.completed),
        (ended, event, (why["term"], why["decoded_term"]), last, it.withdrawn),
    ]
    return stack([_disposition(events, mine[one[0][mine]], number, *one[1:]) for number, one in enumerate(found)])


TERMS = ("term", "decoded_term")
EPOCHS = ("SCREENING", "TREATMENT", "FOLLOW-UP")


def _epoch(it: Participation, day: np.ndarray) -> Coded:
    """Return in which epoch of each person's participation a day lies: treatment lasts from the first dose to the last."""
    # Comparisons with NaT are false: no first dose, no treatment.
    treated, done = day >= it.first_dose, day > it.last_dose
    return Coded(np.where(treated, 1 + done, 0), EPOCHS)


def _disposition(
    events: Events,
    chosen: np.ndarray,
    number: int,
    category: str,
    words: tuple[Coded, Coded],
    epoch: Coded,
    day: np.ndarray,
) -> Columns:
    entity = events.people.entity[chosen]
    return Columns(
        {
            "disposition_id": entity * 8 + number,
            "subject_id": entity,
            "category": Coded.constant(category, len(chosen)),
            "term": words[0][chosen],
            "decoded_term": words[1][chosen],
            "epoch": epoch[chosen],
            "disposition_date": _seconds(day[chosen]),
        }
    )


def _exposures(events: Events, it: Participation, chosen: np.ndarray) -> Columns:
    one = {name: column[chosen] for name, column in it.exposures.items() if isinstance(column, np.ndarray)}
    entity = events.people.entity[one["row"]]
    words = {name: column[chosen] for name, column in it.exposures.items() if isinstance(column, Coded)}
    return Columns(
        {
            "exposure_id": entity * EVENT_SLOTS + one["turn"],
            "subject_id": entity,
            "visit_id": one["visit"],
            **words,
            "dose": one["dose"],
            "start_date": _seconds(one["start"]),
            "end_date": _seconds(one["end"]),
        }
    )

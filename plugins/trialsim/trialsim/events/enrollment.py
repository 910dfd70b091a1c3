"""Enrolment: screening, randomization and withdrawal."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns
from healthsim_core.distributions import pick
from healthsim_core.events import Events, EventType, Field
from trialsim.blocks import cohort_of, randomize
from trialsim.kidneys import excluded
from trialsim.reference import DEFAULT_STUDY, arms, criteria, rows, studies, weights
from trialsim.states import age_on, are_first, day_of, entry
from trialsim.subject_rows import COMMON_TABLES, common_rows

STUDY = Field("study", "text", "Which study; the subject's own where absent.", values=tuple(studies()))
IN_STUDY = Field("in_study", "boolean", "Whether the person is in the study that day; settled.", False)
ENTRY = ("trialsim.screening", "trialsim.randomization")


def known_study(given: Coded) -> Coded:
    """Return the study each event names, the default one where it names none that we know."""
    return given.recode({one: one for one in studies()}).where(
        given.isin(studies()), Coded.constant(DEFAULT_STUDY, len(given))
    )


def screening_outcomes(events: Events) -> dict[str, Array]:
    """Return who is eligible: of the study's age and condition, with kidneys that work, and not among those who fail for other reasons."""
    study = known_study(events["study"])
    facts = studies()
    rate = study.lookup({name: one.screen_failure_rate for name, one in facts.items()}, 0.0, float)
    given = events["screen_failure_rate"]
    passed = events.draw("eligible") >= np.where(np.isnan(given), rate, given)
    eligible, failed = passed.copy(), _failed_by_chance(events, study, passed)
    if events.has_person("birth_date"):
        age = age_on(events.person("birth_date").astype("datetime64[D]"), day_of(events))
        low = study.lookup({name: one.min_age for name, one in facts.items()}, 0, np.int64)
        high = study.lookup({name: one.max_age for name, one in facts.items()}, 200, np.int64)
        of_age = (age < 0) | ((age >= low) & (age <= high))
        eligible &= of_age
        failed = failed.where(of_age, Coded.constant("INCL01", len(events)))
    cohort = np.zeros(len(events), np.int64)
    for name, one in facts.items():
        mine = study.isin([name])
        cohort = np.where(mine, cohort_of(name, events.entity), cohort)
        # Of conditions nobody speaks of nothing is known.
        if one.condition_code and events.has_person(f"has.{one.condition_code}"):
            has = ~mine | events.person(f"has.{one.condition_code}")
            eligible &= has
            failed = failed.where(has, Coded.constant("INCL02", len(events)))
    filters = ~excluded(events)
    eligible &= filters
    failed = failed.where(filters | (failed.codes >= 0), Coded.constant("EXCL01", len(events)))
    return {"study": study, "eligible": eligible, "failed_criterion": failed, "cohort": cohort.astype(float)}


def _failed_by_chance(events: Events, study: Coded, passed: np.ndarray) -> Coded:
    """Return which of the other criteria those who do not pass fail, by weight; nothing for those who pass."""
    found = Coded.constant(None, len(events))
    for name in studies():
        mine = study.isin([name]) & ~passed
        if mine.any():
            table = [one for one in criteria(name) if one["kind"] == "chance"]
            drawn = pick(events.draw("criterion"), np.array([float(one["weight"]) for one in table]))
            found = Coded(drawn, [one["criterion_code"] for one in table]).where(mine, found)
    return found


def screening_settled(events: Events) -> dict[str, Array]:
    """Return which screening is a person's first: the others do not count."""
    return {"counted": are_first(events, np.ones(len(events), bool))}


def assigned(events: Events, study: Coded) -> Coded:
    """Return the arm to which each event's person would be randomized."""
    place = np.full(len(events), -1, np.int64)
    for name in studies():
        mine = study.isin([name])
        if mine.any():
            place[mine] = randomize(events.people.seed, name, events.entity[mine])
    codes = list(dict.fromkeys(one.arm_code for one in arms()))
    return Coded(np.array([codes.index(one.arm_code) for one in arms()], np.int32)[place], codes)


def randomization_outcomes(events: Events) -> dict[str, Array]:
    """Return the arm, so that a journey can ask for it."""
    study = known_study(events["study"])
    return {"study": study, "arm": assigned(events, study)}


def randomization_settled(events: Events) -> dict[str, Array]:
    """Return the arm in the study for which the person was screened, and whether the randomization counts."""
    entered = entry(events)
    row = events.row
    screened = entered.study[row]
    study = screened.where(screened.codes >= 0, events["study"])
    may = ~entered.failed[row] & ~(day_of(events) < entered.consent[row])
    return {"study": study, "arm": assigned(events, study), "counted": are_first(events, may)}


def withdrawal_outcomes(events: Events) -> dict[str, Array]:
    """Return why the subject leaves: what the journey says, the adverse event that leads to it, else by weight."""
    words = [one["reason"] for one in rows("withdrawals")]
    drawn = Coded(pick(events.draw("reason"), weights("withdrawals")), words)
    by_event = Coded.constant("adverse_event", len(events)).where(events["adverse_event"] >= 0, drawn)
    given = events["reason"]
    return {"reason": given.where(given.codes >= 0, by_event)}


def withdrawal_settled(events: Events) -> dict[str, Array]:
    """Return which withdrawal counts: the first of somebody who is in the study."""
    entered = entry(events)
    row = events.row
    may = ~entered.failed[row] & ~(day_of(events) < entered.consent[row])
    return {"counted": are_first(events, may)}


def handle(events: Events) -> dict[str, Columns]:
    """Return what TrialSim writes about whole subjects, for those who are known by this type of event first."""
    return common_rows(events)


SCREENING = EventType(
    "screening",
    "trialsim",
    "A person consents to a study and is examined whether they may take part.",
    (
        Field("study", "text", "Which study.", values=tuple(studies())),
        Field("screen_failure_rate", "number", "The share that fails; the study's where absent."),
        Field("eligible", "boolean", "Whether the person may take part; computed.", False),
        Field("failed_criterion", "code", "Which criterion is not kept; computed."),
        Field("cohort", "number", "The cohort of a dose escalation, 0 where there is none; computed."),
        Field("counted", "boolean", "Whether it is the person's first; settled.", False),
    ),
    handle,
    screening_outcomes,
    writes=COMMON_TABLES,
    settle=screening_settled,
)
RANDOMIZATION = EventType(
    "randomization",
    "trialsim",
    "A subject is assigned to an arm and has the first dose.",
    (
        STUDY,
        Field("arm", "text", "The arm; computed."),
        Field("counted", "boolean", "Whether it is the eligible person's first; settled.", False),
    ),
    handle,
    randomization_outcomes,
    writes=COMMON_TABLES,
    settle=randomization_settled,
    after=("trialsim.screening",),
)
WITHDRAWAL = EventType(
    "withdrawal",
    "trialsim",
    "A subject leaves the study.",
    (
        Field(
            "reason", "code", "Why; by weight where absent.", values=tuple(one["reason"] for one in rows("withdrawals"))
        ),
        Field("adverse_event", "key", "The adverse event that leads to it; -1 for none."),
        Field("counted", "boolean", "Whether it is the first of somebody in the study; settled.", False),
    ),
    handle,
    withdrawal_outcomes,
    writes=COMMON_TABLES,
    settle=withdrawal_settled,
    after=(*ENTRY, "trialsim.adverse_event", "trialsim.serious_adverse_event"),
)

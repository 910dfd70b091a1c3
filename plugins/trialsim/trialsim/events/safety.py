"""Safety: adverse events, serious ones, and changes of dose."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns
from healthsim_core.distributions import pick
from healthsim_core.events import DAY, Events, EventType, Field, SkillUse
from trialsim.events.enrollment import ENTRY, IN_STUDY, STUDY
from trialsim.participation import Participation
from trialsim.reference import arms, rows, studies, weights
from trialsim.states import day_of, deaths, entry, first_dose_day, first_of, takes_part, words_at
from trialsim.subject_rows import COMMON_TABLES, common_rows

SEVERITIES = ("MILD", "MODERATE", "SEVERE")
ACTIONS = ("DOSE NOT CHANGED", "DOSE REDUCED", "DRUG INTERRUPTED", "DRUG WITHDRAWN")
FATAL = "FATAL"
BEFORE_DEATH = np.timedelta64(30, "D")
"""A serious event that begins so many days before a death is what the subject died of."""
OUTCOMES = {
    "RECOVERED/RESOLVED": 84,
    "RECOVERED/RESOLVED WITH SEQUELAE": 2,
    "RECOVERING/RESOLVING": 8,
    "NOT RECOVERED/NOT RESOLVED": 6,
    FATAL: 0,
}
RELATIONSHIPS = ("NOT RELATED", "UNLIKELY RELATED", "POSSIBLY RELATED", "RELATED")
RELATED = {"active": (0.28, 0.24, 0.33, 0.15), "control": (0.42, 0.30, 0.22, 0.06)}
PERCENTS = {"DOSE REDUCED": 50, "DRUG INTERRUPTED": 0, "DOSE INCREASED": 150}
INTERRUPTED_DAYS = 14


def adverse_event_outcomes(events: Events) -> dict[str, Array]:
    """Return what it is, how severe, why serious, whether related, what is done and how it ends; given words stay."""
    serious = events.event_type == "trialsim.serious_adverse_event"
    term, system, severity = _terms(events, serious)
    control = events["arm"].isin({one.arm_code for one in arms() if one.control})
    v = events.draw("relationship")
    related = np.where(control, pick(v, np.array(RELATED["control"])), pick(v, np.array(RELATED["active"])))
    row = {one["severity"]: one for one in rows("actions")}
    grade_of = Coded.constant("SERIOUS", len(events)) if serious else severity
    action = np.full(len(events), -1, np.int64)
    days = np.ones(len(events), np.int64)
    u, length = events.draw("action"), events.draw("length")
    for word in row:
        mine = grade_of.isin([word])
        low, high = int(row[word]["days_min"]), int(row[word]["days_max"])
        shares = [float(row[word][one]) for one in ("not_changed", "reduced", "interrupted", "withdrawn")]
        action = np.where(mine, pick(u, np.array(shares)), action)
        days = np.where(mine, low + np.floor(length * (high - low + 1)).astype(np.int64), days)
    # A dose is not reduced for what the drug did not cause.
    action = np.where((action == ACTIONS.index("DOSE REDUCED")) & (related <= 1), 0, action)
    seriousness = Coded.constant(None, len(events))
    if serious:
        words = [one["criterion"] for one in rows("seriousness")]
        seriousness = Coded(pick(events.draw("seriousness"), weights("seriousness")), words)
    outcome = Coded(pick(events.draw("outcome"), np.array(list(OUTCOMES.values()), float)), list(OUTCOMES))
    found = {
        "term": term,
        "body_system": system,
        "severity": severity,
        "relationship": Coded(related, RELATIONSHIPS),
        "action_taken": Coded(action, ACTIONS),
        "outcome": outcome,
        **({"seriousness": seriousness} if serious else {}),
    }
    given = {name: events[name].where(events[name].codes >= 0, drawn) for name, drawn in found.items()}
    occurs = (events["term"].codes >= 0) | (events.draw("occurs") < _relative_rate(events, serious))
    fatal = given["outcome"].isin([FATAL])
    usual = np.where(fatal, 0, days)
    length = np.where(np.isnan(events["duration_days"]), usual, events["duration_days"])
    return {
        "occurs": occurs,
        **given,
        "duration_days": length,
        "withdrawal_reason": Coded(fatal.astype(np.int32), ("adverse_event", "death")),
        "leaves_time": events.time + np.where(fatal, np.rint(length), 0).astype(np.int64) * DAY,
    }


def _relative_rate(events: Events, serious: bool) -> np.ndarray:
    """Return how often adverse events happen in each event's arm, relative to the study's arms with the most."""
    rate = np.ones(len(events))
    control = events["arm"].isin({one.arm_code for one in arms() if one.control})
    for name in studies():
        table = [
            one
            for one in rows("adverse_events")
            if one["study_id"] in ("", name) and (one["serious"] == "1") == serious
        ]
        active, placebo = (sum(float(one[column]) for one in table) for column in ("percent_active", "percent_control"))
        mine = events["study"].isin([name]) & (events["arm"].codes >= 0)
        rate = np.where(mine, np.where(control, placebo, active) / max(active, placebo), rate)
    return rate


def _terms(events: Events, serious: bool) -> tuple[Coded, Coded, Coded]:
    """Return term, body system and severity; a term of the journey's own keeps its severity open."""
    table = [one for one in rows("adverse_events") if (one["serious"] == "1") == serious]
    study, control = events["study"], events["arm"].isin({one.arm_code for one in arms() if one.control})
    chosen = np.zeros(len(events), np.int64)
    u = events.draw("term")
    for name in (None, *studies()):
        of_study = study.isin([name]) if name else ~study.isin(studies())
        suits = np.array([one["study_id"] in ("", name) for one in table])
        for column, mine in (("percent_active", of_study & ~control), ("percent_control", of_study & control)):
            shares = np.where(suits, [float(one[column]) for one in table], 0.0)
            chosen = np.where(mine, pick(u, shares), chosen)
    words = list(dict.fromkeys(one["term"] for one in table))
    term = Coded(np.array([words.index(one["term"]) for one in table], np.int32)[chosen], words)
    given = events["term"]
    term = given.where(given.codes >= 0, term)
    of_term = {one["term"]: number for number, one in enumerate(table)}
    row = term.lookup(of_term, -1, np.int64)
    row = np.where(given.codes >= 0, row, chosen)
    systems = list(dict.fromkeys([*(one["body_system"] for one in table), "Other"]))
    system = np.array([systems.index(one["body_system"]) for one in table] + [len(systems) - 1], np.int32)
    shares = np.array([[float(one[word.lower()]) for word in SEVERITIES] for one in table] + [[60.0, 33.0, 7.0]])
    upper = np.cumsum(shares, axis=1) / shares.sum(axis=1, keepdims=True)
    severity = (events.draw("severity")[:, None] >= upper[row][:, :2]).sum(axis=1)
    return term, Coded(system[row], systems), Coded(severity, SEVERITIES)


def adverse_event_settled(events: Events) -> dict[str, Array]:
    """Return whether the person is in the study by then, and what is done: nothing to a drug that is not taken."""
    dosed = first_dose_day(events)[events.row]
    taking = ~np.isnat(dosed) & (day_of(events) >= dosed)
    action = events["action_taken"]
    randomization = events.timeline("trialsim.randomization")
    if randomization is not None:
        first = first_of(randomization, randomization["counted"])
        arm, study = (words_at(randomization[name], first)[events.row] for name in ("arm", "study"))
        for one in arms():
            if one.dose_every_days < 0:
                taking &= ~(arm.isin([one.arm_code]) & study.isin([one.study_id]))
    nothing = Coded.constant("NOT APPLICABLE", len(events))
    entered = entry(events).study[events.row]
    other = entered.isin(studies()) & (events["study"].codes >= 0)
    for name in studies():
        other &= ~(entered.isin([name]) & events["study"].isin([name]))
    action = action.where(taking, nothing)
    return {
        "in_study": takes_part(events) & events["occurs"] & ~other,
        "action_taken": action,
        "leaves": action.isin(["DRUG WITHDRAWN"]) | events["outcome"].isin([FATAL]),
    }


def handle_adverse_event(events: Events) -> dict[str, Columns]:
    """Return the adverse events of subjects; what lasts longer than the participation has no end."""
    it = Participation.of(events)
    serious = events.event_type == "trialsim.serious_adverse_event"
    mine = events.select(it.kept[events.event_type.split(".")[1]])
    severity = mine["severity"]
    seriousness = mine["seriousness"] if serious else Coded.constant(None, len(mine))
    grade = severity.lookup({word: grade for grade, word in enumerate(SEVERITIES, 1)}, 1, np.int64)
    outcome = mine["outcome"]
    end = mine.time + np.rint(mine["duration_days"]).astype(np.int64) * DAY
    died = deaths(mine)[mine.row]
    fatal = outcome.isin([FATAL]) | serious & (died >= day_of(mine)) & (died - day_of(mine) <= BEFORE_DEATH)
    fatal &= _last_of_each(mine, fatal)
    outcome = Coded.constant(FATAL, len(mine)).where(fatal, outcome)
    outcome = Coded.constant("NOT RECOVERED/NOT RESOLVED", len(mine)).where(outcome.isin([FATAL]) & ~fatal, outcome)
    seriousness = Coded.constant("death", len(mine)).where(fatal, seriousness)
    # Who dies has the event until death.
    end = np.where(fatal & ~np.isnat(died), died.astype("datetime64[s]"), end)
    late = end.astype("datetime64[D]") > it.end[mine.row]
    resolved = outcome.isin([word for word in OUTCOMES if word.startswith("RECOVERED")])
    events_rows = Columns(
        {
            "adverse_event_id": mine.key,
            "subject_id": mine.entity,
            "term": mine["term"],
            "body_system": mine["body_system"],
            "severity": severity,
            "toxicity_grade": np.where(fatal, 5, np.where(seriousness.isin(["life_threatening"]), 4, grade)),
            "serious": np.full(len(mine), serious) | fatal,
            "seriousness": seriousness,
            "relationship": mine["relationship"],
            "action_taken": mine["action_taken"],
            "outcome": Coded.constant("RECOVERING/RESOLVING", len(mine)).where(resolved & late, outcome),
            "start_date": mine.time,
            "end_date": np.where(resolved & ~late | fatal, end, np.datetime64("NaT", "s")),
        }
    )
    return {**common_rows(events, it), "adverse_events": events_rows}


def _last_of_each(events: Events, chosen: np.ndarray) -> np.ndarray:
    """Return which of the chosen events are their person's last."""
    rows = np.flatnonzero(chosen)
    order = rows[np.lexsort((events.key[rows], events.time[rows], events.row[rows]))]
    found = np.zeros(len(events), bool)
    if len(order):
        found[order[np.append(events.row[order][1:] != events.row[order][:-1], True)]] = True
    return found


def modification_outcomes(events: Events) -> dict[str, Array]:
    """Return the new dose in percent of the planned one: what the journey says, else what the action usually means."""
    usual = events["action"].lookup(PERCENTS, 100, float)
    percent = np.where(np.isnan(events["dose_percent"]), usual, events["dose_percent"])
    reason = events["reason"]
    return {
        "dose_percent": percent,
        "reason": reason.where(reason.codes >= 0, Coded.constant("Tolerability", len(events))),
    }


def modification_settled(events: Events) -> dict[str, Array]:
    """Return whether the subject takes the drug by then; where nobody is randomized, whether they are in the study."""
    dosed = first_dose_day(events)[events.row]
    return {"in_study": takes_part(events) & ~(day_of(events) < dosed)}


def handle_modification(events: Events) -> dict[str, Columns]:
    """Return the changes of dose."""
    it = Participation.of(events)
    mine = events.select(it.kept["dose_modification"])
    modifications = Columns(
        {
            "dose_modification_id": mine.key,
            "subject_id": mine.entity,
            "action": mine["action"],
            "reason": mine["reason"],
            "dose_percent": np.rint(mine["dose_percent"]).astype(np.int64),
            "modification_date": mine.time,
        }
    )
    return {**common_rows(events, it), "dose_modifications": modifications}


def _fields(serious: bool) -> tuple[Field, ...]:
    criteria = tuple(one["criterion"] for one in rows("seriousness"))
    why = (Field("seriousness", "code", "Why it is serious; by weight where absent.", values=criteria),)
    return (
        STUDY,
        Field("arm", "text", "The subject's arm, as `${randomization.arm}`; what is common depends on it."),
        Field("term", "text", "What happens, in plain words; by study, arm and weight where absent."),
        Field("body_system", "text", "The organ system in plain words; the term's where absent."),
        Field("severity", "code", "How severe; by the term's shares where absent.", values=SEVERITIES),
        *(why if serious else ()),
        Field("relationship", "code", "Whether the drug is the cause; drawn where absent.", values=RELATIONSHIPS),
        Field("action_taken", "code", "What is done with the drug; by severity where absent.", values=ACTIONS),
        Field("outcome", "code", "How it ends; drawn where absent.", values=tuple(OUTCOMES)),
        Field("duration_days", "number", "How long it lasts; by severity where absent."),
        Field("withdrawal_reason", "code", "Why the subject leaves, where they do; computed."),
        Field("leaves_time", "datetime", "When the subject leaves, where they do; computed."),
        Field("leaves", "boolean", "Whether the subject stops the drug for good or dies of it; settled.", False),
        Field("occurs", "boolean", "Whether it happens: fewer do in arms with fewer adverse events; computed.", False),
        IN_STUDY,
    )


SKILL = SkillUse("adverse_events", {"term": "term", "body_system": "body_system", "severity": "severity"})
ADVERSE_EVENT = EventType(
    "adverse_event",
    "trialsim",
    "Something untoward happens to a subject, whatever its cause.",
    _fields(False),
    handle_adverse_event,
    adverse_event_outcomes,
    skill=SKILL,
    writes=(*COMMON_TABLES, "adverse_events"),
    settle=adverse_event_settled,
    after=ENTRY,
)
SERIOUS_ADVERSE_EVENT = EventType(
    "serious_adverse_event",
    "trialsim",
    "An adverse event that is serious by the criteria of ICH E2A.",
    _fields(True),
    handle_adverse_event,
    adverse_event_outcomes,
    skill=SKILL,
    writes=(*COMMON_TABLES, "adverse_events"),
    settle=adverse_event_settled,
    after=ENTRY,
)
DOSE_MODIFICATION = EventType(
    "dose_modification",
    "trialsim",
    "A subject's dose is reduced, interrupted or increased.",
    (
        Field("action", "code", "What is done.", "DOSE REDUCED", tuple(PERCENTS)),
        Field("reason", "text", "Why, in plain words."),
        Field("dose_percent", "number", "The new dose in percent of the planned one; the action's usual where absent."),
        Field("days", "number", "Days of an interruption; then the dose before it is taken again.", INTERRUPTED_DAYS),
        Field("adverse_event", "key", "The adverse event that leads to it; -1 for none."),
        IN_STUDY,
    ),
    handle_modification,
    modification_outcomes,
    writes=(*COMMON_TABLES, "dose_modifications"),
    settle=modification_settled,
    after=(*ENTRY, "trialsim.withdrawal"),
)

"""Enrolment: a person becomes a member under the household's subscriber, changes plan, and leaves."""

from __future__ import annotations

import functools

import numpy as np

from healthsim_core.columns import Array, Coded, Columns, stack
from healthsim_core.draws import SLOTS
from healthsim_core.events import DAY, Events, EventType, Field
from membersim.coverage import (
    COVERED,
    ENROLLMENT,
    PLAN_CHANGE,
    TERMINATION,
    Periods,
    coverage_key,
    deaths,
    periods,
    reach,
)
from membersim.events.covering import coverage_rows, parents
from membersim.policies import insured, is_outside
from membersim.reference import medical_plans, plans

RELATIONSHIPS = {"subscriber": "18", "spouse": "01", "dependent": "19", "other": "G8"}
DEATH = "03"
REASONS = {
    DEATH: "death",
    "07": "benefits ended",
    "08": "employment ended",
    "14": "by choice",
    "59": "premium not paid",
}
"""Why coverage ends (X12 1203), in our words."""


def _month_on_or_after(time: np.ndarray) -> np.ndarray:
    month = time.astype("datetime64[M]")
    return np.where(month.astype("datetime64[D]") == time.astype("datetime64[D]"), month, month + 1).astype(
        "datetime64[s]"
    )


def outcomes(events: Events) -> dict[str, Array]:
    """Return the first day of coverage.

    It is what the journey says; else the first of January before the start for those who were members all along, and the
    first of the month after applying for those who enrol later.
    """
    given, day = events["start_date"], events.time.astype("datetime64[D]").astype("datetime64[s]")
    january = events.people.start.astype("datetime64[Y]").astype("datetime64[s]")
    later = (events.source >= 0) | (day > events.people.start)
    start = np.where(later, _month_on_or_after(day), january)
    return {"start_date": np.where(np.isnat(given), start, given)}


def _brought_by(found: Periods, keys: np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.isin(found.key // 32, keys))


def _changes(key: np.ndarray, entity: np.ndarray, coverage: np.ndarray, kind: str, reason: Coded, day: np.ndarray):
    return Columns(
        {
            "enrollment_change_id": key,
            "member_id": entity,
            "coverage_id": coverage,
            "maintenance_type_code": Coded.constant(kind, len(key)),
            "maintenance_reason_code": reason,
            "effective_date": day.astype("datetime64[s]"),
        }
    )


def enroll(events: Events) -> dict[str, Columns]:
    """Return members, their first coverages, and the additions an 834 change file tells of."""
    found = periods(events)
    order = np.lexsort((events.key, events["start_date"], events.entity))
    first = np.zeros(len(events), bool)
    first[order[np.unique(events.entity[order], return_index=True)[1]]] = True
    new = events.select(first)
    holder = new.person("policy_holder") if new.has_person("policy_holder") else new.entity // SLOTS * SLOTS
    outside = is_outside(holder)
    role = new.person("role").recode(RELATIONSHIPS).where(holder != new.entity, Coded.constant("18", len(new)))
    members = Columns(
        {
            "member_id": new.entity,
            "person_id": new.entity,
            "subscriber_id": np.where(outside, -1, holder),
            "relationship_code": role.where(~outside, Coded.constant("19", len(new))),
            **parents(new, outside),
            **{name: new.person(name) for name in ("given_name", "family_name", "birth_date", "gender")},
            "provider_id": new.person("pcp_provider")
            if new.has_person("pcp_provider")
            else np.full(len(new), -1, np.int64),
        }
    )
    told = [enrollment_changes(events, found, first), death_changes(new, found)]
    return {
        "members": members,
        "coverages": coverage_rows(events, _brought_by(found, events.key), found),
        "enrollment_changes": stack([one for one in told if one.length]),
    }


def enrollment_changes(events: Events, found: Periods, first: np.ndarray) -> Columns:
    """Return the additions: the first one of each person and later ones."""
    key = coverage_key(events.key, events.entity)
    made = np.where(np.isin(key, found.key), key, -1)
    reason = Coded(np.where(first, 0, 1), ("28", "41"))
    return _changes(key, events.entity, made, "021", reason, events["start_date"])


def death_changes(members: Events, found: Periods) -> Columns:
    """Return the ends of coverage by death, one for each member whom it ends for."""
    end = deaths(members)
    place, state = found.find(members.entity, end)
    rows = np.flatnonzero(~np.isnat(end) & (state == COVERED) & (found.end[place] == end))
    # Above the places that the household's coverages take.
    key = members.key[rows] * 32 + SLOTS + members.entity[rows] % SLOTS
    reason = Coded.constant(DEATH, len(rows))
    return _changes(key, members.entity[rows], found.key[place[rows]], "024", reason, end[rows])


def plan_outcomes(events: Events) -> dict[str, Array]:
    """Return the new plan, where the journey names none another one of the same line, and the day it begins."""
    given, effective = events["plan"], events["effective_date"]
    begins = np.where(np.isnat(effective), _month_on_or_after(events.time), effective)
    if not events.has_person("plan"):
        return {"effective_date": begins}
    own = events.person("plan").lookup({name: place for place, name in enumerate(medical_plans())}, 0, np.int64)
    others, count = _other_plans()
    turn = np.floor(events.draw("plan") * count[own]).astype(np.int64)
    return {
        "effective_date": begins,
        "plan": given.where(given.codes >= 0, Coded(others[own, turn], list(medical_plans()))),
    }


@functools.cache
def _other_plans() -> tuple[np.ndarray, np.ndarray]:
    """Return for each plan the places of the others of its line (itself where there is none), and how many they are."""
    every = [plans()[name] for name in medical_plans()]
    rows = []
    for place, own in enumerate(every):
        line = [other for other, one in enumerate(every) if one.coverage_type == own.coverage_type and one is not own]
        rows.append(line or [place])
    count = np.array([len(row) for row in rows])
    return np.array([row + [-1] * (count.max() - len(row)) for row in rows], np.int32), count


def change_plan(events: Events) -> dict[str, Columns]:
    """Return the coverages under new plans and the changes an 834 file tells of."""
    found = periods(events)
    if found is None:
        return {}
    mine = _brought_by(found, events.key)
    reason = Coded.constant("22", len(mine))
    return {
        "coverages": coverage_rows(events, mine, found),
        "enrollment_changes": _changes(
            found.key[mine], found.entity[mine], found.key[mine], "001", reason, found.start[mine]
        ),
    }


def end_outcomes(events: Events) -> dict[str, Array]:
    """Return the last day: what the journey says, the day itself for a death, else the end of its month."""
    given = events["end_date"]
    day = events.time.astype("datetime64[D]").astype("datetime64[s]")
    month_end = (events.time.astype("datetime64[M]") + 1).astype("datetime64[s]") - DAY
    end = np.where(events["reason_code"].isin([DEATH]), day, month_end)
    return {"end_date": np.where(np.isnat(given), end, given)}


def terminate(events: Events) -> dict[str, Columns]:
    """Return the terminations that ended somebody's coverage; the coverages themselves end where they are written."""
    found = periods(events)
    if found is None:
        return {}
    entity, index = reach(events, np.unique(found.entity))
    end = events["end_date"][index].astype("datetime64[D]")
    place, state = found.find(entity, end)
    # A death on that day is told with the member.
    ended = np.flatnonzero((state == COVERED) & (found.end[place] == end) & (deaths(events)[index] != end))
    # Several events may name one day: the first of them ended it.
    ended = ended[np.lexsort((events.key[index[ended]], place[ended]))]
    ended = ended[np.unique(place[ended], return_index=True)[1]]
    return {
        "enrollment_changes": _changes(
            coverage_key(events.key[index[ended]], entity[ended]),
            entity[ended],
            found.key[place[ended]],
            "024",
            events["reason_code"][index[ended]],
            end[ended],
        )
    }


NEW_ENROLLMENT = EventType(
    ENROLLMENT.split(".")[1],
    "membersim",
    "A person becomes a member; it happens to everybody once, where no journey says when.",
    (
        Field(
            "start_date",
            "datetime",
            "First day of coverage; the first of January, or of the month after enrolling later.",
        ),
    ),
    enroll,
    outcomes,
    writes=("members", "coverages", "enrollment_changes"),
    each_person=True,
    whom=insured,
)
CHANGE = EventType(
    PLAN_CHANGE.split(".")[1],
    "membersim",
    "A subscriber changes plan, for the whole household; it ends the old coverage and begins a new one.",
    (
        Field("plan", "code", "The new plan; another one of the same line where absent.", None, medical_plans()),
        Field("effective_date", "datetime", "From when; the first of the next month where absent."),
    ),
    change_plan,
    plan_outcomes,
    writes=("coverages", "enrollment_changes"),
)
END = EventType(
    TERMINATION.split(".")[1],
    "membersim",
    "Coverage ends: a subscriber's for the whole household, anybody else's for themselves.",
    (
        Field(
            "reason_code",
            "code",
            "Why (X12 1203): 03 death, 07 benefits ended, 08 employment ended, 14 by choice, 59 premium not paid.",
            "08",
            tuple(REASONS),
        ),
        Field("end_date", "datetime", "Last day of coverage; the end of the month where absent."),
    ),
    terminate,
    end_outcomes,
    writes=("enrollment_changes",),
)

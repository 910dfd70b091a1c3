"""Drug therapies: taken up, changed for another drug, ended."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns, concatenate
from healthsim_core.events import Events, EventType, Field, match
from rxmembersim.events.fields import ANY_DRUG, DRUG, FROM_SKILL, PRESCRIBED, SEVERITY
from rxmembersim.prescriptions import day_of, first_from, latest_before, person_and_drug, usual_amounts
from rxmembersim.reference import numbers_of, word_of, words_of

KINDS = ("rxmembersim.therapy_start", "rxmembersim.therapy_change")
NEVER = np.datetime64("NaT", "s")


def _drugs_before(events: Events, kinds: tuple[str, ...]) -> np.ndarray:
    """Return the drug (number) of the event each one follows from, else of the person's latest of these kinds; -1 for none."""
    found = [one for one in (events.timeline(kind) for kind in kinds) if one is not None]
    if not found:
        return np.full(len(events), -1, np.int64)
    keys, people = (np.concatenate([getattr(one, name) for one in found]) for name in ("key", "entity"))
    times = np.concatenate([one.time for one in found])
    drug = numbers_of(concatenate([one["drug"] for one in found]))
    place = match(events.source, keys)
    place = np.where(place >= 0, place, latest_before(events.entity, events.time, people, times))
    return np.where(place >= 0, drug[np.maximum(place, 0)], -1)


def settle_change(events: Events) -> dict[str, Array]:
    """Return which drug is given up."""
    before = _drugs_before(events, KINDS[:1])
    mine = events.key
    place = match(events.source, mine)
    drug = numbers_of(events["drug"])
    before = np.where(place >= 0, drug[np.maximum(place, 0)], before)
    given = numbers_of(events["previous"])
    return {"previous": words_of(np.where(given >= 0, given, before))}


def settle_discontinue(events: Events) -> dict[str, Array]:
    """Return which drug is given up."""
    before = _drugs_before(events, (*KINDS, "rxmembersim.new_rx", "patientsim.medication_order"))
    given = numbers_of(events["drug"])
    usual = numbers_of(Coded.constant(DRUG.default, len(events)))
    return {"drug": words_of(np.where(given >= 0, given, np.where(before >= 0, before, usual)))}


def _therapies(events: Events) -> Columns:
    """Return therapies begun by events, up to the first end of the drug that comes after."""
    drug = numbers_of(events["drug"])
    day = day_of(events.time)
    mine = person_and_drug(events.entity, drug)
    end = np.full(len(events), NEVER)
    reason, next_drug = Coded.constant(None, len(events)), np.full(len(events), -1, np.int64)
    for kind, field, why in (("therapy_change", "previous", "reason_ended"), ("therapy_discontinue", "drug", "reason")):
        ended = events.timeline(f"rxmembersim.{kind}")
        if ended is None:
            continue
        theirs = person_and_drug(ended.entity, numbers_of(ended[field]))
        place = first_from(mine, day, theirs, ended.time)
        at = np.maximum(place, 0)
        when = np.where(place >= 0, ended.time[at], NEVER)
        same = place >= 0
        if kind == "therapy_change":
            same &= ended.key[at] != events.key
        sooner = same & (np.isnat(end) | (when < end))
        end = np.where(sooner, when, end)
        reason = ended[why][at].where(sooner, reason)
        follower = numbers_of(ended["drug"])[at] if kind == "therapy_change" else np.full(len(events), -1, np.int64)
        next_drug = np.where(sooner, follower, next_drug)
    return Columns(
        {
            "therapy_id": events.key,
            "rx_member_id": events.entity,
            "drug": words_of(drug),
            "drug_class": word_of(drug, "drug_class"),
            "start_date": day,
            "end_date": day_of(end),
            "end_reason": reason,
            "changed_to": words_of(next_drug),
        }
    )


def handle(events: Events) -> dict[str, Columns]:
    """Return the therapies begun."""
    return {"therapies": _therapies(events)}


def handle_discontinue(events: Events) -> dict[str, Columns]:
    """Return the therapies ended whose beginning no event told: begun with the prescription, or on the day itself."""
    drug = numbers_of(events["drug"])
    mine = person_and_drug(events.entity, drug)
    told = np.zeros(len(events), bool)
    start = day_of(events.time)
    for kind in (*KINDS, "rxmembersim.new_rx", "patientsim.medication_order"):
        begun = events.timeline(kind)
        if begun is None:
            continue
        place = latest_before(mine, events.time, person_and_drug(begun.entity, numbers_of(begun["drug"])), begun.time)
        if kind in KINDS:
            told |= place >= 0
        else:
            start = np.where(place >= 0, np.minimum(start, day_of(begun.time[np.maximum(place, 0)])), start)
    order = np.lexsort((events.key, events.time, mine))
    again = np.zeros(len(events), bool)
    again[order[1:]] = mine[order[1:]] == mine[order[:-1]]
    chosen = ~told & ~again
    lone = events.select(chosen)
    if not len(lone):
        return {}
    n = len(lone)
    return {
        "therapies": Columns(
            {
                "therapy_id": lone.key,
                "rx_member_id": lone.entity,
                "drug": lone["drug"],
                "drug_class": word_of(drug[chosen], "drug_class"),
                "start_date": start[chosen],
                "end_date": day_of(lone.time),
                "end_reason": lone["reason"],
                "changed_to": Coded.constant(None, n),
            }
        )
    }


THERAPY_START = EventType(
    "therapy_start",
    "rxmembersim",
    "A member begins a drug; it is prescribed.",
    (DRUG, *PRESCRIBED, SEVERITY),
    handle,
    usual_amounts,
    skill=FROM_SKILL,
    writes=("therapies",),
)
THERAPY_CHANGE = EventType(
    "therapy_change",
    "rxmembersim",
    "A member changes to another drug, which is prescribed; the one before is no longer filled.",
    (
        DRUG,
        Field(
            "previous",
            "code",
            "The drug given up; that of the therapy it follows from where absent.",
            None,
            DRUG.values,
        ),
        Field(
            "reason_ended", "text", "Why the one before is given up, e.g. ineffective, adverse_effect, cost.", "changed"
        ),
        *PRESCRIBED,
        SEVERITY,
    ),
    handle,
    usual_amounts,
    skill=FROM_SKILL,
    writes=("therapies",),
    settle=settle_change,
    after=KINDS[:1],
)
THERAPY_DISCONTINUE = EventType(
    "therapy_discontinue",
    "rxmembersim",
    "A member gives a drug up: from then on it is no longer filled.",
    (ANY_DRUG, Field("reason", "text", "Why, e.g. adverse_effect, ineffective, completed, cost.", "completed")),
    handle_discontinue,
    writes=("therapies",),
    settle=settle_discontinue,
    after=(*KINDS, "rxmembersim.new_rx", "patientsim.medication_order"),
)

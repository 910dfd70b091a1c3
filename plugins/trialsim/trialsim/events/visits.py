"""Visits as the protocol plans them, visits between them, and what was not done as the protocol says."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns
from healthsim_core.distributions import pick
from healthsim_core.events import Events, EventType, Field, Link, match
from trialsim.events.enrollment import ENTRY, IN_STUDY, STUDY, assigned, known_study
from trialsim.participation import Participation
from trialsim.reference import rows, weights
from trialsim.results import endpoint, result_rows
from trialsim.siting import visited
from trialsim.states import NEVER, day_of, first_dose_day, takes_part
from trialsim.subject_rows import COMMON_TABLES, common_rows

MISSED_RATE = 0.03
SITE = (
    Field("facility", "key", "The facility of the site where it takes place; computed."),
    Field("investigator", "key", "Who sees the subject there; computed."),
)
LINK = Link("encounter", ("patientsim.encounter",))
DEVIATIONS = {one["category"]: one for one in rows("deviations")}


def days_after_first(day: np.ndarray) -> np.ndarray:
    """Return how many days after day 1 a study day lies; there is no day 0."""
    return np.where(day > 0, day - 1, day)


def visit_outcomes(events: Events) -> dict[str, Array]:
    """Return which visit of the protocol it is, and whether it is missed; the visit of the first dose never is."""
    turn = events.occurrence.astype(np.int64)
    in_cycle = ~np.isnan(events["cycle_day"])
    step = np.where(in_cycle, events["visits_a_cycle"], 1)
    first = np.nan_to_num(events["visit_number"], nan=1.0) + events["numbered_from"] - 1
    number = first + np.nan_to_num(turn * step, nan=0.0)
    planned = events["planned_day"] + np.where(in_cycle, turn * events["cycle_length_days"], 0)
    given = events["missed_rate"]
    missed = (events.draw("missed") < given) & (planned != 1)
    study = known_study(events["study"])
    return {
        **visited(events, study),
        "study": study,
        "result": np.where(missed, np.nan, _endpoint_at(events, study, planned)),
        "visit_name": _names(events, planned, in_cycle, number),
        "visit_number": number,
        "planned_day": planned,
        "missed": missed,
    }


def _endpoint_at(events: Events, study: Coded, planned: np.ndarray) -> np.ndarray:
    """Return the primary endpoint as measured at the visit, so that journeys can ask for it."""
    events.fields["planned_day"] = planned
    return endpoint(events, study, assigned(events, study))


def _names(events: Events, planned: np.ndarray, in_cycle: np.ndarray, number: np.ndarray) -> Coded:
    """Return what the protocol calls each visit: its name, `CYCLE 2 DAY 8`, else its number."""
    day, length = (np.where(in_cycle, events[name], 1).astype(np.int64) for name in ("cycle_day", "cycle_length_days"))
    cycle = (np.where(in_cycle, planned, 1).astype(np.int64) - day) // length + 1
    packed, inverse = np.unique(
        np.where(in_cycle, cycle * 1000 + day, -1 - np.rint(number).astype(np.int64)), return_inverse=True
    )
    words = [f"CYCLE {one // 1000} DAY {one % 1000}" if one >= 0 else f"VISIT {-one - 1}" for one in packed.tolist()]
    named = events["visit_name"].recode({word: word.upper() for word in events["visit_name"].words})
    return named.where((named.codes >= 0) & ~in_cycle, Coded.encode(words)[inverse])


def unscheduled_outcomes(events: Events) -> dict[str, Array]:
    """Return the site where subjects come between planned visits."""
    return visited(events, known_study(Coded.constant(None, len(events))))


def settled(events: Events) -> dict[str, Array]:
    """Return who is in the study that day."""
    return {"in_study": takes_part(events)}


def scheduled_settled(events: Events) -> dict[str, Array]:
    """Return who is in the study that day, and what about the visit deviates from the protocol."""
    first, last = windows(events, first_dose_day(events))
    inside = takes_part(events)
    day = day_of(events)
    outside = ~events["missed"] & ((day < first) | (day > last))
    deviation = np.where(inside & events["missed"], 0, np.where(inside & outside, 1, -1))
    return {"in_study": inside, "deviation": Coded(deviation, ("visit_missed", "visit_window"))}


def windows(events: Events, dosed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and last day of each visit's window, NaT where there is no first dose or no planned day."""
    planned = events["planned_day"]
    known = ~np.isnan(planned)
    target = dosed[events.row] + days_after_first(np.where(known, planned, 1).astype(np.int64))
    target = np.where(known, target, NEVER)
    first, last = (np.nan_to_num(events[name]).astype(np.int64) for name in ("window_from", "window_to"))
    return target + first, target + last


def handle_scheduled(events: Events) -> dict[str, Columns]:
    """Return the planned visits of subjects, kept or missed."""
    it = Participation.of(events)
    mine = events.select(it.kept["scheduled_visit"])
    first, last = windows(mine, it.first_dose)
    planned = mine["planned_day"]
    visits = Columns(
        {
            **_visit(mine, "scheduled", mine["visit_name"], mine["visit_number"]),
            "planned_day": np.where(np.isnan(planned), NO_DAY, np.nan_to_num(planned)).astype(np.int64),
            "window_start_date": first.astype("datetime64[s]"),
            "window_end_date": last.astype("datetime64[s]"),
            "status": Coded(mine["missed"].astype(np.int32), ["completed", "missed"]),
            "visit_date": np.where(mine["missed"], np.datetime64("NaT", "s"), mine.time),
        }
    )
    seen = ~mine["missed"]
    row = mine.row[seen]
    results = result_rows(mine.select(seen), it.study[row], it.arm[row], visits["encounter_id"][seen])
    found = {**common_rows(events, it), "visits": visits}
    return found if results is None else {**found, "trial_results": results}


def _visit(events: Events, kind: str, name: Coded, number: np.ndarray) -> dict[str, Array]:
    return {
        "visit_id": events.key,
        "subject_id": events.entity,
        "visit_number": number,
        "visit_name": name,
        "visit_type": Coded.constant(kind, len(events)),
        "encounter_id": _encounters(events),
    }


def _encounters(events: Events) -> np.ndarray:
    """Return each visit's encounter: what follows from it, else the linked one if at its site; none that was put off."""
    encounters = events.timeline("patientsim.encounter")
    if encounters is None or not len(encounters):
        return events["encounter"]
    found = match(events.key, encounters.source)
    linked = match(events["encounter"], encounters.key)
    for place, ours in (("facility", "facility"), ("provider", "investigator")):
        linked = np.where((events[ours] >= 0) & (encounters[place][linked] == events[ours]), linked, -1)
    found = np.where(found >= 0, found, linked)
    begins = encounters.fields.get("start_time", encounters.time)[found]
    there = (found >= 0) & (begins.astype("datetime64[D]") == events.time.astype("datetime64[D]"))
    return np.where(there, encounters.key[found], -1)


NO_DAY = -100_000
"""Stands for no planned day, which may be negative."""


def handle_unscheduled(events: Events) -> dict[str, Columns]:
    """Return visits between the planned ones, numbered behind the one before them."""
    it = Participation.of(events)
    mine = events.select(it.kept["unscheduled_visit"])
    number = _numbers_between(mine, it)
    packed, inverse = np.unique(np.rint(number * 100).astype(np.int64), return_inverse=True)
    name = Coded.encode([f"UNSCHEDULED {one / 100:.2f}" for one in packed.tolist()])[inverse]
    nothing = np.full(len(mine), np.datetime64("NaT", "s"))
    visits = Columns(
        {
            **_visit(mine, "unscheduled", name, number),
            "planned_day": np.full(len(mine), NO_DAY),
            "window_start_date": nothing,
            "window_end_date": nothing,
            "status": Coded.constant("completed", len(mine)),
            "visit_date": mine.time,
        }
    )
    return {**common_rows(events, it), "visits": visits}


def _numbers_between(events: Events, it: Participation) -> np.ndarray:
    """Return visit numbers: that of the last planned visit until then, and hundredths for the turn after it."""
    base = np.zeros(len(events))
    planned = it.timelines["scheduled_visit"]
    if planned is not None:
        kept = planned.select(it.kept["scheduled_visit"])
        both = np.concatenate([kept.row, events.row])
        time = np.concatenate([kept.time, events.time]).astype(np.int64)
        mine = np.concatenate([np.zeros(len(kept), np.int64), np.ones(len(events), np.int64)])
        number = np.concatenate([np.floor(kept["visit_number"]), np.full(len(events), -1.0)])
        order = np.lexsort((mine, time, both))
        place = np.maximum.accumulate(np.where(mine[order] == 0, np.arange(len(order)), -1))
        before = order[np.maximum(place, 0)]
        found = np.where((place >= 0) & (both[before] == both[order]), number[before], 0.0)
        base[order[mine[order] == 1] - len(kept)] = found[mine[order] == 1]
    order = np.lexsort((events.key, events.time, base, events.row))
    fresh = np.ones(len(order), bool)
    fresh[1:] = (np.diff(events.row[order]) != 0) | (np.diff(base[order]) != 0)
    start = np.maximum.accumulate(np.where(fresh, np.arange(len(order)), 0))
    turn = np.empty(len(order), np.int64)
    turn[order] = np.arange(len(order)) - start + 1
    return base + np.minimum(turn, 99) / 100


def deviation_outcomes(events: Events) -> dict[str, Array]:
    """Return what kind of deviation it is, by weight where nobody says, and its words."""
    words = list(DEVIATIONS)
    drawn = Coded(pick(events.draw("category"), weights("deviations")), words)
    given = events["category"]
    category = given.where(given.codes >= 0, drawn)
    own = category.recode({word: one["term"] for word, one in DEVIATIONS.items()})
    term = events["term"]
    return {"category": category, "term": term.where(term.codes >= 0, own)}


def handle_deviation(events: Events) -> dict[str, Columns]:
    """Return the deviations of subjects."""
    it = Participation.of(events)
    mine = events.select(it.kept["protocol_deviation"])
    deviations = Columns(
        {
            "deviation_id": mine.key,
            "subject_id": mine.entity,
            "term": mine["term"],
            "category": mine["category"],
            "major": mine["category"].lookup(
                {word: one["major"] == "1" for word, one in DEVIATIONS.items()}, False, bool
            ),
            "deviation_date": mine.time,
        }
    )
    return {**common_rows(events, it), "protocol_deviations": deviations}


IN_TIME = (*ENTRY, "trialsim.withdrawal")
SCHEDULED_VISIT = EventType(
    "scheduled_visit",
    "trialsim",
    "A visit that the protocol plans takes place, or is missed.",
    (
        Field("visit_name", "text", "What the protocol calls it; a journey's schedule gives it."),
        Field("visit_number", "number", "Its number in the protocol; a schedule gives its place."),
        Field("numbered_from", "number", "The number of a schedule's first visit.", 1),
        Field("planned_day", "number", "The study day for which it is planned; day 1 is that of the first dose."),
        Field("window_from", "number", "First day of its window, counted from the planned one.", 0),
        Field("window_to", "number", "Last day of its window, counted from the planned one.", 0),
        Field("cycle_day", "number", "Its day in a treatment cycle."),
        Field("cycle_length_days", "number", "Days of a treatment cycle."),
        Field("visits_a_cycle", "number", "Visits of a treatment cycle."),
        Field("missed_rate", "number", "The share of visits that is missed.", MISSED_RATE),
        Field("missed", "boolean", "Whether it is missed; computed.", False),
        STUDY,
        Field("result", "number", "The study's primary endpoint as measured at the visit; computed."),
        Field("encounter", "key", "The encounter of that day, which counts if it is at the site; -1 for none."),
        Field("deviation", "code", "What about it deviates from the protocol: visit_missed, visit_window; settled."),
        IN_STUDY,
        *SITE,
    ),
    handle_scheduled,
    visit_outcomes,
    writes=(*COMMON_TABLES, "visits", "trial_results"),
    reads=("observations",),
    links=(LINK,),
    settle=scheduled_settled,
    after=IN_TIME,
)
UNSCHEDULED_VISIT = EventType(
    "unscheduled_visit",
    "trialsim",
    "A subject comes between two planned visits.",
    (
        Field("reason", "text", "Why."),
        Field("adverse_event", "key", "The adverse event that leads to it; -1 for none."),
        Field("encounter", "key", "The encounter of that day; -1 for none."),
        IN_STUDY,
        *SITE,
    ),
    handle_unscheduled,
    unscheduled_outcomes,
    writes=(*COMMON_TABLES, "visits"),
    links=(LINK,),
    settle=settled,
    after=IN_TIME,
)
PROTOCOL_DEVIATION = EventType(
    "protocol_deviation",
    "trialsim",
    "Something is not done as the protocol says.",
    (
        Field("category", "code", "Its kind; by weight where absent.", values=tuple(DEVIATIONS)),
        Field("term", "text", "What was done or not done, in plain words; the kind's own where absent."),
        Field("visit", "key", "The visit that it is about; -1 for none."),
        IN_STUDY,
    ),
    handle_deviation,
    deviation_outcomes,
    writes=(*COMMON_TABLES, "protocol_deviations"),
    settle=settled,
    after=IN_TIME,
)

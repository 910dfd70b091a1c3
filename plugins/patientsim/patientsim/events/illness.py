"""What a person's measured levels follow besides the person: the illness they are seen for, and the drugs they take."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from healthsim_core.columns import Coded, concatenate
from healthsim_core.distributions import NormalDistribution
from healthsim_core.draws import uniforms
from healthsim_core.events import DAY, Events, match
from patientsim.events.placing import VISITS, Visits, day_of
from patientsim.reference.response import acute_labs, responses

ORDERS = "patientsim.medication_order"
DIAGNOSES = "patientsim.diagnosis"
CARE = (ORDERS, DIAGNOSES)
"""What levels follow: the drugs people are ordered and the diseases that journeys find in them."""
INFECTIONS = ("A", "B", "J0", "J1", "J20", "J21", "J22", "L03", "N10", "N39.0", "R50", "U07")
"""Acute infections by how their codes begin: what shows in offices too."""
IN_OFFICES = 0.7
"""How much of what a hospital's patients show those seen in offices for an acute infection do."""
SEEN_BEFORE = 45
"""Who was seen for the same disease in so many days before comes for a check, and is better."""


@frozen(eq=False)
class Seen:
    """What people are seen for, one row an event: the reason, whether in a hospital, and since how many days."""

    reason: Coded
    hospital: np.ndarray
    days: np.ndarray


def unfolded(events: Events, event_type: str) -> list[Events]:
    """Return the events of another type that are there while outcomes are computed; none where nobody offers them."""
    return [] if events.context is None else events.unfolded(event_type)


def care_so_far(events: Events) -> list[Events]:
    """Return orders and diagnoses as far as they are there while outcomes are computed."""
    return [one for name in CARE for one in unfolded(events, name)]


def care_of(events: Events) -> list[Events]:
    """Return all orders and diagnoses."""
    return [one for one in map(events.timeline, CARE) if one is not None]


def seen_from(events: Events) -> Seen:
    """Return what people are seen for as known from the visit or stay that each event follows from."""
    found = [one for name in VISITS for one in unfolded(events, name)]
    if not found:
        return _nothing(len(events))
    reason = concatenate([one["reason"] for one in found])
    hospital = np.concatenate([in_hospital(one) for one in found])
    time = np.concatenate([one.time for one in found])
    place = match(events.source, np.concatenate([one.key for one in found]))
    return _seen(reason, hospital, day_of(events.time) - day_of(time)[place], place)


def seen_at(events: Events, visits: Visits | None, place: np.ndarray) -> Seen:
    """Return what people are seen for at the visits they belong to, -1 for none."""
    if visits is None:
        return _nothing(len(events))
    return _seen(visits.reason, visits.hospital, day_of(events.time) - visits.first[place], place)


def _nothing(count: int) -> Seen:
    return Seen(Coded.constant(None, count), np.zeros(count, bool), np.zeros(count))


def _seen(reason: Coded, hospital: np.ndarray, days: np.ndarray, place: np.ndarray) -> Seen:
    there = place >= 0
    return Seen(
        Coded(np.where(there, reason.codes[place], -1), reason.words),
        there & hospital[place],
        np.where(there, np.maximum(days, 0), 0).astype(float),
    )


def in_hospital(visits: Events) -> np.ndarray:
    """Return which visits and stays are those of acutely ill people: in emergency departments and hospitals."""
    if "encounter_type" not in visits.fields:
        return np.ones(len(visits), bool)
    return visits["encounter_type"].isin(["ed", "inpatient"])


def show(events: Events) -> np.ndarray:
    """Return how much of their illness people show at visits: all in hospitals, part of an infection in offices, else nothing.

    Who was seen for the same disease lately comes for a check and shows nothing.
    """
    hospital, kind, reason = in_hospital(events), events["encounter_type"], events["reason"]
    infected = reason.lookup({word: word.startswith(INFECTIONS) for word in reason.words}, False, bool)
    infected &= ~kind.isin(["preventive"]) & ~hospital
    if infected.any():
        infected &= ~_seen_before(events)
    return np.where(hospital, 1.0, np.where(infected, IN_OFFICES, 0.0))


def _seen_before(events: Events) -> np.ndarray:
    """Return whether the person had a visit or stay for the same disease in the time before."""
    found = [one for one in map(events.timeline, VISITS) if one is not None]
    diseases: dict[str, int] = {}

    def disease(one: Events) -> np.ndarray:
        code = one["reason"]
        return code.lookup({word: diseases.setdefault(word[:3], len(diseases)) for word in code.words}, -1, np.int64)

    width = 1 << 20
    own = (events.entity * 4096 + disease(events)) * width + day_of(events["start_time"])
    theirs = np.sort(
        np.concatenate([(one.entity * 4096 + disease(one)) * width + day_of(one["start_time"]) for one in found])
    )
    last = np.searchsorted(theirs, own, side="left") - 1
    before = theirs[np.maximum(last, 0)]
    return (last >= 0) & (before // width == own // width) & (own - before <= SEEN_BEFORE)


def with_illness(events: Events, test: str, level: np.ndarray, seen: Seen) -> tuple[np.ndarray, np.ndarray]:
    """Return a test's levels as an acute illness makes them, and where it does; what is new of it passes day by day."""
    ill = np.zeros(len(events), bool)
    if test not in acute_labs() or not seen.hospital.any():
        return level, ill
    u = events.draw("illness")
    level = level.copy()
    for one in acute_labs()[test]:
        told = seen.reason.lookup({word: word.startswith(one.reasons) for word in seen.reason.words}, False, bool)
        rows = np.flatnonzero(told & seen.hospital & ~ill)
        if len(rows):
            acute = NormalDistribution(one.mean, one.std_dev, one.min, one.max).ppf(u[rows])
            level[rows] += (acute - level[rows]) * 0.5 ** (seen.days[rows] / one.half_days)
            ill[rows] = True
    return level, ill


def with_treatment(events: Events, measure: str, level: np.ndarray, care: list[Events], has) -> np.ndarray:
    """Return levels as drugs ordered so far, or time without, make them; `has(events, condition, care)` says who has it."""
    lines = responses().get(measure, ())
    if not lines:
        return level
    own = uniforms(events.people.seed, f"patientsim.response.{measure}", events.entity)
    own = NormalDistribution(1, 0.35, 0.2, 1.8).ppf(own)
    treated = np.zeros(len(events), bool)
    for line in lines:
        if line.drugs:
            since = _since(events, care, line.drugs)
            treated |= since >= 0
            rise = np.clip(since / (line.weeks * 7), 0, 1)
        else:
            years = (events.time - events.people.start) / DAY / (line.weeks * 7)
            rise = np.where(treated | ~has(events, line.condition, care), 0, np.clip(years, 0, 5))
        level = level - np.maximum(level - line.floor, 0) * np.minimum(line.share * own * rise, 0.9)
    return level


def _since(events: Events, care: list[Events], drugs: tuple[str, ...]) -> np.ndarray:
    """Return how many days ago each event's person was first ordered one of some drugs; -1 for not yet."""
    return _days_since(events, [(one, one["drug"].isin(drugs)) for one in care if "drug" in one.fields])


def found_by(events: Events, condition: str, care: list[Events]) -> np.ndarray:
    """Return in whom a journey has found a condition by the day of each event."""
    made = []
    for one in care:
        if one.event_type == DIAGNOSES:
            words = [word for word in one["code"].words if str(word).startswith(condition)]
            made += [(one, one["code"].isin(words))] if words else []
    return _days_since(events, made) >= 0 if made else np.zeros(len(events), bool)


def _days_since(events: Events, parts: list[tuple[Events, np.ndarray]]) -> np.ndarray:
    """Return how many days ago each event's person first had one of the chosen events; -1 for not yet."""
    found = [(one.entity[rows], one.time[rows]) for one, rows in parts if rows.any()]
    if not found:
        return np.full(len(events), -1.0)
    entity, time = (np.concatenate(each) for each in zip(*found, strict=True))
    order = np.lexsort((time, entity))
    people, first = np.unique(entity[order], return_index=True)
    place = match(events.entity, people)
    days = (events.time - time[order][first][place]) / DAY
    return np.where((place >= 0) & (days >= 0), days, -1.0)

"""Lay a journey out flat: branches, schedules and phases become events, each with what it follows and what gates it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import numpy as np
from attrs import evolve, field, frozen

from healthsim_core.distributions import Distribution
from healthsim_core.errors import Problems
from healthsim_core.events import Delay
from healthsim_core.generation.graph import Cycle, ordered
from healthsim_core.journey_specs import Branch, EventDefinition, JourneySpecification, Phase, Repeat, Schedule

SHORTEST_PHASE_DAYS = 30
"""What a phase that can come back is taken to last at least, to bound how often it can."""
MOST_PHASES = 40
"""Phases one life can have; what would come after is cut."""
DAYS_A_YEAR = 365.25


@frozen
class Flat:
    """One event of a journey laid out flat."""

    definition: EventDefinition
    at: str
    """Its path in the specification."""
    arm: int | None = None
    """The arm of the event it depends on that it belongs to."""
    in_phase: bool = False
    """Whether the event it depends on is a phase, at whose end it stops."""
    phase: int | None = None
    """Set on the beginning of a phase: its number."""
    cut: bool = False
    """Whether it repeats as long as the journey lasts: what would come later is cut."""
    offered: Mapping[str, object] = field(factory=dict)
    """Parameters for those of its type's fields that are there and that nobody gave."""


def flatten(
    journey: JourneySpecification, where: str, lengths: list[Distribution | None], problems: Problems
) -> list[Flat]:
    """Return a journey's events laid flat, phases' beginnings among them; `lengths` are its phases' years."""
    found: list[Flat] = []
    for number, phase in enumerate(journey.phases):
        if phase is not None and phase.name is not None:
            found += _phase(journey, phase, number, where, lengths[number], problems)
    for number, event in enumerate(journey.events):
        found += _event(event, f"{where}.events[{number}]", problems)
    for number, schedule in enumerate(journey.schedule):
        if schedule is not None and schedule.event_type is not None:
            at = f"{where}.schedule" if len(journey.schedule) == 1 else f"{where}.schedule[{number}]"
            found += _schedule(schedule, at, number, problems)
    return [_counted(journey, one, problems) for one in found]


def _event(event: EventDefinition | None, at: str, problems: Problems) -> list[Flat]:
    """Return an event and those of its arms."""
    if event is None or event.event_id is None or event.event_type is None:
        return []
    found = [Flat(event, at)]
    branches = [branch for branch in event.branches if branch is not None]
    _check_arms(branches, f"{at}.branches", problems)
    for number, branch in enumerate(branches):
        path = f"{at}.branches[{number}]"
        own = [one.event_id for one in branch.events if one is not None]
        for place, inner in enumerate(branch.events):
            for flat in _event(inner, f"{path}.events[{place}]", problems):
                if flat.definition is not inner:
                    found.append(flat)
                    continue
                follows = inner.depends_on
                if follows not in (None, event.event_id, *own):
                    problems.add(
                        f"{flat.at}.depends_on",
                        f"an event of a branch follows {event.event_id!r} or another of its arm, not {follows!r}",
                    )
                if follows in (None, event.event_id):
                    flat = evolve(flat, definition=evolve(inner, depends_on=event.event_id), arm=number)
                found.append(flat)
    return found


def _check_arms(branches: list[Branch], at: str, problems: Problems) -> None:
    weighted = [branch for branch in branches if not branch.conditions]
    for number, branch in enumerate(branches):
        if branch.conditions and branch.weight is not None:
            problems.add(f"{at}[{number}]", "an arm has conditions or a weight, not both")
    if not weighted:
        return
    if len(weighted) == 1 and weighted[0].weight is None:
        return  # the arm of all others
    for number, branch in enumerate(branches):
        if not branch.conditions and branch.weight is None:
            problems.add(f"{at}[{number}]", "an arm needs a weight, or conditions")
    total = sum(branch.weight or 0 for branch in weighted)
    if abs(total - 1) > 0.001:
        problems.add(at, f"the weights of the arms must sum to 1 (they sum to {total:.6g})")


def _schedule(schedule: Schedule, at: str, number: int, problems: Problems) -> list[Flat]:
    """Return a protocol's visits as events; day numbers skip 0 where the first day is 1, as study days do."""

    def offset(day: int, path: str) -> int:
        if schedule.first_day == 0:
            return day
        if day == 0:
            problems.add(path, 'there is no day 0 where the first day is day 1; say "first_day": 0 to count from 0')
        return day - 1 if day > 0 else day

    def event(event_id: str, name: str, day: int, window: tuple[int, int], repeat: Repeat | None, own: dict):
        definition = EventDefinition(
            event_id=event_id,
            event_type=schedule.event_type,
            name=name,
            product=schedule.product,
            **_when(schedule, day, window, at, problems),
            repeat=repeat,
            probability=schedule.probability,
            propensity=schedule.propensity,
            business_days=schedule.business_days,
            parameters=schedule.parameters,
        )
        return Flat(definition, at, offered={**own, "window_from": window[0], "window_to": window[1]})

    prefix = f"s{number + 1}." if number else ""
    once = None if schedule.until is None else Repeat(1, 1, 0, schedule.until)
    found = []
    for place, visit in enumerate(schedule.visits):
        if visit is None or visit.name is None or visit.day is None:
            continue
        own = {"visit_name": visit.name, "visit_number": place + 1, "planned_day": visit.day}
        event_id = prefix + re.sub(r"[^a-z0-9]+", "-", visit.name.lower()).strip("-")
        found.append(
            event(event_id, visit.name, offset(visit.day, f"{at}.visits[{place}].day"), visit.window, once, own)
        )
    cycles = schedule.cycles
    if cycles is not None and cycles.length_days and cycles.count and cycles.days:
        start = offset(cycles.first_day, f"{at}.cycles.first_day")
        for place, day in enumerate(cycles.days):
            if day is None:
                continue
            if day > cycles.length_days:
                problems.add(f"{at}.cycles.days", f"day {day} lies beyond the cycle's {cycles.length_days} days")
            repeat = Repeat(cycles.length_days, cycles.count, 0, schedule.until)
            # Said of the first cycle; the event's occurrence says which one it is.
            own = {
                "visit_name": f"Cycle day {day}",
                "visit_number": len(schedule.visits) + place + 1,
                "planned_day": cycles.first_day + day - 1,
                "cycle_day": day,
                "cycle_length_days": cycles.length_days,
                "visits_a_cycle": len(cycles.days),
            }
            found.append(
                event(f"{prefix}cycle-d{day}", f"Cycle day {day}", start + day - 1, cycles.window, repeat, own)
            )
    return found


def _when(schedule: Schedule, day: int, window: tuple[int, int], at: str, problems: Problems) -> dict[str, object]:
    """Return when a visit lies, `day` days after the journey's start or after the event that the visits depend on."""
    if schedule.depends_on is None:
        return {"day": day, "window": window}
    low, high = day + window[0], day + window[1]
    if low < 0:
        problems.add(at, f"a visit's window may not begin before {schedule.depends_on!r}, on which the visits depend")
    return {"depends_on": schedule.depends_on, "delay": Delay(day, low, high, "uniform" if low < high else None)}


def _phase(
    journey, phase: Phase, number: int, where: str, length: Distribution | None, problems: Problems
) -> list[Flat]:
    at = f"{where}.phases[{number}]"
    beginning = EventDefinition(event_id=phase.name, event_type="phase", product="core", name=phase.name)
    found = [Flat(beginning, at, phase=number)]
    longest = (
        math.inf
        if length is None
        else float(np.max(np.asarray(length.ppf(np.array([1 - 2.0**-53]), {})))) * DAYS_A_YEAR
    )
    if journey.duration_days is not None:
        longest = min(longest, journey.duration_days)
    own = {one.event_id for one in phase.events if one is not None}
    for place, event in enumerate(phase.events):
        for flat in _event(event, f"{at}.events[{place}]", problems):
            if flat.definition is event and event.depends_on not in own:
                if event.depends_on not in (None, phase.name):
                    problems.add(
                        f"{flat.at}.depends_on", f"an event of a phase follows {phase.name!r} or another of its events"
                    )
                definition = evolve(event, depends_on=phase.name)
                repeat = definition.repeat
                if repeat is not None and repeat.count is None and repeat.every_days and math.isfinite(longest):
                    count = int(longest // repeat.every_days) + 1
                    definition = evolve(definition, repeat=evolve(repeat, count=min(count, 1000)))
                flat = evolve(flat, definition=definition, in_phase=True)
            found.append(flat)
    return found


def _counted(journey: JourneySpecification, flat: Flat, problems: Problems) -> Flat:
    """Return an event whose repeats have a count: what is said, else as many as the journey's duration holds."""
    repeat = flat.definition.repeat
    if repeat is None or repeat.count is not None:
        return flat
    if journey.duration_days is None or not repeat.every_days:
        if repeat.every_days or repeat.skill_ref:
            problems.add(f"{flat.at}.repeat", "a repeat needs a count, or a journey with duration_days to last for")
        return flat
    first = flat.definition.day or (flat.definition.delay.days if flat.definition.delay else 0)
    count = max(1, min(1000, int((journey.duration_days - first - repeat.jitter_days) // repeat.every_days) + 1))
    return evolve(flat, definition=evolve(flat.definition, repeat=evolve(repeat, count=count)), cut=True)


def most_phases(journey: JourneySpecification, lengths: list[Distribution], at: str, problems: Problems) -> int:
    """Return how many phases one life can have: each once, or where some come back as many as the duration holds."""
    needs = {phase.name: [name for name in phase.next] for phase in journey.phases}
    try:
        ordered(needs, needs)
        return len(needs)
    except Cycle:
        pass
    if journey.duration_days is None:
        problems.add(at, "phases that can come back need a journey with duration_days")
        return 1
    least = min(float(np.asarray(one.ppf(np.array([2.0**-53]), {}))[0]) for one in lengths) * DAYS_A_YEAR
    return math.ceil(journey.duration_days / max(least, SHORTEST_PHASE_DAYS)) + 1

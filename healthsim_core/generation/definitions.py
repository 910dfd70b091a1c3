"""Unfold one event definition: who, how often, when, whether, with which fields, down which arm; one numpy pass each."""

from __future__ import annotations

from functools import partial

import numpy as np

from healthsim_core.columns import Array, Coded
from healthsim_core.conditions import all_hold, compare
from healthsim_core.distributions import pick
from healthsim_core.draws import uniforms
from healthsim_core.errors import UserError
from healthsim_core.events import DAY, EVENT_SLOTS, Events, constant_field
from healthsim_core.generation.business_days import nearest, on_business_days
from healthsim_core.generation.flattening import DAYS_A_YEAR
from healthsim_core.generation.plan import DefinitionPlan, PhasesPlan, SkillPlan, Substitution
from healthsim_core.generation.timeline import (
    Lives,
    Timeline,
    add_outcomes,
    concerned,
    diagnosis,
    entity_column,
    in_lifetime,
    lookup,
)
from healthsim_core.people import People


def unfold_definition(timeline: Timeline, index: int) -> Events:
    """Return the events of one definition, with their fields, for the people of the timeline's span."""
    part = timeline.plan.parts[index]
    it, people = part.definition, timeline.people
    entity, occurrence, anchor, source, ends, own = _anchors(timeline, it)
    count = it.repeat_count
    turn = np.zeros(len(entity), np.int64)
    if count > 1:
        turn = np.tile(np.arange(count), len(entity))
        entity, anchor, source = np.repeat(entity, count), np.repeat(anchor, count), np.repeat(source, count)
        occurrence = np.repeat(occurrence, count) * count + turn
        ends = None if ends is None else np.repeat(ends, count)
    time, low, high = _times(it, part.path, people, entity, occurrence, turn, anchor)
    fields = {name: column for name, column in own.items()}
    key = entity * EVENT_SLOTS + part.base + occurrence
    one_part = np.zeros(len(entity), np.int32)
    events = Events(
        it.event_type.qualified, entity, occurrence.astype(np.int32), time, key, source, one_part, (part.path,), fields, people
    )  # fmt: skip
    if ends is not None:
        timeline.ends[index] = (events.key, ends)
    happens = _happens(timeline, it, part.path, events, ends, count)
    if not happens.all():
        events = events.select(happens)
    events.fields.update(
        {name: column for name, column in _parameters(timeline, it, events).items() if name not in events.fields}
    )
    if it.event_type.working is not None:
        bounds = (np.broadcast_to(one, len(happens))[happens] for one in (anchor, low, high))
        _move_to_working_days(timeline, it, events, *bounds)
        alive = in_lifetime(events)  # the next working day may be after death
        if not alive.all():
            happens[np.flatnonzero(happens)[~alive]] = False
            events = events.select(alive)
    events.context = timeline
    add_outcomes(timeline.plan, it.event_type, events)
    events.context = None
    if it.until is not None and _names(it.until.field) == it.event_id:
        events = _cut_after(it, events, happens, count)
    if it.arms:
        timeline.arms[index] = _take_arms(timeline, it, part.path, events)
    return events


def _own(events: Events, field: str) -> Array | None:
    """Return what events know of themselves: their fields, time and occurrence, and that they happened."""
    name = field.removeprefix("event.").split(".")[1]
    if name == "happened":
        return np.ones(len(events), bool)
    return events[name] if name in ("time", "occurrence") else events.fields.get(name)


def _names(field: str) -> str:
    return field.removeprefix("event.").split(".")[0]


def _anchors(timeline: Timeline, it: DefinitionPlan):
    """Return what each event hangs on: entity, occurrence, moment, the source's key, its phase's end, fields of its own."""
    people = timeline.people
    if it.phase is not None:
        lives = timeline.lives.get(it.phases.path)
        if lives is None:
            lives = timeline.lives[it.phases.path] = _live(it.phases, people, people.entity[_takes_part(timeline, it)])
        mine = np.flatnonzero(lives.phase == it.phase)
        begins = _begins(it, people, lives.entity[mine])
        start, end = (begins + days[mine] * DAY for days in (lives.start, lives.end))
        own = {
            "name": Coded.constant(it.event_id, len(mine)),
            "step": lives.step[mine].astype(float),
            "end_time": end,
        }
        return lives.entity[mine], lives.step[mine], start, np.full(len(mine), -1, np.int64), None, own
    if it.parent is None:
        entity = people.entity[_takes_part(timeline, it)]
        none = np.full(len(entity), -1, np.int64)
        return entity, np.zeros(len(entity), np.int64), _begins(it, people, entity), none, None, {}
    parent = timeline.parts[it.parent]
    if it.arm is not None:
        parent = parent.select(timeline.arms[it.parent] == it.arm)
    ends = parent["end_time"] if it.in_phase else timeline.ends_of(it.parent, parent.key)
    return parent.entity, parent.occurrence.astype(np.int64), parent.time, parent.key, ends, {}


def _begins(it: DefinitionPlan, people: People, entity: np.ndarray) -> np.ndarray:
    """Return when the journey begins for each person, which is its day 0."""
    start = np.full(len(entity), people.start)
    if it.start_delay is None:
        return start
    return start + it.start_delay.at(uniforms(people.seed, f"journey.{it.journey}:start", entity)) * DAY


def _takes_part(timeline: Timeline, it: DefinitionPlan) -> np.ndarray:
    people = timeline.people
    chosen = np.ones(len(people), bool)
    if it.slots is not None:
        chosen &= np.isin(people.slot, it.slots)
    if it.roles is not None:
        chosen &= people["role"].isin(it.roles)
    if it.when is not None:
        chosen &= it.when.holds(partial(entity_column, timeline), len(people))
    return chosen & all_hold(
        it.requires, lambda name: entity_column(timeline, name.removeprefix("entity.")), len(people)
    )


def _times(it: DefinitionPlan, path: str, people: People, entity, occurrence, turn, anchor):
    """Return when each event happens, and the least and most days from its anchor that its delay allows.

    Where a day and an event before it both count, it is the later.
    """

    def u(name: str) -> np.ndarray:
        return uniforms(people.seed, f"{path}.{name}", entity, occurrence)

    days = np.round(turn * it.every_days).astype(np.int64)
    low = high = days
    if it.jitter_days:
        days = days + np.floor(u("jitter") * (2 * it.jitter_days + 1)).astype(np.int64) - it.jitter_days
        low, high = low - it.jitter_days, high + it.jitter_days
    floor = None
    if it.day is not None:
        first, last = it.window
        day = np.full(len(entity), it.day, np.int64)
        if first < last:
            day += np.floor(u("variance") * (last - first + 1)).astype(np.int64)
        day += first
        if it.parent is None:
            days, low, high = days + day, low + it.day + first, high + it.day + last
        else:
            floor = day + days
    if it.delay is not None:
        moved = it.delay.at(u("delay") if it.delay.draws() else np.empty(len(entity)))
        least, most = (it.delay.days_min, it.delay.days_max) if it.delay.draws() else (moved, moved)
        days, low, high = days + moved, low + least, high + most
    if it.jitter_days and (it.parent is not None or it.day is None or it.day >= 0):
        days, low = np.maximum(days, 0), np.maximum(low, 0)  # jitter moves nothing before what it follows
    time = anchor + days * DAY
    if floor is not None:
        time = np.maximum(time, _begins(it, people, entity) + floor * DAY)
    if it.business_days:
        time = on_business_days(time, anchor, low, high)
    return time, low, high


def _move_to_working_days(timeline: Timeline, it: DefinitionPlan, events: Events, anchor, low, high) -> None:
    """Move the events that keep office hours to business days; the day the journey says is kept as `planned_time`."""
    moves = it.event_type.working(events)
    events.fields["planned_time"] = events.time
    if it.parent is not None:
        parent = timeline.plan.parts[it.parent].definition.event_type.product
        if parent not in ("core", it.event_type.product):
            moves &= events.time.astype("datetime64[D]") != anchor.astype("datetime64[D]")
    if moves.any():
        events.time = np.where(moves, nearest(events.time, anchor, low, high), events.time)


def _happens(timeline: Timeline, it: DefinitionPlan, path: str, events: Events, ends, count: int) -> np.ndarray:
    happens = in_lifetime(events) & concerned(timeline.plan, it.event_type, events)
    if ends is not None:
        happens &= events.time < ends
    if it.within_days is not None:
        happens &= events.time < _begins(it, events.people, events.entity) + (it.within_days + 1) * DAY
    likely = _likely(it, events)
    if np.any(likely < 1):
        happens &= uniforms(events.people.seed, f"{path}.happens", events.entity, events.occurrence) < likely
    if it.conditions:
        happens &= all_hold(it.conditions, lambda name: lookup(timeline, it, events, name), len(events))
    if it.until is not None and _names(it.until.field) != it.event_id:
        over = it.until.holds(lambda name: lookup(timeline, it, events, name), len(events))
        happens &= ~np.logical_or.accumulate(over.reshape(-1, count), axis=1).ravel()
    return happens


def _likely(it: DefinitionPlan, events: Events) -> float | np.ndarray:
    """Return how likely events are: as the journey says, times the person's propensity where they have one."""
    if it.propensity is None or not events.has_person(it.propensity):
        return it.probability
    times = events.person(it.propensity)
    if isinstance(times, Coded) or times.dtype.kind not in "fiub":
        raise UserError(f"journey {it.journey}: {it.event_id}: propensity: {it.propensity} is no number")
    return it.probability * np.where(np.isnan(times), 1.0, times)


def _cut_after(it: DefinitionPlan, events: Events, happens: np.ndarray, count: int) -> Events:
    """Return the events of each cycle up to the first whose own outcome meets what ends it."""
    column = _own(events, it.until.field)
    if column is None:
        return events
    met = np.zeros(len(happens), bool)
    met[np.flatnonzero(happens)] = compare(column, it.until.operator, it.until.value)
    over = np.logical_or.accumulate(met.reshape(-1, count), axis=1)
    before = np.concatenate([np.zeros((len(over), 1), bool), over[:, :-1]], axis=1).ravel()
    return events.select(~before[happens])


def _take_arms(timeline: Timeline, it: DefinitionPlan, path: str, events: Events) -> np.ndarray:
    """Return the arm each event takes: the first whose conditions hold, else one by weight; -1 where there is none."""
    arm = np.full(len(events), -1, np.int32)

    def column(name: str) -> Array | None:
        if _names(name) == it.event_id:
            return _own(events, name)
        return lookup(timeline, it, events, name)

    for number, one in enumerate(it.arms):
        if one.conditions:
            arm[(arm < 0) & all_hold(one.conditions, column, len(events))] = number
    weights = np.array([one.weight for one in it.arms], float)
    if weights.sum() > 0:
        u = uniforms(events.people.seed, f"{path}.branch", events.entity, events.occurrence)
        arm = np.where(arm < 0, pick(u, weights), arm)
    return arm.astype(np.int32)


def _live(plan: PhasesPlan, people: People, entity: np.ndarray) -> Lives:
    """Return the phases people go through, from the first on, each until it is over and the next is drawn."""
    horizon = np.iinfo(np.int64).max // 2 if plan.duration_days is None else plan.duration_days
    phase, start = np.zeros(len(entity), np.int64), np.zeros(len(entity), np.int64)
    rows: list[tuple] = []
    for step in range(plan.most):
        if not len(entity):
            break
        u = uniforms(people.seed, f"{plan.path}.years", entity, step)
        length, following = np.ones(len(entity), np.int64), np.full(len(entity), -1, np.int64)
        chance = uniforms(people.seed, f"{plan.path}.next", entity, step)
        for number in np.unique(phase):
            mine = np.flatnonzero(phase == number)
            years = np.asarray(plan.years[number].ppf(u[mine], {}), float)
            length[mine] = np.maximum(np.rint(years * DAYS_A_YEAR).astype(np.int64), 1)
            shares = np.array(plan.next[number])
            index = (
                pick(chance[mine], np.append(shares, max(0.0, 1 - shares.sum()) if shares.sum() < 0.999 else 0.0))
                if shares.sum()
                else np.full(len(mine), len(shares))
            )
            following[mine] = np.where(index < len(shares), index, -1)
        end = np.minimum(start + length, horizon + 1)
        rows.append((entity, np.full(len(entity), step, np.int64), phase, start, end))
        goes_on = (following >= 0) & (end <= horizon)
        entity, phase, start = entity[goes_on], following[goes_on], end[goes_on]
    if not rows:
        empty = np.empty(0, np.int64)
        return Lives(empty, empty, empty, empty, empty)
    joined = [np.concatenate(columns) for columns in zip(*rows, strict=True)]
    # By person, then step: events of one person lie side by side, as everywhere.
    order = np.lexsort((joined[1], joined[0]))
    return Lives(*(column[order] for column in joined))


def _parameters(timeline: Timeline, it: DefinitionPlan, events: Events) -> dict[str, Array]:
    found = {}
    from_skill = _skill_fields(timeline, it, events) if it.skill is not None else {}
    for one in it.event_type.fields:
        value = it.parameters.get(one.name, one.default)
        if one.name in from_skill:
            found[one.name] = from_skill[one.name]
        elif isinstance(value, Substitution):
            column = lookup(timeline, it, events, f"{value.source}.{value.name}")
            found[one.name] = constant_field(one.kind, None, len(events)) if column is None else column
        elif one.kind == "diagnosis" and value is not None:
            found[one.name] = diagnosis(events, str(value))
        else:
            found[one.name] = constant_field(one.kind, value, len(events))
    return found


def _skill_fields(timeline: Timeline, it: DefinitionPlan, events: Events) -> dict[str, Array]:
    """Return the fields a skill fills: for each event one of the rows that suit it, by weight."""
    skill = it.skill
    if not skill.fills or not skill.rows:
        return {}
    chosen = np.zeros(len(events), np.int64)
    u = events.draw("skill") if len(skill.rows) > 1 else np.zeros(len(events))
    weights = np.array([float(row.get("weight") or 1) for row in skill.rows])
    suits = np.ones((len(events), len(skill.rows)), bool)
    for column, asked in skill.select.items():
        suits &= _suiting(skill, column, lookup(timeline, it, events, f"{asked.source}.{asked.name}"), len(events))
    packed = np.packbits(suits, axis=1)
    packed = packed.view(f"V{packed.shape[1]}")
    _, first, pattern_of = np.unique(packed, return_index=True, return_inverse=True)
    for number, pattern in enumerate(suits[first]):
        mine = np.flatnonzero(pattern_of.ravel() == number)
        chosen[mine] = pick(u[mine], np.where(pattern, weights, 0.0) if pattern.any() else weights)
    kinds = {one.name: one.kind for one in it.event_type.fields}
    return {
        own: _cells([row.get(column, "") for row in skill.rows], chosen, kinds[own])
        for own, column in skill.fills.items()
    }


def _suiting(skill: SkillPlan, column: str, values: Array | None, length: int) -> np.ndarray:
    """Return which rows suit each event's value of a column: those that say it, else those that leave it open."""
    cells = [row.get(column, "") for row in skill.rows]
    left_open = np.array([cell == "" for cell in cells])
    suits = np.tile(left_open, (length, 1))
    if values is None:
        return suits
    if not isinstance(values, Coded):
        values = Coded.encode([f"{value:g}" if values.dtype.kind == "f" else str(value) for value in values])
    for code, word in enumerate(values.words):
        said = np.array([cell == word for cell in cells])
        if said.any():
            suits[values.codes == code] = said
    return suits


def _cells(cells: list[str], chosen: np.ndarray, kind: str) -> Array:
    if kind == "number":
        return np.array([float(cell) if cell else np.nan for cell in cells])[chosen]
    words = list(dict.fromkeys(cell for cell in cells if cell))
    codes = np.array([words.index(cell) if cell else -1 for cell in cells], np.int32)
    return Coded(codes[chosen], words)

"""Unfold journeys: from people and a plan to the whole timeline of a span, triggered events included.

One numpy pass per event definition and trigger. Every event is finished here, with its time, fields and key; handlers
only turn events into rows.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from attrs import define, field

from healthsim_core.columns import Array, Coded, concatenate
from healthsim_core.conditions import all_hold
from healthsim_core.draws import uniforms
from healthsim_core.errors import PluginError
from healthsim_core.events import DAY, EVENT_SLOTS, Events, EventType, Link, constant_field
from healthsim_core.generation.plan import DefinitionPlan, Part, Plan, Substitution
from healthsim_core.generation.profile import code_column
from healthsim_core.people import People


@define(eq=False)
class Timeline:
    """The events of a span: by part while unfolding, by qualified event type when finished."""

    people: People
    plan: Plan
    parts: dict[int, Events] = field(factory=dict)
    finished: dict[str, Events] = field(factory=dict)

    def __getitem__(self, event_type: str) -> Events | None:
        """Return the finished events of a type, None where there are none."""
        return self.finished.get(event_type)


def unfold(plan: Plan, people: People) -> Timeline:
    """Return the finished timeline of a span's people."""
    timeline = Timeline(people, plan)
    for index, part in enumerate(plan.parts):
        if part.definition is not None:
            timeline.parts[index] = _unfold_definition(timeline, part)
    _unfold_each_person(timeline)
    for name in plan.event_order:
        _finish_type(timeline, plan.event_types[name])
    return timeline


def _unfold_definition(timeline: Timeline, part: Part) -> Events:
    it, people = part.definition, timeline.people
    if it.parent is None:
        rows = np.flatnonzero(_takes_part(it, people))
        entity, occurrence = people.entity[rows], np.zeros(len(rows), np.int64)
        anchor = np.full(len(rows), people.start)
        source = np.full(len(rows), -1, np.int64)
    else:
        parent = timeline.parts[it.parent]
        entity, occurrence, anchor, source = parent.entity, parent.occurrence.astype(np.int64), parent.time, parent.key
    count = it.repeat_count
    if count > 1:
        turn = np.tile(np.arange(count), len(entity))
        entity, anchor, source = np.repeat(entity, count), np.repeat(anchor, count), np.repeat(source, count)
        occurrence = np.repeat(occurrence, count) * count + turn
    else:
        turn = np.zeros(len(entity), np.int64)
    days, floor = _days(it, part.path, people, entity, occurrence, turn)
    time = anchor + days * DAY
    if floor is not None:
        time = np.maximum(time, people.start + floor * DAY)
    events = Events(
        it.event_type.qualified,
        entity,
        occurrence.astype(np.int32),
        time,
        entity * EVENT_SLOTS + part.base + occurrence,
        source,
        np.zeros(len(entity), np.int32),
        (part.path,),
        {},
        people,
    )
    happens = np.ones(len(entity), bool)
    if it.probability < 1:
        happens &= uniforms(people.seed, f"{part.path}.happens", entity, occurrence) < it.probability
    if it.conditions:
        happens &= all_hold(it.conditions, lambda name: _lookup(timeline, it, events, name), len(entity))
    if not happens.all():
        events = events.select(happens)
    events.fields.update(_parameters(timeline, it, events))
    _add_outcomes(it.event_type, events)
    return events


def _takes_part(it: DefinitionPlan, people: People) -> np.ndarray:
    chosen = np.ones(len(people), bool)
    if it.slots is not None:
        chosen &= np.isin(people.slot, it.slots)
    if it.when is not None:
        chosen &= it.when.holds(people.columns.get, len(people))
    return chosen & all_hold(
        it.requires, lambda name: _entity_column(people, name.removeprefix("entity.")), len(people)
    )


def _days(it: DefinitionPlan, path: str, people: People, entity, occurrence, turn):
    """Return whole days from the anchor, and the least day from the journey's start where both count."""
    days = np.round(turn * it.every_days).astype(np.int64)
    if it.jitter_days:
        jitter = uniforms(people.seed, f"{path}.jitter", entity, occurrence)
        days += np.floor(jitter * (2 * it.jitter_days + 1)).astype(np.int64) - it.jitter_days
    floor = None
    if it.day is not None:
        day = np.full(len(entity), it.day, np.int64)
        if it.variance_days:
            moved = uniforms(people.seed, f"{path}.variance", entity, occurrence)
            day += np.floor(moved * (2 * it.variance_days + 1)).astype(np.int64) - it.variance_days
        if it.parent is None:
            days += day
        else:
            floor = day + days
    if it.delay is not None:
        u = uniforms(people.seed, f"{path}.delay", entity, occurrence) if it.delay.draws() else np.empty(len(entity))
        days += it.delay.at(u)
    return days, floor


def _entity_column(people: People, name: str) -> Array | None:
    if name in people:
        return people[name]
    return None


def _lookup(timeline: Timeline, it: DefinitionPlan, events: Events, name: str) -> Array | None:
    """Return a condition's field for each event: the person's, or an earlier event's as known at the event's time."""
    words = name.removeprefix("event.").split(".")
    if words[0] == "entity":
        if words[1] == "conditions":
            return _condition_words(events)
        column = _entity_column(timeline.people, words[1])
        return None if column is None else column[events.row]
    source = timeline.parts.get(it.siblings.get(words[0], -1))
    if source is None:
        return None
    if words[1] == "happened":
        return latest(source, events, source.time) >= 0
    if words[1] not in source.fields and words[1] not in ("time", "occurrence"):
        return None
    available = timeline.plan.event_types[source.event_type].available
    index = latest(source, events, source.fields[available] if available else source.time)
    return masked(source[words[1]], index)


def _condition_words(events: Events) -> Coded:
    """Return each person's condition categories and codes as one text, so that `contains` finds any of them."""
    people = events.people
    names = [name for name in people.columns if name.startswith("has.")]
    pattern = np.zeros(len(people), np.int64)
    texts = {0: ""}
    for name in names:
        code = people[code_column(name.removeprefix("has."))]
        state = np.where(people[name], code.codes + 1, 0)
        pattern = pattern * (len(code.words) + 1) + state
        kinds, pattern_codes = np.unique(pattern, return_inverse=True)
        words = [""] + [f" {name.removeprefix('has.')} {word}" for word in code.words]
        texts = {
            number: texts[int(kind) // (len(code.words) + 1)] + words[int(kind) % (len(code.words) + 1)]
            for number, kind in enumerate(kinds)
        }
        pattern = pattern_codes.astype(np.int64)
    return Coded(pattern[events.row].astype(np.int32), [texts[number] for number in range(len(texts))])


def latest(source: Events, readers: Events, available: np.ndarray) -> np.ndarray:
    """Return for each reader the position of the same person's latest source event known by then, -1 for none."""
    if len(source) == 0 or len(readers) == 0:
        return np.full(len(readers), -1, np.int64)
    moments = np.concatenate([available, readers.time]).astype(np.int64)
    base = moments.min()
    width = int(moments.max() - base) + 2
    have = source.row * width + (available.astype(np.int64) - base)
    want = readers.row * width + (readers.time.astype(np.int64) - base)
    order = np.argsort(have, kind="stable")
    place = np.searchsorted(have[order], want, side="right") - 1
    found = order[np.maximum(place, 0)]
    return np.where((place >= 0) & (source.row[found] == readers.row), found, -1)


def masked(column: Array, index: np.ndarray) -> Array:
    """Return the rows at `index`, missing where it is -1."""
    if isinstance(column, Coded):
        return Coded(
            np.where(index >= 0, column.codes[index], -1) if len(column) else np.full(len(index), -1), column.words
        )
    if column.dtype.kind == "M":
        missing = np.datetime64("NaT", "s")
    elif column.dtype.kind == "f":
        missing = np.nan
    elif column.dtype.kind == "b":
        missing = False
    else:
        missing = -1
    if len(column) == 0:
        return np.full(len(index), missing, column.dtype)
    return np.where(index >= 0, column[index], missing)


def _parameters(timeline: Timeline, it: DefinitionPlan, events: Events) -> dict[str, Array]:
    found = {}
    for one in it.event_type.fields:
        value = it.parameters.get(one.name, one.default)
        if isinstance(value, Substitution):
            column = _lookup(timeline, it, events, f"{value.source}.{value.name}")
            found[one.name] = constant_field(one.kind, None, len(events)) if column is None else column
        elif one.kind == "diagnosis" and value is not None:
            found[one.name] = _diagnosis(events, str(value))
        else:
            found[one.name] = constant_field(one.kind, value, len(events))
    return found


def _diagnosis(events: Events, code: str) -> Coded:
    if events.has_person(code_column(code)):
        return events.person(code_column(code))
    return Coded.constant(code, len(events))


def _add_outcomes(event_type: EventType, events: Events) -> None:
    if event_type.outcomes is None:
        return
    for name, column in event_type.outcomes(events).items():
        if len(column) != len(events):
            raise PluginError(
                f"event type {event_type.qualified}: outcome {name!r} has {len(column)} rows for {len(events)} events"
            )
        events.fields[name] = column


def _unfold_each_person(timeline: Timeline) -> None:
    plan, people = timeline.plan, timeline.people
    for index, part in enumerate(plan.parts):
        if part.definition is not None or part.trigger is not None:
            continue
        mine = [
            timeline.parts[other].entity
            for other, one in enumerate(plan.parts)
            if one.event_type == part.event_type and one.definition is not None
        ]
        entity = people.entity
        if mine:
            entity = entity[~np.isin(entity, np.concatenate(mine))]
        event_type = plan.event_types[part.event_type]
        events = Events(
            part.event_type,
            entity,
            np.zeros(len(entity), np.int32),
            np.full(len(entity), people.start),
            entity * EVENT_SLOTS + part.base,
            np.full(len(entity), -1, np.int64),
            np.zeros(len(entity), np.int32),
            (part.path,),
            {one.name: constant_field(one.kind, one.default, len(entity)) for one in event_type.fields},
            people,
        )
        _add_outcomes(event_type, events)
        timeline.parts[index] = events


def _finish_type(timeline: Timeline, event_type: EventType) -> None:
    """Join the parts of a type, add its links, and unfold what it triggers."""
    indices = [index for index, part in enumerate(timeline.plan.parts) if part.event_type == event_type.qualified]
    indices = [index for index in indices if index in timeline.parts and len(timeline.parts[index])]
    if not indices:
        return
    for index in indices:
        for link in event_type.links:
            _add_link(timeline, link, timeline.parts[index])
    events = _join([timeline.parts[index] for index in indices])
    timeline.finished[event_type.qualified] = events
    _apply_triggers(timeline, event_type, indices)


def _join(chunks: list[Events]) -> Events:
    if len(chunks) == 1:
        return chunks[0]
    first = chunks[0]
    return Events(
        first.event_type,
        *(
            np.concatenate([getattr(chunk, name) for chunk in chunks])
            for name in ("entity", "occurrence", "time", "key", "source")
        ),
        np.repeat(np.arange(len(chunks), dtype=np.int32), [len(chunk) for chunk in chunks]),
        tuple(chunk.paths[0] for chunk in chunks),
        {name: concatenate([chunk.fields[name] for chunk in chunks]) for name in first.fields},
        first.people,
    )


def _add_link(timeline: Timeline, link: Link, events: Events) -> None:
    sources = [timeline.finished[name] for name in link.to if name in timeline.finished]
    best = np.full(len(events), -1, np.int64)
    moment = np.full(len(events), np.datetime64("NaT", "s"))
    carried: dict[str, Array] = {}
    for source in sources:
        day_end = events.time.astype("datetime64[D]").astype("datetime64[s]") + DAY - np.timedelta64(1, "s")
        reader = Events(
            events.event_type,
            events.entity,
            events.occurrence,
            day_end,
            events.key,
            events.source,
            events.part,
            events.paths,
            {},
            events.people,
            row=events.row,
        )
        index = latest(source, reader, source.time)
        begin = events.time.astype("datetime64[D]").astype("datetime64[s]") - link.within_days * DAY
        when = masked(source.time, index)
        index = np.where((index >= 0) & (when >= begin), index, -1)
        better = (index >= 0) & (np.isnat(moment) | (when > moment))
        best = np.where(better, masked(source.key, index), best)
        moment = np.where(better, when, moment)
        for own, theirs in link.carry.items():
            value = masked(source[theirs], np.where(better, index, -1))
            carried[own] = value if own not in carried else _either(better, value, carried[own])
    events.fields[link.field] = best
    declared = {one.name: one for one in timeline.plan.event_types[events.event_type].fields}
    for own in link.carry:
        own_value = events.fields.get(own)
        found = carried.get(own)
        if found is None:
            if own_value is None:
                events.fields[own] = constant_field(
                    declared[own].kind if own in declared else "text", None, len(events)
                )
        else:
            events.fields[own] = found if own_value is None else _either(best >= 0, found, own_value)


def _either(mask: np.ndarray, one: Array, other: Array) -> Array:
    return one.where(mask, other) if isinstance(one, Coded) else np.where(mask, one, other)


def _apply_triggers(timeline: Timeline, event_type: EventType, indices: list[int]) -> None:
    plan = timeline.plan
    taken: dict[tuple[int, str], np.ndarray] = {}
    for trigger in plan.triggers.get(event_type.qualified, ()):
        for number, part in enumerate(plan.parts):
            if part.trigger is not trigger or part.source not in indices:
                continue
            source = timeline.parts[part.source]
            fires = all_hold(trigger.when, lambda name: source.fields.get(name), len(source))  # noqa: B023
            if trigger.probability < 1:
                fires &= (
                    uniforms(plan.seed, f"{part.path}.happens", source.entity, source.occurrence) < trigger.probability
                )
            before = taken.get((part.source, trigger.target))
            taken[part.source, trigger.target] = fires if before is None else before | fires
            timeline.parts[number] = _triggered(
                timeline, part, source.select(fires if before is None else fires & ~before)
            )


def _triggered(timeline: Timeline, part: Part, source: Events) -> Events:
    trigger, target = part.trigger, timeline.plan.event_types[part.event_type]
    if trigger.at is not None:
        time = source[trigger.at]
    else:
        u = np.empty(len(source))
        if trigger.delay.draws():
            u = uniforms(source.people.seed, f"{part.path}.delay", source.entity, source.occurrence)
        time = source.time.astype("datetime64[D]").astype("datetime64[s]") + trigger.delay.at(u) * DAY
    fields: dict[str, Array] = {}
    for one in target.fields:
        carried = trigger.carry.get(one.name)
        if carried is not None and (carried in ("time", "key") or carried in source.fields):
            fields[one.name] = source[carried]
        elif one.kind == "diagnosis" and one.default is not None:
            fields[one.name] = _diagnosis(source, one.default)
        else:
            fields[one.name] = constant_field(one.kind, one.default, len(source))
    events = Events(
        target.qualified,
        source.entity,
        source.occurrence,
        time,
        source.entity * EVENT_SLOTS + part.base + source.occurrence,
        source.key,
        np.zeros(len(source), np.int32),
        (part.path,),
        fields,
        source.people,
    )
    _add_outcomes(target, events)
    return events


def conditions_of(people: People) -> Mapping[str, np.ndarray]:
    """Return who has which condition (bool per person), by category."""
    return {name.removeprefix("has."): column for name, column in people.columns.items() if name.startswith("has.")}

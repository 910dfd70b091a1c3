"""What follows from finished events: links to others, and triggered events."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, concatenate
from healthsim_core.conditions import all_hold
from healthsim_core.draws import uniforms
from healthsim_core.events import DAY, EVENT_SLOTS, Events, EventType, Link, constant_field
from healthsim_core.generation.plan import Part
from healthsim_core.generation.timeline import (
    Timeline,
    add_outcomes,
    computed_fields,
    concerned,
    diagnosis,
    in_lifetime,
    latest,
    masked,
)


def finish_type(timeline: Timeline, event_type: EventType) -> None:
    """Join the parts of a type, add its links, and unfold what it triggers."""
    indices = [index for index, part in enumerate(timeline.plan.parts) if part.event_type == event_type.qualified]
    indices = [index for index in indices if index in timeline.parts and len(timeline.parts[index])]
    # In the order of their keys: that of the plan depends on what else is installed.
    indices.sort(key=lambda index: timeline.plan.parts[index].base)
    if not indices:
        return
    for index in indices:
        for link in event_type.links:
            _add_link(timeline, link, timeline.parts[index])
    events = _join([timeline.parts[index] for index in indices])
    _settle(timeline, event_type, events, indices)
    timeline.finished[event_type.qualified] = events
    _apply_triggers(timeline, event_type, indices)


def _settle(timeline: Timeline, event_type: EventType, events: Events, indices: list[int]) -> None:
    """Add the fields that need all events of the type, to the events and to the parts they come from."""
    if event_type.settle is None:
        return
    events.context = timeline
    settled = computed_fields(timeline.plan, event_type, events, event_type.settle, "settle")
    events.context = None
    events.fields.update(settled)
    start = 0
    for index in indices:
        part = timeline.parts[index]
        if part is not events:
            rows = slice(start, start + len(part))
            part.fields.update({name: column[rows] for name, column in settled.items()})
        start += len(part)


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
    u = np.empty(len(source))
    if trigger.delay.draws():
        u = uniforms(source.people.seed, f"{part.path}.delay", source.entity, source.occurrence)
    begin = source.time.astype("datetime64[D]").astype("datetime64[s]") if trigger.at is None else source[trigger.at]
    time = begin + trigger.delay.at(u) * DAY
    fields: dict[str, Array] = {}
    for one in target.fields:
        carried = trigger.carry.get(one.name)
        if carried is not None and (carried in ("time", "key") or carried in source.fields):
            fields[one.name] = source[carried]
        elif one.kind == "diagnosis" and one.default is not None:
            fields[one.name] = diagnosis(source, one.default)
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
    happens = concerned(timeline.plan, target, events)
    if not target.posthumous:
        happens &= in_lifetime(events)
    if not happens.all():
        events = events.select(happens)
    add_outcomes(timeline.plan, target, events)
    return events

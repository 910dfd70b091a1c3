"""The timeline of a span while it is being unfolded, and how later events look at earlier ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from attrs import define, field

from healthsim_core.columns import Array, Coded
from healthsim_core.errors import PluginError
from healthsim_core.events import Events, EventType
from healthsim_core.generation.plan import DefinitionPlan, Plan
from healthsim_core.generation.profile import code_column
from healthsim_core.people import People


@define(eq=False)
class Lives:
    """The phases of a span's people, one row a phase: aligned arrays."""

    entity: np.ndarray
    step: np.ndarray
    phase: np.ndarray
    start: np.ndarray
    """Days from the journey's start (int64)."""
    end: np.ndarray


@define(eq=False)
class Timeline:
    """The events of a span: by part while unfolding, by qualified event type when finished."""

    people: People
    plan: Plan
    parts: dict[int, Events] = field(factory=dict)
    finished: dict[str, Events] = field(factory=dict)
    arms: dict[int, np.ndarray] = field(factory=dict)
    """The arm each event of a branching part takes (int32), by part."""
    lives: dict[str, Lives] = field(factory=dict)
    """The phases people go through, by the path of their journey's phases."""
    ends: dict[int, tuple[np.ndarray, np.ndarray]] = field(factory=dict)
    """When the phase is over in which a part's events lie, by part: keys in rising order, and moments."""
    _conditions: Coded | None = None

    def __getitem__(self, event_type: str) -> Events | None:
        """Return the finished events of a type, None where there are none."""
        return self.finished.get(event_type)

    def timeline(self, event_type: str) -> Events | None:
        """Return the finished events of a type: what `Events.timeline` asks for while events are settled."""
        return self.finished.get(event_type)

    def unfolded(self, event_type: str) -> list[Events]:
        """Return the parts of a type that journeys name, those with events: what `Events.unfolded` asks for."""
        named = [
            self.parts[index]
            for index, part in enumerate(self.plan.parts)
            if part.event_type == event_type and part.definition is not None and index in self.parts
        ]
        return [one for one in named if len(one)]

    def ends_of(self, part: int, keys: np.ndarray) -> np.ndarray | None:
        """Return when the phases are over in which some events of a part lie, None where they are in no phase."""
        if part not in self.ends:
            return None
        there, moments = self.ends[part]
        return moments[np.searchsorted(there, keys)]

    @property
    def conditions(self) -> Coded:
        """Return each person's condition categories and codes as one text, so that `contains` finds any of them."""
        if self._conditions is None:
            self._conditions = _condition_texts(self.people)
        return self._conditions


def in_lifetime(events: Events) -> np.ndarray:
    """Return which events happen while their persons live, the day of death included (bool)."""
    if not events.has_person("death_date"):
        return np.ones(len(events), bool)
    died = events.person("death_date")
    return np.isnat(died) | (events.time < died.astype("datetime64[D]") + np.timedelta64(1, "D"))


def concerned(plan: Plan, event_type: EventType, events: Events) -> np.ndarray:
    """Return which events happen to people they can happen to (bool): a product's to those its `each_person` event reaches."""
    mask = np.ones(len(events), bool)
    for one in plan.event_types.values():
        if one.whom is not None and one.product == event_type.product and (one is event_type or one.each_person):
            mask &= one.whom(events.people)[events.row]
    return mask


def entity_column(timeline: Timeline, name: str) -> Array | None:
    """Return a column of the span's people, one value a person; None where there is none of that name."""
    if name == "conditions":
        return timeline.conditions
    return timeline.people.columns.get(name)


def lookup(timeline: Timeline, it: DefinitionPlan, events: Events, name: str) -> Array | None:
    """Return a condition's field for each event: the person's, or an earlier event's as known at the event's time."""
    words = name.removeprefix("event.").split(".")
    if words[0] == "entity":
        column = entity_column(timeline, words[1])
        return None if column is None else column[events.row]
    source = timeline.parts.get(it.siblings.get(words[0], -1))
    if source is None:
        return None
    if words[1] == "branch":
        names = [arm.name for arm in timeline.plan.parts[it.siblings[words[0]]].definition.arms]
        index = latest(source, events, source.time)
        arm = timeline.arms.get(it.siblings[words[0]], np.full(len(source), -1))
        return masked(Coded(arm, names), index)
    if words[1] == "happened":
        return latest(source, events, source.time) >= 0
    if words[1] not in source.fields and words[1] not in ("time", "occurrence"):
        return None
    available = timeline.plan.event_types[source.event_type].available
    index = latest(source, events, source.fields[available] if available else source.time)
    return masked(source[words[1]], index)


def _condition_texts(people: People) -> Coded:
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
    return Coded(pattern.astype(np.int32), [texts[number] for number in range(len(texts))])


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


def diagnosis(events: Events, code: str) -> Coded:
    """Return the billable code a diagnosis has for each event's person; the code itself where they have none."""
    if events.has_person(code_column(code)):
        return events.person(code_column(code))
    return Coded.constant(code, len(events))


def entities_text(events: Events) -> str:
    """Return the first few entities of events, for a message."""
    return ", ".join(str(one) for one in np.unique(events.entity)[:3]) + " …"


def add_outcomes(plan: Plan, event_type: EventType, events: Events) -> None:
    """Add the fields that an event type computes as soon as its events happen."""
    if event_type.outcomes is not None:
        events.fields.update(computed_fields(plan, event_type, events, event_type.outcomes, "outcomes"))


def computed_fields(
    plan: Plan, event_type: EventType, events: Events, compute: Callable[[Events], Mapping[str, Array]], what: str
) -> Mapping[str, Array]:
    """Return the fields a function of an event type gives, one value an event; PluginError names it where it fails."""
    try:
        computed = compute(events)
    except PluginError:
        raise
    except Exception as error:
        plugin = plan.owners.get(event_type.qualified, event_type.product)
        raise PluginError(
            f"plugin {plugin}: event type {event_type.qualified} (entities {entities_text(events)}): {what} failed: "
            f"{type(error).__name__}: {error}"
        ) from error
    for name, column in computed.items():
        if len(column) != len(events):
            raise PluginError(
                f"event type {event_type.qualified}: {what} gives {name!r} {len(column)} rows for {len(events)} events"
            )
    return computed

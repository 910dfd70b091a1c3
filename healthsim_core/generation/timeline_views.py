"""One person's timeline as objects: events by date, what follows from them, and what has become of each."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import define, field

from healthsim_core.errors import UserError
from healthsim_core.events import Events
from healthsim_core.generation.plan import Part, Plan
from healthsim_core.generation.timeline import Timeline as Unfolded
from healthsim_core.generation.views import plain

if TYPE_CHECKING:
    from healthsim_core.generation.coordination import LinkedEntity


@define
class TimelineEvent:
    """One event of one entity's timeline."""

    event_id: str
    event_name: str
    event_type: str
    product: str
    scheduled_date: datetime.date
    fields: dict[str, Any] = field(factory=dict)
    status: str = "pending"
    """pending, executed, failed, or skipped: its product takes no part, or what it follows from did not happen."""
    result: Any = None
    """What its handler returned."""
    error: str | None = None
    """Why it failed or was skipped."""
    source: TimelineEvent | None = field(default=None, repr=False, eq=False)
    """The event whose trigger brings it; None for a journey's own."""
    leads_to: list[TimelineEvent] = field(factory=list, repr=False, eq=False)
    """The events that triggers bring after it."""

    @property
    def qualified(self) -> str:
        """Return `product.event_type`, by which handlers and triggers know it."""
        return f"{self.product}.{self.event_type}"

    @property
    def source_id(self) -> str | None:
        """Return the id of the event it follows from, None for a journey's own."""
        return self.source.event_id if self.source else None


@define
class Timeline:
    """An entity's events, by date; `triggered` are those that triggers bring after them."""

    entity_id: str
    entity_type: str
    events: list[TimelineEvent] = field(factory=list)
    entity: dict[str, Any] = field(factory=dict)
    """The entity as it was given: what handlers are told of it."""
    notices: tuple[str, ...] = ()
    """What of the journey could not take part, and why."""

    @property
    def ids(self) -> dict[str, str]:
        """Return the ids known of the entity, by name."""
        given = {name: str(value) for name, value in self.entity.items() if name.endswith("_id") and value is not None}
        return {**given, f"{self.entity_type}_id": self.entity_id}

    @property
    def triggered(self) -> list[TimelineEvent]:
        """Return what follows from the events, by date, be it in this timeline or in another product's."""
        found: dict[int, TimelineEvent] = {}
        waiting = list(self.events)
        for event in waiting:
            new = [one for one in event.leads_to if id(one) not in found]
            found |= {id(one): one for one in new}
            waiting += new
        return by_day(found.values())

    def pending(self) -> list[TimelineEvent]:
        """Return the events that are still to come."""
        return [event for event in self.events if event.status == "pending"]

    def failed(self) -> list[TimelineEvent]:
        """Return the events whose handler failed; `error` says how."""
        return [event for event in self.events if event.status == "failed"]

    def by_date(self, day: datetime.date) -> list[TimelineEvent]:
        """Return the events of one day."""
        return [event for event in self.events if event.scheduled_date == day]

    def up_to(self, day: datetime.date) -> list[TimelineEvent]:
        """Return the events up to and including a day."""
        return [event for event in self.events if event.scheduled_date <= day]

    def add(self, event: TimelineEvent) -> None:
        """Add an event at its date, behind those of the same day."""
        self.events = by_day([*self.events, event])

    def is_of(self, other: Timeline) -> bool:
        """Return whether two timelines are of one person: all of `person_id` and the entities' own ids that both know agree."""
        mine, theirs = self.ids, other.ids
        names = {"person_id", f"{self.entity_type}_id", f"{other.entity_type}_id"} & mine.keys() & theirs.keys()
        return bool(names) and all(mine[name] == theirs[name] for name in names)

    def merge(self, other: Timeline, linked: LinkedEntity | None = None) -> Timeline:
        """Return one timeline with the events of both by date, on one day this one's first.

        Both must be of one person: by their ids, or because `linked` has them both; anything else is a UserError. The
        events stay the same objects, so that what is executed in one is executed in the other.
        """
        if not self.is_of(other) and not (linked is not None and linked.has(self) and linked.has(other)):
            raise UserError(
                f"timelines of {self.entity_type} {self.entity_id!r} and {other.entity_type} {other.entity_id!r} cannot be"
                " merged: nothing says that they are of one person; pass the linked entity that has both"
            )
        mine = {id(event) for event in self.events}
        events = by_day([*self.events, *(event for event in other.events if id(event) not in mine)])
        notices = tuple(dict.fromkeys([*self.notices, *other.notices]))
        return Timeline(self.entity_id, self.entity_type, events, {**other.entity, **self.entity}, notices)


def by_day(events: Iterable[TimelineEvent]) -> list[TimelineEvent]:
    """Return events by date; those of one day stay as they came."""
    return sorted(events, key=lambda event: event.scheduled_date)


def events_by_entity(plan: Plan, unfolded: Unfolded) -> dict[int, list[TimelineEvent]]:
    """Return every entity's journey events by date, each with what triggers bring after it."""
    found: dict[int, list[TimelineEvent]] = {}
    made: dict[int, TimelineEvent] = {}
    for number, part in enumerate(plan.parts):
        chunk = unfolded.parts.get(number)
        # What happens to everybody (registration, enrolment) is no journey's, nor is what follows from it.
        if chunk is None or (part.definition is None and part.trigger is None):
            continue
        for row, (entity, key, source) in enumerate(
            zip(chunk.entity.tolist(), chunk.key.tolist(), chunk.source.tolist(), strict=True)
        ):
            if part.definition is not None:
                made[key] = _event(plan, part, chunk, row)
                found.setdefault(entity, []).append(made[key])
            elif source in made:
                made[key] = _event(plan, part, chunk, row, made[source])
                made[source].leads_to.append(made[key])
    # Of one day, as the journey lists them, not as they are unfolded.
    listed = {id(event): key for key, event in made.items()}
    return {entity: by_day(sorted(events, key=lambda one: listed[id(one)])) for entity, events in found.items()}


def _event(plan: Plan, part: Part, chunk: Events, row: int, source: TimelineEvent | None = None) -> TimelineEvent:
    event_type = plan.event_types[part.event_type]
    about = part.definition
    return TimelineEvent(
        about.event_id if about else f"{source.event_id}>{part.trigger.name}",
        about.name if about else event_type.name.replace("_", " "),
        event_type.name,
        event_type.product,
        chunk.time[row].astype("datetime64[D]").astype(datetime.date),
        {name: plain(column, row) for name, column in chunk.fields.items()},
        source=source,
    )


def person_name(entity: Mapping[str, Any], entity_type: str, otherwise: str) -> str:
    """Return the id by which an entity given as a mapping goes: that of its type, else its first."""
    ids = [f"{entity_type}_id", *(name for name in entity if name.endswith("_id"))]
    return next((str(entity[name]) for name in ids if entity.get(name) is not None), otherwise)

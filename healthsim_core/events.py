"""Events: what kinds there are, what follows from what, and the columnar view a handler works on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import define, field, frozen

from healthsim_core.columns import Array, Coded, Columns
from healthsim_core.conditions import Condition
from healthsim_core.draws import uniforms
from healthsim_core.errors import suggestion

if TYPE_CHECKING:
    from healthsim_core.people import People

EVENT_SLOTS = 4096
"""Events one person can have in a scenario: an event's key is entity * EVENT_SLOTS + its place in the plan."""

DAY = np.timedelta64(86400, "s")


@frozen
class Field:
    """One value an event carries: `kind` is code, text, number, key, datetime, boolean or diagnosis.

    A `diagnosis` is written as a condition's category or code; the event has it as the person's billable code.
    """

    name: str
    kind: str
    doc: str
    default: Any = None
    values: tuple[str, ...] = ()
    """The words it may be; empty: any."""
    pattern: str | None = None
    """A regular expression that a value given by a journey matches whole; None: any."""


@frozen
class Delay:
    """Days between two events: exactly `days`, or drawn (uniform, normal) inside [days_min, days_max]."""

    days: float = 0
    days_min: float | None = None
    days_max: float | None = None
    distribution: str | None = None

    def draws(self) -> bool:
        """Return whether the delay needs a uniform."""
        bounded = self.days_min is not None and self.days_max is not None and self.days_min < self.days_max
        return bounded and self.distribution != "fixed"

    def at(self, u: np.ndarray) -> np.ndarray:
        """Return whole days (int64) at the quantiles `u`, always inside the bounds."""
        from healthsim_core.distributions import NormalDistribution

        if not self.draws():
            return np.full(len(u), int(round(self.days)), np.int64)
        low, high = int(np.ceil(self.days_min)), int(np.floor(self.days_max))
        if self.distribution == "normal":
            # Four standard deviations across the window: the target is the mode, the bounds stay rare.
            spread = max((self.days_max - self.days_min) / 4, 1e-9)
            shape = NormalDistribution(self.days, spread, self.days_min, self.days_max)
            return np.clip(np.rint(shape.ppf(u)).astype(np.int64), low, high)
        return np.minimum(low + np.floor(u * (high - low + 1)).astype(np.int64), high)


@frozen
class Link:
    """A field that finds the person's latest event of the kinds `to`, from `within_days` before up to the event's own day.

    The field holds that event's key (-1 for none); `carry` copies its fields: {own field: field of the found event}.
    """

    field: str
    to: tuple[str, ...]
    within_days: int = 0
    carry: Mapping[str, str] = field(factory=dict)


@frozen
class SkillUse:
    """What an event takes from the skill its `skill_ref` names.

    Of the skill's `section`, the rows that suit the event's parameters (`line`, `severity` …) fill `fills`
    ({field: column}), by `weight` where the table has one; `condition` is the field that takes what the skill applies to.
    """

    section: str
    fills: Mapping[str, str] = field(factory=dict)
    condition: str | None = None


@frozen
class EventType:
    """A kind of event and what happens in the data when it happens.

    `handle(events) -> {table: Columns}` makes rows; `outcomes(events) -> {field: array}` computes fields when the event
    is unfolded, so that later conditions and triggered events can read them. Both are pure and loop over no rows.
    """

    name: str
    product: str
    doc: str
    fields: tuple[Field, ...] = ()
    handle: Callable[[Events], Mapping[str, Columns]] | None = None
    outcomes: Callable[[Events], Mapping[str, Array]] | None = None
    writes: tuple[str, ...] = ()
    """The tables `handle` gives rows for."""
    reads: tuple[str, ...] = ()
    """The tables whose rows (of the same span) `handle` looks at; their writers go first."""
    links: tuple[Link, ...] = ()
    each_person: bool = False
    """Whether it happens once to every person when its product is asked for, unless their journeys say when."""
    skill: SkillUse | None = None
    """What it takes from skills; None: nothing."""
    available: str | None = None
    """The datetime field from which on the outcomes can be read by conditions; None: the event's own time."""
    settle: Callable[[Events], Mapping[str, Array]] | None = None
    """Fields computed when all events of the type are there and linked, before anything follows from them.

    It sees the finished events of the types in `after` (`events.timeline`); conditions of journeys do not see its fields.
    """
    after: tuple[str, ...] = ()
    """Qualified event types that are finished before this one, for `settle` to look at."""
    posthumous: bool = False
    """Whether it may follow, after a person's death, from what happened before: a claim, a payment."""
    whom: Callable[[People], np.ndarray] | None = None
    """To whom an event happens (a mask over the people); of `each_person`, all events of its product. None: to everybody."""
    working: Callable[[Events], np.ndarray] | None = None
    """Which events of journeys (a mask) fall on business days; None: none that does not say so itself.

    They move before their outcomes are computed; the day the journey says stays in their field `planned_time`. What happens
    on the very day of another product's event that it follows from stays there: the two are one appointment.
    """

    @property
    def qualified(self) -> str:
        """Return `product.name`, by which triggers and the catalog know it."""
        return f"{self.product}.{self.name}"

    @property
    def kinds(self) -> dict[str, str]:
        """Return the kinds of the fields its events have, those that links bring among them; `?` where a link copies."""
        found = {one.name: one.kind for one in self.fields}
        for link in self.links:
            found = {**dict.fromkeys(link.carry, "?"), link.field: "key", **found}
        return found


@frozen
class Trigger:
    """What follows from an event: data, never code. `source` and `target` are qualified event types."""

    name: str
    source: str
    target: str
    doc: str = ""
    delay: Delay = Delay()
    at: str | None = None
    """A datetime field of the source from which the delay counts; None: the source's own day."""
    probability: float = 1.0
    when: tuple[Condition, ...] = ()
    """Conditions over the source's fields, e.g. Condition("encounter_type", "eq", "office")."""
    carry: Mapping[str, str] = field(factory=dict)
    """{field of the target: field of the source}; the source's `time` and `key` can be carried too."""
    priority: int = 50
    """Where two triggers of one source lead to one target, the higher priority goes and the other does not."""
    unless: str | None = None
    """A product that does this in a way of its own: where it takes part, this trigger rests."""


def trigger_problems(trigger: Trigger, source: EventType | None, target: EventType | None) -> list[str]:
    """Return what a trigger says about fields that its event types, where they are known, do not have."""
    found = []
    if target is not None:
        take = [one.name for one in target.fields]
        found += [
            f"{target.qualified} has no field {own!r}{suggestion(own, take)}"
            for own in trigger.carry
            if own not in take
        ]
    if source is not None:
        have = source.kinds
        read = [*trigger.carry.values(), *(one.field for one in trigger.when), *([trigger.at] if trigger.at else [])]
        found += [
            f"{source.qualified} has no field {one!r}{suggestion(one, have)}"
            for one in read
            if one not in have and one not in ("time", "key")
        ]
        if have.get(trigger.at, "datetime") != "datetime":
            found.append(f"{trigger.at!r} of {source.qualified} is no datetime")
    return found


@define(eq=False)
class Events:
    """Events of one type in one span, as aligned columns; what `handle` and `outcomes` work on."""

    event_type: str
    entity: np.ndarray
    """The person's index (int64)."""
    occurrence: np.ndarray
    """Which repetition of its definition it is, from 0 (int32)."""
    time: np.ndarray
    """When it happens (datetime64[s])."""
    key: np.ndarray
    """A number that is this event's alone in the scenario (int64)."""
    source: np.ndarray
    """The key of the event it follows from, -1 for none (int64)."""
    part: np.ndarray
    """Which of `paths` it comes from (int32, never falling)."""
    paths: tuple[str, ...]
    """The stream path of each definition or trigger that made some of these events."""
    fields: dict[str, Array]
    people: People
    context: Any = None
    """The span's other events and rows; see `timeline`, `rows` and `roster`."""
    _row: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.entity)

    def __getitem__(self, name: str) -> Array:
        """Return a field's column; `time`, `key` and `source` are fields too."""
        if name in ("time", "key", "source", "entity", "occurrence"):
            return getattr(self, name)
        return self.fields[name]

    @property
    def row(self) -> np.ndarray:
        """Return each event's position among the span's people."""
        if self._row is None:
            self._row = self.people.rows_of(self.entity)
        return self._row

    def person(self, name: str) -> Array:
        """Return a column of the events' persons; KeyError where the person has no such column."""
        return self.people.columns[name][self.row]

    def has_person(self, name: str) -> bool:
        """Return whether persons have a column of that name (a product that is not asked for leaves none)."""
        return name in self.people.columns

    def draw(self, name: str) -> np.ndarray:
        """Return one uniform in (0, 1) per event, addressed by the event's own path, person and occurrence."""
        result = np.empty(len(self))
        edges = np.searchsorted(self.part, np.arange(len(self.paths) + 1))
        for path, start, stop in zip(self.paths, edges[:-1], edges[1:], strict=True):
            if start < stop:
                rows = slice(start, stop)
                result[rows] = uniforms(
                    self.people.seed, f"{path}.{self.event_type}.{name}", self.entity[rows], self.occurrence[rows]
                )
        return result

    def sub_key(self, number: np.ndarray | int) -> np.ndarray:
        """Return keys for several rows of one event, `number` from 0 to 31."""
        return self.key * 32 + number

    def select(self, chosen: np.ndarray) -> Events:
        """Return some of the events (a mask, or positions in rising order)."""
        index = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        if len(index) == len(self) and (index == np.arange(len(index))).all():
            index = slice(None)  # all of them: nothing to copy
        return Events(
            self.event_type,
            self.entity[index],
            self.occurrence[index],
            self.time[index],
            self.key[index],
            self.source[index],
            self.part[index],
            self.paths,
            {name: column[index] for name, column in self.fields.items()},
            self.people,
            self.context,
            row=None if self._row is None else self._row[index],
        )

    def timeline(self, event_type: str) -> Events | None:
        """Return the span's finished events of another type (qualified name), None where there are none."""
        return self.context.timeline(event_type)

    def unfolded(self, event_type: str) -> list[Events]:
        """Return, to `settle`, the events of another type that journeys name, in parts, finished or not.

        So two types can look at each other; what links, settling and triggers add may be missing. `outcomes` sees those that
        are unfolded already: what the event follows from, and what waits for no laboratory result.
        """
        return self.context.unfolded(event_type)

    def rows(self, table: str) -> Columns | None:
        """Return the rows earlier handlers wrote to a table in this span, None where nobody did."""
        return self.context.rows(table)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Return what `make` gives, called once a span: for what several handlers work out of the same events and rows."""
        return self.context.once(name, make)

    def roster(self, table: str) -> Columns | None:
        """Return the rows of a scenario-wide table (a provider directory), None where no product made them."""
        return self.people.rosters.get(table)


def match(keys: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Return for each key its position in `among` (distinct keys in any order), -1 where it is not there."""
    if len(among) == 0:
        return np.full(len(keys), -1, np.int64)
    if (among[1:] > among[:-1]).all():
        found = np.minimum(np.searchsorted(among, keys), len(among) - 1)
    else:
        order = np.argsort(among, kind="stable")
        found = order[np.minimum(np.searchsorted(among[order], keys), len(among) - 1)]
    return np.where(among[found] == keys, found, -1)


def constant_field(kind: str, value: object, length: int) -> Array:
    """Return a field's column for one value; a missing value is -1, NaN, NaT or no word by the field's kind."""
    if kind in ("code", "text", "diagnosis"):
        return Coded.constant(None if value is None else str(value), length)
    if kind == "number":
        return np.full(length, np.nan if value is None else float(value))
    if kind == "key":
        return np.full(length, -1 if value is None else int(value), np.int64)
    if kind == "datetime":
        return np.full(length, np.datetime64("NaT" if value is None else str(value), "s"))
    return np.full(length, bool(value))

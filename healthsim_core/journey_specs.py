"""What happens, as users write it: journeys of events, branches, cycles, schedules and phases."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
import cattrs
from attrs import field, frozen

from healthsim_core import reading
from healthsim_core.conditions import OPERATORS, Condition
from healthsim_core.errors import Problems
from healthsim_core.events import Delay
from healthsim_core.reading import as_, many, nested, number, one_of, one_or_many, whole

JOURNEY_KEYS = {"events", "schedule", "phases"}
"""What only a journey has: any of them makes a dict one."""

_converter = cattrs.Converter(omit_if_default=True)
_converter.register_unstructure_hook(datetime.date, lambda day: day.isoformat())


class Plain:
    """What all specifications can: be checked from a dict, and become one again."""

    prefix: ClassVar[str] = ""
    """Under which path the errors are told."""

    @classmethod
    def model_validate(cls, data: object):
        """Return the specification a dict describes; SpecificationError lists everything wrong with its shape."""
        problems = Problems()
        specification = read(cls, data, problems)
        problems.raise_if_any()
        return specification

    def to_dict(self) -> dict[str, Any]:
        """Return the specification as plain data, leaving out what is at its default."""
        return _plain(_converter.unstructure(self))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def read(cls: type, data: object, problems: Problems) -> Any:
    """Return a specification of a class, reporting what is wrong with its shape; later checks can go on."""
    if isinstance(data, cls):
        return data
    if not isinstance(data, Mapping):
        problems.add("", f"a specification is an object, got {data!r}")
        return None
    return reading.read_object(cls, data, cls.prefix, problems)


LONGEST_DELAY = 36_525
"""A century, in days."""


def _delay(value, path, problems):
    if isinstance(value, Delay):
        return value
    if not isinstance(value, Mapping):
        problems.add(path, f'expected an object such as {{"days": 7}}, got {value!r}')
        return None
    before = len(problems.found)
    read = reading.read_object(DelaySpecification, value, path, problems)
    if len(problems.found) > before:
        return None
    known = [days for days in (read.days, read.days_min, read.days_max) if days is not None]
    if not known:
        problems.add(path, 'a delay needs "days", or "days_min" and "days_max"')
        return None
    low = min(known) if read.days_min is None else read.days_min
    high = max(known) if read.days_max is None else read.days_max
    days = (low + high) / 2 if read.days is None else read.days
    if low < 0:
        problems.add(path, f"a delay cannot be negative, got {low:g}")
    elif low > high:
        problems.add(path, f"days_min {low:g} is greater than days_max {high:g}")
    elif not low <= days <= high:
        problems.add(path, f"days {days:g} lies outside days_min {low:g} to days_max {high:g}")
    elif high > LONGEST_DELAY:
        problems.add(path, f"a delay is at most {LONGEST_DELAY:,} days, got {high:g}")
    elif read.distribution in ("uniform", "normal") and low == high:
        problems.add(path, f"a {read.distribution} delay needs days_min and days_max")
    elif low < high and math.ceil(low) > math.floor(high):
        problems.add(path, f"no whole day lies between days_min {low:g} and days_max {high:g}")
    return Delay(days, low, high, read.distribution)


@frozen
class DelaySpecification:
    """Days after the event before: fixed, or drawn inside [days_min, days_max]."""

    days: float | None = field(default=None, metadata=as_(number(), "Days; the most likely of a drawn delay."))
    days_min: float | None = field(default=None, metadata=as_(number(), "The least."))
    days_max: float | None = field(default=None, metadata=as_(number(), "The most."))
    distribution: str | None = field(
        default=None,
        metadata=as_(one_of("fixed", "uniform", "normal"), "How it is drawn; uniform where only bounds stand."),
    )


@frozen
class ConditionSpecification:
    """A condition on an entity or an earlier event."""

    field: str = attrs.field(metadata=as_(reading.text, "`entity.age`, `a1c.value`, `event.dx.happened`."))
    operator: str = attrs.field(default="eq", metadata=as_(one_of(*OPERATORS), "How it compares."))
    value: Any = attrs.field(default=None, metadata=as_(reading.anything, "What it is compared with."))


def _condition(value, path, problems):
    if isinstance(value, Condition):
        return value
    read = reading.read_object(ConditionSpecification, value, path, problems)
    if read is None or read.field is None:
        return None
    if read.operator in ("in", "not_in") and not isinstance(read.value, list | tuple):
        problems.add(f"{path}.value", f"operator {read.operator} needs a list, got {read.value!r}")
        return None
    return Condition(read.field, read.operator, read.value)


@frozen
class Repeat(Plain):
    """A cycle: every so many days, each moved by up to `jitter_days`, `count` times or until something holds."""

    every_days: float | None = field(
        default=None, metadata=as_(number(1), "Days from one to the next; none: the skill's follow-up interval.")
    )
    count: int | None = field(
        default=None, metadata=as_(whole(1, 1000), "How many times; none: as long as the phase or the journey lasts.")
    )
    jitter_days: int = field(default=0, metadata=as_(whole(0), "Up to so many days earlier or later."))
    until: Condition | None = field(
        default=None,
        metadata=as_(_condition, "What ends it; the event's own outcome may be named, and is then the last one's."),
    )
    skill_ref: str | None = field(
        default=None, metadata=as_(reading.text, "The skill whose follow-up table says `every_days`.")
    )


@frozen
class Branch(Plain):
    """One arm: what happens to those who take it."""

    name: str | None = field(default=None, metadata=as_(reading.name, "What the arm is called."))
    weight: float | None = field(
        default=None, metadata=as_(number(0), "Its share of those no condition sends elsewhere.")
    )
    conditions: tuple[Condition, ...] = field(
        default=(), metadata=as_(many(_condition), "Who takes it, before any weight is looked at.")
    )
    events: tuple = field(
        default=(),
        metadata=as_(
            lambda *given: many(nested(EventDefinition))(*given), "The arm's events; they follow the branching one."
        ),
    )


@frozen
class EventDefinition(Plain):
    """One event of a journey."""

    event_id: str = field(metadata=as_(reading.name, "Its name in the journey."))
    event_type: str = field(metadata=as_(reading.text, "What kind of event, as products declare them."))
    name: str | None = field(default=None, metadata=as_(reading.text, "What people call it."))
    product: str | None = field(
        default=None, metadata=as_(reading.text, "Whose event type, where the name alone is not enough.")
    )
    delay: Delay | None = field(
        default=None, metadata=as_(_delay, "After the event it depends on, or the journey's start.")
    )
    day: int | None = field(default=None, metadata=as_(whole(-3650, 36500), "Day of the journey, 0 is its start."))
    variance_days: int = field(default=0, metadata=as_(whole(0, 3650), "Moves `day` by up to so many days."))
    window: tuple[int, int] | None = field(
        default=None, metadata=as_(reading.window, "Moves `day` by [from, to] days, as protocols allow visits to.")
    )
    business_days: bool = field(
        default=False,
        metadata=as_(reading.flag, "Moves it to a working day: neither weekend nor US federal holiday."),
    )
    depends_on: str | None = field(
        default=None, metadata=as_(reading.text, "The event it follows; it does not happen without it.")
    )
    repeat: Repeat | None = field(default=None, metadata=as_(nested(Repeat), "Makes it a cycle."))
    probability: float = field(default=1.0, metadata=as_(number(0, 1), "How likely it is, each time."))
    propensity: str | None = field(
        default=None,
        metadata=as_(
            reading.text,
            "A number of the person, as `care_seeking`, that `probability` is multiplied by, to at most 1.",
        ),
    )
    conditions: tuple[Condition, ...] = field(default=(), metadata=as_(many(_condition), "All must hold."))
    branches: tuple[Branch, ...] = field(
        default=(), metadata=as_(many(nested(Branch)), "Arms, of which each of these events takes exactly one.")
    )
    parameters: Mapping[str, Any] = field(
        factory=dict,
        metadata=as_(reading.mapping, "The event's fields; `${entity.x}` substitutes, `skill_ref` asks a skill."),
    )
    generates_claim: bool | None = field(default=None, metadata=as_(reading.flag, "false: no claim follows."))
    generates_fill: bool | None = field(default=None, metadata=as_(reading.flag, "false: no fill follows."))


@frozen
class Visit(Plain):
    """One planned visit of a protocol."""

    name: str = field(metadata=as_(reading.text, "What the protocol calls it."))
    day: int = field(metadata=as_(whole(-3650, 36500), "Its target day, counted as `first_day` says."))
    window: tuple[int, int] = field(default=(0, 0), metadata=as_(reading.window, "[from, to] days around the target."))


@frozen
class Cycles(Plain):
    """Treatment cycles of a protocol."""

    length_days: int = field(metadata=as_(whole(1), "Days from one cycle to the next."))
    count: int = field(metadata=as_(whole(1, 1000), "How many cycles."))
    days: tuple[int, ...] = field(metadata=as_(many(whole(1)), "Days of a cycle that have a visit; 1 is its first."))
    window: tuple[int, int] = field(default=(0, 0), metadata=as_(reading.window, "[from, to] days around the target."))
    first_day: int = field(default=1, metadata=as_(whole(-3650, 36500), "The day on which the first cycle begins."))


@frozen
class Schedule(Plain):
    """A protocol: visits on target days with windows, and cycles of days."""

    event_type: str = field(metadata=as_(reading.text, "What a visit is."))
    product: str | None = field(default=None, metadata=as_(reading.text, "Whose event type."))
    visits: tuple[Visit, ...] = field(default=(), metadata=as_(many(nested(Visit)), "Visits on days of their own."))
    cycles: Cycles | None = field(default=None, metadata=as_(nested(Cycles), "Visits that come back."))
    depends_on: str | None = field(
        default=None,
        metadata=as_(reading.text, "The event that is the first day, and without which there are no visits."),
    )
    first_day: int = field(
        default=1,
        metadata=as_(whole(0, 1), "What the journey's start (or `depends_on`) is called: 1 (there is no day 0) or 0."),
    )
    probability: float = field(default=1.0, metadata=as_(number(0, 1), "How likely each visit takes place."))
    propensity: str | None = field(
        default=None,
        metadata=as_(reading.text, "A number of the person that `probability` is multiplied by, to at most 1."),
    )
    business_days: bool = field(default=False, metadata=as_(reading.flag, "Moves visits to working days."))
    until: Condition | None = field(
        default=None, metadata=as_(_condition, "What ends the visits, as a withdrawal does.")
    )
    parameters: Mapping[str, Any] = field(factory=dict, metadata=as_(reading.mapping, "The visits' fields."))


@frozen
class Phase(Plain):
    """One phase of a life: how long it lasts, what happens in it, what comes next."""

    name: str = field(metadata=as_(reading.name, "Its name; `<name>.happened` and `<name>.end_time` can be read."))
    years: Any = field(default=1, metadata=as_(reading.anything, "How long: a number or a distribution of years."))
    events: tuple[EventDefinition, ...] = field(
        default=(), metadata=as_(many(nested(EventDefinition)), "What happens in it, counted from its beginning.")
    )
    next: Mapping[str, Any] = field(
        factory=dict, metadata=as_(reading.mapping, "What comes next, by probability; nothing: it is the last.")
    )


@frozen
class JourneySpecification(Plain):
    """What happens: events and how they hang together."""

    prefix = "journey"

    id: str = field(default="journey", metadata=as_(reading.name, "Its name."))
    name: str | None = field(default=None, metadata=as_(reading.text, "What people call it."))
    version: str = field(default="1.0", metadata=as_(reading.text, "Its version."))
    description: str | None = field(default=None, metadata=as_(reading.text, "What it is for."))
    products: tuple[str, ...] = field(default=(), metadata=as_(many(reading.text), "The products it touches."))
    duration_days: int | None = field(default=None, metadata=as_(whole(1, 36500), "No event may lie after it."))
    start_delay: Delay | None = field(
        default=None, metadata=as_(_delay, "Days by which it begins later, drawn for each person; none: day 0 for all.")
    )
    requires: tuple[Condition, ...] = field(
        default=(),
        metadata=as_(many(_condition), "What a person must be; what a profile leaves open is drawn to meet it."),
    )
    events: tuple[EventDefinition, ...] = field(default=(), metadata=as_(many(nested(EventDefinition)), "The events."))
    schedule: tuple[Schedule, ...] = field(
        default=(), metadata=as_(one_or_many(nested(Schedule)), "A protocol's visits.")
    )
    phases: tuple[Phase, ...] = field(
        default=(), metadata=as_(many(nested(Phase)), "A life in phases; it begins with the first.")
    )


@frozen
class JourneyChoice(Plain):
    """A journey and who takes it."""

    template: str | None = field(default=None, metadata=as_(reading.text, "The journey template."))
    member: str | None = field(default=None, metadata=as_(reading.text, "The role that takes it; none: everybody."))
    when: str | None = field(default=None, metadata=as_(reading.text, "A rule over attributes, as `age >= 65`."))
    journey: JourneySpecification | None = field(
        default=None, metadata=as_(nested(JourneySpecification), "The journey itself.")
    )


def journey_choice(value, path, problems):
    """Read a journey: a template's name, {"template": …}, or the journey itself."""
    if isinstance(value, str):
        return JourneyChoice(template=value)
    if isinstance(value, JourneySpecification):
        return JourneyChoice(journey=value)
    if isinstance(value, Mapping) and JOURNEY_KEYS & set(value):
        return JourneyChoice(journey=reading.read_object(JourneySpecification, value, path, problems))
    choice = reading.read_object(JourneyChoice, value, path, problems)
    if choice is not None and (choice.template is None) == (choice.journey is None):
        problems.add(path, "give a journey's template, or the journey itself with its events")
        return None
    return choice

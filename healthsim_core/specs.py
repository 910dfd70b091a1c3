"""Specifications: what users write. A profile says who, a journey says what happens, a scenario holds both.

The classes say the shape; whether names mean something (templates, distributions, places) is for the plan to resolve.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import attrs
import cattrs
from attrs import field, frozen

from healthsim_core import reading
from healthsim_core.conditions import OPERATORS, Condition
from healthsim_core.errors import Problems
from healthsim_core.events import Delay
from healthsim_core.reading import as_, many, nested, number, one_of, one_or_many, whole

DEFAULT_AS_OF = datetime.date(2025, 1, 1)
"""The `as_of` of specifications that name none; a constant of the release, so that results do not depend on the day."""

DEFAULT_COUNT = 100
DEFAULT_SEED = 42
LARGEST_COUNT = 100_000_000

_converter = cattrs.Converter(omit_if_default=True)
_converter.register_unstructure_hook(datetime.date, lambda day: day.isoformat())


class _Plain:
    """What all specifications can: be checked from a dict, and become one again."""

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
class Repeat(_Plain):
    """A cycle: `count` times, every so many days, each moved by up to `jitter_days`."""

    every_days: float = field(metadata=as_(number(1), "Days from one to the next."))
    count: int = field(metadata=as_(whole(1, 1000), "How many times."))
    jitter_days: int = field(default=0, metadata=as_(whole(0), "Up to so many days earlier or later."))


@frozen
class EventDefinition(_Plain):
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
    depends_on: str | None = field(
        default=None, metadata=as_(reading.text, "The event it follows; it does not happen without it.")
    )
    repeat: Repeat | None = field(default=None, metadata=as_(nested(Repeat), "Makes it a cycle."))
    probability: float = field(default=1.0, metadata=as_(number(0, 1), "How likely it is, each time."))
    conditions: tuple[Condition, ...] = field(default=(), metadata=as_(many(_condition), "All must hold."))
    parameters: Mapping[str, Any] = field(
        factory=dict, metadata=as_(reading.mapping, "The event's fields; `${entity.x}` substitutes.")
    )
    generates_claim: bool | None = field(default=None, metadata=as_(reading.flag, "false: no claim follows."))
    generates_fill: bool | None = field(default=None, metadata=as_(reading.flag, "false: no fill follows."))


@frozen
class JourneySpecification(_Plain):
    """What happens: events and how they hang together."""

    id: str = field(default="journey", metadata=as_(reading.name, "Its name."))
    name: str | None = field(default=None, metadata=as_(reading.text, "What people call it."))
    version: str = field(default="1.0", metadata=as_(reading.text, "Its version."))
    description: str | None = field(default=None, metadata=as_(reading.text, "What it is for."))
    products: tuple[str, ...] = field(default=(), metadata=as_(many(reading.text), "The products it touches."))
    duration_days: int | None = field(default=None, metadata=as_(whole(1, 36500), "No event may lie after it."))
    requires: tuple[Condition, ...] = field(
        default=(),
        metadata=as_(many(_condition), "What a person must be; what a profile leaves open is drawn to meet it."),
    )
    events: tuple[EventDefinition, ...] = field(default=(), metadata=as_(many(nested(EventDefinition)), "The events."))


@frozen
class JourneyChoice(_Plain):
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
    if isinstance(value, Mapping) and "events" in value:
        return JourneyChoice(journey=reading.read_object(JourneySpecification, value, path, problems))
    choice = reading.read_object(JourneyChoice, value, path, problems)
    if choice is not None and (choice.template is None) == (choice.journey is None):
        problems.add(path, "give a journey's template, or the journey itself with its events")
        return None
    return choice


@frozen
class Generation(_Plain):
    """How much, from which seed, for whom."""

    count: int = field(
        default=DEFAULT_COUNT, metadata=as_(whole(1, LARGEST_COUNT), "People, or households where members are listed.")
    )
    seed: int = field(default=DEFAULT_SEED, metadata=as_(whole(), "Any whole number, 0 included."))
    products: tuple[str, ...] = field(
        default=(), metadata=as_(many(reading.text), "What to generate; none: what is installed.")
    )
    as_of: datetime.date = field(default=DEFAULT_AS_OF, metadata=as_(reading.date, "The day on which ages hold."))
    start_date: datetime.date | None = field(
        default=None, metadata=as_(reading.date, "Day 0 of the journeys; none: `as_of`.")
    )
    sampling: str = field(
        default="independent",
        metadata=as_(one_of("independent", "stratified"), "stratified: small cohorts meet their targets closely."),
    )
    validation: str = field(
        default="warn", metadata=as_(one_of("strict", "warn", "none"), "What a missed target does.")
    )


@frozen
class ClinicalCondition(_Plain):
    """A condition people have, as a category or a billable code."""

    code: str = field(metadata=as_(reading.text, "An ICD-10-CM category (`E11`) or code."))
    description: str | None = field(default=None, metadata=as_(reading.text, "In words."))
    prevalence: float = field(
        default=1.0, metadata=as_(number(0, 1), "The share of people who have it; 1 is everybody.")
    )
    severity: Any = field(default=None, metadata=as_(reading.anything, "A word, or a distribution of words."))
    skill_ref: str | None = field(
        default=None, metadata=as_(reading.text, "The skill its codes come from; none: that of the product's own.")
    )


@frozen
class Outputs(_Plain):
    """The formats one product is written in."""

    formats: tuple[str, ...] = field(default=(), metadata=as_(many(reading.text), "Names of formats."))


def _outputs(value, path, problems):
    """Read outputs: a list of formats, or an object of product and formats."""
    if isinstance(value, list | tuple):
        return many(reading.text)(value, path, problems)
    if not isinstance(value, Mapping):
        problems.add(path, f"expected a list of formats, or an object of product and formats, got {value!r}")
        return None
    names: list[str] = []
    for product, one in value.items():
        read = reading.read_object(Outputs, one, f"{path}.{product}", problems)
        names.extend(read.formats if read else ())
    return tuple(dict.fromkeys(names))


def read_condition(value, path, problems):
    if isinstance(value, str):
        return ClinicalCondition(value)
    return reading.read_object(ClinicalCondition, value, path, problems)


def _correlation(value, path, problems):
    """Read one correlation: [attribute, attribute, number from -1 to 1]."""
    wrong = not isinstance(value, list | tuple) or len(value) != 3 or not all(isinstance(one, str) for one in value[:2])
    if wrong:
        problems.add(
            path, f'expected [attribute, attribute, correlation] such as ["age", "weight", 0.3], got {value!r}'
        )
        return None
    strength = number(-0.999, 0.999)(value[2], f"{path}[2]", problems)
    return None if strength is None else (value[0], value[1], strength)


@frozen
class Household(_Plain):
    """Families in bulk: the profile describes the subscriber, the others follow."""

    size: Any = field(metadata=as_(reading.anything, "How many live together, 1 to 12: a number or a distribution."))
    roles: str = field(
        default="typical", metadata=as_(one_of("typical"), "Who they are: a subscriber, mostly a spouse, dependents.")
    )
    conditions_of: tuple[str, ...] = field(
        default=("subscriber", "spouse"),
        metadata=as_(many(one_of("subscriber", "spouse", "dependent")), "Of whom the profile's conditions speak."),
    )


@frozen
class ProfileSpecification(_Plain):
    """Who: attributes as constants or distributions, conditions, coverage."""

    id: str = field(default="profile", metadata=as_(reading.name, "Its name; by default the file's or template's."))
    name: str | None = field(default=None, metadata=as_(reading.text, "What people call it."))
    version: str = field(default="1.0", metadata=as_(reading.text, "Its version."))
    description: str | None = field(default=None, metadata=as_(reading.text, "What it is for."))
    generation: Generation = field(factory=Generation, metadata=as_(nested(Generation), "How much, from which seed."))
    source: str | None = field(default=None, metadata=as_(reading.text, "Short form of `demographics.source`."))
    reference: Mapping | None = field(
        default=None, metadata=as_(reading.mapping, "Short form of `demographics.reference`.")
    )
    members: tuple[Mapping, ...] = field(
        default=(), metadata=as_(many(reading.mapping), "The people of one household, one by one.")
    )
    household: Household | None = field(
        default=None, metadata=as_(nested(Household), "Families in bulk; `count` then counts households.")
    )
    correlations: tuple[tuple, ...] = field(
        default=(), metadata=as_(many(_correlation), "Numeric attributes that go together, by a Gaussian copula.")
    )
    demographics: Mapping[str, Any] = field(
        factory=dict, metadata=as_(reading.mapping, "Attributes; `source` and `reference`.")
    )
    clinical: Mapping[str, Any] = field(
        factory=dict, metadata=as_(reading.mapping, "primary_condition, comorbidities, lab_values and attributes.")
    )
    coverage: Mapping[str, Any] = field(factory=dict, metadata=as_(reading.mapping, "type, plan_distribution."))
    network: Mapping[str, Any] = field(factory=dict, metadata=as_(reading.mapping, "primary_care_provider."))
    journey: tuple[JourneyChoice, ...] = field(default=(), metadata=as_(one_or_many(journey_choice), "A journey."))
    journeys: tuple[JourneyChoice, ...] = field(
        default=(), metadata=as_(one_or_many(journey_choice), "Several journeys.")
    )
    outputs: tuple[str, ...] = field(default=(), metadata=as_(_outputs, "Formats, by product or as a list."))
    custom: Mapping[str, Any] = field(factory=dict, metadata=as_(reading.mapping, "Attributes of your own."))


@frozen
class ScenarioSpecification(_Plain):
    """People, journeys and outputs in one file."""

    scenario: str = field(metadata=as_(reading.text, "What people call it."))
    profile: ProfileSpecification = field(metadata=as_(nested(ProfileSpecification), "Who."))
    id: str | None = field(default=None, metadata=as_(reading.name, "Its name; by default the file's or template's."))
    description: str | None = field(default=None, metadata=as_(reading.text, "What it is for."))
    journeys: tuple[JourneyChoice, ...] = field(default=(), metadata=as_(one_or_many(journey_choice), "Who does what."))
    outputs: tuple[str, ...] = field(default=(), metadata=as_(_outputs, "Formats."))


KINDS = {"profile": ProfileSpecification, "journey": JourneySpecification, "scenario": ScenarioSpecification}


def kind_of(data: object) -> str:
    """Return what a dict is: scenario, journey or profile."""
    if isinstance(data, Mapping):
        if "scenario" in data:
            return "scenario"
        if "events" in data:
            return "journey"
    return "profile"


def read(cls: type, data: object, problems: Problems) -> Any:
    """Return a specification of a class, reporting what is wrong with its shape; later checks can go on."""
    if isinstance(data, cls):
        return data
    if not isinstance(data, Mapping):
        problems.add("", f"a specification is an object, got {data!r}")
        return None
    prefix = next(kind for kind, one in KINDS.items() if one is cls)
    return reading.read_object(cls, data, "" if prefix == "scenario" else prefix, problems)

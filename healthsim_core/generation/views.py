"""Object views of the columnar engine: one entity is a span of one unit; never a second implementation."""

from __future__ import annotations

import datetime
import functools
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import define, field, frozen

from healthsim_core import catalog as catalogs
from healthsim_core import reading
from healthsim_core.catalog import Catalog
from healthsim_core.columns import Array, Coded, Span
from healthsim_core.conditions import Condition
from healthsim_core.draws import SLOTS
from healthsim_core.errors import Problems, UserError, suggestion
from healthsim_core.events import Delay
from healthsim_core.generation.journey import unfold
from healthsim_core.generation.plan import Plan
from healthsim_core.generation.profile import sample
from healthsim_core.generation.resolve_journeys import resolve_journeys
from healthsim_core.generation.resolving import Asked, resolve
from healthsim_core.generation.validation import Tally, ValidationReport
from healthsim_core.journey_specs import JourneyChoice, JourneySpecification
from healthsim_core.people import People
from healthsim_core.state.store import home

DelaySpec = Delay
EventCondition = Condition

BLOCK = 1024
"""Units sampled at a time when entities are looked at one after another."""

_SHOWN = ("role", "given_name", "family_name", "birth_date", "address", "city", "state", "zip_code", "county_fips")


@functools.cache
def default_catalog() -> Catalog:
    """Return the catalog of the installed plugins, built once for the views."""
    return catalogs.build()


@frozen
class GeneratedEntity:
    """One person: `index` among the entities, `entity_id`, and `attributes` as plain values."""

    index: int
    entity_id: str
    attributes: dict[str, Any]


def plain(column: Array, row: int) -> Any:
    """Return one value of a column as a plain Python value; None where it is missing."""
    if isinstance(column, Coded):
        return None if column.codes[row] < 0 else str(column.words[column.codes[row]])
    value = column[row]
    if column.dtype.kind == "M":
        if np.isnat(value):
            return None
        moment = value.astype("datetime64[s]").astype(datetime.datetime)
        return moment.date() if moment.time() == datetime.time() else moment
    if column.dtype.kind == "f" and np.isnan(value):
        return None
    return value.item()


class Entities(Sequence[GeneratedEntity]):
    """The people of a plan, sampled when they are looked at."""

    def __init__(self, plan: Plan):
        self.plan = plan
        self._rosters = None
        self._block: tuple[int, People] | None = None

    def __len__(self) -> int:
        return self.plan.people_count

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        if index < 0:
            index += len(self)
        if not 0 <= index < len(self):
            raise IndexError(index)
        unit, slot = divmod(index, len(self.plan.roles))
        start = unit // BLOCK * BLOCK
        if self._block is None or self._block[0] != start:
            self._block = (start, self._people(Span(start, min(start + BLOCK, self.plan.count))))
        return entity_of(self.plan, self._block[1], (unit - start) * len(self.plan.roles) + slot, index)

    def __iter__(self) -> Iterator[GeneratedEntity]:
        return (self[index] for index in range(len(self)))

    def alone(self, index: int) -> GeneratedEntity:
        """Return one entity, sampled by itself: the same as in the crowd."""
        unit, slot = divmod(index, len(self.plan.roles))
        return entity_of(self.plan, self._people(Span(unit, unit + 1)), slot, index)

    def _people(self, span: Span) -> People:
        if self._rosters is None:
            self._rosters = self.plan.build_rosters()
        return sample(self.plan, span, self._rosters)


def entity_of(plan: Plan, people: People, row: int, index: int) -> GeneratedEntity:
    """Return one row of people as an entity."""
    entity = int(people.entity[row])
    attributes = {one.name: plain(people[one.name], row) for one in plan.attributes if one.name in people}
    for one in plan.attributes:
        if one.kind == "integer" and attributes.get(one.name) is not None:
            attributes[one.name] = int(attributes[one.name])
    attributes |= {name: plain(people[name], row) for name in _SHOWN if name in people}
    attributes["conditions"] = [one.category for one in plan.conditions if people[f"has.{one.category}"][row]]
    attributes["person_id"] = f"P{entity}"
    for table in plan.tables.values():
        key = table.columns[0]
        if (
            key.prefix
            and any(one.references == "persons.person_id" for one in table.columns)
            and table.primary_key == (key.name,)
        ):
            attributes[key.name] = f"{key.prefix}{entity}"
    return GeneratedEntity(index, f"P{entity}", attributes)


@frozen
class ExecutionResult:
    """What a profile's execution gives: entities (sampled when looked at) and the validation of the whole cohort."""

    plan: Plan
    entities: Entities
    validation: ValidationReport

    @property
    def count(self) -> int:
        """Return how many entities there are."""
        return len(self.entities)

    @property
    def seed(self) -> int:
        """Return the seed."""
        return self.plan.seed


class ProfileExecutor:
    """Samples the people of a profile: `ProfileExecutor(spec).execute()` or `ProfileExecutor(master_seed=42).execute(spec)`."""

    products: tuple[str, ...] = ()

    def __init__(
        self,
        specification: object = None,
        master_seed: int | None = None,
        *,
        seed: int | None = None,
        catalog: Catalog | None = None,
    ):
        self.specification = specification
        self.seed = master_seed if master_seed is not None else seed
        self.catalog = catalog or default_catalog()
        self._plan: Plan | None = None

    def execute(self, specification: object = None, count: int | None = None) -> ExecutionResult:
        """Return the entities of a profile and how well they meet its targets."""
        plan = self._resolve(specification, count)
        tally = Tally.of(plan)
        entities = Entities(plan)
        for span in plan.spans(20_000):
            tally.add(entities._people(span))
        report = tally.report()
        if plan.validation == "strict" and not report.passed:
            raise UserError("validation is strict and these targets were missed:\n" + "\n".join(report.errors))
        return ExecutionResult(plan, entities, report)

    def generate_entity(self, index: int, specification: object = None) -> GeneratedEntity:
        """Return one entity alone: equal to the one at `index` of the cohort."""
        plan = self._plan if specification is None and self._plan is not None else self._resolve(specification, None)
        return Entities(plan).alone(index)

    def _resolve(self, specification: object, count: int | None) -> Plan:
        specification = specification if specification is not None else self.specification
        if specification is None:
            raise UserError("no profile given; pass one to ProfileExecutor or to execute")
        asked = Asked(count=count, seed=self.seed, products=self.products)
        self._plan = resolve(specification, self.catalog, home(), asked)
        return self._plan


@frozen
class TimelineEvent:
    """One event of one entity's timeline."""

    event_id: str
    event_name: str
    event_type: str
    product: str
    scheduled_date: datetime.date
    fields: dict[str, Any] = field(factory=dict)
    status: str = "pending"


@define
class Timeline:
    """An entity's events, by date."""

    entity_id: str
    entity_type: str
    events: list[TimelineEvent] = field(factory=list)

    def pending(self) -> list[TimelineEvent]:
        """Return the events that have not been executed."""
        return [event for event in self.events if event.status == "pending"]

    def by_date(self, day: datetime.date) -> list[TimelineEvent]:
        """Return the events of one day."""
        return [event for event in self.events if event.scheduled_date == day]

    def up_to(self, day: datetime.date) -> list[TimelineEvent]:
        """Return the events up to and including a day."""
        return [event for event in self.events if event.scheduled_date <= day]

    def merge(self, other: Timeline) -> Timeline:
        """Return one timeline with the events of both, by date."""
        events = sorted([*self.events, *other.events], key=lambda event: event.scheduled_date)
        return Timeline(self.entity_id, self.entity_type, events)


class JourneyEngine:
    """Unfolds a journey for one entity given as a dict."""

    def __init__(self, seed: int = 0, catalog: Catalog | None = None):
        self.seed = seed
        self.catalog = catalog or default_catalog()

    def create_timeline(
        self,
        entity: Mapping[str, Any],
        entity_type: str,
        journey: object,
        start_date: datetime.date,
        index: int | None = None,
    ) -> Timeline:
        """Return the entity's timeline; chance is addressed by `index`, by default a number made of its ids."""
        specification = as_journey(journey, self.catalog)
        problems = Problems()
        names = tuple(self.catalog.all("product"))
        it = resolve_journeys(
            [([(JourneyChoice(journey=specification), "journey")], names)],
            None,
            self.catalog,
            problems,
            with_people=False,
        )
        problems.raise_if_any()
        plan = _bare_plan(self.seed, start_date, it, self.catalog)
        identity = str(
            sorted((key, str(value)) for key, value in entity.items() if key.endswith("_id"))
            or sorted(entity.items(), key=str)
        )
        number = (
            index
            if index is not None
            else int.from_bytes(hashlib.blake2b(identity.encode(), digest_size=4).digest(), "big") // 4
        )
        people = _person(plan, entity, number)
        unfolded = unfold(plan, people)
        events = [
            TimelineEvent(
                part.definition.event_id,
                part.definition.name,
                part.definition.event_type.name,
                part.definition.event_type.product,
                chunk.time[row].astype("datetime64[D]").astype(datetime.date),
                {name: plain(column, row) for name, column in chunk.fields.items()},
            )
            for number, part in enumerate(plan.parts)
            if part.definition is not None and (chunk := unfolded.parts.get(number)) is not None
            for row in range(len(chunk))
        ]
        events.sort(key=lambda event: event.scheduled_date)
        name = next((str(value) for key, value in entity.items() if key.endswith("_id")), f"P{number * SLOTS}")
        return Timeline(name, entity_type, events)


def create_journey_engine(seed: int = 0) -> JourneyEngine:
    """Return a journey engine."""
    return JourneyEngine(seed)


def _bare_plan(seed: int, start: datetime.date, it, catalog: Catalog) -> Plan:
    return Plan(
        name="timeline",
        seed=seed,
        count=1,
        as_of=start,
        start=start,
        products=(),
        roles=("subscriber",),
        parts=tuple(it.parts),
        event_order=it.event_order,
        event_types=catalog.all("event type"),
        triggers=it.triggers,
        facts={"conditions": {}, "roles": ("subscriber",), "network": {}},
        notices=tuple(it.notices),
        validation="none",
    )


def _person(plan: Plan, entity: Mapping[str, Any], number: int) -> People:
    columns: dict[str, Array] = {}
    for name, value in entity.items():
        if isinstance(value, bool | int | float):
            columns[name] = np.array([value])
        elif isinstance(value, datetime.date):
            columns[name] = np.array([value], dtype="datetime64[s]")
        elif isinstance(value, str):
            columns[name] = Coded.constant(value, 1)
    for code in entity.get("conditions", ()):
        columns[f"has.{code}"] = np.array([True])
        columns[f"code.{code}"] = Coded.constant(code, 1)
    start = np.datetime64(plan.start, "s")
    return People(
        plan.seed, Span(number, number + 1), np.array([number * SLOTS], np.int64), columns, {}, start, start, plan.facts
    )


def as_journey(journey: object, catalog: Catalog) -> JourneySpecification:
    """Return a journey given as a specification, a dict or a template's name."""
    if isinstance(journey, JourneySpecification):
        return journey
    if isinstance(journey, Mapping):
        return JourneySpecification.model_validate(journey)
    template = catalog.template("journey", str(journey))
    if template is None:
        raise UserError(f"unknown journey template {journey!r}{suggestion(journey, catalog.template_names('journey'))}")
    return JourneySpecification.model_validate({"id": template.name, **reading.parse_file(template.path)})


def get_journey_template(name: str) -> JourneySpecification:
    """Return a journey template of the installed products; UserError with a suggestion for an unknown name."""
    return as_journey(name, default_catalog())


def create_simple_journey(id: str, name: str, events: Sequence[Mapping[str, Any]], **more: Any) -> JourneySpecification:
    """Return a journey from its events as dicts."""
    return JourneySpecification.model_validate({"id": id, "name": name, "events": list(events), **more})


class _Templates(Mapping[str, dict]):
    """Templates of a kind by name, as dicts, read from the installed plugins when looked at."""

    def __init__(self, kind: str, plugin: str | None = None):
        self.kind, self.plugin = kind, plugin

    def _found(self) -> dict[str, Any]:
        catalog = default_catalog()
        return {
            one.name: one
            for key, one in catalog.all("template").items()
            if one.kind == self.kind and self.plugin in (None, catalog.owner("template", key))
        }

    def __getitem__(self, name: str) -> dict:
        found = self._found()
        wanted = name if name in found else name.replace("_", "-")
        if wanted not in found:
            raise KeyError(f"{name}{suggestion(name, found)}")
        return {"id": wanted, **reading.parse_file(found[wanted].path)}

    def __iter__(self):
        return iter(self._found())

    def __len__(self) -> int:
        return len(self._found())


class ProfileTemplates(_Templates):
    """The profile templates of one plugin, or of all."""

    def __init__(self, plugin: str | None = None):
        super().__init__("profile", plugin)


JOURNEY_TEMPLATES = _Templates("journey")
PROFILE_TEMPLATES = ProfileTemplates()


@frozen
class EntityWithTimeline:
    """A person and what happens to them."""

    entity: GeneratedEntity
    timeline: Timeline


class ProfileJourneyOrchestrator:
    """A profile and its journeys together: entities with their timelines, unfolded by the same engine."""

    def __init__(
        self, profile: object, journey: object = None, seed: int | None = None, catalog: Catalog | None = None
    ):
        self.profile, self.journey, self.seed = profile, journey, seed
        self.catalog = catalog or default_catalog()

    def execute(self, count: int | None = None) -> list[EntityWithTimeline]:
        """Return every entity with its timeline; for cohorts small enough to hold as objects."""
        journeys = () if self.journey is None else (self.journey,)
        plan = resolve(self.profile, self.catalog, home(), Asked(count=count, seed=self.seed, journeys=journeys))
        rosters = plan.build_rosters()
        found: list[EntityWithTimeline] = []
        for span in plan.spans(BLOCK):
            people = sample(plan, span, rosters)
            events = _events_by_entity(plan, people)
            for row, entity in enumerate(people.entity.tolist()):
                view = entity_of(plan, people, row, span.start * len(plan.roles) + row)
                timeline = Timeline(
                    view.entity_id, "person", sorted(events.get(entity, []), key=lambda event: event.scheduled_date)
                )
                found.append(EntityWithTimeline(view, timeline))
        return found


def _events_by_entity(plan: Plan, people: People) -> dict[int, list[TimelineEvent]]:
    unfolded = unfold(plan, people)
    found: dict[int, list[TimelineEvent]] = {}
    for number, part in enumerate(plan.parts):
        chunk = unfolded.parts.get(number)
        if part.definition is None or chunk is None:
            continue
        about = part.definition
        for row, entity in enumerate(chunk.entity.tolist()):
            day = chunk.time[row].astype("datetime64[D]").astype(datetime.date)
            fields = {name: plain(column, row) for name, column in chunk.fields.items()}
            event = TimelineEvent(
                about.event_id, about.name, about.event_type.name, about.event_type.product, day, fields
            )
            found.setdefault(entity, []).append(event)
    return found

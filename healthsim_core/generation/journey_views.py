"""Journeys for people who think in objects: an engine for one entity, and whole profiles with their timelines."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from attrs import frozen

from healthsim_core import known, reading
from healthsim_core.catalog import Catalog
from healthsim_core.columns import Array, Coded, Span
from healthsim_core.draws import SLOTS
from healthsim_core.errors import Problems, UserError, suggestion
from healthsim_core.generation.asking import Asked
from healthsim_core.generation.journey import unfold
from healthsim_core.generation.plan import Plan
from healthsim_core.generation.profile import sample
from healthsim_core.generation.registry import TriggerRegistry
from healthsim_core.generation.resolve_journeys import resolve_journeys
from healthsim_core.generation.resolving import resolve
from healthsim_core.generation.saved_names import journey_content
from healthsim_core.generation.timeline_views import Timeline, TimelineEvent, by_day, events_by_entity, person_name
from healthsim_core.generation.views import BLOCK, GeneratedEntity, Templates, default_catalog, entity_of, plain
from healthsim_core.identity import IdScheme
from healthsim_core.journey_specs import JourneyChoice, JourneySpecification
from healthsim_core.people import People
from healthsim_core.state.shelf import Saved, Shelf
from healthsim_core.state.store import home

JOURNEY_TEMPLATES = Templates("journey")

Handler = Callable[[Mapping[str, Any], TimelineEvent], object]
"""`handler(entity, event)` does what the event means to the caller; what it returns becomes the event's `result`."""


class JourneyEngine:
    """Unfolds journeys for one entity given as a dict, and executes their events; `triggers` may add to the catalog's."""

    def __init__(self, seed: int = 0, catalog: Catalog | None = None, triggers: TriggerRegistry | None = None):
        self.seed = seed
        self.catalog = triggers.to_catalog() if triggers is not None else catalog or default_catalog()
        self.handlers: dict[str, Handler] = {}

    def create_timeline(
        self,
        entity: Mapping[str, Any],
        entity_type: str,
        journey: object,
        start_date: datetime.date,
        index: int | None = None,
    ) -> Timeline:
        """Return the entity's timeline; chance is addressed by `index`, by default a number made of its ids.

        What the journey requires and the entity leaves open is taken as given; what the entity contradicts is a UserError.
        """
        number = _number(entity) if index is None else index
        name = person_name(entity, entity_type, f"P{number * SLOTS}")
        columns = _columns(entity, start_date)
        plan = self._plan(_admitted(as_journey(journey, self.catalog), columns, name), start_date)
        start = plan.start_time()
        one = np.array([number * SLOTS], np.int64)
        people = People(plan.seed, Span(number, number + 1), one, columns, {}, start, start, plan.facts)
        events = events_by_entity(plan, unfold(plan, people))
        return Timeline(name, entity_type, events.get(number * SLOTS, []), dict(entity), plan.notices)

    def register_handler(self, event_type: str, handler: Handler) -> None:
        """Have `handler(entity, event)` called when an event of the type (a name, or product.name) is executed."""
        found = self.catalog.event_type(str(event_type))
        if found is None:
            product = known.product_of_event_type(str(event_type).rpartition(".")[2])
            lacking = product and known.absent("product", product, set(self.catalog.fingerprint()))
            types = self.catalog.all("event type")
            hint = (
                f"; {lacking}" if lacking else suggestion(event_type, [*types, *(one.name for one in types.values())])
            )
            raise UserError(f"unknown event type {str(event_type)!r}{hint}{self.catalog.blame()}")
        if found.qualified in self.handlers:
            raise UserError(f"{found.qualified} has a handler already; an event type has one")
        self.handlers[found.qualified] = handler

    def execute(self, timeline: Timeline, up_to_date: datetime.date | None = None) -> list[TimelineEvent]:
        """Execute the pending events up to a day (all, where none is given) by date; return those that were executed.

        What triggers bring stays where it is: a CrossProductCoordinator lets it happen.
        """
        due = [event for event in timeline.pending() if up_to_date is None or event.scheduled_date <= up_to_date]
        for event in by_day(due):
            self.perform(event, timeline.entity, timeline.entity_id)
        return [event for event in by_day(due) if event.status == "executed"]

    def perform(self, event: TimelineEvent, entity: Mapping[str, Any], entity_id: str) -> None:
        """Execute one event; where its handler raises, it is marked failed and says so, and nothing is raised."""
        handler = self.handlers.get(event.qualified)
        try:
            event.result = handler(entity, event) if handler else None
        except Exception as error:  # noqa: BLE001 - a user's handler may raise anything, and the other events go on
            event.status = "failed"
            event.error = f"{event.qualified} {event.event_id!r} of {entity_id}: {type(error).__name__}: {error}"
        else:
            event.status = "executed"

    def _plan(self, journey: JourneySpecification, start: datetime.date) -> Plan:
        problems = Problems()
        choices = [(JourneyChoice(journey=journey), "journey")]
        products = tuple(self.catalog.all("product"))
        it = resolve_journeys([(choices, products)], None, self.catalog, problems, with_people=False)
        problems.raise_if_any()
        return Plan(
            name="timeline",
            seed=self.seed,
            count=1,
            as_of=start,
            start=start,
            products=(),
            roles=("subscriber",),
            parts=tuple(it.parts),
            event_order=it.event_order,
            event_types=self.catalog.all("event type"),
            triggers=it.triggers,
            facts={"conditions": {}, "roles": ("subscriber",), "network": {}},
            notices=tuple(it.notices),
            validation="none",
        )


def create_journey_engine(seed: int = 0, catalog: Catalog | None = None) -> JourneyEngine:
    """Return a journey engine."""
    return JourneyEngine(seed, catalog)


def _number(entity: Mapping[str, Any]) -> int:
    """Return a number made of an entity's ids, or of all it has where it has none."""
    ids = sorted((key, str(value)) for key, value in entity.items() if key.endswith("_id"))
    identity = str(ids or sorted(entity.items(), key=str))
    return int.from_bytes(hashlib.blake2b(identity.encode(), digest_size=4).digest(), "big") // 4


def _columns(entity: Mapping[str, Any], start: datetime.date) -> dict[str, Array]:
    columns: dict[str, Array] = {}
    for name, value in entity.items():
        if isinstance(value, bool | int | float):
            columns[name] = np.array([value])
        elif isinstance(value, datetime.date):
            columns[name] = np.array([value], dtype="datetime64[s]")
        elif isinstance(value, str):
            columns[name] = Coded.constant(value, 1)
    born = entity.get("birth_date")
    if isinstance(born, datetime.date) and "age" not in columns:
        columns["age"] = np.array([start.year - born.year - ((start.month, start.day) < (born.month, born.day))])
    for code in entity.get("conditions") or ():
        columns[f"has.{code}"] = np.array([True])
        columns[f"code.{code}"] = Coded.constant(code, 1)
    return columns


def _admitted(journey: JourneySpecification, columns: Mapping[str, Array], name: str) -> JourneySpecification:
    """Return the journey without its requirements, once nothing known of the entity contradicts them."""
    for condition in journey.requires:
        column = columns.get(condition.field.removeprefix("entity.")) if condition else None
        if column is not None and not condition.holds(lambda _: column, 1)[0]:  # noqa: B023
            wanted = f"{condition.field} {condition.operator} {condition.value!r}"
            raise UserError(f"journey {journey.id} requires {wanted}, but {name} has {plain(column, 0)!r}")
    return attrs.evolve(journey, requires=())


def as_journey(journey: object, catalog: Catalog) -> JourneySpecification:
    """Return a journey given as a specification, a dict, or a template's or a saved journey's name."""
    if isinstance(journey, JourneySpecification):
        return journey
    if isinstance(journey, Mapping):
        return JourneySpecification.model_validate(journey)
    if isinstance(journey, Saved):
        return JourneySpecification.model_validate(journey_content(journey))
    template = catalog.template("journey", str(journey))
    if template is None:
        shelf = Shelf(home(), "journey")
        saved = shelf.find(str(journey))
        if saved is not None:
            return JourneySpecification.model_validate(journey_content(saved))
        lacking = known.absent("journey", str(journey), set(catalog.fingerprint()))
        hint = suggestion(journey, [*catalog.template_names("journey"), *shelf.names()])
        raise UserError(lacking or f"unknown journey template {journey!r}{hint}{catalog.blame()}")
    return JourneySpecification.model_validate({"id": template.name, **reading.parse_file(template.path)})


def get_journey_template(name: str) -> JourneySpecification:
    """Return a journey template of the installed products; UserError with a suggestion for an unknown name."""
    return as_journey(name, default_catalog())


def create_simple_journey(id: str, name: str, events: Sequence[Mapping[str, Any]], **more: Any) -> JourneySpecification:
    """Return a journey from its events as dicts."""
    return JourneySpecification.model_validate({"id": id, "name": name, "events": list(events), **more})


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
        scheme = IdScheme.of(self.catalog, plan.tables)
        rosters = plan.build_rosters()
        found: list[EntityWithTimeline] = []
        for span in plan.spans(BLOCK):
            people = sample(plan, span, rosters)
            events = events_by_entity(plan, unfold(plan, people))
            for row, entity in enumerate(people.entity.tolist()):
                view = entity_of(plan, people, row, len(found), scheme)
                timeline = Timeline(view.entity_id, "person", events.get(entity, []), view.attributes, plan.notices)
                found.append(EntityWithTimeline(view, timeline))
        return found

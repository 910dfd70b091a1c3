"""One person in several products: their timelines executed together by date, and what triggers bring handed on."""

from __future__ import annotations

import datetime
import heapq
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping

from attrs import define, field

from healthsim_core import known
from healthsim_core.catalog import Catalog
from healthsim_core.errors import UserError, suggestion
from healthsim_core.generation.journey_views import JourneyEngine
from healthsim_core.generation.timeline_views import Timeline, TimelineEvent
from healthsim_core.generation.views import default_catalog


@define(eq=False)
class LinkedEntity:
    """One person with their ids in every product, and their timelines."""

    entity_id: str
    ids: dict[str, str]
    """The ids by name: {"patient_id": "P001", "member_id": "M001"}."""
    product_ids: dict[str, str] = field(factory=dict)
    """The ids by product: {"patientsim": "P001", "membersim": "M001"}."""
    timelines: dict[str, Timeline] = field(factory=dict)
    """The timelines by product."""

    def has(self, timeline: Timeline) -> bool:
        """Return whether a timeline is this person's: the ids that both know agree."""
        theirs = timeline.ids
        shared = self.ids.keys() & theirs.keys()
        return all(self.ids[name] == theirs[name] for name in shared) and (
            bool(shared) or timeline.entity_id == self.entity_id
        )


@define(eq=False)
class CoordinatedResults(Mapping[str, list[TimelineEvent]]):
    """What a coordinated execution did: executed events by product, each list by date."""

    by_product: dict[str, list[TimelineEvent]]
    all: list[TimelineEvent] = field(factory=list)
    """The executed events of all products by date, in the order in which they were executed."""
    failed: list[TimelineEvent] = field(factory=list)
    """The events whose handler failed; `error` says how."""
    skipped: Counter[str] = field(factory=Counter)
    """How many events were not executed because their product has no engine or what they follow from failed, by event type."""

    def __getitem__(self, product: str) -> list[TimelineEvent]:
        return self.by_product[product]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_product)

    def __len__(self) -> int:
        return len(self.by_product)


class CrossProductCoordinator:
    """Executes the timelines of linked entities across products, each product's events by its engine."""

    def __init__(self, catalog: Catalog | None = None):
        self.catalog = catalog or default_catalog()
        self.engines: dict[str, JourneyEngine] = {}
        self.entities: dict[str, LinkedEntity] = {}

    def create_linked_entity(self, entity_id: str, ids: Mapping[str, object]) -> LinkedEntity:
        """Return a person with their ids, by name (`patient_id`) or by product; UserError where an id is somebody else's."""
        words = {product.name: f"{product.entity}_id" for product in self.catalog.all("product").values()}
        named = {words.get(name, name): str(value) for name, value in ids.items()}
        if entity_id in self.entities:
            raise UserError(f"linked entity {entity_id!r} is there already")
        for other in self.entities.values():
            for name, value in named.items():
                if other.ids.get(name) == value:
                    raise UserError(f"{name} {value!r} belongs to linked entity {other.entity_id!r} already")
        products = {product: named[name] for product, name in words.items() if name in named}
        self.entities[entity_id] = LinkedEntity(entity_id, named, products)
        return self.entities[entity_id]

    def register_product_engine(self, product: str, engine: JourneyEngine) -> None:
        """Have a product's events executed by an engine; UserError for a product that is not installed."""
        if self.catalog.get("product", product) is None:
            lacking = known.absent("product", product, set(self.catalog.fingerprint()))
            raise UserError(lacking or f"unknown product {product!r}{suggestion(product, self.catalog.all('product'))}")
        self.engines[product] = engine

    def add_timeline(self, linked: LinkedEntity, product: str, timeline: Timeline) -> None:
        """Give a person a timeline in a product, merged with the one there; UserError where it is somebody else's."""
        if product not in self.engines:
            raise UserError(f"product {product!r} has no engine; register_product_engine comes first")
        if not linked.has(timeline):
            ids = ", ".join(f"{name} {value}" for name, value in linked.ids.items())
            raise UserError(
                f"the timeline of {timeline.entity_type} {timeline.entity_id!r} is not of linked entity {linked.entity_id!r}"
                f" ({ids})"
            )
        there = linked.timelines.get(product)
        linked.timelines[product] = timeline if there is None else there.merge(timeline, linked)

    def execute_coordinated(self, linked: LinkedEntity, up_to_date: datetime.date | None = None) -> CoordinatedResults:
        """Execute a person's pending events of all products up to a day (all, where none is given), by date.

        What a trigger brings after an executed event joins the timeline of its product, to be executed on its day; where
        the product has no engine it is skipped. Later events stay pending: the next call goes on from there.
        """
        results = CoordinatedResults({product: [] for product in self.engines})
        arrival = itertools.count()
        waiting = [
            (event.scheduled_date, next(arrival), product, event)
            for product, timeline in linked.timelines.items()
            for event in timeline.pending()
        ]
        heapq.heapify(waiting)
        while waiting and (up_to_date is None or waiting[0][0] <= up_to_date):
            _, _, home, event = heapq.heappop(waiting)
            if event.status != "pending":  # a merged timeline of another product has it too
                continue
            for follower in self._perform(linked, home, event, results):
                product = follower.product if follower.product in self.engines else home
                self._join(linked, product, follower)
                heapq.heappush(waiting, (follower.scheduled_date, next(arrival), product, follower))
        return results

    def _perform(
        self, linked: LinkedEntity, home: str, event: TimelineEvent, results: CoordinatedResults
    ) -> list[TimelineEvent]:
        """Execute one event and return what joins a timeline because of it."""
        product = home if event.product == "core" else event.product
        if product not in self.engines:
            _skip(event, f"{product} has no engine", results)
            return []
        person = {**linked.timelines[home].entity, **linked.ids}
        self.engines[product].perform(event, person, linked.product_ids.get(product, linked.entity_id))
        if event.status == "failed":
            results.failed.append(event)
            _skip_followers(event, results)
            return []
        results.by_product[product].append(event)
        results.all.append(event)
        joining = []
        for follower in event.leads_to:
            if follower.product in self.engines or follower.product == "core":
                joining.append(follower)
            else:
                _skip(follower, f"{follower.product} has no engine", results)
        return joining

    def _join(self, linked: LinkedEntity, product: str, event: TimelineEvent) -> None:
        if product not in linked.timelines:
            word = self.catalog.get("product", product).entity
            name = linked.product_ids.get(product, linked.entity_id)
            linked.timelines[product] = Timeline(name, word, entity=dict(linked.ids))
        linked.timelines[product].add(event)


def create_coordinator(catalog: Catalog | None = None) -> CrossProductCoordinator:
    """Return a coordinator."""
    return CrossProductCoordinator(catalog)


def _skip(event: TimelineEvent, why: str, results: CoordinatedResults) -> None:
    event.status, event.error = "skipped", why
    results.skipped[event.qualified] += 1
    _skip_followers(event, results)


def _skip_followers(event: TimelineEvent, results: CoordinatedResults) -> None:
    for follower in event.leads_to:
        _skip(follower, f"follows from {event.qualified} {event.event_id!r}, which was {event.status}", results)

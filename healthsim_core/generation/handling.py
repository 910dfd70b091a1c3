"""Handle events: each event type's handler once per span, its rows checked before anybody sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from attrs import define, field, frozen

from healthsim_core.columns import Array, Coded, Columns, Span, stack
from healthsim_core.errors import PluginError
from healthsim_core.events import Events, EventType
from healthsim_core.generation.graph import Cycle, ordered
from healthsim_core.generation.journey import unfold
from healthsim_core.generation.plan import Plan
from healthsim_core.generation.profile import sample
from healthsim_core.generation.timeline import Timeline, entities_text
from healthsim_core.persons import PERSONS


@frozen
class Failure:
    """A handler that failed in one span: whose it is, on what it was working, and what went wrong."""

    plugin: str
    event_type: str
    message: str

    def __str__(self) -> str:
        return f"plugin {self.plugin}: {self.message}"


@define(eq=False)
class SpanContext:
    """What a handler can see besides its own events: the finished timeline and the rows written before it."""

    timelines: Timeline
    written: dict[str, list[Columns]] = field(factory=dict)
    made: dict[str, Any] = field(factory=dict)
    """What `once` was asked for, by name."""

    def timeline(self, event_type: str) -> Events | None:
        """Return the finished events of a type."""
        return self.timelines[event_type]

    def rows(self, table: str) -> Columns | None:
        """Return the rows written to a table so far in this span."""
        batches = self.written.get(table)
        if not batches:
            return None
        if len(batches) > 1:
            self.written[table] = batches = [stack(batches)]
        return batches[0]

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Return what `make` gives, called for the first who asks for that name."""
        if name not in self.made:
            self.made[name] = make()
        return self.made[name]


def order_handlers(event_types: list[EventType]) -> tuple[EventType, ...]:
    """Return event types so that those writing a table come before those reading it."""
    by_name = {one.qualified: one for one in event_types}
    needs = {
        one.qualified: [
            other.qualified for other in event_types if other is not one and set(one.reads) & set(other.writes)
        ]
        for one in event_types
    }
    try:
        return tuple(by_name[name] for name in ordered(by_name, needs))
    except Cycle as cycle:
        raise PluginError(f"handlers read each other's tables in a circle: {cycle}") from None


def generate_span(
    plan: Plan, span: Span, rosters: dict[str, Columns], failures: list[Failure] | None = None
) -> tuple[dict[str, Columns], Timeline]:
    """Return the rows of every table for a span of units, and the timeline they come from; see `span_batches`."""
    batches, timeline = span_batches(plan, span, rosters, failures)
    return {table: stack(rows) for table, rows in batches.items()}, timeline


def span_batches(
    plan: Plan, span: Span, rosters: dict[str, Columns], failures: list[Failure] | None = None
) -> tuple[dict[str, list[Columns]], Timeline]:
    """Return the rows of every table for a span of units, as its handlers gave them, and the timeline they come from.

    A handler that fails raises PluginError; with a list of `failures` it is put there, and the other event types go on.
    """
    people = sample(plan, span, rosters)
    timeline = unfold(plan, people)
    context = SpanContext(timeline)
    context.written["persons"] = [_person_rows(people)]
    for event_type in plan.handlers:
        events = timeline[event_type.qualified]
        if events is None:
            continue
        events.context = context
        try:
            made = _checked_rows(plan, event_type, events, span)
        except PluginError as error:
            plugin = plan.owners.get(event_type.qualified, event_type.product)
            failure = Failure(plugin, event_type.qualified, str(error))
            if failures is None:
                raise PluginError(str(failure)) from error
            failures.append(failure)
            continue
        for table, rows in made.items():
            if rows.length:
                context.written.setdefault(table, []).append(rows)
    for events in timeline.finished.values():
        # Events and context point at each other; waiting for the garbage collector would hold several spans in memory.
        events.context = None
    return context.written, timeline


def _person_rows(people) -> Columns:
    names = {name for column in PERSONS.columns for name in column.raw_names}
    columns = {"person_id": people.entity, "household_id": people.unit, **_unsaid(len(people)), **people.columns}
    return Columns({name: columns[name] for name in names})


def _unsaid(length: int) -> dict[str, Array]:
    """Return the columns of persons that may have no maker, empty."""
    nothing = Coded.constant(None, length)
    return {
        "language": nothing,
        "marital_status": nothing,
        "death_date": np.full(length, np.datetime64("NaT", "s")),
    }


def _checked_rows(plan: Plan, event_type: EventType, events: Events, span: Span) -> dict[str, Columns]:
    where = f"event type {event_type.qualified}, units {span.start}-{span.stop - 1}"
    try:
        made = event_type.handle(events)
    except PluginError:
        raise
    except (Exception, SystemExit) as error:
        what = " ".join(str(error).split())
        raise PluginError(
            f"{where} (entities {entities_text(events)}): handler failed: {type(error).__name__}: {what}"
        ) from error
    if not isinstance(made, Mapping):
        raise PluginError(f"{where}: handler must return {{table: Columns}}, got {type(made).__name__}")
    checked = {}
    for table, rows in made.items():
        if table not in event_type.writes or table not in plan.tables:
            raise PluginError(f"{where}: handler wrote to {table!r}, which is not among its writes")
        if not isinstance(rows, Columns):
            raise PluginError(f"{where}: table {table}: handler must give Columns, got {type(rows).__name__}")
        rows = without_absent_references(plan, table, rows)
        wrong = plan.tables[table].problems(rows)
        if wrong:
            raise PluginError(f"{where}: table {table}: {'; '.join(wrong)}")
        checked[table] = rows
    return checked


def without_absent_references(plan: Plan, table: str, rows: Columns) -> Columns:
    """Return rows whose keys of tables that take no part are empty; names and codes that refer to them stay."""
    absent = {
        column.name: np.full(rows.length, -1, np.int64)
        for column in plan.tables[table].columns
        if column.references
        and column.is_key
        and column.nullable
        and column.references.split(".")[0] not in plan.tables
    }
    return rows.adding(**absent) if absent else rows

"""Write batches of entities into a scenario: each is whole or not at all, and what is missing is known."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

import duckdb
from attrs import define, field, frozen

from healthsim_core.catalog import Catalog
from healthsim_core.errors import Problem
from healthsim_core.state import adding
from healthsim_core.state.naming import now
from healthsim_core.state.scenario import transaction, writing
from healthsim_core.state.statistics import measure
from healthsim_core.state.store import LOCK_TIMEOUT, Scenario, Store, StoreError, read_about
from healthsim_core.state.structuring import Entity, entity_types
from healthsim_core.tables import Table

TURN = 0.25
"""Seconds of batch after batch before a rest, in which those who wait to read the file come to it."""
REST = 0.02

Progress = Callable[[int, int], None]
"""`progress(done, total)` in entities."""


@frozen
class Batch:
    """Entities of one type that are saved together, and how many it has with those that are wrong."""

    table: Table
    entities: list[Entity]
    size: int
    wrong: int


@define
class Given:
    """What was given, structured."""

    batches: list[Batch] = field(factory=list)
    problems: list[Problem] = field(factory=list)
    refused: dict[str, list[str]] = field(factory=dict)
    """Keys of entities that are wrong, by table."""
    total: int = 0

    @property
    def tables(self) -> dict[str, Table]:
        """Return the tables by name, in the order given."""
        return {batch.table.name: batch.table for batch in self.batches}


def create(store: Store, name: str, automatic: bool, context: str | None, catalog: Catalog) -> Scenario:
    """Put a scenario in place that has no rows yet."""
    today = now().date().isoformat()
    record = {
        "scenario_id": secrets.token_hex(16),
        "description": context,
        "tags": [],
        "status": "unfinished",
        "failures": [],
        "seed": None,
        "as_of": today,
        "start_date": today,
        "count": 0,
        "people": 0,
        "products": [],
        "versions": catalog.fingerprint(),
        "references": {},
        "specification": {},
        "skills": {},
        "events": [],
        "validation": {"passed": True, "checks": [], "errors": []},
        "notices": [],
        "rows": 0,
        "seconds": 0.0,
    }
    with store.writer(name, automatic) as writer:
        path = writer.finish(record)
    return Scenario(path.stem, path)


@define
class Run:
    """One call of persist at work on its scenario, which it holds for writing."""

    scenario: Scenario
    given: Given
    catalog: Catalog
    context: str | None
    tags: tuple[str, ...]
    progress: Progress | None
    number: int = 0
    saved: dict[str, int] = field(factory=dict)
    skipped: int = 0
    ids: list[str] = field(factory=list)
    batches_saved: int = 0
    there: dict[str, set[tuple]] = field(factory=dict)
    places: dict[str, str] = field(factory=dict)
    started: float = field(factory=time.perf_counter)

    def save(self) -> None:
        """Save the batches; whatever happens, the error tells how far it got."""
        try:
            self._begin()
            self._batches()
            self._end()
        except (duckdb.Error, OSError) as error:
            raise StoreError(f"saving stopped: {str(error).splitlines()[0]}; {self._how_far()}") from error
        except BaseException as error:
            error.add_note(f"saving stopped; {self._how_far()}")
            raise

    def _how_far(self) -> str:
        done = sum(self.saved.values()) + self.skipped
        return (
            f"{done:,} of {self.given.total:,} entities are saved in scenario {self.scenario.name!r}; persist all again "
            f"with scenario_name={self.scenario.name!r} to go on: those already there are skipped"
        )

    def _begin(self) -> None:
        """Note what is going to be saved, so that what is missing after an interrupt is known."""
        with writing(self.scenario.path, LOCK_TIMEOUT) as connection, transaction(connection):
            record = self._record(connection)
            adding.begin_bookkeeping(connection)
            self.number = len(record.get("persisted", ()))
            for name in self.given.tables:
                mine = [one for batch in self.given.batches if batch.table.name == name for one in batch.entities]
                keys = [*(one.key for one in mine), *((key,) for key in self.given.refused[name])]
                self.there[name] = adding.existing(connection, self.given.tables[name], keys)
                missing = ["/".join(map(str, key)) for key in keys if key not in self.there[name]]
                adding.expect(connection, self.number, name, missing)
            record["tags"] = sorted({*record["tags"], *self.tags})
            run = {"at": now().isoformat(timespec="seconds"), "context": self.context, "tags": list(self.tags),
                   "asked": self.given.total, "refused": sum(one.size for one in self.given.batches if one.wrong), "saved": {}}  # fmt: skip
            record["persisted"] = [*record.get("persisted", ()), run]
            # Worked out again at the end; until then whoever asks works them out.
            record.pop("statistics", None)
            self._write(connection, record)

    def _batches(self) -> None:
        """Save batch after batch, each in a transaction; the file is closed when the caller is told, and now and then."""
        todo = [batch for batch in self.given.batches if not batch.wrong]
        done, rested = 0, time.monotonic()
        while todo:
            with writing(self.scenario.path, LOCK_TIMEOUT) as connection:
                while todo:
                    self._batch(connection, todo[0])
                    done += todo.pop(0).size
                    if self.progress is not None or time.monotonic() - rested > TURN:
                        break
            if self.progress is not None:
                self.progress(done, self.given.total)
            if todo and time.monotonic() - rested > TURN:
                time.sleep(REST)
                rested = time.monotonic()

    def _batch(self, connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:
        name = batch.table.name
        fresh = [one for one in batch.entities if one.key not in self.there[name]]
        with transaction(connection):
            if fresh:
                if name not in self.places:
                    self.places[name] = adding.place(connection, batch.table)
                adding.add(connection, self.places[name], batch.table, [one.row() for one in fresh])
                adding.count_added(connection, {name: len(fresh)})
            ids = [one.id for one in batch.entities]
            adding.arrive(connection, self.number, name, ids, [one.id for one in fresh])
            record = self._record(connection)
            saved = record["persisted"][self.number]["saved"]
            saved[name] = saved.get(name, 0) + len(fresh)
            self._write(connection, record)
        self.saved[name] = self.saved.get(name, 0) + len(fresh)
        self.skipped += len(batch.entities) - len(fresh)
        self.ids += ids
        self.batches_saved += 1

    def _end(self) -> None:
        with writing(self.scenario.path, LOCK_TIMEOUT) as connection, transaction(connection):
            record = self._record(connection)
            record["statistics"] = measure(connection, record["tables"], record["as_of"], self.catalog)
            record["seconds"] = round(record.get("seconds", 0.0) + time.perf_counter() - self.started, 3)
            self._write(connection, record)

    def _record(self, connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
        return read_about(connection, self.scenario.name, self.scenario.path)

    def _write(self, connection: duckdb.DuckDBPyConnection, record: dict[str, Any]) -> None:
        record["waiting"] = adding.waiting(connection)
        if record["status"] != "failed":
            record["status"] = "unfinished" if record["waiting"] else "complete"
        tables = dict(connection.execute("SELECT table_name, row_count FROM healthsim.tables").fetchall())
        record["rows"] = sum(tables.values())
        record["people"] = _people(tables, self.catalog)
        record["updated_at"] = now().isoformat(timespec="microseconds")
        adding.write_record(connection, record)


def _people(tables: Mapping[str, int], catalog: Catalog) -> int:
    """Return how many people there are: persons, or else the most that one product knows."""
    types = entity_types(catalog)
    own = [types[one.entity].name for one in catalog.all("product").values() if one.entity in types]
    return tables.get("persons") or max((tables.get(name, 0) for name in own), default=0)

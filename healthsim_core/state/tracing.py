"""Provenance: where any row of a scenario comes from, told by its id and by what the scenario's record keeps.

The number in an event's row says it all: entity * EVENT_SLOTS + place in the plan, or that * 32 + n where an event has several
rows. The record knows which journey's event or trigger has which places (`events`), so no plugin of that time is needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import duckdb
from attrs import field, frozen

from healthsim_core import catalog as catalogs
from healthsim_core.catalog import Catalog
from healthsim_core.draws import SLOTS
from healthsim_core.errors import UserError, suggestion
from healthsim_core.events import EVENT_SLOTS
from healthsim_core.identity import IdScheme
from healthsim_core.state.history import of_record
from healthsim_core.state.store import Store, home, read_about
from healthsim_core.tables import Table

ROWS_OF_AN_EVENT = 32
LOOKED_AT = 20_000
"""Rows from which it is told how a table's numbers are made."""
_TAKEN = ("merged", "imported", "cloned")
_ENDING = re.compile(r"-[1-9][0-9]*$")
_ID = re.compile(r"(.*?)(0|[1-9][0-9]*)")


@frozen
class Cause:
    """One event of the chain that led to a row: its place in the plan, and the rows it made."""

    path: str
    event_type: str
    event_key: int
    trigger: str | None
    """The trigger by which it followed from the one before; None: a journey, or the product itself, says so."""
    rows: tuple[str, ...] = ()
    """`table id` of what it made, where that is known."""


@frozen
class Provenance:
    """Where one row comes from."""

    scenario: str
    table: str
    id: str
    how: str
    """`person`, `event`, `roster` (a scenario-wide directory), `persisted`, `taken` (from another scenario), or `unknown`."""
    row: Mapping[str, Any]
    person: Mapping[str, Any] | None = None
    """The person it is about: `person_id`, `entity`, `household`."""
    specification: Mapping[str, Any] | None = None
    """The profile or scenario file it was generated from: kind, name, origin, and the saved versions it used."""
    journey: str | None = None
    event_id: str | None = None
    """The journey's event at the beginning of the chain."""
    depends_on: str | None = None
    """The event of the journey that this one follows."""
    occurrence: int | None = None
    """Which repetition of it, from 0."""
    chain: tuple[Cause, ...] = ()
    """From the first cause to the event that made the row."""
    made_by: Mapping[str, Any] | None = None
    """Plugin, distribution and the version that made it."""
    skills: tuple[str, ...] = ()
    """Skills, with version, whose figures it or its causes used."""
    references: tuple[Mapping[str, str], ...] = ()
    """The rows it was derived from or points to: column, table, id."""
    loaded: Mapping[str, Any] | None = None
    """Of a persisted row: when, with which context and tags."""
    taken_from: tuple[Mapping[str, str], ...] = ()
    """Of a clone, a merge or an import: the scenarios, and the id there, that the row can come from."""
    execution: Mapping[str, Any] | None = None
    """The execution that wrote it: id, command, at, seed, as_of."""

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return attrs.asdict(self)


def provenance(
    name: str, id: str, *, table: str | None = None, catalog: Catalog | None = None, workspace: Path | None = None
) -> Provenance:
    """Return where a row of a saved scenario comes from, by its id; UserError where no row, or several, have it."""
    store = Store(workspace or home())
    scenario = store.get(name)
    with scenario.connect() as connection:
        about = read_about(connection, name, scenario.path)
        return _Tracer(connection, about, catalog or catalogs.build()).trace(str(id).strip(), table)


@frozen
class _Tracer:
    """Reads one open scenario."""

    connection: duckdb.DuckDBPyConnection
    about: Mapping[str, Any]
    catalog: Catalog
    tables: dict[str, Table] = field(init=False)
    scheme: IdScheme = field(init=False)
    known: dict[str, tuple[int, ...]] = field(factory=dict)
    """The divisors of the tables looked at."""

    def __attrs_post_init__(self) -> None:
        declared = self.catalog.all("table")
        tables = {name: declared[name] for name in self.about["tables"] if name in declared}
        object.__setattr__(self, "tables", tables)
        object.__setattr__(self, "scheme", IdScheme.of(self.catalog, tables))

    def trace(self, id: str, table: str | None) -> Provenance:
        found = self._rows(id, table)
        if not found:
            where = f"table {table}" if table else f"scenario {self.about['name']!r}"
            raise UserError(f"no row of {where} has the id {id!r}")
        if len(found) > 1:
            raise UserError(f"{id!r} is an id in several tables: {', '.join(found)}; say which table")
        ((name, row),) = found.items()
        traced = Provenance(self.about["name"], name, id, "unknown", row, references=self._references(name, row))
        loaded = self._loaded(name, id)
        if loaded is not None:
            return attrs.evolve(traced, how="persisted", loaded=loaded)
        if (self.about.get("specification") or {}).get("kind") in _TAKEN:
            return attrs.evolve(traced, how="taken", taken_from=self._taken_from(name, id))
        if not self.about.get("specification") or not self.about.get("events"):
            return traced
        return self._generated(traced)

    def _rows(self, id: str, table: str | None) -> dict[str, dict[str, Any]]:
        """Return the rows that have an id, by table; tables whose ids look like it are asked first.

        Where a row has a key of several columns, its id is their values joined by `/`: `C36/1`.
        """
        if table is not None and table not in self.tables:
            raise UserError(f"no table {table!r} here{suggestion(table, self.tables)}")
        among = [self.tables[table]] if table is not None else list(self.tables.values())
        among = [one for one in among if len(one.primary_key) == id.count("/") + 1] or among
        alike = [one for one in among if self._number(one, id) is not None]
        for some in (alike, [one for one in among if one not in alike]):
            found = {one.name: row for one in some if (row := self._row(one, id)) is not None}
            if found:
                return found
        return {}

    def _number(self, table: Table, id: str) -> int | None:
        """Return the number in an id, of the first column of the key, where it looks like one of a table's."""
        if not table.primary_key:
            return None
        prefix, match = table.column(table.primary_key[0]).prefix, _ID.fullmatch(id.split("/")[0])
        return int(match[2]) if match and prefix is not None and match[1] == prefix else None

    def _row(self, table: Table, id: str) -> dict[str, Any] | None:
        keys = table.primary_key
        values = id.split("/") if len(keys) > 1 else [id]
        if not keys or len(values) != len(keys):
            return None
        where = " AND ".join(f'"{key}"::VARCHAR = ?' for key in keys)
        cursor = self.connection.execute(f'SELECT * FROM "{table.name}" WHERE {where} LIMIT 1', values)
        names = [one[0] for one in cursor.description]
        return next((dict(zip(names, row, strict=True)) for row in cursor.fetchall()), None)

    def _references(self, name: str, row: Mapping[str, Any]) -> tuple[dict[str, str], ...]:
        pointing = [
            one
            for one in self.tables[name].columns
            if one.references not in (None, f"{name}.{one.name}") and row.get(one.name) is not None
        ]
        return tuple(
            {"column": one.name, "table": one.references.split(".")[0], "id": str(row[one.name])} for one in pointing
        )

    def _loaded(self, table: str, id: str) -> dict[str, Any] | None:
        """Return when and from where a row was persisted; None where it was generated."""
        runs = self.about.get("persisted") or ()
        if not runs:
            return None
        try:
            rows = self.connection.execute(
                "SELECT run FROM healthsim.added WHERE table_name = ? AND key = ?", [table, id]
            ).fetchall()
        except duckdb.CatalogException:
            return None
        return {"run": rows[0][0], **runs[rows[0][0]]} if rows else None

    def _taken_from(self, table: str, id: str) -> tuple[dict[str, str], ...]:
        """Return where a clone's, a merge's or an import's row can be from; an ending of a new key is not in the id there."""
        imported, cloned = self.about.get("imported_from"), self.about.get("cloned_from")
        if imported:
            return ({"scenario": imported["name"] or self.about["specification"]["origin"], "id": id},)
        keys = self.tables[table].primary_key
        renamed = self.about["specification"].get("kind") == "cloned"
        if not cloned and keys:  # a name, unlike a key, may end in a number of its own
            renamed = self.tables[table].column(keys[0]).is_key
        old = "/".join(_ENDING.sub("", part) for part in id.split("/")) if renamed else id
        if cloned:
            return ({"scenario": cloned["name"], "id": old},)
        having = [one["name"] for one in self.about.get("sources", ()) if one["rows"].get(table)]
        return tuple({"scenario": one, "id": old} for one in (having[1:] if old != id else having))

    def _generated(self, traced: Provenance) -> Provenance:
        """Return what a generated row comes from."""
        kept = self.about["specification"]
        specification = {key: kept.get(key) for key in ("kind", "name", "origin")} | {"saved": kept.get("saved", [])}
        table = self.tables[traced.table]
        person = self._person(traced.table, traced.row)
        traced = attrs.evolve(
            traced, specification=specification, person=_about_person(person), execution=self._execution()
        )
        if any(traced.table in one.writes for one in self.catalog.all("roster").values()):
            made_by = self._plugin(self.catalog.owner("table", traced.table))
            return attrs.evolve(traced, how="roster", person=None, made_by=made_by)
        if any(traced.table == key.table for key in self.scheme.keys):
            return self._of_person(traced, table)
        places = self._places(traced.table, traced.row)
        return self._of_event(traced, places[0]) if len(places) == 1 else traced

    def _of_person(self, traced: Provenance, table: Table) -> Provenance:
        """Return where a person's own row comes from: the profile, by way of the product's registration if it has one."""
        writers = self._writers(table.name)
        entries = [one for one in self.about["events"] if one["event_type"] in writers]
        skills = tuple(
            label
            for label, used in self.about.get("skills", {}).items()
            if any(u.startswith("condition ") for u in used)
        )
        made_by = self._plugin(self.catalog.owner("table", table.name))
        traced = attrs.evolve(traced, how="person", skills=skills, made_by=made_by)
        if len(entries) == 1 and traced.person is not None:
            key = traced.person["entity"] * EVENT_SLOTS + entries[0]["first"]
            return attrs.evolve(traced, chain=self._chain(entries[0]["path"], key))
        return traced

    def _places(self, table: str, row: Mapping[str, Any]) -> list[tuple[dict[str, Any], int]]:
        """Return the event's entry in the record and its key, for each way in which a row's number may be one's."""
        number = self._number(self.tables[table], str(row[self.tables[table].primary_key[0]]))
        if number is None:
            return []
        writers, person, found = self._writers(table), self._person(table, row), []
        for divisor in self._divisors(table):
            key = number // divisor
            entity, place = divmod(key, EVENT_SLOTS)
            entry = self._entry(place)
            if entry is not None and entry["event_type"] in writers and person in (None, entity):
                found.append((entry, key))
        if len(found) > 1:
            pointed = {int(match[2]) for one in self._references(table, row) if (match := _ID.fullmatch(one["id"]))}
            found = [one for one in found if one[1] in pointed] or found
        return found

    def _divisors(self, table: str) -> tuple[int, ...]:
        """Return what a table's numbers are divided by to be events' keys: 1, ROWS_OF_AN_EVENT, or both where rows leave it open.

        Divided rightly, every number is the key of an event that writes the table.
        """
        if table not in self.known:
            column = self.tables[table].primary_key[0]
            prefix = self.tables[table].column(column).prefix
            writers = self._writers(table)
            mine = [one for one in self.about["events"] if one["event_type"] in writers]
            inside = " OR ".join(f"place BETWEEN {one['first']} AND {one['first'] + one['size'] - 1}" for one in mine)
            sql = f"""
                SELECT divisor, coalesce(bool_and(({inside or "false"}) AND unit < {self.about["count"]}), false) FROM (
                    SELECT divisor, n // divisor % {EVENT_SLOTS} AS place, n // divisor // {EVENT_SLOTS * SLOTS} AS unit
                    FROM (SELECT try_cast("{column}"[{len(prefix) + 1}:] AS BIGINT) AS n FROM "{table}" LIMIT {LOOKED_AT})
                    CROSS JOIN (VALUES (1), ({ROWS_OF_AN_EVENT})) AS divisors(divisor) WHERE n IS NOT NULL
                ) GROUP BY divisor ORDER BY divisor"""
            fits = [divisor for divisor, fit in self.connection.execute(sql).fetchall() if fit]
            self.known[table] = tuple(fits) or (1, ROWS_OF_AN_EVENT)
        return self.known[table]

    def _of_event(self, traced: Provenance, found: tuple[dict[str, Any], int]) -> Provenance:
        entry, key = found
        chain = self._chain(entry["path"], key)
        by_path = {one["path"]: one for one in self.about["events"]}
        first = by_path[chain[0].path]
        entity, place = divmod(key, EVENT_SLOTS)
        return attrs.evolve(
            traced,
            how="event",
            person=_about_person(entity),
            journey=first.get("journey"),
            event_id=first.get("event_id"),
            depends_on=first.get("depends_on"),
            occurrence=place - entry["first"],
            chain=chain,
            made_by=self._plugin(self.catalog.owner("event type", entry["event_type"])),
            skills=tuple(sorted({label for cause in chain for label in by_path[cause.path]["skills"]})),
        )

    def _chain(self, path: str, key: int) -> tuple[Cause, ...]:
        """Return the events that led to one, first to last: a triggered event stands at its source's repetition."""
        by_path = {one["path"]: one for one in self.about["events"]}
        entity, place = divmod(key, EVENT_SLOTS)
        occurrence = place - by_path[path]["first"]
        steps = path.split(">")
        found = []
        for number in range(len(steps)):
            entry = by_path[">".join(steps[: number + 1])]
            own = entity * EVENT_SLOTS + entry["first"] + occurrence
            trigger = steps[number] if number else None
            found.append(Cause(entry["path"], entry["event_type"], own, trigger, self._made(entry["event_type"], own)))
        return tuple(found)

    def _made(self, event_type: str, key: int) -> tuple[str, ...]:
        """Return the rows whose id is an event's own, or one of several of it."""
        declared = self.catalog.get("event type", event_type)
        found = []
        for name in declared.writes if declared is not None else ():
            table = self.tables.get(name)
            if table is None or len(table.primary_key) != 1:
                continue
            column = table.column(table.primary_key[0])
            if column.prefix is None or any(one.table == name for one in self.scheme.keys):
                continue
            numbers = [key, *(key * ROWS_OF_AN_EVENT + number for number in range(ROWS_OF_AN_EVENT))]
            rows = self.connection.execute(
                f'SELECT "{column.name}" FROM "{name}" WHERE "{column.name}" IN (SELECT unnest(?)) ORDER BY 1',
                [[f"{column.prefix}{number}" for number in numbers]],
            ).fetchall()
            # A number may be one event's own and one of another's many: whose it is, its own trace tells.
            found += [f"{name} {id}" for (id,) in rows if self._is_of(name, id, key)]
        return tuple(found)

    def _is_of(self, table: str, id: str, key: int) -> bool:
        return [one for _, one in self._places(table, self._row(self.tables[table], id))] == [key]

    def _entry(self, place: int) -> dict[str, Any] | None:
        """Return what the record says of a place among a person's events."""
        inside = [one for one in self.about["events"] if one["first"] <= place < one["first"] + one["size"]]
        return inside[0] if inside else None

    def _writers(self, table: str) -> set[str]:
        return {name for name, one in self.catalog.all("event type").items() if table in one.writes}

    def _person(self, table: str, row: Mapping[str, Any], depth: int = 0) -> int | None:
        """Return the person a row is about: by its own key or by what it refers to; None where neither tells."""
        people = {key.table: key for key in self.scheme.keys}
        if table in people:
            return self._entity(row[people[table].name])
        references = self._references(table, row)
        for one in references:
            if one["table"] in people:
                return self._entity(one["id"])
        for one in references if depth < 3 else ():
            parent = self.tables.get(one["table"])
            if parent is None or len(parent.primary_key) != 1:
                continue
            above = self._row(parent, one["id"])
            found = None if above is None else self._person(one["table"], above, depth + 1)
            if found is not None:
                return found
        return None

    def _entity(self, id: object) -> int | None:
        try:
            return self.scheme.entity(str(id))
        except UserError:  # a persisted person's id may be any text
            return None

    def _plugin(self, name: str) -> dict[str, str | None]:
        """Return a plugin, its distribution and the version that the scenario was made with."""
        distribution = next((one.distribution for one in self.catalog.plugins if one.name == name), None)
        return {"plugin": name, "distribution": distribution, "version": self.about["versions"].get(distribution)}

    def _execution(self) -> dict[str, Any] | None:
        """Return the execution that wrote the generated rows: the last, since each writes them all."""
        mine = of_record(self.about)
        keys = ("id", "command", "at", "seed", "as_of")
        return {key: mine[-1].get(key) for key in keys} if mine else None


def _about_person(entity: int | None) -> dict[str, Any] | None:
    if entity is None:
        return None
    return {"person_id": f"P{entity}", "entity": entity, "household": entity // SLOTS}

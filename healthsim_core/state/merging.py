"""Merge scenarios into a new one: their tables united, as plain tables, and what to do where keys are in more than one."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import duckdb
from attrs import define, field, frozen

from healthsim_core import catalog as catalogs
from healthsim_core.catalog import Catalog
from healthsim_core.errors import UserError, suggestion
from healthsim_core.state.scenario import Scenario, StoreError, first_line
from healthsim_core.state.statistics import measure
from healthsim_core.state.store import Store, Tell, moment
from healthsim_core.state.writing import NewScenario, columns_of, make_table, new_name
from healthsim_core.tables import Table, quoted

CONFLICTS = ("skip", "overwrite", "rename")


@frozen
class Merged:
    """What a merge came to: rows taken from each source, and rows of it whose key another one had, by table."""

    scenario: Scenario
    on_conflict: str
    rows: dict[str, dict[str, int]]
    conflicts: dict[str, dict[str, int]]
    notices: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as plain data."""
        return {
            "scenario": self.scenario.name,
            "on_conflict": self.on_conflict,
            "sources": _by_source(self.rows, self.conflicts),
            "notices": list(self.notices),
        }


def merge(
    store: Store,
    new: str,
    names: Sequence[str],
    on_conflict: str = "skip",
    catalog: Catalog | None = None,
    tell: Tell | None = None,
) -> Merged:
    """Unite two or more scenarios in a new one. A row whose key an earlier one has is a conflict, settled by `on_conflict`.

    `skip` keeps the row of the first scenario, `overwrite` that of the last; `rename` keeps both and gives the later one
    another key, which everything in its scenario that refers to it follows.
    """
    if on_conflict not in CONFLICTS:
        raise UserError(f"on_conflict: unknown choice {on_conflict!r}{suggestion(on_conflict, CONFLICTS)}")
    if len(names) < 2 or len(set(names)) < len(names):
        raise UserError(f"name two or more different scenarios to merge, got {', '.join(names) or 'none'}")
    sources = [store.get(name) for name in names]
    target = new_name(store, new)
    catalog = catalog or catalogs.build()
    tables = catalog.all("table")
    with contextlib.ExitStack() as held:
        held.enter_context(store.locked(*names, tell=tell))
        abouts = [one.about() for one in sources]
        _check_declared(abouts, tables, catalog)
        for one in sources:
            one.settle()
        writer = held.enter_context(NewScenario(target, store.new_file(target), store.path(target)))
        try:
            union = _Union(writer.connection, tables, on_conflict)
            union.take(sources, abouts)
        except (duckdb.Error, OSError) as error:
            raise StoreError(f"cannot merge into {target!r}: {first_line(error)}; nothing was changed") from error
        record = _record(target, abouts, union)
        record["statistics"] = measure(writer.connection, union.counts(), record["as_of"], catalog)
        writer.save(record, union.counts())
    return Merged(
        Scenario(target, store.path(target)), on_conflict, union.rows, union.conflicts, tuple(record["notices"])
    )


def renewed(store: Store, name: str, new: str, catalog: Catalog | None = None, tell: Tell | None = None) -> Scenario:
    """Copy a scenario with ids of its own: every key gets an ending that none had, and what refers to it follows."""
    catalog = catalog or catalogs.build()
    target = new_name(store, new)
    with contextlib.ExitStack() as held:
        held.enter_context(store.locked(name, tell=tell))
        source = store.get(name)
        about = source.about()
        _check_declared([about], catalog.all("table"), catalog)
        source.settle()
        writer = held.enter_context(NewScenario(target, store.new_file(target), store.path(target)))
        try:
            union = _Union(writer.connection, catalog.all("table"), "rename", every_key=True)
            union.take([source], [about])
        except (duckdb.Error, OSError) as error:
            raise StoreError(f"cannot clone scenario {name!r}: {first_line(error)}; nothing was changed") from error
        record = _record(target, [about], union) | {"description": about.get("description")}
        del record["sources"]
        record["cloned_from"] = {"name": name, "scenario_id": about["scenario_id"]}
        record["specification"] = {"kind": "cloned", "origin": f"the people of {name} with other ids"}
        record["statistics"] = measure(writer.connection, union.counts(), record["as_of"], catalog)
        writer.save(record, union.counts())
    return Scenario(target, store.path(target))


def _check_declared(abouts: list[dict[str, Any]], tables: Mapping[str, Table], catalog: Catalog | None) -> None:
    for about in abouts:
        unknown = sorted(set(about["tables"]) - set(tables))
        if unknown:
            raise UserError(
                f"scenario {about['name']!r} has tables that no installed plugin declares ({', '.join(unknown)}), so their "
                f"keys are not known; install the products it was made with ({', '.join(about['products'])})"
            )


@define
class _Union:
    """The merged tables under way, in the connection's own database; the sources are attached one by one."""

    connection: duckdb.DuckDBPyConnection
    tables: Mapping[str, Table]
    on_conflict: str
    every_key: bool = False
    """Whether a new key is for every row, not only for one whose key is taken."""
    rows: dict[str, dict[str, int]] = field(factory=dict)
    conflicts: dict[str, dict[str, int]] = field(factory=dict)

    def take(self, sources: list[Scenario], abouts: list[dict[str, Any]]) -> None:
        """Insert the rows of every source. The last word of `overwrite` is the first of the same read backwards."""
        order = list(zip(sources, abouts, strict=True))
        self.rows = {one.name: {} for one in sources}
        self.conflicts = {one.name: {} for one in sources}
        for number, (source, about) in enumerate(reversed(order) if self.on_conflict == "overwrite" else order, 1):
            self.connection.execute(f"ATTACH {quoted(str(source.path))} AS _source (READ_ONLY)")
            present = sorted(table for table, count in about["tables"].items() if count)
            taken = self._taken_keys(present, number)
            for name in present:
                self._insert(source.name, self.tables[name], taken)
            for key in taken.values():
                self.connection.execute(f"DROP TABLE {key}")
            # An attached database cannot be let go of inside the transaction that read it.
            self.connection.execute("COMMIT")
            self.connection.execute("DETACH _source")
            self.connection.execute("BEGIN")

    def counts(self) -> dict[str, int]:
        """Return the rows of every table."""
        found: dict[str, int] = {}
        for counts in self.rows.values():
            for table, count in counts.items():
                found[table] = found.get(table, 0) + count
        return found

    def _taken_keys(self, present: list[str], number: int) -> dict[str, str]:
        """Return, by `table.column`, the tables of old and new keys of the source's rows whose key is taken.

        P160 of the second scenario becomes P160-2, and what has its number gets the same ending: PT160-2, M160-2.
        """
        keys = [(name, self.tables[name].primary_key[0]) for name in present if self._own(self.tables[name])]
        if self.every_key:
            number += 1
            for name in present:
                self._make(name)
        keys = [(name, key) for name, key in keys if self._made(name)]
        while self.on_conflict == "rename" and any(self._taken(name, key, number) for name, key in keys):
            number += 1  # of an earlier merge, say
        taken = {}
        for name, key in keys:
            self.connection.execute(
                f'CREATE TEMP TABLE "_taken {name}" AS SELECT "{key}" AS old, "{key}" || \'-{number}\' AS new '
                f'FROM _source."{name}"' + ("" if self.every_key else f' SEMI JOIN main."{name}" USING ("{key}")')
            )
            taken[f"{name}.{key}"] = f'temp."_taken {name}"'
        return taken

    def _taken(self, name: str, key: str, number: int) -> bool:
        there = f'SELECT "{key}" FROM main."{name}" UNION ALL SELECT "{key}" FROM _source."{name}"'
        return self._value(f'SELECT count(*) FROM _source."{name}" WHERE "{key}" || \'-{number}\' IN ({there})') > 0

    def _insert(self, source: str, table: Table, taken_keys: Mapping[str, str]) -> None:
        name = table.name
        renamed = taken_keys if self.on_conflict == "rename" else {}
        there = self._make(name)
        values, joins = [], []
        for place, column in enumerate(there):
            declared = next((one for one in table.columns if one.name == column), None)
            own = f"{name}.{column}"
            follows = own if own in renamed else declared.references if declared is not None else None
            if follows in renamed:
                joins.append(f'LEFT JOIN {renamed[follows]} AS _{place} ON _{place}.old = _rows."{column}"')
                values.append(f'coalesce(_{place}.new, _rows."{column}") AS "{column}"')
            else:
                values.append(f'_rows."{column}"')
        sql = f'SELECT {", ".join(values)} FROM _source."{name}" AS _rows {" ".join(joins)}'
        if table.primary_key:
            keys = ", ".join(f'"{key}"' for key in table.primary_key)
            sql = f'SELECT * FROM ({sql}) ANTI JOIN main."{name}" USING ({keys})'
            if not renamed:
                sql += self._without_parts(table, taken_keys)
        elif self.on_conflict != "rename":  # without a key, a row is a conflict with one that is the same
            columns = ", ".join(f'"{column}"' for column in there)
            sql = f'SELECT {columns} FROM ({sql}) EXCEPT ALL SELECT {columns} FROM main."{name}"'
        before = self._value(f'SELECT count(*) FROM _source."{name}"')
        taken = self._value(f'INSERT INTO main."{name}" BY NAME {sql}')
        self.rows[source][name] = taken
        same = self._value(f"SELECT count(*) FROM {renamed[own]}") if (own := self._own(table)) in renamed else 0
        if before - taken + same:
            self.conflicts[source][name] = before - taken + same

    def _make(self, name: str) -> list[str]:
        """Make a table with the columns the source has, where it is not made, and return those."""
        types = dict(row[:2] for row in self.connection.execute(f'DESCRIBE _source."{name}"').fetchall())
        make_table(self.connection, self.tables[name], types)
        return list(types)

    @staticmethod
    def _without_parts(table: Table, taken_keys: Mapping[str, str]) -> str:
        """Return SQL that leaves out the parts of rows that are left out: a claim's lines, whose key has the claim's in it."""
        parents = [(key, table.column(key).references) for key in table.primary_key if len(table.primary_key) > 1]
        wheres = [
            f'"{key}" NOT IN (SELECT old FROM {taken_keys[target]})' for key, target in parents if target in taken_keys
        ]
        return " WHERE " + " AND ".join(wheres) if wheres else ""

    @staticmethod
    def _own(table: Table) -> str | None:
        """Return `table.column` of a key that is the table's own, and so can be another."""
        if len(table.primary_key) != 1 or table.column(table.primary_key[0]).references:
            return None
        return f"{table.name}.{table.primary_key[0]}"

    def _made(self, name: str) -> bool:
        return bool(columns_of(self.connection, name))

    def _value(self, sql: str) -> int:
        return self.connection.execute(sql).fetchall()[0][0]


def _by_source(rows: dict[str, dict[str, int]], conflicts: dict[str, dict[str, int]]) -> list[dict[str, Any]]:
    return [{"name": name, "rows": rows[name], "conflicts": conflicts[name]} for name in rows]


def _record(name: str, abouts: list[dict[str, Any]], union: _Union) -> dict[str, Any]:
    """Return the record of a merged scenario: what its sources have in common or together."""
    names = [about["name"] for about in abouts]
    essence = " ".join([name, union.on_conflict, moment(), *(about["scenario_id"] for about in abouts)])
    days = sorted({about["as_of"] for about in abouts})
    notices = _told(abouts, lambda about: about.get("notices", ()))
    if len(days) > 1:
        notices.append(f"the scenarios are of different days ({', '.join(days)}); the last one is this one's")
    for name, conflicts in union.conflicts.items():
        if union.on_conflict != "rename" and conflicts.get("persons"):
            notices.append(
                f"{name}: {conflicts['persons']:,} persons have keys that persons of another scenario have; if they are other people,"
                " merge with on-conflict rename"
            )
    counts = union.counts()
    sources = [
        {"scenario_id": about["scenario_id"], "specification": about.get("specification"), **one}
        for about, one in zip(abouts, _by_source(union.rows, union.conflicts), strict=True)
    ]
    return {
        "scenario_id": hashlib.blake2b(essence.encode(), digest_size=16).hexdigest(),
        "description": f"Merged from {', '.join(names)}.",
        "tags": _all(abouts, "tags"),
        "status": "failed" if any(about.get("status") == "failed" for about in abouts) else "complete",
        "failures": _told(abouts, lambda about: about.get("failures", ())),
        "seed": None,
        "as_of": days[-1],
        "start_date": min((about.get("start_date") or about["as_of"]) for about in abouts),
        "count": counts.get("persons", 0),
        "people": counts.get("persons") or sum(about.get("people") or 0 for about in abouts),
        "products": _all(abouts, "products"),
        "versions": _together(abouts, "versions"),
        "references": _together(abouts, "references"),
        "specification": {
            "kind": "merged",
            "origin": f"a merge of {', '.join(names)}",
            "on_conflict": union.on_conflict,
        },
        "sources": sources,
        "skills": {},
        "events": [],
        "validation": {
            "passed": all(about.get("validation", {}).get("passed", True) for about in abouts),
            "errors": _told(abouts, lambda about: about.get("validation", {}).get("errors", ())),
            "checks": [],
        },
        "notices": notices,
        "rows": sum(counts.values()),
        "seconds": 0.0,
    }


def _told(abouts: list[dict[str, Any]], of: Callable[[dict[str, Any]], Iterable[str]]) -> list[str]:
    """Return what records tell, each with the names of the scenarios that do, unless all do."""
    names: dict[str, list[str]] = {}
    for about in abouts:
        for one in of(about):
            names.setdefault(one, []).append(about["name"])
    return [one if len(where) == len(abouts) else f"{', '.join(where)}: {one}" for one, where in names.items()]


def _all(abouts: list[dict[str, Any]], key: str) -> list[str]:
    return sorted({one for about in abouts for one in about.get(key) or ()})


def _together(abouts: Iterable[dict[str, Any]], key: str) -> dict[str, str]:
    """Return what the records say by name; where they differ, all of it."""
    found: dict[str, list[str]] = {}
    for about in abouts:
        for name, value in (about.get(key) or {}).items():
            if value not in found.setdefault(name, []):
                found[name].append(value)
    return {name: ", ".join(values) for name, values in sorted(found.items())}

"""Unite the tables of scenarios: what is one row, what is another, and what follows a key that becomes another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
from attrs import define, field

from healthsim_core.state.scenario import Scenario
from healthsim_core.state.writing import columns_of, make_table
from healthsim_core.tables import Table, quoted


@define
class Union:
    """The merged tables under way, in the connection's own database; the sources are attached one by one."""

    connection: duckdb.DuckDBPyConnection
    tables: Mapping[str, Table]
    on_conflict: str
    directories: frozenset[str] = frozenset()
    """Tables of what all people share, such as providers: their rows are the same where they say the same."""
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
        """Return, by `table.column`, the tables of old and new names of what the source names as something else is named.

        P160 of the second scenario becomes P160-2, and what has its number gets the same ending: PT160-2, M160-2. A
        directory's row that both have alike is one row, and a code of a code system means the same everywhere.
        """
        keys = [(name, key) for name in present for key in self._names(self.tables[name])]
        if self.every_key:
            number += 1
            for name in present:
                self._make(name)
        keys = [(name, key) for name, key in keys if self._made(name)]
        while self.on_conflict == "rename" and any(self._taken(name, key, number) for name, key in keys):
            number += 1  # of an earlier merge, say
        taken: dict[str, str] = {}
        for name, key in keys:
            taken[f"{name}.{key}"] = f'temp."_taken {name} {key}"'
            some = "" if self.every_key else f'SEMI JOIN main."{name}" USING ("{key}")'
            alike = self._may_be_alike(name)
            rows = f'SELECT DISTINCT "{key}" FROM _source."{name}" {some}' + (" WHERE false" if alike else "")
            self._note(taken[f"{name}.{key}"], rows, number)
        directories = [(name, key) for name, key in keys if self._may_be_alike(name)]
        # A row that refers to one with a new name is another row too, and so are those that refer to it.
        while any([self._note_differing(name, key, taken, number) for name, key in directories]):
            pass
        return taken

    def _may_be_alike(self, name: str) -> bool:
        return self.on_conflict == "rename" and not self.every_key and name in self.directories

    def _note(self, taken: str, names: str, number: int) -> int:
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {taken} AS SELECT old, old || '-{number}' AS new FROM ({names}) AS _(old)"
        )
        return self._value(f"SELECT count(*) FROM {taken}")

    def _note_differing(self, name: str, key: str, taken: Mapping[str, str], number: int) -> bool:
        """Note the names of a directory's rows that another row has; return whether there are more than were noted."""
        mine = taken[f"{name}.{key}"]
        before = self._value(f"SELECT count(*) FROM {mine}")
        there = self._make(name)
        columns = ", ".join(f'"{column}"' for column in there)
        rows = self._following(self.tables[name], there, taken, unless=key)
        differing = f'SELECT {columns} FROM ({rows}) SEMI JOIN main."{name}" USING ("{key}") EXCEPT SELECT {columns} FROM main."{name}"'
        return self._note(mine, f'SELECT "{key}" FROM ({differing})', number) > before

    def _taken(self, name: str, key: str, number: int) -> bool:
        there = f'SELECT "{key}" FROM main."{name}" UNION ALL SELECT "{key}" FROM _source."{name}"'
        return self._value(f'SELECT count(*) FROM _source."{name}" WHERE "{key}" || \'-{number}\' IN ({there})') > 0

    def _insert(self, source: str, table: Table, taken_keys: Mapping[str, str]) -> None:
        name = table.name
        renamed = taken_keys if self.on_conflict == "rename" else {}
        there = self._make(name)
        sql = self._following(table, there, renamed)
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

    @staticmethod
    def _following(table: Table, there: list[str], renamed: Mapping[str, str], unless: str | None = None) -> str:
        """Return SQL for the source's rows with the new names of all they name, `unless` it is their own key."""
        values, joins = [], []
        for place, column in enumerate(there):
            declared = next((one for one in table.columns if one.name == column), None)
            own = f"{table.name}.{column}"
            follows = own if own in renamed else declared.references if declared is not None else None
            if follows in renamed and column != unless:
                joins.append(f'LEFT JOIN {renamed[follows]} AS _{place} ON _{place}.old = _rows."{column}"')
                values.append(f'coalesce(_{place}.new, _rows."{column}") AS "{column}"')
            else:
                values.append(f'_rows."{column}"')
        return f'SELECT {", ".join(values)} FROM _source."{table.name}" AS _rows {" ".join(joins)}'

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

    def _names(self, table: Table) -> list[str]:
        """Return the columns whose names are the table's to give: its own key, and names that its rows share."""
        own = [table.primary_key[0]] if self._own(table) else []
        if self.on_conflict == "rename":
            own = [key for key in own if table.column(key).system is None]
        return own + [one.name for one in table.columns if one.references == f"{table.name}.{one.name}"]

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

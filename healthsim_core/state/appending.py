"""Append columns to DuckDB as they are: text as codes, ids as numbers, money as cents. Views give what people read.

A table `claims` is stored as `raw.claims`; its texts are the codes of words in the one row of `words.claims`; and the view
`claims` decodes both. Writing decoded text would take three times as long and four times the space.
"""

from __future__ import annotations

import duckdb
import numpy as np
from attrs import define, field

from healthsim_core.columns import Coded, Columns
from healthsim_core.tables import Column, Table, quoted

_TYPES = {"i": "BIGINT", "u": "BIGINT", "f": "DOUBLE", "b": "BOOLEAN", "M": "TIMESTAMP"}


@define
class _Words:
    """The words of one stored column, numbered in the order in which they came."""

    place: dict[str, int] = field(factory=dict)
    _last: tuple[np.ndarray, np.ndarray | None] | None = None

    def codes(self, array: Coded) -> np.ndarray:
        """Return the array's codes among all words so far (int32, -1 is missing)."""
        if self._last is None or self._last[0] is not array.words:
            numbers = [self.place.setdefault(word, len(self.place)) for word in array.words]
            same = numbers == list(range(len(numbers)))
            self._last = (array.words, None if same else np.array([*numbers, -1], np.int32))
        moved = self._last[1]
        return array.codes if moved is None else moved[array.codes]


FEW_WORDS, FEW_LETTERS = 60, 2_000
"""Up to so many words stand in the view itself: a query that has to look them up takes milliseconds longer to plan, for every column."""


@define
class _Stored:
    """One table under way: which raw columns it has and the words of those that are text."""

    table: Table
    types: dict[str, str] = field(factory=dict)
    words: dict[str, _Words] = field(factory=dict)
    rows: int = 0

    def begin(self, rows: Columns) -> str:
        """Settle the types of the raw columns by the first rows, and return the CREATE TABLE statement."""
        for column in self.table.columns:
            for name in column.raw_names:
                array = rows[name]
                if isinstance(array, Coded):
                    self.types[name] = "INTEGER"
                    self.words[name] = _Words()
                elif not column.decode and column.type in ("DATE", "DOUBLE"):
                    self.types[name] = column.type
                else:
                    self.types.setdefault(name, _TYPES[array.dtype.kind])
        columns = ", ".join(f'"{name}" {kind}' for name, kind in self.types.items())
        return f'CREATE TABLE raw."{self.table.name}" ({columns})'

    def arrays(self, rows: Columns) -> dict[str, np.ndarray]:
        """Return the arrays to store."""
        decimals = {one.name: one.decimals for one in self.table.columns if one.decimals is not None}
        found = {}
        for name in self.types:
            array = rows[name]
            if isinstance(array, Coded):
                found[name] = self.words[name].codes(array)
            elif name in decimals and array.dtype.kind == "f":
                found[name] = np.round(array, decimals[name])
            else:
                found[name] = array
        return found

    def plain(self, name: str) -> str:
        """Return SQL for the value of a raw column: its word where it is text."""
        if name not in self.words:
            return f'_raw."{name}"'
        words = self.words[name].place
        if not words:
            return "NULL::VARCHAR"
        if len(words) <= FEW_WORDS and sum(map(len, words)) <= FEW_LETTERS:
            return f'([{", ".join(map(quoted, words))}]::VARCHAR[])[_raw."{name}" + 1]'
        return f'(SELECT "{name}" FROM words."{self.table.name}")[_raw."{name}" + 1]'

    def shown(self, column: Column) -> str:
        """Return SQL for what a column of the view shows."""
        if column.decode:
            plain = {name: self.plain(name) for name in column.raw_names}
            return column.decoded(plain)
        value = self.plain(column.name)
        if column.prefix is not None:
            text = f"'{column.prefix}' || {value}"
            return f"CASE WHEN {value} >= 0 THEN {text} END" if column.nullable else text
        if column.type.startswith("DECIMAL"):
            return f"({value}::DECIMAL(18,0) * 0.01::DECIMAL(3,2))::{column.type}"
        return value

    def view(self) -> str:
        """Return the statements that create the view, with the comments on it."""
        name = self.table.name
        values = ",\n  ".join(f'{self.shown(column)} AS "{column.name}"' for column in self.table.columns)
        statements = [f'CREATE VIEW "{name}" AS SELECT\n  {values}\nFROM raw."{name}" AS _raw']
        statements.append(f'COMMENT ON VIEW "{name}" IS {quoted(self.table.doc)}')
        statements += [
            f'COMMENT ON COLUMN "{name}"."{column.name}" IS {quoted(column.doc)}' for column in self.table.columns
        ]
        return ";\n".join(statements)


@define
class Appender:
    """Appends raw rows to the tables of an open database; `finish` adds the words and the views."""

    connection: duckdb.DuckDBPyConnection
    stored: dict[str, _Stored] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.connection.execute("CREATE SCHEMA raw; CREATE SCHEMA words")

    @property
    def counts(self) -> dict[str, int]:
        """Return the number of rows of every table so far."""
        return {name: one.rows for name, one in self.stored.items()}

    def append(self, table: Table, rows: Columns) -> None:
        """Insert raw rows; the table is made with its first ones."""
        if rows.length == 0:
            return
        if table.name not in self.stored:
            self.stored[table.name] = _Stored(table)
            self.connection.execute(self.stored[table.name].begin(rows))
        stored = self.stored[table.name]
        self.connection.register("_rows", stored.arrays(rows))
        try:
            self.connection.execute(f'INSERT INTO raw."{table.name}" BY NAME FROM _rows')
        finally:
            self.connection.unregister("_rows")
        stored.rows += rows.length

    def finish(self) -> None:
        """Write the words and create the views."""
        for name, stored in self.stored.items():
            if stored.words:
                lists = ", ".join(f'${number}::VARCHAR[] AS "{raw}"' for number, raw in enumerate(stored.words, 1))
                values = [list(words.place) for words in stored.words.values()]
                self.connection.execute(f'CREATE TABLE words."{name}" AS SELECT {lists}', values)
            self.connection.execute(stored.view())

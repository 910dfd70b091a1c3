"""Append columns to DuckDB: text travels as codes, keys as numbers, money as cents, and DuckDB decodes them on insert."""

from __future__ import annotations

import re

import duckdb
import numpy as np
from attrs import define, field

from healthsim_core.columns import Array, Coded, Columns
from healthsim_core.tables import Column, Table

SHORT_LIST = 64
"""Up to this many words are decoded by indexing a list; more by a join, which a long list would lose to."""


@define
class _Decoding:
    """The SELECT under construction for one batch: raw arrays, word lists, joins."""

    raw: dict[str, np.ndarray] = field(factory=dict)
    parameters: dict[str, list] = field(factory=dict)
    words: dict[str, np.ndarray] = field(factory=dict)

    def plain(self, name: str, array: Array) -> str:
        """Return SQL for a raw column's plain value: text for coded columns, the number or time itself for others."""
        if not isinstance(array, Coded):
            self.raw[name] = array
            return f'_rows."{name}"'
        self.raw[name] = array.codes
        if len(array.words) == 0:
            return "NULL::VARCHAR"
        if len(array.words) <= SHORT_LIST:
            self.parameters[f"w_{name}"] = list(array.words)
            return f'($w_{name}::VARCHAR[])[_rows."{name}" + 1]'
        self.words[name] = array.words
        return f'"_words_{name}".word'

    def stored(self, column: Column, rows: Columns) -> str:
        """Return SQL for a column's stored value."""
        if column.decode:
            names = column.raw_names
            plain = {name: self.plain(name, rows[name]) for name in names}
            return re.sub(r"\{(\w+)\}", lambda match: plain[match[1]], column.decode)
        array = rows[column.name]
        value = self.plain(column.name, array)
        if column.prefix is not None:
            text = f"'{column.prefix}' || {value}"
            return f"CASE WHEN {value} >= 0 THEN {text} END" if column.nullable else text
        if column.type.startswith("DECIMAL"):
            return f"({value}::DECIMAL(18,0) * 0.01::DECIMAL(3,2))::{column.type}"
        if column.type == "DATE":
            return f"{value}::DATE"
        if column.type == "DOUBLE":
            numbers = array.astype(np.float64)
            self.raw[column.name] = numbers if column.decimals is None else np.round(numbers, column.decimals)
        return value


def prepare(table: Table, rows: Columns) -> tuple[str, _Decoding]:
    """Return the SELECT that decodes `rows` into the table's columns, and what it reads."""
    decoding = _Decoding()
    values = [f'{decoding.stored(column, rows)} AS "{column.name}"' for column in table.columns]
    joins = "".join(f' LEFT JOIN "_words_{name}" ON _rows."{name}" = "_words_{name}".code' for name in decoding.words)
    return f"SELECT {', '.join(values)} FROM _rows{joins}", decoding


def insert(connection: duckdb.DuckDBPyConnection, table: Table, rows: Columns) -> int:
    """Insert raw columns into an existing table and return how many rows that were."""
    if rows.length == 0:
        return 0
    select, decoding = prepare(table, rows)
    names = ["_rows"]
    connection.register("_rows", decoding.raw)
    for name, words in decoding.words.items():
        connection.register(f"_words_{name}", {"code": np.arange(len(words), dtype=np.int32), "word": words})
        names.append(f"_words_{name}")
    try:
        connection.execute(f'INSERT INTO "{table.name}" {select}', decoding.parameters)
    finally:
        for name in names:
            connection.unregister(name)
    return rows.length

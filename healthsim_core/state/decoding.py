"""Decode a few raw rows without a database file: the values that the view of the table would show."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np

from healthsim_core.columns import Array, Coded, Columns
from healthsim_core.tables import Column, Table


def decode(connection: duckdb.DuckDBPyConnection, table: Table, rows: Columns) -> list[dict[str, Any]]:
    """Return rows as dicts of plain values, in the order given.

    Only columns that SQL makes are asked of DuckDB: planning a query takes longer than decoding a few rows here.
    """
    made = [column for column in table.columns if column.decode]
    found = dict(zip((column.name for column in made), _by_sql(connection, made, rows), strict=True)) if made else {}
    for column in table.columns:
        if not column.decode:
            found[column.name] = _values(column, rows[column.name])
    names = [column.name for column in table.columns]
    return [dict(zip(names, values, strict=True)) for values in zip(*(found[name] for name in names), strict=True)]


def _by_sql(connection: duckdb.DuckDBPyConnection, columns: list[Column], rows: Columns) -> list[tuple]:
    raw = {name: rows[name] for column in columns for name in column.raw_names}
    texts = {name for name, array in raw.items() if isinstance(array, Coded)}
    connection.register("_rows", {name: array.decode() if name in texts else array for name, array in raw.items()})
    plain = {name: f'"{name}"::VARCHAR' if name in texts else f'"{name}"' for name in raw}
    values = [column.decoded(plain) for column in columns]
    try:
        return list(zip(*connection.execute(f"SELECT {', '.join(values)} FROM _rows").fetchall(), strict=True))
    finally:
        connection.unregister("_rows")


def _values(column: Column, array: Array) -> list[Any]:
    if isinstance(array, Coded):
        return array.decode().tolist()
    if column.prefix is not None:
        return [None if number < 0 else f"{column.prefix}{number}" for number in array.tolist()]
    if column.type.startswith("DECIMAL"):
        return [Decimal(cents).scaleb(-2) for cents in array.tolist()]
    if array.dtype.kind == "M":
        moments = array.astype("datetime64[s]").astype(datetime.datetime).tolist()
        return moments if column.type == "TIMESTAMP" else [moment and moment.date() for moment in moments]
    if column.type == "DOUBLE":
        numbers = array.astype(float) if column.decimals is None else np.round(array.astype(float), column.decimals)
        return [None if np.isnan(number) else number for number in numbers.tolist()]
    return array.tolist()

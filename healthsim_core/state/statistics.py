"""The figures of a scenario's summary, as the installed plugins declare them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from healthsim_core.catalog import Catalog
from healthsim_core.state.samples import plain

MOST_VALUES = 6
"""Values of a statistic that are shown one by one; the others are counted together."""


def measure(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, int], as_of: str, catalog: Catalog
) -> dict[str, Any]:
    """Return the statistics of an open scenario, the most telling first; one that fails is left out."""
    filled = {name for name, rows in tables.items() if rows}
    declared = sorted(catalog.all("statistic").values(), key=lambda one: (one.rank, one.name))
    found = {}
    for one in declared:
        if not set(one.tables) <= filled or set(one.unless) & filled:
            continue
        try:
            cursor = connection.execute(one.sql.replace("{as_of}", f"DATE '{as_of}'"))
            names, rows = [column[0] for column in cursor.description], cursor.fetchall()
        except duckdb.Error:
            # A table of an older version may lack a column; a figure less does not keep anybody from their data.
            continue
        value = _figures(names, rows)
        if value:
            found[one.name] = value
    return found


def _figures(names: list[str], rows: list[tuple]) -> dict[str, Any]:
    if names == ["value", "count"]:
        shown = {_word(value): count for value, count in rows[:MOST_VALUES]}
        rest = sum(count for _, count in rows[MOST_VALUES:])
        return shown | ({"other": rest} if rest else {})
    values = {name: plain(value) for name, value in zip(names, rows[0] if rows else (), strict=False)}
    return {name: value for name, value in values.items() if value is not None}


def _word(value: Any) -> str:
    return "none" if value is None else str(plain(value))

"""A few rows of a table: as different as can be, at random, or the most recent; quick however long the table is."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import duckdb
from attrs import frozen

from healthsim_core.errors import UserError, suggestion
from healthsim_core.state.adding import view_bodies

STRATEGIES = ("diverse", "random", "recent")
WINDOW = 40
"""Rows that stand together and are read at once, for the different ones to be chosen from."""
LONGEST_TEXT = 60

Row = dict[str, Any]


def sample(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    count: int = 3,
    strategy: str = "diverse",
    bodies: Mapping[tuple[str, str], str] | None = None,
) -> list[Row]:
    """Return up to `count` rows of a table of an open scenario, as dicts; `bodies` are its `view_bodies`, where known."""
    if strategy not in STRATEGIES:
        raise UserError(f"unknown strategy {strategy!r}{suggestion(strategy, STRATEGIES)}")
    if not 1 <= count <= 100:
        raise UserError(f"count must be between 1 and 100, got {count}")
    parts = _parts(connection, table, view_bodies(connection) if bodies is None else bodies)
    if strategy == "recent":
        return _recent(connection, parts, table, count)
    total = sum(part.length for part in parts)
    if strategy == "random":
        return [_rows(connection, parts, place, 1)[0] for place in _places(table, total, count)]
    if total <= 3 * WINDOW:
        return _diverse(_rows(connection, parts, 0, total), count)
    # What was added stands at the end.
    starts = [0, total // 2, *([total - WINDOW] if len(parts) > 1 else [])]
    return _diverse([row for start in starts for row in _rows(connection, parts, start, WINDOW)], count)


@frozen
class _Part:
    """A stretch of a table that can be read by row number."""

    select: str
    numbers: str
    """The name of the row number; empty where there is none."""
    source: str
    """What holds the rows, as they are stored."""
    length: int

    def read(self, connection: duckdb.DuckDBPyConnection, start: int, count: int) -> list[Row]:
        """Return the rows from a place on."""
        if self.numbers:
            rows = _dicts(
                connection.execute(f"{self.select} WHERE {self.numbers} BETWEEN {start} AND {start + count - 1}")
            )
            if len(rows) == count:
                return rows
        # Row numbers have gaps where rows were deleted; then places are counted.
        return _dicts(connection.execute(f"SELECT * FROM ({self.select}) LIMIT {count} OFFSET {start}"))

    def latest(self, connection: duckdb.DuckDBPyConnection, time: str, count: int) -> list[Row]:
        """Return the rows with the latest times, found where they are stored."""
        order = f'ORDER BY "{time}" DESC NULLS LAST'
        stored = self.numbers and [name for name, *_ in connection.execute(f"DESCRIBE FROM {self.source}").fetchall()]
        if not stored or time not in stored:
            return _dicts(connection.execute(f"SELECT * FROM ({self.select}) {order} LIMIT {count}"))
        found = connection.execute(f"SELECT rowid FROM {self.source} {order}, rowid DESC LIMIT {count}").fetchall()
        return [row for (number,) in found
                for row in _dicts(connection.execute(f"{self.select} WHERE {self.numbers} = {number}"))]  # fmt: skip


def _parts(connection: duckdb.DuckDBPyConnection, table: str, bodies: Mapping[tuple[str, str], str]) -> list[_Part]:
    """Return the stretches of a table: as it was made, and what was added."""
    made = bodies.get(("made", table))
    found = []
    for schema, body in [("made", made), ("added", None)] if made else [("main", bodies.get(("main", table)))]:
        source = f'"{schema}"."{table}"'
        select, numbers = f"SELECT * FROM {source}", "rowid"
        if body is not None:
            raw = re.search(r'\sFROM (raw\."?[\w-]+"?) AS _raw$', body)
            select, numbers, source = (body, "_raw.rowid", raw[1]) if raw else (select, "", source)
        length = connection.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0]
        found.append(_Part(select, numbers, source, length))
    return found


def _rows(connection: duckdb.DuckDBPyConnection, parts: list[_Part], start: int, count: int) -> list[Row]:
    """Return the rows of a table from a place on, as if its parts were one."""
    found: list[Row] = []
    for part in parts:
        here = min(count - len(found), part.length - start)
        if here > 0:
            found += part.read(connection, start, here)
        start = max(0, start - part.length)
    return found


def _dicts(cursor: duckdb.DuckDBPyConnection) -> list[Row]:
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _places(table: str, total: int, count: int) -> list[int]:
    """Return places of a table that look like chance and are the same each time."""
    if total <= count:
        return list(range(total))
    found: dict[int, None] = {}
    number = 0
    while len(found) < count:
        word = hashlib.blake2b(f"samples.{table}.{number}".encode(), digest_size=8).digest()
        found[int.from_bytes(word, "big") % total] = None
        number += 1
    return list(found)


def _recent(connection: duckdb.DuckDBPyConnection, parts: list[_Part], table: str, count: int) -> list[Row]:
    """Return the latest rows by the table's first date that is nobody's birth; where there is none, the last added."""
    kinds = {name: kind for name, kind, *_ in connection.execute(f'DESCRIBE "{table}"').fetchall()}
    times = [name for name, kind in kinds.items() if kind in ("DATE", "TIMESTAMP") and not name.startswith("birth")]
    if not times:
        total = sum(part.length for part in parts)
        return _rows(connection, parts, max(0, total - count), min(count, total))[::-1]
    rows = [row for part in parts for row in part.latest(connection, times[0], count)]
    dated = [row for row in rows if row[times[0]] is not None]
    dated.sort(key=lambda row: row[times[0]], reverse=True)
    return [*dated, *(row for row in rows if row[times[0]] is None)][:count]


def _diverse(rows: list[Row], count: int) -> list[Row]:
    """Return rows that share as little as can be: each next one differs most from those taken."""
    if len(rows) <= count:
        return rows
    telling = _telling(rows)
    spans = {name: _span([row[name] for row in rows]) for name in telling}

    def apart(one: Row, other: Row) -> float:
        return sum(_apart(one[name], other[name], spans[name]) for name in telling)

    # The first is the one with the rarest values, so that what is rare is seen.
    often = {name: Counter(row[name] for row in rows) for name in telling}
    rarity = [sum(1 / often[name][row[name]] for name in telling) for row in rows]
    first = max(range(len(rows)), key=lambda number: (rarity[number], -number))
    taken = [first]
    nearest = [apart(row, rows[first]) for row in rows]
    while len(taken) < count:
        left = [number for number in range(len(rows)) if number not in taken]
        best = max(left, key=lambda number: (nearest[number], -number))
        taken.append(best)
        nearest = [min(near, apart(row, rows[best])) for near, row in zip(nearest, rows, strict=True)]
    return [rows[number] for number in taken]


def _telling(rows: list[Row]) -> list[str]:
    """Return the columns that can tell rows apart: not the same in all, and not text that is never the same."""
    found = []
    for name in rows[0]:
        values = [row[name] for row in rows if row[name] is not None]
        different = len(set(values))
        texts = bool(values) and isinstance(values[0], str)
        if (different > 1 or 0 < len(values) < len(rows)) and not (
            texts and (different > len(values) / 2 or name.endswith("_id"))
        ):
            found.append(name)
    return found or list(rows[0])


def _span(values: list[Any]) -> float | None:
    """Return the width of a column's numbers or days; None for anything else."""
    numbers = [_as_number(value) for value in values if value is not None]
    if not numbers or None in numbers:
        return None
    return float(max(numbers) - min(numbers)) or None


def _apart(one: Any, other: Any, span: float | None) -> float:
    if one == other:
        return 0.0
    if span is None or one is None or other is None:
        return 1.0
    return abs(_as_number(one) - _as_number(other)) / span


def _as_number(value: Any) -> float | None:
    if isinstance(value, bool | str):
        return None
    if hasattr(value, "toordinal"):
        return float(value.toordinal())
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def plain(value: Any, longest: int | None = LONGEST_TEXT) -> Any:
    """Return a value as JSON has it: days and moments as text, money as a number, texts cut where they are `longest`."""
    if isinstance(value, str):
        return value if longest is None or len(value) <= longest else value[: longest - 1] + "…"
    if value is None or isinstance(value, bool | int | float):
        return value
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "as_tuple"):
        return float(value)
    return str(value)

"""Add rows to the tables of a scenario that is there, whatever it keeps them in.

A table of a generated scenario is a view over raw columns: it is moved to the schema `made`, plain rows go to the schema
`added`, and the view of main becomes both. A table that is not there yet is made plain in main.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb

from healthsim_core.tables import Table, quoted


def view_bodies(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str]:
    """Return the SELECT of every view, by schema and name; DuckDB takes as long for one as for all."""
    found = connection.execute(
        "SELECT schema_name, view_name, sql FROM duckdb_views() WHERE NOT internal AND database_name = current_database()"
    ).fetchall()
    return {
        (schema, name): re.split(r"\bAS\b", sql.rstrip().rstrip(";"), maxsplit=1)[1].strip()
        for schema, name, sql in found
    }


def _exists(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> bool:
    sql = "SELECT 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = ? AND table_catalog = current_database()"
    return bool(connection.execute(sql, [schema, name]).fetchall())


def existing(connection: duckdb.DuckDBPyConnection, table: Table, keys: Sequence[tuple]) -> set[tuple]:
    """Return those of the keys that a table has already."""
    if not keys or not _exists(connection, "main", table.name):
        return set()
    columns = [table.column(name) for name in table.primary_key]
    wanted = ", ".join(
        f'unnest(${number}::{column.type}[]) AS "{column.name}"' for number, column in enumerate(columns, 1)
    )
    names = ", ".join(f'"{column.name}"' for column in columns)
    sql = f'SELECT DISTINCT {names} FROM (SELECT {wanted}) SEMI JOIN "{table.name}" USING ({names})'
    return set(connection.execute(sql, [list(part) for part in zip(*keys, strict=True)]).fetchall())


def add(connection: duckdb.DuckDBPyConnection, place: str, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Append rows, in the order of the table's columns, at its place, inside the caller's transaction."""
    values = ", ".join(f"unnest(${number}::{column.type}[])" for number, column in enumerate(table.columns, 1))
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    connection.execute(
        f"INSERT INTO {place} ({names}) SELECT {values}", [list(part) for part in zip(*rows, strict=True)]
    )


def place(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    """Return the plain table that takes a table's added rows; it is made where there is none."""
    name = table.name
    if _exists(connection, "added", name):
        return f'added."{name}"'
    body = view_bodies(connection).get(("main", name))
    if body is not None:
        connection.execute("CREATE SCHEMA IF NOT EXISTS made; CREATE SCHEMA IF NOT EXISTS added")
        connection.execute(f'CREATE VIEW made."{name}" AS {body}')
        connection.execute(f'CREATE TABLE added."{name}" ({_typed(table.columns)})')
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        both = f'SELECT * FROM made."{name}" UNION ALL BY NAME SELECT * FROM added."{name}"'
        connection.execute(f'CREATE OR REPLACE VIEW "{name}" AS SELECT {columns} FROM ({both})')
        connection.execute(_comments(table, "VIEW"))
        return f'added."{name}"'
    if not _exists(connection, "main", name):
        connection.execute(f'CREATE TABLE "{name}" ({_typed(table.columns)})')
        connection.execute(_comments(table, "TABLE"))
    else:
        there = {column for column, *_ in connection.execute(f'DESCRIBE "{name}"').fetchall()}
        for column in table.columns:
            if column.name not in there:
                connection.execute(f'ALTER TABLE "{name}" ADD COLUMN {_typed([column])}')
    return f'"{name}"'


def _typed(columns: Iterable) -> str:
    return ", ".join(f'"{column.name}" {column.type}' for column in columns)


def _comments(table: Table, kind: str) -> str:
    statements = [f'COMMENT ON {kind} "{table.name}" IS {quoted(table.doc)}']
    statements += [f'COMMENT ON COLUMN "{table.name}"."{one.name}" IS {quoted(one.doc)}' for one in table.columns]
    return ";\n".join(statements)


def begin_bookkeeping(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables that say which keys were added by which run, and which are waited for."""
    columns = "(run INTEGER, table_name VARCHAR, key VARCHAR)"
    connection.execute(f"CREATE TABLE IF NOT EXISTS healthsim.added {columns}")
    connection.execute(f"CREATE TABLE IF NOT EXISTS healthsim.waiting {columns}")


def expect(connection: duckdb.DuckDBPyConnection, run: int, table: str, keys: list[str]) -> None:
    """Note keys that a run is going to add."""
    connection.execute(
        "INSERT INTO healthsim.waiting SELECT $1, $2, key FROM (SELECT DISTINCT unnest($3::VARCHAR[]) AS key) "
        "ANTI JOIN (SELECT key FROM healthsim.waiting WHERE table_name = $2) USING (key)",
        [run, table, keys],
    )


def arrive(connection: duckdb.DuckDBPyConnection, run: int, table: str, keys: list[str], new: list[str]) -> None:
    """Note keys that are there now, and those among them that a run added."""
    if new:
        connection.execute("INSERT INTO healthsim.added SELECT $1, $2, unnest($3::VARCHAR[])", [run, table, new])
    connection.execute(
        "DELETE FROM healthsim.waiting WHERE table_name = $1 AND list_contains($2::VARCHAR[], key)", [table, keys]
    )


def waiting(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return how many entities of each table an interrupted or refused run left out that have not come since."""
    return dict(
        connection.execute("SELECT table_name, count(*) FROM healthsim.waiting GROUP BY 1 ORDER BY 1").fetchall()
    )


def count_added(connection: duckdb.DuckDBPyConnection, added: Mapping[str, int]) -> None:
    """Add to the numbers of rows that the scenario keeps of its tables."""
    for name, number in added.items():
        connection.execute("UPDATE healthsim.tables SET row_count = row_count + ? WHERE table_name = ?", [number, name])
        connection.execute(
            "INSERT INTO healthsim.tables SELECT $1, $2 WHERE $1 NOT IN (SELECT table_name FROM healthsim.tables)",
            [name, number],
        )


def write_record(connection: duckdb.DuckDBPyConnection, record: Mapping[str, Any]) -> None:
    """Replace the scenario's record."""
    kept = {key: value for key, value in record.items() if key not in ("name", "tables")}
    connection.execute("UPDATE healthsim.scenario SET record = ?", [json.dumps(kept, default=str)])

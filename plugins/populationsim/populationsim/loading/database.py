"""The reference database: opened, copied, and what was loaded into it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from attrs import fields_dict, frozen

from healthsim_core.errors import UserError
from populationsim import facts
from populationsim.loading.kinds import KINDS, TABLES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

WIDE = ("places_tract", "places_tract_measure", "svi_tract", "cms_hospitals", "nppes_providers")
"""Tables that are too large to copy for a resolver, and are asked where they are."""


@frozen
class Load:
    """One file that was loaded."""

    kind: str
    file: str
    vintage: str | None
    row_count: int
    figure_count: int
    sha256: str
    rejected_count: int = 0
    limits: str = ""
    """The states or counties it was limited to; empty: all."""
    version: int = 0
    digest: str | None = None
    """Of the rows themselves, whatever their order."""


def open_reference(database: Path, read_only: bool = True) -> DuckDBPyConnection:
    """Return a connection to the reference database; UserError where another process holds it or it is damaged."""
    try:
        conn = duckdb.connect(str(database), read_only=read_only)
        # DuckDB would draw a bar of its own into what we print.
        conn.execute("SET enable_progress_bar_print = false")
        return conn
    except duckdb.IOException as error:
        raise _unopened(database, error) from error


def copy_of(database: Path) -> DuckDBPyConnection:
    """Return a connection to a copy in memory, so that one who keeps it does not shut out the next `init`.

    Tracts and providers are left behind: `WIDE` says which tables.
    """
    conn = duckdb.connect()
    try:
        conn.execute("ATTACH '" + str(database).replace("'", "''") + "' AS held (READ_ONLY)")
    except duckdb.IOException as error:
        raise _unopened(database, error) from error
    query = "SELECT table_name FROM information_schema.tables WHERE table_catalog = 'held' ORDER BY 1"
    for (name,) in conn.execute(query).fetchall():
        if name in (*TABLES, "loads") and name not in WIDE:
            conn.execute(f'CREATE TABLE "{name}" AS FROM held."{name}"')
    conn.execute("DETACH held")
    return conn


def _unopened(database: Path, error: Exception) -> UserError:
    if "lock" in str(error).lower():
        return UserError(f"another process is using {database}; try again when it is done")
    return UserError(f"cannot open {database}: {str(error).splitlines()[0]}")


def loads(conn: DuckDBPyConnection) -> list[Load]:
    """Return what was loaded, by kind; nothing where the connection holds no reference data."""
    if "loads" not in tables(conn):
        return []
    cursor = conn.cursor().execute("SELECT * FROM loads ORDER BY kind")
    names = [column[0] for column in cursor.description]
    # A database of an earlier release has fewer columns.
    known = fields_dict(Load)
    return [
        Load(**{name: value for name, value in zip(names, row, strict=True) if name in known})
        for row in cursor.fetchall()
    ]


def record(conn: DuckDBPyConnection, load: Load) -> None:
    """Note a load in the place of the one before of its kind."""
    conn.execute(facts.text("sql", "loads.sql"))
    conn.execute("DELETE FROM loads WHERE kind = ?", [load.kind])
    values = {name: getattr(load, name) for name in fields_dict(Load)}
    marks = ", ".join("?" for _ in values)
    conn.execute(f"INSERT INTO loads ({', '.join(values)}) VALUES ({marks})", list(values.values()))


def tables(conn: DuckDBPyConnection) -> set[str]:
    """Return the names of the reference tables the connection sees."""
    found = conn.cursor().execute("SELECT DISTINCT table_name FROM information_schema.tables").fetchall()
    return {name for (name,) in found} & {*TABLES, "loads"}


def digest(conn: DuckDBPyConnection, kind: str) -> str:
    """Return a digest of the tables of a kind: whatever the order of rows, the file or the day."""
    result = hashlib.sha256()
    for table in sorted(KINDS[kind].tables):
        # Rows are unique, so none cancels another; MD5 is the same in every version, DuckDB's own hash is not.
        query = f"SELECT count(*), bit_xor(md5_number(line::VARCHAR)) FROM (SELECT {table} AS line FROM {table})"
        result.update(f"{table}:{conn.execute(query).fetchall()[0]}".encode())
    return result.hexdigest()[:16]


def fingerprint(conn: DuckDBPyConnection) -> str:
    """Return a digest of everything that was loaded."""
    found = {load.kind: load.digest or digest(conn.cursor(), load.kind) for load in loads(conn)}
    return hashlib.sha256(repr(sorted(found.items())).encode()).hexdigest()[:16]

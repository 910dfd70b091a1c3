"""A saved scenario: one DuckDB file, opened for each question and closed again."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
from attrs import frozen

from healthsim_core.errors import HealthSimError, UserError, suggestion

FORMAT_VERSION = 1
"""The layout of scenario files; a file with a higher one is from a newer HealthSim."""

PATIENCE = 15.0
"""Seconds to wait for a connection that excludes ours; those that change a scenario are closed after a fraction of one."""
_PAUSE = 0.01
_TAKEN = ("Could not set lock", "Conflicting lock", "different configuration", "file handle conflict")
"""How DuckDB says it: of another process, of another connection of this one, of one that is just being closed."""


class StoreError(HealthSimError):
    """A scenario could not be read or written; what was there before is untouched."""


def opened(path: str | Path, patience: float | None = None, **options: Any) -> duckdb.DuckDBPyConnection:
    """Return a connection to a file that exists, once those that exclude it are closed; duckdb.Error where it cannot be opened."""
    until = time.monotonic() + (PATIENCE if patience is None else patience)
    old = os.umask(0o077)
    try:
        while True:
            if not Path(path).exists():
                raise duckdb.IOException(f"{path} is gone")
            try:
                connection = duckdb.connect(str(path), **options)
            except duckdb.Error as error:
                if not is_taken(error) or time.monotonic() > until:
                    raise
                time.sleep(_PAUSE)
            else:
                if "lock_configuration" not in options.get("config", {}):
                    connection.execute("SET enable_progress_bar=false")  # it would go to standard output
                return connection
    finally:
        os.umask(old)


def is_taken(error: duckdb.Error) -> bool:
    """Return whether a file could not be opened because another connection, of any process, excludes that."""
    return any(words in str(error) for words in _TAKEN)


@contextlib.contextmanager
def writing(path: str | Path, patience: float | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a read-write connection of a file that exists."""
    connection = opened(path, patience)
    try:
        yield connection
    finally:
        connection.close()


@contextlib.contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Make what is done inside whole or not at all."""
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def wal_of(path: Path) -> Path:
    """Return where DuckDB keeps what was committed to a file and is not in it yet."""
    return path.with_name(f"{path.name}.wal")


def settle(path: Path) -> None:
    """Move what stands in a file's WAL into the file: who was killed while changing a scenario leaves one behind."""
    if wal_of(path).exists():
        with opened(path) as connection:
            connection.execute("CHECKPOINT")


def write_record(connection: duckdb.DuckDBPyConnection, name: str, record: dict[str, Any]) -> None:
    """Put a record in the place of the one an open scenario has."""
    kept = {key: value for key, value in record.items() if key not in ("name", "tables")}
    connection.execute("UPDATE healthsim.scenario SET name = ?, record = ?", [name, json.dumps(kept, default=str)])


@contextlib.contextmanager
def changing(path: Path, name: str) -> Iterator[tuple[duckdb.DuckDBPyConnection, dict[str, Any]]]:
    """Give a connection and the record, which may be changed; all is kept in one transaction, or nothing.

    Whoever calls this holds the scenario (`Store.locked`).
    """
    from healthsim_core.state.store import moment

    try:
        connection = opened(path)
    except duckdb.Error as error:
        raise StoreError(f"cannot open scenario {name!r} ({path}): {first_line(error)}") from error
    try:
        connection.execute("BEGIN")
        record = read_about(connection, name, path)
        yield connection, record
        write_record(connection, record["name"], {**record, "updated_at": moment()})
        record |= {**read_about(connection, name, path), "name": record["name"]}
        connection.execute("COMMIT")
        connection.close()
    except duckdb.Error as error:
        raise StoreError(f"cannot change scenario {name!r}: {first_line(error)}; nothing was changed") from error
    finally:
        with contextlib.suppress(duckdb.Error):
            connection.close()


def first_line(error: BaseException) -> str:
    """Return what an error says, without the lines that explain it."""
    return str(error).strip().split("\n")[0] or type(error).__name__


def read_about(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> dict[str, Any]:
    """Return the record kept in an open scenario file."""
    try:
        row = connection.execute("SELECT record FROM healthsim.scenario").fetchall()[0][0]
        tables = dict(
            connection.execute("SELECT table_name, row_count FROM healthsim.tables ORDER BY table_name").fetchall()
        )
    except (duckdb.Error, IndexError) as error:
        raise StoreError(f"{path} is not a HealthSim scenario: {first_line(error)}") from error
    record = json.loads(row)
    if record["format_version"] > FORMAT_VERSION:
        raise StoreError(
            f"scenario {name!r} was written by a newer HealthSim ({record['versions'].get('healthsim-core')}); upgrade to read it"
        )
    return {**record, "name": name, "tables": tables}


@frozen
class Scenario:
    """A saved scenario; opened read-only for each question, so that nobody is shut out."""

    name: str
    path: Path

    @contextlib.contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a read-only connection; StoreError where the file cannot be read."""
        try:
            connection = opened(self.path, read_only=True)
        except duckdb.Error as error:
            raise StoreError(f"cannot open scenario {self.name!r} ({self.path}): {first_line(error)}") from error
        try:
            yield connection
        finally:
            connection.close()

    def settle(self) -> None:
        """Move what stands in the file's WAL into the file."""
        try:
            settle(self.path)
        except duckdb.Error as error:
            raise StoreError(f"cannot open scenario {self.name!r} ({self.path}): {first_line(error)}") from error

    def about(self) -> dict[str, Any]:
        """Return the scenario's record: id, description, tags, specification, seed, counts, notices and more."""
        with self.connect() as connection:
            return read_about(connection, self.name, self.path)

    def counts(self) -> dict[str, int]:
        """Return the number of rows of every table."""
        return self.about()["tables"]

    def digest(self) -> dict[str, tuple[int, str]]:
        """Return rows and digest of every table; the digest does not depend on the order of rows."""
        from healthsim_core.state.digest import digest

        with self.connect() as connection:
            return digest(connection, list(read_about(connection, self.name, self.path)["tables"]))

    def to_arrow(self, table: str):
        """Return a table as a pyarrow Table (needs pyarrow)."""
        return self._as(table, "pyarrow", lambda relation: relation.to_arrow_table())

    def df(self, table: str):
        """Return a table as a pandas DataFrame (needs pandas)."""
        return self._as(table, "pandas", lambda relation: relation.df())

    def pl(self, table: str):
        """Return a table as a polars DataFrame (needs polars and pyarrow)."""
        return self._as(table, "polars", lambda relation: relation.pl())

    def _as(self, table: str, library: str, convert: Callable[[duckdb.DuckDBPyRelation], Any]) -> Any:
        with self.connect() as connection:
            tables = read_about(connection, self.name, self.path)["tables"]
            if table not in tables:
                raise UserError(f"no table {table!r}{suggestion(table, tables)}")
            try:
                return convert(connection.table(table))
            except ImportError as error:
                raise UserError(f"{library} is not complete: {error}; pip install pyarrow {library}") from error

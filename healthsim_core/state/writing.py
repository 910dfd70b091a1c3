"""Write a new scenario: under a temporary name, and put in place when it is whole."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
from attrs import define

from healthsim_core.columns import Columns
from healthsim_core.errors import UserError
from healthsim_core.state import index
from healthsim_core.state.appending import Appender
from healthsim_core.state.scenario import FORMAT_VERSION, Scenario, StoreError, first_line, read_about, settle, wal_of
from healthsim_core.state.store import Store, moment, sanitize_name
from healthsim_core.tables import Table

WRITER_MEMORY = "256MB"
"""What DuckDB may hold while a scenario is written; what is more goes to its file."""
BLOCK_SIZE = 65_536
"""Bytes a block of the file: with DuckDB's usual four times as many a scenario of a few people takes four times the space."""


def new_name(store: Store, wanted: str) -> str:
    """Return a name for a new scenario, sanitized; UserError where it is taken, with one that is not."""
    if not any(sign.isalnum() for sign in wanted):
        raise UserError(f"a scenario's name needs letters or digits, got {wanted!r}")
    name = sanitize_name(wanted)
    if store.path(name).exists():
        raise UserError(f"a scenario named {name!r} exists already; {store.free_name(name)!r} is free")
    return name


def columns_of(connection: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """Return the columns of a table of the connection's own database; none where there is no such table."""
    sql = (
        "SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() "
        "AND schema_name = 'main' AND table_name = ? ORDER BY column_index"
    )
    return [name for (name,) in connection.execute(sql, [name]).fetchall()]


def make_table(connection: duckdb.DuckDBPyConnection, table: Table, types: Mapping[str, str]) -> None:
    """Make a plain table as declared unless it is there, with those columns of `types` it does not declare too."""
    columns = columns_of(connection, table.name)
    if not columns:
        connection.execute(table.ddl())
        columns = [one.name for one in table.columns]
    for column, kind in types.items():
        if column not in columns:
            connection.execute(f'ALTER TABLE "{table.name}" ADD COLUMN "{column}" {kind}')


@define
class NewScenario:
    """A scenario under a temporary name; `save` puts it in place, `discard` leaves no trace."""

    name: str
    partial: Path
    target: Path
    automatic: bool = False
    connection: duckdb.DuckDBPyConnection | None = None

    def __enter__(self):
        try:
            self._begin()
        except BaseException as error:
            self.discard()
            if isinstance(error, duckdb.Error):
                raise StoreError(f"cannot create scenario {self.name!r}: {first_line(error)}") from error
            raise
        return self

    def __exit__(self, kind, error, trace) -> None:
        self.discard()

    def _begin(self) -> None:
        old = os.umask(0o077)
        try:
            self.connection = duckdb.connect(str(self.partial), config={"default_block_size": BLOCK_SIZE})
        finally:
            os.umask(old)
        self.connection.execute(f"SET memory_limit='{WRITER_MEMORY}'")
        self.connection.execute("SET enable_progress_bar=false")  # it would go to standard output
        self.connection.execute("BEGIN")
        self.connection.execute("CREATE SCHEMA healthsim")
        self.connection.execute("CREATE TABLE healthsim.scenario (name VARCHAR, record JSON)")
        self.connection.execute("CREATE TABLE healthsim.tables (table_name VARCHAR, row_count BIGINT)")

    def save(
        self, record: Mapping[str, Any], counts: Mapping[str, int], instead: Mapping[str, Any] | None = None
    ) -> Path:
        """Write the scenario's record, close the file and put it in place; UserError where the name was taken meanwhile.

        With the record of a scenario of that name it takes its place `instead`, if its people are the same.
        """
        connection, now = self.connection, moment()
        full = {"format_version": FORMAT_VERSION, "created_at": now, "updated_at": now, **record}
        with self._saving():
            connection.execute(
                "INSERT INTO healthsim.scenario VALUES (?, ?)", [self.name, json.dumps(full, default=str)]
            )
            if counts:
                connection.executemany("INSERT INTO healthsim.tables VALUES (?, ?)", sorted(counts.items()))
            # The file is written at once, not first to a log that is then read again.
            connection.execute("SET checkpoint_threshold='1KB'")
            connection.execute("COMMIT")
            connection.execute("CHECKPOINT")
            people = _people(connection) if instead is not None else None
            connection.close()
            self.connection = None
            listed = {**full, "tables": dict(counts)}
            if instead is not None:
                self._take_place_of(instead, people, listed)
            else:
                self.put_in_place(listed)
        return self.target

    @contextlib.contextmanager
    def _saving(self) -> Iterator[None]:
        """Turn what goes wrong into errors of ours, and leave no trace of the temporary file."""
        try:
            yield
        except FileExistsError:
            raise UserError(f"a scenario named {self.name!r} exists already; choose another --name") from None
        except (duckdb.Error, OSError) as error:
            raise StoreError(f"cannot save scenario {self.name!r}: {first_line(error)}") from error
        finally:
            self.discard()

    def put_in_place(self, record: Mapping[str, Any]) -> None:
        """Give the closed file its name; FileExistsError where the name was taken meanwhile."""
        store = Store(self.target.parent.parent)
        while True:
            try:
                with store.locked(self.target.stem):
                    # A link, unlike a rename, fails where the name is taken: two runs cannot overwrite each other.
                    os.link(self.partial, self.target)
                    self.partial.unlink()
                    index.note(store, self.target.stem, record)
                return
            except FileExistsError:
                if not self.automatic:
                    raise
                self.target = store.path(store.free_name(self.name))

    def _take_place_of(self, instead: Mapping[str, Any], people: object, record: Mapping[str, Any]) -> None:
        # Whoever replaces a scenario holds it meanwhile.
        settle(self.target)
        self._check_people(instead, people)
        os.replace(self.partial, self.target)
        index.note(Store(self.target.parent.parent), self.name, record)

    def _check_people(self, record: Mapping[str, Any], people: object) -> None:
        """Raise where the people written are not those of the scenario to be replaced, or where that has changed."""
        there = Scenario(self.name, self.target)
        with there.connect() as connection:
            if read_about(connection, self.name, self.target)["updated_at"] != record["updated_at"]:
                raise UserError(f"scenario {self.name!r} was changed by somebody else meanwhile; nothing was changed")
            saved = _people(connection)
        if people != saved:
            made = ", ".join(f"{package} {version}" for package, version in sorted(record["versions"].items()))
            raise UserError(
                f"the people of {self.name!r} come out differently today; it was made with {made}. Nothing was changed"
            )

    def discard(self) -> None:
        """Close and remove what was written under the temporary name."""
        if self.connection is not None:
            with contextlib.suppress(duckdb.Error):  # a full disk, say: what is lost is not wanted
                self.connection.close()
            self.connection = None
        for leftover in (self.partial, wal_of(self.partial)):
            leftover.unlink(missing_ok=True)


@define
class ScenarioWriter(NewScenario):
    """Appends generated rows to a new scenario; `finish` puts it in place."""

    appender: Appender | None = None

    def _begin(self) -> None:
        # Long transactions: bulk rows go straight to the file, and no checkpoint comes in between.
        super()._begin()
        # One thread writes while another generates; nearly all columns are integers, for which no better packing is found.
        self.connection.execute("SET threads=1")
        self.connection.execute("SET force_compression='bitpacking'")
        self.appender = Appender(self.connection)

    def append(self, table: Table, rows: Columns) -> None:
        """Insert raw rows; the table is made with its first ones."""
        try:
            self.appender.append(table, rows)
        except duckdb.Error as error:
            raise StoreError(
                f"cannot write table {table.name} of scenario {self.name!r}: {first_line(error)}"
            ) from error

    @property
    def counts(self) -> dict[str, int]:
        """Return the number of rows of every table so far."""
        return self.appender.counts

    def flush(self) -> None:
        """Commit what was appended; DuckDB holds memory for a transaction's rows until then. Still nothing is visible."""
        try:
            self.connection.execute("COMMIT")
            self.connection.execute("BEGIN")
        except duckdb.Error as error:
            raise StoreError(f"cannot write scenario {self.name!r}: {first_line(error)}") from error

    def finish(
        self,
        record: Mapping[str, Any],
        instead: Mapping[str, Any] | None = None,
        measure: Callable[[duckdb.DuckDBPyConnection, Mapping[str, int]], Mapping[str, Any]] | None = None,
    ) -> Path:
        """Add the words and views, and save the scenario with its record.

        `measure` gives the statistics to keep, of the open file and its numbers of rows.
        """
        try:
            self.appender.finish()
            if measure is not None:
                record = {**record, "statistics": measure(self.connection, self.counts)}
        except duckdb.Error as error:
            self.discard()
            raise StoreError(f"cannot save scenario {self.name!r}: {first_line(error)}") from error
        return self.save(record, self.counts, instead)


def _people(connection: duckdb.DuckDBPyConnection) -> object:
    """Return the digest of an open scenario's persons."""
    from healthsim_core.state.digest import digest

    return digest(connection, ["persons"])

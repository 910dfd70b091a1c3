"""The store: one DuckDB file a scenario, made whole under a temporary name and then put in place."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
from attrs import define, field, frozen

from healthsim_core.columns import Columns
from healthsim_core.errors import HealthSimError, UserError, suggestion
from healthsim_core.state.appending import Appender
from healthsim_core.tables import Table

FORMAT_VERSION = 1
"""The layout of scenario files; a file with a higher one is from a newer HealthSim."""


WRITER_MEMORY = "512MB"
"""What DuckDB may hold while a scenario is written; what is more goes to its file."""


class StoreError(HealthSimError):
    """A scenario could not be read or written; what was there before is untouched."""


def home() -> Path:
    """Return the workspace: `$HEALTHSIM_HOME`, else the platform's place for user data."""
    if os.environ.get("HEALTHSIM_HOME"):
        return Path(os.environ["HEALTHSIM_HOME"]).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("healthsim", appauthor=False))


def sanitize_name(text: str) -> str:
    """Return a text as a scenario's name: lower case, letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:80] or "scenario"


@frozen
class Scenario:
    """A saved scenario; opened read-only for each question, so that nobody is shut out."""

    name: str
    path: Path

    @contextlib.contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a read-only connection; StoreError where the file cannot be read."""
        try:
            connection = duckdb.connect(str(self.path), read_only=True)
        except duckdb.Error as error:
            raise StoreError(
                f"cannot open scenario {self.name!r} ({self.path}): {str(error).splitlines()[0]}"
            ) from error
        try:
            yield connection
        finally:
            connection.close()

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
        with self.connect() as connection:
            return connection.table(table).to_arrow_table()

    def df(self, table: str):
        """Return a table as a pandas DataFrame (needs pandas)."""
        with self.connect() as connection:
            return connection.table(table).df()

    def pl(self, table: str):
        """Return a table as a polars DataFrame (needs polars)."""
        with self.connect() as connection:
            return connection.table(table).pl()


def read_about(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> dict[str, Any]:
    """Return the record kept in an open scenario file."""
    try:
        row = connection.execute("SELECT record FROM healthsim.scenario").fetchall()[0][0]
        tables = dict(
            connection.execute("SELECT table_name, row_count FROM healthsim.tables ORDER BY table_name").fetchall()
        )
    except (duckdb.Error, IndexError) as error:
        raise StoreError(f"{path} is not a HealthSim scenario: {str(error).splitlines()[0]}") from error
    record = json.loads(row)
    if record["format_version"] > FORMAT_VERSION:
        raise StoreError(
            f"scenario {name!r} was written by a newer HealthSim ({record['versions'].get('healthsim-core')}); upgrade to read it"
        )
    return {**record, "name": name, "tables": tables}


@frozen
class Store:
    """A workspace's scenarios."""

    root: Path = field(factory=home)

    @property
    def folder(self) -> Path:
        """Return the folder of the scenario files."""
        return self.root / "scenarios"

    def path(self, name: str) -> Path:
        """Return where a scenario of that name is or would be."""
        return self.folder / f"{name}.duckdb"

    def names(self) -> list[str]:
        """Return the names of the saved scenarios, sorted."""
        return sorted(path.stem for path in self.folder.glob("*.duckdb") if not path.name.startswith("."))

    def get(self, name: str) -> Scenario:
        """Return a saved scenario; UserError with a suggestion where there is none."""
        if name not in self.names():
            raise UserError(f"no scenario {name!r}{suggestion(name, self.names())}")
        return Scenario(name, self.path(name))

    def free_name(self, wanted: str) -> str:
        """Return `wanted`, or the first of `wanted-2`, `wanted-3` … that is not taken."""
        taken = set(self.names())
        if wanted not in taken:
            return wanted
        return next(f"{wanted}-{number}" for number in range(2, len(taken) + 3) if f"{wanted}-{number}" not in taken)

    def writer(self, name: str, automatic: bool = False) -> ScenarioWriter:
        """Return a writer of a new scenario; nothing is visible until it is finished.

        Where the name is `automatic` and taken meanwhile, the next free one is.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._clear_leftovers()
            handle, partial = tempfile.mkstemp(prefix=f".{name}.{os.getpid()}.", suffix=".partial", dir=self.folder)
        except OSError as error:
            raise StoreError(f"cannot write to {self.folder}: {error.strerror}") from error
        os.close(handle)
        os.unlink(partial)
        return ScenarioWriter(name, Path(partial), self.path(name), automatic)

    def _clear_leftovers(self) -> None:
        """Remove what writers left behind whose process is gone: killed, or the machine went down."""
        for partial in self.folder.glob(".*.partial*"):
            process = partial.name.removesuffix(".wal").split(".")[-3]
            if process.isdigit() and not _lives(int(process)):
                partial.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    """Return whether there is a process of that number; where that cannot be asked, it is taken to be."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@define
class ScenarioWriter:
    """Appends to a scenario under a temporary name; `finish` puts it in place, `discard` leaves no trace."""

    name: str
    partial: Path
    target: Path
    automatic: bool = False
    connection: duckdb.DuckDBPyConnection | None = None
    appender: Appender | None = None

    def __enter__(self) -> ScenarioWriter:
        try:
            self._begin()
        except BaseException:
            self.discard()
            raise
        return self

    def _begin(self) -> None:
        old = os.umask(0o077)
        try:
            self.connection = duckdb.connect(str(self.partial))
        except duckdb.Error as error:
            raise StoreError(f"cannot create scenario {self.name!r}: {str(error).splitlines()[0]}") from error
        finally:
            os.umask(old)
        # Long transactions: bulk rows go straight to the file, and no checkpoint comes in between.
        self.connection.execute(f"SET memory_limit='{WRITER_MEMORY}'")
        # One thread writes while another generates; nearly all columns are integers, for which no better packing is found.
        self.connection.execute("SET threads=1")
        self.connection.execute("SET force_compression='bitpacking'")
        self.connection.execute("BEGIN")
        self.connection.execute("CREATE SCHEMA healthsim")
        self.appender = Appender(self.connection)

    def __exit__(self, kind, error, trace) -> None:
        if self.connection is not None:
            self.discard()

    def append(self, table: Table, rows: Columns) -> None:
        """Insert raw rows; the table is made with its first ones."""
        try:
            self.appender.append(table, rows)
        except duckdb.Error as error:
            raise StoreError(
                f"cannot write table {table.name} of scenario {self.name!r}: {str(error).splitlines()[0]}"
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
            raise StoreError(f"cannot write scenario {self.name!r}: {str(error).splitlines()[0]}") from error

    def finish(self, record: Mapping[str, Any], instead: Mapping[str, Any] | None = None) -> Path:
        """Write the scenario's record, close the file and put it in place; UserError where the name was taken meanwhile.

        With the record of a scenario of that name it takes its place `instead`, if its people are the same.
        """
        connection = self.connection
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")
        full = {"format_version": FORMAT_VERSION, "created_at": now, "updated_at": now, **record}
        try:
            self.appender.finish()
            connection.execute("CREATE TABLE healthsim.scenario (name VARCHAR, record JSON)")
            connection.execute(
                "INSERT INTO healthsim.scenario VALUES (?, ?)", [self.name, json.dumps(full, default=str)]
            )
            connection.execute("CREATE TABLE healthsim.tables (table_name VARCHAR, row_count BIGINT)")
            if self.counts:
                connection.executemany("INSERT INTO healthsim.tables VALUES (?, ?)", sorted(self.counts.items()))
            connection.execute("COMMIT")
            connection.execute("CHECKPOINT")
            people = _people(connection) if instead is not None else None
            connection.close()
            self.connection = None
            if instead is not None:
                self._check_people(instead, people)
                os.replace(self.partial, self.target)
            else:
                self._put_in_place()
        except FileExistsError:
            raise UserError(f"a scenario named {self.name!r} exists already; choose another --name") from None
        except (duckdb.Error, OSError) as error:
            raise StoreError(f"cannot save scenario {self.name!r}: {str(error).splitlines()[0]}") from error
        finally:
            self.discard()
        return self.target

    def _put_in_place(self) -> None:
        # A link, unlike a rename, fails where the name is taken: two runs cannot overwrite each other.
        store = Store(self.target.parent.parent)
        while True:
            try:
                os.link(self.partial, self.target)
                return
            except FileExistsError:
                if not self.automatic:
                    raise
                self.target = store.path(store.free_name(self.name))

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
            self.connection.close()
            self.connection = None
        for leftover in (self.partial, Path(f"{self.partial}.wal")):
            leftover.unlink(missing_ok=True)


def _people(connection: duckdb.DuckDBPyConnection) -> object:
    """Return the digest of an open scenario's persons."""
    from healthsim_core.state.digest import digest

    return digest(connection, ["persons"])

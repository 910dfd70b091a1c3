"""The store: one DuckDB file a scenario, made whole under a temporary name and then put in place."""

from __future__ import annotations

import contextlib
import datetime
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from attrs import field, frozen

from healthsim_core.errors import UserError, suggestion
from healthsim_core.state.scenario import (
    FORMAT_VERSION,
    Scenario,
    StoreError,
    changing,
    read_about,
)

if TYPE_CHECKING:
    from healthsim_core.state.writing import ScenarioWriter

__all__ = [
    "FORMAT_VERSION",
    "Scenario",
    "Store",
    "StoreError",
    "home",
    "moment",
    "read_about",
    "sanitize_name",
]

LOCK_TIMEOUT = 30.0
"""Seconds that a writer waits for another one of the same scenario."""

Tell = Callable[[str], None]
"""Hears, in words, what is waited for."""


def home() -> Path:
    """Return the workspace: `$HEALTHSIM_HOME`, else the platform's place for user data."""
    if os.environ.get("HEALTHSIM_HOME"):
        return Path(os.environ["HEALTHSIM_HOME"]).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("healthsim", appauthor=False))


def sanitize_name(text: str) -> str:
    """Return a text as a scenario's name: lower case, letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:80] or "scenario"


def moment() -> str:
    """Return the time of the clock, in UTC, as a scenario's record has it."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")


@frozen
class Store:
    """A workspace's scenarios."""

    root: Path = field(factory=home, converter=Path)

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

    @contextlib.contextmanager
    def locked(self, *names: str, timeout: float | None = None, tell: Tell | None = None) -> Iterator[None]:
        """Hold scenarios for writing; `tell` hears it when another process holds one, StoreError after `timeout` seconds."""
        import filelock

        folder = self.root / "locks"
        with contextlib.ExitStack() as held:
            try:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                for name in sorted(set(names)):
                    lock = filelock.FileLock(folder / f"{name}.lock", mode=0o600)
                    try:
                        lock.acquire(timeout=0)
                    except filelock.Timeout:
                        if tell is not None:
                            tell(f"waiting for another process that is writing scenario {name!r}")
                        lock.acquire(timeout=LOCK_TIMEOUT if timeout is None else timeout)
                    held.callback(lock.release)
            except filelock.Timeout:
                waited = LOCK_TIMEOUT if timeout is None else timeout
                raise StoreError(
                    f"another process has been writing scenario {name!r} for {waited:g} s; nothing was changed, try again"
                ) from None
            except OSError as error:
                raise StoreError(f"cannot write to {folder}: {error.strerror or error}") from error
            yield

    @contextlib.contextmanager
    def changing(
        self, name: str, tell: Tell | None = None
    ) -> Iterator[tuple[duckdb.DuckDBPyConnection, dict[str, Any]]]:
        """Give a connection to a saved scenario and its record, to be changed in one short transaction or not at all."""
        from healthsim_core.state import index

        with self.locked(name, tell=tell):
            scenario = self.get(name)
            with changing(scenario.path, name) as (connection, record):
                yield connection, record
            index.note(self, name, record)

    def make_folders(self) -> None:
        """Make the workspace's folders, for their owner alone; StoreError where that cannot be."""
        try:
            self.root.parent.mkdir(parents=True, exist_ok=True)
            self.root.mkdir(exist_ok=True, mode=0o700)
            self.folder.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise StoreError(f"cannot write to {self.folder}: {error.strerror}") from error

    def new_file(self, name: str) -> Path:
        """Return a path beside the scenarios at which a new one can be made; it is nobody else's and not listed."""
        self.make_folders()
        try:
            for leftover in self.leftovers():
                leftover.unlink(missing_ok=True)
            handle, partial = tempfile.mkstemp(prefix=f".{name}.{os.getpid()}.", suffix=".partial", dir=self.folder)
        except OSError as error:
            raise StoreError(f"cannot write to {self.folder}: {error.strerror}") from error
        os.close(handle)
        os.unlink(partial)
        return Path(partial)

    def writer(self, name: str, automatic: bool = False) -> ScenarioWriter:
        """Return a writer of a new scenario; nothing is visible until it is finished.

        Where the name is `automatic` and taken meanwhile, the next free one is.
        """
        from healthsim_core.state.writing import ScenarioWriter

        return ScenarioWriter(name, self.new_file(name), self.path(name), automatic)

    def leftovers(self) -> list[Path]:
        """Return what writers left behind whose process is gone: killed, or the machine went down."""
        return [partial for partial in self.partials() if not lives(self.process_of(partial))]

    def partials(self) -> list[Path]:
        """Return the files of scenarios under way."""
        return sorted(path for path in self.folder.glob(".*.partial*") if self.process_of(path) is not None)

    @staticmethod
    def process_of(partial: Path) -> int | None:
        """Return the number of the process that makes a file, from its name."""
        parts = partial.name.removesuffix(".wal").split(".")
        return int(parts[-3]) if len(parts) > 3 and parts[-3].isdigit() else None


def lives(process: int) -> bool:
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

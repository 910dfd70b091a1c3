"""The doctor: look through a workspace for what is broken or left behind, and mend what can be mended without loss."""

from __future__ import annotations

import datetime
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import duckdb
from attrs import evolve, frozen

from healthsim_core.catalog import Catalog
from healthsim_core.state import index
from healthsim_core.state.scenario import Scenario, StoreError, first_line, is_taken, opened, read_about, wal_of
from healthsim_core.state.store import Store, lives, moment

LITTLE_SPACE = 1_000_000_000
"""Bytes of free disk below which the doctor warns."""


@frozen
class Finding:
    """One thing that is not as it should be; `mend` puts it right, where that is safe."""

    what: str
    about: str
    """`leftover`, `scenario`, `index`, `permissions`, `disk` or `plugin`."""
    advice: str = ""
    mend: Callable[[], None] | None = None
    mended: bool = False

    def to_dict(self) -> dict[str, object]:
        """Return the finding as plain data."""
        return {
            "about": self.about,
            "what": self.what,
            "advice": self.advice,
            "mendable": self.mend is not None,
            "mended": self.mended,
        }


def examine(store: Store, catalog: Catalog | None = None, fix: bool = False) -> list[Finding]:
    """Return what is wrong in a workspace; with `fix`, what is safe to mend is, and marked as mended."""
    checks = (leftovers, permissions, scenarios, index_problems, disk)
    findings = [one for check in checks for one in list(check(store))]
    if catalog is not None:
        findings += [
            Finding(f"plugin {one.name} could not be used: {one.error}", "plugin", "see healthsim plugins -v")
            for one in catalog.failed()
        ]
    return [_mended(one) for one in findings] if fix else findings


def _mended(finding: Finding) -> Finding:
    if finding.mend is None:
        return finding
    try:
        finding.mend()
    except (OSError, StoreError, duckdb.Error) as error:
        return evolve(finding, advice=f"could not be mended: {first_line(error)}")
    return evolve(finding, mended=True)


def leftovers(store: Store) -> Iterator[Finding]:
    """Find what killed processes left behind."""
    gone = store.leftovers()
    for path in store.partials():
        what = f"{path.name}: {path.stat().st_size:,} bytes of a scenario that was never finished"
        if path in gone:
            yield Finding(what, "leftover", mend=partial(_remove, path))
        elif datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC).isoformat() < _yesterday():
            process = store.process_of(path)
            yield Finding(what, "leftover", f"there is a process {process}; if that is not HealthSim, delete the file")
    for wal in sorted(store.folder.glob("*.duckdb.wal")):
        if not wal.with_suffix("").exists():
            yield Finding(f"{wal.name}: of a scenario that is gone", "leftover", mend=partial(_remove, wal))
    for part in sorted((store.root / "exports").rglob(".*.part")):
        process = part.name.split(".")[-2]
        if process.isdigit() and not lives(int(process)):
            yield Finding(f"{part}: a file that was never finished", "leftover", mend=partial(_remove, part))


def _restrict(path: Path, mode: int) -> None:
    if path.exists():  # a leftover is removed before
        path.chmod(mode)


def _yesterday() -> str:
    return (datetime.datetime.fromisoformat(moment()) - datetime.timedelta(days=1)).isoformat()


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def permissions(store: Store) -> Iterator[Finding]:
    """Find what others than the owner may read or write."""
    if os.name != "posix":
        return
    folders = [store.folder, store.root / "locks"]
    files = [path for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_file()]
    for path, mode in [
        *((one, 0o700) for one in folders),
        *((one, 0o600) for one in (*files, store.root / index.FILE)),
    ]:
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            shown = oct(stat.S_IMODE(path.stat().st_mode))[2:]
            yield Finding(
                f"{path}: others may read it (mode {shown})", "permissions", mend=partial(_restrict, path, mode)
            )
    for folder in (store.root, *folders):
        if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
            yield Finding(f"{folder}: cannot be written", "permissions", "nothing can be saved until that changes")


def scenarios(store: Store) -> Iterator[Finding]:
    """Find files that are no scenarios, or not what their bookkeeping says."""
    for name in store.names():
        scenario = Scenario(name, store.path(name))
        unsettled = wal_of(scenario.path).exists()
        try:
            connection = opened(scenario.path, 0.5, read_only=True)
        except duckdb.Error as error:
            if is_taken(error):
                continue  # somebody is writing to it
            what = f"{scenario.path}: cannot be opened: {first_line(error)}"
            yield Finding(what, "scenario", f"restore it from a copy, or healthsim delete {name}")
            continue
        with connection:
            try:
                about = read_about(connection, name, scenario.path)
                yield from _bookkeeping(store, name, connection, about)
            except StoreError as error:
                yield Finding(str(error), "scenario", f"move {scenario.path} elsewhere if it is not HealthSim's")
                continue
            except duckdb.Error as error:
                advice = f"restore it from a copy, or healthsim delete {name}"
                yield Finding(f"{scenario.path}: is damaged: {first_line(error)}", "scenario", advice)
                continue
        if unsettled:
            what = f"{name}: the last change is still in a file of its own (a process was killed); nothing is lost"
            yield Finding(what, "scenario", mend=partial(_settle, store, scenario))


def _bookkeeping(store: Store, name: str, connection: duckdb.DuckDBPyConnection, about: dict) -> Iterator[Finding]:
    inside = connection.execute("SELECT name FROM healthsim.scenario").fetchall()[0][0]
    if inside != name:
        what = f"{name}: the file says it is {inside!r}; it was renamed or copied by other means"
        yield Finding(what, "scenario", mend=partial(_rename_inside, store, name))
    for table, rows in about["tables"].items():
        found = connection.execute(f'SELECT count(*) FROM "{table}"').fetchall()[0][0]
        if found != rows:
            what = f"{name}: {table} has {found:,} rows, its bookkeeping says {rows:,}"
            yield Finding(what, "scenario", "other programs changed it, or it is damaged")


def _settle(store: Store, scenario: Scenario) -> None:
    with store.locked(scenario.name):
        scenario.settle()


def _rename_inside(store: Store, name: str) -> None:
    with store.changing(name) as (_, record):
        record["name"] = name


def index_problems(store: Store) -> Iterator[Finding]:
    """Find an index that cannot be read."""
    trouble = index.trouble(store)
    if trouble:
        yield Finding(f"{store.root / index.FILE}: {trouble}", "index", mend=partial(_rebuild, store))


def _rebuild(store: Store) -> None:
    _remove(store.root / index.FILE)
    index.entries_of(store)


def disk(store: Store) -> Iterator[Finding]:
    """Find a disk that is nearly full."""
    place = next(one for one in (store.root, *store.root.parents) if one.exists())
    free = shutil.disk_usage(place).free
    if free < LITTLE_SPACE:
        yield Finding(f"only {free:,} bytes are free on the disk of {place}", "disk", "healthsim list --sort size")

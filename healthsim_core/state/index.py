"""The index: what `list` shows of every scenario, in one small SQLite file, because opening a thousand DuckDB files takes 20 s.

It is never trusted over the files: an entry counts only while its file is the same (inode, size, times, those of the WAL too);
else the file is asked. It may be deleted at any time, and where it cannot be read or written, the files alone are asked.
"""

from __future__ import annotations

import contextlib
import fnmatch
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
from attrs import frozen

from healthsim_core.errors import UserError, suggestion
from healthsim_core.state.scenario import Scenario, StoreError, opened, read_about, wal_of
from healthsim_core.state.store import Store

FILE = "index.sqlite"
SORTS = ("updated", "name", "size", "rows")
_PATIENCE = 1.0
_VERSION = 1


@frozen
class Entry:
    """One scenario as a list shows it."""

    name: str
    scenario_id: str
    description: str | None
    people: int
    rows: int
    bytes: int
    created_at: str
    updated_at: str
    tags: tuple[str, ...]
    status: str
    tables: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as plain data."""
        return {**attrs.asdict(self, recurse=False), "tags": list(self.tags), "tables": dict(self.tables)}


@frozen
class Listing:
    """The scenarios found, and what is wrong with those that cannot be read."""

    entries: tuple[Entry, ...]
    unreadable: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


def listed(
    store: Store | None = None,
    text: str | None = None,
    tags: Iterable[str] = (),
    sort: str = "updated",
    limit: int | None = None,
) -> Listing:
    """Return the saved scenarios: those with all the `tags` whose name or description contains `text` (or matches it, with `*`).

    The one updated last comes first, or by `sort` the first by name, the largest file, or most rows.
    """
    if sort not in SORTS:
        raise UserError(f"sort: unknown order {sort!r}{suggestion(sort, SORTS)}")
    if limit is not None and limit < 1:
        raise UserError(f"limit must be 1 or more, got {limit}")
    entries, unreadable = entries_of(store or Store())
    wanted = set(tags)
    found = [one for one in entries.values() if wanted <= set(one.tags) and (not text or _matches(one, text))]
    found.sort(key=lambda one: one.name)
    order = {"updated": lambda one: one.updated_at, "size": lambda one: one.bytes, "rows": lambda one: one.rows}
    if sort != "name":
        found.sort(key=order[sort], reverse=True)
    return Listing(tuple(found[:limit]), tuple(unreadable.values()))


def _matches(entry: Entry, text: str) -> bool:
    pattern = text.casefold()
    if not any(sign in pattern for sign in "*?["):
        pattern = f"*{pattern}*"
    return any(fnmatch.fnmatchcase((one or "").casefold(), pattern) for one in (entry.name, entry.description))


def entries_of(store: Store) -> tuple[dict[str, Entry], dict[str, str]]:
    """Return every readable scenario's entry, and what is wrong with the others; the index is brought up to date."""
    signatures = _signatures(store.folder)
    known = _read(store.root)
    entries, unreadable, new = {}, {}, {}
    for name, signature in sorted(signatures.items()):
        if name in known and known[name][0] == signature:
            with contextlib.suppress(TypeError, ValueError):
                entries[name] = _entry(json.loads(known[name][1]))
                continue
        try:
            entries[name] = new[name] = _asked(Scenario(name, store.path(name)))
        except StoreError as error:
            unreadable[name] = str(error)
    gone = [name for name in known if name not in entries]
    if new or gone:
        # The signatures are those from before the files were asked: what changed since is asked again next time.
        _write(store.root, {name: (signatures[name], entry) for name, entry in new.items()}, gone)
    return entries, unreadable


def note(store: Store, name: str, record: Mapping[str, Any]) -> None:
    """Put a scenario just written into the index; whoever calls this holds the scenario, or is its only writer."""
    signature = _signatures(store.folder, name).get(name)
    if signature is not None:
        entry = _from_record(name, record, store.path(name))
        _write(store.root, {name: (signature, entry)}, [])


def forget(store: Store, name: str) -> None:
    """Take a scenario out of the index."""
    _write(store.root, {}, [name])


def _asked(scenario: Scenario) -> Entry:
    import duckdb

    try:
        connection = opened(scenario.path, _PATIENCE, read_only=True)
    except duckdb.Error as error:
        raise StoreError(f"cannot open scenario {scenario.name!r} ({scenario.path}): {error}".split("\n")[0]) from error
    with connection:
        return _from_record(scenario.name, read_about(connection, scenario.name, scenario.path), scenario.path)


def _from_record(name: str, record: Mapping[str, Any], path: Path) -> Entry:
    tables = dict(record["tables"])
    wal = wal_of(path)
    return Entry(
        name=name,
        scenario_id=record["scenario_id"],
        description=record.get("description"),
        people=record.get("people") or 0,
        rows=sum(tables.values()),
        bytes=path.stat().st_size + (wal.stat().st_size if wal.exists() else 0),
        created_at=record["created_at"],
        updated_at=record["updated_at"],
        tags=tuple(record.get("tags") or ()),
        status=record.get("status", "complete"),
        tables=tables,
    )


def _entry(plain: Mapping[str, Any]) -> Entry:
    return Entry(**{**plain, "tags": tuple(plain["tags"])})


def _signatures(folder: Path, only: str | None = None) -> dict[str, str]:
    """Return what tells of every scenario's file whether it is the same as before."""
    found: dict[str, list[str]] = {}
    try:
        if only is not None:
            paths = [(path.name, path) for path in (folder / f"{only}.duckdb", folder / f"{only}.duckdb.wal")]
        else:
            with os.scandir(folder) as there:
                paths = [(one.name, one) for one in there if not one.name.startswith(".")]
    except FileNotFoundError:
        return {}
    for name, one in sorted(paths, key=lambda pair: pair[0]):
        stem = name.removesuffix(".wal").removesuffix(".duckdb")
        if name not in (f"{stem}.duckdb", f"{stem}.duckdb.wal"):
            continue
        with contextlib.suppress(FileNotFoundError):
            is_ = one.stat()
            if name.endswith(".wal") and stem not in found:
                continue
            found.setdefault(stem, []).append(f"{is_.st_ino} {is_.st_size} {is_.st_mtime_ns} {is_.st_ctime_ns}")
    return {name: "; ".join(parts) for name, parts in found.items()}


@contextlib.contextmanager
def _opened(root: Path) -> Iterator[sqlite3.Connection]:
    path = root / FILE
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=2)
    try:
        connection.execute("PRAGMA synchronous=OFF")  # what is lost is made again
        if connection.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
            connection.execute("DROP TABLE IF EXISTS scenarios")
            connection.execute("CREATE TABLE scenarios (name TEXT PRIMARY KEY, signature TEXT, entry TEXT)")
            connection.execute(f"PRAGMA user_version={_VERSION}")
        with connection:
            yield connection
    finally:
        connection.close()


def _read(root: Path) -> dict[str, tuple[str, str]]:
    if not (root / FILE).exists():
        return {}
    with _harmless(root), _opened(root) as connection:
        rows = connection.execute("SELECT name, signature, entry FROM scenarios").fetchall()
        return {name: (signature, entry) for name, signature, entry in rows}
    return {}


def _write(root: Path, new: Mapping[str, tuple[str, Entry]], gone: Iterable[str]) -> None:
    with _harmless(root), _opened(root) as connection:
        connection.executemany("DELETE FROM scenarios WHERE name = ?", [(name,) for name in gone])
        connection.executemany(
            "INSERT OR REPLACE INTO scenarios VALUES (?, ?, ?)",
            [(name, signature, json.dumps(entry.to_dict())) for name, (signature, entry) in new.items()],
        )


def trouble(store: Store) -> str | None:
    """Return what is wrong with the index file, or None; one that is not there is made when it is needed."""
    path = store.root / FILE
    if not path.exists():
        return None
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=2)) as connection:
            said = connection.execute("PRAGMA quick_check").fetchall()[0][0]
            return None if said == "ok" else said
    except sqlite3.Error as error:
        return str(error)


@contextlib.contextmanager
def _harmless(root: Path) -> Iterator[None]:
    """Let no trouble with the index be anybody's: one that is broken is removed, and made again."""
    try:
        yield
    except (sqlite3.OperationalError, OSError):
        pass  # busy, or a folder that cannot be written
    except sqlite3.Error:
        with contextlib.suppress(OSError):
            (root / FILE).unlink(missing_ok=True)

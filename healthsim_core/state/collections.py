"""Scenarios as a collection: rename, delete, tag and clone them; `listed` finds them and `merge` unites them.

Every change is whole or not at all, and waits for whoever writes the same scenario.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from healthsim_core.catalog import Catalog
from healthsim_core.errors import UserError, suggestion
from healthsim_core.state import index
from healthsim_core.state.index import Entry, Listing, listed
from healthsim_core.state.merging import Merged, merge, renewed
from healthsim_core.state.scenario import Scenario, StoreError, changing, wal_of
from healthsim_core.state.store import Store, Tell, moment
from healthsim_core.state.writing import NewScenario, new_name

__all__ = [
    "Entry", "Listing", "Merged", "clone", "delete", "listed", "merge", "new_name", "rename", "tag", "tags_of",
]  # fmt: skip

LONGEST_TAG = 60


def rename(store: Store, old: str, new: str, tell: Tell | None = None) -> str:
    """Give a scenario another name, sanitized, and return it; UserError where the name is taken. Exports keep theirs."""
    store.get(old)
    name = new_name(store, new)
    with store.locked(old, name, tell=tell):
        path = store.get(old).path
        if store.path(name).exists():
            raise UserError(f"a scenario named {name!r} exists already; nothing was renamed")
        # The record first: closing the file settles its WAL, so that one file is all there is to move.
        with changing(path, old) as (_, record):
            record["name"] = name
        try:
            wal_of(store.path(name)).unlink(missing_ok=True)
            os.rename(path, store.path(name))
        except OSError as error:
            raise StoreError(f"cannot rename scenario {old!r}: {error.strerror}; nothing was changed") from error
        index.forget(store, old)
        index.note(store, name, record)
    return name


def delete(store: Store, name: str, confirm: bool = False, tell: Tell | None = None) -> int:
    """Remove a scenario for good and return how many bytes that frees; UserError without `confirm`.

    It need not be readable. Exported files stay.
    """
    scenario = store.get(name)
    if not confirm:
        raise UserError(f"deleting {name!r} is for good: confirm it (--yes, or confirm=True)")
    with store.locked(name, tell=tell):
        path = store.get(name).path
        # The WAL's content belongs into the file: alone it would be left to a later scenario of that name.
        with contextlib.suppress(StoreError):
            scenario.settle()
        try:
            freed = sum(one.stat().st_size for one in (path, wal_of(path)) if one.exists())
            path.unlink()
            wal_of(path).unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"cannot delete scenario {name!r}: {error.strerror or error}") from error
        index.forget(store, name)
    return freed


def tag(
    store: Store, name: str, add: Iterable[str] = (), remove: Iterable[str] = (), tell: Tell | None = None
) -> list[str]:
    """Add tags to a scenario and remove some, and return those it has then; UserError for one to remove that it lacks."""
    add, remove = _clean(add), _clean(remove)
    with store.changing(name, tell) as (_, record):
        had = set(record["tags"])
        lacking = sorted(set(remove) - had)
        if lacking:
            raise UserError(f"scenario {name!r} has no tag {lacking[0]!r}{suggestion(lacking[0], had)}")
        record["tags"] = sorted(had - set(remove) | set(add))
    return record["tags"]


def _clean(tags: Iterable[str]) -> list[str]:
    cleaned = [one.strip() for one in ([tags] if isinstance(tags, str) else tags)]
    for one in cleaned:
        if not one or len(one) > LONGEST_TAG or "," in one or not one.isprintable():
            raise UserError(f"a tag is 1 to {LONGEST_TAG} characters on one line without a comma, got {one!r}")
    return cleaned


def tags_of(store: Store) -> dict[str, int]:
    """Return every tag and how many scenarios have it, the most frequent first."""
    counts = Counter(one for entry in listed(store) for one in entry.tags)
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def clone(
    store: Store,
    name: str,
    new: str,
    tell: Tell | None = None,
    new_ids: bool = False,
    catalog: Catalog | None = None,
) -> Scenario:
    """Copy a scenario under another name and with another id; its rows, and so all references, are the same.

    With `new_ids` every entity has an id of its own too, and what refers to it follows.
    """
    store.get(name)
    if new_ids:
        return renewed(store, name, new, catalog, tell)
    target = new_name(store, new)
    with contextlib.ExitStack() as held:
        held.enter_context(store.locked(name, tell=tell))
        source = store.get(name)
        source.settle()
        copy = NewScenario(target, store.new_file(target), store.path(target))
        held.callback(copy.discard)
        with source.connect():  # nobody can write to the file meanwhile, other programs neither
            source.about()
            _copy(source.path, copy.partial, name)
        with changing(copy.partial, target) as (connection, record):
            now, origin = moment(), record["scenario_id"]
            record["scenario_id"] = hashlib.blake2b(f"{origin} {target} {now}".encode(), digest_size=16).hexdigest()
            record |= {"name": target, "created_at": now, "cloned_from": {"name": name, "scenario_id": origin}}
        copy.put_in_place(record)
    return Scenario(target, store.path(target))


def _copy(source: Path, target: Path, name: str) -> None:
    """Copy a file in another process: closing it in this one would let go of the locks that DuckDB holds on it here."""
    script = "import os, shutil, sys; os.umask(0o077); shutil.copyfile(sys.argv[1], sys.argv[2])"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, str(source), str(target)], capture_output=True, text=True
    )
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["the copying process was stopped"])[-1]
        raise StoreError(f"cannot clone scenario {name!r}: {why}; nothing was changed")

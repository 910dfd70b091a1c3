"""History: every execution, in the record of the scenario it made and in one list of the workspace.

A scenario's own record is the truth and travels with its file. The list, `history/executions.jsonl`, also keeps executions
that saved nothing and those of scenarios that are gone; and it saves opening files that have not changed since.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from healthsim_core.state.shelf import fingerprint
from healthsim_core.state.store import Store, StoreError

_KEPT = ("seed", "as_of", "count", "people", "products", "versions", "references", "rows", "seconds")


@define
class Execution:
    """One execution under way: `finished` is told what it made."""

    name: str
    specification: Mapping[str, Any]
    command: str
    at: str
    result: dict[str, Any] | None = None
    path: Path | None = None
    earlier: list[dict[str, Any]] = field(factory=list)

    @property
    def id(self) -> str:
        """Return the execution's id."""
        words = [self.name, self.at, self.command, os.getpid()]
        return hashlib.blake2b(json.dumps(words).encode(), digest_size=8).hexdigest()

    def finished(self, record: Mapping[str, Any], tables: Mapping[str, int], before: Mapping[str, Any] | None) -> list:
        """Return the scenario's executions, this one last; `before` is the record of the scenario it replaces."""
        self.result = {**_entry(record), "id": self.id, "command": self.command, "at": self.at, "tables": dict(tables)}
        self.earlier = of_record(before) if before is not None else []
        return [*self.earlier, self.result]


@contextlib.contextmanager
def recorded(store: Store | None, name: str, specification: Mapping[str, Any], command: str) -> Iterator[Execution]:
    """Give an execution and note in the store's list how it ended; without a store nothing is noted."""
    execution = Execution(name, specification, command, _now())
    try:
        yield execution
    except BaseException as error:
        if store is not None:
            stopped = isinstance(error, KeyboardInterrupt | SystemExit)
            line = {
                "id": execution.id,
                "scenario": name,
                "command": command,
                "at": execution.at,
                "status": "interrupted" if stopped else "failed",
                "error": str(error) or type(error).__name__,
                **{key: specification["asked"].get(key) for key in ("seed", "as_of", "count", "products")},
                "saved": list(specification.get("saved", ())),
                "specification": specification,
            }
            _note(store, line)
        raise
    if store is not None and execution.path is not None:
        line = {**execution.result, "scenario": execution.path.stem, "file": _stamp(execution.path)}
        _note(store, {**line, "earlier": [one["id"] for one in execution.earlier]})


def of_record(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the executions a scenario's record tells of, the first one first."""
    if "executions" in record:
        return list(record["executions"])
    if "asked" not in record.get("specification", {}):
        return []
    mark = hashlib.blake2b(str(record["created_at"]).encode(), digest_size=8).hexdigest()
    return [{**_entry(record), "id": mark, "command": None, "at": record["created_at"], "tables": {}}]


def _entry(record: Mapping[str, Any]) -> dict[str, Any]:
    specification = record["specification"]
    return {
        "status": record.get("status", "complete"),
        **{key: record.get(key) for key in _KEPT},
        "layers": len(specification["asked"].get("layers", ())),
        "formats": list(specification["asked"].get("formats", ())),
        "origin": specification.get("origin", ""),
        "specification_fingerprint": fingerprint(specification),
        "saved": list(specification.get("saved", ())),
    }


@frozen
class History:
    """What a store's scenarios and its list tell of executions."""

    scenarios: Mapping[str, list[dict[str, Any]]]
    """The executions of every scenario that is there, the first one first."""
    lines: tuple[dict[str, Any], ...]
    """The store's list, oldest first."""
    unreadable: tuple[str, ...] = ()

    @classmethod
    def of(cls, store: Store) -> History:
        """Return the history of a store; a file that the list does not know as it is gets opened, and noted in it."""
        lines = _lines(store)
        by_id = {line["id"]: line for line in lines}
        latest = {line["scenario"]: line for line in lines if "file" in line}
        scenarios, unreadable = {}, []
        for name in store.names():
            stamp, line = _stamp(store.path(name)), latest.get(name)
            if line is not None and line["file"] == stamp and all(one in by_id for one in line["earlier"]):
                scenarios[name] = [_plain(by_id[one]) for one in (*line["earlier"], line["id"])]
                continue
            try:
                scenarios[name] = of_record(store.get(name).about())
            except StoreError as error:
                unreadable.append(str(error))
                continue
            for number, one in enumerate(mine := scenarios[name]):
                if number == len(mine) - 1:
                    _note(
                        store, {**one, "scenario": name, "file": stamp, "earlier": [each["id"] for each in mine[:-1]]}
                    )
                elif one["id"] not in by_id:
                    _note(store, {**one, "scenario": name})
        return cls(scenarios, tuple(lines), tuple(unreadable))

    def all(self) -> list[dict[str, Any]]:
        """Return every execution, the newest first; `present` says whether its scenario is still there."""
        found = [{**one, "scenario": name, "present": True} for name, mine in self.scenarios.items() for one in mine]
        there = {one["id"] for one in found}
        gone = {(line["id"], line["scenario"]): line for line in self.lines if line["id"] not in there}
        found += [{**_plain(line), "scenario": line["scenario"], "present": False} for line in gone.values()]
        return sorted(found, key=lambda one: one["at"], reverse=True)

    def using(self, kind: str, name: str) -> list[dict[str, Any]]:
        """Return the scenarios that came from a saved profile or journey, the newest first: one for every version used."""
        found = []
        for scenario, mine in self.scenarios.items():
            links = {}
            for one in mine:
                for link in one["saved"]:
                    if (link["kind"], link["name"]) == (kind, name):
                        links.setdefault((link["version"], link["fingerprint"]), one)
            found += [
                {
                    "scenario": scenario,
                    "version": version,
                    "fingerprint": mark,
                    "at": one["at"],
                    "people": one["people"],
                }
                for (version, mark), one in links.items()
            ]
        return sorted(found, key=lambda one: one["at"], reverse=True)


def executions(store: Store, name: str | None = None) -> list[dict[str, Any]]:
    """Return the executions of one scenario, or all; the newest first. UserError where nobody knows the scenario."""
    if name is None:
        return History.of(store).all()
    found = [{**_plain(line), "scenario": name, "present": False} for line in _lines(store) if line["scenario"] == name]
    if name in store.names() or not found:
        mine = of_record(store.get(name).about())
        there = {one["id"] for one in mine}
        found = [one for one in found if one["id"] not in there]
        found += [{**one, "scenario": name, "present": True} for one in mine]
    return sorted(found, key=lambda one: one["at"], reverse=True)


def _plain(line: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in line.items() if key not in ("file", "earlier", "specification", "scenario")}


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")


def _stamp(path: Path) -> list[int]:
    """Return by what a file is known to be as it was."""
    try:
        about = path.stat()
    except OSError:
        return []
    return [about.st_size, about.st_mtime_ns]


def _list(store: Store) -> Path:
    return store.root / "history" / "executions.jsonl"


def _lines(store: Store) -> list[dict[str, Any]]:
    found = []
    try:
        content = _list(store).read_text("utf-8", errors="replace")
    except OSError:
        return []
    for text in content.splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError):  # the machine went down while it was written
            line = json.loads(text)
            if line["id"] and line["scenario"] and line["at"]:
                found.append(line)
    return found


def _note(store: Store, line: Mapping[str, Any]) -> None:
    """Append a line; what a scenario's own record says too is not worth failing for."""
    path = _list(store)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            # One write, and it begins on a line of its own whatever an earlier one left.
            os.write(handle, f"\n{json.dumps(line, default=str)}\n".encode())
        finally:
            os.close(handle)

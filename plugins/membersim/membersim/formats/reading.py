"""What MemberSim's formats share: SQL files, rows in constant memory, control numbers, and saying what was left out."""

from __future__ import annotations

import collections
import importlib.resources
import itertools
from collections.abc import Iterator
from typing import Any

from attrs import define, field

from healthsim_core.export import Source

SENDER = "HEALTHSIM"
BATCH = 5_000
NAMED = 20
"""Entities a note names before it only counts."""

Row = Any
"""A named tuple of one query's columns."""


def sql(name: str) -> str:
    """Return the text of one of this folder's SQL files."""
    return importlib.resources.files("membersim.formats").joinpath(name).read_text("utf-8")


def rows(source: Source, name: str, *parameters: Any) -> Iterator[Row]:
    """Yield a query's rows as named tuples, a batch at a time."""
    cursor = source.cursor(sql(name), list(parameters))
    row = collections.namedtuple("row", [one[0] for one in cursor.description])
    while batch := cursor.fetchmany(BATCH):
        yield from map(row._make, batch)


class Follower:
    """Rows in the order of a leader's keys, their own first column, handed out key by key."""

    def __init__(self, followers: Iterator[Row]):
        self._rows = followers
        self._next = next(followers, None)

    def take(self, key: str) -> list[Row]:
        """Return the rows of one key; keys must be asked for in order."""
        taken = []
        while self._next is not None and self._next[0] == key:
            taken.append(self._next)
            self._next = next(self._rows, None)
        return taken


def control_number(source: Source, kind: int, number: int) -> int:
    """Return a control number of its own for the file `number` of a format: receivers refuse one they have seen."""
    return source.number + kind * 10_000 + number


@define
class Report:
    """Counts what was written and notes what was not, and why."""

    counts: dict[str, int] = field(factory=dict)
    notes: list[str] = field(factory=list)
    _skipped: dict[tuple[str, str], list[str]] = field(factory=dict)
    _more: dict[tuple[str, str], int] = field(factory=dict)

    def wrote(self, kind: str) -> None:
        """Count one document of a kind."""
        self.counts[kind] = self.counts.get(kind, 0) + 1

    def skip(self, kind: str, key: str, why: str) -> None:
        """Leave one entity out."""
        self.wrote(f"skipped {kind}")
        named = self._skipped.setdefault((kind, why), [])
        if len(named) < NAMED:
            named.append(key)
        else:
            self._more[kind, why] = self._more.get((kind, why), 0) + 1

    def finish(self, file: str) -> None:
        """Turn what was left out into notes."""
        for kind, why in sorted(self._skipped):
            more = self._more.get((kind, why))
            keys = ", ".join(self._skipped[kind, why]) + (f" and {more:,} more" if more else "")
            self.notes.append(f"{file}: {kind} skipped, {why}: {keys}")


def peek(items: Iterator[Any]) -> tuple[Any, Iterator[Any]]:
    """Return the first item and all of them; there must be one."""
    first = next(items)
    return first, itertools.chain([first], items)

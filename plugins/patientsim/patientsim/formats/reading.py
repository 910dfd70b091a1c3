"""What the message formats share: SQL files, rows in constant memory, files of a feed, and saying what was left out."""

from __future__ import annotations

import collections
import datetime
import importlib.resources
from collections.abc import Callable, Iterator
from typing import Any

from attrs import define, field

from healthsim_core.declarations import Document
from healthsim_core.export import Source
from healthsim_hl7v2 import Batch, split

SENDER = "HEALTHSIM"
BATCH = 5_000
MESSAGES_PER_FILE = 10_000
NAMED = 20
"""Entities a note names before it only counts."""

Row = Any
"""A named tuple of one query's columns."""


def sql(name: str) -> str:
    """Return the text of one of this folder's SQL files; `{other_file}` in it stands for that file's text."""
    text = importlib.resources.files("patientsim.formats").joinpath(f"{name}.sql").read_text("utf-8")
    for part in ("hl7v2_patient", "hl7v2_visit", "hl7v2_adt_messages", "hl7v2_dft_messages", "hl7v2_oru_messages"):
        if f"{{{part}}}" in text:
            text = text.replace(f"{{{part}}}", sql(part).strip())
    return text


def rows(source: Source, name: str, *parameters: Any) -> Iterator[Row]:
    """Yield a query's rows as named tuples, a batch at a time."""
    cursor = source.cursor(sql(name), list(parameters))
    row = collections.namedtuple("row", [one[0] for one in cursor.description])
    while batch := cursor.fetchmany(BATCH):
        yield from map(row._make, batch)


class Follower:
    """Rows in the order of a leader's keys, their own first column, handed out key by key; empty where a table is not there."""

    def __init__(self, source: Source, name: str, *tables: str):
        self._rows = rows(source, name) if source.tables.issuperset(tables) else iter(())
        self._next = next(self._rows, None)

    def take(self, key: str) -> list[Row]:
        """Return the rows of one key; keys must be asked for in order."""
        taken = []
        while self._next is not None and self._next[0] == key:
            taken.append(self._next)
            self._next = next(self._rows, None)
        return taken


@define
class Report:
    """Counts what was written since it was last asked, and notes what was not, and why."""

    _counts: dict[str, int] = field(factory=dict)
    _skipped: dict[tuple[str, str], list[str]] = field(factory=dict)
    _more: dict[tuple[str, str], int] = field(factory=dict)

    def wrote(self, kind: str) -> None:
        """Count one message of a kind."""
        self._counts[kind] = self._counts.get(kind, 0) + 1

    def skip(self, kind: str, key: str, why: str) -> None:
        """Leave one entity out."""
        self.wrote(f"skipped {kind}")
        named = self._skipped.setdefault((kind, why), [])
        if len(named) < NAMED:
            named.append(key)
        else:
            self._more[kind, why] = self._more.get((kind, why), 0) + 1

    def counts(self) -> dict[str, int]:
        """Return what was counted since the last time."""
        counts, self._counts = self._counts, {}
        return counts

    def notes(self) -> list[str]:
        """Return what is to be said since the last time."""
        said = []
        for kind, why in sorted(self._skipped):
            more = f" and {self._more[kind, why]:,} more" if (kind, why) in self._more else ""
            said.append(f"{kind} skipped, {why}: {', '.join(self._skipped[kind, why])}{more}")
        self._skipped, self._more = {}, {}
        return said


Messages = Callable[[str, Report], Iterator[str]]
"""`messages(control, report)` yields messages in time order; `control` begins their control ids."""


def feed(source: Source, name: str, letter: str, created: str, what: str, messages: Messages) -> Iterator[Document]:
    """Yield the files `name_0001.hl7` … of one feed, or say that the scenario has none of `what` it tells of.

    `created` selects the moment of the last message. The control ids of a feed begin with its letter and the scenario's
    number, so that no receiver sees one twice.
    """
    last: datetime.datetime | None = source.cursor(created).fetchone()[0]
    control = f"{letter}{source.number:09d}"
    report = Report()
    number = 0
    for number, part in enumerate(split(messages(control, report), MESSAGES_PER_FILE), 1):
        file = f"{name}_{number:04d}.hl7"
        yield _document(Batch(file, SENDER, last, control, number), part, report)
    if not number:
        notes = report.notes() or [f"nothing to write, the scenario has no {what}"]
        yield Document(f"{name}_0001.hl7", iter(()), report.counts, notes)


def _document(batch: Batch, messages: Iterator[str], report: Report) -> Document:
    notes: list[str] = []

    def pieces() -> Iterator[str]:
        yield from batch.pieces(messages)
        # The stream ends inside the last file, so that file says what the whole feed left out.
        notes.extend(report.notes())

    return Document(batch.file, pieces(), report.counts, notes)

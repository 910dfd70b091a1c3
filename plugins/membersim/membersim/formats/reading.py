"""What MemberSim's formats share: SQL files, rows in constant memory, payers, and saying what was left out."""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator
from typing import Any

from attrs import define, field

from healthsim_core.export import Source

SENDER = "HEALTHSIM"
BATCH = 5_000
NAMED = 20
"""Entities a note names before it only counts."""


def sql(name: str) -> str:
    """Return the text of one of this folder's SQL files."""
    return importlib.resources.files("membersim.formats").joinpath(name).read_text("utf-8")


def rows(source: Source, name: str, *parameters: Any) -> Iterator[dict[str, Any]]:
    """Yield a query's rows as dicts, a batch at a time."""
    cursor = source.cursor(sql(name), list(parameters))
    columns = [one[0] for one in cursor.description]
    while batch := cursor.fetchmany(BATCH):
        for row in batch:
            yield dict(zip(columns, row, strict=True))


def payers(source: Source) -> list[tuple[str, str]]:
    """Return (id, name) of the scenario's payers, sorted."""
    return source.cursor("SELECT DISTINCT payer_id, payer_name FROM coverages ORDER BY 1").fetchall()


@define
class Report:
    """Counts what was written and notes what was not, and why."""

    counts: dict[str, int] = field(factory=dict)
    skipped: dict[str, list[str]] = field(factory=dict)
    notes: list[str] = field(factory=list)

    def wrote(self, kind: str) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + 1

    def skip(self, kind: str, key: str, why: str) -> None:
        """Leave one entity out."""
        self.wrote(f"skipped {kind}")
        self.skipped.setdefault(f"{kind} skipped: {why}", []).append(
            key if len(self.skipped.get(f"{kind} skipped: {why}", ())) < NAMED else ""
        )

    def finish(self, file: str) -> None:
        """Turn what was left out into notes."""
        for what, keys in sorted(self.skipped.items()):
            named = ", ".join(key for key in keys if key)
            more = f" and {len(keys) - NAMED:,} more" if len(keys) > NAMED else ""
            self.notes.append(f"{file}: {what}: {named}{more}")

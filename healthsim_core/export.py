"""Export: stream a scenario out in an output format, in constant memory, whole files only."""

from __future__ import annotations

import datetime
import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from healthsim_core.declarations import Document, FormatPart, Lines, OutputFormat
from healthsim_core.errors import HealthSimError
from healthsim_core.tables import Table

if TYPE_CHECKING:
    import duckdb


class ExportError(HealthSimError):
    """A format could not be written; what was there before is untouched."""


@frozen
class Source:
    """An open scenario as a format sees it."""

    connection: duckdb.DuckDBPyConnection
    name: str
    scenario_id: str
    as_of: datetime.date
    tables: frozenset[str]
    """The tables that have rows."""
    format_parts: tuple[FormatPart, ...] = ()
    declared: Mapping[str, Table] = field(factory=dict)
    """The tables that the installed plugins declare."""
    record: Mapping[str, Any] = field(factory=dict)
    """What the scenario remembers of how it was made."""

    def cursor(self, sql: str, parameters: object = None) -> duckdb.DuckDBPyConnection:
        """Return a fresh cursor with the query executed."""
        return self.connection.cursor().execute(sql, parameters)

    def parts(self, format_name: str) -> tuple[FormatPart, ...]:
        """Return the products' parts of a format whose tables are all here, by name."""
        here = [part for part in self.format_parts if part.format == format_name and set(part.reads) <= self.tables]
        return tuple(sorted(here, key=lambda part: (part.name, part.product, part.about)))

    @property
    def number(self) -> int:
        """Return a number of nine digits that is the scenario's own, for control numbers."""
        return (
            int.from_bytes(hashlib.blake2b(self.scenario_id.encode(), digest_size=8).digest(), "big") % 899_999_999 + 1
        )


@frozen
class Written:
    """What an export wrote: the folder, each file's size in bytes, the documents by kind, and what was left out."""

    format: str
    folder: Path
    files: Mapping[str, int]
    counts: Mapping[str, int]
    notes: tuple[str, ...] = ()


@frozen
class _Tally:
    files: dict[str, int] = field(factory=dict)
    counts: dict[str, int] = field(factory=dict)
    notes: list[str] = field(factory=list)

    def add(self, counts: Mapping[str, int]) -> None:
        for kind, number in counts.items():
            self.counts[kind] = self.counts.get(kind, 0) + number


def export(source: Source, output_format: OutputFormat, out: Path) -> Written:
    """Write a scenario to `out/<format>/`; files of other formats and files written before under other names stay."""
    lacking = sorted(set(output_format.reads) - source.tables)
    if lacking:
        note = f"{output_format.name}: nothing to write, the scenario has no {', '.join(lacking)}"
        return Written(output_format.name, out / output_format.name, {}, {}, (note,))
    folder = out / output_format.name
    tally = _Tally()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if output_format.lines is not None:
            _write_lines(source, output_format.lines(source), folder, tally)
        elif output_format.documents is not None:
            _write_documents(output_format.documents(source), folder, tally)
        else:
            _copy_tables(source, output_format, folder, tally)
    except OSError as error:
        raise ExportError(f"cannot write {output_format.name} to {folder}: {error.strerror or error}") from error
    if not tally.files and not tally.notes:
        tally.notes.append(f"{output_format.name}: nothing to write, the scenario has no rows that it is about")
    return Written(output_format.name, folder, tally.files, tally.counts, tuple(tally.notes))


def _finish(partial: Path, target: Path, tally: _Tally, folder: Path) -> None:
    tally.files[str(target.relative_to(folder))] = partial.stat().st_size
    os.replace(partial, target)


def _partial(folder: Path, file: str) -> tuple[Path, Path]:
    target = folder / file
    target.parent.mkdir(parents=True, exist_ok=True)
    return target, target.with_name(f".{target.name}.{os.getpid()}.part")


def _write_lines(source: Source, files: Iterable[Lines], folder: Path, tally: _Tally) -> None:
    for lines in files:
        target, partial = _partial(folder, lines.file)
        # No quoting and a delimiter that no text holds: the lines go out as they are.
        options = "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\\x01'"
        try:
            count = (
                source.connection.cursor()
                .execute(f"COPY ({lines.sql}) TO {_literal(partial)} ({options})")
                .fetchone()[0]
            )
            if count:
                tally.add({lines.kind: count})
                _finish(partial, target, tally, folder)
        finally:
            partial.unlink(missing_ok=True)


def _write_documents(documents: Iterable[Document], folder: Path, tally: _Tally) -> None:
    for document in documents:
        target, partial = _partial(folder, document.file)
        try:
            with partial.open("wb") as stream:
                stream.writelines(one if isinstance(one, bytes) else one.encode() for one in document.pieces)
            tally.add(document.count())
            tally.notes.extend(document.notes)
            if partial.stat().st_size:
                _finish(partial, target, tally, folder)
        finally:
            partial.unlink(missing_ok=True)


def _copy_tables(source: Source, output_format: OutputFormat, folder: Path, tally: _Tally) -> None:
    # Late, and DuckDB with it: every command asks the plugins what formats there are, few write one.
    from healthsim_core.state import dictionary

    extension = output_format.name
    written = {}
    for table in sorted(source.tables):
        target, partial = _partial(folder, f"{table}.{extension}")
        try:
            order = f'SELECT * FROM "{table}" ORDER BY ALL'
            copy = f"COPY ({order}) TO {_literal(partial)} ({output_format.copy})"
            count = source.connection.cursor().execute(copy).fetchone()[0]
            tally.add({table: count})
            _finish(partial, target, tally, folder)
            written[table] = (target.name, tally.files[target.name], count)
        finally:
            partial.unlink(missing_ok=True)
    target, partial = _partial(folder, dictionary.FILE)
    try:
        text = dictionary.describe(source.connection, source.record, source.declared, extension, written)
        partial.write_text(text, "utf-8")
        _finish(partial, target, tally, folder)
    finally:
        partial.unlink(missing_ok=True)


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"

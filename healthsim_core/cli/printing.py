"""Print things: tables for people, JSON for scripts, progress on stderr."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import click


def as_json(data: Any) -> None:
    """Print data as JSON; dates, decimals and the like as text."""
    click.echo(json.dumps(data, indent=2, default=str, ensure_ascii=False))


def table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print an aligned table; numbers to the right."""
    text = [
        [
            "" if cell is None else f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)
            for cell in row
        ]
        for row in rows
    ]
    widths = [max(len(str(cell)) for cell in column) for column in zip(headings, *text, strict=True)]
    right = [
        bool(rows) and all(isinstance(row[number], int | float) for row in rows) for number in range(len(headings))
    ]

    def line(cells: Sequence[str]) -> str:
        return "  ".join(
            cell.rjust(width) if r else cell.ljust(width) for cell, width, r in zip(cells, widths, right, strict=True)
        ).rstrip()

    click.echo(line(list(headings)))
    click.echo(line(["-" * width for width in widths]))
    for row in text:
        click.echo(line(row))


def waiting(text: str) -> None:
    """Print what is waited for, on stderr."""
    click.echo(f"{text} …", err=True)


@contextlib.contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None] | None]:
    """Give a function to report `(done, total)` with; a bar on stderr where that is a terminal, else nothing."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)

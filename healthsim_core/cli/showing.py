"""Print a scenario as people like to read it: what it holds, its figures, where it comes from, what to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from healthsim_core.cli import printing
from healthsim_core.state.summary import ScenarioSummary

WIDEST = 6
"""Columns up to which rows are printed as a table; with more, one below the other."""


def show(about: Mapping[str, Any], summary: ScenarioSummary) -> None:
    """Print the summary of a scenario and what its record says of how it was made."""
    tags = f", tags {', '.join(summary.tags)}" if summary.tags else ""
    status = "" if summary.status == "complete" else f" ({summary.status})"
    click.echo(f"{summary.name}{status}: {about['people']:,} people, {about['rows']:,} rows{tags}")
    if about.get("description"):
        click.echo(about["description"])
    _origin(about)
    click.echo()
    printing.table(("table", "rows"), sorted(summary.entity_counts.items()))
    if summary.statistics:
        click.echo()
        for name, figures in summary.statistics.items():
            click.echo(f"{name.replace('_', ' ')}: {_figures(figures)}")
    click.echo()
    _remarks(about)


def _origin(about: Mapping[str, Any]) -> None:
    specification = about.get("specification") or {}
    if specification:
        origin = specification.get("origin") or "a specification given in Python"
        seed = "" if about["seed"] is None else f"seed {about['seed']}, "
        click.echo(
            f"made from {origin}, {seed}as of {about['as_of']}, products {', '.join(about['products'])}, "
            f"at {about['created_at'][:19]}Z"
        )
    for run in about.get("persisted", ()):
        saved = ", ".join(f"{number:,} {table}" for table, number in run["saved"].items()) or "nothing"
        context = f" ({run['context']})" if run.get("context") else ""
        click.echo(f"persisted {saved} at {run['at'][:19]}Z{context}")
    if about.get("waiting"):
        missing = ", ".join(f"{number:,} {table}" for table, number in about["waiting"].items())
        click.echo(f"unfinished: {missing} were given and are not saved; persist them again to go on")
    for label, fingerprint in about.get("references", {}).items():
        digest, of, releases = fingerprint.partition(" of ")
        click.echo(f"reference: {label} ({digest[:12]}{of}{releases})")


def _remarks(about: Mapping[str, Any]) -> None:
    validation = about.get("validation") or {}
    if validation.get("checks") or validation.get("errors"):
        click.echo("validation: every target met" if validation["passed"] else "validation: targets missed")
    elif about.get("specification"):
        click.echo("validation: every target met")
    for error in validation.get("errors", ()):
        click.echo(f"  {error}")
    for label, used in about.get("skills", {}).items():
        click.echo(f"skill: {label}, for {', '.join(used)}")
    for failure in about.get("failures", ()):
        click.echo(f"failed: {failure}")
    for notice in about.get("notices", ()):
        click.echo(f"note: {notice}")


def _figures(figures: Mapping[str, Any]) -> str:
    """Return a statistic in one line: a range where it is one, else each value with its figure."""
    if set(figures) == {"first", "last"}:
        return f"{figures['first']} to {figures['last']}"
    if set(figures) == {"min", "median", "max"}:
        return f"{figures['min']} to {figures['max']}, median {figures['median']}"
    return ", ".join(f"{name} {_number(value)}" for name, value in figures.items())


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def show_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows: narrow ones as a table, wide ones field by field, without what is empty in all of them."""
    if not rows:
        click.echo("no rows")
        return
    filled = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    if len(filled) <= WIDEST:
        printing.table(filled, [[row[name] for name in filled] for row in rows])
        return
    printing.table(("field", *(str(number) for number in range(1, len(rows) + 1))),
                   [(name, *("" if row[name] is None else str(row[name]) for row in rows)) for name in filled])  # fmt: skip

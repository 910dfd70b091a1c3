"""`healthsim compare-counties`: counties beside each other."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from populationsim.comparing import Row, as_data, compare_counties, title
from populationsim.profile import DemographicProfile


@click.command("compare-counties")
@click.argument("counties", nargs=-1, required=True, metavar="COUNTY COUNTY…")
@click.option(
    "--figure", "figures", multiple=True, metavar="NAME", help="Only this figure, such as DIABETES; repeatable."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def compare(counties: tuple[str, ...], figures: tuple[str, ...], as_json: bool) -> None:
    """Show the figures of counties, by FIPS or name, their differences and where they stand among all counties."""
    profiles, rows = compare_counties(counties, figures)
    click.echo(json.dumps(as_data(profiles, rows), indent=2) if as_json else _table(profiles, rows))


def _table(profiles: Sequence[DemographicProfile], rows: Sequence[Row]) -> str:
    names = [one.label for one in profiles]
    head = ["", *(word for name in names for word in (name, "rank")), *(f"{name} differs by" for name in names[1:])]
    lines = [head]
    for row in rows:
        cells = [title(row.figure)]
        for value, rank, of in zip(row.values, row.ranks, row.borrowed, strict=True):
            cells += [_number(value) + ("*" if of else ""), "" if rank is None else f"{rank:.0f}"]
        cells += [_signed(one) + (" ~" if row.overlap else "") for one in row.differences[1:]]
        lines.append(cells)
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    text = ["  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip() for line in lines]
    return "\n".join([*text, *_remarks(profiles, rows)])


def _remarks(profiles: Sequence[DemographicProfile], rows: Sequence[Row]) -> list[str]:
    remarks = [""]
    if any(rank is not None for row in rows for rank in row.ranks):
        remarks.append("rank: percent of the nation's counties that have less")
    if any(row.overlap for row in rows):
        remarks.append("~: the 95 % confidence intervals overlap")
    if any(of for row in rows for of in row.borrowed):
        remarks.append("*: of a wider area, for want of the county's own")
    for one in profiles:
        remarks += [f"{one.label}: {note}" for note in one.notes]
    vintages = sorted({f"{one.source}: {one.vintage}" for one in profiles})
    return [*remarks, *vintages]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+,}" if isinstance(value, int) else f"{value:+g}"

"""The commands `healthsim adequacy` and `healthsim providers`."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import click

from healthsim_core.cli import printing


@click.command("adequacy")
@click.argument("scenario")
@click.option("--network", help="A network's id; without it the whole directory is measured.")
@click.option("--county", help="One county, by its FIPS.")
@click.option("--each", type=float, default=1, show_default=True, help="Enrollees that a person stands for.")
@click.option(
    "--telehealth", is_flag=True, help="The network offers telehealth, which earns some specialties ten points."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
def adequacy_command(scenario, network, county, each, telehealth, as_json, as_csv) -> None:
    """Measure a network against CMS's standards of Medicare Advantage, by county and specialty (42 CFR 422.116)."""
    from networksim.access import Row, adequacy

    report = adequacy(scenario, network, county, telehealth=telehealth, each=each)
    if as_json:
        printing.as_json(report.to_dict())
        return
    if as_csv:
        _as_csv([field.name for field in attrs.fields(Row)], (attrs.asdict(row) for row in report.rows))
        return
    for title in dict.fromkeys((row.county, row.county_type, row.enrollees) for row in report.rows):
        rows = [row for row in report.rows if row.county == title[0]]
        click.echo(f"{report.network or 'the whole directory'} in {title[0]} ({title[1]}), {title[2]:,} enrollees")
        if rows[0].served is not None:
            click.echo(_served(rows[0]))
        printing.table(
            ("specialty", "needed", "have", "minutes", "miles", "within %", "of", "adequate"),
            [
                (row.specialty, row.needed, row.have, row.max_minutes, row.max_miles)
                + (row.percent_within, row.percent_needed, _verdict(row))
                for row in rows
            ],
        )
        click.echo()
    enough = sum(row.adequate for row in report.rows)
    click.echo(f"adequate: {enough:,} of {len(report.rows):,}; enrollees: {report.enrolled}")
    if report.left_out:
        click.echo(f"not measured: {', '.join(report.left_out)}")


def _served(row: Any) -> str:
    if row.served >= row.people:
        return f"the directory is full: it serves all of the county's {row.people:,} people"
    return (
        f"the directory serves {row.served:,} of the county's {row.people:,} people (`network.directory` full: all), "
        "so there are fewer, farther apart"
    )


def _verdict(row: Any) -> str:
    lacks = ([] if row.ratio_met else ["too few"]) + ([] if row.time_distance_met else ["too far"])
    return ", ".join(lacks) or "yes"


@click.command("providers")
@click.argument("scenario", required=False)
@click.option("--county", help="A county, by its FIPS; without a scenario its directory is made for the occasion.")
@click.option("--kind", default="provider", show_default=True, help="provider, facility or pharmacy.")
@click.option("--specialty", help="A specialty, or a type of facility or pharmacy.")
@click.option("--near", metavar="ZIP", help="The nearest to a ZIP first.")
@click.option("--radius", type=float, help="Miles around that ZIP.  [default: 10]")
@click.option("--network", help="Those in a network, by its id.")
@click.option("--accepting", is_flag=True, help="Those who take new patients.")
@click.option("--language", help="Those who speak a language.")
@click.option("--limit", type=int, default=20, show_default=True, help="How many at most.")
@click.option("--seed", type=int, default=42, show_default=True, help="Of a county's directory without a scenario.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def providers_command(scenario, as_json, **asked) -> None:
    """Find providers, facilities and pharmacies by specialty, place, network and language."""
    from networksim.search import find_providers

    rows = find_providers(scenario, **asked)
    if as_json:
        printing.as_json(rows)
        return
    if not rows:
        click.echo("none found")
        return
    shown = [
        name
        for name in ("miles", "id", "name", "specialty", "practice", "city", "zip_code", "phone", "tier")
        if name in rows[0]
    ]
    printing.table(shown, [tuple(row[name] for name in shown) for row in rows])


def _as_csv(names: list[str], rows: Iterable[Mapping[str, Any]]) -> None:
    writer = csv.DictWriter(sys.stdout, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)

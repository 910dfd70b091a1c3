"""`healthsim generate`."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from healthsim_core import catalog
from healthsim_core.cli import printing
from healthsim_core.errors import PluginError


@click.command("generate")
@click.argument("specification", metavar="SPEC", required=False)
@click.option("--journey", "journeys", multiple=True, help="A journey template or file; replaces the file's.")
@click.option("--count", type=int, help="People, or households where the profile has them.")
@click.option("--seed", type=int, help="Any whole number.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day on which ages hold.")
@click.option("--product", "products", multiple=True, help="A product to generate; replaces the file's.")
@click.option("--format", "formats", multiple=True, help="A format to write; replaces the file's.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Where files go, in a folder per format.")
@click.option("--name", help="The scenario's name; a taken one is refused.")
@click.option("--into", metavar="NAME", help="Let the people of this saved scenario live --journey too; no SPEC.")
@click.option("--tag", "tags", multiple=True, help="A tag of the scenario.")
@click.option("--county", metavar="FIPS", help="Take figures from this county.")
@click.option(
    "--workers", type=int, default=1, show_default=True, help="Processes that generate; the data is the same."
)
@click.option("--dry-run", is_flag=True, help="Check everything and make 5, save nothing.")
@click.option("--no-persist", is_flag=True, help="Write the files but keep no scenario.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def generate_command(
    specification: str | None,
    journeys,
    count,
    seed,
    as_of,
    products,
    formats,
    out,
    name,
    into,
    tags,
    county,
    workers,
    dry_run,
    no_persist,
    as_json,
) -> None:
    """Generate a scenario from SPEC: a template's name, or a file holding a profile or a scenario.

    Exits with 3 where a plugin's handler failed: what the others made is saved, and marked as failed.
    """
    from healthsim_core.generation.run import generate

    day: datetime.date | None = as_of.date() if as_of else None
    found = catalog.build()
    for plugin in found.failed():
        click.echo(f"warning: plugin {plugin.name} could not be used: {plugin.error}", err=True)
    with printing.progress("generating") as report:
        result = generate(
            specification,
            list(journeys) or None,
            count,
            list(products) or None,
            list(formats) or None,
            not no_persist,
            seed,
            out=out,
            name=name,
            into=into,
            tags=tags,
            as_of=day,
            county=county,
            dry_run=dry_run,
            workers=workers,
            catalog=found,
            progress=report,
            command="healthsim generate --into" if into else "healthsim generate",
            tell=printing.waiting,
        )
    summary = result.summary
    if dry_run or no_persist:
        summary["scenario"] = None
    if as_json:
        printing.as_json(summary)
    else:
        print_summary(summary, dry_run)
    if result.failures:
        raise SystemExit(PluginError.exit_code)


def print_summary(summary: dict, dry_run: bool) -> None:
    """Print what was made: tables, files, missed targets, notices."""
    saved = summary["scenario"]
    what = f"scenario {saved}" if saved else "dry run, nothing saved" if dry_run else "not saved"
    click.echo(
        f"{what}: {summary['people']:,} people, {summary['rows']:,} rows in {summary['seconds']:.2f} s "
        f"(seed {summary['seed']}, as of {summary['as_of']}, products {', '.join(summary['products']) or 'none'})"
    )
    click.echo()
    printing.table(("table", "rows"), sorted(summary["tables"].items()))
    if summary["outputs"]:
        click.echo()
        for one in summary["outputs"]:
            wrote = ", ".join(f"{number:,} {kind}" for kind, number in sorted(one["counts"].items())) or "nothing"
            click.echo(f"{one['format']}: {one['files']:,} files, {one['bytes']:,} bytes in {one['folder']} ({wrote})")
    validation = summary["validation"]
    click.echo()
    click.echo(
        "validation: not asked for"
        if validation["level"] == "none"
        else "validation: every target met"
        if validation["passed"]
        else f"validation: {len(validation['errors'])} targets missed"
    )
    for error in validation["errors"]:
        click.echo(f"  {error}")
    for failure in summary["failures"]:
        click.echo(f"failed: {failure}")
    for notice in summary["notices"]:
        click.echo(f"note: {notice}")

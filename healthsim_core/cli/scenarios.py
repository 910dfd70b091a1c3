"""Commands on one saved scenario: show, query, export, digest, regenerate."""

from __future__ import annotations

from pathlib import Path

import click

from healthsim_core.cli import printing
from healthsim_core.errors import UserError, suggestion
from healthsim_core.state.store import Store


@click.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: the whole record of the scenario.")
def show_command(name: str, as_json: bool) -> None:
    """Show what a scenario holds and how it was made."""
    from healthsim_core.cli.showing import show
    from healthsim_core.state.summary import generate_summary

    scenario = Store().get(name)
    summary = generate_summary(scenario, include_samples=False, limited=False)
    about = scenario.about()
    if as_json:
        printing.as_json({**about, "statistics": summary.statistics})
    else:
        show(about, summary)


@click.command("samples")
@click.argument("name")
@click.argument("entity_type", metavar="TYPE")
@click.option("--count", type=click.IntRange(1, 100), default=3, show_default=True, help="How many rows.")
@click.option(
    "--strategy",
    type=click.Choice(["diverse", "random", "recent"]),
    default="diverse",
    show_default=True,
    help="Rows as different as can be, any rows (the same each time), or the latest.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def samples_command(name: str, entity_type: str, count: int, strategy: str, as_json: bool) -> None:
    """Show a few rows of one type of entities."""
    from healthsim_core.cli.showing import show_rows
    from healthsim_core.state.samples import plain
    from healthsim_core.state.summary import get_samples

    rows = get_samples(name, entity_type, count, strategy)
    if as_json:
        printing.as_json([{column: plain(value, None) for column, value in row.items()} for row in rows])
    else:
        show_rows(rows)


@click.command("regenerate")
@click.argument("name")
@click.option("--entity", required=True, help="A person's number, from 0, or any of their ids (P160, PT160 …).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def regenerate_command(name: str, entity: str, as_json: bool) -> None:
    """Generate one person of a scenario again, alone, with everybody of the household; nothing is saved."""
    from healthsim_core.generation.regenerating import regenerate

    made = regenerate(name, entity)
    if as_json:
        printing.as_json({"unit": made.unit, "tables": made.tables, "notices": list(made.notices)})
        return
    for table, rows in made.tables.items():
        click.echo(f"{table}:")
        printing.table(list(rows[0]), [tuple(row.values()) for row in rows])
        click.echo()
    for notice in made.notices:
        click.echo(f"note: {notice}")


@click.command("query")
@click.argument("name")
@click.argument("sql")
@click.option("--limit", type=int, default=20, show_default=True, help="Rows a page, at most 100.")
@click.option("--offset", type=int, default=0, show_default=True, help="Rows to leave out first.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def query_command(name: str, sql: str, limit: int, offset: int, as_json: bool) -> None:
    """Answer a SELECT about a scenario, a page at a time."""
    from healthsim_core.state.query import query

    page = query(Store().get(name), sql, limit, offset)
    if as_json:
        printing.as_json(page.to_dict())
        return
    printing.table(page.columns, page.rows)
    shown = f"{page.offset + 1}-{page.offset + len(page.rows)}" if page.rows else "none"
    click.echo(
        f"rows {shown} of {page.total_count:,}"
        + ("; more with --offset " + str(page.offset + page.limit) if page.has_more else "")
    )


@click.command("export")
@click.argument("name")
@click.option("--format", "formats", multiple=True, required=True, help="A format's name.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Where the files go, in a folder per format.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def export_command(name: str, formats, out: Path, as_json: bool) -> None:
    """Write a saved scenario in output formats."""
    from healthsim_core import catalog, known
    from healthsim_core.generation.run import export_formats

    found = catalog.build()
    scenario = Store().get(name)
    chosen = []
    for one in formats:
        meant = found.formats(one)
        if not meant:
            lacking = known.absent("format", one, set(found.fingerprint()))
            options = found.all("output format")
            raise UserError((lacking or f"unknown format {one!r}{suggestion(one, options)}") + found.blame())
        chosen += [each for each in meant if each not in chosen]
    if scenario.about().get("status") == "failed":
        click.echo(
            f"warning: handlers failed when {name} was made, so rows are missing; see healthsim show {name}", err=True
        )
    written = export_formats(scenario, chosen, out, found)
    if as_json:
        printing.as_json(
            [
                {"format": w.format, "folder": str(w.folder), "files": w.files, "counts": w.counts, "notes": w.notes}
                for w in written
            ]
        )
        return
    for one in written:
        wrote = ", ".join(f"{number:,} {kind}" for kind, number in sorted(one.counts.items())) or "nothing"
        click.echo(
            f"{one.format}: {len(one.files):,} files, {sum(one.files.values()):,} bytes in {one.folder} ({wrote})"
        )
        for note in one.notes:
            click.echo(f"note: {note}")


@click.command("digest")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def digest_command(name: str, as_json: bool) -> None:
    """Print one line per table: name, rows, digest; independent of the order of rows and of the day."""
    digests = Store().get(name).digest()
    if as_json:
        printing.as_json({table: {"rows": rows, "digest": digest} for table, (rows, digest) in digests.items()})
        return
    for table, (rows, digest) in digests.items():
        click.echo(f"{table} {rows} {digest}")

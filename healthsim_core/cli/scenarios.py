"""Commands on saved scenarios: list, show, query, export, digest."""

from __future__ import annotations

from pathlib import Path

import click

from healthsim_core.cli import printing
from healthsim_core.errors import UserError, suggestion
from healthsim_core.state.store import Store, StoreError


@click.command("list")
@click.option("--tag", "tags", multiple=True, help="Only scenarios with this tag.")
@click.option("--filter", "text", help="Only names that contain this text.")
@click.option("--sort", type=click.Choice(["updated", "name", "size"]), default="updated", help="What comes first.")
@click.option("--limit", type=click.IntRange(1), help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(tags, text, sort, limit, as_json) -> None:
    """List saved scenarios."""
    store = Store()
    rows, unreadable = [], []
    for name in store.names():
        if text and text.lower() not in name:
            continue
        try:
            about = store.get(name).about()
        except StoreError as error:
            unreadable.append(str(error))
            continue
        if set(tags) <= set(about["tags"]):
            rows.append(
                {
                    "name": name,
                    "people": about["people"],
                    "rows": about["rows"],
                    "bytes": store.path(name).stat().st_size,
                    "updated_at": about["updated_at"],
                    "tags": about["tags"],
                    "status": about.get("status", "complete"),
                }
            )
    order = {
        "updated": lambda row: row["updated_at"],
        "name": lambda row: row["name"],
        "size": lambda row: row["bytes"],
    }[sort]
    rows.sort(key=order, reverse=sort != "name")
    rows = rows[:limit]
    if as_json:
        printing.as_json(rows)
    elif rows:
        printing.table(
            ("scenario", "people", "rows", "bytes", "updated", "tags"),
            [
                (
                    r["name"] + (" (failed)" if r["status"] == "failed" else ""),
                    r["people"],
                    r["rows"],
                    r["bytes"],
                    f"{r['updated_at'][:19]}Z",
                    ", ".join(r["tags"]),
                )
                for r in rows
            ],
        )
    else:
        click.echo("no scenarios")
    for problem in unreadable:
        click.echo(f"warning: {problem}", err=True)


@click.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show_command(name: str, as_json: bool) -> None:
    """Show what a scenario holds and how it was made."""
    about = Store().get(name).about()
    if as_json:
        printing.as_json(about)
        return
    click.echo(
        f"{name}: {about['people']:,} people, {about['rows']:,} rows"
        + (f", tags {', '.join(about['tags'])}" if about["tags"] else "")
    )
    if about["description"]:
        click.echo(about["description"])
    origin = about["specification"]["origin"] or "a specification given in Python"
    click.echo(
        f"made from {origin}, seed {about['seed']}, as of {about['as_of']}, products {', '.join(about['products'])}, at {about['created_at'][:19]}Z"
    )
    for label, fingerprint in about["references"].items():
        click.echo(f"reference: {label} ({fingerprint[:12]})")
    click.echo()
    printing.table(("table", "rows"), sorted(about["tables"].items()))
    click.echo()
    validation = about["validation"]
    click.echo("validation: every target met" if validation["passed"] else "validation: targets missed")
    for error in validation["errors"]:
        click.echo(f"  {error}")
    for label, used in about.get("skills", {}).items():
        click.echo(f"skill: {label}, for {', '.join(used)}")
    for failure in about.get("failures", ()):
        click.echo(f"failed: {failure}")
    for notice in about["notices"]:
        click.echo(f"note: {notice}")


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

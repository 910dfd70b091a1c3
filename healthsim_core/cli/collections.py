"""Commands on scenarios as a collection: list, rename, delete, tag, tags, clone, merge, import."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from healthsim_core.cli import printing
from healthsim_core.state import collections
from healthsim_core.state.store import Store


@click.command("list")
@click.option("--tag", "tags", multiple=True, help="Only scenarios with this tag; may be repeated.")
@click.option("--filter", "text", help="Only names and descriptions that contain this text, or match it with * and ?.")
@click.option("--sort", type=click.Choice(["updated", "name", "size"]), default="updated", help="What comes first.")
@click.option("--limit", type=click.IntRange(1), help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(tags, text, sort, limit, as_json) -> None:
    """List saved scenarios."""
    found = collections.listed(Store(), text, tags, sort, limit)
    if as_json:
        printing.as_json([entry.to_dict() for entry in found])
    elif len(found):
        printing.table(
            ("scenario", "people", "rows", "bytes", "updated", "tags"),
            [
                (
                    one.name + ("" if one.status == "complete" else f" ({one.status})"),
                    one.people,
                    one.rows,
                    one.bytes,
                    f"{one.updated_at[:19]}Z",
                    ", ".join(one.tags),
                )
                for one in found
            ],
        )
    else:
        click.echo("no scenarios")
    for problem in found.unreadable:
        click.echo(f"warning: {problem}", err=True)


@click.command("rename")
@click.argument("old")
@click.argument("new")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def rename_command(old: str, new: str, as_json: bool) -> None:
    """Give a scenario another name; a taken one is refused. Exported files keep the old one."""
    name = collections.rename(Store(), old, new, printing.waiting)
    if as_json:
        printing.as_json({"old": old, "scenario": name})
    else:
        click.echo(f"{old} is now {name}")


@click.command("delete")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Delete it without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def delete_command(name: str, yes: bool, as_json: bool) -> None:
    """Delete a scenario for good; exported files stay. Asks first, and needs --yes where nobody can answer."""
    store = Store()
    store.get(name)
    if not yes and sys.stdin.isatty():
        yes = click.confirm(f"delete {name} for good?", err=True)
        if not yes:
            raise click.Abort
    freed = collections.delete(store, name, yes, printing.waiting)
    if as_json:
        printing.as_json({"deleted": name, "bytes": freed})
    else:
        click.echo(f"{name} is deleted, {freed:,} bytes are free")


@click.command("tag")
@click.argument("name")
@click.option("--add", multiple=True, help="A tag to add; may be repeated.")
@click.option("--remove", multiple=True, help="A tag to remove; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def tag_command(name: str, add, remove, as_json: bool) -> None:
    """Add and remove tags of a scenario, and print those it has then."""
    store = Store()
    tags = (
        collections.tag(store, name, add, remove, printing.waiting)
        if add or remove
        else store.get(name).about()["tags"]
    )
    if as_json:
        printing.as_json({"scenario": name, "tags": tags})
    else:
        click.echo(f"{name}: {', '.join(tags) or 'no tags'}")


@click.command("tags")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def tags_command(as_json: bool) -> None:
    """List tags and how many scenarios have each; `list --tag` shows which."""
    counts = collections.tags_of(Store())
    if as_json:
        printing.as_json(counts)
    elif counts:
        printing.table(("tag", "scenarios"), list(counts.items()))
    else:
        click.echo("no tags")


@click.command("clone")
@click.argument("name")
@click.argument("new")
@click.option("--new-ids", is_flag=True, help="Give every entity an id of its own too; what refers to it follows.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def clone_command(name: str, new: str, new_ids: bool, as_json: bool) -> None:
    """Copy a scenario under another name and id."""
    scenario = collections.clone(Store(), name, new, printing.waiting, new_ids)
    about = scenario.about()
    if as_json:
        printing.as_json({"scenario": scenario.name, "scenario_id": about["scenario_id"], "cloned_from": name})
    else:
        click.echo(f"{scenario.name} is a copy of {name}: {sum(about['tables'].values()):,} rows")


@click.command("merge")
@click.argument("new")
@click.argument("names", nargs=-1, required=True)
@click.option(
    "--on-conflict",
    type=click.Choice(["skip", "overwrite", "rename"]),
    default="skip",
    show_default=True,
    help="Where a key is in several: keep the first scenario's row, the last one's, or both, the later under a new key.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def merge_command(new: str, names, on_conflict: str, as_json: bool) -> None:
    """Unite two or more scenarios, NAMES, in a new one, NEW; they stay as they are."""
    merged = collections.merge(Store(), new, names, on_conflict, tell=printing.waiting)
    if as_json:
        printing.as_json(merged.to_dict())
        return
    rows = [
        (source, table, count, merged.conflicts[source].get(table, 0))
        for source, counts in merged.rows.items()
        for table, count in counts.items()
    ]
    click.echo(f"scenario {merged.scenario.name}: {sum(row[2] for row in rows):,} rows")
    click.echo()
    printing.table(("from", "table", "rows", "conflicts"), rows)
    for notice in merged.notices:
        click.echo(f"note: {notice}")


@click.command("import")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="The scenario's name; a taken one is refused.")
@click.option("--tag", "tags", multiple=True, help="A tag of the scenario.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def import_command(folder: Path, name: str, tags, as_json: bool) -> None:
    """Make a scenario from FOLDER: tables exported as csv, json, ndjson or parquet, one file each."""
    from healthsim_core.state.transfer import import_tables

    done = import_tables(Store(), folder, name, tags)
    if as_json:
        printing.as_json({"scenario": done.scenario.name, "tables": done.rows, "notices": list(done.notices)})
        return
    click.echo(f"scenario {done.scenario.name}: {sum(done.rows.values()):,} rows")
    click.echo()
    printing.table(("table", "rows"), sorted(done.rows.items()))
    for notice in done.notices:
        click.echo(f"note: {notice}")

"""`healthsim plugins` and `healthsim templates`."""

from __future__ import annotations

import click

from healthsim_core import catalog
from healthsim_core.cli import printing


@click.command("plugins")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("-v", "--verbose", is_flag=True, help="Name everything declared, and show whole errors.")
@click.pass_context
def plugins_command(ctx: click.Context, as_json: bool, verbose: bool) -> None:
    """List installed plugins, what each declares, and what failed (exit code 3 if any did)."""
    found = catalog.build()
    conflicts = [
        f"{kind} {name!r} is declared by both {first} and {second}; neither is used"
        for (kind, name), (first, second) in sorted(found.conflicts.items())
    ]
    if as_json:
        printing.as_json(
            {
                "plugins": [
                    {
                        "name": one.name,
                        "distribution": one.distribution,
                        "version": one.version,
                        "error": one.error,
                        "declares": {kind: list(names) for kind, names in one.declares.items()},
                    }
                    for one in found.plugins
                ],
                "conflicts": conflicts,
            }
        )
    else:
        rows = []
        for one in found.plugins:
            declares = ", ".join(f"{len(names)} {_plural(kind, len(names))}" for kind, names in one.declares.items())
            rows.append((one.name, one.version, f"FAILED: {one.error}" if one.error else declares))
        printing.table(("plugin", "version", "declares"), rows)
        if verbose:
            for one in found.plugins:
                click.echo(f"\n{one.name} ({one.distribution} {one.version})")
                for kind, names in one.declares.items():
                    click.echo(f"  {_plural(kind, 2)}: {', '.join(names)}")
                if one.details:
                    click.echo(one.details)
        for conflict in conflicts:
            click.echo(f"conflict: {conflict}", err=True)
    if found.failed() or conflicts:
        ctx.exit(3)


def _plural(kind: str, count: int) -> str:
    return kind if count == 1 else f"{kind}s"


@click.command("templates")
@click.option("--kind", type=click.Choice(["profile", "journey", "scenario"]), help="Only one kind.")
@click.option("--attributes", is_flag=True, help="List the attributes a profile may set instead.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def templates_command(kind: str | None, attributes: bool, as_json: bool) -> None:
    """List ready profiles, journeys and scenarios, or the attributes a profile may set."""
    from healthsim_core import reading

    found = catalog.build()
    if attributes:
        rows = [
            {
                "name": one.name,
                "section": one.section,
                "kind": one.kind,
                "unit": one.unit,
                "doc": one.doc,
                "plugin": found.owner("attribute", one.name),
            }
            for one in found.all("attribute").values()
        ]
        headings = ("name", "section", "kind", "unit", "plugin", "doc")
    else:
        rows = []
        for key, one in found.all("template").items():
            if kind in (None, one.kind):
                data = reading.parse_file(one.path)
                rows.append(
                    {
                        "kind": one.kind,
                        "name": one.name,
                        "aliases": ", ".join(one.aliases),
                        "plugin": found.owner("template", key),
                        "description": data.get("description") or data.get("scenario") or "",
                    }
                )
        headings = ("kind", "name", "aliases", "plugin", "description")
    if as_json:
        printing.as_json(rows)
    else:
        printing.table(headings, [[row[name] for name in headings] for row in rows])

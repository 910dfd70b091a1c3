"""`healthsim skills`: list, show and search what the installed plugins know."""

from __future__ import annotations

import click

from healthsim_core.cli import printing
from healthsim_core.errors import UserError, suggestion


@click.group("skills")
def skills_command() -> None:
    """List, show or search skills: clinical knowledge that journeys refer to with `skill_ref`."""


def _rows(found: dict, owner) -> list[dict]:
    return [
        {
            "name": skill.name,
            "version": skill.version,
            "applies_to": list(skill.applies_to),
            "plugin": owner("skill", name),
            "description": skill.description,
        }
        for name, skill in found.items()
    ]


def _print(rows: list[dict], as_json: bool) -> None:
    if as_json:
        printing.as_json(rows)
    elif rows:
        headings = ("name", "version", "applies_to", "plugin", "description")
        printing.table(headings, [[_cell(row[name]) for name in headings] for row in rows])
    else:
        click.echo("no skills")


def _cell(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


@skills_command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_skills(as_json: bool) -> None:
    """List the skills of the installed plugins."""
    from healthsim_core import catalog

    found = catalog.build()
    _print(_rows(found.all("skill"), found.owner), as_json)


@skills_command.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show_skill(name: str, as_json: bool) -> None:
    """Show one skill: its text, or with --json its front matter and tables."""
    from healthsim_core import catalog

    found = catalog.build()
    skill = found.get("skill", name)
    if skill is None:
        raise UserError(f"no skill {name!r}{suggestion(name, found.all('skill'))}{found.blame()}")
    if as_json:
        printing.as_json({**_rows({name: skill}, found.owner)[0], "tables": skill.tables, "text": skill.text})
        return
    click.echo(f"{skill.label}: {skill.description}\napplies to {', '.join(skill.applies_to)}\n\n{skill.text}")


@skills_command.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def search_skills(words: tuple[str, ...], as_json: bool) -> None:
    """List the skills in which all WORDS stand: names, codes, drugs, tests, anything of their text."""
    from healthsim_core import catalog

    found = catalog.build()
    hits = {name: skill for name, skill in found.all("skill").items() if skill.matches(" ".join(words))}
    _print(_rows(hits, found.owner), as_json)

"""`healthsim executions`, `re-execute` and `provenance`: how scenarios came about, and their rows."""

from __future__ import annotations

import click

from healthsim_core.cli import printing
from healthsim_core.errors import HealthSimError, UserError
from healthsim_core.state.store import Store

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class NotReproduced(HealthSimError):
    """The rows came out differently though nothing that decides them has changed: a bug, here or in a plugin."""


@click.command("executions")
@click.argument("name", required=False)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@_JSON
def executions_command(name: str | None, limit: int, as_json: bool) -> None:
    """List executions, the newest first: of one scenario, or all, failed ones and those of deleted scenarios too."""
    from healthsim_core.state.history import executions

    found = executions(Store(), name)
    if as_json:
        printing.as_json(found[:limit])
        return
    if not found:
        click.echo("no executions")
        return
    headings = ("at", "scenario", "status", "seed", "as of", "people", "rows", "seconds", "command")
    printing.table(headings, [_cells(one) for one in found[:limit]])
    for one in found[:limit]:
        if one.get("error"):
            click.echo(f"{one['status']} at {one['at'][:19]}Z: {one['error'].splitlines()[0]}")


def _cells(one: dict) -> tuple:
    gone = "" if one["present"] or one["status"] in ("failed", "interrupted") and "rows" not in one else " (gone)"
    return (
        f"{one['at'][:19]}Z",
        one["scenario"] + gone,
        one["status"],
        one.get("seed"),
        one.get("as_of"),
        one.get("people"),
        one.get("rows"),
        one.get("seconds"),
        one.get("command"),
    )


@click.command("re-execute")
@click.argument("name")
@click.option("--name", "new_name", metavar="NEW", help="What the new scenario is called; by default NAME-2.")
@click.option(
    "--workers", type=int, default=1, show_default=True, help="Processes that generate; the data is the same."
)
@_JSON
def re_execute_command(name: str, new_name: str | None, workers: int, as_json: bool) -> None:
    """Execute a scenario's specification again, with its seed and date, into a new scenario; compare all digests.

    Ends with 2 where rows differ because versions or reference data have changed, with 1 where nothing has.
    """
    from healthsim_core.generation.repeating import re_execute

    with printing.progress("generating") as report:
        made = re_execute(name, new_name, workers=workers, progress=report, command="healthsim re-execute")
    new, differing, why = made.result.scenario.name, made.differing, list(made.differences)
    if as_json:
        tables = {table: {"equal": then == now, "then": then, "now": now} for table, (then, now) in made.tables.items()}
        printing.as_json({"scenario": name, "new": new, "equal": made.equal, "differences": why, "tables": tables})
    else:
        click.echo(f"scenario {new}: {made.result.summary['rows']:,} rows in {made.result.seconds:.2f} s")
        for one in why:
            click.echo(f"note: {one}")
    if made.equal:
        if not as_json:
            click.echo(f"equal: the {len(made.tables)} tables have the digests of {name}")
        return
    message = f"rows differ from those of {name} in {', '.join(differing)}"
    if why:
        raise UserError(f"{message}: {'; '.join(why)}")
    raise NotReproduced(f"{message}, though no version and no reference data has changed")


@click.command("provenance")
@click.argument("name")
@click.argument("id")
@click.option("--table", help="Which table, where several have the id.")
@_JSON
def provenance_command(name: str, id: str, table: str | None, as_json: bool) -> None:
    """Show where the row of scenario NAME with this ID comes from: profile, journey, event, triggers, skills, rows."""
    from healthsim_core.state.tracing import provenance

    found = provenance(name, id, table=table)
    if as_json:
        printing.as_json(found.to_dict())
        return
    click.echo(f"{found.table} {found.id} of scenario {name}: {_HOW[found.how]}")
    for label, text in _lines(found):
        click.echo(f"{label + ':':<14}{text}")


_HOW = {
    "person": "a person, generated",
    "event": "made by an event",
    "roster": "of a directory that all people share, generated",
    "persisted": "persisted, not generated",
    "taken": "from another scenario",
    "unknown": "its event is not known to the installed plugins",
}


def _lines(found) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    if found.person:
        lines.append(("person", f"{found.person['person_id']}, household {found.person['household']}"))
    if found.specification:
        origin = found.specification["origin"] or f"a {found.specification['kind']} given in Python"
        saved = [f"{one['kind']} {one['name']}@{one['version']}" for one in found.specification["saved"]]
        lines.append(("from", origin + (f" (saved: {', '.join(saved)})" if saved else "")))
    if found.journey:
        after = f", after {found.depends_on}" if found.depends_on else ""
        lines.append(("journey", f"{found.journey}, event {found.event_id}{after}, repetition {found.occurrence + 1}"))
    for cause in found.chain:
        how = f"by trigger {cause.trigger}" if cause.trigger else cause.path
        rows = f" -> {', '.join(cause.rows)}" if cause.rows else ""
        lines.append(("event", f"{cause.event_type}, {how}{rows}"))
    if found.made_by and found.made_by["distribution"]:
        lines.append(("made by", f"{found.made_by['distribution']} {found.made_by['version'] or ''}".rstrip()))
    lines += [("skill", one) for one in found.skills]
    lines += [("refers to", f"{one['table']} {one['id']} ({one['column']})") for one in found.references]
    lines += [("taken from", f"{one['scenario']}, {one['id']} there") for one in found.taken_from]
    if found.loaded:
        context = f", {found.loaded['context']}" if found.loaded.get("context") else ""
        lines.append(("loaded", f"at {found.loaded['at']}{context}"))
    if found.execution:
        seed = f"seed {found.execution['seed']}, as of {found.execution['as_of']}"
        lines.append(
            ("execution", f"{found.execution['command'] or 'not recorded'} at {found.execution['at'][:19]}Z, {seed}")
        )
    return lines

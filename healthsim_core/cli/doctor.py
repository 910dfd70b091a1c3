"""`healthsim doctor`."""

from __future__ import annotations

import click

from healthsim_core.cli import printing
from healthsim_core.errors import PluginError, UserError


@click.command("doctor")
@click.option("--fix", is_flag=True, help="Mend what can be mended without losing anything.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor_command(fix: bool, as_json: bool) -> None:
    """Check the workspace: leftovers of killed processes, damaged files, permissions, disk space, plugins that failed.

    Exits with 0 where all is well or was mended, 2 where something is left to do, 3 where that is only a plugin's.
    """
    from healthsim_core import catalog
    from healthsim_core.state.doctor import examine
    from healthsim_core.state.store import Store

    store = Store()
    findings = examine(store, catalog.build(), fix)
    left = [one for one in findings if not one.mended]
    if as_json:
        printing.as_json({"workspace": str(store.root), "findings": [one.to_dict() for one in findings]})
    else:
        for one in findings:
            state = "mended" if one.mended else "can be mended with --fix" if one.mend and not fix else one.advice
            click.echo(f"{one.about}: {one.what}" + (f"; {state}" if state else ""))
        names = store.names()
        click.echo(f"{store.root}: {len(names)} scenarios, " + (f"{len(left)} findings" if left else "all is well"))
    if left:
        only_plugins = all(one.about == "plugin" for one in left)
        raise SystemExit(PluginError.exit_code if only_plugins else UserError.exit_code)

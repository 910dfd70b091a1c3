"""The command line: `healthsim`. Exit codes: 0 done, 2 the user's mistake, 3 a plugin's, 1 a bug."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading

import click

from healthsim_core.errors import HealthSimError, PluginError
from healthsim_core.version import __version__

# Command → (module, one line for --help). Modules load when their command is called: `--help` stays quick.
COMMANDS = {
    "plugins": ("healthsim_core.cli.plugins", "List installed plugins, what each declares, and what failed."),
    "templates": ("healthsim_core.cli.plugins", "List ready profiles, journeys and scenarios, or attributes."),
    "generate": ("healthsim_core.cli.generate", "Generate a scenario from a template or file."),
    "list": ("healthsim_core.cli.collections", "List saved scenarios."),
    "show": ("healthsim_core.cli.scenarios", "Show what a scenario holds and how it was made."),
    "samples": ("healthsim_core.cli.scenarios", "Show a few rows of one type of entities."),
    "query": ("healthsim_core.cli.scenarios", "Answer a SELECT about a scenario, a page at a time."),
    "export": ("healthsim_core.cli.scenarios", "Write a saved scenario in output formats."),
    "regenerate": ("healthsim_core.cli.scenarios", "Generate one person of a scenario again, alone."),
    "digest": ("healthsim_core.cli.scenarios", "Print one line per table: name, rows, digest."),
    "profile": ("healthsim_core.cli.library", "Save, load, list, search, check and delete profiles."),
    "journey": ("healthsim_core.cli.library", "Save, load, list, search, check and delete journeys."),
    "executions": ("healthsim_core.cli.history", "List executions, of one scenario or all."),
    "re-execute": ("healthsim_core.cli.history", "Execute a scenario's specification again and compare."),
    "provenance": ("healthsim_core.cli.history", "Show where a row of a scenario comes from."),
    "rename": ("healthsim_core.cli.collections", "Give a scenario another name."),
    "delete": ("healthsim_core.cli.collections", "Delete a scenario for good."),
    "tag": ("healthsim_core.cli.collections", "Add and remove tags of a scenario."),
    "tags": ("healthsim_core.cli.collections", "List tags and how many scenarios have each."),
    "clone": ("healthsim_core.cli.collections", "Copy a scenario under another name."),
    "merge": ("healthsim_core.cli.collections", "Unite scenarios in a new one."),
    "import": ("healthsim_core.cli.collections", "Make a scenario from exported tables."),
    "doctor": ("healthsim_core.cli.doctor", "Check the workspace, and mend what is safe to."),
    "skills": ("healthsim_core.cli.skills", "List, show or search skills."),
    "new-plugin": ("healthsim_core.cli.new_plugin", "Write a new plugin, small and whole, with its tests."),
}


class Shell(click.Group):
    """A group that loads its commands late, lets plugins add some, and turns our errors into exit codes."""

    def list_commands(self, ctx):
        return [*COMMANDS, *(name for name in _plugin_commands() if name not in COMMANDS)]

    def get_command(self, ctx, name):
        if name in COMMANDS:
            return getattr(importlib.import_module(COMMANDS[name][0]), f"{name.replace('-', '_')}_command")
        declared = _plugin_commands().get(name)
        if declared is None:
            return None
        try:
            return declared.load()
        except Exception as error:
            raise PluginError(
                f"command {name!r} of a plugin failed to load: {type(error).__name__}: {error}"
            ) from error

    def resolve_command(self, ctx, args):
        from healthsim_core.errors import suggestion

        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise click.UsageError(f"no command {args[0]!r}{suggestion(args[0], self.list_commands(ctx))}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx, formatter):
        rows = [(name, doc) for name, (_, doc) in COMMANDS.items()]
        rows += [(name, one.doc) for name, one in _plugin_commands().items() if name not in COMMANDS]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx):
        # Asked to end, clean up as after an interrupt: temporary files go, processes end.
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
        try:
            return super().invoke(ctx)
        except HealthSimError as error:
            click.echo(f"error: {error}", err=True)
            ctx.exit(error.exit_code)
        except RuntimeError as error:
            # DuckDB's word for an interrupt while it works.
            if "interrupted" not in str(error).lower():
                raise
            raise KeyboardInterrupt from None
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)


def _plugin_commands() -> dict:
    """Return the commands plugins add; only their commands hook is called, so that `--help` stays quick."""
    from healthsim_core import catalog

    return catalog.build(only=("healthsim_commands",)).all("command")


@click.group(cls=Shell, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="healthsim")
def main() -> None:
    """Generate synthetic US healthcare data: who (a profile), what happens (a journey), in the formats the industry uses.

    Scenarios are kept in $HEALTHSIM_HOME. Exit codes: 0 done, 2 the user's mistake, 3 a plugin's, 1 a bug.
    """

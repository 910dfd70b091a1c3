"""commands.md and plugin-commands.md: every command and option of the command line."""

from __future__ import annotations

from collections.abc import Iterator

import click

from healthsim_core.catalog import Catalog
from healthsim_core.cli import COMMANDS, main
from reference_pages import markdown as md


def commands() -> str:
    """Return the page of core's own commands."""
    parts = [
        md.docstring(main.callback),
        "Long work shows its progress on stderr where that is a terminal. `--json` prints what a script would read. Every command "
        "has `--help`. Commands of plugins are in [plugin-commands.md](plugin-commands.md).",
    ]
    for name in COMMANDS:
        parts += list(_command(main.get_command(None, name), ("healthsim", name)))
    return md.page("Commands", *parts)


def plugin_commands(catalog: Catalog, owners: list[str]) -> str:
    """Return the page of the commands that plugins add."""
    parts = []
    for name, declared in catalog.all("command").items():
        if catalog.owner("command", name) in owners:
            owner = f"Added by {catalog.owner('command', name)}."
            first, *rest = _command(declared.load(), ("healthsim", name))
            parts += [first, owner, *rest]
    return md.page("Commands of plugins", "Core's own are in [commands.md](commands.md).", *parts)


def _command(command: click.Command, words: tuple[str, ...]) -> Iterator[str]:
    context = click.Context(command, info_name=" ".join(words))
    yield f"{'#' * len(words)} {' '.join(words)}"
    yield command.help or ""
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            yield from _command(command.get_command(context, name), (*words, name))
        return
    yield md.fenced("text", " ".join([*words, *command.collect_usage_pieces(context)]))
    options = [one for one in command.params if isinstance(one, click.Option)]
    rows = [(md.code(", ".join(one.opts)), _kind(one), _default(one), one.help or "") for one in options]
    yield md.table(("option", "value", "default", "meaning"), rows)


def _kind(option: click.Option) -> str:
    if option.is_flag:
        return ""
    choices = getattr(option.type, "choices", None)
    kind = md.codes(choices) if choices else md.code(option.metavar or option.type.name.upper())
    return f"{kind}, repeatable" if option.multiple else kind


def _default(option: click.Option) -> str:
    # What is not set is a sentinel of click's, whose name differs between its versions.
    given = option.default
    if option.required:
        return "required"
    return "" if option.is_flag or not isinstance(given, str | int | float) else md.code(given)

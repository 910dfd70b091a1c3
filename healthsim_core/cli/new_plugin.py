"""`healthsim new-plugin`."""

from __future__ import annotations

import importlib.resources
import importlib.util
import keyword
import re
import sys
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

import click

from healthsim_core import catalog, known
from healthsim_core.errors import UserError
from healthsim_core.version import __version__


@click.command("new-plugin")
@click.argument("name")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("."), help="Where its folder goes."
)
def new_plugin_command(name: str, out: Path) -> None:
    """Write a new plugin NAME, small and whole, with its tests, into a folder of its own."""
    check_name(name)
    folder = write_plugin(name, out)
    click.echo(f"wrote {folder}, a plugin that counts steps and warns of fast hearts; make it your own")
    click.echo(f"next: pip install -e '{folder}[testing]' && pytest {folder}")


def check_name(name: str) -> None:
    """Raise UserError where a plugin cannot be called that; say what instead."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        better = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_0123456789")
        hint = f"; perhaps {better!r}" if better else ""
        raise UserError(f"name: expected lower-case words joined by _, got {name!r}{hint}")
    instead = f"; perhaps '{name}_sim'"
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise UserError(f"name: {name!r} is a word of Python's own{instead}")
    taken = {one.name for one in catalog.build().plugins} | set(known.names("product"))
    if name in taken:
        raise UserError(f"name: there is a plugin {name!r} already{instead}")
    if name in sys.stdlib_module_names or importlib.util.find_spec(name) is not None:
        raise UserError(f"name: there is a Python module {name!r} already, which it would hide{instead}")


def write_plugin(name: str, out: Path) -> Path:
    """Write the files of a new plugin to `out/healthsim-<name>` and return that folder; one that exists is refused."""
    kebab = name.replace("_", "-")
    words = {
        "name": name,
        "kebab": kebab,
        "distribution": f"healthsim-{kebab}",
        "title": name.replace("_", " ").capitalize(),
        "prefix": name.replace("_", "")[:2].upper(),
        "version": __version__,
    }
    folder = out / words["distribution"]
    if folder.exists():
        raise UserError(f"{folder} exists already; remove it, or choose another --out")
    contents = {
        folder / _renamed(place, name, kebab): Template(file.read_text("utf-8")).substitute(words)
        for place, file in _files(importlib.resources.files("healthsim_core").joinpath("scaffold"))
    }
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot write to {folder}: {error.strerror or error}") from error
    return folder


def _files(folder: Traversable, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Traversable]]:
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        if one.is_dir():
            yield from _files(one, (*place, one.name))
        elif one.name.endswith(".txt"):
            yield (*place, one.name.removesuffix(".txt")), one


def _renamed(place: tuple[str, ...], name: str, kebab: str) -> Path:
    """Return where a file goes: `package` and `name` in its path are the plugin's, `kebab` is that with hyphens."""
    *folders, file = place
    file = file.replace("test_name.py", f"test_{name}.py").replace("kebab-", f"{kebab}-")
    return Path(*(name if one == "package" else one for one in folders), file)

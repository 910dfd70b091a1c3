"""The plugin under test: alone with core, and together with what is installed."""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from healthsim_core import catalog as catalogs
from healthsim_core.catalog import Catalog
from healthsim_core.declarations import Product

_IMPORTS = """
import importlib, json, sys
from healthsim_core import catalog
module = sys.argv[1]
package = module.partition(".")[0]
importlib.import_module(package)
before = set(sys.modules)
loaded = importlib.import_module(module)
own = sorted(one for one in set(sys.modules) - before if one.startswith(package + ".") and one != module)
catalog.build([("plugin", "plugin", "0", lambda: loaded)])
print(json.dumps({"own": own, "packages": sorted({one.partition(".")[0] for one in sys.modules})}))
"""


@frozen
class Subject:
    """The plugin under test, alone with core and together with what is installed."""

    name: str
    module: str
    alone: Catalog
    together: Catalog
    absent: Catalog
    """Itself and a product of nobody's, `bystander`, which can be asked for instead of it."""
    packages: Mapping[str, str]
    """The import package of every plugin of `together`."""
    lacking: tuple[str, ...]
    """Modules of `requires` that cannot be imported."""

    def declared(self, kind: str) -> dict[str, Any]:
        """Return what the plugin itself declares of a kind, by name."""
        found = self.alone.declared.get(kind, {})
        return {key: one for key, one in sorted(found.items()) if self.alone.owner(kind, key) == self.name}

    @property
    def products(self) -> tuple[str, ...]:
        """Return the products it declares."""
        return tuple(self.declared("product"))


class Bystander:
    """A plugin with nothing but a product."""

    @staticmethod
    @catalogs.hookspecs.hookimpl
    def healthsim_products():
        return [Product("bystander", "Nothing.", "person")]


@functools.cache
def examine(module: str, name: str, distribution: str | None, requires: tuple[str, ...]) -> Subject:
    """Return the plugin of a module in its two catalogs; loading errors are kept there."""
    entries = importlib.metadata.entry_points(group=catalogs.GROUP)
    places = {entry.name: entry.value for entry in entries}
    own = distribution or f"healthsim-{name.replace('_', '-')}"
    me = (name, own, version_of(own), lambda: importlib.import_module(module))
    others = [one for one in catalogs.entry_points() if places[one[0]] != module]
    lacking = tuple(one for one in requires if not is_importable(one))
    for one in requires:
        if one not in lacking and one not in places.values():
            others.append((top(one), top(one), "?", functools.partial(importlib.import_module, one)))
    packages = {one[0]: top(places.get(one[0], one[0])) for one in others}
    catalogs_of = [
        catalogs.build([me, *more]) for more in ([], others, [("bystander", "bystander", "0", lambda: Bystander)])
    ]
    return Subject(name, module, *catalogs_of, packages, lacking)


def top(module: str) -> str:
    """Return the first part of a module's name."""
    return module.split(".")[0]


def version_of(distribution: str) -> str:
    """Return a distribution's version, `?` where it is not installed."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "?"


def is_importable(module: str) -> bool:
    """Return whether a module can be found."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def imported_by(module: str) -> dict[str, list[str]]:
    """Return what a fresh interpreter has imported: `own` modules by importing the plugin, `packages` by all its hooks."""
    command = [sys.executable, "-c", _IMPORTS, module]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])

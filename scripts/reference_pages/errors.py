"""errors.md: every error core raises on purpose, its exit code, and how messages read."""

from __future__ import annotations

import importlib
import pkgutil

import healthsim_core
from healthsim_core import specs
from healthsim_core.distributions import create_distribution
from healthsim_core.errors import HealthSimError, SpecificationError
from reference_pages import markdown as md

CODES = [
    ("0", "done", ""),
    ("1", "a bug, or a disk or file that cannot be used; a traceback means a bug", "`StoreError`, `ExportError`, anything else"),
    ("2", "the user's mistake; nothing was changed", "`UserError`, `SpecificationError`, wrong options"),
    ("3", "a plugin's fault; also `healthsim plugins` where one failed", "`PluginError`"),
]  # fmt: skip
SHOWN = (
    lambda: create_distribution({"type": "normall", "mean": 3}),
    lambda: create_distribution({"type": "categorical", "weights": {"M": 0.5, "F": 0.4}}),
    lambda: specs.ProfileSpecification.model_validate({"generation": {"cuont": 5, "seed": "x"}}),
)
"""Mistakes whose messages are shown as they come."""


def error_classes() -> list[type[HealthSimError]]:
    """Return every error of core, roots first."""
    for module in pkgutil.walk_packages(healthsim_core.__path__, "healthsim_core."):
        if ".testing" not in module.name:
            importlib.import_module(module.name)
    found, queue = [], [HealthSimError]
    while queue:
        cls = queue.pop(0)
        if cls.__module__.startswith("healthsim_core"):
            found.append(cls)
        queue += sorted(cls.__subclasses__(), key=lambda one: one.__name__)
    return found


def errors() -> str:
    """Return the page."""
    parts = [
        "Every error says where, what, and what instead. From Python catch `HealthSimError` or one of its children; on the command "
        "line the message goes to stderr after `error: `, and the exit code says whose turn it is.",
        "## Exit codes",
        md.table(("code", "meaning", "errors"), CODES),
    ]
    for cls in error_classes():
        base = cls.__mro__[1].__name__
        line = f"`{cls.__module__}.{cls.__name__}`, a kind of `{base}`; exit code {cls.exit_code}."
        parts += [f"## {cls.__name__}", md.docstring(cls), line]
    parts += ["## How they read", "All that is wrong with a specification is said at once."]
    for mistake in SHOWN:
        try:
            mistake()
        except SpecificationError as error:
            parts.append(md.fenced("text", str(error)))
    return md.page("Errors", *parts)

"""What HealthSim's own packages bring, to say what to install for a name whose package is missing."""

from __future__ import annotations

import functools
import importlib.resources
import json
from typing import Any


@functools.cache
def _known() -> dict[str, Any]:
    return json.loads(importlib.resources.files("healthsim_core").joinpath("known.json").read_text("utf-8"))


def package_of(kind: str, name: str) -> str | None:
    """Return the package that brings a product, format, or template (`journey`, `profile`, `scenario`), if it is ours."""
    from healthsim_core.catalog import template_key

    known = _known()
    if kind in ("product", "format"):
        return known[f"{kind}s"].get(name)
    return known["templates"].get(kind, {}).get(template_key(name))


def product_of_event_type(name: str) -> str | None:
    """Return the product of ours that an event type belongs to."""
    return next((product for product, types in _known()["event_types"].items() if name in types.split()), None)


def product_of_attribute(name: str) -> str | None:
    """Return the product of ours that an attribute journeys lean on belongs to."""
    return next((product for product, found in _known()["attributes"].items() if name in found.split()), None)


def attributes() -> list[str]:
    """Return the attributes that journeys of ours lean on, whoever is installed."""
    return [name for found in _known()["attributes"].values() for name in found.split()]


def event_types(product: str) -> list[str]:
    """Return the names of the event types of a product of ours."""
    return _known()["event_types"].get(product, "").split()


def names(kind: str) -> list[str]:
    """Return all names of a kind that our packages bring."""
    known = _known()
    return list(known[f"{kind}s"] if kind in ("product", "format") else known["templates"].get(kind, {}))


def absent(kind: str, name: str, installed: set[str]) -> str | None:
    """Return `not installed: pip install X` (or that the installed X lacks it) for a name of ours, None for others."""
    package = package_of(kind, name)
    if package is None:
        return None
    what = kind if kind in ("product", "format") else f"{kind} template"
    if package in installed:
        return f"{what} {name!r} is not in the installed version of {package}"
    return f"{what} {name!r} needs {package}, which is not installed; pip install {package}"

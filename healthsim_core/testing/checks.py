"""What the conformance tests look at besides rows: names, docs, hooks, triggers, quantile functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any

import attrs
import numpy as np

from healthsim_core import catalog as catalogs
from healthsim_core.catalog import Catalog
from healthsim_core.columns import Array, Coded
from healthsim_core.declarations import Attribute, Derivation
from healthsim_core.distributions import Distribution
from healthsim_core.errors import suggestion
from healthsim_core.export import Written
from healthsim_core.testing.rows import plain, same

SNAKE = r"[a-z][a-z0-9]*(_[a-z0-9]+)*"
WORDS = r"[a-z][a-z0-9]*([_-][a-z0-9]+)*"
QUALIFIED = rf"{SNAKE}\.{SNAKE}"

NAMES: dict[str, str] = {
    "product": SNAKE,
    "distribution": SNAKE,
    "attribute": SNAKE,
    "table": SNAKE,
    "event type": QUALIFIED,
    "trigger": WORDS,
    "output format": SNAKE,
    "serializer": SNAKE,
    "template": rf"(profile|journey|scenario):{WORDS}",
    # The owner of a format names its parts, e.g. after FHIR's resource types.
    "format part": r".+",
}
"""How names look, by kind; what is not listed is words, perhaps qualified by the product."""


def hooks_of(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield the name and function of each hook a plugin's module implements."""
    for name in sorted(dir(catalogs.hookspecs)):
        if name.startswith("healthsim_") and hasattr(module, name):
            yield name, getattr(module, name)


def is_declaration(hook: str, one: object) -> bool:
    """Return whether something is of the type a hook's signature names."""
    wanted = re.findall(r"\w+", getattr(catalogs.hookspecs, hook).__annotations__["return"])[-1]
    kind = one if isinstance(one, type) else type(one)
    return wanted in {base.__name__ for base in kind.__mro__}


def docs_of(declarations: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield (what it is, its doc) for everything of a plugin that has a doc."""
    for kind, found in declarations.items():
        for name, one in found.items():
            if isinstance(one, type):
                yield f"{kind} {name}", (one.__doc__ or "").strip().split("\n")[0]
            elif hasattr(one, "doc"):
                yield f"{kind} {name}", one.doc
            for part in (*getattr(one, "columns", ()), *getattr(one, "fields", ())):
                yield f"{kind} {name}.{part.name}", part.doc


def is_sentence(doc: str) -> bool:
    """Return whether a doc is one sentence on one line that ends with a period."""
    return bool(re.fullmatch(r"\S.*\.", doc)) and not re.search(r"(?<!e\.g)(?<!i\.e)[.!?]\s+[A-Z]", doc)


def distribution_problems(one: Distribution, columns: Mapping[str, Any]) -> list[str]:
    """Return in what way a distribution is not a pure, split-invariant, monotone quantile function within its bounds."""
    grid = (np.arange(512) + 0.5) / 512
    u = np.concatenate([[2.0**-53], grid, [1 - 2.0**-53]])
    given = {
        name: Coded.constant(value, len(u)) if isinstance(value, str) else np.full(len(u), value)
        for name, value in columns.items()
    }
    kept, values = u.copy(), plain(one.ppf(u, given))
    if not np.array_equal(u, kept):
        return ["ppf changes the uniforms it is given"]
    if len(values) != len(u):
        return [f"ppf gives {len(values)} values for {len(u)} uniforms"]
    found = []
    if not same(values, plain(one.ppf(u, given))):
        found.append("ppf gives other values the second time")
    halves = [slice(0, 100), slice(100, None)]
    parts = [plain(one.ppf(u[rows], {name: column[rows] for name, column in given.items()})) for rows in halves]
    if not same(values, np.concatenate(parts)):
        found.append("ppf of a part is not that part of ppf: a value depends on its neighbours")
    if values.dtype.kind not in "fiu":
        return found
    if np.isnan(values.astype(float)).any():
        return [*found, "ppf gives NaN"]
    if (np.diff(values) < -1e-12 * np.maximum(1, np.abs(values[1:]))).any():
        found.append("ppf falls somewhere: a higher uniform must not give a lower number")
    low, high = getattr(one, "min", None), getattr(one, "max", None)
    found += beyond(values, low, high, "")
    if {"min", "max"} <= {field.name for field in attrs.fields(type(one))}:
        middle = plain(one.ppf(np.array([0.3, 0.7]), {name: column[:2] for name, column in given.items()}))
        low, high = middle.tolist()
        found += beyond(plain(one.within(low, high).ppf(u, given)), low, high, "narrowed with within: ")
    return found


def beyond(values: np.ndarray, low: float | None, high: float | None, label: str) -> list[str]:
    """Return what is wrong where numbers leave [low, high]."""
    found = []
    if low is not None and values.min() < low:
        found.append(f"{label}ppf gives {values.min():g}, below min {low:g}")
    if high is not None and values.max() > high:
        found.append(f"{label}ppf gives {values.max():g}, above max {high:g}")
    return found


def is_excused(written: Written, catalog: Catalog, made: set[str]) -> bool:
    """Return whether a format that wrote nothing had nothing to write: it says so, or lives of parts without tables."""
    one = catalog.get("output format", written.format)
    parts = [part for part in catalog.format_parts() if part.format == written.format]
    return bool(written.notes) or (not one.reads and not any(set(part.reads) <= made for part in parts))


def attribute_problems(attribute: Attribute, values: Array) -> list[str]:
    """Return in what way drawn values are not possible for an attribute."""
    if isinstance(values, Coded):
        strange = set(plain(values)) - {*attribute.values, "None"} if attribute.values else set()
        return [f"{word!r} is not among its values" for word in sorted(strange)]
    if values.dtype.kind not in "fiu":
        return []
    known = values[~np.isnan(values)]
    return beyond(known, attribute.low, attribute.high, "default: ") if len(known) else []


def unread_derivations(derivations: Mapping[str, Derivation], catalog: Catalog, columns: Iterable[str]) -> list[str]:
    """Return the derivations that never run, because nobody makes a column they read."""
    made = {*columns, *catalog.all("attribute")}
    made |= {name for one in catalog.all("derivation").values() for name in one.writes}
    return [
        f"{name} never runs: nobody makes the column {column!r}{suggestion(column, made)}"
        for name, one in derivations.items()
        for column in one.reads
        if column not in made and not column.startswith(("has.", "code."))
    ]

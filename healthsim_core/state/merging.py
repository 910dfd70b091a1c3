"""Merge scenarios into a new one: their tables united, as plain tables, and what to do where keys are in more than one."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import duckdb
from attrs import frozen

from healthsim_core import catalog as catalogs
from healthsim_core.catalog import Catalog
from healthsim_core.errors import UserError, suggestion
from healthsim_core.state.scenario import Scenario, StoreError, first_line
from healthsim_core.state.statistics import measure
from healthsim_core.state.store import Store, Tell, moment
from healthsim_core.state.uniting import Union
from healthsim_core.state.writing import NewScenario, new_name
from healthsim_core.tables import Table

CONFLICTS = ("skip", "overwrite", "rename")


@frozen
class Merged:
    """What a merge came to: rows taken from each source, and rows of it whose key another one had, by table."""

    scenario: Scenario
    on_conflict: str
    rows: dict[str, dict[str, int]]
    conflicts: dict[str, dict[str, int]]
    notices: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as plain data."""
        return {
            "scenario": self.scenario.name,
            "on_conflict": self.on_conflict,
            "sources": _by_source(self.rows, self.conflicts),
            "notices": list(self.notices),
        }


def merge(
    store: Store,
    new: str,
    names: Sequence[str],
    on_conflict: str = "skip",
    catalog: Catalog | None = None,
    tell: Tell | None = None,
) -> Merged:
    """Unite two or more scenarios in a new one. A row whose key an earlier one has is a conflict, settled by `on_conflict`.

    `skip` keeps the row of the first scenario, `overwrite` that of the last; `rename` keeps both and gives the later one
    another key, which everything in its scenario that refers to it follows; a directory's row that both have stays one.
    """
    if on_conflict not in CONFLICTS:
        raise UserError(f"on_conflict: unknown choice {on_conflict!r}{suggestion(on_conflict, CONFLICTS)}")
    if len(names) < 2 or len(set(names)) < len(names):
        raise UserError(f"name two or more different scenarios to merge, got {', '.join(names) or 'none'}")
    sources = [store.get(name) for name in names]
    target = new_name(store, new)
    catalog = catalog or catalogs.build()
    tables = catalog.all("table")
    with contextlib.ExitStack() as held:
        held.enter_context(store.locked(*names, tell=tell))
        abouts = [one.about() for one in sources]
        _check_declared(abouts, tables, catalog)
        for one in sources:
            one.settle()
        writer = held.enter_context(NewScenario(target, store.new_file(target), store.path(target)))
        try:
            union = Union(writer.connection, tables, on_conflict, _directories(catalog))
            union.take(sources, abouts)
        except (duckdb.Error, OSError) as error:
            raise StoreError(f"cannot merge into {target!r}: {first_line(error)}; nothing was changed") from error
        record = _record(target, abouts, union)
        record["statistics"] = measure(writer.connection, union.counts(), record["as_of"], catalog)
        writer.save(record, union.counts())
    return Merged(
        Scenario(target, store.path(target)), on_conflict, union.rows, union.conflicts, tuple(record["notices"])
    )


def renewed(store: Store, name: str, new: str, catalog: Catalog | None = None, tell: Tell | None = None) -> Scenario:
    """Copy a scenario with ids of its own: every key gets an ending that none had, and what refers to it follows."""
    catalog = catalog or catalogs.build()
    target = new_name(store, new)
    with contextlib.ExitStack() as held:
        held.enter_context(store.locked(name, tell=tell))
        source = store.get(name)
        about = source.about()
        _check_declared([about], catalog.all("table"), catalog)
        source.settle()
        writer = held.enter_context(NewScenario(target, store.new_file(target), store.path(target)))
        try:
            union = Union(writer.connection, catalog.all("table"), "rename", every_key=True)
            union.take([source], [about])
        except (duckdb.Error, OSError) as error:
            raise StoreError(f"cannot clone scenario {name!r}: {first_line(error)}; nothing was changed") from error
        record = _record(target, [about], union) | {"description": about.get("description")}
        del record["sources"]
        record["cloned_from"] = {"name": name, "scenario_id": about["scenario_id"]}
        record["specification"] = {"kind": "cloned", "origin": f"the people of {name} with other ids"}
        record["statistics"] = measure(writer.connection, union.counts(), record["as_of"], catalog)
        writer.save(record, union.counts())
    return Scenario(target, store.path(target))


def _directories(catalog: Catalog) -> frozenset[str]:
    return frozenset(table for roster in catalog.all("roster").values() for table in roster.writes)


def _check_declared(abouts: list[dict[str, Any]], tables: Mapping[str, Table], catalog: Catalog | None) -> None:
    for about in abouts:
        unknown = sorted(set(about["tables"]) - set(tables))
        if unknown:
            raise UserError(
                f"scenario {about['name']!r} has tables that no installed plugin declares ({', '.join(unknown)}), so their "
                f"keys are not known; install the products it was made with ({', '.join(about['products'])})"
            )


def _by_source(rows: dict[str, dict[str, int]], conflicts: dict[str, dict[str, int]]) -> list[dict[str, Any]]:
    return [{"name": name, "rows": rows[name], "conflicts": conflicts[name]} for name in rows]


def _record(name: str, abouts: list[dict[str, Any]], union: Union) -> dict[str, Any]:
    """Return the record of a merged scenario: what its sources have in common or together."""
    names = [about["name"] for about in abouts]
    essence = " ".join([name, union.on_conflict, moment(), *(about["scenario_id"] for about in abouts)])
    days = sorted({about["as_of"] for about in abouts})
    notices = _told(abouts, lambda about: about.get("notices", ()))
    if len(days) > 1:
        notices.append(f"the scenarios are of different days ({', '.join(days)}); the last one is this one's")
    for name, conflicts in union.conflicts.items():
        if union.on_conflict != "rename" and conflicts.get("persons"):
            notices.append(
                f"{name}: {conflicts['persons']:,} persons have keys that persons of another scenario have; if they are other people,"
                " merge with on-conflict rename"
            )
    counts = union.counts()
    sources = [
        {"scenario_id": about["scenario_id"], "specification": about.get("specification"), **one}
        for about, one in zip(abouts, _by_source(union.rows, union.conflicts), strict=True)
    ]
    return {
        "scenario_id": hashlib.blake2b(essence.encode(), digest_size=16).hexdigest(),
        "description": f"Merged from {', '.join(names)}.",
        "tags": _all(abouts, "tags"),
        "status": "failed" if any(about.get("status") == "failed" for about in abouts) else "complete",
        "failures": _told(abouts, lambda about: about.get("failures", ())),
        "seed": None,
        "as_of": days[-1],
        "start_date": min((about.get("start_date") or about["as_of"]) for about in abouts),
        "count": counts.get("persons", 0),
        "people": counts.get("persons") or sum(about.get("people") or 0 for about in abouts),
        "products": _all(abouts, "products"),
        "versions": _together(abouts, "versions"),
        "references": _together(abouts, "references"),
        "specification": {
            "kind": "merged",
            "origin": f"a merge of {', '.join(names)}",
            "on_conflict": union.on_conflict,
        },
        "sources": sources,
        "skills": {},
        "events": [],
        "validation": {
            "passed": all(about.get("validation", {}).get("passed", True) for about in abouts),
            "errors": _told(abouts, lambda about: about.get("validation", {}).get("errors", ())),
            "checks": [],
        },
        "notices": notices,
        "rows": sum(counts.values()),
        "seconds": 0.0,
    }


def _told(abouts: list[dict[str, Any]], of: Callable[[dict[str, Any]], Iterable[str]]) -> list[str]:
    """Return what records tell, each with the names of the scenarios that do, unless all do."""
    names: dict[str, list[str]] = {}
    for about in abouts:
        for one in of(about):
            names.setdefault(one, []).append(about["name"])
    return [one if len(where) == len(abouts) else f"{', '.join(where)}: {one}" for one, where in names.items()]


def _all(abouts: list[dict[str, Any]], key: str) -> list[str]:
    return sorted({one for about in abouts for one in about.get(key) or ()})


def _together(abouts: Iterable[dict[str, Any]], key: str) -> dict[str, str]:
    """Return what the records say by name; where they differ, all of it."""
    found: dict[str, list[str]] = {}
    for about in abouts:
        for name, value in (about.get(key) or {}).items():
            if value not in found.setdefault(name, []):
                found[name].append(value)
    return {name: ", ".join(values) for name, values in sorted(found.items())}

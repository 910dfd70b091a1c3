"""The summary of a scenario: what it holds, in few enough words for people and agents to read at once; never the data."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from healthsim_core import catalog as catalogs
from healthsim_core.catalog import Catalog
from healthsim_core.errors import UserError, suggestion
from healthsim_core.state import samples as sampling
from healthsim_core.state.adding import view_bodies
from healthsim_core.state.finding import find
from healthsim_core.state.statistics import measure
from healthsim_core.state.store import Scenario, Store, home, read_about
from healthsim_core.state.structuring import entity_types, table_of

TOKENS = 600
"""What a summary without samples takes at most; more statistics are left out."""
TOKENS_WITH_SAMPLES = 3_500
_HOOKS = ("healthsim_products", "healthsim_tables", "healthsim_statistics")


@frozen
class ScenarioSummary:
    """What a scenario holds: counts, statistics, tags, where it comes from, and perhaps a few rows of each type."""

    scenario_id: str
    scenario_name: str
    description: str | None
    status: str
    entity_counts: dict[str, int]
    statistics: dict[str, Any]
    tags: list[str]
    provenance: dict[str, Any]
    created_at: str
    updated_at: str
    samples: dict[str, list[dict[str, Any]]] = field(factory=dict)
    notices: list[str] = field(factory=list)

    @property
    def name(self) -> str:
        """Return the scenario's name."""
        return self.scenario_name

    @property
    def total_entities(self) -> int:
        """Return the number of rows of all types together."""
        return sum(self.entity_counts.values())

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as plain data."""
        found = {
            "scenario_id": self.scenario_id,
            "scenario_name": self.scenario_name,
            "description": self.description,
            "status": self.status,
            "entity_counts": dict(self.entity_counts),
            "total_entities": self.total_entities,
            "statistics": dict(self.statistics),
            "tags": list(self.tags),
            "provenance": dict(self.provenance),
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "notices": list(self.notices),
        }
        return found | ({"samples": {name: list(rows) for name, rows in self.samples.items()}} if self.samples else {})

    def token_estimate(self) -> int:
        """Return about how many tokens of a language model the summary takes, as JSON: one for four characters."""
        return _tokens(self.to_dict())


def _tokens(data: Any) -> int:
    return -(-len(json.dumps(data, default=str)) // 4)


def get_summary(
    scenario: str,
    include_samples: bool = True,
    samples_per_type: int = 3,
    strategy: str = "diverse",
    *,
    fuzzy: bool = False,
    catalog: Catalog | None = None,
    workspace: Path | None = None,
) -> ScenarioSummary:
    """Return the summary of a scenario, by name or id, with a few rows of each type."""
    found = find(Store(workspace or home()), scenario, fuzzy)
    return generate_summary(found, include_samples, samples_per_type, strategy, catalog=catalog)


def generate_summary(
    scenario: Scenario,
    include_samples: bool = True,
    samples_per_type: int = 3,
    strategy: str = "diverse",
    *,
    catalog: Catalog | None = None,
    limited: bool = True,
) -> ScenarioSummary:
    """Return the summary of a saved scenario; statistics that its record lacks are worked out.

    Unless it is `limited` all statistics are shown, however many there are.
    """
    catalog = catalog or catalogs.build(only=_HOOKS)
    with scenario.connect() as connection:
        about = read_about(connection, scenario.name, scenario.path)
        statistics = about.get("statistics")
        if statistics is None:
            statistics = measure(connection, about["tables"], about.get("as_of") or "2025-01-01", catalog)
        summary = _without_samples(about, statistics, limited)
        if include_samples:
            wanted = ranked([name for name, rows in about["tables"].items() if rows], catalog)
            bodies = view_bodies(connection)
            rows = {name: sampling.sample(connection, name, samples_per_type, strategy, bodies) for name in wanted}
            summary = evolve(summary, samples=_fitting(rows, TOKENS_WITH_SAMPLES - summary.token_estimate() - 10))
    return summary


def get_samples(
    scenario: str,
    entity_type: str,
    count: int = 3,
    strategy: str = "diverse",
    *,
    catalog: Catalog | None = None,
    workspace: Path | None = None,
) -> list[dict[str, Any]]:
    """Return a few whole rows of one type of a scenario: diverse, random (the same each time) or recent ones."""
    found = find(Store(workspace or home()), scenario)
    with found.connect() as connection:
        tables = read_about(connection, found.name, found.path)["tables"]
        name = entity_type
        if name not in tables:
            table = table_of(entity_type, catalog or catalogs.build(only=_HOOKS))
            name = entity_type if isinstance(table, str) else table.name
        if name not in tables:
            raise UserError(f"scenario {found.name!r} has no {entity_type!r}{suggestion(entity_type, tables)}")
        return sampling.sample(connection, name, count, strategy)


def ranked(tables: Iterable[str], catalog: Catalog) -> list[str]:
    """Return tables in the order in which people look at them: persons, what the products call a person, the others."""
    types = entity_types(catalog)
    people = ["persons", *(types[one.entity].name for one in catalog.all("product").values() if one.entity in types)]
    return sorted(tables, key=lambda name: (people.index(name) if name in people else len(people), name))


def _without_samples(about: Mapping[str, Any], statistics: Mapping[str, Any], limited: bool) -> ScenarioSummary:
    summary = ScenarioSummary(
        about.get("scenario_id", ""),
        about["name"],
        _cut(about.get("description"), 200),
        about.get("status", "complete"),
        dict(about["tables"]),
        dict(statistics),
        list(about.get("tags", ()))[:20],
        _provenance(about),
        about.get("created_at", ""),
        about.get("updated_at", ""),
        notices=[_cut(notice, 160) for notice in (*about.get("failures", ()), *about.get("notices", ()))][:3],
    )
    while limited and summary.token_estimate() > TOKENS and summary.statistics:
        last = list(summary.statistics)[-1]
        left = {name: value for name, value in summary.statistics.items() if name != last}
        summary = evolve(summary, statistics=left)
    return summary


def _provenance(about: Mapping[str, Any]) -> dict[str, Any]:
    specification = about.get("specification") or {}
    runs = about.get("persisted") or []
    found: dict[str, Any] = {}
    if specification:
        found["generated_from"] = specification.get("origin") or "a specification given in Python"
        found |= {key: about[key] for key in ("seed", "as_of", "products") if about.get(key) is not None}
        skills = list(about.get("skills", ()))
        if skills:
            found["skills"] = skills[:5]
    if runs:
        found["persisted"] = [
            {"at": run["at"][:19], "context": _cut(run.get("context"), 80), "entities": sum(run["saved"].values())}
            for run in runs[-3:]
        ]
        if len(runs) > 3:
            found["persisted_before"] = len(runs) - 3
    if about.get("waiting"):
        found["waiting"] = dict(about["waiting"])
    found |= {key: about[key] for key in ("merged_from", "cloned_from") if about.get(key)}
    return found


def _cut(text: str | None, length: int) -> str | None:
    return text if text is None or len(text) <= length else f"{text[: length - 1]}…"


def _fitting(found: Mapping[str, list[dict[str, Any]]], tokens: int) -> dict[str, list[dict[str, Any]]]:
    """Return samples that take no more than so many tokens: fewer fields, then fewer rows, then fewer types."""
    plain = {
        table: [{name: sampling.plain(value) for name, value in row.items() if value is not None} for row in rows]
        for table, rows in found.items()
    }
    steps: list[Callable[[dict], dict]] = [
        *(lambda all_, width=width: _narrowed(all_, width) for width in (99, 14, 10, 8, 6)),
        *(lambda all_, most=most: _narrowed({name: rows[:most] for name, rows in all_.items()}, 6) for most in (2, 1)),
        *(lambda all_, most=most: _narrowed({name: all_[name][:1] for name in list(all_)[:most]}, 6)
          for most in range(len(plain), 0, -1)),
    ]  # fmt: skip
    for step in steps:
        shown = step(plain)
        if _tokens(shown) <= tokens:
            return shown
    return {}


def _narrowed(tables: Mapping[str, list[dict[str, Any]]], width: int) -> dict[str, list[dict[str, Any]]]:
    return {name: [dict(list(row.items())[:width]) for row in rows] for name, rows in tables.items()}

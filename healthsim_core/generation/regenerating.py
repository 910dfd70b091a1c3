"""Generate one entity of a saved scenario again, alone: the same rows as among all the others."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
from attrs import frozen

from healthsim_core import catalog as catalogs
from healthsim_core.catalog import Catalog
from healthsim_core.columns import Span
from healthsim_core.errors import UserError
from healthsim_core.generation.handling import Failure, generate_span
from healthsim_core.generation.plan import Plan
from healthsim_core.generation.resolving import remake
from healthsim_core.generation.views import Entities
from healthsim_core.identity import IdScheme, unit_and_slot
from healthsim_core.state.decoding import decode
from healthsim_core.state.store import Store, home


@frozen
class Regenerated:
    """One entity made again: its household number (`unit`), its rows by table, and what may make them differ."""

    unit: int
    tables: dict[str, list[dict[str, Any]]]
    notices: tuple[str, ...] = ()


class Regenerator:
    """Makes entities of one scenario again; the plan is resolved once."""

    def __init__(self, about: Mapping[str, Any], catalog: Catalog, workspace: Path):
        self.plan: Plan = remake(about.get("specification", {}), catalog, workspace)
        self.scheme = IdScheme.of(catalog, self.plan.tables)
        self.rosters = self.plan.build_rosters()
        self.entities = Entities(self.plan, catalog)
        self._connection = duckdb.connect(config={"threads": 1})
        self.notices = tuple(differences(about, self.plan))

    def rows(self, entity: int | str) -> Regenerated:
        """Return the rows of a person given by number, from 0, or by id; of the whole household where people live in one."""
        unit = self._unit(entity)
        failures: list[Failure] = []
        made, _ = generate_span(self.plan, Span(unit, unit + 1), self.rosters, failures)
        with self._connection.cursor() as cursor:
            tables = {name: decode(cursor, self.plan.tables[name], made[name]) for name in sorted(made)}
        return Regenerated(unit, tables, (*self.notices, *map(str, failures)))

    def _unit(self, entity: int | str) -> int:
        text = str(entity).strip()
        if text.isascii() and text.isdigit():
            if int(text) >= len(self.entities):
                raise UserError(f"entity: there are {len(self.entities):,} people, numbered from 0; got {text}")
            return self.entities.place(int(text))[0]
        unit, slot = unit_and_slot(self.scheme.entity(text))
        if unit >= self.plan.count or slot >= int(self.plan.sizes(Span(unit, unit + 1))[0]):
            raise UserError(f"entity: nobody here has the id {text!r}")
        return unit


def differences(about: Mapping[str, Any], plan: Plan) -> list[str]:
    """Return what has changed since a scenario was made and may change its rows."""
    before, now = about["versions"], dict(plan.versions)
    changed = [
        f"{name} was {before[name]} and is {now[name]}" for name in before if name in now and before[name] != now[name]
    ]
    found = [f"made by other versions: {', '.join(changed)}; rows may differ"] if changed else []
    if dict(about["references"]) != dict(plan.fingerprints):
        found.append("the reference data has changed since; rows may differ")
    return found


def regenerate(
    name: str, entity: int | str, *, catalog: Catalog | None = None, workspace: Path | None = None
) -> Regenerated:
    """Return one entity of a saved scenario made again; UserError where the scenario or the entity is not known.

    Without a `catalog` the scenario's plan is kept for the next call.
    """
    store = Store(workspace or home())
    scenario = store.get(name)
    if catalog is not None:
        return Regenerator(scenario.about(), catalog, store.root).rows(entity)
    return _kept(store, name, scenario.path.stat().st_mtime_ns).rows(entity)


@functools.lru_cache(maxsize=8)
def _kept(store: Store, name: str, changed: int) -> Regenerator:
    """Return the regenerator of a scenario as it was when its file `changed` last."""
    return Regenerator(store.get(name).about(), catalogs.build(), store.root)

"""Saving, asking and keeping house in one object, for agents and servers that hold on to one."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from healthsim_core.catalog import Catalog
from healthsim_core.errors import UserError
from healthsim_core.state.finding import find
from healthsim_core.state.persisting import PersistResult, persist
from healthsim_core.state.query import Page, query
from healthsim_core.state.saving import Progress
from healthsim_core.state.store import Store, home, read_about
from healthsim_core.state.summary import ScenarioSummary, get_samples, get_summary

LARGEST_LOAD = 100_000
"""Entities that `load_scenario` gives at once."""


def query_scenario(scenario: str, sql: str, limit: int = 20, offset: int = 0, *, workspace: Path | None = None) -> Page:
    """Return a page of a SELECT's answer about a scenario, by name or id."""
    return query(find(Store(workspace or home()), scenario), sql, limit, offset)


def save_scenario(
    name: str,
    entities: Mapping[str, Sequence[Any]],
    description: str | None = None,
    tags: Iterable[str] = (),
    *,
    catalog: Catalog | None = None,
    workspace: Path | None = None,
) -> PersistResult:
    """Save entities, `{type: [dicts or attrs objects]}`, in a new scenario of that name."""
    if name in Store(workspace or home()).names():
        raise UserError(f"a scenario named {name!r} exists already; persist with scenario_name adds to it")
    return persist(entities, description, tags, scenario_name=name, catalog=catalog, workspace=workspace)


def load_scenario(scenario: str, *, workspace: Path | None = None) -> dict[str, Any]:
    """Return a small scenario whole: its record and, under `entities`, every row of every table as a dict."""
    found = find(Store(workspace or home()), scenario)
    with found.connect() as connection:
        about = read_about(connection, found.name, found.path)
        total = sum(about["tables"].values())
        if total > LARGEST_LOAD:
            raise UserError(
                f"scenario {found.name!r} has {total:,} entities, more than the {LARGEST_LOAD:,} that are loaded at once; "
                "ask with query_scenario, or write files with export"
            )
        entities = {}
        for table in about["tables"]:
            cursor = connection.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            entities[table] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {**about, "entities": entities}


@frozen
class AutoPersistService:
    """What an agent needs of saved scenarios; answers are summaries and pages, never all the data."""

    workspace: Path | None = None
    catalog: Catalog | None = None

    @property
    def store(self) -> Store:
        """Return the workspace's scenarios."""
        return Store(self.workspace or home())

    def persist_entities(
        self,
        entities: Mapping[str, Sequence[Any]] | Sequence[Any],
        entity_type: str | None = None,
        scenario_id: str | None = None,
        scenario_name: str | None = None,
        context_keywords: str | Iterable[str] | None = None,
        tags: Iterable[str] = (),
        progress: Progress | None = None,
    ) -> PersistResult:
        """Save entities of one type, or `{type: [entity, ...]}`; a new scenario is named by the keywords."""
        if not isinstance(entities, Mapping):
            if entity_type is None:
                raise UserError("entity_type: say of which type the entities are")
            entities = {entity_type: entities}
        context = context_keywords
        if context is not None and not isinstance(context, str):
            context = " ".join(context)
        return persist(
            entities, context, tags, scenario_id=scenario_id, scenario_name=scenario_name, progress=progress,
            catalog=self.catalog, workspace=self.workspace,
        )  # fmt: skip

    def get_scenario_summary(
        self,
        scenario_id: str | None = None,
        scenario_name: str | None = None,
        include_samples: bool = True,
        samples_per_type: int = 3,
    ) -> ScenarioSummary:
        """Return a scenario's summary, by id or by (part of) its name."""
        wanted = _one(scenario_id, scenario_name)
        return get_summary(
            wanted, include_samples, samples_per_type, fuzzy=True, catalog=self.catalog, workspace=self.workspace
        )

    def query_scenario(self, scenario_id: str, query: str, limit: int = 20, offset: int = 0) -> Page:
        """Return a page of a SELECT's answer."""
        return query_scenario(scenario_id, query, limit, offset, workspace=self.workspace)

    def get_entity_samples(
        self, scenario_id: str, entity_type: str, count: int = 3, strategy: str = "diverse"
    ) -> list[dict[str, Any]]:
        """Return a few whole rows of one type: diverse, random or recent ones."""
        return get_samples(scenario_id, entity_type, count, strategy, catalog=self.catalog, workspace=self.workspace)

    def list_scenarios(
        self,
        filter_pattern: str | None = None,
        limit: int | None = 20,
        sort_by: str = "updated_at",
        tags: Iterable[str] = (),
    ) -> Any:
        """Return the saved scenarios, sorted by updated_at, name, size or entity_count."""
        from healthsim_core.state.collections import listed

        order = {"updated_at": "updated", "entity_count": "rows"}.get(sort_by, sort_by)
        return listed(self.store, text=filter_pattern, tags=tags, sort=order, limit=limit)

    def rename_scenario(self, scenario_id: str, new_name: str) -> Any:
        """Give a scenario another name."""
        from healthsim_core.state.collections import rename

        return rename(self.store, find(self.store, scenario_id).name, new_name)

    def delete_scenario(self, scenario_id: str, confirm: bool = False) -> Any:
        """Delete a scenario for good; without `confirm` nothing happens but an error."""
        from healthsim_core.state.collections import delete

        return delete(self.store, find(self.store, scenario_id).name, confirm)


def _one(scenario_id: str | None, scenario_name: str | None) -> str:
    wanted = scenario_id or scenario_name
    if not wanted:
        raise UserError("say which scenario: scenario_id or scenario_name")
    return wanted


@functools.cache
def get_auto_persist_service() -> AutoPersistService:
    """Return the service of the default workspace."""
    return AutoPersistService()

"""What the tools answer: the models whose schemas clients see, made of plain data of a bounded size."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Literal

from attrs import evolve
from pydantic import BaseModel, Field

from healthsim_core.generation.run import Result
from healthsim_core.state import samples
from healthsim_core.state.index import Entry
from healthsim_core.state.persisting import PersistResult
from healthsim_core.state.query import Page
from healthsim_core.state.summary import ScenarioSummary

LONGEST_VALUE = 2_000
"""Characters of one value; a longer one is cut, and ends with an ellipsis."""
MOST_IDS = 20
MOST_REMARKS = 10


def plain(value: Any) -> Any:
    """Return a value as JSON has it, cut where it is too long for a reader."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping | list | tuple):
        found = _nested(value)
        text = json.dumps(found, ensure_ascii=False)
        return found if len(text) <= LONGEST_VALUE else samples.plain(text, LONGEST_VALUE)
    if isinstance(value, bytes | bytearray | memoryview):
        value = bytes(value).hex()
    return samples.plain(value if isinstance(value, str) else samples.plain(value, None), LONGEST_VALUE)


def _nested(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    return [plain(one) for one in value]


def few(texts: list[str] | tuple[str, ...]) -> list[str]:
    """Return the first texts, and how many more there are."""
    left = len(texts) - MOST_REMARKS
    return [plain(one) for one in texts[:MOST_REMARKS]] + ([f"and {left:,} more"] if left > 0 else [])


class Summary(BaseModel):
    """What a scenario holds."""

    scenario_id: str = Field(description="Stays the same when the scenario is renamed.")
    scenario_name: str
    description: str | None = None
    status: str = Field(description="complete, unfinished (entities given were not saved yet) or failed.")
    entity_counts: dict[str, int] = Field(description="Entities by type; the types are the tables for query_scenario.")
    total_entities: int
    statistics: dict[str, Any] = Field(description="Figures the installed products declare: ages, dates, money, codes.")
    tags: list[str]
    provenance: dict[str, Any] = Field(description="What it was generated from, or when entities were persisted.")
    created_at: str
    updated_at: str
    notices: list[str]
    samples: dict[str, list[dict[str, Any]]] = Field(
        {}, description="A few entities of each type, as diverse as can be."
    )

    @classmethod
    def of(cls, summary: ScenarioSummary) -> Summary:
        """Return the answer for a summary."""
        found = {"samples": {}, **summary.to_dict()}
        # As a whole these may be longer than one value may be; the summary has bounds of its own.
        for name in ("statistics", "provenance", "samples"):
            found[name] = _bounded(found[name])
        return cls(**found)


def _bounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _bounded(one) for key, one in value.items()}
    return [_bounded(one) for one in value] if isinstance(value, list | tuple) else plain(value)


class Persisted(BaseModel):
    """What was saved where; never the entities."""

    scenario_id: str
    scenario_name: str
    is_new_scenario: bool
    entity_type: str
    entities_persisted: int = Field(description="Saved now.")
    entities_skipped: int = Field(description="Not saved again, because entities with their keys were there.")
    entity_ids: list[str] = Field(description=f"The keys of the first {MOST_IDS} entities.")
    more_ids: int = Field(0, description="How many keys are not listed.")
    batches: int = Field(description="Batches of 50, each saved whole or not at all.")
    batches_saved: int
    summary: Summary

    @classmethod
    def of(cls, result: PersistResult) -> Persisted:
        """Return the answer for what was persisted."""
        return cls(**{**result.to_dict(MOST_IDS), "summary": Summary.of(result.summary)})


class QueryPage(BaseModel):
    """One page of a query's rows."""

    scenario_name: str
    columns: list[str]
    rows: list[list[Any]] = Field(
        description=f"Values in the order of columns; cut after {LONGEST_VALUE:,} characters."
    )
    total: int = Field(description="Rows of the whole answer.")
    page: int = Field(description="This page's number, from 1.")
    page_size: int
    offset: int
    has_more: bool
    next_offset: int | None = Field(description="The offset of the next page; null on the last.")
    query_executed: str

    @classmethod
    def of(cls, name: str, page: Page) -> QueryPage:
        """Return the answer for a page."""
        return cls(
            scenario_name=name,
            columns=list(page.columns),
            rows=[[plain(value) for value in row] for row in page.rows],
            total=page.total_count,
            page=page.page,
            page_size=page.page_size,
            offset=page.offset,
            has_more=page.has_more,
            next_offset=page.offset + len(page.rows) if page.has_more else None,
            query_executed=page.query_executed,
        )


class ListedScenario(BaseModel):
    """One scenario of a list."""

    scenario_id: str
    scenario_name: str
    description: str | None
    entity_count: int
    people: int
    bytes: int
    tags: list[str]
    status: str
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, entry: Entry) -> ListedScenario:
        """Return the line for an entry of the list."""
        told = samples.plain(entry.description, 200)
        found = entry.to_dict() | {"scenario_name": entry.name, "description": told, "entity_count": entry.rows}
        return cls(**{name: found[name] for name in cls.model_fields})


class ScenarioList(BaseModel):
    """The scenarios found."""

    scenarios: list[ListedScenario]
    total: int = Field(description="How many match, also those beyond the limit.")
    has_more: bool = Field(description="Whether more match than are listed: narrow filter_pattern or raise limit.")
    unreadable: list[str] = Field(description="What is wrong with scenarios that cannot be read.")


class Renamed(BaseModel):
    """A scenario's names."""

    scenario_id: str
    old_name: str
    new_name: str


class Deleted(BaseModel):
    """What is gone for good."""

    deleted: Literal[True] = True
    scenario_name: str
    bytes_freed: int


class Samples(BaseModel):
    """A few entities of one type."""

    scenario_name: str
    entity_type: str
    strategy: str
    samples: list[dict[str, Any]]


class Validation(BaseModel):
    """How what came out compares with the specification's targets."""

    level: str
    passed: bool
    errors: list[str]


class Generated(BaseModel):
    """What was generated and saved; never the data."""

    scenario_id: str
    scenario_name: str
    seed: int
    as_of: str
    products: list[str]
    people: int
    seconds: float
    status: str = Field(description="complete, or failed where a plugin's part failed and its rows are missing.")
    validation: Validation
    failures: list[str]
    notices: list[str]
    outputs: list[dict[str, Any]] = Field(description="Files written, by format; only where the specification asks.")
    summary: Summary

    @classmethod
    def of(cls, result: Result, summary: ScenarioSummary) -> Generated:
        """Return the answer for a generation."""
        made = result.summary
        kept = {name: made[name] for name in ("seed", "as_of", "products", "people", "seconds", "status")}
        validation = made["validation"] | {"errors": few(made["validation"]["errors"])}
        return cls(
            **kept,
            scenario_id=summary.scenario_id,
            scenario_name=summary.scenario_name,
            validation=Validation(**validation),
            failures=few(made["failures"]),
            notices=few(made["notices"]),
            outputs=[
                {name: plain(one[name]) for name in ("format", "folder", "files", "bytes")} for one in made["outputs"]
            ],
            # Told already, and at length.
            summary=Summary.of(evolve(summary, notices=[])),
        )

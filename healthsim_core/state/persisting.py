"""Save entities that somebody made elsewhere: checked, in batches that are whole or not at all, never twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen

from healthsim_core import catalog as catalogs
from healthsim_core.catalog import Catalog
from healthsim_core.errors import Problem, UserError
from healthsim_core.state.finding import find
from healthsim_core.state.naming import generate_scenario_name
from healthsim_core.state.saving import Batch, Given, Progress, Run, create
from healthsim_core.state.store import Scenario, Store, home, sanitize_name
from healthsim_core.state.structuring import structure, table_of
from healthsim_core.state.summary import ScenarioSummary, generate_summary
from healthsim_core.tables import Table

BATCH_SIZE = 50
"""Entities that are saved together or not at all."""
MOST_PROBLEMS = 50
"""Problems that an error's message tells; its `problems` has all."""


@frozen
class PersistResult:
    """What was saved where; the summary tells of the scenario, and nothing here holds the data."""

    scenario_id: str
    scenario_name: str
    is_new_scenario: bool
    entity_type: str
    """The types that were given, joined by commas."""
    entities_persisted: int
    entities_skipped: int
    """Those that were there already."""
    entity_ids: list[str]
    """The keys of those that are there now, in the order given."""
    batches: int
    batches_saved: int
    summary: ScenarioSummary
    counts: dict[str, int] = field(factory=dict)
    """How many were saved of each type."""

    def to_dict(self, most_ids: int = 20) -> dict[str, Any]:
        """Return the result as plain data, with the first ids only."""
        names = ("scenario_id", "scenario_name", "is_new_scenario", "entity_type", "entities_persisted", "entities_skipped",
                 "batches", "batches_saved", "counts")  # fmt: skip
        found = {name: getattr(self, name) for name in names}
        more = len(self.entity_ids) - most_ids
        found |= {"entity_ids": self.entity_ids[:most_ids]} | ({"more_ids": more} if more > 0 else {})
        return found | {"summary": self.summary.to_dict()}


class PersistError(UserError):
    """Some entities could not be saved; `problems` says why, `result` what was saved all the same (None: nothing)."""

    def __init__(self, problems: Iterable[Problem], result: PersistResult | None, total: int):
        self.problems = tuple(problems)
        self.result = result
        lines = [str(problem) for problem in self.problems[:MOST_PROBLEMS]]
        if len(self.problems) > MOST_PROBLEMS:
            lines.append(f"and {len(self.problems) - MOST_PROBLEMS:,} more problems")
        super().__init__("\n".join([*lines, _told(result, total)]))


def _told(result: PersistResult | None, total: int) -> str:
    if result is None:
        return "nothing was saved"
    there = result.entities_persisted + result.entities_skipped
    return (
        f"{there:,} of {total:,} entities are in scenario {result.scenario_name!r} "
        f"({result.batches_saved} of {result.batches} batches); persist all again with "
        f"scenario_name={result.scenario_name!r}, once they are right: those already there are skipped"
    )


def persist(
    entities: Mapping[str, Sequence[Any]],
    context: str | None = None,
    tags: Iterable[str] = (),
    *,
    scenario_id: str | None = None,
    scenario_name: str | None = None,
    progress: Progress | None = None,
    batch_size: int = BATCH_SIZE,
    catalog: Catalog | None = None,
    workspace: Path | None = None,
) -> PersistResult:
    """Save entities, `{type: [dicts or attrs objects]}`, in a new scenario or in the one of that id or name.

    The name of a new scenario is made from the `context`, unless `scenario_name` gives it. A field that is not given is
    empty; a key that is not given is made from what the entity says. Entities whose keys are there already are skipped, so
    that a run that was interrupted can be repeated. Raises PersistError with every problem at once; batches without one
    are saved all the same.
    """
    if batch_size < 1:
        raise UserError(f"batch_size must be 1 or more, got {batch_size}")
    catalog = catalog or catalogs.build()
    store = Store(workspace or home())
    scenario = _existing(store, scenario_id, scenario_name)
    given = _read(entities, catalog, batch_size)
    if not any(batch.entities for batch in given.batches if not batch.wrong):
        if given.problems:
            raise PersistError(given.problems, None, given.total)
        raise UserError("nothing to save: give entities as {type: [entity, ...]}")
    new = scenario is None
    if new:
        wanted = scenario_name or store.free_name(generate_scenario_name(context, given.tables))
        try:
            scenario = create(store, wanted, scenario_name is None, context, catalog)
        except UserError:
            # Somebody else made it meanwhile: then it is there to be added to.
            scenario, new = store.get(wanted), False
    kept = (tags,) if isinstance(tags, str) else tuple(tags)
    run = Run(scenario, given, catalog, context, kept, progress)
    with store.locked(scenario.name):
        run.save()
    result = _result(run, new)
    if given.problems:
        raise PersistError(given.problems, result, given.total)
    return result


def _result(run: Run, new: bool) -> PersistResult:
    summary = generate_summary(run.scenario, include_samples=False, catalog=run.catalog)
    return PersistResult(
        summary.scenario_id,
        run.scenario.name,
        new,
        ", ".join(run.given.tables),
        sum(run.saved.values()),
        run.skipped,
        run.ids,
        len(run.given.batches),
        run.batches_saved,
        summary,
        dict(run.saved),
    )


def _existing(store: Store, scenario_id: str | None, scenario_name: str | None) -> Scenario | None:
    """Return the scenario to add to, None for a new one."""
    if scenario_id is not None:
        found = find(store, scenario_id)
        if scenario_name is not None and scenario_name != found.name:
            raise UserError(f"scenario_id is that of {found.name!r}, not of {scenario_name!r}; give one of the two")
        return found
    if scenario_name is None:
        return None
    if scenario_name in store.names():
        return store.get(scenario_name)
    if scenario_name != sanitize_name(scenario_name):
        better = sanitize_name(scenario_name)
        raise UserError(
            f"scenario_name: expected lower-case letters, digits and hyphens, got {scenario_name!r}; perhaps {better!r}"
        )
    return None


def _read(entities: Mapping[str, Sequence[Any]], catalog: Catalog, size: int) -> Given:
    """Return what is given in batches; a wrong entity is said, and its batch is not going to be saved."""
    if not isinstance(entities, Mapping):
        raise UserError(f"entities: expected {{type: [entity, ...]}}, got {type(entities).__name__}")
    read, seen = Given(), {}
    for kind, rows in entities.items():
        table = table_of(kind, catalog)
        if isinstance(table, str):
            read.problems.append(Problem(str(kind), table))
            continue
        if table.name in seen:
            read.problems.append(Problem(str(kind), f"means the same as {seen[table.name]!r}; give one of the two"))
            continue
        if isinstance(rows, str | bytes | Mapping) or not isinstance(rows, Iterable):
            read.problems.append(Problem(str(kind), f"expected a list of entities, got {type(rows).__name__}"))
            continue
        seen[table.name] = kind
        rows = list(rows)
        good, wrong = structure(table, kind, rows)
        read.total += len(rows)
        read.problems += [problem for _, problems in wrong for problem in problems]
        read.refused[table.name] = _keys(table, [rows[index] for index, _ in wrong])
        for start in range(0, len(rows), size):
            length = min(size, len(rows) - start)
            inside = (
                [one for one in good if start <= one.index < start + length] if wrong else good[start : start + length]
            )
            read.batches.append(Batch(table, inside, length, length - len(inside)))
    return read


def _keys(table: Table, wrong: list[Any]) -> list[str]:
    """Return the keys that wrong entities say they have, to know that these are missing."""
    if len(table.primary_key) != 1:
        return []
    given = [one.get(table.primary_key[0]) for one in wrong if isinstance(one, Mapping)]
    return [key for key in given if isinstance(key, str)]

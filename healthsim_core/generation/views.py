"""People as objects: the entities of a profile, sampled when they are looked at, and templates as dicts.

Views of the columnar engine: one entity is a span of one unit; never a second implementation.
"""

from __future__ import annotations

import datetime
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from healthsim_core import catalog as catalogs
from healthsim_core import reading
from healthsim_core.catalog import Catalog
from healthsim_core.columns import Array, Coded, Span
from healthsim_core.draws import SLOTS
from healthsim_core.errors import UserError, suggestion
from healthsim_core.generation.asking import Asked
from healthsim_core.generation.plan import Plan
from healthsim_core.generation.profile import sample
from healthsim_core.generation.resolving import resolve
from healthsim_core.generation.validation import Tally, ValidationReport
from healthsim_core.identity import IdScheme
from healthsim_core.people import People
from healthsim_core.state.store import home

BLOCK = 1024
"""Units sampled at a time when entities are looked at one after another."""

_SHOWN = ("role", "given_name", "family_name", "birth_date", "address", "city", "state", "zip_code", "county_fips")


@functools.cache
def default_catalog() -> Catalog:
    """Return the catalog of the installed plugins, built once for the views."""
    return catalogs.build()


@frozen
class GeneratedEntity:
    """One person: `index` among the entities, `entity_id`, and `attributes` as plain values."""

    index: int
    entity_id: str
    attributes: dict[str, Any]


def plain(column: Array, row: int) -> Any:
    """Return one value of a column as a plain Python value; None where it is missing."""
    if isinstance(column, Coded):
        return None if column.codes[row] < 0 else str(column.words[column.codes[row]])
    value = column[row]
    if column.dtype.kind == "M":
        if np.isnat(value):
            return None
        moment = value.astype("datetime64[s]").astype(datetime.datetime)
        return moment.date() if moment.time() == datetime.time() else moment
    if column.dtype.kind == "f" and np.isnan(value):
        return None
    return value.item()


class Entities(Sequence[GeneratedEntity]):
    """The people of a plan, sampled when they are looked at; their ids are those `catalog` declares."""

    def __init__(self, plan: Plan, catalog: Catalog | None = None):
        self.plan = plan
        self._catalog = catalog
        self._rosters = None
        self._block: tuple[int, People] | None = None

    def __len__(self) -> int:
        return self.plan.people_count

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        unit, slot = self.place(index)
        start = unit // BLOCK * BLOCK
        if self._block is None or self._block[0] != start:
            self._block = (start, self._people(Span(start, min(start + BLOCK, self.plan.count))))
        people = self._block[1]
        return entity_of(self.plan, people, _row(people, unit, slot), index % len(self), self._scheme)

    def __iter__(self) -> Iterator[GeneratedEntity]:
        return (self[index] for index in range(len(self)))

    def alone(self, index: int) -> GeneratedEntity:
        """Return one entity, sampled by itself: the same as in the crowd."""
        unit, slot = self.place(index)
        return entity_of(self.plan, self._people(Span(unit, unit + 1)), slot, index % len(self), self._scheme)

    @functools.cached_property
    def _scheme(self) -> IdScheme:
        return IdScheme.of(self._catalog or default_catalog(), self.plan.tables)

    @functools.cached_property
    def _ends(self) -> np.ndarray:
        return np.cumsum(self.plan.sizes(Span(0, self.plan.count)))

    def place(self, index: int) -> tuple[int, int]:
        """Return the unit and the place in it of an entity; IndexError where there is none."""
        if index < 0:
            index += len(self)
        if not 0 <= index < len(self):
            raise IndexError(index)
        if self.plan.household is None:
            return divmod(index, len(self.plan.roles))
        unit = int(np.searchsorted(self._ends, index, side="right"))
        return unit, index - int(self._ends[unit - 1]) if unit else index

    def _people(self, span: Span) -> People:
        if self._rosters is None:
            self._rosters = self.plan.build_rosters()
        return sample(self.plan, span, self._rosters)


def _row(people: People, unit: int, slot: int) -> int:
    return int(np.searchsorted(people.entity, unit * SLOTS + slot))


def entity_of(plan: Plan, people: People, row: int, index: int, scheme: IdScheme) -> GeneratedEntity:
    """Return one row of people as an entity, with all its ids."""
    attributes = {one.name: plain(people[one.name], row) for one in plan.attributes if one.name in people}
    for one in plan.attributes:
        if one.kind == "integer" and attributes.get(one.name) is not None:
            attributes[one.name] = int(attributes[one.name])
    attributes |= {name: plain(people[name], row) for name in _SHOWN if name in people}
    attributes["conditions"] = [one.category for one in plan.conditions if people[f"has.{one.category}"][row]]
    ids = scheme.ids(int(people.entity[row]))
    return GeneratedEntity(index, ids["person_id"], attributes | ids)


@frozen
class ExecutionResult:
    """What a profile's execution gives: entities (sampled when looked at) and the validation of the whole cohort."""

    plan: Plan
    entities: Entities
    validation: ValidationReport

    @property
    def count(self) -> int:
        """Return how many entities there are."""
        return len(self.entities)

    @property
    def seed(self) -> int:
        """Return the seed."""
        return self.plan.seed


class ProfileExecutor:
    """Samples the people of a profile: `ProfileExecutor(spec).execute()` or `ProfileExecutor(master_seed=42).execute(spec)`."""

    products: tuple[str, ...] = ()

    def __init__(
        self,
        specification: object = None,
        master_seed: int | None = None,
        *,
        seed: int | None = None,
        catalog: Catalog | None = None,
    ):
        self.specification = specification
        self.seed = master_seed if master_seed is not None else seed
        self.catalog = catalog or default_catalog()
        self._plan: Plan | None = None

    def execute(self, specification: object = None, count: int | None = None) -> ExecutionResult:
        """Return the entities of a profile and how well they meet its targets."""
        plan = self._resolve(specification, count)
        tally = Tally.of(plan)
        entities = Entities(plan, self.catalog)
        for span in plan.spans(20_000):
            tally.add(entities._people(span))
        report = tally.report()
        if plan.validation == "strict" and not report.passed:
            raise UserError("validation is strict and these targets were missed:\n" + "\n".join(report.errors))
        return ExecutionResult(plan, entities, report)

    def generate_entity(self, index: int, specification: object = None) -> GeneratedEntity:
        """Return one entity alone: equal to the one at `index` of the cohort."""
        plan = self._plan if specification is None and self._plan is not None else self._resolve(specification, None)
        return Entities(plan, self.catalog).alone(index)

    def _resolve(self, specification: object, count: int | None) -> Plan:
        specification = specification if specification is not None else self.specification
        if specification is None:
            raise UserError("no profile given; pass one to ProfileExecutor or to execute")
        asked = Asked(count=count, seed=self.seed, products=self.products)
        self._plan = resolve(specification, self.catalog, home(), asked)
        return self._plan


class Templates(Mapping[str, dict]):
    """Templates of a kind by name, as dicts, read from the installed plugins when looked at."""

    def __init__(self, kind: str, plugin: str | None = None):
        self.kind, self.plugin = kind, plugin

    def _found(self) -> dict[str, Any]:
        catalog = default_catalog()
        return {
            one.name: one
            for key, one in catalog.all("template").items()
            if one.kind == self.kind and self.plugin in (None, catalog.owner("template", key))
        }

    def __getitem__(self, name: str) -> dict:
        found = self._found()
        wanted = name if name in found else name.replace("_", "-")
        if wanted not in found:
            raise KeyError(f"{name}{suggestion(name, found)}")
        return {"id": wanted, **reading.parse_file(found[wanted].path)}

    def __iter__(self):
        return iter(self._found())

    def __len__(self) -> int:
        return len(self._found())


class ProfileTemplates(Templates):
    """The profile templates of one plugin, or of all."""

    def __init__(self, plugin: str | None = None):
        super().__init__("profile", plugin)


PROFILE_TEMPLATES = ProfileTemplates()

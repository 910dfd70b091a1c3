"""The plan: a specification with every name resolved, frozen, ready to run over any span of people."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from attrs import field, frozen

from healthsim_core.columns import Columns, Span
from healthsim_core.conditions import Condition, Expression
from healthsim_core.declarations import OutputFormat, Place
from healthsim_core.distributions import Distribution
from healthsim_core.distributions.base import pick
from healthsim_core.draws import SLOTS, uniforms
from healthsim_core.events import Delay, EventType, Trigger
from healthsim_core.generation.code_rules import Limit, Rewriting
from healthsim_core.people import People
from healthsim_core.tables import Table

COUNTED_UP_TO = 1_000_000
"""Households among whom it is worth asking which counties nobody lives in."""


@frozen
class AttributePlan:
    """One attribute and how it is drawn; `overrides` by place in the household win."""

    name: str
    distribution: Distribution | None
    overrides: Mapping[int, Distribution] = field(factory=dict)
    kind: str = "number"
    decimals: int | None = None
    shared: bool = False
    path: str = ""
    """Where in the specification it was said; empty for a reference's or a default's."""
    null_fraction: float = 0.0
    """The share of people whose value is missing, whatever it would have been."""
    roles: tuple[str, ...] | None = None
    """Of whom in a household the specification speaks; None: of all. The others' values follow from theirs."""
    common: bool = False
    """Whether a household draws it together."""


@frozen
class ConditionPlan:
    """One condition: how likely people have it, and the billable codes it is written as."""

    category: str
    label: str
    prevalence: Distribution | None
    """Gives the probability; None: nobody has it unless `overrides` say so."""
    overrides: Mapping[int, bool] = field(factory=dict)
    leaves: tuple[tuple[str, str | None, float], ...] = ()
    """(code, severity, weight)."""
    labels: Mapping[str, str] = field(factory=dict)
    chronic: bool = True
    target: float | None = None
    """The share the specification asks for; None where a reference says it."""
    severity: str | None = None
    """The column that says how severe this condition is; None: nobody says."""
    roles: tuple[str, ...] | None = None
    """Who in a household can have it; None: all."""
    skill: str | None = None
    """The skill and version its codes come from."""
    limits: tuple[Limit, ...] = ()
    """Who can have each of `leaves`; empty: whoever."""
    loadings: tuple[tuple[str, float], ...] = ()
    """The factors it shares with other conditions, and how strongly."""
    rewritings: tuple[Rewriting, ...] = ()
    """Codes written instead, in the order they are tried."""
    path: str = ""
    """Where in the specification it was said; empty for a reference's and a journey's."""


@frozen
class CorrelationPlan:
    """Numeric attributes that share a Gaussian copula: `names`, and the Cholesky factor of their correlations."""

    names: tuple[str, ...]
    factor: tuple[tuple[float, ...], ...]
    targets: tuple[tuple[str, str, float], ...]
    """What the specification asks for, pair by pair."""


@frozen
class HouseholdPlan:
    """Families in bulk: how many people live together; `roles` are those the profile's conditions speak of."""

    size: Distribution
    largest: int
    roles: tuple[str, ...]


@frozen
class Step:
    """One stage of sampling a person: columns from columns."""

    name: str
    run: Callable[[People], Mapping[str, Any]]
    reads: tuple[str, ...]
    writes: tuple[str, ...]


@frozen
class Substitution:
    """A parameter whose value is looked up: `${entity.severity}` or `${a1c.value}`."""

    source: str
    """`entity`, or the id of an event."""
    name: str


@frozen
class SkillPlan:
    """What an event takes from a skill: the rows that can suit it, and which of its fields they fill."""

    label: str
    """The skill's name and version."""
    rows: tuple[Mapping[str, str], ...]
    select: Mapping[str, Substitution]
    """Columns whose value is each event's own: rows that say it, else rows that leave it open."""
    fills: Mapping[str, str]
    """{field: column}."""


@frozen
class ArmPlan:
    """One arm of a branching event: who takes it, or its share of the others."""

    name: str
    weight: float
    conditions: tuple[Condition, ...]


@frozen
class PhasesPlan:
    """The phases of a life: how long each lasts and what comes next."""

    path: str
    names: tuple[str, ...]
    years: tuple[Distribution, ...]
    next: tuple[tuple[float, ...], ...]
    """The share of each phase that follows; what is left of 1 ends there."""
    most: int
    """Phases one life has at most."""
    duration_days: int | None


@frozen
class DefinitionPlan:
    """One event definition of one journey, resolved."""

    journey: str
    event_id: str
    name: str
    event_type: EventType
    parent: int | None
    """The part it depends on."""
    delay: Delay | None = None
    day: int | None = None
    window: tuple[int, int] = (0, 0)
    """Moves `day` by so many days, from and to."""
    business_days: bool = False
    repeat_count: int = 1
    every_days: float = 0
    jitter_days: int = 0
    interval_skill: str | None = None
    """The skill and version that `every_days` comes from."""
    until: Condition | None = None
    probability: float = 1.0
    propensity: str | None = None
    """The number of the person that `probability` is multiplied by; who has none keeps it as it is."""
    conditions: tuple[Condition, ...] = ()
    parameters: Mapping[str, object] = field(factory=dict)
    skill: SkillPlan | None = None
    arms: tuple[ArmPlan, ...] = ()
    """The arms of which each of these events takes one."""
    arm: int | None = None
    """The arm of the parent that this event belongs to."""
    phases: PhasesPlan | None = None
    phase: int | None = None
    """Set on the beginning of a phase: which of `phases`."""
    in_phase: bool = False
    """Whether the parent is a phase, at whose end this stops."""
    within_days: int | None = None
    """The last day on which it happens; None: whenever."""
    start_delay: Delay | None = None
    """By how many days the journey begins later for each person; None: by none."""
    slots: tuple[int, ...] | None = None
    """The places in the household that take the journey; None: all."""
    roles: tuple[str, ...] | None = None
    """The roles that take it, where households vary; None: all."""
    when: Expression | None = None
    requires: tuple[Condition, ...] = ()
    siblings: Mapping[str, int] = field(factory=dict)
    """The parts of the journey by event id, for conditions and substitutions."""


@frozen
class Part:
    """A stream of events of one type from one maker: a definition, a trigger on another part, or every person."""

    path: str
    event_type: str
    base: int
    """Its first place among a person's events; occurrence k stands at base + k."""
    size: int
    definition: DefinitionPlan | None = None
    trigger: Trigger | None = None
    source: int | None = None


@frozen
class Plan:
    """Everything a run needs, and nothing it would have to ask for."""

    name: str
    seed: int
    count: int
    as_of: datetime.date
    start: datetime.date
    products: tuple[str, ...]
    roles: tuple[str, ...]
    """The role at each place of the household; one entry where the unit is a person."""
    parts: tuple[Part, ...]
    event_order: tuple[str, ...]
    """Event types so that sources come before what they trigger."""
    event_types: Mapping[str, EventType]
    triggers: Mapping[str, tuple[Trigger, ...]]
    household: HouseholdPlan | None = None
    """Where households vary; `roles` then is as long as the largest."""
    stratified: bool = False
    attributes: tuple[AttributePlan, ...] = ()
    correlations: tuple[CorrelationPlan, ...] = ()
    conditions: tuple[ConditionPlan, ...] = ()
    steps: tuple[Step, ...] = ()
    handlers: tuple[EventType, ...] = ()
    """Event types whose rows are wanted, writers before readers."""
    tables: Mapping[str, Table] = field(factory=dict)
    rosters: tuple[Any, ...] = ()
    places: tuple[Place, ...] = ()
    facts: Mapping[str, object] = field(factory=dict)
    formats: tuple[OutputFormat, ...] = ()
    notices: tuple[str, ...] = ()
    validation: str = "warn"
    specification: Mapping[str, object] = field(factory=dict)
    """What was asked for, as plain data, for the record."""
    owners: Mapping[str, str] = field(factory=dict)
    """The plugin that declares each event type."""
    versions: Mapping[str, str] = field(factory=dict)
    fingerprints: Mapping[str, str] = field(factory=dict)

    @cached_property
    def people_count(self) -> int:
        """Return how many persons that makes."""
        if self.household is None:
            return self.count * len(self.roles)
        return sum(
            int(self.sizes(Span(start, min(start + 1_000_000, self.count))).sum())
            for start in range(0, self.count, 1_000_000)
        )

    def sizes(self, span: Span) -> np.ndarray:
        """Return how many people live in each unit of a span (int64)."""
        if self.household is None:
            return np.full(len(span), len(self.roles), np.int64)
        u = uniforms(self.seed, "household.size", np.arange(span.start, span.stop, dtype=np.int64) * SLOTS)
        return np.rint(self.household.size.ppf(u, {})).astype(np.int64)

    def start_time(self) -> np.datetime64:
        """Return day 0 of the journeys."""
        return np.datetime64(self.start, "s")

    def spans(self, size: int, start: int = 0) -> list[Span]:
        """Return the units from `start` on, cut into spans of about `size` persons."""
        step = max(1, size // len(self.roles))
        return [Span(first, min(first + step, self.count)) for first in range(start, self.count, step)]

    def inhabited(self) -> tuple[str, ...]:
        """Return the counties (FIPS codes) where somebody of the cohort lives; all of them for a large cohort."""
        counties = np.array([place.county_fips for place in self.places])
        if self.count <= COUNTED_UP_TO and len(set(counties.tolist())) > 1:
            u = uniforms(self.seed, "place.index", np.arange(self.count, dtype=np.int64) * SLOTS)
            counties = counties[pick(u, np.array([place.weight for place in self.places]))]
        return tuple(np.unique(counties).tolist())

    def build_rosters(self) -> dict[str, Columns]:
        """Return the scenario-wide tables, each built once."""
        from healthsim_core.errors import PluginError

        built: dict[str, Columns] = {}
        facts = {**self.facts, "inhabited": self.inhabited()} if self.rosters else self.facts
        for roster in self.rosters:
            rows = roster.build(facts, self.seed, built)
            for table, columns in rows.items():
                wrong = (
                    [f"table {table!r} is not among its writes"]
                    if table not in roster.writes
                    else self.tables[table].problems(columns)
                )
                if wrong:
                    raise PluginError(f"roster {roster.name}: table {table}: {'; '.join(wrong)}")
                built[table] = columns
        return built

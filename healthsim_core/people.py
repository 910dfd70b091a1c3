"""People: the persons of one span as columns, and where each one stands."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from attrs import define, field

from healthsim_core.columns import Array, Columns, Span
from healthsim_core.draws import SLOTS, strata, uniforms


@define(eq=False)
class People:
    """The persons of a span, sorted by entity; `columns` grows as attributes and derivations are sampled."""

    seed: int
    span: Span
    entity: np.ndarray
    """The person's index: unit * 16 + slot (int64, rising)."""
    columns: dict[str, Array] = field(factory=dict)
    rosters: Mapping[str, Columns] = field(factory=dict)
    """Scenario-wide tables, by name."""
    as_of: np.datetime64 = np.datetime64("2025-01-01", "s")
    start: np.datetime64 = np.datetime64("2025-01-01", "s")
    """Day 0 of the journeys."""
    facts: Mapping[str, object] = field(factory=dict)
    """What plan and products know once for the scenario: `places`, `conditions`, `coverage` …"""
    strata: int = 0
    """How many units the cohort has where sampling is stratified; 0 where it is independent."""
    scope: str = "person"
    """The first word of the paths drawn from; a derivation's is its own name."""

    def __len__(self) -> int:
        return len(self.entity)

    def __getitem__(self, name: str) -> Array:
        return self.columns[name]

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    @property
    def unit(self) -> np.ndarray:
        """Return each person's household number (int64)."""
        return self.entity // SLOTS

    @property
    def slot(self) -> np.ndarray:
        """Return each person's place in the household, 0 for the first (int64)."""
        return self.entity % SLOTS

    @property
    def first_row(self) -> np.ndarray:
        """Return for each person the position of the first person of the household."""
        return np.searchsorted(self.entity, self.unit * SLOTS)

    def draw(self, name: str, shared: bool = False) -> np.ndarray:
        """Return one uniform in (0, 1) per person; `shared` gives everybody of a household the same."""
        entity = self.unit * SLOTS if shared else self.entity
        if shared and (self.slot != 0).any():
            units, inverse = np.unique(entity, return_inverse=True)
            return uniforms(self.seed, f"{self.scope}.{name}", units)[inverse]
        return uniforms(self.seed, f"{self.scope}.{name}", entity)

    def quantile(self, name: str) -> np.ndarray:
        """Return one uniform per person as `draw` does; stratified over the cohort where the profile asks for it.

        Stratified, the uniforms of all first members fill `strata` equal intervals with one each, and so do all second ones.
        """
        u = self.draw(name)
        if not self.strata:
            return u
        path = f"{self.scope}.{name}"
        for slot in np.unique(self.slot):
            rows = np.flatnonzero(self.slot == slot)
            u[rows] = (strata(self.seed, f"{path}#{slot}", self.unit[rows], self.strata) + u[rows]) / self.strata
        return u

    def rows_of(self, entity: np.ndarray) -> np.ndarray:
        """Return the positions of persons given by index; every one of them must be here."""
        if len(self.entity) == self.entity[-1] // SLOTS - self.entity[0] // SLOTS + 1 and self.slot_free:
            return (entity - self.entity[0]) // SLOTS
        return np.searchsorted(self.entity, entity)

    @property
    def slot_free(self) -> bool:
        """Return whether every unit is one person in slot 0."""
        return bool(self.entity[0] % SLOTS == 0 and self.entity[-1] % SLOTS == 0 and (self.slot == 0).all())

    def scoped(self, scope: str) -> People:
        """Return a view that draws under another scope and shares the columns."""
        return People(
            self.seed,
            self.span,
            self.entity,
            self.columns,
            self.rosters,
            self.as_of,
            self.start,
            self.facts,
            self.strata,
            scope,
        )

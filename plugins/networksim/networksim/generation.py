"""Object views of NetworkSim: profile templates as dicts, and an executor whose people know whom they see."""

from __future__ import annotations

import attrs
import numpy as np

from healthsim_core.columns import Span
from healthsim_core.generation.views import (
    Entities,
    ExecutionResult,
    GeneratedEntity,
    ProfileExecutor,
    ProfileTemplates,
)
from healthsim_core.identity import entity_at
from healthsim_core.people import People
from healthsim_core.specs import ProfileSpecification
from networksim.assignment import IN_TURN, NEAREST, PHARMACY

NETWORK_PROFILE_TEMPLATES = ProfileTemplates("networksim")

_PREFIXES = {"provider": "PR", "facility": "F", "pharmacy": "PH"}
_SHOWN = ("pcp_provider", "pcp_facility", *NEAREST, *PHARMACY, *IN_TURN)


class NetworkEntities(Entities):
    """The people of a plan with the ids of those who care for them: `pcp_provider`, `pharmacy` and the like."""

    def __getitem__(self, index):
        """Return one person, or several for a slice."""
        found = super().__getitem__(index)
        return found if isinstance(index, slice) else self._cared_for(found, self._block[1], index)

    def alone(self, index: int) -> GeneratedEntity:
        """Return one person, sampled without the others: the same as in the crowd."""
        unit, _ = self.place(index)
        return self._cared_for(super().alone(index), self._people(Span(unit, unit + 1)), index)

    def _cared_for(self, entity: GeneratedEntity, people: People, index: int) -> GeneratedEntity:
        unit, slot = self.place(index)
        row = int(np.searchsorted(people.entity, entity_at(unit, slot)))
        keys = {name: int(people[name][row]) for name in _SHOWN if name in people}
        ids = {name: f"{_PREFIXES[name.rpartition('_')[2]]}{key}" if key >= 0 else None for name, key in keys.items()}
        return attrs.evolve(entity, attributes=entity.attributes | ids)


class NetworkProfileExecutor(ProfileExecutor):
    """Executes profiles for a care system: entities carry their providers, facilities and pharmacies."""

    products = ("networksim",)

    def execute(self, specification: object = None, count: int | None = None) -> ExecutionResult:
        """Return the people of a profile, with whom they see, and how well they meet its targets."""
        result = super().execute(specification, count)
        return attrs.evolve(result, entities=NetworkEntities(result.plan, self.catalog))

    def generate_entity(self, index: int, specification: object = None) -> GeneratedEntity:
        """Return one person alone: equal to the one at `index` of the cohort."""
        plan = self._plan if specification is None and self._plan is not None else self._resolve(specification, None)
        return NetworkEntities(plan, self.catalog).alone(index)


def create_network_profile(id: str = "network", **sections) -> ProfileSpecification:
    """Return a profile specification from its sections: `demographics`, `network`, `generation` …"""
    generation = {"products": ["networksim"], **sections.pop("generation", {})}
    return ProfileSpecification.model_validate({"id": id, "generation": generation, **sections})

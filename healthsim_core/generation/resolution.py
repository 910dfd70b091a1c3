"""What a profile comes to, while it is being resolved."""

from __future__ import annotations

from pathlib import Path

from attrs import define, field

from healthsim_core.catalog import Catalog
from healthsim_core.declarations import Attribute, ConditionCode, Derivation, Place, ReferenceProfile
from healthsim_core.distributions import Distribution
from healthsim_core.errors import Problems
from healthsim_core.generation.plan import AttributePlan, ConditionPlan, CorrelationPlan, HouseholdPlan
from healthsim_core.skills import Skill
from healthsim_core.specs import ProfileSpecification

ROLES = ("subscriber", "spouse", "dependent", "other")


@define
class ProfileResolution:
    """A profile's parts, filled in one by one."""

    specification: ProfileSpecification
    catalog: Catalog
    problems: Problems
    workspace: Path
    active: tuple[str, ...]
    """The products that take part."""
    notices: list[str] = field(factory=list)
    roles: tuple[str, ...] = ("subscriber",)
    attributes: dict[str, AttributePlan] = field(factory=dict)
    conditions: dict[str, ConditionPlan] = field(factory=dict)
    reference: ReferenceProfile | None = None
    referee: str | None = None
    """The plugin whose reference that is."""
    places: tuple[Place, ...] = ()
    directory: ReferenceProfile | None = None
    """What official files say of the providers of the places, where `network.source` asks for it."""
    codes: tuple[ConditionCode, ...] = ()
    skills: dict[str, Skill] = field(factory=dict)
    correlations: tuple[CorrelationPlan, ...] = ()
    household: HouseholdPlan | None = None
    narrowed: set[tuple[str, int]] = field(factory=set)
    """Attributes, by place in the household, that were left open and a journey's requirement has narrowed."""

    @property
    def kinds(self) -> dict[str, type[Distribution]]:
        return self.catalog.all("distribution")

    def declared(self) -> dict[str, Attribute]:
        return self.catalog.all("attribute")

    def derivations(self) -> list[Derivation]:
        """Return the derivations that run: of products that take part or whose reference the profile leans on.

        Their required columns are made by somebody, and of two for one purpose the one that stands in for the other runs.
        """
        made = {"role", "household_size", "place", "zip_code", "city", "state", "county_fips", *self.attributes}
        made |= {f"{kind}.{plan.category}" for plan in self.conditions.values() for kind in ("has", "code")}
        takers = {None, *self.active, self.referee}
        left = [one for one in self.catalog.all("derivation").values() if one.product in takers]
        chosen: list[Derivation] = []
        while ready := [one for one in left if set(one.reads) <= made]:
            chosen += ready
            made |= {name for one in ready for name in one.writes}
            left = [one for one in left if one not in ready]
        replaced = {one.instead_of for one in chosen}
        return [one for one in chosen if one.name not in replaced]

"""What a profile comes to, while it is being resolved."""

from __future__ import annotations

from pathlib import Path

from attrs import define, field

from healthsim_core.catalog import Catalog
from healthsim_core.declarations import Attribute, ConditionCode, Place, ReferenceProfile
from healthsim_core.distributions import Distribution
from healthsim_core.errors import Problems
from healthsim_core.generation.plan import AttributePlan, ConditionPlan, CorrelationPlan, HouseholdPlan
from healthsim_core.skills import Skill
from healthsim_core.specs import ProfileSpecification

ROLES = ("subscriber", "spouse", "dependent")


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
    places: tuple[Place, ...] = ()
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

"""Resolve who lives together: members listed one by one, families in bulk, and what a journey requires of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import evolve

from healthsim_core.distributions import (
    AgeBandDistribution,
    CategoricalDistribution,
    ConditionalDistribution,
    Constant,
    Distribution,
    ExplicitDistribution,
    read_distribution,
)
from healthsim_core.generation import household
from healthsim_core.generation.plan import HouseholdPlan
from healthsim_core.generation.resolution import ROLES, ProfileResolution
from healthsim_core.generation.resolve_attributes import check_kind, override_attribute
from healthsim_core.generation.resolve_conditions import condition_plan
from healthsim_core.specs import read_condition

LARGEST_HOUSEHOLD = 12
"""So that slots are left for those who are born."""


def resolve_members(it: ProfileResolution) -> None:
    """Fill in the members a profile lists one by one."""
    members = it.specification.members
    if not members:
        return
    declared = it.declared()
    roles = []
    for slot, member in enumerate(members):
        if member is None:
            roles.append("dependent")
            continue
        path = f"profile.members[{slot}]"
        role = member.get("role", "subscriber" if slot == 0 else "dependent")
        if role not in ROLES:
            it.problems.unknown(f"{path}.role", "role", role, ROLES)
        roles.append(role)
        for name, value in member.items():
            if name in ("role", "conditions"):
                continue
            if name not in declared:
                it.problems.unknown(f"{path}.{name}", "attribute", name, [*declared, "role", "conditions"])
                continue
            distribution = read_distribution(value, f"{path}.{name}", it.problems, it.kinds)
            if distribution is None:
                continue
            check_kind(it, declared[name], distribution, f"{path}.{name}")
            override_attribute(it, name, slot, distribution)
        _resolve_member_conditions(it, member.get("conditions", ()), slot, path)
    if len(members) > LARGEST_HOUSEHOLD:
        it.problems.add("profile.members", f"a household holds at most {LARGEST_HOUSEHOLD} members, got {len(members)}")
    if roles.count("subscriber") != 1 or roles[0] != "subscriber":
        it.problems.add("profile.members", "the first member, and only the first, must be the subscriber")
    if roles.count("spouse") > 1:
        it.problems.add("profile.members", "a household has at most one spouse")
    it.roles = tuple(roles)
    mortality = it.attributes.get("mortality_years")
    if mortality is not None and not mortality.path:
        # People listed one by one die when their member says so, not by chance.
        it.attributes["mortality_years"] = evolve(mortality, distribution=Constant(0))


def _resolve_member_conditions(it: ProfileResolution, conditions: Any, slot: int, path: str) -> None:
    if not isinstance(conditions, list | tuple):
        it.problems.add(f"{path}.conditions", f"expected a list of codes, got {conditions!r}")
        return
    for number, value in enumerate(conditions):
        at = f"{path}.conditions[{number}]"
        one = read_condition(value, at, it.problems)
        if one is None or one.code is None:
            continue
        plan = it.conditions.get(one.code) or condition_plan(it, one.code, at)
        if plan is not None:
            it.conditions[one.code] = evolve(plan, overrides={**plan.overrides, slot: True})


def resolve_household(it: ProfileResolution) -> None:
    """Fill in the household of families in bulk: its sizes, and that the profile's ages are the subscribers'."""
    asked = it.specification.household
    if asked is None:
        return
    path = "profile.household"
    if it.specification.members:
        it.problems.add(path, "give either members, one by one, or a household in bulk")
    typical = {"type": "explicit", "values": list(household.SIZES), "weights": list(household.SIZES.values())}
    size = read_distribution(typical if asked.size == "typical" else asked.size, f"{path}.size", it.problems, it.kinds)
    if size is None:
        return
    if isinstance(size, CategoricalDistribution):
        words = dict(size.weights)
        if not all(str(word).isdigit() for word in words):
            it.problems.add(f"{path}.size", f"expected whole numbers as categories, got {', '.join(map(str, words))}")
            return
        size = ExplicitDistribution([int(word) for word in words], list(words.values()), normalize=True)
    values = np.asarray(size.ppf(np.array([2.0**-53, 0.5, 1 - 2.0**-53]), {}))
    if values.dtype.kind not in "fiu" or size.reads() or np.isnan(values.astype(float)).any():
        it.problems.add(f"{path}.size", "expected whole numbers, one for every household")
        return
    values = np.rint(values)
    if values.min() < 1 or values.max() > LARGEST_HOUSEHOLD:
        it.problems.add(
            f"{path}.size",
            f"a household holds 1 to {LARGEST_HOUSEHOLD} people, this gives {values.min():g} to {values.max():g}",
        )
        return
    it.household = HouseholdPlan(size, int(values.max()), asked.conditions_of)
    it.roles = ("subscriber", *(("dependent",) * (int(values.max()) - 1)))
    for name in ("age", "gender"):
        plan = it.attributes[name]
        distribution = plan.distribution
        if name == "age" and isinstance(distribution, AgeBandDistribution) and not plan.path:
            # Those of a place are everybody's; the younger ones head households less often.
            ages = household.householder_ages(distribution.bands)
            distribution = read_distribution(ages, "household.age", it.problems, it.kinds)
        if name == "age" and distribution is not None:
            distribution = _adult(it, distribution, plan.path or "profile.demographics.age")
        it.attributes[name] = evolve(plan, distribution=distribution, roles=("subscriber",))


def _adult(it: ProfileResolution, distribution: Distribution, path: str) -> Distribution:
    """Return the ages of subscribers: no children among them, cut off where the family of distributions can be."""
    if isinstance(distribution, ConditionalDistribution):
        rules = [(rule, _adult(it, branch, path)) for rule, branch in distribution.rules]
        default = distribution.default
        return ConditionalDistribution(rules, None if default is None else _adult(it, default, path))
    if not distribution.reads():
        youngest = np.asarray(distribution.ppf(np.array([2.0**-53]), {}))
        if youngest.dtype.kind in "fiu" and youngest[0] >= household.ADULT:
            return distribution
    try:
        return distribution.within(household.ADULT, None)
    except ValueError as error:
        it.problems.add(path, f"subscribers are adults, {household.ADULT} or older: {error}")
        return distribution


def require(it: ProfileResolution, condition, slots: tuple[int, ...], path: str) -> None:
    """Draw what a profile leaves open so that a journey's requirement holds; report what contradicts it.

    What a reference says is not open: a place's people stay as they are, and those who can take the journey do.
    """
    name = condition.field.removeprefix("entity.")
    plan = it.attributes.get(name)
    if plan is None or (it.reference is not None and name in it.reference.attributes and not plan.path):
        return
    for slot in slots:
        open_still = (name, slot) in it.narrowed or (slot not in plan.overrides and not plan.path)
        given = plan.overrides.get(slot, plan.distribution)
        if open_still:
            narrowed = _narrowed(given, condition)
            if narrowed is not None:
                override_attribute(it, name, slot, narrowed)
                it.narrowed.add((name, slot))
                plan = it.attributes[name]
        elif isinstance(given, Constant) and not condition.holds(lambda _: given.ppf(np.array([0.5])), 1)[0]:  # noqa: B023
            who = f"member {it.roles[slot]}" if len(it.roles) > 1 else "everybody"
            it.problems.add(
                path,
                f"the journey requires {condition.field} {condition.operator} {condition.value!r}, but {who} has {given.value!r}",
            )


def _narrowed(distribution: Distribution, condition) -> Distribution | None:
    value = condition.value
    if isinstance(distribution, CategoricalDistribution) and condition.operator in ("eq", "in"):
        try:
            return distribution.only({value} if condition.operator == "eq" else set(value))
        except ValueError:
            return None
    if condition.operator == "eq":
        return Constant(value)
    try:
        if condition.operator in ("gte", "gt"):
            return distribution.within(value, None)
        if condition.operator in ("lte", "lt"):
            return distribution.within(None, value)
    except ValueError:
        return None
    return None

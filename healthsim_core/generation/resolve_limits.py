"""Resolve what the code sets say of a condition's codes: who can have them, what they go with, what is written instead."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from attrs import evolve

from healthsim_core.columns import Coded
from healthsim_core.declarations import CodeCombination, CodeSet
from healthsim_core.distributions import (
    CategoricalDistribution,
    ConditionalDistribution,
    Constant,
    Distribution,
)
from healthsim_core.generation.code_rules import Limit, Rewriting
from healthsim_core.generation.coding import OTHER
from healthsim_core.generation.plan import ConditionPlan
from healthsim_core.generation.resolution import ProfileResolution
from healthsim_core.generation.resolve_attributes import override_attribute


def with_facts(it: ProfileResolution, plan: ConditionPlan) -> ConditionPlan:
    """Return a condition's plan with what the code sets say of its codes."""
    sets = _code_sets(it, plan)
    limits = tuple(_limit(sets, code) for code, _, _ in plan.leaves)
    rewritings = _rewritings(it, plan, sets)
    labels = {one.code: one.label for one in it.codes}
    return evolve(
        plan,
        limits=limits if set(limits) != {Limit()} else (),
        loadings=_loadings(sets, plan.category),
        rewritings=rewritings,
        labels={**plan.labels, **{one.writes: labels.get(one.writes, one.writes) for one in rewritings}},
    )


def _code_sets(it: ProfileResolution, plan: ConditionPlan) -> list[CodeSet]:
    """Return the code sets that have a say: of core and the products that take part, and whose codes the condition has.

    So a stranger changes nothing of conditions that those know.
    """
    leaves = {code for code, _, _ in plan.leaves}
    supplied = {one for one in it.codes if one.code in leaves}
    return [
        one
        for name, one in it.catalog.all("code set").items()
        if it.catalog.owner("code set", name) in ("core", *it.active) or supplied & set(one.codes())
    ]


def for_both_sexes(it: ProfileResolution, plan: ConditionPlan) -> ConditionPlan:
    """Return the plan of a condition whose skill speaks of one sex, with the code sets' codes for the other."""
    sets = _code_sets(it, plan)
    sexes = {_limit(sets, code).sex for code, _, _ in plan.leaves}
    if sexes not in ({"M"}, {"F"}):
        return plan
    other = OTHER[sexes.pop()]
    mine = [one for one in it.codes if one.code.startswith(plan.category) and _limit(sets, one.code).sex == other]
    return evolve(
        plan,
        leaves=(*plan.leaves, *((one.code, one.severity, one.weight) for one in mine)),
        labels={**plan.labels, **{one.code: one.label for one in mine}},
    )


def settle_conditions(it: ProfileResolution) -> None:
    """Finish the conditions once all are known: what they are written as beside each other, and who can have them."""
    it.conditions = {code: with_facts(it, plan) for code, plan in it.conditions.items()}
    for plan in it.conditions.values():
        if plan.target:
            _say_who(it, plan)
        for slot, given in plan.overrides.items():
            if given:
                _fit_member(it, plan, slot)


def _limit(sets: list[CodeSet], code: str) -> Limit:
    """Return the narrowest of what is said of a code."""
    found = [one for codes in sets for one in codes.limits() if one.covers(code)]
    lows = [one.age_min for one in found if one.age_min is not None]
    highs = [one.age_max for one in found if one.age_max is not None]
    sexes = [one.sex for one in found if one.sex]
    return Limit(sexes[0] if sexes else None, max(lows, default=None), min(highs, default=None))


def _loadings(sets: list[CodeSet], category: str) -> tuple[tuple[str, float], ...]:
    """Return the loadings said of the longest beginning of a category."""
    said = {start: factors for codes in sets for start, factors in codes.loadings().items()}
    found = [start for start in said if category.startswith(start)]
    return tuple(sorted(said[max(found, key=len)].items())) if found else ()


def _rewritings(it: ProfileResolution, plan: ConditionPlan, sets: list[CodeSet]) -> tuple[Rewriting, ...]:
    """Return what can be written instead of a condition's codes, among the conditions that somebody can have."""
    others = [code for code, one in it.conditions.items() if one.prevalence is not None or one.overrides]
    leaves = {code for code, _, _ in plan.leaves}
    found = []
    for one in [one for codes in sets for one in codes.combinations()]:
        if not any(code.startswith(one.code) for code in leaves):
            continue
        # A code asked for by its full name gives way to a rule that names it, not to one of its kin.
        if len(leaves) == 1 and one.code not in leaves:
            continue
        bound = _bound(one, [code for code in others if code != plan.category])
        if bound is not None:
            found.append(bound)
    return tuple(found)


def _bound(one: CodeCombination, categories: list[str]) -> Rewriting | None:
    """Return a combination in terms of a profile's conditions, None where nobody can have what it needs."""
    beside = tuple(tuple(_matching(categories, group)) for group in one.beside)
    if not all(beside):
        return None
    return Rewriting(one.code, one.writes, beside, tuple(_matching(categories, one.without)))


def _matching(categories: list[str], starts: Iterable[str]) -> list[tuple[str, str]]:
    """Return (category, what its code must begin with) for each way to have a condition that begins so."""
    return [
        (category, "" if category.startswith(start) else start)
        for start in starts
        for category in categories
        if category.startswith(start) or start.startswith(category)
    ]


def overall(plan: ConditionPlan) -> Limit:
    """Return who can have a condition as any of its codes."""
    if not plan.limits:
        return Limit()
    sexes = {one.sex for one in plan.limits}
    lows, highs = [one.age_min for one in plan.limits], [one.age_max for one in plan.limits]
    return Limit(
        sexes.pop() if len(sexes) == 1 else None,
        None if None in lows else min(lows),
        None if None in highs else max(highs),
    )


def _say_who(it: ProfileResolution, plan: ConditionPlan) -> None:
    """Say so where a profile asks a condition of people who cannot all have it."""
    limit = overall(plan)
    if limit == Limit():
        return
    values = {name: _extent(it, name) for name in ("gender", "age")}
    some, every = [], []
    if limit.sex and values["gender"] is not None:
        some.append(limit.sex in values["gender"])
        every.append(values["gender"] == {limit.sex})
    if values["age"] is not None:
        low, high = values["age"]
        some.append(high >= (limit.age_min or 0) and low <= (limit.age_max or high))
        every.append(low >= (limit.age_min or 0) and high < (limit.age_max or high) + 1)
    if not all(some):
        it.notices.append(f"{plan.path}: nobody of this profile can have {plan.category!r}: only {limit} can")
    elif not all(every):
        it.notices.append(f"{plan.path}: only {limit} can have {plan.category!r}; the prevalence is meant of them")


def _extent(it: ProfileResolution, name: str) -> set[str] | tuple[float, float] | None:
    """Return the words an attribute can be, or its lowest and highest value; None where that depends on others."""
    plan = it.attributes.get(name)
    if plan is None or plan.distribution is None or plan.overrides:
        return None
    branches = _branches(plan.distribution)
    if any(one.reads() for one in branches):
        return None
    values = [one.ppf((np.arange(4096) + 0.5) / 4096, {}) for one in branches]
    if all(isinstance(one, Coded) for one in values):
        return {word for one in values for word in one.words if one.isin([word]).any()}
    if any(isinstance(one, Coded) or one.dtype.kind not in "fiu" for one in values):
        return None
    return (float(min(np.nanmin(one) for one in values)), float(max(np.nanmax(one) for one in values)))


def _branches(distribution: Distribution) -> list[Distribution]:
    """Return what a conditional distribution can come to, itself where it is none."""
    if not isinstance(distribution, ConditionalDistribution):
        return [distribution]
    below = [branch for _, branch in distribution.rules]
    if distribution.default is not None:
        below.append(distribution.default)
    return [one for branch in below for one in _branches(branch)]


def _fit_member(it: ProfileResolution, plan: ConditionPlan, slot: int) -> None:
    """Draw what is open of a member so that they can have a condition they are said to have; report what contradicts it."""
    limit = overall(plan)
    for name, wanted in (("gender", limit.sex), ("age", (limit.age_min, limit.age_max))):
        attribute = it.attributes.get(name)
        if attribute is None or wanted in (None, (None, None)):
            continue
        given = attribute.overrides.get(slot, attribute.distribution)
        narrowed = _narrowed(given, wanted)
        if narrowed is None:
            it.problems.add(
                f"profile.members[{slot}].conditions",
                f"only {limit} can have {plan.category!r}, but this member's {name} is {_shown(given)}",
            )
        elif narrowed is not given:
            override_attribute(it, name, slot, narrowed)


def _shown(given: Distribution | None) -> str:
    return repr(given.value) if isinstance(given, Constant) else "never so"


def _narrowed(given: Distribution | None, wanted: str | tuple[int | None, int | None]) -> Distribution | None:
    """Return what a distribution leaves of the values wanted, itself where it cannot be told, None where it is nothing."""
    if given is None:
        return given
    if isinstance(given, Constant):
        if isinstance(wanted, str):
            return given if given.value in (None, wanted) else None
        low, high = wanted
        fits = given.value is None or ((low or 0) <= given.value and (high is None or given.value < high + 1))
        return given if fits else None
    try:
        if isinstance(wanted, str):
            if isinstance(given, ConditionalDistribution):
                return Constant(wanted)
            return given.only({wanted}) if isinstance(given, CategoricalDistribution) else given
        return given.within(*wanted)
    except ValueError:
        return Constant(wanted) if isinstance(wanted, str) else given

"""Who can have a condition, who has it with what else, and as which billable code it is written."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from healthsim_core.columns import Coded
from healthsim_core.distributions import pick
from healthsim_core.generation.code_rules import Limit
from healthsim_core.generation.plan import ConditionPlan
from healthsim_core.people import People

OTHER = {"M": "F", "F": "M"}


def possible(plan: ConditionPlan, people: People) -> np.ndarray:
    """Return who can have the condition as any of its codes (bool)."""
    if not limited(plan):
        return np.ones(len(people), bool)
    return np.logical_or.reduce([_within(limit, people) for limit in set(plan.limits)])


def limited(plan: ConditionPlan) -> bool:
    """Return whether there is anybody who cannot have a condition."""
    return bool(plan.limits) and Limit() not in plan.limits


def _within(limit: Limit, people: People) -> np.ndarray:
    """Return whom a limit leaves; whose sex or age nobody knows is not ruled out."""
    found = np.ones(len(people), bool)
    if limit.sex and "gender" in people:
        found &= ~people["gender"].isin([OTHER[limit.sex]])
    if "age" in people:
        if limit.age_min is not None:
            found &= ~(people["age"] < limit.age_min)
        if limit.age_max is not None:
            found &= ~(people["age"] >= limit.age_max + 1)
    return found


def drawn(plan: ConditionPlan, people: People, rate: np.ndarray) -> np.ndarray:
    """Return who has a condition (bool), each at their rate; those high on a factor it shares have its kin as well.

    The rates stay what they are: own chance and shared factors make up a standard normal, whatever their parts. A
    stratified cohort, whose conditions each fill strata of their own, has them independent of each other.
    """
    own = people.scoped(f"condition.{plan.category}").quantile("has")
    if not plan.loadings or people.strata:
        return own < rate
    rest = 1 - sum(weight**2 for _, weight in plan.loadings)
    level = np.sqrt(rest) * ndtri(own)
    for factor, weight in plan.loadings:
        level += weight * _factor(people, factor)
    return level < ndtri(rate)


def _factor(people: People, name: str) -> np.ndarray:
    """Return each person's standing on a factor that conditions share, worked out once a span."""
    column = f"factor.{name}"
    if column not in people:
        people.columns[column] = ndtri(people.scoped("factor").draw(name))
    return people[column]


def written(plan: ConditionPlan, people: People) -> Coded:
    """Return the billable code of each person's condition, had or not: one they can have, by severity and by what else
    they have."""
    severity = people.columns.get(plan.severity) if plan.severity else None
    draw = people.scoped(f"condition.{plan.category}").draw
    if len(set(plan.limits)) < 2:
        codes = leaf_codes(plan.leaves, severity, draw("code"))
    else:
        codes = _by_who_can(plan, people, severity, draw("code"))
    return _rewritten(plan, people, codes) if plan.rewritings else codes


def _by_who_can(plan: ConditionPlan, people: People, severity: Coded | None, u: np.ndarray) -> Coded:
    """Return codes where some are some people's only: everybody gets one of their own, any where they have none."""
    kinds = list(dict.fromkeys(plan.limits))
    can = np.stack([_within(limit, people) for limit in kinds])
    group = (can * (1 << np.arange(len(kinds)))[:, None]).sum(axis=0)
    words = list(dict.fromkeys(code for code, _, _ in plan.leaves))
    codes = np.empty(len(people), np.int32)
    for pattern in np.unique(group):
        rows = np.flatnonzero(group == pattern)
        mine = [leaf for leaf, limit in zip(plan.leaves, plan.limits, strict=True) if pattern >> kinds.index(limit) & 1]
        found = leaf_codes(tuple(mine) or plan.leaves, None if severity is None else severity[rows], u[rows])
        codes[rows] = np.array([words.index(word) for word in found.words], np.int32)[found.codes]
    return Coded(codes, words)


def leaf_codes(leaves: tuple[tuple[str, str | None, float], ...], severity: Coded | None, u: np.ndarray) -> Coded:
    """Return for each person a billable code: among those of the person's severity where there are any."""
    words = list(dict.fromkeys(code for code, _, _ in leaves))
    word_of = np.array([words.index(code) for code, _, _ in leaves], np.int32)
    weights = np.array([weight for _, _, weight in leaves])
    if not weights.any():
        # Codes that are written only beside others have no weight; asked for by name they are what is meant.
        weights = np.ones(len(leaves))

    def choose(wanted: str | None) -> np.ndarray:
        mine = [meant == wanted for _, meant, _ in leaves] if wanted else [meant is None for _, meant, _ in leaves]
        if not any(mine):
            mine = [meant is None for _, meant, _ in leaves]
        return np.where(mine, weights, 0.0) if any(mine) else weights

    if len(words) == 1:
        return Coded(np.zeros(len(u), np.int32), words)
    codes = pick(u, choose(None))
    if severity is not None:
        for number, word in enumerate(severity.words):
            rows = severity.codes == number
            codes[rows] = pick(u[rows], choose(word))
    return Coded(word_of[codes], words)


def _rewritten(plan: ConditionPlan, people: People, codes: Coded) -> Coded:
    """Return codes with the first rewriting that holds in the place of what the guidelines do not want alone."""
    words = list(codes.words)
    result, open_still = codes.codes.copy(), np.ones(len(people), bool)
    for one in plan.rewritings:
        rows = open_still & codes.isin([word for word in codes.words if word.startswith(one.code)])
        for group in one.beside:
            rows &= np.logical_or.reduce([_has(people, *other) for other in group])
        for other in one.without:
            rows &= ~_has(people, *other)
        if one.writes not in words:
            words.append(one.writes)
        result[rows] = words.index(one.writes)
        open_still &= ~rows
    return Coded(result, words)


def _has(people: People, category: str, code: str) -> np.ndarray:
    """Return who has a condition, written as a code that begins so where one is given."""
    found = people[f"has.{category}"]
    if not code:
        return found
    column = people[f"code.{category}"]
    return found & column.isin([word for word in column.words if word.startswith(code)])

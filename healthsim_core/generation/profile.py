"""Sample people: the columns of a span of persons, step by step, each step one numpy pass over the span."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from healthsim_core.columns import Array, Coded, Columns, Span
from healthsim_core.declarations import Derivation
from healthsim_core.distributions import Distribution, pick, without
from healthsim_core.draws import SLOTS
from healthsim_core.errors import PluginError
from healthsim_core.generation.graph import Cycle, ordered
from healthsim_core.generation.household import family_values
from healthsim_core.generation.plan import AttributePlan, ConditionPlan, CorrelationPlan, Plan, Step
from healthsim_core.people import People


def has_column(category: str) -> str:
    """Return the name of the boolean column that says who has a condition."""
    return f"has.{category}"


def code_column(category: str) -> str:
    """Return the name of the column with the billable code a person's condition would be written as."""
    return f"code.{category}"


def sample(plan: Plan, span: Span, rosters: Mapping[str, Columns]) -> People:
    """Return the people of a span with all their columns."""
    people = people_of(plan, span, rosters)
    for step in plan.steps:
        people.columns.update(step.run(people))
    return people


def people_of(plan: Plan, span: Span, rosters: Mapping[str, Columns]) -> People:
    """Return the people of a span before anything is known of them but how many live together."""
    units = np.arange(span.start, span.stop, dtype=np.int64) * SLOTS
    sizes = plan.sizes(span)
    first = np.repeat(np.cumsum(sizes) - sizes, sizes)
    entity = np.repeat(units, sizes) + np.arange(len(first)) - first
    columns = {} if plan.household is None else {"household_size": np.repeat(sizes, sizes)}
    as_of = np.datetime64(plan.as_of, "s")
    strata = plan.count if plan.stratified else 0
    return People(plan.seed, span, entity, columns, rosters, as_of, plan.start_time(), plan.facts, strata)


def sort_steps(steps: list[Step]) -> tuple[Step, ...]:
    """Return steps so that each comes after those that write what it reads; PluginError for a circle."""
    makers = {column: step.name for step in steps for column in step.writes}
    needs = {
        step.name: [makers[name] for name in step.reads if name in makers and makers[name] != step.name]
        for step in steps
    }
    by_name = {step.name: step for step in steps}
    try:
        return tuple(by_name[name] for name in ordered(by_name, needs))
    except Cycle as cycle:
        raise PluginError(f"person columns need each other in a circle: {cycle}") from None


def attribute_step(plan: AttributePlan, correlation: CorrelationPlan | None = None) -> Step:
    """Return the step that draws one attribute; with a correlation, through the copula it shares."""
    everyone = [plan.distribution] if plan.distribution else []
    reads = {name for one in (*everyone, *plan.overrides.values()) for name in one.reads()}

    def run(people: People) -> dict[str, Array]:
        scoped = people.scoped("attribute")
        u = scoped.quantile(plan.name) if correlation is None else _coupled(correlation, plan.name, scoped)
        values = _quantiles(plan, plan.distribution, u, people)
        if plan.shared:
            values = values[people.first_row]
        for slot, distribution in plan.overrides.items():
            rows = np.flatnonzero(people.slot == slot)
            values = _replaced(values, rows, _quantiles(plan, distribution, u, people)[rows])
        if plan.roles is not None:
            values = family_values(plan.name, people, values)
        if plan.null_fraction:
            values = without(values, scoped.draw(f"{plan.name}.missing") < plan.null_fraction)
        return {plan.name: values}

    family = ("role", "household_size") if plan.roles is not None else ()
    return Step(f"attribute {plan.name}", run, tuple(sorted({*reads, *family})), (plan.name,))


def _coupled(correlation: CorrelationPlan, name: str, scoped: People) -> np.ndarray:
    """Return uniforms of one attribute that go with those of the others as their copula says."""
    place = correlation.names.index(name)
    if place == 0:
        return scoped.quantile(name)
    normal = sum(
        weight * ndtri(scoped.quantile(other))
        for weight, other in zip(correlation.factor[place][: place + 1], correlation.names, strict=False)
        if weight
    )
    return np.clip(ndtr(normal), 2.0**-53, 1 - 2.0**-53)


def _quantiles(plan: AttributePlan, distribution: Distribution | None, u: np.ndarray, people: People) -> Array:
    if distribution is None:
        return Coded.constant(None, len(u)) if plan.kind == "category" else np.full(len(u), np.nan)
    values = distribution.ppf(u, people.columns)
    if isinstance(values, Coded):
        return values if plan.kind == "category" else np.full(len(u), np.nan)
    if plan.kind == "integer":
        whole = np.rint(values)
        return whole if whole.dtype.kind == "f" and np.isnan(whole).any() else whole.astype(np.int64)
    if plan.kind == "number":
        # The last bits of logarithms and powers differ between processors: what is kept is rounded.
        return np.round(values.astype(np.float64), 6 if plan.decimals is None else plan.decimals)
    return values


def _replaced(values: Array, rows: np.ndarray, others: Array) -> Array:
    if isinstance(values, Coded) and isinstance(others, Coded):
        spread = Coded(np.full(len(values), -1, np.int32), others.words)
        spread.codes[rows] = others.codes
        mask = np.ones(len(values), bool)
        mask[rows] = False
        return values.where(mask, spread)
    result = values.astype(np.result_type(values, others))
    result[rows] = others
    return result


def condition_step(plan: ConditionPlan) -> Step:
    """Return the step that decides who has a condition, and as which code it is written."""
    has, code = has_column(plan.category), code_column(plan.category)
    reads = plan.prevalence.reads() if plan.prevalence else ()
    if plan.severity:
        reads = (*reads, plan.severity)
    if plan.roles is not None:
        reads = (*reads, "role")

    def run(people: People) -> dict[str, Array]:
        scoped = people.scoped(f"condition.{plan.category}")
        if plan.prevalence is None:
            chosen = np.zeros(len(people), bool)
        else:
            chosen = scoped.quantile("has") < plan.prevalence.ppf(np.full(len(people), 0.5), people.columns)
        if plan.roles is not None:
            chosen &= people["role"].isin(plan.roles)
        for slot, given in plan.overrides.items():
            chosen[people.slot == slot] = given
        severity = people.columns.get(plan.severity) if plan.severity else None
        return {has: chosen, code: leaf_codes(plan.leaves, severity, scoped.draw("code"))}

    return Step(f"condition {plan.category}", run, reads, (has, code))


def leaf_codes(leaves: tuple[tuple[str, str | None, float], ...], severity: Coded | None, u: np.ndarray) -> Coded:
    """Return for each person a billable code: among those of the person's severity where there are any."""
    words = list(dict.fromkeys(code for code, _, _ in leaves))
    word_of = np.array([words.index(code) for code, _, _ in leaves], np.int32)
    weights = np.array([weight for _, _, weight in leaves])

    def choose(wanted: str | None) -> np.ndarray:
        mine = [meant == wanted for _, meant, _ in leaves] if wanted else [meant is None for _, meant, _ in leaves]
        if not any(mine):
            mine = [meant is None for _, meant, _ in leaves]
        return np.where(mine, weights, 0.0) if any(mine) else weights

    codes = pick(u, choose(None))
    if severity is not None:
        for number, word in enumerate(severity.words):
            rows = severity.codes == number
            codes[rows] = pick(u[rows], choose(word))
    return Coded(word_of[codes], words)


def derivation_step(derivation: Derivation) -> Step:
    """Return the step that runs a plugin's derivation and checks what it gives."""

    def run(people: People) -> Mapping[str, Any]:
        result = derivation.derive(people.scoped(derivation.name))
        wrong = sorted(set(result) ^ set(derivation.writes))
        if wrong:
            raise PluginError(
                f"derivation {derivation.name}: it must give exactly {', '.join(derivation.writes)}; differs in {', '.join(wrong)}"
            )
        short = [name for name, column in result.items() if len(column) != len(people)]
        if short:
            raise PluginError(
                f"derivation {derivation.name}: column {short[0]!r} has {len(result[short[0]])} rows for {len(people)} people"
            )
        return result

    return Step(f"derivation {derivation.name}", run, (*derivation.reads, *derivation.optional), derivation.writes)


def place_step(places: tuple, path: str = "place") -> Step:
    """Return the step that gives every household a place, by the places' weights."""
    weights = np.array([place.weight for place in places])
    columns: dict[str, Callable] = {
        "zip_code": lambda place: place.zip_code,
        "city": lambda place: place.city,
        "state": lambda place: place.state,
        "county_fips": lambda place: place.county_fips,
    }
    coded = {name: Coded.encode([of(place) for place in places]) for name, of in columns.items()}

    def run(people: People) -> dict[str, Array]:
        index = pick(people.scoped(path).draw("index", shared=True), weights).astype(np.int64)
        return {"place": index, **{name: column[index] for name, column in coded.items()}}

    return Step("place", run, (), ("place", *columns))

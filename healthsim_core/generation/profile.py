"""Sample people: the columns of a span of persons, step by step, each step one numpy pass over the span."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from healthsim_core.columns import Array, Coded, Columns, Span
from healthsim_core.conditions import present
from healthsim_core.declarations import Derivation
from healthsim_core.distributions import Distribution, pick, without
from healthsim_core.draws import SLOTS
from healthsim_core.errors import PluginError
from healthsim_core.generation.coding import drawn, limited, possible, written
from healthsim_core.generation.graph import Cycle, ordered
from healthsim_core.generation.household import family, genders
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

    def made(name: str) -> list[str]:
        found = [makers[name]] if name in makers else []
        if name.endswith(".*"):
            found = [maker for column, maker in makers.items() if column.startswith(name[:-1])]
        return found

    needs = {step.name: [maker for name in step.reads for maker in made(name) if maker != step.name] for step in steps}
    by_name = {step.name: step for step in steps}
    try:
        return tuple(by_name[name] for name in ordered(by_name, needs))
    except Cycle as cycle:
        raise PluginError(f"person columns need each other in a circle: {cycle}") from None


def said(name: str) -> str:
    """Return the column that holds what the profile says of something that is worked out for everybody else."""
    return f"said.{name}"


def attribute_step(plan: AttributePlan, correlation: CorrelationPlan | None = None, column: str | None = None) -> Step:
    """Return the step that draws one attribute; with a correlation, through the copula it shares.

    It is written to `column`, by default to that of its name; in families the ages tell who is who as well.
    """
    column = column or plan.name
    of_families = plan.name == "age" and plan.roles is not None
    everyone = [plan.distribution] if plan.distribution else []
    reads = {name for one in (*everyone, *plan.overrides.values()) for name in one.reads()}

    def run(people: People) -> dict[str, Array]:
        scoped = people.scoped("attribute")
        u = scoped.quantile(plan.name) if correlation is None else _coupled(correlation, plan.name, scoped)
        if plan.common:
            u = u[people.first_row]
        columns = people.columns
        if of_families and OWN_GENDER in columns:
            columns = {**columns, "gender": columns[OWN_GENDER]}
        values = _quantiles(plan, plan.distribution, u, columns)
        if plan.shared:
            values = values[people.first_row]
        for slot, distribution in plan.overrides.items():
            rows = np.flatnonzero(people.slot == slot)
            values = _replaced(values, rows, _quantiles(plan, distribution, u, people.columns)[rows])
        others: dict[str, Array] = {}
        if of_families:
            others = family(people, values)
            values = others.pop("age")
        if plan.null_fraction:
            values = without(values, scoped.draw(f"{plan.name}.missing") < plan.null_fraction)
        return {column: values, **others}

    if of_families:
        # A subscriber's age may go by sex; that of the others follows from who they are, which goes by age.
        needs = {*(OWN_GENDER if one == "gender" else one for one in reads), "household_size"}
        return Step(f"attribute {plan.name}", run, tuple(sorted(needs)), (column, "role", "relationship"))
    return Step(f"attribute {plan.name}", run, tuple(sorted(reads)), (column,))


OWN_GENDER = "own.gender"
"""What the profile says of sex, before spouses and children are told apart."""


def family_gender_step() -> Step:
    """Return the step that gives everybody of a household their sex."""
    return Step(
        "family gender",
        lambda people: {"gender": genders(people, people[OWN_GENDER])},
        (OWN_GENDER, "role"),
        ("gender",),
    )


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


def _quantiles(
    plan: AttributePlan, distribution: Distribution | None, u: np.ndarray, columns: Mapping[str, Array]
) -> Array:
    if distribution is None:
        values = Coded.constant(None, len(u))
    else:
        values = distribution.ppf(u, columns)
    if plan.kind == "date":
        texts = values if isinstance(values, Coded) else Coded.constant(None, len(u))
        return texts.lookup({word: np.datetime64(word, "s") for word in texts.words}, np.datetime64("NaT"), "M8[s]")
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
    others = {other for one in plan.rewritings for group in (*one.beside, one.without) for other, _ in group}
    reads = {*(plan.prevalence.reads() if plan.prevalence else ()), *map(has_column, others), *map(code_column, others)}
    if plan.severity:
        reads.add(plan.severity)
    if plan.roles is not None:
        reads.add("role")
    if plan.limits:
        reads |= {"age", "gender"}

    def run(people: People) -> dict[str, Array]:
        if plan.prevalence is None:
            chosen = np.zeros(len(people), bool)
        else:
            chosen = drawn(plan, people, plan.prevalence.ppf(np.full(len(people), 0.5), people.columns))
        if limited(plan):
            chosen &= possible(plan, people)
        if plan.roles is not None:
            chosen &= people["role"].isin(plan.roles)
        for slot, given in plan.overrides.items():
            chosen[people.slot == slot] = given
        return {has: chosen, code: written(plan, people)}

    return Step(f"condition {plan.category}", run, tuple(sorted(reads)), (has, code))


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
        return {name: _preferring(people.columns.get(said(name)), column) for name, column in result.items()}

    told = tuple(said(name) for name in derivation.writes)
    return Step(
        f"derivation {derivation.name}", run, (*derivation.reads, *derivation.optional, *told), derivation.writes
    )


def _preferring(words: Array | None, column: Array) -> Array:
    """Return what the profile says, and a derivation's value where it says nothing."""
    if words is None:
        return column
    mask = present(words)
    if isinstance(words, Coded) and isinstance(column, Coded):
        return words.where(mask, column)
    return np.where(mask, words, column)


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

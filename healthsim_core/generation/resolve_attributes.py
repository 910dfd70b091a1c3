"""Resolve attributes: what the profile says, else the reference, else the default of who declares them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve

from healthsim_core.columns import Coded
from healthsim_core.declarations import Attribute
from healthsim_core.distributions import (
    ConditionalDistribution,
    Constant,
    Distribution,
    MissingDistribution,
    read_distribution,
)
from healthsim_core.errors import suggestion
from healthsim_core.generation.plan import AttributePlan, CorrelationPlan
from healthsim_core.generation.resolution import ProfileResolution
from healthsim_core.persons import PERSONS

CLINICAL_KEYS = ("primary_condition", "comorbidities", "lab_values")


def resolve_attributes(it: ProfileResolution) -> None:
    """Fill in the attributes and the correlations of a profile."""
    declared = it.declared()
    given: dict[str, tuple[Any, str]] = {}
    for section, values in (("demographics", it.specification.demographics), ("clinical", it.specification.clinical)):
        for name, value in values.items():
            if (section == "demographics" and name in ("source", "reference")) or (
                section == "clinical" and name in CLINICAL_KEYS
            ):
                continue
            path = f"profile.{section}.{name}"
            attribute = declared.get(name)
            if attribute is None or attribute.section == "lab_values":
                options = [one for one, what in declared.items() if what.section != "lab_values"] + list(CLINICAL_KEYS)
                it.problems.unknown(path, "attribute", name, options)
                continue
            given[name] = (value, path)
    _collect_labs(it, given)
    _collect_coverage(it, given)
    primary = it.specification.clinical.get("primary_condition")
    if isinstance(primary, Mapping) and primary.get("severity") is not None:
        given["severity"] = (primary["severity"], "profile.clinical.primary_condition.severity")
    for name, attribute in declared.items():
        distribution = _attribute_distribution(it, attribute, given)
        owner = it.catalog.owner("attribute", name)
        if (
            distribution is not None
            or name in given
            or (attribute.default is not None and owner in ("core", *it.active))
        ):
            path = given.get(name, (None, ""))[1]
            plan = _unsaid(attribute, path)
            it.attributes[name] = _with(plan, distribution)
            if attribute.required and it.attributes[name].null_fraction:
                it.problems.add(f"{path}.null_fraction", f"{name} cannot be missing: nobody is made without it")
    taken = {name for one in it.catalog.all("derivation").values() for name in one.writes}
    taken |= {one.name for one in PERSONS.columns} | {"conditions", "household_size", "place"}
    for name, value in it.specification.custom.items():
        path = f"profile.custom.{name}"
        if name in declared:
            it.problems.add(path, f"{name!r} is an attribute of its own; put it under {declared[name].section}")
            continue
        if name in taken:
            it.problems.add(path, f"{name!r} is worked out for everybody; choose another name")
            continue
        distribution = read_distribution(value, path, it.problems, it.kinds)
        if distribution is not None:
            it.attributes[name] = _with(AttributePlan(name, None, kind=kind_of(distribution), path=path), distribution)
    _unwind(it)
    _check_reads(it)
    _resolve_correlations(it)


def _unsaid(attribute: Attribute, path: str = "") -> AttributePlan:
    """Return the plan of an attribute of which nothing is said yet."""
    return AttributePlan(
        attribute.name,
        None,
        {},
        attribute.kind,
        attribute.decimals,
        attribute.shared,
        path,
        common=attribute.common,
    )


def _with(plan: AttributePlan, distribution: Distribution | None) -> AttributePlan:
    """Return an attribute's plan with its distribution; what share of it is missing stands beside it."""
    if isinstance(distribution, MissingDistribution):
        return evolve(plan, distribution=distribution.distribution, null_fraction=distribution.null_fraction)
    return evolve(plan, distribution=distribution)


def override_attribute(it: ProfileResolution, name: str, slot: int, distribution: Distribution) -> None:
    """Give one member of the household an attribute of their own."""
    attribute = it.declared()[name]
    plan = it.attributes.get(name) or _unsaid(attribute)
    it.attributes[name] = evolve(plan, overrides={**plan.overrides, slot: distribution})


def _resolve_correlations(it: ProfileResolution) -> None:
    pairs: dict[tuple[str, str], float] = {}
    for number, one in enumerate(it.specification.correlations):
        if one is None:
            continue
        path, (first, second, strength) = f"profile.correlations[{number}]", one
        before = len(it.problems.found)
        for place, name in enumerate((first, second)):
            plan = it.attributes.get(name)
            if plan is None or plan.distribution is None:
                it.problems.unknown(f"{path}[{place}]", "attribute of this profile", name, it.attributes)
            elif plan.kind not in ("number", "integer") or isinstance(plan.distribution, Constant):
                it.problems.add(f"{path}[{place}]", f"only numbers that are drawn go together, and {name!r} is not")
        if first == second or (first, second) in pairs or (second, first) in pairs:
            it.problems.add(path, f"{first!r} and {second!r} are coupled twice")
        if len(it.problems.found) == before:
            pairs[first, second] = strength
    left = list(dict.fromkeys(name for pair in pairs for name in pair))
    found = []
    while left:
        group = _connected(left[0], pairs)
        left = [name for name in left if name not in group]
        found.append(_copula(it, tuple(group), pairs))
    it.correlations = tuple(one for one in found if one is not None)


def _connected(name: str, pairs: Mapping[tuple[str, str], float]) -> list[str]:
    group = [name]
    for one in group:
        group += [other for pair in pairs if one in pair for other in pair if other not in group]
    return group


def _copula(it: ProfileResolution, names: tuple[str, ...], pairs: Mapping) -> CorrelationPlan | None:
    matrix = np.eye(len(names))
    targets = []
    for (first, second), strength in pairs.items():
        if first in names:
            row, column = names.index(first), names.index(second)
            matrix[row, column] = matrix[column, row] = strength
            targets.append((first, second, strength))
    try:
        factor = np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        it.problems.add(
            "profile.correlations",
            f"these correlations of {', '.join(names)} cannot all hold (pairs that are not named count as 0)",
        )
        return None
    return CorrelationPlan(names, tuple(tuple(float(one) for one in row) for row in factor), tuple(targets))


def kind_of(distribution: Distribution) -> str:
    """Return what a distribution gives: category, boolean, integer or number."""
    if isinstance(distribution, ConditionalDistribution):
        branches = [branch for _, branch in distribution.rules] + [distribution.default]
        return next((kind_of(branch) for branch in branches if branch is not None), "number")
    if isinstance(distribution, MissingDistribution):
        return kind_of(distribution.distribution)
    value = distribution.ppf(np.array([0.5]), {})
    if isinstance(value, Coded):
        return "category"
    return "boolean" if value.dtype == bool else "integer" if value.dtype.kind in "iu" else "number"


def _collect_labs(it: ProfileResolution, given: dict) -> None:
    labs = it.specification.clinical.get("lab_values", {})
    if not isinstance(labs, Mapping):
        it.problems.add("profile.clinical.lab_values", f"expected an object of test and distribution, got {labs!r}")
        return
    declared = {name for name, one in it.declared().items() if one.section == "lab_values"}
    for name, value in labs.items():
        path = f"profile.clinical.lab_values.{name}"
        if name in declared:
            given[name] = (value, path)
        elif declared:
            it.problems.unknown(path, "laboratory test", name, declared)
        else:
            it.notices.append(f"{path}: no installed product knows laboratory tests; pip install healthsim-patientsim")


def _collect_coverage(it: ProfileResolution, given: dict) -> None:
    declared = {name for name, one in it.declared().items() if one.section == "coverage"}
    for key, value in it.specification.coverage.items():
        path = f"profile.coverage.{key}"
        if not declared:
            it.notices.append("profile.coverage: no installed product knows coverage; pip install healthsim-membersim")
            return
        if key == "type":
            given["coverage_type"] = (value, path)
        elif key == "plan_distribution":
            given["plan"] = ({"type": "categorical", "weights": value}, path)
        elif key in declared:
            given[key] = (value, path)
        else:
            it.problems.unknown(path, "key", key, {"type", "plan_distribution", *declared} - {"coverage_type"})


def _attribute_distribution(it: ProfileResolution, attribute: Attribute, given: dict) -> Distribution | None:
    """Return what the user says of an attribute, else the reference, else its default where its owner takes part."""
    if attribute.name in given:
        value, path = given[attribute.name]
        distribution = read_distribution(value, path, it.problems, it.kinds)
        if distribution is not None:
            check_kind(it, attribute, distribution, path)
        return distribution
    if it.reference is not None and attribute.name in it.reference.attributes:
        where = f"reference.{attribute.name}"
        return read_distribution(it.reference.attributes[attribute.name], where, it.problems, it.kinds)
    if attribute.default is not None and it.catalog.owner("attribute", attribute.name) in ("core", *it.active):
        return read_distribution(attribute.default, f"default.{attribute.name}", it.problems, it.kinds)
    return None


def check_kind(it: ProfileResolution, attribute: Attribute, distribution: Distribution, path: str) -> None:
    """Report a distribution that gives what its attribute cannot be."""
    if isinstance(distribution, MissingDistribution):
        check_kind(it, attribute, distribution.distribution, path)
        return
    if isinstance(distribution, ConditionalDistribution):
        for number, (_, branch) in enumerate(distribution.rules):
            check_kind(it, attribute, branch, f"{path}.rules[{number}].distribution")
        if distribution.default is not None:
            check_kind(it, attribute, distribution.default, f"{path}.default")
        return
    try:
        value = distribution.ppf(np.array([1e-12, 0.5, 1 - 1e-12]), {})
    except (KeyError, TypeError):
        return
    if isinstance(value, Coded):
        if attribute.kind == "date":
            for word in value.words:
                if not _is_day(word):
                    it.problems.add(path, f"expected a day such as 2025-03-31, got {word!r}")
            return
        if attribute.kind != "category" and (value.codes >= 0).any():
            it.problems.add(
                path,
                f"expected {'true or false' if attribute.kind == 'boolean' else 'numbers'}, got text such as {value.words[0]!r}",
            )
        if attribute.values:
            for word in value.words:
                if word not in attribute.values:
                    it.problems.unknown(path, f"value of {attribute.name}", word, attribute.values)
        return
    if attribute.kind in ("category", "date"):
        it.problems.add(path, f"expected text, got numbers such as {value[1]!r}")
        return
    if attribute.kind != "boolean" and value.dtype == bool:
        it.problems.add(path, f"expected numbers, got {bool(value[1])}")
        return
    low, high = attribute.low, attribute.high
    bounded = isinstance(distribution, Constant) or getattr(distribution, "min", None) is not None
    if low is not None and bounded and value[0] < low:
        it.problems.add(path, f"{attribute.name} must be at least {low:g}, got {value[0]:g}")
    if (
        high is not None
        and (isinstance(distribution, Constant) or getattr(distribution, "max", None) is not None)
        and value[2] > high
    ):
        it.problems.add(path, f"{attribute.name} must be at most {high:g}, got {value[2]:g}")


def _is_day(word: str) -> bool:
    try:
        datetime.date.fromisoformat(word)
    except ValueError:
        return False
    return True


def bound_to_possible(it: ProfileResolution) -> None:
    """Squeeze open-ended distributions into what is possible at all for their attribute (no one is -3 years old)."""
    for name, plan in list(it.attributes.items()):
        attribute = it.declared().get(name)
        if attribute is None or plan.distribution is None or (attribute.low is None and attribute.high is None):
            continue
        it.attributes[name] = evolve(plan, distribution=_possible(plan.distribution, attribute))


def _possible(distribution: Distribution, attribute: Attribute) -> Distribution:
    if isinstance(distribution, ConditionalDistribution):
        rules = tuple((rule, _possible(branch, attribute)) for rule, branch in distribution.rules)
        default = None if distribution.default is None else _possible(distribution.default, attribute)
        return ConditionalDistribution(rules, default)
    try:
        return distribution.within(attribute.low, attribute.high)
    except ValueError:
        return distribution


def _unwind(it: ProfileResolution) -> None:
    """Make what nobody asked for independent of what the profile lets depend on it.

    Where a profile says that age goes by sex, the reference's sex by age would make a circle: its last branch serves all.
    """

    def leads_back(name: str, to: str, seen: set[str]) -> bool:
        plan = it.attributes.get(name)
        reads = plan.distribution.reads() if plan and plan.distribution else ()
        return any(
            one == to or (one not in seen and leads_back(one, to, {*seen, one}))
            for one in reads
            if one in it.attributes
        )

    for name, plan in list(it.attributes.items()):
        while (
            not plan.path and isinstance(plan.distribution, ConditionalDistribution) and leads_back(name, name, {name})
        ):
            plan = it.attributes[name] = evolve(plan, distribution=plan.distribution.default)


def _check_reads(it: ProfileResolution) -> None:
    known_names = set(it.attributes) | {"role", "zip_code", "city", "state", "county_fips"}
    known_names |= {name for one in it.derivations() for name in one.writes}
    for plan in it.attributes.values():
        for name in plan.distribution.reads() if plan.distribution else ():
            if name not in known_names:
                it.problems.add(
                    plan.path or plan.name,
                    f"a rule reads {name!r}, which this profile does not have{suggestion(name, known_names)}",
                )

"""Read distributions from specifications, saying everything that is wrong, each with its path."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np

from healthsim_core.columns import Coded
from healthsim_core.conditions import Expression
from healthsim_core.distributions.base import Distribution
from healthsim_core.distributions.composite import ConditionalDistribution, MissingDistribution
from healthsim_core.distributions.continuous import (
    BetaDistribution,
    EmpiricalDistribution,
    GammaDistribution,
    LogNormalDistribution,
    NormalDistribution,
    UniformDistribution,
    WeibullDistribution,
)
from healthsim_core.distributions.discrete import (
    BAND,
    AgeBandDistribution,
    BernoulliDistribution,
    CategoricalDistribution,
    Constant,
    ExplicitDistribution,
    NegativeBinomialDistribution,
    PoissonDistribution,
    UniformIntDistribution,
)
from healthsim_core.errors import Problems

FAMILIES: tuple[type[Distribution], ...] = (
    NormalDistribution,
    LogNormalDistribution,
    UniformDistribution,
    UniformIntDistribution,
    CategoricalDistribution,
    AgeBandDistribution,
    ExplicitDistribution,
    ConditionalDistribution,
    Constant,
    GammaDistribution,
    BetaDistribution,
    WeibullDistribution,
    PoissonDistribution,
    NegativeBinomialDistribution,
    BernoulliDistribution,
    EmpiricalDistribution,
)
"""Core's own families; they reach the catalog through the same hook as a stranger's."""


def parameters_of(family: type[Distribution]) -> dict[str, attrs.Attribute]:
    """Return a family's parameters by the name a specification writes."""
    return {one.alias: one for one in attrs.fields(family)}


def read_distribution(
    value: object, path: str, problems: Problems, kinds: Mapping[str, type[Distribution]]
) -> Distribution | None:
    """Return the distribution a specification value stands for (a constant stands for itself), or None with `problems` said."""
    if not isinstance(value, Mapping):
        if isinstance(value, list):
            problems.add(
                path, 'expected a value or a distribution, got a list; use {"type": "explicit", "values": […]}'
            )
            return None
        return Constant(value)
    if "type" not in value:
        problems.add(path, 'a distribution needs a "type"')
        return None
    kind = value["type"]
    if not isinstance(kind, str) or kind not in kinds:
        problems.unknown(f"{path}.type", "distribution", kind, kinds)
        return None
    if "null_fraction" in value:
        return _read_missing(value, path, problems, kinds)
    parameters = {name: parameter for name, parameter in value.items() if name not in ("type", "description")}
    if kind == "conditional":
        return _read_conditional(parameters, path, problems, kinds)
    if kind == "age_bands" and "bands" not in parameters:
        # The short form of the specification: the bands stand beside the type.
        bands = {name: parameters.pop(name) for name in list(parameters) if BAND.match(str(name))}
        parameters["bands"] = bands or parameters.pop("weights", {})
    family = kinds[kind]
    fields = parameters_of(family)
    missing = [name for name, f in fields.items() if f.default is attrs.NOTHING and name not in parameters]
    for name in parameters:
        if name not in fields:
            problems.unknown(f"{path}.{name}", f"parameter of {kind}", name, fields)
    for name in missing:
        problems.add(f"{path}.{name}", f"{kind} needs {name}")
    if missing or not set(parameters) <= set(fields):
        return None
    try:
        distribution = family(**parameters)
    except (ValueError, TypeError) as error:
        name, _, message = str(error).partition(": ")
        if message and name in fields:
            problems.add(f"{path}.{name}", message)
        else:
            problems.add(path, str(error))
        return None
    try:
        distribution.ppf(np.array([2.0**-53, 0.5, 1 - 2.0**-53]), {})
    except (ArithmeticError, IndexError, MemoryError, TypeError, ValueError) as error:
        problems.add(path, f"nothing can be drawn from it: {error or type(error).__name__}")
        return None
    return distribution


def _read_missing(value, path, problems, kinds):
    rest = {name: one for name, one in value.items() if name != "null_fraction"}
    distribution = read_distribution(rest, path, problems, kinds)
    try:
        missing = MissingDistribution(distribution, value["null_fraction"])
    except ValueError as error:
        problems.add(f"{path}.null_fraction", str(error).partition(": ")[2])
        return None
    return None if distribution is None else missing


def _is_text(distribution: Distribution) -> bool | None:
    """Return whether a distribution gives text; None where that depends on attributes."""
    if distribution.reads():
        return None
    return isinstance(distribution.ppf(np.array([0.5]), {}), Coded)


def _read_conditional(parameters, path, problems, kinds):
    known = ("rules", "default")
    for name in parameters:
        if name not in known:
            problems.unknown(f"{path}.{name}", "parameter of conditional", name, known)
    rules = parameters.get("rules")
    if not isinstance(rules, list) or not rules:
        problems.add(f"{path}.rules", "conditional needs a list of at least one rule")
        return None
    read = []
    for number, rule in enumerate(rules):
        at = f"{path}.rules[{number}]"
        if not isinstance(rule, Mapping) or "if" not in rule or not {"distribution", "value"} & set(rule):
            problems.add(at, 'a rule needs "if" and "distribution" (or "value")')
            continue
        for name in rule:
            if name not in ("if", "distribution", "value"):
                problems.unknown(f"{at}.{name}", "parameter of a rule", name, ("if", "distribution", "value"))
        branch_name = "distribution" if "distribution" in rule else "value"
        branch = read_distribution(rule[branch_name], f"{at}.{branch_name}", problems, kinds)
        try:
            expression = Expression.read(str(rule["if"]))
        except ValueError as error:
            problems.add(f"{at}.if", str(error))
            continue
        if branch is not None:
            read.append((expression, branch))
    default = None
    if "default" in parameters:
        default = read_distribution(parameters["default"], f"{path}.default", problems, kinds)
    if len({_is_text(branch) for branch in (*(one for _, one in read), default) if branch is not None} - {None}) > 1:
        problems.add(path, "some of its branches give text and others numbers")
        return None
    return ConditionalDistribution(read, default)


def create_distribution(specification: object, kinds: Mapping[str, type[Distribution]] | None = None) -> Distribution:
    """Return the distribution a dict describes; SpecificationError lists everything wrong with it."""
    problems = Problems()
    if kinds is None:
        kinds = {family.kind: family for family in FAMILIES}
    distribution = read_distribution(specification, "distribution", problems, kinds)
    problems.raise_if_any()
    return distribution

"""Distributions are quantile functions: one uniform in, one value out, so bounds are exact and ranks survive a what-if.

Every class is frozen, named by `kind`, and read from a specification with `create_distribution`. `ppf(u, columns)` takes
uniforms in (0, 1) and the person's columns sampled so far, and gives float64, int64 or `Coded`; it is pure, elementwise
(so split-invariant) and, for numbers, monotone in `u`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
import numpy as np
from attrs import field, frozen
from scipy.special import ndtr, ndtri

from healthsim_core.columns import Array, Coded, concatenate
from healthsim_core.conditions import Expression
from healthsim_core.draws import SLOTS, uniforms
from healthsim_core.errors import Problems

WEIGHT_TOLERANCE = 0.001


class Distribution:
    """The root of all distributions; subclasses set `kind` and define `ppf`."""

    kind: ClassVar[str]

    def ppf(self, u: np.ndarray, columns: Mapping[str, Array] | None = None) -> Array:
        """Return the quantiles at `u` (same length)."""
        raise TypeError(f"{type(self).__name__} must define ppf")

    def reads(self) -> tuple[str, ...]:
        """Return the names of the columns `ppf` looks at."""
        return ()

    def within(self, low: float | None, high: float | None) -> Distribution:
        """Return this distribution squeezed into [low, high], for kinds that have bounds; ValueError for others."""
        names = {f.name for f in attrs.fields(type(self))}
        if not {"min", "max"} <= names:
            raise ValueError(f"{self.kind} has no bounds to narrow")
        lows = [bound for bound in (self.min, low) if bound is not None]
        highs = [bound for bound in (self.max, high) if bound is not None]
        return attrs.evolve(self, min=max(lows, default=None), max=min(highs, default=None))

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        """Return `n` values, the same for the same seed; text as an object array."""
        values = self.ppf(uniforms(seed, f"distribution.{self.kind}", np.arange(n) * SLOTS), {})
        return values.decode() if isinstance(values, Coded) else values


def _number(instance: object, attribute: attrs.Attribute, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{attribute.name}: expected a number, got {value!r}")
    if not np.isfinite(value):
        raise ValueError(f"{attribute.name}: must be finite, got {value!r}")


def _positive(instance: object, attribute: attrs.Attribute, value: object) -> None:
    _number(instance, attribute, value)
    if value <= 0:
        raise ValueError(f"{attribute.name}: must be greater than 0, got {value!r}")


def _fraction(instance: object, attribute: attrs.Attribute, value: object) -> None:
    _number(instance, attribute, value)
    if not 0 <= value <= 1:
        raise ValueError(f"{attribute.name}: must be between 0 and 1, got {value!r}")


_maybe_number = attrs.validators.optional(_number)


def _ordered_bounds(distribution: Any) -> None:
    low, high = distribution.min, distribution.max
    if low is not None and high is not None and low > high:
        raise ValueError(f"min: {low!r} is greater than max {high!r}")


def _check_weights(weights: list[object], normalize: bool) -> np.ndarray:
    for weight in weights:
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not np.isfinite(weight) or weight < 0:
            raise ValueError(f"weights: expected numbers of 0 or more, got {weight!r}")
    array = np.array(weights, dtype=float)
    total = float(array.sum())
    if len(array) == 0 or total == 0:
        raise ValueError("weights: at least one must be greater than 0")
    if not normalize and abs(total - 1) > WEIGHT_TOLERANCE:
        raise ValueError(f'weights: must sum to 1 (they sum to {total:.6g}); correct them or add "normalize": true')
    return array / total


def pick(u: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return for each uniform the index (int32) of the weighted choice it falls on; a weight of 0 is never chosen."""
    edges = np.cumsum(weights)
    edges /= edges[-1]
    last = int(np.flatnonzero(weights)[-1])
    return np.minimum(np.searchsorted(edges, u, side="right"), last).astype(np.int32)


@frozen
class Constant(Distribution):
    """One value for everybody: a number, a text, a truth value or nothing."""

    kind = "constant"
    value: Any

    def ppf(self, u, columns=None):
        if self.value is None or isinstance(self.value, str):
            return Coded.constant(self.value, len(u))
        return np.full(len(u), self.value)


@frozen
class NormalDistribution(Distribution):
    """Normal with `mean` and `std_dev`, truncated exactly to [min, max] where they are given."""

    kind = "normal"
    mean: float = field(validator=_number)
    std_dev: float = field(validator=_positive)
    min: float | None = field(default=None, validator=_maybe_number)
    max: float | None = field(default=None, validator=_maybe_number)

    __attrs_post_init__ = _ordered_bounds

    def ppf(self, u, columns=None):
        low = -np.inf if self.min is None else (self.min - self.mean) / self.std_dev
        high = np.inf if self.max is None else (self.max - self.mean) / self.std_dev
        return _bounded(self.mean + self.std_dev * _normal_between(u, low, high), self.min, self.max)


def _normal_between(u: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return standard normal quantiles squeezed into [low, high], computed in the tail that keeps its digits."""
    if low > 0:
        return -_normal_between(1 - u, -high, -low)
    floor, ceiling = ndtr(low), ndtr(high)
    return ndtri(floor + u * (ceiling - floor))


def _bounded(values: np.ndarray, low: float | None, high: float | None) -> np.ndarray:
    """Return values with the last bits of rounding kept inside the bounds (the squeeze put them there already)."""
    if low is None and high is None:
        return values
    return np.clip(values, low, high)


@frozen
class LogNormalDistribution(Distribution):
    """Log-normal: `mean` and `sigma` of the logarithm, or `median`, or `mean_value` with `sigma`; [min, max] exact."""

    kind = "log_normal"
    sigma: float = field(validator=_positive)
    mean: float | None = field(default=None, validator=_maybe_number)
    median: float | None = field(default=None, validator=attrs.validators.optional(_positive))
    mean_value: float | None = field(default=None, validator=attrs.validators.optional(_positive))
    min: float | None = field(default=None, validator=_maybe_number)
    max: float | None = field(default=None, validator=_maybe_number)

    def __attrs_post_init__(self):
        given = [name for name in ("mean", "median", "mean_value") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of mean, median, mean_value (got {', '.join(given) or 'none'})")
        if self.max is not None and self.max <= 0:
            raise ValueError(f"max: must be greater than 0, got {self.max!r}")
        _ordered_bounds(self)

    @property
    def location(self) -> float:
        """Return the mean of the logarithm."""
        if self.median is not None:
            return float(np.log(self.median))
        if self.mean_value is not None:
            return float(np.log(self.mean_value)) - self.sigma**2 / 2
        return self.mean

    def ppf(self, u, columns=None):
        low = -np.inf if not self.min or self.min <= 0 else (np.log(self.min) - self.location) / self.sigma
        high = np.inf if self.max is None else (np.log(self.max) - self.location) / self.sigma
        return _bounded(np.exp(self.location + self.sigma * _normal_between(u, low, high)), self.min, self.max)


@frozen
class UniformDistribution(Distribution):
    """Uniform over [min, max]."""

    kind = "uniform"
    min: float = field(validator=_number)
    max: float = field(validator=_number)

    __attrs_post_init__ = _ordered_bounds

    def ppf(self, u, columns=None):
        return _bounded(self.min + u * (self.max - self.min), self.min, self.max)


@frozen
class UniformIntDistribution(Distribution):
    """Uniform over the whole numbers min … max, both included."""

    kind = "uniform_int"
    min: int = field(validator=_number)
    max: int = field(validator=_number)

    def __attrs_post_init__(self):
        for name in ("min", "max"):
            if int(getattr(self, name)) != getattr(self, name):
                raise ValueError(f"{name}: expected a whole number, got {getattr(self, name)!r}")
        _ordered_bounds(self)

    def ppf(self, u, columns=None):
        low, high = int(self.min), int(self.max)
        return np.minimum(low + np.floor(u * (high - low + 1)).astype(np.int64), high)


@frozen
class ExplicitDistribution(Distribution):
    """One of listed `values` (all numbers or all text), equally likely or by `weights`."""

    kind = "explicit"
    values: list = field()
    weights: list | None = None
    normalize: bool = False

    @values.validator
    def _check_values(self, attribute, value):
        if not isinstance(value, list | tuple) or not value:
            raise ValueError(f"values: expected a list of at least one value, got {value!r}")
        if len({isinstance(one, str) for one in value}) > 1:
            raise ValueError("values: mix of text and numbers")

    def __attrs_post_init__(self):
        if self.weights is not None:
            if len(self.weights) != len(self.values):
                raise ValueError(f"weights: {len(self.weights)} weights for {len(self.values)} values")
            _check_weights(list(self.weights), self.normalize)

    def ppf(self, u, columns=None):
        count = len(self.values)
        weights = np.ones(count) / count if self.weights is None else _check_weights(self.weights, self.normalize)
        return _values_at(list(self.values), pick(u, weights))


def _values_at(values: list, index: np.ndarray) -> Array:
    if isinstance(values[0], str):
        words = list(dict.fromkeys(values))
        return Coded(np.array([words.index(value) for value in values], np.int32)[index], words)
    return np.array(values)[index]


def _weight_mapping(instance: object, attribute: attrs.Attribute, value: object) -> None:
    if not isinstance(value, Mapping):
        raise ValueError(f"{attribute.name}: expected an object of name and weight, got {value!r}")


@frozen
class CategoricalDistribution(Distribution):
    """One of named categories by `weights`, which sum to 1 ± 0.001 unless `normalize` is true."""

    kind = "categorical"
    weights: Mapping[str, float] = field(validator=_weight_mapping)
    normalize: bool = False

    def __attrs_post_init__(self):
        _check_weights(list(self.weights.values()), self.normalize)

    def ppf(self, u, columns=None):
        weights = _check_weights(list(self.weights.values()), self.normalize)
        return Coded(pick(u, weights), [str(word) for word in self.weights])

    def only(self, words: set[str]) -> CategoricalDistribution:
        """Return the same distribution among `words` only; ValueError where none of them has weight."""
        kept = {word: weight for word, weight in self.weights.items() if word in words and weight > 0}
        if not kept:
            raise ValueError(f"none of {', '.join(sorted(words))} has a weight")
        return CategoricalDistribution(kept, normalize=True)


_BAND = re.compile(r"^\s*(\d+)\s*(?:-\s*(\d+)|(\+))\s*$")
OLDEST = 100
"""The upper end of an open age band; house convention, so that `65+` means 65 to 100."""


@frozen
class AgeBandDistribution(Distribution):
    """Whole years from `bands` such as {"0-17": 0.2, "18-64": 0.6, "65+": 0.2}; uniform within a band."""

    kind = "age_bands"
    bands: Mapping[str, float] = field(validator=_weight_mapping)
    normalize: bool = False
    min: int | None = field(default=None, validator=_maybe_number)
    max: int | None = field(default=None, validator=_maybe_number)

    def __attrs_post_init__(self):
        _check_weights(list(self.bands.values()), self.normalize)
        for label in self.bands:
            match = _BAND.match(label)
            if not match or (match[2] and int(match[2]) < int(match[1])):
                raise ValueError(f"bands: cannot read age band {label!r}; write '18-64' or '65+'")
        _ordered_bounds(self)
        if len(self._edges()[0]) == 0:
            raise ValueError(f"min: no band reaches into {self.min!r} to {self.max!r}")

    def _edges(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the first age, the number of years and the weight of each band within [min, max]."""
        weights = _check_weights(list(self.bands.values()), self.normalize)
        firsts, years, kept = [], [], []
        for label, weight in sorted(
            zip(self.bands, weights, strict=True), key=lambda band: int(_BAND.match(band[0])[1])
        ):
            match = _BAND.match(label)
            first, last = int(match[1]), int(match[2]) if match[2] else max(OLDEST, int(match[1]))
            low = first if self.min is None else max(first, int(np.ceil(self.min)))
            high = last if self.max is None else min(last, int(np.floor(self.max)))
            if low <= high and weight > 0:
                firsts.append(low)
                years.append(high - low + 1)
                kept.append(weight * (high - low + 1) / (last - first + 1))
        return np.array(firsts, np.int64), np.array(years, np.int64), np.array(kept)

    def ppf(self, u, columns=None):
        firsts, years, weights = self._edges()
        ceilings = np.cumsum(weights) / weights.sum()
        floors = np.concatenate([[0.0], ceilings[:-1]])
        band = pick(u, weights)
        share = (u - floors[band]) / (ceilings[band] - floors[band])
        return firsts[band] + np.minimum(np.floor(share * years[band]).astype(np.int64), years[band] - 1)


@frozen
class ConditionalDistribution(Distribution):
    """The distribution of the first rule whose `if` holds, else `default`; the same uniform serves every branch."""

    kind = "conditional"
    rules: tuple[tuple[Expression, Distribution], ...] = field(converter=tuple)
    default: Distribution | None = None

    def reads(self):
        names = {name for rule, branch in self.rules for name in (*rule.reads(), *branch.reads())}
        return tuple(sorted(names | set(self.default.reads() if self.default else ())))

    def ppf(self, u, columns=None):
        columns = columns or {}
        open_rows = np.ones(len(u), bool)
        rows, values = [], []
        for rule, branch in (*self.rules, (None, self.default)):
            mask = open_rows if rule is None else open_rows & rule.holds(columns.get, len(u))
            index = np.flatnonzero(mask)
            if len(index):
                narrowed = {name: columns[name][index] for name in branch.reads() if name in columns} if branch else {}
                rows.append(index)
                values.append((branch or Constant(None)).ppf(u[index], narrowed))
                open_rows = open_rows & ~mask
        return _scatter(rows, values, len(u))


def _scatter(rows: list[np.ndarray], values: list[Array], length: int) -> Array:
    """Return the branches' values laid back at their rows; a branch without values is missing."""
    coded = [value for value in values if isinstance(value, Coded)]
    if len(coded) != len(values):
        # Numbers: a branch of "nothing" is an all-missing Coded, and becomes NaN among them.
        if any((value.codes >= 0).any() for value in coded):
            raise ValueError("conditional: some branches give text, others numbers")
        values = [np.full(len(value), np.nan) if isinstance(value, Coded) else value for value in values]
    order = np.argsort(np.concatenate(rows), kind="stable") if rows else np.empty(0, np.intp)
    return concatenate(values)[order] if rows else Coded.constant(None, length)


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
)
"""Core's own families; they reach the catalog through the same hook as a stranger's."""


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
    if kind not in kinds:
        problems.unknown(f"{path}.type", "distribution", kind, kinds)
        return None
    parameters = {name: parameter for name, parameter in value.items() if name not in ("type", "description")}
    if kind == "conditional":
        return _read_conditional(parameters, path, problems, kinds)
    if kind == "age_bands" and "bands" not in parameters:
        # The short form of the specification: the bands stand beside the type.
        bands = {name: parameters.pop(name) for name in list(parameters) if _BAND.match(name)}
        parameters["bands"] = bands or parameters.pop("weights", {})
    family = kinds[kind]
    fields = attrs.fields_dict(family)
    missing = [name for name, f in fields.items() if f.default is attrs.NOTHING and name not in parameters]
    for name in parameters:
        if name not in fields:
            problems.unknown(f"{path}.{name}", f"parameter of {kind}", name, fields)
    for name in missing:
        problems.add(f"{path}.{name}", f"{kind} needs {name}")
    if missing or not set(parameters) <= set(fields):
        return None
    try:
        return family(**parameters)
    except (ValueError, TypeError) as error:
        name, _, message = str(error).partition(": ")
        if message and name in fields:
            problems.add(f"{path}.{name}", message)
        else:
            problems.add(path, str(error))
        return None


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
    return ConditionalDistribution(read, default)


def create_distribution(specification: object, kinds: Mapping[str, type[Distribution]] | None = None) -> Distribution:
    """Return the distribution a dict describes; SpecificationError lists everything wrong with it."""
    problems = Problems()
    if kinds is None:
        kinds = {family.kind: family for family in FAMILIES}
    distribution = read_distribution(specification, "distribution", problems, kinds)
    problems.raise_if_any()
    return distribution

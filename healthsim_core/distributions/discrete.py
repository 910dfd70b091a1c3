"""Discrete families: constants, categories, listed values, age bands and counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
from attrs import field, frozen
from scipy import special

from healthsim_core.columns import Coded
from healthsim_core.distributions.base import (
    Distribution,
    check_weights,
    fraction,
    maybe_number,
    number,
    ordered_bounds,
    pick,
    positive,
    weight_mapping,
)


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
class UniformIntDistribution(Distribution):
    """Uniform over the whole numbers min … max, both included."""

    kind = "uniform_int"
    min: int = field(validator=number)
    max: int = field(validator=number)

    def __attrs_post_init__(self):
        for name in ("min", "max"):
            if int(getattr(self, name)) != getattr(self, name):
                raise ValueError(f"{name}: expected a whole number, got {getattr(self, name)!r}")
        ordered_bounds(self)

    def ppf(self, u, columns=None):
        low, high = int(self.min), int(self.max)
        return np.minimum(low + np.floor(u * (high - low + 1)).astype(np.int64), high)


@frozen
class BernoulliDistribution(Distribution):
    """True with probability `p`, else false."""

    kind = "bernoulli"
    p: float = field(validator=fraction)

    def ppf(self, u, columns=None):
        return u > 1 - self.p


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
            check_weights(list(self.weights), self.normalize)

    def ppf(self, u, columns=None):
        count = len(self.values)
        weights = np.ones(count) / count if self.weights is None else check_weights(self.weights, self.normalize)
        values = list(self.values)
        if not isinstance(values[0], str):
            # Numbers in rising order, so that a higher rank is never a smaller value.
            order = np.argsort(values, kind="stable")
            return np.array(values)[order][pick(u, weights[order])]
        words = list(dict.fromkeys(values))
        return Coded(np.array([words.index(value) for value in values], np.int32)[pick(u, weights)], words)


@frozen
class CategoricalDistribution(Distribution):
    """One of named categories by `weights`, which sum to 1 ± 0.001 unless `normalize` is true."""

    kind = "categorical"
    weights: Mapping[str, float] = field(validator=weight_mapping)
    normalize: bool = False

    def __attrs_post_init__(self):
        check_weights(list(self.weights.values()), self.normalize)

    def ppf(self, u, columns=None):
        weights = check_weights(list(self.weights.values()), self.normalize)
        return Coded(pick(u, weights), [str(word) for word in self.weights])

    def only(self, words: set[str]) -> CategoricalDistribution:
        """Return the same distribution among `words` only; ValueError where none of them has weight."""
        kept = {word: weight for word, weight in self.weights.items() if word in words and weight > 0}
        if not kept:
            raise ValueError(f"none of {', '.join(sorted(words))} has a weight")
        return CategoricalDistribution(kept, normalize=True)


BAND = re.compile(r"^\s*(\d+)\s*(?:-\s*(\d+)|(\+))\s*$")
OLDEST = 100
"""The upper end of an open age band; house convention, so that `65+` means 65 to 100."""


@frozen
class AgeBandDistribution(Distribution):
    """Whole years from `bands` such as {"0-17": 0.2, "18-64": 0.6, "65+": 0.2}; uniform within a band."""

    kind = "age_bands"
    bands: Mapping[str, float] = field(validator=weight_mapping)
    normalize: bool = False
    min: int | None = field(default=None, validator=maybe_number)
    max: int | None = field(default=None, validator=maybe_number)

    def __attrs_post_init__(self):
        check_weights(list(self.bands.values()), self.normalize)
        for label in self.bands:
            match = BAND.match(label)
            if not match or (match[2] and int(match[2]) < int(match[1])):
                raise ValueError(f"bands: cannot read age band {label!r}; write '18-64' or '65+'")
        ordered_bounds(self)
        if len(self._edges()[0]) == 0:
            raise ValueError(f"min: no band reaches into {self.min!r} to {self.max!r}")

    def _edges(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the first age, the number of years and the weight of each band within [min, max]."""
        weights = check_weights(list(self.bands.values()), self.normalize)
        firsts, years, kept = [], [], []
        for label, weight in sorted(
            zip(self.bands, weights, strict=True), key=lambda band: int(BAND.match(band[0])[1])
        ):
            match = BAND.match(label)
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


class _Counts(Distribution):
    """A family of counts 0, 1, 2 … by its distribution function; bounds are whole numbers, truncated exactly."""

    def cdf(self, k: np.ndarray) -> np.ndarray:
        """Return the probability of at most `k`."""
        raise TypeError(f"{type(self).__name__} must define cdf")

    def reach(self) -> tuple[float, float]:
        """Return mean and standard deviation."""
        raise TypeError(f"{type(self).__name__} must define reach")

    def __attrs_post_init__(self):
        for name in ("min", "max"):
            value = getattr(self, name)
            if value is not None and int(value) != value:
                raise ValueError(f"{name}: expected a whole number, got {value!r}")
        ordered_bounds(self)
        if self.max is not None and self.max < 0:
            raise ValueError(f"max: must be at least 0, got {self.max!r}")

    def _edges(self) -> tuple[int, np.ndarray, float]:
        """Return the least count, P(at most k) for it and those after, and P(less than it)."""
        mean, std_dev = self.reach()
        low = 0 if self.min is None else max(int(self.min), 0)
        # Forty standard deviations leave less than any uniform can fall on.
        high = int(mean + 40 * std_dev + 40) if self.max is None else max(int(self.max), low)
        high = min(high, max(low, int(mean + 40 * std_dev + 40)))
        floor = float(self.cdf(np.array([low - 1.0]))[0]) if low > 0 else 0.0
        return low, self.cdf(np.arange(low, high + 1, dtype=float)), floor

    def ppf(self, u, columns=None):
        low, edges, floor = self._edges()
        squeezed = floor + u * (edges[-1] - floor)
        return low + np.minimum(np.searchsorted(edges, squeezed, side="left"), len(edges) - 1).astype(np.int64)


@frozen
class PoissonDistribution(_Counts):
    """Counts of independent events with a `mean`: visits a year, admissions; [min, max] exact."""

    kind = "poisson"
    mean: float = field(validator=positive)
    min: int | None = field(default=None, validator=maybe_number)
    max: int | None = field(default=None, validator=maybe_number)

    def cdf(self, k):
        return special.pdtr(k, self.mean)

    def reach(self):
        return self.mean, self.mean**0.5


@frozen
class NegativeBinomialDistribution(_Counts):
    """Counts that vary more than Poisson: `mean` with `dispersion` (variance = mean + mean²/dispersion), or `n` and `p`."""

    kind = "negative_binomial"
    mean: float | None = field(default=None, validator=attrs.validators.optional(positive))
    dispersion: float | None = field(default=None, validator=attrs.validators.optional(positive))
    n: float | None = field(default=None, validator=attrs.validators.optional(positive))
    p: float | None = field(default=None, validator=attrs.validators.optional(fraction))
    min: int | None = field(default=None, validator=maybe_number)
    max: int | None = field(default=None, validator=maybe_number)

    def __attrs_post_init__(self):
        first = self.mean is not None and self.dispersion is not None
        second = self.n is not None and self.p is not None
        given = sum(one is not None for one in (self.mean, self.dispersion, self.n, self.p))
        if given != 2 or first == second:
            raise ValueError("give mean and dispersion, or n and p")
        if self.p == 0:
            raise ValueError("p: must be greater than 0, got 0")
        _Counts.__attrs_post_init__(self)

    def _n_and_p(self) -> tuple[float, float]:
        if self.n is not None:
            return self.n, self.p
        return self.dispersion, self.dispersion / (self.dispersion + self.mean)

    def cdf(self, k):
        n, p = self._n_and_p()
        return special.betainc(n, k + 1, p)

    def reach(self):
        n, p = self._n_and_p()
        return n * (1 - p) / p, (n * (1 - p)) ** 0.5 / p

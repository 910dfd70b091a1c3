"""What every distribution is: a quantile function; and the checks and steps that the families share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import attrs
import numpy as np

from healthsim_core.columns import Array, Coded
from healthsim_core.draws import SLOTS, uniforms

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


def number(instance: object, attribute: attrs.Attribute, value: object) -> None:
    """Validate that a parameter is a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{attribute.alias}: expected a number, got {value!r}")
    if not np.isfinite(value):
        raise ValueError(f"{attribute.alias}: must be finite, got {value!r}")


def positive(instance: object, attribute: attrs.Attribute, value: object) -> None:
    """Validate that a parameter is a number greater than 0."""
    number(instance, attribute, value)
    if value <= 0:
        raise ValueError(f"{attribute.alias}: must be greater than 0, got {value!r}")


def fraction(instance: object, attribute: attrs.Attribute, value: object) -> None:
    """Validate that a parameter is a number from 0 to 1."""
    number(instance, attribute, value)
    if not 0 <= value <= 1:
        raise ValueError(f"{attribute.alias}: must be between 0 and 1, got {value!r}")


maybe_number = attrs.validators.optional(number)


def ordered_bounds(distribution) -> None:
    """Raise ValueError where `min` is greater than `max`."""
    low, high = distribution.min, distribution.max
    if low is not None and high is not None and low > high:
        raise ValueError(f"min: {low!r} is greater than max {high!r}")


def check_weights(weights: list[object], normalize: bool) -> np.ndarray:
    """Return weights as shares that sum to 1; ValueError where they are no weights or sum to something else."""
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


def weight_mapping(instance: object, attribute: attrs.Attribute, value: object) -> None:
    """Validate that a parameter maps names to weights."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{attribute.alias}: expected an object of name and weight, got {value!r}")


def pick(u: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return for each uniform the index (int32) of the weighted choice it falls on; a weight of 0 is never chosen."""
    edges = np.cumsum(weights)
    edges /= edges[-1]
    last = int(np.flatnonzero(weights)[-1])
    return np.minimum(np.searchsorted(edges, u, side="right"), last).astype(np.int32)


@attrs.frozen
class Shape:
    """A continuous distribution by its four functions, the upper tail apart so that it keeps its digits."""

    cdf: Callable[[float], float]
    sf: Callable[[float], float]
    ppf: Callable[[np.ndarray], np.ndarray]
    isf: Callable[[np.ndarray], np.ndarray]
    support: tuple[float, float] = (-np.inf, np.inf)

    def between(self, u: np.ndarray, low: float | None, high: float | None) -> np.ndarray:
        """Return quantiles at `u` squeezed into [F(low), F(high)]: exact truncation, nothing clipped or drawn again."""
        if low is None and high is None:
            return self.ppf(u)
        floor = 0.0 if low is None else float(self.cdf(low))
        if floor <= 0.5:
            ceiling = 1.0 if high is None else float(self.cdf(high))
            if floor == ceiling:
                # So far out that no digit is left: what there is lies at the bound nearest to the rest.
                return np.full(len(u), float(high))
            values = self.ppf(floor + u * (ceiling - floor))
        else:
            top, bottom = float(self.sf(low)), 0.0 if high is None else float(self.sf(high))
            if top == bottom:
                return np.full(len(u), float(low))
            values = self.isf(top - u * (top - bottom))
        # The squeeze put them inside already; this keeps the last bits of rounding there too.
        return np.clip(values, low, high)

    def check(self, low: float | None, high: float | None) -> None:
        """Raise ValueError where bounds leave nothing of the distribution."""
        if (low is not None and low > self.support[1]) or (high is not None and high < self.support[0]):
            raise ValueError(f"min: there is nothing between {low!r} and {high!r}")

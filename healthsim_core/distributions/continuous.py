"""Continuous families: normal, log_normal, uniform, gamma, beta, weibull, empirical."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np
from attrs import field, frozen
from scipy import special

from healthsim_core.distributions.base import (
    Distribution,
    Shape,
    maybe_number,
    number,
    ordered_bounds,
    positive,
)

NORMAL = Shape(special.ndtr, lambda x: special.ndtr(-x), special.ndtri, lambda q: -special.ndtri(q))


class _Shaped(Distribution):
    """A family with bounds that knows its `shape`; values are computed by one exact squeeze."""

    def shape(self) -> Shape:
        """Return the untruncated distribution."""
        raise TypeError(f"{type(self).__name__} must define shape")

    def __attrs_post_init__(self):
        ordered_bounds(self)
        self.shape().check(self.min, self.max)

    def ppf(self, u, columns=None):
        return self.shape().between(u, self.min, self.max)


@frozen
class NormalDistribution(_Shaped):
    """Normal with `mean` and `std_dev`, truncated exactly to [min, max] where they are given."""

    kind = "normal"
    mean: float = field(validator=number)
    std_dev: float = field(validator=positive)
    min: float | None = field(default=None, validator=maybe_number)
    max: float | None = field(default=None, validator=maybe_number)

    def shape(self):
        mean, std_dev = self.mean, self.std_dev
        return Shape(
            lambda x: NORMAL.cdf((x - mean) / std_dev),
            lambda x: NORMAL.sf((x - mean) / std_dev),
            lambda u: mean + std_dev * NORMAL.ppf(u),
            lambda q: mean + std_dev * NORMAL.isf(q),
        )


@frozen
class LogNormalDistribution(_Shaped):
    """Log-normal: `mean` and `sigma` of the logarithm, or `median`, or `mean_value` with `sigma`; [min, max] exact."""

    kind = "log_normal"
    sigma: float = field(validator=positive)
    mean: float | None = field(default=None, validator=maybe_number)
    median: float | None = field(default=None, validator=attrs.validators.optional(positive))
    mean_value: float | None = field(default=None, validator=attrs.validators.optional(positive))
    min: float | None = field(default=None, validator=maybe_number)
    max: float | None = field(default=None, validator=maybe_number)

    def __attrs_post_init__(self):
        given = [name for name in ("mean", "median", "mean_value") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of mean, median, mean_value (got {', '.join(given) or 'none'})")
        if self.max is not None and self.max <= 0:
            raise ValueError(f"max: must be greater than 0, got {self.max!r}")
        _Shaped.__attrs_post_init__(self)

    @property
    def location(self) -> float:
        """Return the mean of the logarithm."""
        if self.median is not None:
            return float(np.log(self.median))
        if self.mean_value is not None:
            return float(np.log(self.mean_value)) - self.sigma**2 / 2
        return self.mean

    def shape(self):
        location, sigma = self.location, self.sigma

        def z(x: float) -> float:
            return -np.inf if x <= 0 else (np.log(x) - location) / sigma

        return Shape(
            lambda x: NORMAL.cdf(z(x)),
            lambda x: NORMAL.sf(z(x)),
            lambda u: np.exp(location + sigma * NORMAL.ppf(u)),
            lambda q: np.exp(location + sigma * NORMAL.isf(q)),
            (0, np.inf),
        )


@frozen
class UniformDistribution(Distribution):
    """Uniform over [min, max]."""

    kind = "uniform"
    min: float = field(validator=number)
    max: float = field(validator=number)

    __attrs_post_init__ = ordered_bounds

    def ppf(self, u, columns=None):
        return np.clip(self.min + u * (self.max - self.min), self.min, self.max)


@frozen
class GammaDistribution(_Shaped):
    """Gamma with `shape` and `scale` (its mean is their product): lengths of stay, costs; [min, max] exact."""

    kind = "gamma"
    shape_parameter: float = field(validator=positive, alias="shape", metadata={"name": "shape"})
    scale: float = field(validator=positive)
    min: float | None = field(default=None, validator=maybe_number)
    max: float | None = field(default=None, validator=maybe_number)

    def shape(self):
        k, scale = self.shape_parameter, self.scale
        return Shape(
            lambda x: special.gammainc(k, max(x, 0) / scale),
            lambda x: special.gammaincc(k, max(x, 0) / scale),
            lambda u: scale * special.gammaincinv(k, u),
            lambda q: scale * special.gammainccinv(k, q),
            (0, np.inf),
        )


@frozen
class BetaDistribution(_Shaped):
    """Beta with `alpha` and `beta` on (0, 1): shares, adherence, risk; [min, max] exact."""

    kind = "beta"
    alpha: float = field(validator=positive)
    beta: float = field(validator=positive)
    min: float | None = field(default=None, validator=maybe_number)
    max: float | None = field(default=None, validator=maybe_number)

    def shape(self):
        a, b = self.alpha, self.beta
        return Shape(
            lambda x: special.betainc(a, b, np.clip(x, 0, 1)),
            lambda x: special.betaincc(a, b, np.clip(x, 0, 1)),
            lambda u: special.betaincinv(a, b, u),
            lambda q: special.betainccinv(a, b, q),
            (0, 1),
        )


@frozen
class WeibullDistribution(_Shaped):
    """Weibull with `shape` and `scale`: times to an event; [min, max] exact."""

    kind = "weibull"
    shape_parameter: float = field(validator=positive, alias="shape", metadata={"name": "shape"})
    scale: float = field(validator=positive)
    min: float | None = field(default=None, validator=maybe_number)
    max: float | None = field(default=None, validator=maybe_number)

    def shape(self):
        k, scale = self.shape_parameter, self.scale
        return Shape(
            lambda x: -np.expm1(-((max(x, 0) / scale) ** k)),
            lambda x: np.exp(-((max(x, 0) / scale) ** k)),
            lambda u: scale * (-np.log1p(-u)) ** (1 / k),
            lambda q: scale * (-np.log(q)) ** (1 / k),
            (0, np.inf),
        )


@frozen
class EmpiricalDistribution(_Shaped):
    """Measured `quantiles`, {"0": 12, "0.25": 18, "0.5": 24, "1": 60}, joined by straight lines; [min, max] exact."""

    kind = "empirical"
    quantiles: Mapping[str, float] = field()
    min: float | None = field(default=None, validator=maybe_number)
    max: float | None = field(default=None, validator=maybe_number)

    @quantiles.validator
    def _check_quantiles(self, attribute, value):
        example = '{"0": 12, "0.5": 24, "1": 60}'
        if not isinstance(value, Mapping) or len(value) < 2:
            raise ValueError(f"quantiles: expected an object of probability and value such as {example}, got {value!r}")
        try:
            pairs = sorted((float(share), float(amount)) for share, amount in value.items())
        except (TypeError, ValueError):
            raise ValueError(f"quantiles: expected numbers, as in {example}, got {value!r}") from None
        if pairs[0][0] != 0 or pairs[-1][0] != 1:
            raise ValueError("quantiles: the first probability must be 0 and the last 1")
        if any(later[1] < earlier[1] for earlier, later in zip(pairs, pairs[1:], strict=False)):
            raise ValueError("quantiles: values must not fall as probabilities rise")

    def shape(self):
        pairs = sorted((float(share), float(amount)) for share, amount in self.quantiles.items())
        shares, amounts = np.array([one[0] for one in pairs]), np.array([one[1] for one in pairs])

        def cdf(x: float) -> float:
            # Where values repeat, their whole share lies below: np.interp would take the first.
            place = int(np.searchsorted(amounts, x, side="right"))
            if place == 0:
                return 0.0
            if place == len(amounts):
                return 1.0
            step = (x - amounts[place - 1]) / (amounts[place] - amounts[place - 1])
            return float(shares[place - 1] + step * (shares[place] - shares[place - 1]))

        return Shape(
            cdf,
            lambda x: 1 - cdf(x),
            lambda u: np.interp(u, shares, amounts),
            lambda q: np.interp(1 - q, shares, amounts),
            (amounts[0], amounts[-1]),
        )

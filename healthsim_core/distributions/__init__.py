"""Distributions are quantile functions: one uniform in, one value out, so bounds are exact and ranks survive a what-if.

Every class is frozen, named by `kind`, and read from a specification with `create_distribution`. `ppf(u, columns)` takes
uniforms in (0, 1) and the person's columns sampled so far, and gives float64, int64, bool or `Coded`; it is pure,
elementwise (so split-invariant) and, for numbers, monotone in `u`.
"""

from healthsim_core.distributions.base import Distribution, pick
from healthsim_core.distributions.composite import ConditionalDistribution, MissingDistribution, without
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
    AgeBandDistribution,
    BernoulliDistribution,
    CategoricalDistribution,
    Constant,
    ExplicitDistribution,
    NegativeBinomialDistribution,
    PoissonDistribution,
    UniformIntDistribution,
)
from healthsim_core.distributions.reading import FAMILIES, create_distribution, parameters_of, read_distribution

__all__ = [
    "FAMILIES",
    "AgeBandDistribution",
    "BernoulliDistribution",
    "BetaDistribution",
    "CategoricalDistribution",
    "ConditionalDistribution",
    "Constant",
    "Distribution",
    "EmpiricalDistribution",
    "ExplicitDistribution",
    "GammaDistribution",
    "LogNormalDistribution",
    "MissingDistribution",
    "NegativeBinomialDistribution",
    "NormalDistribution",
    "PoissonDistribution",
    "UniformDistribution",
    "UniformIntDistribution",
    "WeibullDistribution",
    "create_distribution",
    "parameters_of",
    "pick",
    "read_distribution",
    "without",
]

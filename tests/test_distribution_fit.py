"""Every family against scipy.stats at a fixed seed: Kolmogorov-Smirnov for measures, chi-square for counts, bounds included."""

import numpy as np
import pytest
from scipy import stats

from healthsim_core.columns import Coded
from healthsim_core.distributions import FAMILIES, MissingDistribution, create_distribution
from healthsim_core.errors import SpecificationError

N = 100_000
GRID = (np.arange(2000) + 0.5) / 2000

# Specification → scipy's distribution without bounds; bounds are applied to it by conditioning.
MEASURES = [
    ({"type": "normal", "mean": 50, "std_dev": 10}, stats.norm(50, 10)),
    ({"type": "normal", "mean": 50, "std_dev": 10, "min": 45, "max": 52}, stats.norm(50, 10)),
    ({"type": "normal", "mean": 0, "std_dev": 1, "min": 5}, stats.norm(0, 1)),
    ({"type": "log_normal", "mean": 3, "sigma": 0.5, "min": 10, "max": 40}, stats.lognorm(0.5, scale=np.exp(3))),
    ({"type": "log_normal", "mean_value": 20, "sigma": 0.8}, stats.lognorm(0.8, scale=20 * np.exp(-0.32))),
    ({"type": "uniform", "min": -1, "max": 4}, stats.uniform(-1, 5)),
    ({"type": "gamma", "shape": 2.5, "scale": 3}, stats.gamma(2.5, scale=3)),
    ({"type": "gamma", "shape": 0.4, "scale": 10, "min": 1, "max": 30}, stats.gamma(0.4, scale=10)),
    ({"type": "gamma", "shape": 2, "scale": 1, "min": 9}, stats.gamma(2, scale=1)),
    ({"type": "beta", "alpha": 8, "beta": 2}, stats.beta(8, 2)),
    ({"type": "beta", "alpha": 0.5, "beta": 0.5, "min": 0.2, "max": 0.9}, stats.beta(0.5, 0.5)),
    ({"type": "weibull", "shape": 1.4, "scale": 200}, stats.weibull_min(1.4, scale=200)),
    ({"type": "weibull", "shape": 0.7, "scale": 30, "min": 20, "max": 365}, stats.weibull_min(0.7, scale=30)),
    ({"type": "empirical", "quantiles": {"0": 0, "0.25": 2, "1": 5}}, stats.rv_histogram(([0.25, 0.75], [0, 2, 5]), density=False)),
    ({"type": "empirical", "quantiles": {"0": 0, "0.25": 2, "1": 5}, "min": 1, "max": 4}, stats.rv_histogram(([0.25, 0.75], [0, 2, 5]), density=False)),
]  # fmt: skip
COUNTS = [
    ({"type": "poisson", "mean": 4.2}, stats.poisson(4.2)),
    ({"type": "poisson", "mean": 4.2, "min": 1, "max": 8}, stats.poisson(4.2)),
    ({"type": "poisson", "mean": 900}, stats.poisson(900)),
    ({"type": "negative_binomial", "mean": 3, "dispersion": 1.5}, stats.nbinom(1.5, 1.5 / 4.5)),
    ({"type": "negative_binomial", "n": 4, "p": 0.3, "min": 2}, stats.nbinom(4, 0.3)),
    ({"type": "uniform_int", "min": 3, "max": 12}, stats.randint(3, 13)),
    ({"type": "bernoulli", "p": 0.23}, stats.bernoulli(0.23)),
    ({"type": "explicit", "values": [3, 1, 2], "weights": [0.5, 0.2, 0.3]}, stats.rv_discrete(values=([1, 2, 3], [0.2, 0.3, 0.5]))),
]  # fmt: skip


def ids(cases):
    return [" ".join(str(one) for one in specification.values()) for specification, _ in cases]


@pytest.mark.parametrize(("specification", "oracle"), MEASURES, ids=ids(MEASURES))
def test_measures_fit_with_exact_bounds(specification, oracle):
    values = create_distribution(specification).sample(N, seed=3)
    low, high = specification.get("min", -np.inf), specification.get("max", np.inf)
    floor, ceiling = oracle.cdf(low), oracle.cdf(high)
    assert values.min() >= low and values.max() <= high
    assert stats.kstest(values, lambda x: (oracle.cdf(x) - floor) / (ceiling - floor)).pvalue > 0.001


@pytest.mark.parametrize(("specification", "oracle"), COUNTS, ids=ids(COUNTS))
def test_counts_fit_with_exact_bounds(specification, oracle):
    values = create_distribution(specification).sample(N, seed=3).astype(int)
    bounded = specification["type"] in ("poisson", "negative_binomial")
    low = specification.get("min", 0) if bounded else values.min()
    high = specification.get("max", values.max() + 50) if bounded else values.max()
    assert values.min() >= low and values.max() <= high
    support = np.arange(low, high + 1)
    expected = (
        oracle.pmf(support)
        / oracle.pmf(np.arange(low, high + 5000 if "max" not in specification else high + 1)).sum()
        * N
    )
    observed = np.bincount(values - low, minlength=len(support))
    common = expected >= 10
    rest = [observed[~common].sum()], [N - expected[common].sum()]
    observed, expected = (np.append(observed[common], rest[0]), np.append(expected[common], rest[1]))
    if expected[-1] < 5:
        observed, expected = observed[:-1], expected[:-1] * observed[:-1].sum() / expected[:-1].sum()
    assert stats.chisquare(observed, expected).pvalue > 0.001


@pytest.mark.parametrize("specification", [one for one, _ in MEASURES + COUNTS], ids=ids(MEASURES + COUNTS))
def test_quantiles_are_pure_monotone_and_split_invariant(specification):
    distribution = create_distribution(specification)
    u = GRID.copy()
    whole = distribution.ppf(u)
    assert np.array_equal(u, GRID) and np.array_equal(whole, distribution.ppf(GRID))
    assert (np.diff(whole.astype(float)) >= 0).all()
    assert np.array_equal(np.concatenate([distribution.ppf(GRID[:7]), distribution.ppf(GRID[7:])]), whole)


def test_every_family_is_tried_here_or_has_a_test_of_its_own():
    tried = {specification["type"] for specification, _ in MEASURES + COUNTS}
    assert {family.kind for family in FAMILIES} - tried == {"categorical", "age_bands", "conditional", "constant"}


def test_a_share_of_any_distribution_can_be_missing():
    measured = create_distribution({"type": "normal", "mean": 5, "std_dev": 1, "null_fraction": 0.2})
    assert isinstance(measured, MissingDistribution)
    values = measured.sample(N, 1)
    assert stats.binomtest(int(np.isnan(values).sum()), N, 0.2).pvalue > 0.001
    assert stats.kstest(values[~np.isnan(values)], stats.norm(5, 1).cdf).pvalue > 0.001
    words = create_distribution({"type": "categorical", "weights": {"a": 1.0}, "null_fraction": 1}).ppf(GRID)
    assert isinstance(words, Coded) and (words.codes == -1).all()


@pytest.mark.parametrize(
    ("specification", "message"),
    [
        ({"type": "gamma", "shape": -1, "scale": 2}, "distribution.shape: must be greater than 0"),
        ({"type": "gamma", "scale": 2}, "distribution.shape: gamma needs shape"),
        ({"type": "beta", "alpha": 1, "beta": 1, "min": 2}, "distribution.min: there is nothing between 2 and None"),
        ({"type": "poisson", "mean": 3, "min": 1.5}, "distribution.min: expected a whole number"),
        ({"type": "negative_binomial", "mean": 3, "p": 0.5}, "give mean and dispersion, or n and p"),
        ({"type": "bernoulli", "p": 1.5}, "distribution.p: must be between 0 and 1"),
        ({"type": "empirical", "quantiles": {"0.1": 1, "1": 2}}, "the first probability must be 0"),
        ({"type": "empirical", "quantiles": {"0": 3, "1": 2}}, "must not fall"),
        ({"type": "normal", "mean": 1, "std_dev": 1, "null_fraction": 3}, "distribution.null_fraction: must be between 0 and 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_parameter_is_said(specification, message):
    with pytest.raises(SpecificationError, match=message.replace("(", r"\(")):
        create_distribution(specification)

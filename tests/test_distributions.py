"""Distributions are quantile functions: exact bounds, ranks kept, and the shapes scipy knows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from healthsim_core.columns import Coded
from healthsim_core.distributions import FAMILIES, create_distribution
from healthsim_core.errors import SpecificationError

N = 100_000
GRID = (np.arange(2000) + 0.5) / 2000

SPECIFICATIONS = {
    "normal": {"type": "normal", "mean": 50, "std_dev": 10},
    "truncated normal": {"type": "normal", "mean": 50, "std_dev": 10, "min": 45, "max": 52},
    "log_normal": {"type": "log_normal", "median": 20, "sigma": 0.5},
    "log_normal by mean": {"type": "log_normal", "mean_value": 20, "sigma": 0.5},
    "truncated log_normal": {"type": "log_normal", "mean": 3, "sigma": 0.5, "min": 10, "max": 40},
    "uniform": {"type": "uniform", "min": -1, "max": 4},
}
ORACLES = {
    "normal": stats.norm(50, 10),
    "truncated normal": stats.truncnorm(-0.5, 0.2, 50, 10),
    "log_normal": stats.lognorm(0.5, scale=20),
    "log_normal by mean": stats.lognorm(0.5, scale=20 * np.exp(-0.125)),
    "truncated log_normal": stats.truncnorm((np.log(10) - 3) / 0.5, (np.log(40) - 3) / 0.5, 3, 0.5),
    "uniform": stats.uniform(-1, 5),
}


@pytest.mark.parametrize("name", SPECIFICATIONS)
def test_continuous_families_fit_their_shape(name):
    values = create_distribution(SPECIFICATIONS[name]).sample(N, seed=3)
    if name == "truncated log_normal":
        values = np.log(values)
    assert stats.kstest(values, ORACLES[name].cdf).pvalue > 0.001


@pytest.mark.parametrize("name", SPECIFICATIONS)
def test_ranks_are_kept(name):
    assert (np.diff(create_distribution(SPECIFICATIONS[name]).ppf(GRID)) >= 0).all()


def test_whole_numbers_and_bands_are_even_within():
    counts = np.bincount(create_distribution({"type": "uniform_int", "min": 0, "max": 9}).sample(N, 1))
    assert stats.chisquare(counts).pvalue > 0.001
    bands = create_distribution({"type": "age_bands", "0-17": 0.2, "18-64": 0.6, "65+": 0.2})
    ages = bands.sample(N, 1)
    shares = [np.mean(ages < 18), np.mean((ages >= 18) & (ages < 65)), np.mean(ages >= 65)]
    assert np.allclose(shares, [0.2, 0.6, 0.2], atol=0.006)
    assert stats.chisquare(np.bincount(ages[ages < 18])).pvalue > 0.001
    assert ages.max() == 100


def test_categories_and_values_come_by_weight_and_never_at_zero():
    drawn = create_distribution({"type": "categorical", "weights": {"a": 0.5, "b": 0.0, "c": 0.5}}).sample(N, 2)
    assert stats.chisquare([np.sum(drawn == "a"), np.sum(drawn == "c")]).pvalue > 0.001
    assert "b" not in drawn
    drawn = create_distribution(
        {"type": "explicit", "values": [1, 5, 9], "weights": [1, 2, 1], "normalize": True}
    ).sample(N, 2)
    assert stats.chisquare(np.unique(drawn, return_counts=True)[1], [N / 4, N / 2, N / 4]).pvalue > 0.001


@given(st.floats(-1e3, 1e3), st.floats(0.01, 100), st.floats(-1e3, 1e3), st.floats(0, 500))
def test_truncation_is_exact_however_far_out(mean, std_dev, low, width):
    distribution = create_distribution(
        {"type": "normal", "mean": mean, "std_dev": std_dev, "min": low, "max": low + width}
    )
    values = distribution.ppf(np.array([1e-15, 0.25, 0.5, 0.75, 1 - 1e-15]))
    assert np.isfinite(values).all()
    assert (values >= low).all() and (values <= low + width).all()
    assert (np.diff(values) >= 0).all()


def test_a_far_tail_keeps_its_shape():
    values = create_distribution({"type": "normal", "mean": 0, "std_dev": 1, "min": 9, "max": 10}).sample(20_000, 1)
    # Beyond 9 standard deviations a normal is close to an exponential with rate 9.
    assert abs(values.mean() - 9.109) < 0.003


def test_a_conditional_takes_the_first_rule_that_holds():
    distribution = create_distribution(
        {
            "type": "conditional",
            "rules": [
                {"if": "severity == 'mild' and age >= 50", "value": 1},
                {
                    "if": "severity in ['mild', 'moderate']",
                    "distribution": {"type": "conditional", "rules": [{"if": "age < 30", "value": 2}], "default": 3},
                },
            ],
        }
    )
    columns = {
        "severity": Coded.encode(["mild", "mild", "moderate", "severe", None]),
        "age": np.array([60, 20, 40, 40, 40]),
    }
    assert distribution.reads() == ("age", "severity")
    values = distribution.ppf(np.full(5, 0.5), columns)
    assert values[:3].tolist() == [1, 2, 3] and np.isnan(values[3:]).all()


@pytest.mark.parametrize(
    ("specification", "path", "message"),
    [
        ({"type": "normall", "mean": 1}, "distribution.type", "did you mean 'normal'"),
        ({"mean": 1}, "distribution", 'needs a "type"'),
        ({"type": "normal", "mean": 1}, "distribution.std_dev", "needs std_dev"),
        ({"type": "normal", "mean": 1, "std_dev": -1}, "distribution.std_dev", "greater than 0"),
        ({"type": "normal", "mean": "x", "std_dev": 1}, "distribution.mean", "expected a number"),
        ({"type": "normal", "mean": 1, "std_dev": 1, "min": 5, "max": 2}, "distribution.min", "greater than max"),
        ({"type": "normal", "mean": 1, "std_dv": 1}, "distribution.std_dv", "did you mean 'std_dev'"),
        ({"type": "categorical", "weights": {"M": 0.7, "F": 0.7}}, "distribution.weights", "sum to 1"),
        ({"type": "categorical", "weights": {"M": -0.5, "F": 1.5}}, "distribution.weights", "0 or more"),
        ({"type": "age_bands", "bands": {"young": 1}}, "distribution.bands", "cannot read age band"),
        ({"type": "explicit", "values": [1, "a"]}, "distribution.values", "mix"),
        ({"type": "log_normal", "sigma": 1}, "distribution", "exactly one"),
        ({"type": "conditional", "rules": []}, "distribution.rules", "at least one"),
        (
            {"type": "conditional", "rules": [{"if": "open('x')", "value": 1}]},
            "distribution.rules[0].if",
            "only comparisons",
        ),
        ([1, 2], "distribution", "got a list"),
    ],
)
def test_mistakes_are_told_with_their_path(specification, path, message):
    with pytest.raises(SpecificationError) as caught:
        create_distribution(specification)
    assert any(problem.path == path and message in problem.message for problem in caught.value.problems), str(
        caught.value
    )


def test_every_family_says_what_it_is():
    for family in FAMILIES:
        assert family.kind and family.__doc__.split("\n")[0].endswith(".")

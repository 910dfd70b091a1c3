"""Figures become distributions that give the figures back."""

from __future__ import annotations

import numpy as np
import pytest

from healthsim_core.columns import Coded
from healthsim_core.distributions import create_distribution
from populationsim import reference, shaping
from populationsim.resolving import ReferenceProfileResolver

U = (np.arange(200_000) + 0.5) / 200_000


@pytest.fixture(scope="module")
def harris(tmp_path_factory):
    return reference.resolve({"type": "county", "fips": "48201"}, tmp_path_factory.mktemp("empty"))


def test_the_county_gets_its_own_share_of_minors_and_elderly(harris):
    age = create_distribution(harris.attributes["age"]).ppf(U)
    assert (age < 18).mean() == pytest.approx(0.262, abs=1e-3)
    assert (age >= 65).mean() == pytest.approx(0.110, abs=1e-3)


def test_race_and_ethnicity_together_give_the_countys_shares(harris):
    ethnicity = create_distribution(harris.attributes["ethnicity"]).ppf(U)
    assert ethnicity.isin({"hispanic"}).mean() == pytest.approx(0.439, abs=1e-3)
    race = create_distribution(harris.attributes["race"])
    others = race.ppf(U, {"ethnicity": Coded.constant("not_hispanic", len(U))})
    assert others.isin({"black"}).mean() * 0.561 == pytest.approx(0.185, abs=2e-3)


@pytest.mark.parametrize(("code", "figure"), [("E11", 12.6), ("I10", 30.7), ("E66", 37.9)])
def test_conditions_by_age_average_to_the_countys_figure_of_adults(harris, code, figure):
    age = create_distribution(harris.attributes["age"]).ppf(U)
    prevalence = create_distribution(harris.conditions[code]).ppf(np.full(len(U), 0.5), {"age": age})
    assert prevalence[age >= 18].mean() * 100 == pytest.approx(figure, abs=0.05)
    assert (prevalence[age < 18] == 0).all()


def test_diabetes_and_hypertension_rise_with_age(harris):
    for code in ("E11", "I10"):
        rules = harris.conditions[code]
        values = [rule["value"] for rule in rules["rules"]] + [rules["default"]]
        assert values == sorted(values)


@pytest.mark.parametrize("target", [0.5, 12.6, 50.0, 97.0])
def test_the_shift_keeps_the_odds_ratios_of_the_national_curve(target):
    national, shares = (2.2, 12.1, 20.5), (0.4, 0.35, 0.25)
    values = np.array(shaping.shifted(national, shares, target))
    assert values @ np.array(shares) * 100 == pytest.approx(target, abs=1e-3)
    curve = np.array(national) / 100

    def odds(p):
        return p / (1 - p)

    assert odds(values)[1:] / odds(values)[:-1] == pytest.approx(odds(curve)[1:] / odds(curve)[:-1], rel=1e-3)


def test_every_built_in_place_gives_distributions_that_core_reads():
    resolver = ReferenceProfileResolver()
    for state in ("AK", "CT", "DC", "NJ", "TX"):
        profile = resolver.resolve_state(state)
        for spec in (*shaping.attributes(profile).values(), *shaping.conditions(profile).values()):
            create_distribution(spec)

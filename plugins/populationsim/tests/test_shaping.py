"""Figures become distributions that give the figures back."""

from __future__ import annotations

import numpy as np
import pytest

from healthsim_core.columns import Coded
from healthsim_core.distributions import create_distribution
from populationsim import reference, shaping
from populationsim.rates import RatesByAgeAndSex
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


def test_every_built_in_place_gives_distributions_that_core_reads():
    resolver = ReferenceProfileResolver()
    for state in ("AK", "CT", "DC", "NJ", "TX"):
        profile = resolver.resolve_state(state)
        for spec in shaping.attributes(profile).values():
            create_distribution(spec)
        for spec in shaping.conditions(profile).values():
            create_distribution(spec, {"age_sex_rates": RatesByAgeAndSex})

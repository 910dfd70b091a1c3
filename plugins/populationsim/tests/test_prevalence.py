"""Conditions are as common as they are: by age and sex, in each county, alone and together."""

from __future__ import annotations

import numpy as np
import pytest
from people_of import people_of
from scipy.special import logit

from populationsim import prevalence, shaping
from populationsim.rates import RatesByAgeAndSex
from populationsim.resolving import ReferenceProfileResolver

ADULTS_ONLY = sorted(set(prevalence.curves()) - {"J45", "F32", "F41"})


@pytest.fixture(scope="module")
def americans(tmp_path_factory):
    return people_of({"type": "nation"}, 100_000, tmp_path_factory.mktemp("home"))


@pytest.mark.parametrize("place", ["48201", "06073", "36061", "04013"])
def test_the_adults_of_a_county_come_to_its_own_figures(place):
    profile = ReferenceProfileResolver().resolve_county(place)
    given = shaping.attributes(profile)
    people = shaping.population(given)
    rates = prevalence.conditions(profile, people)
    assert people.sum() == pytest.approx(1, abs=1e-5)
    age = np.tile(np.arange(101), 2)
    gender = shaping.create_distribution({"type": "categorical", "weights": {"M": 0.5, "F": 0.5}}).ppf(
        np.repeat([0.2, 0.8], 101)
    )
    adults = people.ravel() * (age >= 18)
    for code, curve in prevalence.curves().items():
        if curve.measure:
            spec = {name: value for name, value in rates[code].items() if name != "type"}
            rate = RatesByAgeAndSex(**spec).ppf(np.full(202, 0.5), {"age": age, "gender": gender})
            figure = (rate * adults).sum() / adults.sum()
            assert figure == pytest.approx(profile.measures[curve.measure] / 100, abs=1e-6), code


@pytest.mark.parametrize(("place", "diabetes"), [("48201", 12.6), ("06073", 9.4)])
def test_a_hundred_thousand_adults_have_diabetes_as_often_as_places_says(place, diabetes, tmp_path):
    people = people_of({"type": "county", "fips": place}, 140_000, tmp_path)
    adults = np.flatnonzero(people["age"] >= 18)[:100_000]
    assert len(adults) == 100_000
    error = np.sqrt(diabetes / 100 * (1 - diabetes / 100) / len(adults))
    assert people["has.E11"][adults].mean() == pytest.approx(diabetes / 100, abs=3.3 * error)


def test_age_and_sex_tell_what_they_tell(americans):
    age, woman = americans["age"], americans["gender"].isin(["F"])

    def share(code, rows):
        return americans[f"has.{code}"][rows].mean()

    adult = age >= 18
    for code in ("F32", "F41", "J45", "M19", "M81", "E03"):
        assert share(code, adult & woman) > 1.2 * share(code, adult & ~woman), code
    for code in ("I25", "G47.33", "F17"):
        assert share(code, adult & ~woman) > 1.1 * share(code, adult & woman), code
    assert share("N40", woman) == 0 < share("N40", ~woman)
    for code in ("E11", "I10", "I25", "I50", "I48", "N18", "M19", "G30"):
        young, middle, old = (share(code, (age >= low) & (age < high)) for low, high in ((18, 45), (45, 65), (65, 80)))
        assert young < middle < old, code
    assert share("E66", age >= 85) < share("E66", (age >= 45) & (age < 65))
    assert not any(americans[f"has.{code}"][~adult].any() for code in ADULTS_ONLY)
    assert 0.05 < share("J45", (age >= 5) & ~adult) < 0.11


def test_the_shift_keeps_the_odds_ratios_of_the_national_curve():
    national = np.array([[[0.022, 0.121, 0.205], [0.0, 0.1, 0.3]]])
    weights = np.array([[0.2, 0.2, 0.1], [0.2, 0.15, 0.15]])
    for target in (0.005, 0.126, 0.5):
        moved = prevalence.shifted(national, weights, np.array([target]))
        assert (moved * weights).sum() == pytest.approx(target, abs=1e-9)
        by = logit(moved[national > 0]) - logit(national[national > 0])
        assert by == pytest.approx(np.full(5, by[0])) and moved[0, 1, 0] == 0
    assert prevalence.shifted(national, weights, np.array([np.nan])) == pytest.approx(national)


def test_those_who_are_older_iller_and_insured_use_more_care(americans):
    level, age = np.log(americans["utilization"]), americans["age"]
    number = sum(americans[f"has.{code}"].astype(int) for code in prevalence.curves())
    assert americans["utilization"].mean() == pytest.approx(1, abs=0.1)
    assert 0.3 < np.corrcoef(age, level)[0, 1] < 0.6
    assert 0.45 < np.corrcoef(number, level)[0, 1] < 0.7
    assert 0.6 < level.std() < 1
    woman, fertile = americans["gender"].isin(["F"]), (age >= 18) & (age < 45)
    assert level[fertile & woman].mean() > level[fertile & ~woman].mean() + 0.2


def test_visits_by_age_and_sex_are_as_the_nation_counts_them(americans):
    age, woman, level = americans["age"], americans["gender"].isin(["F"]), americans["utilization"]
    first = (0, 18, 45, 55, 65, 75, 200)
    # Visits per 100 persons to physician offices and outpatient departments, 2003-2004 (Health, United States, 2006, figure 22).
    counted = {0: (272.2, 158.5, 303.8, 411.4, 614.8, 809.4), 1: (259.4, 342.2, 423.6, 531.1, 669.7, 757.1)}
    everybody = np.zeros(len(age))
    for sex, visits in counted.items():
        for low, high, count in zip(first[:-1], first[1:], visits, strict=True):
            everybody[(woman == sex) & (age >= low) & (age < high)] = count
    for sex, visits in counted.items():
        for low, high, count in zip(first[:-1], first[1:], visits, strict=True):
            mine = (woman == sex) & (age >= low) & (age < high)
            assert level[mine].mean() == pytest.approx(count / everybody.mean(), rel=0.09), (sex, low)


def test_the_uninsured_and_the_poor_use_less_care_than_others_like_them(americans):
    from healthsim_core.columns import Coded
    from populationsim.utilization import INCOME, UNINSURED, care_seeking

    insurance, level = americans["insurance"], americans["utilization"]
    adult = (americans["age"] >= 18) & (americans["age"] < 65)
    bare, private = (adult & insurance.isin(names) for names in (["uninsured"], ["commercial", "exchange"]))
    assert 0.45 < level[bare].mean() / level[private].mean() < 0.65
    assert americans["care_seeking"].mean() == pytest.approx(1, abs=0.02)

    def seeking(**changed):
        people = americans.scoped("care_seeking")
        people.columns = {
            **americans.columns,
            **{name: Coded.constant(word, len(level)) for name, word in changed.items()},
        }
        return care_seeking(people)["care_seeking"].mean()

    insured = seeking(insurance="commercial", income_band="250_to_399")
    assert seeking(insurance="uninsured", income_band="250_to_399") / insured == pytest.approx(
        UNINSURED["uninsured"], abs=0.01
    )
    assert seeking(insurance="commercial", income_band="under_100") / insured == pytest.approx(
        INCOME["under_100"], abs=0.01
    )


def test_where_sex_or_age_is_not_known_the_rate_is_still_one():
    rates = RatesByAgeAndSex([0, 18, 65], [0.0, 0.2, 0.4], [0.0, 0.4, 0.8])
    assert list(rates.ppf(np.full(3, 0.5), {"age": np.array([np.nan, 30, 120])})) == pytest.approx([0, 0.3, 0.6])
    with pytest.raises(ValueError, match="rising from 0"):
        RatesByAgeAndSex([5, 3], [0.1, 0.1], [0.1, 0.1])
    with pytest.raises(ValueError, match="women: expected a number from 0 to 1"):
        RatesByAgeAndSex([0, 3], [0.1, 0.1], [0.1, 1.1])

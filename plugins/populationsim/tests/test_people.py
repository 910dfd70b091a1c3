"""The people of a place: names, households, means, insurance and deaths that fit together and add up to the place."""

from __future__ import annotations

import numpy as np
import pytest

from healthsim_core import catalog as catalogs
from healthsim_core.columns import Coded, Span, concatenate
from healthsim_core.generation.profile import sample
from healthsim_core.generation.resolving import resolve
from healthsim_core.people import People
from populationsim import demography, facts, mortality, shaping, society
from populationsim.resolving import ReferenceProfileResolver
from populationsim.zips import county_places

HARRIS = {"source": "populationsim", "reference": {"type": "county", "fips": "48201"}}


@pytest.fixture(scope="module")
def catalog():
    return catalogs.build()


def sampled(catalog, folder, count, cut=20_000, **sections):
    """Return person columns of a profile's people, and the plan."""
    spec = {
        "generation": {"count": count, "seed": 7, "products": ["populationsim"]},
        "demographics": HARRIS,
        **sections,
    }
    plan = resolve(spec, catalog, folder)
    spans = [sample(plan, Span(at, min(count, at + cut)), {}) for at in range(0, count, cut)]
    return {name: concatenate([one.columns[name] for one in spans]) for name in spans[0].columns}, plan


@pytest.fixture(scope="module")
def people(catalog, tmp_path_factory):
    return sampled(catalog, tmp_path_factory.mktemp("people"), 40_000)[0]


@pytest.fixture(scope="module")
def homes(catalog, tmp_path_factory):
    columns, _ = sampled(catalog, tmp_path_factory.mktemp("homes"), 8_000, household={})
    first = np.flatnonzero(columns["role"].isin(["subscriber"]))
    home = np.cumsum(columns["role"].isin(["subscriber"])) - 1
    return columns, first, home


def test_raking_meets_every_margin_of_a_place_at_once():
    for fips in ("48201", "06073"):
        profile = ReferenceProfileResolver().resolve_county(fips)
        bands = shaping.age_bands(profile)
        table = demography.of_place(profile, bands)
        assert table.sum(axis=(0, 2))[1] == pytest.approx(profile.pct_female / 100, abs=1e-6)
        shares = np.array([getattr(profile, f"pct_{one}") for one in demography.ORIGINS])
        assert table.sum(axis=(0, 1)) == pytest.approx(shares / shares.sum(), abs=1e-6)
        assert table[4:].sum() == pytest.approx(profile.pct_65_plus / 100, abs=1e-5)


def test_women_outlive_men_and_the_young_are_more_often_hispanic(people):
    age, female = people["age"], people["gender"].isin(["F"])
    hispanic = people["ethnicity"].isin(["hispanic"])
    assert female[age < 18].mean() < 0.5 < female[age >= 65].mean() < female[age >= 85].mean()
    assert hispanic[age < 18].mean() > hispanic.mean() + 0.04 > hispanic[age >= 65].mean() + 0.1
    assert abs(hispanic.mean() - 0.439) < 0.01


def test_a_name_tells_the_decade_the_sex_and_the_origin(people):
    age, given, family = people["age"], people["given_name"], people["family_name"]
    assert (
        given.isin(["Linda", "Barbara", "Patricia"])[age > 65].mean()
        > 5 * given.isin(["Linda", "Barbara", "Patricia"])[age < 30].mean()
    )
    assert not people["gender"].isin(["M"])[given.isin(["Linda", "Olivia"])].any()
    spanish = family.isin(["Garcia", "Rodriguez", "Martinez", "Hernandez", "Lopez", "Gonzalez"])
    hispanic = people["ethnicity"].isin(["hispanic"])
    assert spanish[hispanic].mean() > 0.15 > 20 * spanish[~hispanic].mean()
    asian = people["race"].isin(["asian"]) & ~hispanic
    assert family.isin(["Nguyen", "Patel", "Kim", "Lee", "Tran"])[asian].mean() > 0.1


def test_the_poor_and_the_uninsured_are_as_many_as_the_county_has(people):
    age, insurance = people["age"], people["insurance"]
    assert abs((people["income_percent"] < 150).mean() - 0.257) < 0.015
    uninsured = float(next(row["uninsured"] for row in facts.rows("county_society.csv") if row["fips"] == "48201"))
    assert abs(insurance.isin(["uninsured"])[age < 65].mean() * 100 - uninsured) < 1.5
    assert insurance.isin(["medicare"])[age >= 65].mean() > 0.9 > 0.1 > insurance.isin(["medicare"])[age < 65].mean()
    assert not insurance.isin(["medicare"])[age < 19].any()
    disabled = [
        insurance.isin(["medicare"])[(age >= low) & (age < high)].mean() for low, high in ((20, 30), (30, 45), (55, 65))
    ]
    assert disabled[0] < 0.01 < disabled[1] < 0.02 < 0.035 < disabled[2] < 0.07
    assert 0.02 < insurance.isin(["medicare"])[(age >= 19) & (age < 65)].mean() < 0.03
    poor, rich = (people["income_band"].isin([band]) for band in ("under_100", "400_up"))
    assert insurance.isin(["medicaid"])[poor].mean() > 5 * insurance.isin(["medicaid"])[rich].mean()
    assert (
        people["education"].isin(["bachelor", "graduate"])[rich].mean()
        > 2 * people["education"].isin(["bachelor", "graduate"])[poor].mean()
    )


def test_a_state_that_expanded_medicaid_covers_more_of_its_poor():
    texas, california = society.county_mix("48201", 0.2), society.county_mix("06037", 0.2)
    adult, medicaid = society.GROUPS.index("adult"), society.INSURERS.index("medicaid")
    assert california[adult, 0, medicaid] > 1.5 * texas[adult, 0, medicaid]
    assert np.allclose(texas.sum(axis=-1), 1, atol=1e-5) and np.allclose(california.sum(axis=-1), 1, atol=1e-5)


def test_of_the_nations_counties_only_those_somebody_lives_in_are_worked_out(catalog, tmp_path):
    society.county_mix.cache_clear()
    sampled(catalog, tmp_path, 20, demographics={"source": "populationsim", "reference": {"type": "nation"}})
    assert 0 < society.county_mix.cache_info().misses <= 20


def test_languages_and_marital_status_go_with_origin_and_age(people):
    hispanic, age = people["ethnicity"].isin(["hispanic"]), people["age"]
    spanish = people["language"].isin(["es"])
    assert spanish[hispanic & (age >= 65)].mean() > spanish[hispanic & (age < 18)].mean() > 0
    assert spanish[~hispanic].mean() < 0.01
    widowed = people["marital_status"].isin(["W"])
    assert (
        widowed[(age >= 75) & people["gender"].isin(["F"])].mean()
        > 2 * widowed[(age >= 75) & people["gender"].isin(["M"])].mean()
    )
    assert people["marital_status"].isin(["S"])[age < 18].all()


def test_a_year_takes_as_many_as_life_tables_say(people):
    age, died = people["age"], ~np.isnat(people["death_date"])
    assert 0.004 < died.mean() < 0.012
    assert 0.02 < died[(age >= 75) & (age < 85)].mean() < 0.09
    days = people["death_date"][died].astype("datetime64[D]")
    assert days.min() >= np.datetime64("2025-01-01") and days.max() <= np.datetime64("2026-01-01")


def test_the_sick_and_the_poor_die_sooner_and_a_place_of_average_people_as_life_tables_say(catalog, people, tmp_path):
    nation = {"source": "populationsim", "reference": {"type": "nation"}}
    sample_of_all, _ = sampled(catalog, tmp_path, 20_000, demographics=nation)
    everybody = People(7, Span(0, 20_000), np.arange(20_000) * 16, sample_of_all)
    age, female = sample_of_all["age"].astype(int), sample_of_all["gender"].isin(["F"]).astype(int)
    chance = mortality.table()[female, age]
    counted = chance * mortality.multiplier(everybody, age, female)
    failing = sample_of_all["has.I50"]
    assert counted[failing].sum() > 1.6 * chance[failing].sum()
    for some in (age >= 0, age < 60, age >= 60):
        assert 0.95 < counted[some].sum() / chance[some].sum() < 1.05
    # Harris is poorer and has more diabetes than the nation; 40,000 people lose some 300 in a year.
    expected = mortality.table()[people["gender"].isin(["F"]).astype(int), people["age"].astype(int)]
    for some in (people["age"] >= 0, people["age"] >= 60):
        assert 0.9 < (~np.isnat(people["death_date"]))[some].sum() / expected[some].sum() < 1.25


def test_homes_are_of_every_size_and_kind(homes):
    columns, first, home = homes
    size = columns["household_size"][first]
    assert abs((size == 1).mean() - 0.289) < 0.02 and size.max() <= 7
    shares = {word: columns["relationship"].isin([word]).mean() for word in ("spouse", "child", "parent", "housemate")}
    assert 0.15 < shares["spouse"] < 0.25 and 0.2 < shares["child"] < 0.36 and 0.005 < shares["parent"] < 0.05
    assert 0.02 < shares["housemate"] < 0.1
    assert np.array_equal(np.bincount(home, weights=columns["role"].isin(["subscriber"])), np.ones(len(first)))


def test_children_are_born_while_their_parents_could_have_them(homes):
    columns, first, home = homes
    age, child = columns["age"], columns["relationship"].isin(["child"])
    householder = age[first][home]
    assert (householder - age)[child].min() >= 18 and (householder - age)[child].max() <= 49
    dependent = columns["role"].isin(["dependent"])
    assert age[dependent].max() <= 25 and not dependent[householder > 70].any()


def test_siblings_are_born_nine_months_apart_however_young_their_parents(catalog, tmp_path):
    ages = {**HARRIS, "age": {"type": "uniform", "min": 18, "max": 80}}
    columns, _ = sampled(
        catalog, tmp_path, 4_000, household={"size": {"type": "uniform", "min": 3, "max": 7}}, demographics=ages
    )
    home = np.cumsum(columns["role"].isin(["subscriber"])) - 1
    child = columns["relationship"].isin(["child"])
    born, home = columns["birth_date"][child].astype("datetime64[D]").astype(int), home[child]
    order = np.lexsort((born, home))
    apart = np.diff(born[order])[np.diff(home[order]) == 0]
    assert len(apart) > 2_000 and apart.min() > 280


def test_households_have_householders_and_children_as_the_nations_have(catalog, tmp_path):
    nation = {"source": "populationsim", "reference": {"type": "nation"}}
    columns, _ = sampled(catalog, tmp_path, 6_000, household={}, demographics=nation)
    age, head = columns["age"], columns["role"].isin(["subscriber"])
    shares = np.histogram(age[head], [18, 25, 35, 45, 55, 65, 120])[0] / head.sum()
    assert np.allclose(shares, (0.05, 0.16, 0.17, 0.17, 0.18, 0.27), atol=0.02)
    assert 0.19 < (age < 18).mean() < 0.23 and 0.15 < (age >= 65).mean() < 0.19
    alone = head & (columns["household_size"] == 1)
    assert (age[alone] >= 65).mean() > 0.35 > 0.1 > (age[head & (columns["household_size"] > 3)] >= 65).mean()


def test_couples_are_married_and_share_their_means(homes):
    columns, first, home = homes
    spouse = np.flatnonzero(columns["role"].isin(["spouse"]))
    status = columns["marital_status"].decode()
    assert (status[spouse] == status[first][home[spouse]]).all() and set(status[spouse]) <= {"M", "T"}
    band = columns["income_percent"]
    assert np.array_equal(band, band[first][home])


def test_who_is_old_enough_has_medicare_whoever_they_live_with(homes):
    columns, _, _ = homes
    medicare, age = columns["coverage_type"].isin(["Medicare"]), columns["age"]
    assert medicare[age >= 65].mean() > 0.9 and medicare[age < 65].mean() < 0.05
    assert not medicare[columns["role"].isin(["dependent"]) & (age < 19)].any()


def test_what_the_profile_says_wins_over_what_is_worked_out(catalog, tmp_path):
    said = {**HARRIS, "language": "vi", "insurance": "medicaid", "marital_status": "D", "mortality_years": 0}
    columns, _ = sampled(catalog, tmp_path, 500, demographics=said)
    for name, word in (
        ("language", "vi"),
        ("insurance", "medicaid"),
        ("coverage_type", "Medicaid"),
        ("marital_status", "D"),
    ):
        assert columns[name].isin([word]).all(), name
    assert np.isnat(columns["death_date"]).all()


def test_members_listed_one_by_one_are_insured_and_die_only_when_it_is_said(catalog, tmp_path):
    members = [{"role": "subscriber", "age": 99}, {"role": "spouse", "age": 98, "death_date": "2025-03-04"}]
    columns, _ = sampled(catalog, tmp_path, 300, members=members)
    day = columns["death_date"].reshape(-1, 2)
    assert np.isnat(day[:, 0]).all() and (day[:, 1] == np.datetime64("2025-03-04")).all()
    assert (columns["coverage_type"].codes >= 0).all()


def test_people_are_the_same_however_they_are_cut(catalog, tmp_path):
    whole, _ = sampled(catalog, tmp_path, 600, household={})
    parts, _ = sampled(catalog, tmp_path, 600, cut=77, household={})
    for name, column in whole.items():
        mine, theirs = (one.decode() if isinstance(one, Coded) else one for one in (column, parts[name]))
        assert (mine.astype(str) == theirs.astype(str)).all(), name


def test_a_countys_zips_count_by_their_people():
    places = {place.zip_code: place.weight for place in county_places("48201")}
    assert sum(places.values()) == pytest.approx(1)
    assert places["77084"] > 4 * places["77002"]
    assert min(places.values()) > 0

"""Profiles: stratified samples, correlated and missing attributes, families in bulk, severities, the people asked for."""

import copy

import numpy as np
import pytest
from scipy import stats

from healthsim_core.columns import Coded, Span
from healthsim_core.draws import strata
from healthsim_core.errors import SpecificationError, UserError
from healthsim_core.generation.asking import Asked
from healthsim_core.generation.profile import sample
from healthsim_core.generation.resolving import resolve
from healthsim_core.generation.run import generate
from healthsim_core.generation.validation import Tally

BASE = {"id": "who", "generation": {"count": 400, "seed": 5, "products": ["example"]}}


def planned(catalog, tmp_path, asked=None, **sections):
    specification = copy.deepcopy(BASE)
    specification["generation"].update(sections.pop("generation", {}))
    return resolve({**specification, **sections}, catalog, tmp_path, asked)


def people_of(plan):
    return sample(plan, Span(0, plan.count), plan.build_rosters())


def problems(catalog, tmp_path, **sections):
    with pytest.raises(SpecificationError) as caught:
        planned(catalog, tmp_path, **sections)
    return str(caught.value)


# Stratified sampling


def test_strata_are_a_permutation_addressable_one_by_one():
    for count in (1, 2, 3, 5, 64, 1000, 4097):
        places = strata(7, "attribute.age", np.arange(count), count)
        assert sorted(places) == list(range(count))
        assert strata(7, "attribute.age", np.array([count - 1]), count)[0] == places[-1]
    assert not np.array_equal(strata(7, "a", np.arange(64), 64), strata(7, "b", np.arange(64), 64))


def test_a_small_stratified_cohort_meets_its_targets_closely(catalog, tmp_path):
    sections = {
        "demographics": {"age": {"type": "normal", "mean": 60, "std_dev": 10}, "gender": {"type": "categorical", "weights": {"M": 0.3, "F": 0.7}}},
        "clinical": {"primary_condition": {"code": "E11", "prevalence": 0.25}},
    }  # fmt: skip
    plan = planned(catalog, tmp_path, generation={"count": 40, "sampling": "stratified"}, **sections)
    people = people_of(plan)
    assert people["gender"].isin(["M"]).sum() == 12
    assert people["has.E11"].sum() == 10
    assert abs(people["age"].mean() - 60) < 0.5
    alone = sample(plan, Span(17, 18), plan.build_rosters())
    assert alone["age"][0] == people["age"][17]
    halves = [sample(plan, Span(0, 11), {})["age"], sample(plan, Span(11, 40), {})["age"]]
    assert np.array_equal(np.concatenate(halves), people["age"])


# Correlations


CORRELATED = {
    "demographics": {"age": {"type": "normal", "mean": 50, "std_dev": 15, "min": 18, "max": 90}},
    "custom": {"systolic_bp": {"type": "normal", "mean": 128, "std_dev": 15}, "visits": {"type": "gamma", "shape": 2, "scale": 3}},
}  # fmt: skip


def test_correlated_attributes_keep_their_shapes_and_go_together(catalog, tmp_path):
    couples = [["age", "systolic_bp", 0.4], ["age", "visits", 0.5]]
    plan = planned(catalog, tmp_path, generation={"count": 50_000}, correlations=couples, **CORRELATED)
    people = people_of(plan)
    assert stats.kstest(people["systolic_bp"], stats.norm(128, 15).cdf).pvalue > 0.001
    assert stats.kstest(people["visits"], stats.gamma(2, scale=3).cdf).pvalue > 0.001
    for name, strength in (("systolic_bp", 0.4), ("visits", 0.5)):
        rank = stats.spearmanr(people["age"], people[name]).statistic
        assert abs(rank - 6 / np.pi * np.arcsin(strength / 2)) < 0.02
    tally = Tally.of(plan)
    tally.add(people)
    report = tally.report()
    assert report.passed, report.errors
    assert any("correlation of age and systolic_bp" in check.path for check in report.checks)


def test_a_correlation_that_does_not_come_out_is_noticed(catalog, tmp_path):
    plan = planned(
        catalog, tmp_path, generation={"count": 20_000}, correlations=[["age", "systolic_bp", 0.4]], **CORRELATED
    )
    people = people_of(plan)
    people.columns["systolic_bp"] = people["systolic_bp"][::-1]
    tally = Tally.of(plan)
    tally.add(people)
    assert any("correlation" in error for error in tally.report().errors)


def test_impossible_correlations_are_refused(catalog, tmp_path):
    three = [["age", "systolic_bp", 0.9], ["systolic_bp", "visits", 0.9], ["age", "visits", -0.9]]
    assert "cannot all hold" in problems(catalog, tmp_path, correlations=three, **CORRELATED)
    said = problems(
        catalog, tmp_path, correlations=[["age", "sistolic_bp", 0.2], ["age", "gender", 0.1], ["age", 3]], **CORRELATED
    )
    assert (
        "profile.correlations[0][1]: unknown attribute of this profile 'sistolic_bp'; did you mean 'systolic_bp'?"
        in said
    )
    assert "profile.correlations[1][1]: only numbers that are drawn go together" in said
    assert "profile.correlations[2]: expected [attribute, attribute, correlation]" in said


# Missing values


def test_a_share_of_ages_can_be_missing(catalog, tmp_path):
    ages = {"type": "normal", "mean": 50, "std_dev": 10, "null_fraction": 0.1}
    plan = planned(catalog, tmp_path, generation={"count": 20_000}, demographics={"age": ages})
    people = people_of(plan)
    missing = np.isnan(people["age"])
    assert stats.binomtest(int(missing.sum()), 20_000, 0.1).pvalue > 0.001
    assert np.isnat(people["birth_date"][missing]).all() and not np.isnat(people["birth_date"][~missing]).any()
    whole = planned(catalog, tmp_path, generation={"count": 20_000}, demographics={"age": {**ages, "null_fraction": 0}})
    assert np.array_equal(people_of(whole)["age"][~missing], people["age"][~missing])
    result = generate({**BASE, "demographics": {"age": ages}}, catalog=catalog, workspace=tmp_path)
    assert result.validation.passed, result.validation.errors
    assert {type(entity.attributes["age"]) for entity in result.entities} == {int, type(None)}


def test_nobody_can_be_without_a_sex(catalog, tmp_path):
    sex = {"type": "categorical", "weights": {"M": 0.5, "F": 0.5}, "null_fraction": 0.1}
    assert "profile.demographics.gender.null_fraction: gender cannot be missing" in problems(
        catalog, tmp_path, demographics={"gender": sex}
    )


# Families in bulk


FAMILIES = {
    "demographics": {"age": {"type": "normal", "mean": 44, "std_dev": 9, "min": 22, "max": 64}, "gender": "F"},
    "household": {"size": {"type": "categorical", "weights": {"1": 0.3, "2": 0.3, "4": 0.4}}},
    "clinical": {"primary_condition": {"code": "E11", "prevalence": 1.0}},
}


def test_families_have_one_subscriber_and_sensible_ages(catalog, tmp_path):
    plan = planned(catalog, tmp_path, generation={"count": 5_000}, **FAMILIES)
    people = people_of(plan)
    assert len(people) == plan.people_count
    sizes = np.bincount(people.unit)
    assert (
        stats.chisquare(
            [np.sum(sizes == 1), np.sum(sizes == 2), np.sum(sizes == 4)], np.array([0.3, 0.3, 0.4]) * 5_000
        ).pvalue
        > 0.001
    )
    role, age, first = people["role"], people["age"], people.first_row
    subscriber, spouse, dependent = (role.isin([one]) for one in ("subscriber", "spouse", "dependent"))
    assert np.array_equal(np.bincount(people.unit, weights=subscriber), np.ones(5_000))
    assert np.bincount(people.unit, weights=spouse).max() == 1
    assert age[subscriber].min() >= 22 and age[spouse].min() >= 18
    assert age[dependent].max() <= 25 and (age[first] - age)[dependent].min() >= 18
    assert abs(age[spouse] - age[first][spouse]).mean() < 5
    assert 0.95 < people["gender"].isin(["M"])[spouse].mean() < 1
    assert abs(people["gender"].isin(["M"])[dependent].mean() - 0.512) < 0.03
    for name in ("zip_code", "street_name"):
        assert np.array_equal(people[name].codes, people[name].codes[first])
    kin = ~people["relationship"].isin(["housemate"])
    assert np.array_equal(people["family_name"].codes[kin], people["family_name"].codes[first][kin])
    assert np.array_equal(people["has.E11"], subscriber | spouse)


def test_siblings_are_spaced(catalog, tmp_path):
    plan = planned(catalog, tmp_path, **{**FAMILIES, "household": {"size": 5}})
    people = people_of(plan)
    children = people["relationship"].isin(["child"]).reshape(-1, 5)[:, 2:]
    gaps = np.diff(people["age"].reshape(-1, 5)[:, 2:], axis=1)[children[:, 1:] & children[:, :-1]]
    assert (gaps <= 0).all()
    assert np.mean(gaps < 0) > 0.85


def test_a_family_alone_is_the_family_in_the_crowd(catalog, tmp_path):
    plan = planned(catalog, tmp_path, **FAMILIES)
    people, alone = people_of(plan), sample(plan, Span(123, 124), {})
    rows = np.flatnonzero(people.unit == 123)
    for name, column in people.columns.items():
        mine = column[rows]
        if isinstance(column, Coded):
            assert list(mine.decode()) == list(alone[name].decode()), name
        else:
            assert np.array_equal(mine, alone[name], equal_nan=mine.dtype.kind == "f"), name


def test_families_are_generated_validated_and_viewed(catalog, tmp_path):
    result = generate({**BASE, **FAMILIES}, catalog=catalog, workspace=tmp_path)
    assert result.validation.passed, result.validation.errors
    assert result.counts["persons"] == len(result.entities) == result.plan.people_count
    assert [entity.attributes["role"] for entity in result.entities][:1] == ["subscriber"]
    with result.scenario.connect() as connection:
        alone = connection.execute(
            "SELECT count(*) FROM persons GROUP BY household_id HAVING sum((role = 'subscriber')::INT) <> 1"
        )
        assert alone.fetchall() == []


def test_what_is_wrong_with_a_household_is_said(catalog, tmp_path):
    assert "1 to 12 people, this gives 0 to 20" in problems(
        catalog, tmp_path, household={"size": {"type": "uniform_int", "min": 0, "max": 20}}
    )
    both = problems(catalog, tmp_path, household={"size": 2}, members=[{"role": "subscriber"}])
    assert "profile.household: give either members" in both
    assert "subscribers are adults" in problems(
        catalog, tmp_path, household={"size": 2}, demographics={"age": {"type": "uniform", "min": 0, "max": 12}}
    )


# Conditions


def test_every_condition_can_have_a_severity_of_its_own(catalog, tmp_path):
    clinical = {
        "primary_condition": {"code": "E11", "severity": "high"},
        "comorbidities": [
            {"code": "E11.9", "prevalence": 1.0, "severity": {"type": "categorical", "weights": {"low": 1.0}}}
        ],
    }
    people = people_of(planned(catalog, tmp_path, clinical=clinical))
    assert set(people["code.E11"].decode()) == {"E11.65"}
    assert set(people["severity"].decode()) == {"high"}


def test_prevalence_one_is_everybody_and_zero_is_nobody(catalog, tmp_path):
    clinical = {
        "primary_condition": {"code": "E11", "prevalence": 1.0},
        "comorbidities": [{"code": "I10", "prevalence": 0}],
    }
    people = people_of(planned(catalog, tmp_path, clinical=clinical))
    assert people["has.E11"].all() and not people["has.I10"].any()


def test_a_dry_run_makes_five_and_saves_nothing(catalog, tmp_path):
    result = generate(BASE, catalog=catalog, workspace=tmp_path, dry_run=True)
    assert result.counts["persons"] == 5
    assert not list((tmp_path / "scenarios").glob("*")) if (tmp_path / "scenarios").exists() else True


def test_count_override_and_seed_zero(catalog, tmp_path):
    plan = planned(catalog, tmp_path, Asked(count=7, seed=0))
    assert (plan.count, plan.seed) == (7, 0)
    assert not np.array_equal(
        people_of(plan)["birth_date"], people_of(planned(catalog, tmp_path, Asked(count=7, seed=1)))["birth_date"]
    )


def test_a_member_whose_age_is_missing_has_no_birth_date(catalog, tmp_path):
    members = [{"role": "subscriber", "age": 42}, {"role": "spouse", "age": None}]
    result = generate({"members": members}, catalog=catalog, workspace=tmp_path)
    assert [entity.attributes["age"] for entity in result.entities] == [42, None]
    assert [entity.attributes["birth_date"] is None for entity in result.entities] == [False, True]


def test_missing_values_are_not_counted_against_the_others(catalog, tmp_path):
    custom = {"colour": {"type": "categorical", "weights": {"red": 0.5, "blue": 0.5}, "null_fraction": 0.4}}
    spec = {"generation": {"count": 2_000, "seed": 1, "validation": "strict"}, "custom": custom}
    result = generate(spec, catalog=catalog, workspace=tmp_path)
    shares = {check.path: check.observed for check in result.validation.checks if "colour" in check.path}
    assert len(shares) == 3 and all(0.35 < share < 0.6 for share in shares.values())


def test_siblings_are_nine_months_apart_or_twins_and_have_names_of_their_own(catalog, tmp_path):
    sizes = {"household": {"size": {"type": "categorical", "weights": {"4": 0.5, "8": 0.5}}}}
    people = people_of(planned(catalog, tmp_path, **{**FAMILIES, **sizes}, generation={"count": 2_000}))
    born = people["birth_date"].astype("datetime64[D]").astype(int)
    child = people["role"].isin(["dependent"])
    together = (people.unit[1:] == people.unit[:-1]) & child[1:] & child[:-1]
    gaps = (born[1:] - born[:-1])[together]
    assert ((gaps == 0) | (gaps >= 270)).all() and (gaps > 0).mean() > 0.7
    names = people["given_name"].codes + people.unit * 10_000
    assert len(np.unique(names)) == len(people)
    parents = np.repeat(
        [born[people.unit == unit][:2].min() for unit in np.unique(people.unit)], np.bincount(people.unit)
    )
    assert ((born - parents)[child] / 365.25).max() < 46.1


def test_nobody_in_a_family_is_older_than_people_get(catalog, tmp_path):
    old = {"demographics": {"age": {"type": "uniform_int", "min": 90, "max": 110}}, "household": {"size": 2}}
    ages = people_of(planned(catalog, tmp_path, **old))["age"]
    assert ages.max() <= 110 and ages.min() >= 18


@pytest.mark.parametrize(
    "age",
    [42, {"type": "explicit", "values": [30, 50]}, {"type": "age_bands", "bands": {"20-29": 0.5, "40-49": 0.5}},
     {"type": "conditional", "rules": [{"if": "gender == 'F'", "value": 31}], "default": {"type": "constant", "value": 33}}],
)  # fmt: skip
def test_subscribers_ages_may_be_said_in_any_way_that_makes_adults(catalog, tmp_path, age):
    plan = planned(catalog, tmp_path, demographics={"age": age}, household={"size": 2})
    people = people_of(plan)
    assert people["age"][people["role"].isin(["subscriber"])].min() >= 20


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"demographics": {"age": 12}, "household": {"size": 2}}, "subscribers are adults, 18 or older"),
        ({"demographics": {"age": {"type": "normall"}}, "household": {"size": 2}}, "did you mean 'normal'"),
        ({"demographics": {"age": {"type": ["normal"]}}}, "unknown distribution"),
        ({"household": {"size": {"type": "constant", "value": 3, "null_fraction": 0.5}}}, "expected whole numbers, one for every household"),
        ({"demographics": {"age": object()}}, "demographics.age: expected plain data"),
    ],
)  # fmt: skip
def test_mistakes_about_people_are_never_tracebacks(catalog, tmp_path, changes, message):
    with pytest.raises(UserError, match=message):
        planned(catalog, tmp_path, **changes)

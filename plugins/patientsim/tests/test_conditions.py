"""Who can have a condition has it, and what is written says what else they have."""

from __future__ import annotations

import numpy as np
import pytest

from healthsim_core import catalog as catalogs
from healthsim_core import generate
from healthsim_core.columns import Span
from healthsim_core.errors import UserError
from healthsim_core.generation.asking import Asked, Loaded
from healthsim_core.generation.profile import sample
from healthsim_core.generation.resolving import resolve
from patientsim.reference.diagnoses import (
    diagnosis_combinations,
    diagnosis_labels,
    diagnosis_limits,
    orders_of_codes,
    visit_combinations,
)

EVERY_AGE = {"type": "uniform_int", "min": 0, "max": 90}


@pytest.fixture(scope="module")
def catalog():
    return catalogs.build()


def planned(catalog, home, clinical=None, count=4_000, **profile):
    """Return the plan of a profile of patients."""
    spec = {
        "generation": {"count": count, "seed": 3, "products": ["patientsim"]},
        "demographics": {"age": EVERY_AGE},
        "clinical": clinical or {},
        **profile,
    }
    return resolve(Loaded("profile", spec, "test", "test", ()), catalog, home, Asked())


def people_of(plan):
    """Return all people of a plan."""
    return sample(plan, Span(0, plan.count), plan.build_rosters())


def conditions(**prevalences):
    """Return conditions by code, each with its prevalence."""
    return {
        "comorbidities": [{"code": code.replace("_", "."), "prevalence": share} for code, share in prevalences.items()]
    }


def test_only_those_who_can_have_a_condition_have_it_and_among_them_it_is_as_common_as_asked(catalog, tmp_path):
    people = people_of(planned(catalog, tmp_path, conditions(C61=0.3, O24=0.4, F03=0.5, J45=0.1)))
    man, age = people["gender"].isin(["M"]), people["age"]
    for code, can, share in (("C61", man & (age >= 35), 0.3), ("O24", ~man & (age >= 12) & (age <= 55), 0.4),
                             ("F03", age >= 40, 0.5), ("J45", age >= 0, 0.1)):  # fmt: skip
        assert not people[f"has.{code}"][~can].any(), code
        assert people[f"has.{code}"][can].mean() == pytest.approx(share, abs=0.045), code


def test_all_men_have_what_everybody_is_asked_to_have_and_it_is_said(catalog, tmp_path):
    plan = planned(
        catalog, tmp_path, {"primary_condition": {"code": "C61", "prevalence": 1.0}}, demographics={"age": 70}
    )
    people = people_of(plan)
    assert np.array_equal(people["has.C61"], people["gender"].isin(["M"]))
    assert plan.notices == (
        "profile.clinical.primary_condition: only men of 35 and older can have 'C61'; the prevalence is meant of them",
    )


def test_men_with_breast_cancer_have_it_as_men(catalog, tmp_path):
    people = people_of(planned(catalog, tmp_path, {"primary_condition": {"code": "C50"}}, demographics={"age": 70}))
    man, codes = people["gender"].isin(["M"]), people["code.C50"].decode()
    assert people["has.C50"].all()
    assert set(codes[man]) == {"C50.921", "C50.922"} and not set(codes[~man]) & {"C50.921", "C50.922"}


def report_of(tmp_path, catalog, clinical, **profile):
    spec = {"generation": {"count": 200, "products": ["patientsim"]}, "clinical": clinical, **profile}
    return generate(spec, catalog=catalog, workspace=tmp_path, persist=False)


def test_validation_compares_with_what_can_be(catalog, tmp_path):
    done = report_of(tmp_path, catalog, conditions(N40=0.5), demographics={"age": 70})
    assert done.validation.passed
    (note,) = done.validation.notes
    (check,) = [one for one in done.validation.checks if "N40" in one.path]
    assert note.startswith(f"prevalence of N40: {check.count} of the 200 people") and check.count < 150


def test_what_nobody_can_have_is_no_target_met(catalog, tmp_path):
    done = report_of(tmp_path, catalog, conditions(O80=0.2), demographics={"gender": "M", "age": 30})
    assert not done.validation.passed and "O80: nobody can have it: expected 0.2, got 0" in done.validation.errors[0]
    assert "nobody of this profile can have 'O80': only women aged 12 to 55 can" in done.notices[0]


def test_a_member_who_must_be_a_woman_is_one_and_a_man_with_her_condition_is_refused(catalog, tmp_path):
    members = [{"role": "subscriber", "age": 40}, {"role": "spouse", "conditions": ["O24"]}]
    people = people_of(planned(catalog, tmp_path, count=200, demographics={}, members=members))
    spouse = people["role"].isin(["spouse"])
    assert people["has.O24"][spouse].all() and people["gender"].isin(["F"])[spouse].all()
    assert 12 <= people["age"][spouse].min() and people["age"][spouse].max() <= 55
    with pytest.raises(
        UserError, match=r"members\[0\].conditions: only women aged 12 to 55 can have 'O24', .*gender is 'M'"
    ):
        planned(catalog, tmp_path, members=[{"role": "subscriber", "gender": "M", "conditions": ["O24"]}])
    with pytest.raises(UserError, match=r"only people of 40 and older can have 'G30', but this member's age is 12"):
        planned(catalog, tmp_path, members=[{"role": "subscriber", "age": 12, "conditions": ["G30"]}])


@pytest.fixture(scope="module")
def ill(catalog, tmp_path_factory):
    clinical = conditions(I10=0.6, I50=0.4, N18=0.5, E11=0.5, E10=0.1)
    return people_of(planned(catalog, tmp_path_factory.mktemp("home"), clinical, demographics={"age": 70}))


def test_high_blood_pressure_is_written_with_the_heart_and_the_kidneys(ill):
    heart, kidneys = ill["has.I50"], ill["has.N18"]
    failing = kidneys & ill["code.N18"].isin(["N18.5", "N18.6"])
    expected = np.select(
        [heart & failing, heart & kidneys, failing, kidneys, heart],
        ["I13.2", "I13.0", "I12.0", "I12.9", "I11.0"],
        "I10",
    )
    assert np.array_equal(ill["code.I10"].decode().astype(str), expected)
    assert len(set(expected[ill["has.I10"]])) == 6
    assert ill["has.I10"].mean() == pytest.approx(0.6, abs=0.03)
    assert set(ill["code.I50"].decode()) <= set(diagnosis_labels()) and heart.any() and kidneys.any()


def test_diabetes_names_the_kidneys_of_those_who_have_them_ill_and_of_nobody_else(ill):
    for code, written in (("E11", "E11.22"), ("E10", "E10.22")):
        assert np.array_equal(ill[f"code.{code}"].isin([written]), ill["has.N18"]), code


def test_a_code_named_in_full_gives_way_only_to_a_rule_that_names_it(catalog, tmp_path):
    people = people_of(planned(catalog, tmp_path, conditions(N18=1.0, E11_9=0.5, E11_10=0.1), demographics={"age": 70}))
    assert set(people["code.E11.9"].decode()) == {"E11.22"} and set(people["code.E11.10"].decode()) == {"E11.10"}
    without = people_of(planned(catalog, tmp_path, conditions(E11_22=0.5), demographics={"age": 70}))
    assert set(without["code.E11.22"].decode()) == {"E11.22"}


def test_the_problem_list_the_visits_and_the_claims_write_the_same(catalog, tmp_path):
    pytest.importorskip("membersim")
    spec = {
        "generation": {"count": 150, "seed": 3, "products": ["patientsim", "membersim"]},
        "demographics": {"age": 70},
        "clinical": conditions(I10=1.0, I50=0.5, N18=0.5),
    }
    journey = {"id": "check-up", "duration_days": 30, "events": [
        {"event_id": "visit", "event_type": "encounter", "parameters": {"encounter_type": "office", "reason": "I10"}}]}  # fmt: skip
    done = generate(spec, journey, catalog=catalog, workspace=tmp_path)
    with done.scenario.connect() as connection:
        apart = connection.execute(
            "SELECT count(*) FROM encounters e JOIN diagnoses d USING (patient_id)"
            " WHERE d.category = 'problem-list-item' AND d.code[:2] = 'I1' AND d.code <> e.reason_code"
        ).fetchone()
        written = connection.execute("SELECT count(DISTINCT reason_code), count(*) FROM encounters").fetchone()
        unexplained = connection.execute(
            "SELECT count(*) FROM claims JOIN encounters e USING (encounter_id) JOIN claim_diagnoses d USING (claim_id)"
            " WHERE d.rank = 1 AND d.code <> e.reason_code"
        ).fetchone()
    assert apart == unexplained == (0,)
    assert written[0] >= 4 and written[1] == 150


MANY = ("I50", "J44", "E78", "F32", "K21", "I25", "I48", "G47.3", "M17", "E66", "E03", "M81", "I10", "E11", "N18")


@pytest.fixture(scope="module")
def frail(catalog, tmp_path_factory):
    """Return patients with up to fifteen diseases, seen once a year and then for pneumonia, or with a flare."""
    spec = {
        "generation": {"count": 150, "seed": 3, "products": ["patientsim"]},
        "demographics": {"age": 70},
        "clinical": conditions(**{code.replace(".", "_"): 0.85 for code in MANY}),
    }
    events = [("encounter", "Z00.00"), ("admission", "J18"), ("encounter", "J44.1")]
    journey = {"id": "ill", "duration_days": 90, "events": [
        {"event_id": f"visit-{n}", "event_type": kind, "product": "patientsim", "day": 30 * n, "parameters": {"reason": reason}}
        for n, (kind, reason) in enumerate(events)]}  # fmt: skip
    done = generate(spec, journey, catalog=catalog, workspace=tmp_path_factory.mktemp("frail"))
    with done.scenario.connect() as connection:
        yield connection


def test_no_code_is_written_at_a_visit_without_those_that_go_with_it_however_many_diseases_there_are(frail):
    full = """SELECT max(count), min(ranks) FROM (SELECT count(*) AS count, count(DISTINCT rank) = max(rank) AS ranks
        FROM diagnoses WHERE category = 'encounter-diagnosis' GROUP BY encounter_id)"""
    assert frail.execute(full).fetchall() == [(12, True)]
    for first, then in orders_of_codes():
        alone = f"""SELECT count(*), count(*) FILTER (NOT list_bool_or([code LIKE '{then}%' for code in codes]))
            FROM (SELECT patient_id, list(code) AS codes FROM diagnoses WHERE category = 'encounter-diagnosis' GROUP BY patient_id, encounter_id)
            WHERE list_bool_or([code LIKE '{first}%' for code in codes])"""
        written, without = frail.execute(alone).fetchone()
        assert without == 0 and (written > 20 or first in ("E10.22", "I12", "I11.0")), (first, then)


def test_obstructive_lung_disease_is_written_with_the_infection_of_the_visit_or_as_its_flare(frail):
    written = """SELECT reason_code[:3] AS reason, list(DISTINCT code ORDER BY code) FROM diagnoses JOIN encounters USING (encounter_id)
        WHERE code LIKE 'J44%' GROUP BY 1 ORDER BY 1"""
    assert frail.execute(written).fetchall() == [("J18", ["J44.0"]), ("J44", ["J44.1"]), ("Z00", ["J44.9"])]
    kept = "SELECT DISTINCT code FROM diagnoses WHERE category = 'problem-list-item' AND code LIKE 'J44%'"
    assert frail.execute(kept).fetchall() == [("J44.9",)]


def test_a_code_that_a_journey_names_is_written_as_the_person_has_it(catalog, tmp_path):
    spec = {
        "generation": {"count": 80, "seed": 3, "products": ["patientsim"]},
        "clinical": {"comorbidities": [{"code": "I50", "prevalence": 1.0}]},
    }
    journey = {"id": "first", "duration_days": 30, "events": [
        {"event_id": "dx", "event_type": "diagnosis", "parameters": {"code": "I10"}}]}  # fmt: skip
    done = generate(spec, journey, catalog=catalog, workspace=tmp_path)
    with done.scenario.connect() as connection:
        found = connection.execute("SELECT DISTINCT code FROM diagnoses WHERE code[:2] = 'I1'").fetchall()
    assert found == [("I11.0",)]


def test_the_rules_speak_of_codes_we_carry_and_of_ranges_that_rise():
    assert {one.writes for one in (*diagnosis_combinations(), *visit_combinations())} <= set(diagnosis_labels())
    assert all(one.first <= one.last and len(one.first) == len(one.last) for one in diagnosis_limits())
    assert all((one.age_min or 0) <= (99 if one.age_max is None else one.age_max) for one in diagnosis_limits())
    carried = [one for one in diagnosis_limits() if one.sex and one.covers("O24.410")]
    assert [one.sex for one in carried] == ["F"] and not any(
        one.covers("P07.30") and one.sex for one in diagnosis_limits()
    )

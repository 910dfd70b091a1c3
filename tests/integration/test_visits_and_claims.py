"""Claims and the visits they bill: PatientSim and MemberSim meet by name, and agree."""

import pytest

from healthsim_core.generation.run import generate

SPEC = {
    "id": "seniors",
    "generation": {"count": 400, "seed": 3, "products": ["membersim", "patientsim"]},
    "demographics": {"age": {"type": "normal", "mean": 60, "std_dev": 12, "min": 30, "max": 90}},
    "clinical": {"primary_condition": {"code": "E11"}, "comorbidities": [{"code": "I10", "prevalence": 0.5}]},
    "journey": "diabetic-first-year",
}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    result = generate(SPEC, workspace=tmp_path_factory.mktemp("home"))
    with result.scenario.connect() as connection:
        yield connection


def one(connection, sql):
    return connection.execute(sql).fetchall()[0]


def test_the_claim_bears_the_diagnoses_of_the_visit_it_bills(cohort):
    assert (
        one(
            cohort,
            """
        SELECT count(*), count(*) FILTER (d.code IS DISTINCT FROM x.code) FROM claims c JOIN claim_diagnoses x USING (claim_id)
        LEFT JOIN diagnoses d ON d.encounter_id = c.encounter_id AND d.category = 'encounter-diagnosis' AND d.rank = x.rank WHERE c.encounter_id IS NOT NULL""",
        )[1]
        == 0
    )
    assert one(cohort, "SELECT count(*) FROM claims WHERE encounter_id IS NOT NULL")[0] > 1000


def test_nobody_bills_an_encounter_twice_and_claims_come_one_to_seven_days_later(cohort):
    twice = "SELECT count(*) - count(DISTINCT (encounter_id, billing_role)) FROM claims WHERE encounter_id IS NOT NULL"
    assert one(cohort, twice) == (0,)
    assert one(
        cohort,
        """
        SELECT min(date_diff('day', service_date, submitted_date)), max(date_diff('day', service_date, submitted_date)),
               count(*) FILTER (adjudicated_date < submitted_date), count(*) FILTER (service_date < start_date)
        FROM claims JOIN coverages USING (coverage_id) WHERE claim_type <> 'pharmacy'""",
    ) == (1, 7, 0, 0)


def test_claims_need_no_patient_table(tmp_path):
    result = generate(SPEC, products=["membersim"], count=50, workspace=tmp_path)
    assert "encounters" not in result.counts and result.counts["claims"] > 100
    with result.scenario.connect() as connection:
        assert one(connection, "SELECT count(encounter_id) FROM claims") == (0,)


def test_a_journey_added_to_people_of_other_products_says_what_is_without_effect(tmp_path):
    spec = {"id": "few", "generation": {"count": 3, "products": ["patientsim"]}}
    generate(spec, name="few", workspace=tmp_path)
    without = generate(into="few", journey="trial-participation", workspace=tmp_path)
    assert [one for one in without.notices if "of trialsim without effect, as trialsim takes no part" in one]
    assert "subjects" not in without.counts
    taking = generate(into="few", journey="phase2-efficacy", products=["trialsim"], workspace=tmp_path)
    assert taking.counts["subjects"] and not [one for one in taking.notices if "phase2-efficacy" in one]


def test_a_journey_leaves_the_people_of_a_place_as_they_are(tmp_path):
    spec = {
        "id": "place",
        "generation": {"count": 80, "products": ["patientsim"]},
        "demographics": {"source": "populationsim", "reference": {"type": "county", "fips": "53053"}},
    }
    made = generate(spec, journey="pregnancy-journey", workspace=tmp_path)
    with made.scenario.connect() as connection:
        people, women, pregnant, men = connection.execute(
            "SELECT count(*), count(*) FILTER (gender = 'F'), count(*) FILTER (gender = 'F' AND seen), count(*) FILTER (gender = 'M' AND seen)"
            " FROM (SELECT gender, patient_id IN (SELECT patient_id FROM encounters) AS seen FROM patients)"
        ).fetchall()[0]
    assert people == 80 and 25 < women < 55 and 3 < pregnant < women and men == 0

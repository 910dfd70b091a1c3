"""What happens at a visit: vital signs, vaccines, allergies, referrals, plans, findings."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from healthsim_core import catalog
from healthsim_core.columns import Span
from healthsim_core.generation.handling import generate_span
from healthsim_core.generation.resolving import resolve
from healthsim_core.generation.run import generate
from patientsim.reference.care import allergens, signs, vaccines

VISIT = json.loads((Path(__file__).parent / "visit.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Return a connection to people of all ages who are seen once in an office, once on a screen, and twice on their own."""
    result = generate(VISIT, workspace=tmp_path_factory.mktemp("home"))
    with result.scenario.connect() as connection:
        yield connection


def rows(connection, sql):
    return connection.execute(sql).fetchall()


def with_age(sql):
    """Return SQL over `measured`: observations with the patient's age when they were made."""
    return f"""WITH measured AS (
      SELECT *, date_diff('day', birth_date, effective_datetime::DATE) / 365.25 AS age FROM observations JOIN patients USING (patient_id)
    ) {sql}"""


def test_a_visit_takes_nine_signs_and_one_on_the_screen_none(cohort):
    found = rows(
        cohort,
        """SELECT encounter_type, count(*) FILTER (category = 'vital-signs') FROM encounters
        LEFT JOIN observations USING (encounter_id) JOIN patients ON patients.patient_id = encounters.patient_id
        WHERE date_diff('day', birth_date, start_datetime::DATE) > 731 GROUP BY encounter_id, 1""",
    )
    assert set(found) == {("office", 9), ("telehealth", 0)}


def test_signs_are_possible_and_pressures_leave_room_for_a_pulse(cohort):
    narrow = rows(
        cohort,
        """SELECT count(*) FROM (SELECT max(value) FILTER (code = '8480-6') - max(value) FILTER (code = '8462-4') AS pulse
        FROM observations GROUP BY patient_id, effective_datetime) WHERE pulse < 20""",
    )
    assert narrow == [(0,)]
    for one in signs().values():
        if one.levels:
            low, high = min(level.min for level in one.levels), max(level.max for level in one.levels)
            wrong = rows(
                cohort,
                f"SELECT count(*) FROM observations WHERE code = '{one.code}' AND value NOT BETWEEN {low} AND {high}",
            )
            assert wrong == [(0,)], one.sign


def test_small_children_breathe_faster_and_weigh_less_and_pressure_rises_with_age(cohort):
    found = dict(
        (code, (young, old))
        for code, young, old in rows(
            cohort,
            with_age("SELECT code, avg(value) FILTER (age < 6), avg(value) FILTER (age > 40) FROM measured GROUP BY 1"),
        )
    )
    assert found["9279-1"][0] > 20 > found["9279-1"][1]
    assert found["8867-4"][0] > 90 > found["8867-4"][1]
    assert found["29463-7"][0] < 26 < found["29463-7"][1]
    assert found["8480-6"][0] < 108 < found["8480-6"][1]


def test_pressure_is_higher_in_hypertension(cohort):
    without, with_it = rows(
        cohort,
        with_age("""SELECT avg(value) FILTER (NOT i), avg(value) FILTER (i) FROM measured
        JOIN (SELECT patient_id, bool_or(code = 'I10') AS i FROM diagnoses WHERE category = 'problem-list-item' GROUP BY 1) USING (patient_id)
        WHERE code = '8480-6' AND age > 18"""),
    )[0]
    assert with_it > without + 5


def test_pneumonia_shows_in_an_emergency_less_in_an_office_and_not_in_a_check_up(tmp_path):
    def visit(kind, days=(1,)):
        parameters = {"encounter_type": kind, "reason": "J18.9"}
        event = {"event_type": "encounter", "product": "patientsim", "parameters": parameters}
        return {
            "id": kind,
            "generation": {"count": 60, "products": ["patientsim"]},
            "demographics": {"age": 50},
            "journey": {"id": kind, "events": [{**event, "event_id": f"v{day}", "day": day} for day in days]},
        }

    found = {}
    for kind in ("ed", "office", "preventive"):
        with generate(visit(kind), workspace=tmp_path).scenario.connect() as connection:
            found[kind] = dict(rows(connection, "SELECT code, avg(value) FROM observations GROUP BY 1"))
    assert found["ed"]["8310-5"] > found["office"]["8310-5"] > 37.5 > 37 > found["preventive"]["8310-5"]
    assert found["ed"]["59408-5"] < found["office"]["59408-5"] < 95 < 97 < found["preventive"]["59408-5"]
    with generate({**visit("office", (1, 14)), "id": "again"}, workspace=tmp_path).scenario.connect() as connection:
        again = rows(
            connection,
            """SELECT effective_datetime::DATE, avg(value) FROM observations WHERE code = '8310-5' GROUP BY 1 ORDER BY 1""",
        )
    assert again[0][1] > 37.5 > 37 > again[-1][1]


def test_a_profile_says_what_pressure_people_have(tmp_path):
    spec = {
        **VISIT,
        "id": "given",
        "demographics": {"age": 50},
        "clinical": {"systolic_bp": {"type": "normal", "mean": 170, "std_dev": 3, "min": 160, "max": 180}},
    }
    with generate(spec, count=40, workspace=tmp_path).scenario.connect() as connection:
        low, high = rows(connection, "SELECT min(value), max(value) FROM observations WHERE code = '8480-6'")[0]
    assert 140 < low < high < 200


def test_conditions_read_what_was_measured(cohort):
    found = rows(
        cohort,
        """SELECT value >= 130, count(m.patient_id) > 0 FROM observations o
        LEFT JOIN medication_orders m ON m.patient_id = o.patient_id
        WHERE o.code = '8480-6' AND o.encounter_id IS NULL GROUP BY o.patient_id, value""",
    )
    assert set(found) == {(True, True), (False, False)}


def test_taking_signs_by_an_event_at_a_visit_replaces_those_of_the_visit(tmp_path):
    event = {"event_id": "v", "event_type": "encounter", "product": "patientsim", "day": 1}
    taken = {"event_id": "s", "event_type": "vital_signs", "depends_on": "v", "parameters": {"systolic_bp": 151}}
    spec = {
        "id": "once",
        "generation": {"count": 10, "products": ["patientsim"]},
        "demographics": {"age": 40},
        "journey": {"id": "once", "events": [event, taken]},
    }
    with generate(spec, workspace=tmp_path).scenario.connect() as connection:
        found = rows(
            connection, "SELECT value, count(*), count(encounter_id) FROM observations WHERE code = '8480-6' GROUP BY 1"
        )
    assert found == [(151, 10, 10)]


def test_children_get_the_dose_of_their_age_and_adults_one_after_the_other(cohort):
    adults = rows(
        cohort,
        """SELECT DISTINCT i.code, list(dose_number ORDER BY occurrence_datetime)::VARCHAR FROM immunizations i
        JOIN patients USING (patient_id) WHERE i.description LIKE 'Hepatitis B%'
        AND date_diff('day', birth_date, occurrence_datetime::DATE) > 20 * 365.25 GROUP BY patient_id, i.code""",
    )
    assert adults == [("43", "[1, 2]")]
    children = rows(
        cohort,
        """SELECT DISTINCT i.code, dose_number FROM immunizations i JOIN patients USING (patient_id)
        WHERE i.description LIKE 'Hepatitis B%' AND date_diff('day', birth_date, occurrence_datetime::DATE) BETWEEN 366 AND 18 * 365""",
    )
    assert children == [("08", 3)]


def test_what_journeys_say_is_written_down_at_the_visit(cohort):
    at_visit = "JOIN encounters USING (encounter_id, patient_id) WHERE encounter_type = 'office'"
    assert rows(cohort, f"SELECT DISTINCT a.category, a.code, description FROM allergies a {at_visit}") == [
        ("environment", None, "Latex")
    ]
    assert rows(
        cohort, f"SELECT specialty, priority, r.reason_code, count(*) FROM referrals r {at_visit} GROUP BY ALL"
    ) == [("cardiology", "urgent", "I10", 120)]
    assert rows(cohort, f"SELECT study_id, count(*) FROM trial_eligibilities t {at_visit} GROUP BY ALL") == [
        ("HS-CV-401", 120)
    ]
    assert rows(cohort, "SELECT count(*) FROM observations WHERE code = '44261-6' AND category = 'survey'") == [(120,)]


def test_a_referral_goes_to_a_specialist_and_not_to_who_refers(cohort):
    pytest.importorskip("networksim")
    found = rows(
        cohort,
        "SELECT DISTINCT p.specialty, r.provider_id = r.referred_to_id FROM referrals r JOIN providers p ON p.provider_id = r.referred_to_id",
    )
    assert found == [("cardiology", False)]


def test_a_plan_of_care_is_completed_by_the_next_of_its_title(cohort):
    found = rows(cohort, "SELECT activity, status, count(*) FROM care_plans GROUP BY ALL ORDER BY 1")
    assert found == [("Cook at home", "completed", 120), ("Walk", "active", 120)]


def test_nobody_has_an_allergy_twice_and_some_bring_them_along(cohort):
    assert rows(
        cohort, "SELECT count(*) FROM (SELECT 1 FROM allergies GROUP BY patient_id, description HAVING count(*) > 1)"
    ) == [(0,)]
    assert rows(cohort, "SELECT count(*) > 5 FROM allergies WHERE encounter_id IS NULL") == [(True,)]
    assert rows(
        cohort, "SELECT count(*) FROM allergies JOIN patients USING (patient_id) WHERE recorded_date < birth_date"
    ) == [(0,)]


def test_everybody_old_enough_is_asked_about_smoking(cohort):
    found = rows(
        cohort,
        """SELECT date_diff('day', birth_date, DATE '2025-01-01') >= 13 * 365.25, count(DISTINCT p.patient_id), count(o.patient_id),
          count(*) FILTER (value IS NULL AND value_code LIKE 'LA%')
        FROM patients p LEFT JOIN observations o ON o.patient_id = p.patient_id AND o.code = '72166-2' GROUP BY 1 ORDER BY 1""",
    )
    assert [(asked, with_code) for _, _, asked, with_code in found] == [(0, 0), (found[1][1], found[1][1])]


def test_a_visit_carries_the_diagnosis_made_at_it_and_bills_it():
    plan = resolve(VISIT, catalog.build(), Path())
    timeline = generate_span(plan, Span(0, 40), plan.build_rosters())[1]
    visits, made = timeline["patientsim.encounter"], timeline["patientsim.diagnosis"]
    office = visits.select(visits["encounter_type"].isin(["office"]))
    carried = np.array([office[f"diagnosis_{rank}"].decode() for rank in range(1, 5)])
    assert (carried == "E78.5").any(axis=0).all()
    assert (made["billed"] == made["code"].isin(["E78.5"])).all()


def test_facts_are_well_formed():
    for one in vaccines().values():
        assert re.fullmatch(r"\d{2,3}", one.code) and re.fullmatch(r"\d{2,3}", one.adult_code), one.vaccine
        assert list(one.ages) == sorted(one.ages) and one.doses >= 1, one.vaccine
    for one in allergens().values():
        assert sum(weight for _, weight in one.reactions) == pytest.approx(1), one.allergen
        assert (one.category == "medication") == (one.code is not None), one.allergen
    for one in signs().values():
        assert all(level.min < level.mean < level.max for level in one.levels), one.sign
        assert re.fullmatch(r"\d{3,5}-\d", one.code), one.sign

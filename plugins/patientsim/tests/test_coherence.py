"""Care hangs together: when visits are, what illness and treatment do to results, what allergies keep from people."""

import datetime

import pytest

from healthsim_core.generation.business_days import federal_holidays
from healthsim_core.generation.run import generate
from patientsim.reference import drugs, labs
from patientsim.reference.care import alternatives
from patientsim.reference.response import acute_labs, responses


def event(name, event_type, day=None, **more):
    when = {} if day is None else {"day": day}
    return {"event_id": name, "event_type": event_type, "product": "patientsim", **when, **more}


def after(name, event_type, source, days=0, **more):
    return event(name, event_type, depends_on=source, delay={"days": days}, **more)


JOURNEY = {
    "id": "coherent",
    "duration_days": 400,
    "events": [
        event("visit", "encounter", 10, variance_days=10, repeat={"every_days": 30, "count": 12}),
        event("second", "encounter", 10, variance_days=10, repeat={"every_days": 30, "count": 12}),
        after("a1c", "lab_order", "visit", parameters={"test": "a1c"}),
        after("ldl", "lab_order", "visit", parameters={"test": "ldl"}),
        event("metformin", "medication_order", 100, parameters={"drug": "metformin"}),
        event("statin", "medication_order", 100, parameters={"drug": "atorvastatin"}),
        event("pressure", "medication_order", 100, parameters={"drug": "amlodipine"}),
        event("more", "medication_order", 250, parameters={"drug": "semaglutide"}, conditions=[{"field": "a1c.value", "operator": "gt", "value": 8}]),
        event("ed", "encounter", 200, variance_days=100, parameters={"encounter_type": "ed", "reason": "I21"}),
        after("troponin", "lab_order", "ed", parameters={"test": "troponin"}),
        after("stay", "admission", "ed", parameters={"reason": "I21", "length_of_stay_days": 12}),
        after("troponin-later", "lab_order", "stay", 6, parameters={"test": "troponin"}),
        event("antibiotic", "medication_order", 300, parameters={"drug": "amoxicillin"}),
        event("cold", "diagnosis", 320, parameters={"code": "J20"}),
    ],
}  # fmt: skip
SPEC = {
    "id": "coherent",
    "generation": {"count": 150, "products": ["patientsim"]},
    "demographics": {"age": 60},
    "clinical": {
        "primary_condition": {"code": "E11", "prevalence": 1.0},
        "comorbidities": [{"code": "I10", "prevalence": 1.0}],
        "lab_values": {"a1c": 9.0},
    },
    "journey": JOURNEY,
}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    with generate(SPEC, workspace=tmp_path_factory.mktemp("home")).scenario.connect() as connection:
        yield connection


def rows(connection, sql):
    return connection.execute(sql).fetchall()


def means(connection, code):
    """Return the mean of a measure before treatment and well after it began."""
    return rows(
        connection,
        f"""SELECT avg(value) FILTER (effective_datetime < '2025-04-08'), avg(value) FILTER (effective_datetime BETWEEN '2025-07-10' AND '2025-09-05')
        FROM observations LEFT JOIN encounters USING (encounter_id) WHERE code = '{code}' AND coalesce(encounter_type, 'office') = 'office'""",
    )[0]


def test_appointments_are_on_business_days_in_office_hours_and_emergencies_on_all(cohort):
    days = rows(cohort, "SELECT DISTINCT start_datetime::DATE FROM encounters WHERE encounter_type = 'office'")
    closed = {day for year in (2025, 2026) for day in federal_holidays(year).astype(datetime.date)}
    assert not [day for (day,) in days if day.weekday() > 4 or day in closed]
    first, last = rows(
        cohort,
        "SELECT min(start_datetime::TIME), max(end_datetime::TIME) FROM encounters WHERE encounter_type = 'office'",
    )[0]
    assert datetime.time(8) <= first < last <= datetime.time(17)
    weekend, night, evening = rows(
        cohort,
        """SELECT count(*) FILTER (dayofweek(start_datetime) IN (0, 6)), count(*) FILTER (hour(start_datetime) BETWEEN 1 AND 6), count(*) FILTER (hour(start_datetime) BETWEEN 15 AND 20)
        FROM encounters WHERE encounter_type = 'ed'""",
    )[0]
    assert weekend > 15 and night < evening / 1.5


def test_nobody_is_in_two_places_at_once(cohort):
    pairs = """SELECT count(*) FROM encounters a JOIN encounters b ON a.patient_id = b.patient_id AND a.encounter_id < b.encounter_id
        AND a.start_datetime < b.end_datetime AND b.start_datetime < a.end_datetime"""
    assert rows(cohort, pairs) == [(0,)]
    close = pairs.replace(
        "a.start_datetime < b.end_datetime AND b.start_datetime < a.end_datetime",
        """a.encounter_type = 'office'
        AND b.encounter_type = 'office' AND abs(date_diff('minute', a.start_datetime, b.start_datetime)) < 60""",
    )
    assert rows(cohort, close) == [(0,)]


def test_what_belongs_to_a_visit_happens_in_it(cohort):
    outside = "SELECT count(*) FROM lab_orders JOIN encounters USING (encounter_id) WHERE ordered_datetime NOT BETWEEN start_datetime AND end_datetime"
    assert rows(cohort, outside) == [(0,)]
    assert rows(cohort, "SELECT count(*) FROM lab_orders WHERE encounter_id IS NULL") == [(0,)]


def test_levels_fall_with_treatment_and_not_before(cohort):
    before, later = means(cohort, "4548-4")
    assert before == pytest.approx(9.0, abs=0.1) and before - 1.7 < later < before - 0.8
    before, later = means(cohort, "13457-7")
    assert 0.52 < later / before < 0.65
    before, later = means(cohort, "8480-6")
    assert before - 10 < later < before - 4


def test_a_second_drug_is_for_those_whose_recorded_a1c_stayed_high(cohort):
    found = rows(
        cohort,
        """SELECT arg_max(o.value, o.issued_datetime) FROM medication_orders m JOIN observations o ON o.patient_id = m.patient_id AND o.code = '4548-4'
        AND o.issued_datetime <= m.ordered_datetime::DATE WHERE m.description ILIKE '%semaglutide%' AND m.patient_id NOT IN
        (SELECT patient_id FROM encounters WHERE encounter_type = 'inpatient' AND end_datetime BETWEEN '2025-08-01' AND '2025-10-01') GROUP BY m.patient_id""",
    )  # who lies in hospital then has the visit, and the result, later than planned
    assert 10 < len(found) < 100 and all(value > 8 for (value,) in found)


def test_troponin_is_high_in_a_heart_attack_and_falls_in_the_stay(cohort):
    first, later = rows(
        cohort,
        """SELECT avg(value) FILTER (encounter_type = 'ed'), avg(value) FILTER (encounter_type = 'inpatient') FROM observations JOIN encounters USING (encounter_id)
        WHERE code = '89579-7'""",
    )[0]
    assert first > 500 > later


def test_nobody_gets_a_drug_they_are_allergic_to(cohort):
    given = dict(
        rows(cohort, "SELECT code, count(*) FROM medication_orders WHERE ordered_datetime > '2025-10-20' GROUP BY 1")
    )
    assert given[drugs()["amoxicillin"].code] > given[drugs()["azithromycin"].code] > 0
    wrong = f"""SELECT count(*) FROM medication_orders m JOIN allergies a USING (patient_id)
        WHERE m.code = '{drugs()["amoxicillin"].code}' AND a.description IN ('Penicillin', 'Amoxicillin')"""
    assert rows(cohort, wrong) == [(0,)]


def test_what_passes_is_not_on_the_problem_list(cohort):
    assert rows(cohort, "SELECT DISTINCT category FROM diagnoses WHERE code LIKE 'J20%'") == [("encounter-diagnosis",)]
    assert {
        code[:3] for (code,) in rows(cohort, "SELECT DISTINCT code FROM diagnoses WHERE category = 'problem-list-item'")
    } - {"Z72", "Z87"} == {"E11", "I10"}


def test_children_grow_and_weigh_what_the_charts_say_without_a_jump(tmp_path):
    spec = {
        "id": "growing",
        "generation": {"count": 60, "products": ["patientsim"]},
        "demographics": {"age": {"type": "explicit", "values": [1, 9, 15, 18]}},
        "journey": {
            "id": "growing",
            "duration_days": 3000,
            "events": [
                event(
                    "check",
                    "encounter",
                    5,
                    repeat={"every_days": 120, "count": 20},
                    parameters={"encounter_type": "preventive"},
                )
            ],
        },
    }
    with generate(spec, workspace=tmp_path).scenario.connect() as connection:
        steps = rows(
            connection,
            """SELECT code, min(step), max(step) FROM (SELECT code, value / lag(value) OVER (PARTITION BY patient_id, code ORDER BY effective_datetime) AS step
            FROM observations WHERE code IN ('29463-7', '8302-2')) WHERE step IS NOT NULL GROUP BY 1 ORDER BY 1""",
        )
        heights = dict(
            rows(
                connection,
                """SELECT round(date_diff('day', birth_date, effective_datetime::DATE) / 365.25), avg(value) FROM observations JOIN patients USING (patient_id)
                WHERE code = '8302-2' GROUP BY 1""",
            )
        )
    assert [code for code, *_ in steps] == ["29463-7", "8302-2"]
    assert 0.94 < steps[0][1] < steps[0][2] < 1.3 and 0.998 < steps[1][1] < steps[1][2] < 1.12
    # CDC's middles of boys and girls: 86 cm at 2, 138 at 10, 170 at 18.
    assert (
        heights[2] == pytest.approx(86, abs=3)
        and heights[10] == pytest.approx(138, abs=5)
        and heights[18] == pytest.approx(170, abs=5)
    )


def test_who_is_called_obese_is(tmp_path):
    def spec(conditions):
        return {
            "id": "heavy",
            "generation": {"count": 400, "products": ["patientsim"]},
            "demographics": {"age": {"type": "uniform_int", "min": 22, "max": 80}},
            "clinical": {"comorbidities": conditions},
            "journey": {"id": "heavy", "events": [event("check", "encounter", 5)]},
        }

    measured = """SELECT value, p.code FROM observations o LEFT JOIN (SELECT patient_id, code FROM diagnoses WHERE category = 'problem-list-item' AND code LIKE 'E66%') p
        USING (patient_id) WHERE o.code = '39156-5'"""
    with generate(spec([{"code": "E66", "prevalence": 0.35}]), workspace=tmp_path).scenario.connect() as connection:
        found = rows(connection, measured)
    assert min(value for value, code in found if code) >= 30
    assert all(value >= 40 for value, code in found if code == "E66.01")
    others = [value for value, code in found if not code]
    assert sum(value < 30 for value in others) / len(others) > 0.7 and min(others) > 14
    with generate({**spec([]), "id": "all"}, workspace=tmp_path).scenario.connect() as connection:
        everybody = [value for value, _ in rows(connection, measured)]
    # 40.3 percent (NCHS Data Brief 508), within four standard errors.
    assert sum(value >= 30 for value in everybody) / len(everybody) == pytest.approx(0.403, abs=0.1)


def test_facts_of_illness_and_treatment_are_well_formed():
    for test, spreads in acute_labs().items():
        assert test in labs() and all(one.min < one.mean < one.max and one.half_days > 0 for one in spreads), test
    for measure, lines in responses().items():
        assert all(set(line.drugs) <= set(drugs()) and line.weeks > 0 and line.share < 1 for line in lines), measure
    for drug, reasons in alternatives().items():
        assert {drug, *(one for _, instead in reasons for one in instead)} <= set(drugs())

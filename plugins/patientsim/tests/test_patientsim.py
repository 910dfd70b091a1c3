"""What PatientSim promises of its rows, on a generated cohort."""

import pytest
import simple_icd_10_cm

from healthsim_core import catalog
from healthsim_core.errors import SpecificationError
from healthsim_core.generation.run import generate
from patientsim.reference import diagnosis_codes, labs


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    result = generate(
        "diabetic-senior", "diabetic-first-year", 400, ["patientsim"], workspace=tmp_path_factory.mktemp("home"), seed=7
    )
    with result.scenario.connect() as connection:
        yield connection


def rows(connection, sql):
    return connection.execute(sql).fetchall()


def test_every_diagnosis_code_is_a_billable_leaf():
    for one in diagnosis_codes():
        assert simple_icd_10_cm.is_valid_item(one.code), one.code
        assert simple_icd_10_cm.is_leaf(one.code), one.code


def test_what_is_written_is_always_a_code_we_carry(cohort):
    carried = {one.code for one in diagnosis_codes()}
    assert {code for (code,) in rows(cohort, "SELECT DISTINCT code FROM diagnoses")} <= carried


def test_uncontrolled_people_are_written_as_such_and_have_higher_a1c(tmp_path):
    spec = {
        "generation": {"count": 300, "products": ["patientsim"]},
        "clinical": {
            "primary_condition": {
                "code": "E11",
                "severity": {"type": "categorical", "weights": {"controlled": 0.5, "uncontrolled": 0.5}},
            },
            "lab_values": {
                "a1c": {
                    "type": "conditional",
                    "rules": [{"if": "severity == 'controlled'", "distribution": {"type": "constant", "value": 6.5}}],
                    "default": 9.5,
                }
            },
        },
        "demographics": {"age": 60},
        "journey": "diabetic-first-year",
    }
    result = generate(spec, workspace=tmp_path)
    with result.scenario.connect() as connection:
        found = dict(
            rows(
                connection,
                """
            SELECT d.code, avg(o.value) FROM diagnoses d JOIN observations o USING (patient_id)
            WHERE d.category = 'problem-list-item' AND d.code LIKE 'E11%' AND o.code = '4548-4' GROUP BY 1""",
            )
        )
    assert set(found) == {"E11.9", "E11.65"}
    # Treatment lowers both in the course of the year.
    assert 9.5 > found["E11.65"] > 7.8 > 6.5 > found["E11.9"]


def test_a_result_follows_its_order_by_one_to_five_days_and_repeats_its_test(cohort):
    found = rows(
        cohort,
        """
        SELECT min(date_diff('day', l.ordered_datetime::DATE, o.issued_datetime::DATE)), max(date_diff('day', l.ordered_datetime::DATE, o.issued_datetime::DATE)),
               count(*), count(*) FILTER (l.code <> o.code OR l.patient_id <> o.patient_id)
        FROM observations o JOIN lab_orders l USING (lab_order_id)""",
    )[0]
    assert found[0] >= 1 and found[1] <= 5
    assert found[2] == rows(cohort, "SELECT count(*) FROM lab_orders")[0][0] > 0
    assert found[3] == 0


def test_flags_agree_with_the_reference_range(cohort):
    wrong = rows(
        cohort,
        """
        SELECT count(*) FROM observations WHERE category = 'laboratory' AND interpretation_code <>
        CASE WHEN value < reference_low THEN 'L' WHEN value > reference_high THEN 'H' ELSE 'N' END""",
    )
    assert wrong == [(0,)]
    assert {
        flag
        for (flag,) in rows(
            cohort, "SELECT DISTINCT interpretation_code FROM observations WHERE category = 'laboratory'"
        )
    } >= {"H", "N"}


def test_a_second_drug_only_for_those_whose_last_known_a1c_is_above_eight(cohort):
    second = rows(
        cohort,
        """
        SELECT m.patient_id, m.ordered_datetime::DATE, arg_max(o.value, o.issued_datetime) FROM medication_orders m
        JOIN observations o ON o.patient_id = m.patient_id AND o.code = '4548-4' AND o.issued_datetime <= m.ordered_datetime
        JOIN lab_orders l ON l.lab_order_id = o.lab_order_id
        WHERE m.code = '310490' GROUP BY ALL""",
    )
    assert len(second) > 20
    # The journey reads the quarterly A1c; the first visit's belongs to another event.
    quarterly = rows(cohort, "SELECT count(*) FROM medication_orders WHERE code = '310490'")
    assert len(second) == quarterly[0][0]
    assert all(value > 8 for *_, value in second)


def test_a_cohorts_journeys_begin_over_two_months(cohort):
    days = rows(
        cohort,
        "SELECT date_diff('day', DATE '2025-01-01', min(start_datetime)::DATE) FROM encounters GROUP BY patient_id",
    )
    found = [day for (day,) in days]
    # Up to four days later where a weekend and a holiday follow each other.
    assert 0 <= min(found) and 50 < max(found) <= 64 and len(set(found)) > 30


def test_encounters_carry_the_reason_first_and_chronic_conditions_after(cohort):
    found = rows(
        cohort,
        "SELECT rank, count(*), count(*) FILTER (code LIKE 'E11%') FROM diagnoses WHERE category = 'encounter-diagnosis' GROUP BY 1 ORDER BY 1",
    )
    assert found[0][0] == 1 and found[0][1] == found[0][2]
    assert all(count_e11 == 0 for rank, _, count_e11 in found if rank > 1)


def test_orders_and_diagnoses_belong_to_the_visit_of_their_day(cohort):
    wrong = rows(
        cohort,
        """
        SELECT count(*) FROM lab_orders l JOIN encounters e USING (encounter_id)
        WHERE l.patient_id <> e.patient_id OR l.ordered_datetime::DATE <> e.start_datetime::DATE""",
    )
    assert wrong == [(0,)]
    assert rows(cohort, "SELECT count(*) FROM lab_orders WHERE encounter_id IS NULL") == [(0,)]


def test_nothing_happens_before_birth_and_visits_end_after_they_begin(cohort):
    assert rows(cohort, "SELECT count(*) FROM encounters WHERE end_datetime < start_datetime") == [(0,)]
    assert rows(
        cohort, "SELECT count(*) FROM diagnoses d JOIN patients p USING (patient_id) WHERE d.onset_date < p.birth_date"
    ) == [(0,)]


@pytest.fixture(scope="module")
def pregnancies(tmp_path_factory):
    spec = {
        "id": "pregnant",
        "generation": {"count": 250, "products": ["patientsim"]},
        "demographics": {"age": {"type": "uniform_int", "min": 20, "max": 42}},
        "journey": "pregnancy-journey",
    }
    result = generate(spec, workspace=tmp_path_factory.mktemp("home"))
    with result.scenario.connect() as connection:
        yield connection


def test_a_birth_comes_30_weeks_after_the_first_visit_and_a_stay_is_short(pregnancies):
    assert rows(pregnancies, "SELECT count(DISTINCT gender), min(gender) FROM patients") == [(1, "F")]
    stays = rows(
        pregnancies,
        """SELECT date_diff('day', f.day, start_datetime::DATE), date_diff('day', start_datetime::DATE, end_datetime::DATE)
        FROM encounters JOIN (SELECT patient_id, min(start_datetime)::DATE AS day FROM encounters GROUP BY 1) f USING (patient_id)
        WHERE encounter_class = 'IMP'""",
    )
    assert len(stays) == 250
    assert all(176 <= day <= 224 and 1 <= nights <= 4 for day, nights in stays)


def test_a_third_of_babies_come_by_cesarean_and_some_before_week_37(pregnancies):
    codes = dict(rows(pregnancies, "SELECT code, count(*) FROM procedures WHERE system = 'ICD-10-PCS' GROUP BY 1"))
    assert codes["10D00Z1"] + codes["10E0XZZ"] == 250
    # 32.3 percent of births, four standard errors of 250 wide.
    assert 0.2 < codes["10D00Z1"] / 250 < 0.45
    early, all_births, weeks = rows(
        pregnancies,
        """SELECT count(*) FILTER (code[5:]::INT < 37), count(*), count(DISTINCT code) FROM diagnoses JOIN encounters USING (encounter_id)
        WHERE encounter_class = 'IMP' AND code LIKE 'Z3A%'""",
    )[0]
    assert all_births == 250 and 0.03 < early / 250 < 0.2 and weeks > 4


def test_prenatal_visits_are_written_by_trimester_and_those_of_older_women_as_of_higher_risk(pregnancies):
    found = rows(
        pregnancies,
        """SELECT e.reason_code, min(d.code), max(d.code), min(date_sub('year', birth_date, start_datetime::DATE)), max(date_sub('year', birth_date, start_datetime::DATE))
        FROM encounters e JOIN diagnoses d USING (encounter_id) JOIN patients p ON p.patient_id = e.patient_id
        WHERE d.code LIKE 'Z3A%' AND encounter_class <> 'IMP' AND e.reason_code[:3] IN ('Z34', 'O09') GROUP BY 1""",
    )
    weeks = {"1": (8, 13), "2": (14, 27), "3": (28, 41)}
    assert {code[:3] for code, *_ in found} == {"Z34", "O09"}
    for code, first, last, youngest, oldest in found:
        low, high = weeks[code[-1]]
        assert low <= int(first[4:]) <= int(last[4:]) <= high, code
        assert youngest >= 35 if code.startswith("O09") else oldest < 35, code


def test_no_prenatal_visit_follows_the_birth_and_its_outcome_is_no_problem(pregnancies):
    late = """SELECT count(*) FROM encounters a JOIN encounters b USING (patient_id)
        WHERE b.encounter_class = 'IMP' AND a.start_datetime > b.start_datetime AND a.reason_code SIMILAR TO '(Z34|O09).*'"""
    assert rows(pregnancies, late) == [(0,)]
    assert rows(pregnancies, "SELECT category, count(*) FROM diagnoses WHERE code = 'Z37.0' GROUP BY 1") == [
        ("encounter-diagnosis", 250)
    ]


def test_the_product_alone_needs_nobody_else(tmp_path):
    import patientsim.plugin as plugin

    alone = catalog.build([("patientsim", "healthsim-patientsim", "0.1.0", lambda: plugin)])
    assert not alone.failed()
    result = generate("diabetic-senior", count=20, catalog=alone, workspace=tmp_path)
    assert result.counts["patients"] == 20
    assert result.counts["encounters"] > 20


def test_labs_have_sane_ranges():
    for lab in labs().values():
        for spread in lab.spreads:
            assert spread.min < spread.mean < spread.max, lab.test


def test_ages_hold_on_as_of(cohort):
    ages = rows(cohort, "SELECT date_sub('year', birth_date, DATE '2025-01-01') FROM patients")
    assert all(65 <= age <= 95 for (age,) in ages)


def test_the_filtration_rate_is_that_of_the_stage_on_the_problem_list(tmp_path):
    specification = {
        "id": "kidneys",
        "generation": {"count": 400, "products": ["patientsim"]},
        "clinical": {"primary_condition": {"code": "N18", "prevalence": 1.0}},
        "journey": {
            "id": "test",
            "events": [{"event_id": "rate", "event_type": "lab_order", "day": 3, "parameters": {"test": "egfr"}}],
        },
    }
    result = generate(specification, workspace=tmp_path)
    with result.scenario.connect() as connection:
        found = connection.execute(
            """SELECT d.code, min(o.value), max(o.value) FROM diagnoses d JOIN observations o USING (patient_id)
            WHERE o.code = '98979-8' AND d.code LIKE 'N18%' GROUP BY 1 ORDER BY 1"""
        ).fetchall()
    ranges = {"N18.30": (30, 59), "N18.31": (45, 59), "N18.32": (30, 44), "N18.4": (15, 29), "N18.6": (0, 14)}
    assert {code for code, _, _ in found} == set(ranges)
    wrong = [one for one in found if not ranges[one[0]][0] <= one[1] <= one[2] <= ranges[one[0]][1]]
    assert not wrong


@pytest.mark.parametrize(
    ("event_type", "given"),
    [
        ("admission", {"length_of_stay_days": -4}),
        ("medication_order", {"days_supply": 0}),
        ("medication_order", {"refills": 1.5}),
        ("vital_signs", {"systolic_bp": -20}),
    ],
)
def test_a_number_that_cannot_be_is_refused_with_its_place(event_type, given, tmp_path):
    event = {"event_id": "one", "event_type": event_type, "product": "patientsim", "day": 1, "parameters": given}
    journey = {"id": "test", "events": [event]}
    with pytest.raises(SpecificationError, match=rf"events\[0\]\.parameters\.{next(iter(given))}"):
        generate({"id": "no", "generation": {"count": 1}, "journey": journey}, workspace=tmp_path)

"""What the record says of a person agrees with itself: when diseases begin, what habits and results say, how it is coded."""

import numpy as np
import pytest

from healthsim_core.columns import Coded
from healthsim_core.generation.run import generate
from patientsim.events.beds import put_off
from patientsim.events.checkups import _service
from patientsim.reference.diagnoses import diagnosis_codes, orders_of_codes
from patientsim.reference.onset import onset_ages, onset_of

DISEASES = {
    "E11": 0.4,
    "I10": 0.6,
    "E78": 0.5,
    "I50": 0.2,
    "N18": 0.3,
    "F17": 0.3,
    "J44": 0.3,
    "J45": 0.2,
    "F32": 0.2,
    "D50": 0.2,
}


def event(name, event_type, day=None, **more):
    when = {} if day is None else {"day": day}
    return {"event_id": name, "event_type": event_type, "product": "patientsim", **when, **more}


def after(name, event_type, source, days=0, **more):
    return event(name, event_type, depends_on=source, delay={"days": days}, **more)


def made(workspace, events, conditions=DISEASES, age=None, count=250, **demographics):
    spec = {
        "id": "truth",
        "generation": {"count": count, "products": ["patientsim"]},
        "demographics": {"age": age or {"type": "uniform_int", "min": 20, "max": 90}, **demographics},
        "clinical": {"comorbidities": [{"code": code, "prevalence": share} for code, share in conditions.items()]},
    }
    return generate(spec, {"id": "one", "duration_days": 400, "events": events}, workspace=workspace).scenario.connect()


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    tests = (
        "a1c",
        "glucose",
        "ldl",
        "hdl",
        "triglycerides",
        "total_cholesterol",
        "egfr",
        "creatinine",
        "hemoglobin",
        "hematocrit",
    )
    events = [
        event("visit", "encounter", 10, parameters={"reason": "I50"}),
        *(after(test, "lab_order", "visit", parameters={"test": test}) for test in tests),
        event("ill", "encounter", 100, parameters={"encounter_type": "ed", "reason": "J18"}),
        after("again", "encounter", "ill", 9, parameters={"reason": "J18"}),
    ]
    with made(tmp_path_factory.mktemp("home"), events) as connection:
        yield connection


def rows(connection, sql):
    return connection.execute(sql).fetchall()


PROBLEMS = "FROM diagnoses JOIN patients USING (patient_id) WHERE category = 'problem-list-item'"


def test_a_disease_begins_at_an_age_of_its_own_after_birth_and_before_today(cohort):
    assert rows(cohort, f"SELECT count(*) {PROBLEMS} AND NOT onset_date BETWEEN birth_date AND DATE '2024-12-31'") == [
        (0,)
    ]
    typical = dict(
        rows(cohort, f"SELECT code[:3], median(date_sub('year', birth_date, onset_date)) {PROBLEMS} GROUP BY 1")
    )
    assert typical["F17"] < 25 and typical["J45"] < 25 < typical["E11"] < 55 < typical["J44"] + 8
    early = rows(
        cohort, f"SELECT count(*) {PROBLEMS} AND code[:3] = 'J44' AND date_sub('year', birth_date, onset_date) < 29"
    )
    assert early == [(0,)]


def test_causes_are_there_before_what_they_cause(cohort):
    assert rows(cohort, "SELECT count(*) FROM diagnoses WHERE code = 'E11.22'")[0][0] > 10
    for first, then in orders_of_codes():
        late = f"""SELECT count(*) FROM diagnoses a JOIN diagnoses b USING (patient_id) WHERE a.category = 'problem-list-item'
            AND b.category = 'problem-list-item' AND a.code LIKE '{first}%' AND b.code LIKE '{then}%' AND a.onset_date > b.onset_date"""
        assert rows(cohort, late) == [(0,)], (first, then)


def test_visits_say_since_when_people_have_what_is_on_their_problem_list(cohort):
    apart = """SELECT count(*), count(*) FILTER (a.onset_date <> b.onset_date) FROM diagnoses a JOIN diagnoses b USING (patient_id, code)
        WHERE a.category = 'problem-list-item' AND b.category = 'encounter-diagnosis'"""
    several, wrong = rows(cohort, apart)[0]
    assert several > 100 and wrong == 0


def test_what_passes_is_one_illness_at_all_visits_and_over_after_them(cohort):
    found = rows(
        cohort,
        """SELECT count(DISTINCT onset_date), min(clinical_status), bool_and(abatement_date >= recorded_date) FROM diagnoses
        WHERE code LIKE 'J18%' GROUP BY patient_id""",
    )
    assert len(found) > 200 and set(found) == {(1, "resolved", True)}


def test_no_disease_begins_before_birth_or_in_the_future():
    ages = np.array([0.0, 0.3, 5, 17, 40, 66, 99]).repeat(5)
    for code in {one.code for one in diagnosis_codes()}:
        began = onset_ages(Coded.constant(code, len(ages)), ages, np.tile([1e-9, 0.2, 0.5, 0.8, 1 - 1e-9], 7))
        assert ((began >= 0) & (began <= ages)).all(), code
        assert onset_of(code).earliest <= onset_of(code).typical, code


def test_who_is_dependent_on_cigarettes_smokes_and_who_was_does_not(cohort):
    smokes = """SELECT o.value_text, bool_or(d.code LIKE 'F17%') AS dependent, bool_or(d.code = 'Z87.891') AS past, count(*)
        FROM observations o JOIN diagnoses d USING (patient_id) WHERE o.code = '72166-2' GROUP BY o.patient_id, 1"""
    found = {row[:3] for row in rows(cohort, smokes)}
    assert {dependent for text, dependent, _ in found if text.startswith("Smokes")} == {True}
    assert {dependent for text, dependent, _ in found if not text.startswith("Smokes")} == {False}
    assert {text for text, _, past in found if past} == {"Smoked in the past"}
    ever = """SELECT avg((o.value_text <> 'Never smoked')::INT) FROM observations o JOIN diagnoses d USING (patient_id)
        WHERE o.code = '72166-2' AND d.category = 'problem-list-item' AND d.code LIKE 'J44%'"""
    assert rows(cohort, ever)[0][0] > 0.6


def test_what_the_profile_says_of_smoking_stays(tmp_path):
    spec = {"id": "s", "generation": {"count": 30, "products": ["patientsim"]}, "demographics": {"age": 50},
            "clinical": {"smoking_status": "never"}}  # fmt: skip
    with generate(spec, workspace=tmp_path).scenario.connect() as connection:
        assert rows(connection, "SELECT DISTINCT value_text FROM observations WHERE code = '72166-2'") == [
            ("Never smoked",)
        ]


def test_results_of_a_day_agree_with_each_other(cohort):
    values = "SELECT patient_id, code, value FROM observations WHERE category = 'laboratory'"
    names = {
        "2093-3": "t",
        "13457-7": "l",
        "2085-9": "h",
        "2571-8": "g",
        "718-7": "b",
        "4544-3": "c",
        "98979-8": "e",
        "2160-0": "k",
    }
    found = {}
    for patient, code, value in rows(cohort, values):
        if code in names:
            found.setdefault(patient, {})[names[code]] = float(value)
    people = dict(
        (one, (sex, age))
        for one, sex, age in rows(
            cohort, "SELECT patient_id, gender, date_diff('day', birth_date, DATE '2025-01-11') / 365.25 FROM patients"
        )
    )
    assert len(found) == 250
    for patient, one in found.items():
        assert abs(one["t"] - (one["l"] + one["h"] + one["g"] / 5)) < 2, patient
        assert abs(one["c"] - 3 * one["b"]) < 0.4
        sex, age = people[patient]
        kappa, alpha = (0.9, -0.302) if sex == "M" else (0.7, -0.241)
        ratio = one["k"] / kappa
        rate = 142 * min(ratio, 1) ** alpha * max(ratio, 1) ** -1.2 * 0.9938**age * (1 if sex == "M" else 1.012)
        assert abs(rate - one["e"]) < 0.06 * one["e"] + 2, (patient, one, rate)


@pytest.mark.parametrize(
    ("disease", "test", "direction"),
    [("E11", "4548-4", 1), ("E78", "13457-7", 1), ("N18", "98979-8", -1), ("D50", "718-7", -1), ("E11", "2345-7", 1)],
)
def test_results_show_the_diseases(cohort, disease, test, direction):
    found = dict(rows(cohort, f"""SELECT list_contains(p.codes, '{disease}'), median(value) FROM observations JOIN
        (SELECT patient_id, list(code[:3]) AS codes FROM diagnoses WHERE category = 'problem-list-item' GROUP BY 1) p USING (patient_id)
        WHERE code = '{test}' GROUP BY 1"""))  # fmt: skip
    assert found[True] * direction > found[False] * direction * (1 + 0.1 * direction)


def test_high_blood_pressure_with_a_weak_heart_is_written_before_it(cohort):
    both = """SELECT a.rank, b.rank FROM diagnoses a JOIN diagnoses b USING (encounter_id)
        WHERE a.code SIMILAR TO '(I11.0|I13.*)' AND b.code LIKE 'I50%'"""
    found = rows(cohort, both)
    assert len(found) > 10 and all(first < then for first, then in found)
    kidneys = """SELECT count(*) FROM diagnoses a JOIN diagnoses b USING (encounter_id) WHERE a.code SIMILAR TO '(I12|I13|E11.22).*'
        AND b.code LIKE 'N18%' AND a.rank > b.rank"""
    assert rows(cohort, kidneys) == [(0,)]
    principal = rows(cohort, """SELECT count(*) FROM encounters JOIN diagnoses d USING (patient_id) WHERE reason_code LIKE 'I50%'
        AND d.category = 'problem-list-item' AND d.code SIMILAR TO '(I11.0|I13.*)'""")  # fmt: skip
    assert principal == [(0,)]


def test_a_disease_found_on_the_way_shows_in_results_from_then_on(tmp_path):
    events = [
        event("before", "lab_order", 10, parameters={"test": "a1c"}),
        event("found", "diagnosis", 100, parameters={"code": "E11"}),
        event("after", "lab_order", 200, parameters={"test": "a1c"}),
    ]
    with made(tmp_path, events, {}, 50, 60) as connection:
        medians = rows(connection, "SELECT effective_datetime > DATE '2025-04-12', median(value) FROM observations WHERE code = '4548-4' GROUP BY 1 ORDER BY 1")  # fmt: skip
    assert medians[0][1] < 5.8 and medians[1][1] > 6.6


def test_births_with_diseases_are_written_by_chapter_15(tmp_path):
    spec = {
        "id": "births",
        "generation": {"count": 120, "products": ["patientsim"]},
        "demographics": {"age": {"type": "uniform_int", "min": 20, "max": 40}},
        "clinical": {"comorbidities": [{"code": code, "prevalence": 0.3} for code in ("I10", "E11", "J45", "F17")]},
        "journey": "pregnancy-journey",
    }
    with generate(spec, workspace=tmp_path).scenario.connect() as connection:
        found = rows(connection, """SELECT list(d.code ORDER BY rank), any_value(encounter_class) FROM diagnoses d JOIN encounters USING (encounter_id)
            WHERE category = 'encounter-diagnosis' GROUP BY encounter_id""")  # fmt: skip
        ill = rows(
            connection, "SELECT count(DISTINCT patient_id) FROM diagnoses WHERE code SIMILAR TO '(I10|E11|J45|F17).*'"
        )[0][0]
        kept = rows(connection, """SELECT DISTINCT d.code[:3], abatement_date::DATE = e.start_datetime::DATE FROM diagnoses d JOIN encounters e USING (patient_id)
            WHERE category = 'problem-list-item' AND code SIMILAR TO '(O09|Z34|O24.4).*' AND encounter_class = 'IMP' ORDER BY 1""")  # fmt: skip
    assert kept == [("O09", True), ("O24", True), ("Z34", True)]
    births = [codes for codes, kind in found if kind == "IMP"]
    complicated = [codes for codes in births if any(code.startswith(("O10", "O24", "O99")) for code in codes)]
    assert len(births) == 120 and len(complicated) >= ill
    for codes, _ in found:
        chapter = [code.startswith("O") for code in codes]
        assert "I10" not in codes or not any(chapter)
        if any(code.startswith(("O10", "O24", "O99")) for code in codes):
            assert (
                not any(code.startswith(("O80", "Z34")) for code in codes) and chapter[0] or codes[0].startswith("Z39")
            )
    assert all("Z37.0" in codes and any(code.startswith("Z3A") for code in codes) for codes in births)
    assert {"O10.02", "O24.12", "O99.52", "O99.334", "O80"} <= {code for codes in births for code in codes}


def test_a_pregnancy_whose_birth_nobody_knows_of_goes_on(tmp_path):
    with made(tmp_path, [event("dx", "diagnosis", 10, parameters={"code": "Z34"})], {}, 28, 20, gender={"type": "categorical", "weights": {"F": 1}}) as connection:  # fmt: skip
        assert rows(connection, "SELECT clinical_status, count(abatement_date) FROM diagnoses GROUP BY 1") == [
            ("active", 0)
        ]


def test_check_ups_are_those_of_the_age_on_their_day(tmp_path):
    assert [_service("99396", 4, band) for band in range(7)] == [f"9939{number}" for number in range(1, 8)]
    assert [_service(code, kind, 6) for code, kind in (("99386", 0), ("G0439", 0), ("99397", 2))] == [
        "99387",
        "99397",
        "G0438",
    ]
    events = [
        event("check", "encounter", 20, parameters={"encounter_type": "preventive"}),
        event("later", "encounter", 320, parameters={"encounter_type": "preventive", "reason": "Z00.129"}),
    ]
    with made(tmp_path, events, {}, 17, 60) as connection:
        found = rows(connection, """SELECT DISTINCT date_sub('year', birth_date, start_datetime::DATE) < 18, reason_code
            FROM encounters JOIN patients USING (patient_id)""")  # fmt: skip
    assert sorted(found) == [(False, "Z00.00"), (True, "Z00.129")]


def test_stays_of_layered_journeys_follow_each_other(tmp_path):
    events = [
        event("first", "admission", 10, variance_days=3, parameters={"reason": "J18", "length_of_stay_days": 9}),
        event("second", "admission", 14, variance_days=3, parameters={"reason": "K35", "length_of_stay_days": 4}),
        event("ed", "encounter", 16, parameters={"encounter_type": "ed", "reason": "I21"}),
        after("third", "admission", "ed", parameters={"reason": "I21", "length_of_stay_days": 3}),
        event(
            "bed",
            "encounter",
            18,
            parameters={"encounter_type": "inpatient", "reason": "M54", "length_of_stay_days": 2},
        ),
        event("office", "encounter", 17),
        after("lab", "lab_order", "second", 1, parameters={"test": "crp"}),
    ]
    with made(tmp_path, events, {}, 60, 80) as connection:
        overlap = """SELECT count(*) FROM encounters a JOIN encounters b ON a.patient_id = b.patient_id AND a.encounter_id <> b.encounter_id
            WHERE a.encounter_class = 'IMP' AND a.start_datetime < b.end_datetime AND b.start_datetime < a.end_datetime"""
        assert rows(connection, overlap) == [(0,)]
        assert rows(connection, "SELECT count(*) FROM encounters WHERE encounter_class = 'IMP'") == [(320,)]
        outside = """SELECT count(*) FROM lab_orders JOIN encounters USING (encounter_id)
            WHERE ordered_datetime NOT BETWEEN start_datetime AND end_datetime"""
        assert rows(connection, outside) == [(0,)]


def test_stays_are_put_off_day_by_day_and_only_where_they_must_be():
    begin, end, owner = np.array([0, 2, 20, 1, 5]), np.array([5, 4, 22, 3, 6]), np.array([7, 7, 7, 8, 8])
    assert put_off(begin, end, owner, np.arange(5)).tolist() == [0, 4, 0, 0, 0]


def test_covid_and_flu_vaccines_are_those_of_the_age(tmp_path):
    events = [event("covid", "immunization", 20, parameters={"vaccine": "covid19"}), event("flu", "immunization", 20)]
    with made(tmp_path, events, {}, {"type": "uniform_int", "min": 1, "max": 90}, 150) as connection:
        found = rows(connection, "SELECT code, min(date_sub('year', birth_date, occurrence_datetime::DATE)), max(date_sub('year', birth_date, occurrence_datetime::DATE)) FROM immunizations JOIN patients USING (patient_id) GROUP BY 1")  # fmt: skip
    ages = {code: (low, high) for code, low, high in found}
    assert ages["308"][1] < 5 <= ages["310"][0] <= ages["310"][1] < 12 <= ages["309"][0]
    assert ages["140"][1] < 65 <= ages["135"][0]

"""What PatientSim's templates and skills promise: populated, coherent cohorts, in codes that we carry."""

import statistics
from contextlib import contextmanager
from pathlib import Path

import pytest

import patientsim
from healthsim_core.facts import read_csv
from healthsim_core.generation.run import generate
from healthsim_core.skills import in_package
from patientsim.events.coding import obstetric_labels
from patientsim.events.pregnancy import pregnancy_labels
from patientsim.reference import diagnosis_labels, drugs, labs, procedures

PROFILES = ["healthy-adult", "pediatric-asthma", "ed-frequent-flyer", "surgical-inpatient", "maternity", "oncology"]
JOURNEYS = [
    "annual-wellness",
    "acute-care-episode",
    "chronic-care-management",
    "care-transition",
    "chf-first-year",
    "hf-exacerbation",
    "oncology-treatment-cycle",
    "surgical-episode",
]
CARRIED = {**diagnosis_labels(), **pregnancy_labels(), **obstetric_labels()}
SKILLS = {skill.name: skill for skill in in_package("patientsim")}


def people(age=66, **conditions):
    return {
        "generation": {"count": 50, "products": ["patientsim"]},
        "demographics": {"age": {"type": "normal", "mean": age, "std_dev": 12, "min": 18, "max": 95}},
        "clinical": {"comorbidities": [{"code": code, "prevalence": share} for code, share in conditions.items()]},
    }


@contextmanager
def made(tmp_path, profile, journey=None, count=50):
    """Open a cohort of PatientSim alone, and say how many rows its tables have."""
    result = generate(profile, journey, count, ["patientsim"], workspace=tmp_path)
    assert result.counts["patients"] == count
    with result.scenario.connect() as connection:
        yield connection, result.counts


def rows(connection, sql):
    return connection.execute(sql).fetchall()


def coherent(connection):
    """Assert what holds of every cohort: codes that we carry, dates in order, nobody before birth."""
    assert {code for (code,) in rows(connection, "SELECT DISTINCT code FROM diagnoses")} <= set(CARRIED)
    wrong = "SELECT count(*) FROM encounters JOIN patients USING (patient_id) WHERE end_datetime < start_datetime OR start_datetime < birth_date"
    assert rows(connection, wrong) == [(0,)]
    overlapping = """
        SELECT count(*) FROM encounters a JOIN encounters b ON a.patient_id = b.patient_id AND a.encounter_id < b.encounter_id
        WHERE a.encounter_class = 'IMP' AND b.encounter_class = 'IMP' AND a.start_datetime < b.end_datetime AND b.start_datetime < a.end_datetime"""
    assert rows(connection, overlapping) == [(0,)]


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_makes_a_coherent_cohort_with_care_for_everybody_or_nearly(name, tmp_path):
    with made(tmp_path, name) as (connection, counts):
        coherent(connection)
        seen = rows(connection, "SELECT count(DISTINCT patient_id) FROM encounters")[0][0]
    assert seen >= 45
    assert min(counts[table] for table in ("diagnoses", "observations", "procedures", "medication_orders")) > 0


@pytest.mark.parametrize("name", JOURNEYS)
def test_a_journey_suits_people_of_any_disease(name, tmp_path):
    with made(tmp_path, people(I50=0.4, E11=0.3, J44=0.3, I10=0.6, M16=0.3, F32=0.2), name) as (connection, counts):
        coherent(connection)
        # Chronic care is for the two thirds or so who have a chronic disease.
        least = 30 if name == "chronic-care-management" else 40
        assert rows(connection, "SELECT count(DISTINCT patient_id) FROM encounters")[0][0] >= least
    assert counts["observations"] > 50


def test_an_operation_is_on_the_side_of_the_disease_and_ends_in_visits_and_therapy(tmp_path):
    with made(tmp_path, "surgical-inpatient") as (connection, _):
        stays = rows(
            connection,
            """SELECT e.reason_code, p.code, date_diff('day', e.start_datetime::DATE, e.end_datetime::DATE)
            FROM encounters e JOIN procedures p ON p.encounter_id = e.encounter_id AND p.system = 'ICD-10-PCS' WHERE e.encounter_class = 'IMP'""",
        )
        later = rows(
            connection,
            """SELECT count(DISTINCT v.patient_id) FROM encounters s JOIN encounters v USING (patient_id)
            WHERE s.encounter_class = 'IMP' AND v.reason_code IN ('Z47.1', 'Z48.815') AND v.start_datetime > s.end_datetime""",
        )
    operations = {
        "M17.11": "0SRC0J9", "M17.12": "0SRD0J9", "M16.11": "0SR904A", "M16.12": "0SRB04A", "K80.20": "0FT44ZZ"
    }  # fmt: skip
    assert len(stays) == 50
    assert {reason for reason, *_ in stays} == set(operations)
    assert all(operations[reason] == code and 1 <= nights <= 3 for reason, code, nights in stays)
    assert later == [(50,)]


def test_some_emergencies_end_in_a_bed_on_the_same_day(tmp_path):
    with made(tmp_path, people(50), "acute-care-episode", 300) as (connection, _):
        emergencies, admitted = rows(
            connection,
            """SELECT count(*), count(s.encounter_id) FROM encounters e LEFT JOIN encounters s ON s.patient_id = e.patient_id
            AND s.encounter_class = 'IMP' AND s.start_datetime::DATE = e.start_datetime::DATE WHERE e.encounter_class = 'EMER'""",
        )[0]
        appendix = rows(
            connection,
            "SELECT DISTINCT e.reason_code FROM procedures p JOIN encounters e USING (encounter_id) WHERE p.code = '0DTJ4ZZ'",
        )
    assert emergencies == 300
    # Weights of 25, 20 and 30 percent on 35, 35 and 30 percent of the emergencies.
    assert 0.16 < admitted / emergencies < 0.34
    assert appendix == [("K35.80",)]


def test_chemotherapy_comes_every_21_days(tmp_path):
    with made(tmp_path, "oncology") as (connection, _):
        visits = "SELECT patient_id, start_datetime::DATE AS day FROM encounters WHERE reason_code = 'Z51.11'"
        gaps = rows(
            connection,
            f"SELECT date_diff('day', lag(day) OVER (PARTITION BY patient_id ORDER BY day), day) FROM ({visits})",
        )
        counts = rows(connection, f"SELECT DISTINCT count(*) FROM ({visits}) GROUP BY patient_id")
        drugs_after = rows(
            connection,
            """SELECT bool_and(CASE WHEN description ILIKE '%tamoxifen%' THEN age <= 51 ELSE age >= 50 END), count(*) FROM
            (SELECT description, date_diff('year', birth_date, DATE '2025-01-01') AS age FROM medication_orders JOIN patients USING (patient_id)
            WHERE description ILIKE '%tamoxifen%' OR description ILIKE '%letrozole%')""",
        )[0]
    # Weekends and holidays move some to the next business day, or to the Friday before.
    known = [gap for (gap,) in gaps if gap is not None]
    assert statistics.mode(known) == 21 and all(16 <= gap <= 26 for gap in known)
    assert sum(gap == 21 for gap in known) / len(known) > 0.7
    assert counts == [(6,)]
    assert drugs_after[0] and drugs_after[1] > 20


def test_colon_cancer_has_eight_cycles_with_tablets(tmp_path):
    with made(tmp_path, people(C18=1.0), "oncology-treatment-cycle") as (connection, _):
        counts = rows(
            connection,
            "SELECT DISTINCT count(*) FROM encounters WHERE reason_code = 'Z51.11' GROUP BY patient_id",
        )
        tablets = rows(
            connection,
            "SELECT DISTINCT count(*) FROM medication_orders WHERE description ILIKE '%capecitabine%' GROUP BY patient_id",
        )
    assert counts == tablets == [(8,)]


def test_who_goes_home_is_seen_within_a_week_or_two_and_destinations_are_three(tmp_path):
    with made(tmp_path, people(72), "care-transition", 200) as (connection, _):
        first = rows(
            connection,
            """SELECT disposition, count(*), count(days), min(days), max(days) FROM (
                SELECT s.encounter_id, s.discharge_disposition_code AS disposition, min(date_diff('day', s.end_datetime::DATE, v.start_datetime::DATE)) AS days
                FROM (SELECT *, row_number() OVER (PARTITION BY patient_id ORDER BY start_datetime) AS number FROM encounters WHERE encounter_class = 'IMP') s
                LEFT JOIN encounters v ON v.patient_id = s.patient_id AND v.start_datetime > s.end_datetime AND v.encounter_class = 'AMB'
                WHERE number = 1 GROUP BY ALL) GROUP BY 1 ORDER BY 1""",
        )
    by_code = {code: figures for code, *figures in first}
    assert set(by_code) == {"01", "03", "06"}
    assert 100 <= by_code["01"][0] <= 140
    home, nursed = by_code["01"], by_code["03"]
    assert home[1] / home[0] > 0.75 and home[2] >= 1
    assert nursed[2] >= 18


def test_a_flare_of_heart_failure_is_seen_within_a_week_and_some_come_back(tmp_path):
    with made(tmp_path, people(74, I50=1.0), "hf-exacerbation", 200) as (connection, _):
        stays = rows(
            connection,
            """SELECT s.number, s.reason_code, c.code, min(date_diff('day', s.end_datetime::DATE, v.start_datetime::DATE)) FROM
            (SELECT *, row_number() OVER (PARTITION BY patient_id ORDER BY start_datetime) AS number FROM encounters WHERE encounter_class = 'IMP') s
            JOIN diagnoses c ON c.patient_id = s.patient_id AND c.category = 'problem-list-item' AND c.code LIKE 'I50%'
            LEFT JOIN encounters v ON v.patient_id = s.patient_id AND v.start_datetime > s.end_datetime AND v.encounter_class = 'AMB' GROUP BY s.encounter_id, s.number, s.reason_code, c.code""",
        )
    first = [stay for stay in stays if stay[0] == 1]
    again = [stay for stay in stays if stay[0] == 2]
    assert 140 <= len(first) <= 180
    assert all((reason == "I50.33") == (chronic == "I50.32") for _, reason, chronic, _ in stays)
    assert sum(days is not None and days <= 7 for *_, days in first) / len(first) > 0.7
    assert 0.05 < len(again) / len(first) < 0.30


def test_screening_suits_age_and_sex(tmp_path):
    with made(tmp_path, people(55), "annual-wellness", 400) as (connection, _):
        found = rows(
            connection,
            """SELECT code, min(gender), max(gender), min(age), max(age) FROM (SELECT p.code, gender, date_diff('year', birth_date, DATE '2025-01-01') AS age
            FROM procedures p JOIN patients USING (patient_id)) GROUP BY 1""",
        )
    by_code = {code: figures for code, *figures in found}
    assert by_code["77067"][:2] == ["F", "F"] and by_code["77067"][2] >= 39 and by_code["77067"][3] <= 75
    assert by_code["87624"][:2] == ["F", "F"]
    assert by_code["77080"][:2] == ["F", "F"] and by_code["77080"][2] >= 64
    assert by_code["82274"][:2] == ["F", "M"] and by_code["82274"][2] >= 44


def test_children_are_seen_as_children(tmp_path):
    with made(tmp_path, "pediatric-asthma") as (connection, _):
        young = """SELECT DISTINCT reason_code FROM encounters JOIN patients USING (patient_id)
            WHERE date_sub('year', birth_date, start_datetime::DATE) < 18"""
        reasons = {code for (code,) in rows(connection, young)}
        severities = rows(
            connection, "SELECT DISTINCT code FROM diagnoses WHERE category = 'problem-list-item' AND code LIKE 'J45%'"
        )
    assert {"Z00.129", "J45.901"} <= reasons and not reasons & {"Z00.00", "Z00.01"}
    assert {code for (code,) in severities} == {"J45.30", "J45.40", "J45.50"}


@pytest.mark.parametrize("skill", SKILLS.values(), ids=SKILLS)
def test_what_a_skill_names_is_carried(skill):
    for section in ("codes", "visits", "labs", "medications", "procedures", "follow_up"):
        if skill.name not in ("hypertension-management", "lipid-management"):
            assert skill.tables.get(section), section
    assert {row["code"] for row in skill.tables["codes"]} <= set(diagnosis_labels())
    assert {row["code"] for row in skill.tables.get("codes_of_flares", ())} <= set(diagnosis_labels())
    assert {row["test"] for row in skill.tables.get("labs", ())} <= set(labs())
    assert {row["drug"] for row in skill.tables.get("medications", ())} <= set(drugs())
    named = {(row["code"], row["system"]) for row in skill.tables.get("procedures", ())}
    assert named <= {(one.code, one.system) for one in procedures().values()}


def test_every_service_that_skills_and_templates_bill_has_a_fee():
    pytest.importorskip("membersim")
    fees = {row["procedure_code"] for row in read_csv("membersim.reference", "fees.csv")}
    billed = {row["cpt_codes"] for skill in SKILLS.values() for row in skill.tables.get("visits", ())}
    for path in (Path(patientsim.__file__).parent / "templates").rglob("*.json"):
        billed |= set(_values(path.read_text(), "cpt_codes"))
    assert {code for codes in billed for code in codes.split(",")} <= fees


def _values(text, name):
    return [part.split('"')[1] for part in text.split(f'"{name}":')[1:]]

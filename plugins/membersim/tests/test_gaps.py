"""What MemberSim promises of care gaps: only for whom a service is recommended, closed by that service, or open."""

import pytest

from healthsim_core.generation.run import generate

pytest.importorskip("patientsim", reason="tested where everything is installed")


def rows(connection, sql):
    return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    spec = {
        "generation": {"count": 200, "seed": 4, "products": ["patientsim", "membersim"]},
        "demographics": {"age": {"type": "uniform_int", "min": 1, "max": 85}},
        "clinical": {"comorbidities": [{"code": "E11", "prevalence": 0.4}]},
        "journey": {"template": "quality-gap-closure"},
    }
    with generate(spec, workspace=tmp_path_factory.mktemp("home")).scenario.connect() as connection:
        yield connection


def test_gaps_are_found_only_where_the_service_is_recommended(cohort):
    found = rows(
        cohort,
        """
        SELECT measure_code, min(date_sub('year', birth_date, DATE '2025-01-01')), max(date_sub('year', birth_date, DATE '2025-01-01')), string_agg(DISTINCT gender)
        FROM care_gaps JOIN members USING (member_id) GROUP BY 1""",
    )
    bounds = {row[0]: row[1:] for row in found}
    assert bounds["MAMMOGRAM"][2] == "F" and bounds["MAMMOGRAM"][0] >= 40 and bounds["MAMMOGRAM"][1] <= 74
    assert bounds["WELL_CHILD"][1] <= 17 and bounds["COLON_SCREEN"][0] >= 45 and len(bounds) > 8
    assert rows(
        cohort,
        "SELECT count(*) FROM care_gaps WHERE measure_code IN ('A1C_TEST', 'EYE_EXAM', 'KIDNEY_CHECK') AND replace(member_id, 'M', 'PT') NOT IN "
        "(SELECT patient_id FROM diagnoses WHERE code LIKE 'E11%')",
    ) == [(0,)]


def test_a_gap_is_closed_by_a_claim_for_its_service_or_stays_open(cohort):
    assert rows(
        cohort,
        """
        SELECT count(*) FILTER ((g.status = 'closed') <> (k.care_gap_id IS NOT NULL) OR (g.closed_date IS NULL) <> (g.status = 'open')
            OR g.closed_date < identified_date OR k.measure_code <> g.measure_code OR due_date < identified_date + 90)
        FROM care_gaps g LEFT JOIN gap_closures k USING (care_gap_id)""",
    ) == [(0,)]
    unbilled = rows(
        cohort,
        """
        SELECT k.care_gap_id FROM gap_closures k WHERE evidence = 'claim' AND NOT EXISTS (SELECT 1 FROM claims c JOIN claim_lines l USING (claim_id)
            WHERE c.member_id = k.member_id AND l.procedure_code = k.procedure_code AND c.adjudicated_date <= k.closed_date
              AND c.status = 'paid')""",
    )
    assert not unbilled
    assert rows(cohort, "SELECT count(*) > 100 FROM gap_closures WHERE evidence = 'claim'") == [(True,)]
    assert {row[0] for row in rows(cohort, "SELECT DISTINCT status FROM care_gaps")} == {"open", "closed"}


CHART = """SELECT patient_id, code, performed_datetime::DATE AS day FROM procedures UNION ALL
    SELECT patient_id, CASE WHEN code IN ('140', '135') THEN 'flu' WHEN code = '216' THEN '90677' ELSE code END, occurrence_datetime::DATE FROM immunizations UNION ALL
    SELECT patient_id, CASE code WHEN '4548-4' THEN '83036' WHEN '9318-7' THEN '82043' WHEN '13457-7' THEN '80061' END, ordered_datetime::DATE FROM lab_orders"""


def test_what_a_claim_closed_a_gap_with_is_in_the_chart_and_was_billed_once(cohort):
    closed = f"""SELECT k.measure_code, count(*), count(*) FILTER (NOT EXISTS (SELECT 1 FROM ({CHART}) x WHERE x.patient_id = replace(k.member_id, 'M', 'PT')
            AND x.code = CASE WHEN k.procedure_code IN ('90656', '90662') THEN 'flu' ELSE k.procedure_code END AND x.day BETWEEN g.identified_date AND k.closed_date)),
            max((SELECT count(*) FROM claims c JOIN claim_lines l USING (claim_id) WHERE c.member_id = k.member_id AND l.procedure_code = k.procedure_code
                AND c.service_date BETWEEN g.identified_date AND k.closed_date))
        FROM gap_closures k JOIN care_gaps g USING (care_gap_id) WHERE evidence = 'claim' AND k.measure_code NOT IN ('WELL_CHILD', 'BLOOD_PRESSURE_CHECK') GROUP BY 1"""
    found = rows(cohort, closed)
    assert len(found) > 6 and {row[2] for row in found} == {0} and {row[3] for row in found} == {1}
    assert rows(
        cohort,
        "SELECT count(*) FROM claim_lines a JOIN claim_lines b USING (claim_id) WHERE a.procedure_code = '90656' AND b.procedure_code = '90662'",
    ) == [(0,)]


def test_screenings_are_billed_for_what_they_are_by_who_does_them(cohort):
    billed = {row[0]: row[1:] for row in rows(cohort, """
        SELECT l.procedure_code, min(d.code), max(d.code), min(place_of_service_code), max(place_of_service_code) FROM claims JOIN claim_lines l USING (claim_id)
        JOIN claim_diagnoses d USING (claim_id) WHERE d.rank = 1 AND l.procedure_code IN ('77067', '81528', '82274', '88175', '87624') GROUP BY 1""")}  # fmt: skip
    assert billed["77067"] == ("Z12.31", "Z12.31", "22", "22")
    assert {billed[code] for code in ("81528", "82274")} == {("Z12.11", "Z12.11", "81", "81")}
    assert {billed[code] for code in ("88175", "87624")} == {("Z12.4", "Z12.4", "81", "81")}


def test_a_flu_vaccine_is_missing_only_in_its_season(tmp_path):
    spec = {
        "generation": {"count": 10, "seed": 1, "products": ["membersim"]},
        "journey": {"id": "spring", "events": [
            {"event_id": "gap", "event_type": "gap_identified", "day": 120, "parameters": {"measure": "FLU_VACCINE"}}]},
    }  # fmt: skip
    assert not generate(spec, workspace=tmp_path).counts.get("care_gaps")


def test_a_measure_that_does_not_hold_finds_and_closes_nothing(tmp_path):
    spec = {
        "generation": {"count": 30, "seed": 1, "products": ["membersim"]},
        "demographics": {"age": {"type": "uniform_int", "min": 20, "max": 30}, "gender": "M"},
        "journey": {"id": "none", "events": [
            {"event_id": "gap", "event_type": "gap_identified", "day": 5, "parameters": {"measure": "MAMMOGRAM"}},
            {"event_id": "closed", "event_type": "gap_closed", "depends_on": "gap", "delay": {"days": 30}}]},
    }  # fmt: skip
    result = generate(spec, workspace=tmp_path)
    assert not result.counts.get("care_gaps") and not result.counts.get("gap_closures")


def test_the_same_gap_is_found_once_a_year(tmp_path):
    spec = {
        "generation": {"count": 30, "seed": 1, "products": ["membersim"]},
        "journey": {"id": "again", "events": [
            {"event_id": "gap", "event_type": "gap_identified", "day": 5, "repeat": {"every_days": 100, "count": 5}, "parameters": {"measure": "FLU_VACCINE"}}]},
    }  # fmt: skip
    with generate(spec, workspace=tmp_path).scenario.connect() as connection:
        assert rows(connection, "SELECT year(identified_date), count(*) FROM care_gaps GROUP BY 1 ORDER BY 1") == [
            (2025, 30),
            (2026, 30),
        ]

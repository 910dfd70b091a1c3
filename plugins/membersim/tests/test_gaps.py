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
            WHERE c.member_id = k.member_id AND l.procedure_code = k.procedure_code AND c.submitted_date <= k.closed_date)""",
    )
    assert not unbilled
    assert rows(cohort, "SELECT count(*) > 100 FROM gap_closures WHERE evidence = 'claim'") == [(True,)]
    assert {row[0] for row in rows(cohort, "SELECT DISTINCT status FROM care_gaps")} == {"open", "closed"}


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

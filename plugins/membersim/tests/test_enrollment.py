"""What MemberSim promises of coverage: it begins, changes and ends for whole households, and answers only for its own days."""

import pytest

from healthsim_core.generation.run import generate

VISITS = {
    "event_id": "visit",
    "event_type": "claim_professional",
    "day": 15,
    "repeat": {"every_days": 30, "count": 11},
    "parameters": {"cpt_codes": "99205,93306,74177"},
}


def made(tmp_path, *events, people=None, count=60, **sections):
    spec = {
        "generation": {"count": count, "seed": 11, "products": ["membersim"]},
        "demographics": {"age": {"type": "uniform_int", "min": 25, "max": 60}},
        "coverage": {"type": "Commercial", "plan_distribution": {"PPO": 1.0}},
        "journey": {"id": "coverage", "events": list(events)},
        **(people or {}),
        **sections,
    }
    return generate(spec, workspace=tmp_path).scenario.connect()


def rows(connection, sql):
    return connection.execute(sql).fetchall()


def test_coverage_ends_with_the_month_and_care_after_it_is_denied(tmp_path):
    end = {"event_id": "end", "event_type": "termination", "day": 100, "parameters": {"reason_code": "14"}}
    with made(tmp_path, VISITS, end) as connection:
        assert rows(connection, "SELECT DISTINCT start_date::VARCHAR, end_date::VARCHAR FROM coverages") == [
            ("2025-01-01", "2025-04-30")
        ]
        assert rows(
            connection,
            """
            SELECT service_date > DATE '2025-04-30', count(*) > 100, count(DISTINCT claim_id) FILTER (reason_code = '27'), count(*) FILTER (paid_amount > 0) > 0
            FROM claims LEFT JOIN (SELECT claim_id, reason_code FROM claim_adjustments WHERE reason_code = '27') USING (claim_id) GROUP BY 1 ORDER BY 1""",
        ) == [(False, True, 0, True), (True, True, 60 * 7, False)]
        assert rows(
            connection,
            "SELECT maintenance_type_code, maintenance_reason_code, effective_date::VARCHAR, count(*) FROM enrollment_changes GROUP BY ALL ORDER BY 1",
        ) == [("021", "28", "2025-01-01", 60), ("024", "14", "2025-04-30", 60)]


def test_a_new_plan_follows_the_old_one_without_a_gap_and_starts_its_own_deductible(tmp_path):
    change = {"event_id": "change", "event_type": "plan_change", "day": 140, "parameters": {"plan": "HDHP"}}
    with made(tmp_path, VISITS, change) as connection:
        assert rows(
            connection,
            "SELECT plan_code, start_date::VARCHAR, end_date::VARCHAR, count(*) FROM coverages GROUP BY ALL ORDER BY 2",
        ) == [
            ("PPO", "2025-01-01", "2025-05-31", 60),
            ("HDHP", "2025-06-01", None, 60),
        ]
        assert rows(
            connection,
            """
            SELECT plan_code, count(*) FILTER (service_date NOT BETWEEN start_date AND coalesce(end_date, service_date)), count(*) FILTER (d = v.deductible_amount) > 55
            FROM (SELECT coverage_id, min(service_date) service_date, sum(deductible_amount) d FROM claims GROUP BY 1) JOIN coverages v USING (coverage_id) GROUP BY 1 ORDER BY 1""",
        ) == [("HDHP", 0, True), ("PPO", 0, True)]
        assert rows(
            connection,
            "SELECT count(*) FROM enrollment_changes WHERE maintenance_type_code = '001' AND maintenance_reason_code = '22'",
        ) == [(60,)]


@pytest.mark.parametrize(("leaver", "left"), [("subscriber", 3), ("dependent", 1)])
def test_who_leaves_takes_those_along_whose_policy_it_is(tmp_path, leaver, left):
    people = {
        "generation": {"count": 5, "seed": 2, "products": ["membersim"]},
        "demographics": {},
        "members": [{"role": "subscriber", "age": 40}, {"role": "spouse", "age": 41}, {"role": "dependent", "age": 9}],
        "journeys": [
            {
                "member": leaver,
                "journey": {"id": "leave", "events": [{"event_id": "end", "event_type": "termination", "day": 50}]},
            }
        ],
    }
    spec = {key: value for key, value in people.items() if value}
    with generate(spec, workspace=tmp_path).scenario.connect() as connection:
        assert rows(connection, "SELECT count(*), count(end_date) FROM coverages") == [(15, 5 * left)]
        assert rows(connection, "SELECT count(*) FROM enrollment_changes WHERE maintenance_type_code = '024'") == [
            (5 * left,)
        ]


def test_the_subscriber_changes_the_plan_of_all_and_a_dependent_of_nobody(tmp_path):
    change = {"id": "change", "events": [{"event_id": "change", "event_type": "plan_change", "day": 50}]}
    family = [{"role": "subscriber", "age": 40}, {"role": "spouse", "age": 41}, {"role": "dependent", "age": 9}]
    for number, (member, coverages) in enumerate((("subscriber", 6), ("dependent", 3))):
        spec = {
            "generation": {"count": 4, "products": ["membersim"]},
            "members": family,
            "journeys": [{"member": member, "journey": change}],
        }
        with generate(spec, workspace=tmp_path / str(number)).scenario.connect() as connection:
            assert rows(connection, "SELECT count(*), max(plans) FROM (SELECT subscriber_id, start_date, count(DISTINCT plan_code) plans, count(*) n "
                                    "FROM coverages JOIN members USING (member_id) GROUP BY 1, 2)")[0][1] == 1  # fmt: skip
            assert rows(connection, "SELECT count(*) FROM coverages") == [(4 * coverages,)]


def test_who_enrols_again_is_one_member_with_two_coverages(tmp_path):
    events = (
        {"event_id": "in", "event_type": "new_enrollment", "day": 0},
        {"event_id": "out", "event_type": "termination", "depends_on": "in", "delay": {"days": 60}},
        {"event_id": "again", "event_type": "new_enrollment", "depends_on": "out", "delay": {"days": 80}},
    )
    with made(tmp_path, *events, VISITS, count=20) as connection:
        assert rows(connection, "SELECT count(*) FROM members") == [(20,)]
        assert rows(connection, "SELECT DISTINCT start_date::VARCHAR, end_date::VARCHAR FROM coverages ORDER BY 1") == [
            ("2025-01-01", "2025-03-31"),
            ("2025-06-01", None),
        ]
        assert rows(
            connection,
            "SELECT maintenance_type_code, maintenance_reason_code, count(*) FROM enrollment_changes GROUP BY ALL ORDER BY 1, 2",
        ) == [
            ("021", "28", 20),
            ("021", "41", 20),
            ("024", "08", 20),
        ]
        assert rows(connection, "SELECT count(DISTINCT claim_id) FROM claim_adjustments WHERE reason_code = '27'") == [
            (40,)
        ]


def test_care_before_coverage_is_denied(tmp_path):
    later = {"event_id": "in", "event_type": "new_enrollment", "day": 40}
    with made(tmp_path, later, VISITS, count=20) as connection:
        assert rows(
            connection,
            "SELECT reason_code, min(service_date) < DATE '2025-03-01', max(service_date) < DATE '2025-03-01' FROM claims "
            "LEFT JOIN (SELECT * FROM claim_adjustments WHERE reason_code = '26') USING (claim_id) GROUP BY 1 ORDER BY 1 NULLS LAST",
        ) == [("26", True, True), (None, False, False)]


def test_claims_sent_after_a_year_are_denied(tmp_path):
    late = {
        "event_id": "late",
        "event_type": "claim_professional",
        "day": 500,
        "parameters": {"service_time": "2025-02-01"},
    }
    with made(tmp_path, late, count=5) as connection:
        assert rows(connection, "SELECT DISTINCT reason_code FROM claim_adjustments") == [("29",)]

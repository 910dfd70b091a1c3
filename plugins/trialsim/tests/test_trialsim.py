"""What TrialSim promises: balanced blocks, visits in their windows, nothing after the end, no dose without randomization."""

import numpy as np
import pytest

from healthsim_core.draws import SLOTS
from healthsim_core.generation.run import generate
from trialsim.blocks import block_list, cohort_of, randomize
from trialsim.reference import arms, rows, studies


def one(connection, sql):
    return connection.execute(sql).fetchall()[0]


@pytest.fixture(scope="module")
def diabetes(tmp_path_factory):
    result = generate("phase2-diabetes-trial", count=200, workspace=tmp_path_factory.mktemp("home"))
    with result.scenario.connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def monitored(tmp_path_factory):
    people = {"id": "watched", "generation": {"count": 150, "seed": 5, "products": ["trialsim"]}}
    result = generate(people, "ae-intensive-monitoring", workspace=tmp_path_factory.mktemp("home"))
    with result.scenario.connect() as connection:
        yield connection


@pytest.mark.parametrize("study", studies())
def test_every_complete_block_has_each_arm_as_often_as_its_ratio_says(study):
    size = studies()[study].block_size
    entity = np.arange(50 * size) * SLOTS
    for block, cohort in zip(
        randomize(7, study, entity).reshape(-1, size), cohort_of(study, entity[::size]), strict=True
    ):
        assert sorted(block.tolist()) == sorted(block_list(study, cohort))
    assert {arms()[place].study_id for place in randomize(7, study, entity).tolist()} == {study}


def test_an_arm_does_not_depend_on_who_else_is_randomized():
    everybody = np.arange(600) * SLOTS + 2
    whole = randomize(3, "HS-DM-201", everybody)
    some = np.flatnonzero(np.arange(600) % 7 == 3)
    assert (randomize(3, "HS-DM-201", everybody[some]) == whole[some]).all()
    assert len({tuple(block) for block in whole.reshape(-1, 6).tolist()}) > 20, "the blocks are permuted, not all alike"
    assert (randomize(4, "HS-DM-201", everybody) != whole).any()


def test_arms_of_randomized_subjects_are_those_of_their_blocks(diabetes):
    found = diabetes.execute("SELECT person_id, arm_code FROM subjects WHERE arm_code IS NOT NULL").fetchall()
    entity = np.array([int(person[1:]) for person, _ in found])
    assert [arms()[place].arm_code for place in randomize(42, "HS-DM-201", entity).tolist()] == [
        arm for _, arm in found
    ]


def test_kept_visits_lie_in_their_windows_and_missed_ones_have_no_date(diabetes):
    assert one(
        diabetes,
        """
        SELECT count(*) FILTER (visit_date NOT BETWEEN window_start_date AND window_end_date),
               count(*) FILTER ((status = 'missed') <> (visit_date IS NULL)), count(*) FILTER (status = 'missed') > 0
        FROM visits WHERE visit_type = 'scheduled'""",
    ) == (0, 0, True)
    days = "SELECT DISTINCT planned_day FROM visits WHERE planned_day IS NOT NULL ORDER BY 1"
    assert [day for (day,) in diabetes.execute(days).fetchall()] == [-14, 1, 15, 29, 57, 85, 113, 141, 169, 197]


def test_the_window_of_the_first_dose_is_study_day_1_and_there_is_no_day_0(diabetes):
    assert one(
        diabetes,
        """
            SELECT count(*) FROM visits JOIN subjects USING (subject_id)
            WHERE visit_name = 'BASELINE' AND (visit_date <> first_dose_date OR window_start_date <> first_dose_date)
               OR visit_name = 'WEEK 2' AND window_start_date <> first_dose_date + 14 - 3
               OR visit_name = 'SCREENING' AND window_end_date <> first_dose_date - 1""",
    ) == (0,)


def test_screen_failures_are_never_randomized_dosed_or_seen_again(diabetes):
    assert one(
        diabetes,
        """
        WITH failed AS (SELECT * FROM subjects WHERE status = 'screen_failed')
        SELECT count(*) > 30, count(arm_code), count(first_dose_date),
               (SELECT count(*) FROM exposures SEMI JOIN failed USING (subject_id)),
               (SELECT count(*) FROM visits JOIN failed USING (subject_id) WHERE visit_date > consent_date),
               (SELECT count(*) FROM adverse_events SEMI JOIN failed USING (subject_id)),
               (SELECT count(*) FROM dispositions SEMI JOIN failed USING (subject_id) WHERE decoded_term = 'SCREEN FAILURE') = count(*)
        FROM failed""",
    ) == (True, 0, 0, 0, 0, 0, True)


@pytest.mark.parametrize("cohort", ["diabetes", "monitored"])
def test_nothing_happens_to_a_subject_after_the_end(cohort, request):
    connection = request.getfixturevalue(cohort)
    late = [
        one(connection, f"SELECT count(*) FROM {table} JOIN subjects USING (subject_id) WHERE {day} > subjects.end_date")[0]
        for table, day in (
            ("visits", "visit_date"),
            ("adverse_events", "start_date"),
            ("adverse_events", "adverse_events.end_date"),
            ("exposures", "start_date"),
            ("protocol_deviations", "deviation_date"),
            ("dose_modifications", "modification_date"),
            ("dispositions", "disposition_date"),
        )
    ]  # fmt: skip
    assert late == [0] * 7
    assert one(connection, "SELECT count(*) FROM subjects WHERE status = 'discontinued'")[0] > 5


def test_dates_of_a_subject_are_in_order(diabetes):
    assert one(
        diabetes,
        """
            SELECT count(*) FROM subjects
            WHERE NOT (birth_date < consent_date AND consent_date <= screening_date)
               OR NOT coalesce(screening_date < randomization_date, true)
               OR NOT coalesce(first_dose_date <= last_dose_date AND last_dose_date <= end_date, true)""",
    ) == (0,)


def test_exposure_is_without_gap_or_overlap_unless_the_drug_is_interrupted(diabetes, monitored):
    for connection in (diabetes, monitored):
        overlaps, gaps, backwards = one(
            connection,
            """
            SELECT count(*) FILTER (start_date <= before), count(*) FILTER (start_date > before + 1 AND subject_id NOT IN
                   (SELECT subject_id FROM dose_modifications WHERE dose_percent = 0)), count(*) FILTER (end_date < start_date)
            FROM (SELECT *, lag(end_date) OVER (PARTITION BY subject_id ORDER BY start_date) AS before FROM exposures)""",
        )
        assert (overlaps, gaps, backwards) == (0, 0, 0)
    assert one(diabetes, "SELECT max(dose), count(*) > 0 FROM exposures WHERE treatment = 'PLACEBO'") == (0.0, True)


def test_dose_follows_the_changes_of_dose(monitored):
    changed = monitored.execute(
        """
        SELECT m.action, e.dose / a.dose FROM dose_modifications m JOIN subjects s USING (subject_id) JOIN arms a USING (study_id, arm_code)
        JOIN exposures e ON e.subject_id = m.subject_id AND m.modification_date BETWEEN e.start_date AND e.end_date
        WHERE a.dose > 0 AND NOT EXISTS (FROM dose_modifications o WHERE o.subject_id = m.subject_id AND o.dose_modification_id <> m.dose_modification_id)"""
    ).fetchall()
    assert set(changed) == {("DOSE REDUCED", 0.5), ("DOSE INCREASED", 1.5)}, (
        "nothing is taken while a drug is interrupted"
    )


def test_adverse_events_that_stop_the_drug_end_the_participation(monitored):
    assert one(
        monitored,
        """
        SELECT count(*) > 0, count(*) FILTER (status <> 'discontinued' OR subjects.end_date <> start_date),
               count(*) FILTER (NOT EXISTS (FROM dispositions d WHERE d.subject_id = subjects.subject_id AND decoded_term = 'ADVERSE EVENT'))
        FROM adverse_events JOIN subjects USING (subject_id) WHERE action_taken = 'DRUG WITHDRAWN'""",
    ) == (True, 0, 0)


def test_serious_events_say_why_and_are_followed_by_a_visit(monitored):
    criteria = {row["criterion"] for row in rows("seriousness")}
    found = monitored.execute("SELECT serious, seriousness, toxicity_grade FROM adverse_events").fetchall()
    assert {why for serious, why, _ in found if serious} <= criteria
    assert {why for serious, why, _ in found if not serious} == {None}
    assert all(grade in (1, 2, 3, 4) for _, _, grade in found), "nobody dies yet"
    assert one(
        monitored,
        """
        SELECT count(*) > 0, count(*) FILTER (NOT EXISTS (FROM visits v WHERE v.subject_id = a.subject_id
               AND v.visit_type = 'unscheduled' AND v.visit_date BETWEEN a.start_date + 1 AND a.start_date + 5))
        FROM adverse_events a JOIN subjects s USING (subject_id) WHERE serious AND s.end_date > a.start_date + 5""",
    ) == (True, 0)


def test_every_missed_visit_is_a_deviation(diabetes):
    assert one(diabetes, "SELECT (SELECT count(*) FROM visits WHERE status = 'missed') > 0, (SELECT count(*) FROM visits WHERE status = 'missed')"
        " - (SELECT count(*) FROM protocol_deviations WHERE category = 'visit_missed')") == (True, 0)  # fmt: skip


def test_visit_numbers_rise_with_their_dates(monitored):
    assert one(
        monitored,
        """
        SELECT count(*) FILTER (visit_number < before), count(*) FILTER (visit_number <> floor(visit_number)) > 5
        FROM (SELECT *, lag(visit_number) OVER (PARTITION BY subject_id ORDER BY visit_date, visit_number) AS before FROM visits WHERE visit_date IS NOT NULL)""",
    ) == (0, True)
    assert one(monitored, "SELECT count(*) - count(DISTINCT (subject_id, visit_number)) FROM visits") == (0,)


def test_a_visit_is_the_encounter_of_its_day(diabetes):
    pytest.importorskip("patientsim")
    linked, other_day = one(
        diabetes,
        """
        SELECT count(*), count(*) FILTER (start_datetime::DATE <> visit_date OR e.patient_id <> s.patient_id)
        FROM visits JOIN encounters e USING (encounter_id) JOIN subjects s USING (subject_id)""",
    )
    assert linked > 100 and other_day == 0


def test_cohorts_of_a_dose_escalation_are_dosed_one_after_the_other(tmp_path):
    result = generate("phase1-healthy-volunteers", count=32, workspace=tmp_path)
    with result.scenario.connect() as connection:
        cohorts = connection.execute(
            "SELECT arm_code, min(randomization_date), max(randomization_date) FROM subjects WHERE arm_code LIKE 'COHORT%' GROUP BY 1 ORDER BY 1"
        ).fetchall()
        doses = connection.execute("SELECT DISTINCT dose FROM exposures ORDER BY 1").fetchall()
    assert [arm for arm, _, _ in cohorts] == ["COHORT1", "COHORT2", "COHORT3", "COHORT4"]
    assert all(before[2] < after[1] for before, after in zip(cohorts, cohorts[1:], strict=False))
    assert [dose for (dose,) in doses] == [0, 10, 30, 100, 200]


def test_screening_lies_in_its_window_whatever_the_cohort(tmp_path):
    result = generate("phase1-healthy-volunteers", count=80, workspace=tmp_path)
    with result.scenario.connect() as connection:
        outside = "SELECT count(*) FROM visits WHERE visit_date NOT BETWEEN window_start_date AND window_end_date"
        assert one(connection, outside) == (0,)
        assert one(connection, "SELECT count(DISTINCT arm_code) FROM subjects") == (5,)


def test_infusions_are_given_on_the_first_day_of_a_cycle(tmp_path):
    people = {"id": "onc", "generation": {"count": 40, "seed": 2, "products": ["trialsim"]}}
    result = generate(people, "phase3-oncology-standard", workspace=tmp_path)
    with result.scenario.connect() as connection:
        assert one(
            connection,
            """
            SELECT count(*) > 100, count(*) FILTER (end_date <> start_date), count(*) FILTER (visit_date <> start_date),
                   count(*) FILTER ((planned_day - 1) % 21 <> 0), max(visit_name = 'CYCLE 2 DAY 1')
            FROM exposures LEFT JOIN visits USING (visit_id)""",
        ) == (True, 0, 0, 0, True)


def test_who_takes_part_as_a_member_of_a_family_is_one_person_in_every_product(tmp_path):
    pytest.importorskip("patientsim")
    family = {
        "scenario": "A family with a trial",
        "profile": {
            "members": [{"role": "subscriber", "age": 42, "conditions": ["E11"]}, {"role": "spouse", "age": 40}]
        },
        "journeys": [{"member": "subscriber", "template": "trial_participation"}],
    }
    result = generate({**family, "profile": {**family["profile"], "generation": {"products": ["trialsim", "patientsim"]}}}, workspace=tmp_path)  # fmt: skip
    with result.scenario.connect() as connection:
        assert one(connection, "SELECT list(person_id), list(status) FROM subjects") == (["P0"], ["completed"])
        assert one(connection, "SELECT count(*) >= 8, count(encounter_id) >= 3 FROM visits") == (True, True)
        assert one(connection, "SELECT DISTINCT reason_code FROM encounters") == ("Z00.6",)


def test_a_trial_runs_without_any_other_product(tmp_path):
    from healthsim_core import catalog

    alone = catalog.build([one for one in catalog.entry_points() if one[0] == "trialsim"])
    result = generate("pediatric-trial", count=30, catalog=alone, workspace=tmp_path)
    with result.scenario.connect() as connection:
        assert one(connection, "SELECT count(*) > 0, count(facility_id), count(investigator_name) > 0 FROM sites") == (
            True,
            0,
            True,
        )
        assert one(
            connection,
            "SELECT count(patient_id), count(*), max(age) <= 17 FROM (FROM subjects WHERE NOT screen_failed)",
        )[::2] == (0, True)


def test_the_executor_and_the_package_make_subjects(tmp_path, monkeypatch):
    import trialsim
    from trialsim.generation import (
        TRIAL_SUBJECT_PROFILE_TEMPLATES,
        TrialSubjectProfileExecutor,
        create_trial_subject_profile,
    )

    monkeypatch.setenv("HEALTHSIM_HOME", str(tmp_path))
    template = TRIAL_SUBJECT_PROFILE_TEMPLATES["phase2-diabetes-trial"]
    found = TrialSubjectProfileExecutor(template).execute(count=2).entities
    assert [one.attributes["subject_id"] for one in found] == ["SU0", "SU16"]
    profile = create_trial_subject_profile("few", demographics={"age": {"type": "uniform_int", "min": 20, "max": 50}})
    result = trialsim.generate(profile, journey="phase1-dose-escalation", count=16)
    assert result.counts["subjects"] == 16 and result.counts["exposures"] > 3


def test_visits_hang_on_the_randomization_and_end_with_the_condition_of_their_schedule(tmp_path):
    journey = {
        "id": "hanging",
        "events": [
            {"event_id": "screening", "event_type": "screening", "day": 30, "variance_days": 30},
            {
                "event_id": "dose",
                "event_type": "randomization",
                "depends_on": "screening",
                "delay": {"days": 9},
                "conditions": [{"field": "screening.eligible", "operator": "eq", "value": True}],
            },
            {"event_id": "leaves", "event_type": "withdrawal", "depends_on": "dose", "delay": {"days": 40}},
        ],
        "schedule": {
            "event_type": "scheduled_visit",
            "depends_on": "dose",
            "parameters": {"missed_rate": 0},
            "until": {"field": "leaves.happened", "value": True},
            "visits": [{"name": "Start", "day": 1}],
            "cycles": {"length_days": 14, "count": 5, "days": [1, 8], "first_day": 15, "window": [-1, 1]},
        },
    }
    people = {"id": "hanging", "generation": {"count": 50, "seed": 6, "products": ["trialsim"]}}
    people["demographics"] = {"age": {"type": "uniform_int", "min": 20, "max": 60}}
    result = generate({**people, "journey": journey}, workspace=tmp_path)
    with result.scenario.connect() as connection:
        found = connection.execute(
            "SELECT visit_number, visit_name, planned_day, count(*), min(visit_date - first_dose_date), max(visit_date - first_dose_date)"
            " FROM visits JOIN subjects USING (subject_id) GROUP BY 1, 2, 3 ORDER BY 1"
        ).fetchall()
        treated = one(connection, "SELECT count(arm_code) FROM subjects")[0]
    assert 20 < treated < 50
    assert [(number, name, day) for number, name, day, *_ in found] == [
        (1, "START", 1),
        (2, "CYCLE 2 DAY 1", 15),
        (3, "CYCLE 2 DAY 8", 22),
        (4, "CYCLE 3 DAY 1", 29),
        (5, "CYCLE 3 DAY 8", 36),
    ]
    assert [count for *_, count, _, _ in found] == [treated] * 5
    assert [(low, high) for *_, low, high in found[1:]] == [(day - 1, day + 1) for day in (14, 21, 28, 35)]


def test_a_window_before_the_event_that_visits_hang_on_is_refused(tmp_path):
    from healthsim_core.errors import SpecificationError

    journey = {
        "id": "early",
        "events": [{"event_id": "dose", "event_type": "randomization", "day": 5}],
        "schedule": {"event_type": "scheduled_visit", "depends_on": "dose", "visits": [{"name": "Before", "day": -1}]},
    }
    with pytest.raises(SpecificationError, match="may not begin before 'dose'"):
        generate({"generation": {"products": ["trialsim"]}, "journey": journey}, workspace=tmp_path)


@pytest.mark.parametrize("kind", ["adverse_event", "serious_adverse_event"])
def test_what_is_done_about_an_adverse_event_follows_from_it(kind, tmp_path):
    def told(name, day, action):
        parameters = {"term": f"Own term {name}", "action_taken": action}
        return {"event_id": name, "event_type": kind, "day": day, "parameters": parameters}

    events = [
        {"event_id": "dose", "event_type": "randomization", "day": 0, "parameters": {"study": "HS-PED-302"}},
        told("early", 10, "DOSE REDUCED"),
        told("middle", 30, "DRUG INTERRUPTED"),
        told("late", 60, "DRUG WITHDRAWN"),
        told("after", 61, "DOSE REDUCED"),
    ]
    people = {"id": "told", "generation": {"count": 12, "seed": 1, "products": ["trialsim"]}}
    result = generate({**people, "journey": {"id": "told", "events": events}}, workspace=tmp_path)
    with result.scenario.connect() as connection:
        changes = connection.execute(
            "SELECT DISTINCT action, reason, dose_percent, modification_date - first_dose_date FROM dose_modifications JOIN subjects USING (subject_id) ORDER BY 4"
        ).fetchall()
        stretches = connection.execute(
            "SELECT start_date - first_dose_date, exposures.end_date - first_dose_date, max(dose) FROM exposures JOIN subjects USING (subject_id) GROUP BY 1, 2 ORDER BY 1"
        ).fetchall()
        ends = connection.execute("SELECT DISTINCT decoded_term, term FROM dispositions WHERE category = 'DISPOSITION EVENT'").fetchall()  # fmt: skip
        assert one(connection, "SELECT count(*) FROM adverse_events") == (36,), "nothing after the withdrawal"
    assert changes == [("DOSE REDUCED", "Own term early", 50, 10), ("DRUG INTERRUPTED", "Own term middle", 0, 30)]
    assert stretches == [(0, 9, 100.0), (10, 29, 50.0), (44, 60, 50.0)]
    assert ends == [("ADVERSE EVENT", "Adverse event")]
    assert result.counts.get("visits", 0) == (24 if kind == "serious_adverse_event" else 0)


def test_who_is_found_eligible_by_patientsim_is_screened_for_that_study(tmp_path):
    pytest.importorskip("patientsim")
    event = {"event_id": "found", "event_type": "trial_eligible", "day": 5, "parameters": {"study": "HS-CV-401"}}
    people = {"id": "found", "generation": {"count": 30, "seed": 1, "products": ["patientsim", "trialsim"]}}
    people["demographics"] = {"age": {"type": "uniform_int", "min": 45, "max": 80}}
    result = generate({**people, "journey": {"id": "found", "events": [event]}}, workspace=tmp_path)
    with result.scenario.connect() as connection:
        studies_of = connection.execute("SELECT DISTINCT study_id FROM subjects").fetchall()
        assert studies_of == [("HS-CV-401",)]
        assert one(connection, "SELECT min(consent_date) >= DATE '2025-01-09', max(consent_date) <= DATE '2025-01-20', count(*) FROM subjects") == (True, True, 30)  # fmt: skip

"""What TrialSim promises of results: arms differ as the study says, criteria explain failures, nothing follows a death."""

import pytest

from healthsim_cdisc.testing import judge, read
from healthsim_core import catalog
from healthsim_core.generation.run import generate


def rows(connection, sql):
    return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    result = generate("phase2-diabetes-trial", count=200, workspace=home, output_formats=["sdtm"], out=home / "out")
    with result.scenario.connect() as connection:
        yield connection, home / "out"


def test_the_primary_endpoint_falls_most_where_most_is_given(trial):
    change = rows(
        trial[0],
        """
        WITH measured AS (SELECT t.subject_id, arm_code, visit_name, value FROM trial_results t JOIN visits USING (visit_id)
                          JOIN subjects s ON s.subject_id = t.subject_id WHERE endpoint AND arm_code IS NOT NULL)
        SELECT b.arm_code, count(*) > 20, round(avg(w.value - b.value), 1) FROM measured b JOIN measured w USING (subject_id)
        WHERE b.visit_name = 'BASELINE' AND w.visit_name = 'WEEK 24' GROUP BY 1 ORDER BY 3""",
    )
    assert [(arm, many) for arm, many, _ in change] == [("HIGH", True), ("LOW", True), ("PBO", True)]
    high, low, placebo = (amount for _, _, amount in change)
    assert -1.4 <= high <= -1.0 and -0.9 <= low <= -0.5 and -0.4 <= placebo <= 0.1


def test_who_is_not_seen_has_no_results_and_everybody_seen_has_all(trial):
    assert rows(
        trial[0],
        """SELECT v.status, count(DISTINCT v.visit_id) > 10, min(n), max(n) FROM visits v LEFT JOIN
           (SELECT visit_id, count(*) n FROM trial_results GROUP BY 1) USING (visit_id) WHERE visit_type = 'scheduled' GROUP BY 1 ORDER BY 1""",
    ) == [("completed", True, 7, 7), ("missed", True, None, None)]


def test_the_laboratory_of_patientsim_has_the_same_value(trial):
    pytest.importorskip("patientsim")
    assert rows(
        trial[0],
        """SELECT count(*) > 300, count(*) FILTER (o.value <> t.value) FROM trial_results t JOIN visits v USING (visit_id)
           JOIN lab_orders l ON l.encounter_id = v.encounter_id JOIN observations o USING (lab_order_id)
           WHERE t.test_code = 'HBA1C' AND o.code = '4548-4'""",
    ) == [(True, 0)]


def test_the_epoch_of_a_disposition_is_that_of_its_day(trial):
    """Randomization ends screening; what comes after the last dose is follow-up."""
    assert rows(
        trial[0],
        """SELECT decoded_term, list_sort(list(DISTINCT epoch)) FROM dispositions
           WHERE decoded_term IN ('INFORMED CONSENT OBTAINED', 'RANDOMIZED', 'SCREEN FAILURE') GROUP BY 1 ORDER BY 1""",
    ) == [(one, ["SCREENING"]) for one in ("INFORMED CONSENT OBTAINED", "RANDOMIZED", "SCREEN FAILURE")]
    assert rows(
        trial[0],
        """SELECT epoch, min(disposition_date <= last_dose_date) FROM dispositions JOIN subjects USING (subject_id)
           WHERE category = 'DISPOSITION EVENT' AND NOT screen_failed AND first_dose_date IS NOT NULL
           GROUP BY epoch HAVING min(disposition_date <= last_dose_date) <> (epoch = 'TREATMENT')""",
    ) == []  # fmt: skip


def test_what_the_patient_s_record_has_of_a_visit_is_what_the_trial_has(trial):
    pytest.importorskip("patientsim")
    found = rows(
        trial[0],
        """SELECT t.test_code, count(*) > 300, count(*) FILTER (o.value <> t.value) FROM trial_results t JOIN visits v USING (visit_id)
           JOIN observations o ON o.encounter_id = v.encounter_id AND o.code = t.loinc_code GROUP BY 1""",
    )
    assert {(test, True, 0) for test in ("SYSBP", "DIABP", "PULSE", "HBA1C")} <= set(found)


PRESSURES = """SELECT corr(s, d), avg(s - d), stddev(s - d), min(s - d), count(*) FROM
    (SELECT max(value) FILTER (test_code = 'SYSBP') AS s, max(value) FILTER (test_code = 'DIABP') AS d FROM trial_results GROUP BY visit_id)"""


def alone(age, conditions, events):
    return {
        "id": "alone",
        "generation": {"count": 150, "seed": 4, "products": ["trialsim"]},
        "demographics": {"age": age},
        "clinical": {"comorbidities": [{"code": code, "prevalence": 1} for code in conditions]},
        "journey": {
            "id": "j",
            "events": [
                {"event_id": "s", "event_type": "screening", "day": 5, "parameters": {"study": "HS-DM-201", "screen_failure_rate": 0}},
                *events,
            ],
        },
    }  # fmt: skip


VISIT = {
    "event_id": "v",
    "event_type": "scheduled_visit",
    "depends_on": "s",
    "delay": {"days": 0},
    "parameters": {"planned_day": -14, "visit_number": 1, "missed_rate": 0},
}


def test_the_two_pressures_rise_together_and_the_pulse_is_between_them(tmp_path):
    with generate(alone(50, ["E11"], [VISIT]), workspace=tmp_path).scenario.connect() as connection:
        ((together, between, spread, least, count),) = rows(connection, PRESSURES)
    assert count == 150 and 0.45 < together < 0.75
    assert 42 < between < 54 and 8 < spread < 14 and least >= 20


@pytest.mark.parametrize(("code", "taken", "low"), [("N18.31", 150, 0.95), ("N18.5", 0, 3.0)])
def test_creatinine_and_screening_know_of_a_disease_of_the_kidneys(tmp_path, code, taken, low):
    with generate(alone(60, ["E11", code], [VISIT]), workspace=tmp_path).scenario.connect() as connection:
        assert rows(connection, "SELECT count(*) FILTER (NOT screen_failed) FROM subjects") == [(taken,)]
        failed = rows(connection, "SELECT DISTINCT failed_criterion FROM subjects WHERE screen_failed")
        assert failed == ([] if taken else [("EXCL01",)])
        ((least, most),) = rows(
            connection, "SELECT min(value), max(value) FROM trial_results WHERE test_code = 'CREAT'"
        )
    assert low < least < most < 3 * low


def test_creatinine_is_that_of_the_record_s_filtration_rate(tmp_path):
    pytest.importorskip("patientsim")
    spec = alone(60, ["E11", "N18.3"], [])
    spec["generation"] |= {"count": 25, "products": ["trialsim", "patientsim"]}
    spec["journey"] = {"template": "trial-participation"}
    with generate(spec, workspace=tmp_path).scenario.connect() as connection:
        # CKD-EPI 2021 of a creatinine above 0.9.
        ((count, apart),) = rows(
            connection,
            """SELECT count(*), max(abs(o.value - if(sex = 'M', 142 * (t.value / 0.9) ** -1.2, 143.704 * (t.value / 0.7) ** -1.2) * 0.9938 ** s.age))
               FROM trial_results t JOIN visits v USING (visit_id) JOIN subjects s ON s.subject_id = t.subject_id
               JOIN observations o ON o.encounter_id = v.encounter_id AND o.code = '98979-8' WHERE test_code = 'CREAT'""",
        )
    assert count > 30 and apart < 1


def test_every_screen_failure_has_a_criterion_of_its_study(trial):
    assert rows(
        trial[0],
        """SELECT bool_and(screen_failed = (failed_criterion IS NOT NULL)), count(DISTINCT failed_criterion) > 2,
                  count(*) FILTER (failed_criterion IS NOT NULL AND c.description IS NULL)
           FROM subjects s LEFT JOIN trial_criteria c ON c.study_id = s.study_id AND c.criterion_code = s.failed_criterion""",
    ) == [(True, True, 0)]


def test_who_is_too_old_fails_for_age_and_who_is_not_ill_for_that(tmp_path):
    spec = {
        "id": "others",
        "generation": {"count": 40, "seed": 2, "products": ["trialsim"]},
        "demographics": {"age": {"type": "uniform_int", "min": 75, "max": 85}},
        "clinical": {"comorbidities": [{"code": "E11", "prevalence": 0.5}]},
        "journey": {"id": "j", "events": [{"event_id": "s", "event_type": "screening", "day": 5, "parameters": {"study": "HS-DM-201", "screen_failure_rate": 0}}]},
    }  # fmt: skip
    with generate(spec, workspace=tmp_path).scenario.connect() as connection:
        found = dict(rows(connection, "SELECT failed_criterion, [min(age), max(age)] FROM subjects GROUP BY 1"))
    assert set(found) == {None, "INCL01", "INCL02"} and found["INCL01"][0] >= 81 > 80 >= found[None][1]


def test_sdtm_has_results_and_criteria_without_fault(trial):
    folder = next((trial[1]).rglob("dm.xpt")).parent
    assert judge(folder) == []
    frames = {name: read(folder / f"{name}.xpt")[0] for name in ("lb", "vs", "ie", "ti", "dm")}
    lb, count = frames["lb"], rows(trial[0], "SELECT count(*) FILTER (domain = 'LB') FROM trial_results")[0][0]
    assert set(lb["LBTESTCD"]) == {"HBA1C", "GLUC", "ALT", "CREAT"} and len(lb) == count
    assert set(frames["vs"]["VSTESTCD"]) == {"SYSBP", "DIABP", "PULSE"}
    treated = frames["dm"][frames["dm"]["RFSTDTC"] != ""]
    flagged = lb[(lb["LBLOBXFL"] == "Y") & (lb["LBTESTCD"] == "HBA1C")]
    assert sorted(flagged["USUBJID"]) == sorted(treated["USUBJID"]) and (flagged["LBDY"] <= 1).all()
    assert len(frames["ie"]) == (frames["dm"]["ARMNRS"] == "SCREEN FAILURE").sum() > 20


def fatal(**parameters):
    return {
        "id": "fatal",
        "generation": {"count": 12, "seed": 2, "products": ["trialsim"]},
        "demographics": {"age": 50},
        "journey": {
            "id": "j",
            "events": [
                {"event_id": "s", "event_type": "screening", "day": 5, "parameters": {"study": "HS-CV-401", "screen_failure_rate": 0}},
                {"event_id": "r", "event_type": "randomization", "depends_on": "s", "delay": {"days": 10}, "parameters": {"study": "HS-CV-401"}},
                *(
                    {"event_id": f"v{day}", "event_type": "scheduled_visit", "depends_on": "r", "delay": {"days": day}, "parameters": {"planned_day": day + 1, "visit_number": number, "missed_rate": 0}}
                    for number, day in enumerate((30, 60, 90), 2)
                ),
                {"event_id": "ae", "event_type": "serious_adverse_event", "depends_on": "r", "delay": {"days": 50}, "parameters": {"study": "HS-CV-401", **parameters}},
            ],
        },
    }  # fmt: skip


def check_death(tmp_path, spec):
    result = generate(spec, workspace=tmp_path, output_formats=["sdtm"], out=tmp_path / "out")
    with result.scenario.connect() as connection:
        dead = rows(
            connection,
            """SELECT count(*), bool_and(s.status = 'discontinued' AND s.end_date = d.disposition_date AND a.outcome = 'FATAL'
                 AND a.end_date = d.disposition_date AND a.serious AND a.toxicity_grade = 5)
               FROM dispositions d JOIN subjects s USING (subject_id) JOIN adverse_events a USING (subject_id) WHERE decoded_term = 'DEATH'""",
        )
        assert dead == [(12, True)]
        late = """SELECT count(*) FROM visits JOIN subjects USING (subject_id) WHERE visit_date > end_date UNION ALL
                  SELECT count(*) FROM exposures e JOIN subjects s USING (subject_id) WHERE e.end_date > s.end_date"""
        assert rows(connection, late) == [(0,), (0,)]
        assert rows(connection, "SELECT min(visit_number), max(visit_number) < 3 FROM visits") == [(2.0, True)]
    folder = next((tmp_path / "out").rglob("dm.xpt")).parent
    assert judge(folder) == []
    assert set(read(folder / "dm.xpt")[0]["DTHFL"]) == {"Y"}


def test_a_fatal_event_ends_the_participation_with_death_and_nothing_follows(tmp_path):
    check_death(tmp_path, fatal(outcome="FATAL", duration_days=3))


def test_who_dies_leaves_the_study_on_that_day(tmp_path):
    if "death_date" not in catalog.build().all("attribute"):
        pytest.skip("persons have no day of death here")
    spec = fatal(action_taken="DOSE NOT CHANGED")
    spec["demographics"]["death_date"] = "2025-03-12"
    spec["generation"]["validation"] = "none"
    check_death(tmp_path, spec)

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

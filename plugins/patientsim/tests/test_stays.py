"""Emergency visits, stays and the movements through them, on a generated cohort and on the timeline itself."""

import json
from pathlib import Path

import numpy as np
import pytest

from healthsim_core import catalog
from healthsim_core.columns import Span
from healthsim_core.generation.handling import generate_span
from healthsim_core.generation.resolving import resolve
from healthsim_core.generation.run import generate

EMERGENCY = json.loads((Path(__file__).parent / "emergency.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Return a connection to people who come to an emergency department; half of them stay."""
    result = generate(EMERGENCY, workspace=tmp_path_factory.mktemp("home"))
    with result.scenario.connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def timeline(tmp_path_factory):
    """Return the finished timeline of the same people."""
    plan = resolve(EMERGENCY, catalog.build(), tmp_path_factory.mktemp("home"))
    return generate_span(plan, Span(0, plan.count), plan.build_rosters())[1]


def rows(connection, sql):
    return connection.execute(sql).fetchall()


def test_an_emergency_visit_is_admitted_where_and_only_where_its_person_stays(timeline):
    visits, stays = timeline["patientsim.encounter"], timeline["patientsim.admission"]
    urgent = stays.entity[stays["admission_type_code"].isin(["1"])]
    assert 50 < len(urgent) < 110
    assert (visits["admitted"] == np.isin(visits.entity, urgent)).all()


def test_emergencies_are_priority_one_and_planned_stays_three(cohort):
    found = rows(
        cohort,
        """SELECT DISTINCT start_datetime >= DATE '2025-05-01', admission_type_code, admission_source_code
        FROM encounters WHERE encounter_type = 'inpatient' ORDER BY 1""",
    )
    assert found == [(False, "1", "1"), (True, "3", "1")]


def test_a_stay_ends_with_its_discharge_and_takes_its_status(cohort):
    nights = rows(
        cohort,
        """SELECT discharge_disposition_code, min(date_diff('day', start_datetime::DATE, end_datetime::DATE)),
          max(date_diff('day', start_datetime::DATE, end_datetime::DATE))
        FROM encounters WHERE encounter_type = 'inpatient' GROUP BY 1 ORDER BY 1""",
    )
    # The planned stay has two nights and no discharge of its own; the discharge comes 2 to 5 days after admission.
    assert nights[0] == ("01", 2, 2)
    assert nights[1][0] == "03" and 1 <= nights[1][1] and nights[1][2] == 5
    assert rows(
        cohort, "SELECT DISTINCT end_datetime::TIME::VARCHAR FROM encounters WHERE encounter_type = 'inpatient'"
    ) == [("11:00:00",)]


def test_the_length_of_a_stay_is_that_from_its_start_to_its_end(timeline):
    stays = timeline["patientsim.admission"]
    nights = (stays["end_time"].astype("datetime64[D]") - stays["start_time"].astype("datetime64[D]")).astype(int)
    assert (stays["length_of_stay_days"] == np.maximum(nights, 1)).all()


def test_a_stay_begins_right_after_the_emergency_visit_that_led_to_it(cohort):
    early, late, found = rows(
        cohort,
        """SELECT count(*) FILTER (s.start_datetime < v.end_datetime + INTERVAL 20 MINUTE),
          count(*) FILTER (s.start_datetime > v.end_datetime + INTERVAL 20 MINUTE AND s.recorded = v.start_datetime::DATE), count(*)
        FROM encounters v
        JOIN (SELECT e.*, d.recorded_date AS recorded FROM encounters e JOIN diagnoses d USING (encounter_id) WHERE d.rank = 1) s
          USING (patient_id)
        WHERE v.encounter_type = 'ed' AND s.encounter_type = 'inpatient' AND s.admission_type_code = '1'""",
    )[0]
    assert (early, late, found > 50) == (0, 0, True)


def test_planned_stays_begin_in_the_morning(cohort):
    found = rows(
        cohort,
        """SELECT min(start_datetime::TIME) >= TIME '05:30', max(start_datetime::TIME) < TIME '09:30' FROM encounters
        WHERE encounter_type = 'inpatient' AND admission_type_code = '3'""",
    )
    assert found == [(True, True)]


def test_an_emergency_visit_says_whether_it_ended_at_home_or_in_the_hospital(cohort):
    found = rows(
        cohort,
        """SELECT v.discharge_disposition_code, count(s.encounter_id) > 0 FROM encounters v
        LEFT JOIN encounters s ON s.patient_id = v.patient_id AND s.admission_type_code = '1'
        WHERE v.encounter_type = 'ed' GROUP BY v.encounter_id, 1""",
    )
    assert set(found) == {("01", False), ("09", True)}


@pytest.mark.parametrize(
    ("table", "moment"),
    [
        ("lab_orders", "ordered_datetime"),
        ("procedures", "performed_datetime"),
        ("movements", "movement_datetime"),
        ("observations", "effective_datetime"),
    ],
)
def test_what_belongs_to_an_encounter_lies_inside_it(cohort, table, moment):
    outside, inside = rows(
        cohort,
        f"""SELECT count(*) FILTER (t.{moment} NOT BETWEEN start_datetime AND end_datetime), count(*)
        FROM {table} t JOIN encounters e USING (encounter_id) WHERE t.patient_id = e.patient_id""",
    )[0]
    assert outside == 0 < inside


def test_orders_and_procedures_of_a_stay_belong_to_it(cohort):
    for table in ("lab_orders", "procedures"):
        found = rows(cohort, f"SELECT DISTINCT encounter_type FROM {table} LEFT JOIN encounters USING (encounter_id)")
        assert found == [("inpatient",)], table


def test_patients_are_admitted_moved_and_discharged_from_where_they_were_last(cohort):
    ways = rows(
        cohort,
        """SELECT DISTINCT encounter_type, string_agg(movement_type || ' ' || unit, ', ' ORDER BY movement_datetime)
        FROM movements JOIN encounters USING (encounter_id) GROUP BY encounter_id, encounter_type ORDER BY ALL""",
    )
    assert ways == [
        ("ed", "register ED, update ED, discharge ED"),
        ("inpatient", "admit MEDSURG, discharge MEDSURG"),
        ("inpatient", "admit MEDSURG, transfer ICU, discharge ICU"),
    ]
    assert rows(
        cohort,
        """SELECT count(*) FROM (SELECT arg_max(room, movement_datetime) FILTER (movement_type <> 'discharge') AS last,
          max(room) FILTER (movement_type = 'discharge') AS left_from FROM movements GROUP BY encounter_id)
        WHERE last IS DISTINCT FROM left_from""",
    ) == [(0,)]


def test_hospital_doctors_see_people_in_hospitals(cohort):
    pytest.importorskip("networksim")
    found = rows(
        cohort,
        """SELECT DISTINCT encounter_type, specialty, facility_type FROM encounters JOIN providers USING (provider_id)
        JOIN facilities f ON f.facility_id = encounters.facility_id ORDER BY 1""",
    )
    assert found == [("ed", "emergency_medicine", "hospital"), ("inpatient", "hospital_medicine", "hospital")]


def test_a_discharge_that_names_no_stay_ends_the_one_under_way(tmp_path):
    spec = {
        "id": "loose",
        "generation": {"count": 5, "products": ["patientsim"]},
        "journey": {
            "id": "loose",
            "events": [
                {"event_id": "in", "event_type": "admission", "product": "patientsim", "day": 3},
                {
                    "event_id": "out",
                    "event_type": "discharge",
                    "product": "patientsim",
                    "day": 9,
                    "parameters": {"disposition": "06"},
                },
            ],
        },
    }
    with generate(spec, workspace=tmp_path).scenario.connect() as connection:
        stays = rows(
            connection, "SELECT DISTINCT end_datetime::DATE::VARCHAR, discharge_disposition_code FROM encounters"
        )
        moves = rows(connection, "SELECT movement_type, count(*) FROM movements GROUP BY 1 ORDER BY 1")
    assert stays == [("2025-01-10", "06")]
    assert moves == [("admit", 5), ("discharge", 5)]


def test_one_person_alone_is_as_they_are_among_others(timeline, tmp_path):
    plan = resolve(EMERGENCY, catalog.build(), tmp_path)
    rosters = plan.build_rosters()
    for number in (0, 1, 2, 3):
        alone = generate_span(plan, Span(number, number + 1), rosters)[1]
        for kind in ("patientsim.encounter", "patientsim.admission"):
            mine = timeline[kind].select(timeline[kind].entity == number * 16)
            other = alone[kind]
            assert other["end_time"].tolist() == mine["end_time"].tolist()
            assert other["diagnosis_1"].decode().tolist() == mine["diagnosis_1"].decode().tolist()
            if kind == "patientsim.encounter":
                assert other["admitted"].tolist() == mine["admitted"].tolist()

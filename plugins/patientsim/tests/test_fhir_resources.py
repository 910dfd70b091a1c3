"""The FHIR parts of PatientSim over a fixture that has every nullable column both ways."""

from __future__ import annotations

import json
from pathlib import Path

import golden
import pytest

from healthsim_core.export import export
from healthsim_core.persons import PERSONS
from healthsim_fhir.plugin import healthsim_output_formats
from healthsim_fhir.testing import (
    bundle_problems,
    read_ndjson,
    reference_problems,
    shape_problems,
    shared_parts,
    source_of,
)
from patientsim.entities import TABLES
from patientsim.fhir import FORMAT_PARTS

HERE = Path(__file__).parent
DIRECTORY = shared_parts(json.loads((HERE / "fhir_directory.json").read_text("utf-8")), ("encounters",))
FIXTURE = (HERE / "fhir_fixture.sql").read_text("utf-8")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return the folder with both formats of the fixture."""
    out = tmp_path_factory.mktemp("fhir")
    source = source_of((PERSONS, *TABLES), (*FORMAT_PARTS, *DIRECTORY), FIXTURE)
    for output_format in healthsim_output_formats():
        export(source, output_format, out)
    return out


@pytest.fixture(scope="module")
def resources(written):
    """Return the fixture's resources by `Type/id`."""
    return {f"{one['resourceType']}/{one['id']}": one for one in read_ndjson(written / "fhir_r4")}


@pytest.mark.parametrize("resource_type", sorted({part.name for part in FORMAT_PARTS}))
def test_the_file_is_the_one_that_was_read_by_eye(written, resource_type):
    file = f"{resource_type}.ndjson"
    golden.same((written / "fhir_r4" / file).read_text("utf-8"), HERE / "golden/fhir" / file)


def test_there_are_no_nulls_empties_or_codes_without_a_system(resources):
    assert [problem for one in resources.values() for problem in shape_problems(one)] == []


def test_every_reference_resolves_among_the_files(resources):
    assert reference_problems(resources.values()) == []


def test_every_bundle_stands_alone(written):
    bundles = [json.loads(path.read_text("utf-8")) for path in (written / "fhir_bundle").glob("*.json")]
    assert sorted(bundle["id"] for bundle in bundles) == ["PT16", "PT160", "PT32"]
    assert [problem for bundle in bundles for problem in bundle_problems(bundle)] == []


def test_the_bundles_hold_what_the_files_hold(written, resources):
    bundles = [json.loads(path.read_text("utf-8")) for path in (written / "fhir_bundle").glob("*.json")]
    held = {entry["request"]["url"]: entry["resource"] for bundle in bundles for entry in bundle["entry"]}
    assert held == {key: one for key, one in resources.items() if key != "Practitioner/PR3"}


def test_text_with_quotes_and_backslashes_survives(resources):
    patient = resources["Patient/PT16"]
    assert patient["name"] == [{"use": "official", "family": 'O\'Brien "Obie"', "given": ["María"]}]
    assert patient["address"][0]["line"] == ["12 Back\\slash St"]


def test_a_patient_without_race_has_no_race_extension(resources):
    urls = [one["url"].rsplit("/")[-1] for one in resources["Patient/PT160"]["extension"]]
    assert urls == ["us-core-birthsex"]


def test_systolic_and_diastolic_are_one_blood_pressure(resources):
    pressure = resources["Observation/O20"]
    assert pressure["code"]["coding"] == [{"system": "http://loinc.org", "code": "85354-9"}]
    values = [one["valueQuantity"]["value"] for one in pressure["component"]]
    assert values == [142, 88]
    assert "Observation/O21" not in resources


def test_a_lone_diastolic_says_that_the_systolic_was_not_measured(resources):
    systolic, diastolic = resources["Observation/O22"]["component"]
    assert systolic["dataAbsentReason"]["coding"][0]["code"] == "not-performed"
    assert diastolic["valueQuantity"]["value"] == 71


def test_two_readings_at_one_time_stay_two_panels():
    again = (
        FIXTURE
        + """
        INSERT INTO observations
        SELECT * REPLACE (observation_id || '0' AS observation_id, value + 1 AS value)
        FROM observations WHERE observation_id IN ('O20', 'O21');
    """
    )
    source = source_of((PERSONS, *TABLES), FORMAT_PARTS, again)
    part = next(part for part in FORMAT_PARTS if part.name == "Observation")
    rows = source.cursor(f"SELECT content FROM ({part.sql}) WHERE id IN ('O20', 'O200')").fetchall()
    panels = [[one["valueQuantity"]["value"] for one in json.loads(row[0])["component"]] for row in rows]
    assert sorted(panels) == [[142, 88], [143, 89]]


def test_an_order_nobody_is_known_to_have_written_says_so(resources):
    requester = resources["MedicationRequest/MO2"]["requester"]
    assert requester["extension"][0]["valueCode"] == "unknown"


def test_a_scenario_without_labs_and_orders_writes_only_what_it_has(tmp_path):
    tables = {"persons", "patients", "diagnoses", "encounters"}
    statements = [one for one in FIXTURE.split(";\n") if any(f"INSERT INTO {name} " in one for name in tables)]
    source = source_of((PERSONS, *TABLES), FORMAT_PARTS, ";\n".join(statements))
    written = export(source, healthsim_output_formats()[0], tmp_path)
    assert sorted(written.files) == ["Condition.ndjson", "Encounter.ndjson", "Patient.ndjson"]

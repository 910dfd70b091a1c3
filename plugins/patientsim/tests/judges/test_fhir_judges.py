"""Other people's validators on PatientSim's FHIR; each runs where its package is installed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from healthsim_core.export import export
from healthsim_core.persons import PERSONS
from healthsim_fhir.plugin import healthsim_output_formats
from healthsim_fhir.testing import (
    fhircraft_problems,
    google_problems,
    read_ndjson,
    shared_parts,
    source_of,
    us_core_problems,
)
from patientsim.entities import TABLES
from patientsim.fhir import FORMAT_PARTS

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def resources(tmp_path_factory):
    """Return every resource and every bundle of the fixture."""
    out = tmp_path_factory.mktemp("fhir")
    directory = shared_parts(json.loads((TESTS / "fhir_directory.json").read_text("utf-8")), ("encounters",))
    sql = (TESTS / "fhir_fixture.sql").read_text("utf-8")
    source = source_of((PERSONS, *TABLES), (*FORMAT_PARTS, *directory), sql)
    for output_format in healthsim_output_formats():
        export(source, output_format, out)
    bundles = [json.loads(path.read_text("utf-8")) for path in sorted((out / "fhir_bundle").glob("*.json"))]
    return read_ndjson(out / "fhir_r4") + bundles


def test_fhircraft_accepts_everything(resources):
    pytest.importorskip("fhircraft")
    assert [problem for one in resources for problem in fhircraft_problems(one)] == []


def test_google_fhir_accepts_everything(resources):
    pytest.importorskip("google.fhir.r4")
    assert [problem for one in resources for problem in google_problems(one)] == []


def test_the_rules_of_us_core_hold(resources):
    pytest.importorskip("fhirpathpy")
    assert [problem for one in resources for problem in us_core_problems(one)] == []


def test_every_patient_resource_claims_a_us_core_profile(resources):
    own = {part.name for part in FORMAT_PARTS}
    assert [one["id"] for one in resources if one["resourceType"] in own and not one["meta"]["profile"]] == []

"""The FHIR part of RxMemberSim over the formats' fixture: one MedicationDispense a fill."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from attrs import frozen

import networksim.entities
from healthsim_core.export import export
from healthsim_core.persons import PERSONS
from healthsim_core.tables import key, refers, table_from
from healthsim_fhir.plugin import healthsim_output_formats
from healthsim_fhir.testing import (
    fhircraft_problems,
    read_ndjson,
    reference_problems,
    shape_problems,
    shared_parts,
    source_of,
)
from rxmembersim.entities import TABLES
from rxmembersim.fhir import FORMAT_PARTS

HERE = Path(__file__).parent


@frozen
class Patient:
    """What the part needs of another product's patients."""

    patient_id: str = key("PT", "The patient's key.")
    person_id: str = refers("persons.person_id", "P", "The person.")


PATIENTS = "INSERT INTO patients SELECT 'PT' || substr(person_id, 2), person_id FROM persons WHERE person_id <> 'P3';"
ELSEWHERE = (
    [{"resourceType": "Patient", "id": one} for one in ("PT1", "PT2", "PT16")]
    + [{"resourceType": "Organization", "id": one} for one in ("PH1", "PH2", "PH3")]
    + [{"resourceType": "MedicationRequest", "id": one} for one in ("MO1", "MO2", "MO4", "MO5")]
)


@pytest.fixture(scope="module")
def dispenses(tmp_path_factory):
    """Return the fixture's resources by id."""
    out = tmp_path_factory.mktemp("fhir")
    tables = (PERSONS, *TABLES, *networksim.entities.TABLES, table_from(Patient, "patients"))
    parts = (*FORMAT_PARTS, *shared_parts(ELSEWHERE, ("patients",)))
    source = source_of(tables, parts, (HERE / "formats_fixture.sql").read_text("utf-8") + PATIENTS)
    export(source, healthsim_output_formats()[0], out)
    found = read_ndjson(out / "fhir_r4")
    assert reference_problems(found) == []
    return {one["id"]: one for one in found if one["resourceType"] == "MedicationDispense"}


def test_every_fill_of_a_patient_is_dispensed_once(dispenses):
    assert sorted(dispenses) == sorted(f"FL{n}" for n in (1, 2, 3, 5, 6, 7, 8, 9, 90, 91, 92, 93))


def test_there_are_no_nulls_empties_or_codes_without_a_system(dispenses):
    assert [problem for one in dispenses.values() for problem in shape_problems(one)] == []


def test_a_refill_says_what_when_how_much_who_and_by_which_order(dispenses):
    assert dispenses["FL8"] == json.loads("""{
        "resourceType": "MedicationDispense", "id": "FL8",
        "meta": {"lastUpdated": "2025-04-06T00:00:00-06:00", "profile": ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-medicationdispense"]},
        "status": "completed",
        "medicationCodeableConcept": {"coding": [
            {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "861007"},
            {"system": "http://hl7.org/fhir/sid/ndc", "code": "99990000101"}], "text": "metformin 500 mg tablet"},
        "subject": {"reference": "Patient/PT16"},
        "performer": [{"actor": {"reference": "Organization/PH2"}}],
        "authorizingPrescription": [{"reference": "MedicationRequest/MO4"}],
        "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "RF"}]},
        "quantity": {"value": 180},
        "daysSupply": {"value": 90, "unit": "day", "system": "http://unitsofmeasure.org", "code": "d"},
        "whenHandedOver": "2025-04-06"}""")


def test_a_reversed_fill_was_never_handed_over(dispenses):
    assert dispenses["FL2"]["status"] == "cancelled"
    assert "whenHandedOver" not in dispenses["FL2"]
    assert all("whenHandedOver" in one for one in dispenses.values() if one["status"] == "completed")


def test_a_prescription_without_an_order_refers_to_none(dispenses):
    assert "authorizingPrescription" not in dispenses["FL90"]


def test_fhircraft_accepts_everything(dispenses):
    pytest.importorskip("fhircraft")
    assert [problem for one in dispenses.values() for problem in fhircraft_problems(one)] == []

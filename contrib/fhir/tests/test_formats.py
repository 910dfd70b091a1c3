"""NDJSON files and bundles, over parts made for the occasion."""

from __future__ import annotations

import json

import pytest
from attrs import frozen

from healthsim_core.declarations import FormatPart
from healthsim_core.export import export
from healthsim_core.tables import column, key, table_from
from healthsim_fhir import bundle
from healthsim_fhir.plugin import healthsim_output_formats
from healthsim_fhir.testing import bundle_problems, shared_parts, source_of

NDJSON, BUNDLE, PLAN_NET = healthsim_output_formats()


@frozen
class Someone:
    """A patient of the test."""

    someone_id: str = key("S", "The key.")
    doctor: str | None = column("Whom they see.")


PEOPLE = table_from(Someone, "people")

PATIENT = FormatPart(
    "fhir_r4",
    "Patient",
    "one",
    ("people",),
    """
    SELECT someone_id AS subject, someone_id AS id,
      concat('{"resourceType":"Patient","id":"', someone_id, '"',
        ',"generalPractitioner":[{"reference":"Practitioner/' || doctor || '"}]', '}') AS content
    FROM people -- a comment at the end does no harm""",
)
CONDITION = FormatPart(
    "fhir_r4",
    "Condition",
    "two",
    ("people",),
    """
    SELECT someone_id AS subject, 'D' || n AS id,
      concat('{"resourceType":"Condition","id":"D', n, '","subject":{"reference":"Patient/', someone_id, '"}}')
      AS content
    FROM (SELECT someone_id, row_number() OVER (ORDER BY length(someone_id), someone_id) AS n FROM people)""",
)
SHARED = shared_parts(
    [
        {"resourceType": "Practitioner", "id": "PR1", "extension": [{"value": {"reference": "Organization/F1"}}]},
        {"resourceType": "Practitioner", "id": "PR2"},
        {"resourceType": "Organization", "id": "F1", "partOf": {"reference": "Organization/F2"}},
        {"resourceType": "Organization", "id": "F2", "partOf": {"reference": "Organization/F1"}},
    ],
    ("people",),
)


def people(count: int, order: str = "i") -> str:
    """Return SQL that fills the table with so many people; the first sees PR1, the others nobody."""
    doctor = "CASE WHEN i = 0 THEN 'PR1' END"
    return f"INSERT INTO people SELECT 'S' || i, {doctor} FROM range({count}) t(i) ORDER BY {order}"


def read(path) -> dict:
    """Return a JSON file."""
    return json.loads(path.read_text("utf-8"))


def test_there_is_one_file_per_type_in_the_order_of_the_ids(tmp_path):
    written = export(source_of([PEOPLE], [PATIENT, CONDITION], people(12, "i DESC")), NDJSON, tmp_path)
    assert written.counts == {"Condition": 12, "Patient": 12}
    lines = (tmp_path / "fhir_r4/Patient.ndjson").read_text("utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == [f"S{i}" for i in range(12)]


def test_two_products_share_the_file_of_a_type(tmp_path):
    other = FormatPart(
        "fhir_r4",
        "Patient",
        "three",
        ("people",),
        """
        SELECT 'X1' AS subject, 'X1' AS id, '{"resourceType":"Patient","id":"X1"}' AS content""",
    )
    written = export(source_of([PEOPLE], [PATIENT, other], people(2)), NDJSON, tmp_path)
    assert written.counts == {"Patient": 3}


def test_a_type_without_rows_makes_no_file(tmp_path):
    none = "SELECT '' AS subject, '' AS id, '' AS content WHERE false"
    nothing = FormatPart("fhir_r4", "Procedure", "one", ("people",), none)
    written = export(source_of([PEOPLE], [PATIENT, nothing], people(2)), NDJSON, tmp_path)
    assert list(written.files) == ["Patient.ndjson"]


def test_the_bytes_do_not_depend_on_the_order_of_the_rows(tmp_path):
    for order in ("i", "i DESC"):
        for output_format in (NDJSON, BUNDLE):
            source = source_of([PEOPLE], [PATIENT, CONDITION, *SHARED], people(30, order))
            export(source, output_format, tmp_path / order)
    for path in (tmp_path / "i").rglob("*.*json"):
        assert path.read_bytes() == (tmp_path / "i DESC" / path.relative_to(tmp_path / "i")).read_bytes()


def test_a_bundle_holds_the_patient_first_and_only_their_own(tmp_path):
    export(source_of([PEOPLE], [PATIENT, CONDITION, *SHARED], people(12)), BUNDLE, tmp_path)
    keys = [entry["request"]["url"] for entry in read(tmp_path / "fhir_bundle/S10.json")["entry"]]
    assert keys == ["Patient/S10", "Condition/D11"]


def test_a_bundle_brings_what_it_refers_to_however_far(tmp_path):
    export(source_of([PEOPLE], [PATIENT, CONDITION, *SHARED], people(2)), BUNDLE, tmp_path)
    first = read(tmp_path / "fhir_bundle/S0.json")
    keys = [entry["request"]["url"] for entry in first["entry"]]
    assert keys == ["Patient/S0", "Condition/D1", "Organization/F1", "Organization/F2", "Practitioner/PR1"]
    assert bundle_problems(first) == []


def test_many_bundles_go_into_folders_of_a_thousand(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "FLAT", 5)
    written = export(source_of([PEOPLE], [PATIENT], people(12)), BUNDLE, tmp_path)
    assert written.counts == {"Bundle": 12}
    assert sorted({file.rpartition("/")[0] for file in written.files}) == ["00000", "00001", "00002"]
    assert (tmp_path / "fhir_bundle/00001/S5.json").is_file()


def test_without_patients_there_are_no_bundles(tmp_path):
    assert export(source_of([PEOPLE], [CONDITION], people(2)), BUNDLE, tmp_path).counts == {}


@pytest.mark.parametrize("output_format", [NDJSON, BUNDLE])
def test_the_serializer_of_each_format_is_declared(output_format):
    from healthsim_fhir.plugin import healthsim_serializers

    assert output_format.serializer in {one.name for one in healthsim_serializers()}


def test_a_directory_is_made_of_its_own_parts(tmp_path):
    part = FormatPart("fhir_plan_net", "Practitioner", "one", ("people",), SHARED[0].sql)
    written = export(source_of([PEOPLE], [part, PATIENT, *SHARED], people(3)), PLAN_NET, tmp_path)
    assert (written.folder.name, written.counts) == ("fhir_plan_net", {"Practitioner": 2})

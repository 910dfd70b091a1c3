"""The judges that need no package catch what they are for."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from healthsim_fhir.testing import bundle_problems, read_ndjson, reference_problems, shape_problems

EXAMPLES = json.loads((Path(__file__).parent / "fhir_examples.json").read_text("utf-8"))
PATIENT, CONDITION = EXAMPLES["patient"], EXAMPLES["condition"]


def bundle_of(*resources: dict) -> dict:
    """Return a transaction bundle of resources."""
    entries = []
    for one in copy.deepcopy(resources):
        key = f"{one['resourceType']}/{one['id']}"
        request = {"method": "PUT", "url": key}
        entries.append({"fullUrl": f"https://healthsim.example/fhir/{key}", "resource": one, "request": request})
    return {"resourceType": "Bundle", "id": "B", "type": "transaction", "entry": entries}


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_the_examples_are_well_shaped(example):
    assert shape_problems(example) == []


@pytest.mark.parametrize(
    "change",
    [
        {"encounter": None},
        {"encounter": {}},
        {"note": []},
        {"note": [None]},
        {"code": {"text": ""}},
        {"code": {"coding": [{"code": "E11.9"}]}},
        {"recordedDate": "2025-01-06T09:00:00"},
    ],
    ids=str,
)
def test_a_malformed_resource_is_caught(change):
    assert len(shape_problems({**CONDITION, **change})) == 1


def test_a_reference_to_nothing_is_caught():
    assert reference_problems([PATIENT, CONDITION]) == []
    assert reference_problems([CONDITION]) == ["Condition/D1: Patient/PT1 does not resolve"]


def test_an_id_used_twice_and_a_malformed_one_are_caught():
    problems = reference_problems([PATIENT, PATIENT, {**CONDITION, "id": "a b"}])
    assert problems == ["Condition/a b: malformed id", "Patient/PT1: not unique"]


def test_a_bundle_that_does_not_stand_alone_is_caught():
    assert bundle_problems(bundle_of(PATIENT, CONDITION)) == []
    assert bundle_problems(bundle_of(CONDITION)) == [
        "Bundle/B: 0 patients",
        "Bundle/B: Condition/D1: Patient/PT1 does not resolve",
    ]


@pytest.mark.parametrize("lacking", ["request", "fullUrl"])
def test_an_entry_without_its_address_is_caught(lacking):
    bundle = bundle_of(PATIENT)
    del bundle["entry"][0][lacking]
    assert len(bundle_problems(bundle)) == 1


def test_a_file_of_another_type_is_refused(tmp_path):
    (tmp_path / "Condition.ndjson").write_text(json.dumps(PATIENT) + "\n", "utf-8")
    with pytest.raises(ValueError, match="Condition.ndjson holds {'Patient'}"):
        read_ndjson(tmp_path)

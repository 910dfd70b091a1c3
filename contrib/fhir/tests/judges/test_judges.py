"""Each judge accepts what is right and catches what it is for; a judge that accepts everything proves nothing."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from healthsim_fhir.testing import fhircraft_problems, google_problems, us_core_problems

EXAMPLES = json.loads((Path(__file__).parents[1] / "fhir_examples.json").read_text("utf-8"))


def broken(name: str, path: str, value: object) -> dict:
    """Return an example with the element at `path` replaced, or taken away for None."""
    resource = copy.deepcopy(EXAMPLES[name])
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place = resource
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return resource


R4 = [
    ("condition", "subject", None),
    ("condition", "diagnosis", "E11.9"),
    ("condition", "onsetDateTime", "2025-13-01"),
    ("condition", "encounter", {}),
    ("order", "intent", None),
    ("order", "dispenseRequest.numberOfRepeatsAllowed", -1),
    ("pressure", "component.0.code", None),
    ("patient", "birthDate", "31.01.1990"),
]


@pytest.mark.parametrize("judge, package", [(fhircraft_problems, "fhircraft"), (google_problems, "google.fhir.r4")])
class TestOfR4:
    @pytest.mark.parametrize("name", EXAMPLES)
    def test_the_examples_are_accepted(self, judge, package, name):
        pytest.importorskip(package)
        assert judge(EXAMPLES[name]) == []

    @pytest.mark.parametrize("name, path, value", R4)
    def test_what_r4_forbids_is_caught(self, judge, package, name, path, value):
        pytest.importorskip(package)
        assert judge(broken(name, path, value)) != []


@pytest.mark.parametrize(
    "name, path, value",
    [
        ("condition", "abatementDateTime", "2025-02-01"),
        ("condition", "verificationStatus.coding.0.code", "entered-in-error"),
        ("condition", "onsetString", "long ago"),
    ],
)
def test_fhircraft_catches_what_breaks_an_invariant(name, path, value):
    pytest.importorskip("fhircraft")
    assert fhircraft_problems(broken(name, path, value)) != []


@pytest.mark.parametrize(
    "name, path, value",
    [
        ("condition", "id", "a b"),
        ("condition", "encounter", {"reference": "Patient/PT1"}),
        ("patient", "gender", "f"),
        ("order", "status", "aktive"),
    ],
)
def test_google_catches_bad_codes_ids_and_reference_types(name, path, value):
    pytest.importorskip("google.fhir.r4")
    assert google_problems(broken(name, path, value)) != []


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_keep_the_rules_of_us_core(name):
    pytest.importorskip("fhirpathpy")
    assert us_core_problems(EXAMPLES[name]) == []


@pytest.mark.parametrize(
    "name, path, value, key",
    [
        ("condition", "clinicalStatus.coding.0.code", "aktive", "clinicalStatus"),
        ("condition", "category.0.coding.0.code", "encounter-diagnosis", "category"),
        ("condition", "code", None, "mandatory"),
        ("order", "requester", None, "us-core-21"),
        ("pressure", "component.1.code.coding.0.code", "8867-4", "diastolic"),
        ("pressure", "component.1.valueQuantity", None, "vs-3"),
        ("pressure", "component.1.valueQuantity.code", "kPa", "unit"),
        ("pressure", "component.1.valueQuantity.unit", None, "quantity"),
        ("pressure", "effectiveDateTime", "2025", "vs-1"),
        ("pressure", "category.0.coding.0.code", "laboratory", "category"),
        ("patient", "identifier.0.system", None, "identifier"),
        ("patient", "name", [{"text": "Ann Poe"}], "us-core-6"),
        ("patient", "extension.0.extension.1.url", "label", "race text"),
        ("patient", "extension.0.extension.0.valueCoding.code", "2028-8", "race text"),
    ],
)
def test_a_broken_rule_of_us_core_is_caught_and_named(name, path, value, key):
    pytest.importorskip("fhirpathpy")
    problems = us_core_problems(broken(name, path, value))
    assert any(problem.endswith(f" {key}") for problem in problems), problems


def test_a_profile_without_rules_is_not_taken_for_a_good_one():
    pytest.importorskip("fhirpathpy")
    problems = us_core_problems(broken("patient", "meta.profile", ["http://example.com/whatever"]))
    assert problems == ["Patient/PT1: no rules for profile http://example.com/whatever"]

"""Other people's validators on the directory as Plan-Net and US Core; each runs where its package is installed."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from healthsim_core.export import export
from healthsim_fhir.plugin import healthsim_output_formats
from healthsim_fhir.testing import (
    fhircraft_problems,
    google_problems,
    plan_net_problems,
    read_ndjson,
    source_of,
    us_core_problems,
)
from networksim.entities import TABLES
from networksim.fhir import FORMAT_PARTS

FIXTURE = Path(__file__).parents[1] / "plan_net_fixture.sql"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return the resources of the fixture by format."""
    out = tmp_path_factory.mktemp("fhir")
    source = source_of(TABLES, FORMAT_PARTS, FIXTURE.read_text("utf-8"))
    formats = {one.name: one for one in healthsim_output_formats() if one.lines is not None}
    for one in formats.values():
        export(source, one, out)
    return {name: read_ndjson(out / name) for name in formats}


@pytest.mark.parametrize("format_name", ["fhir_plan_net", "fhir_r4"])
@pytest.mark.parametrize("judge, package", [(fhircraft_problems, "fhircraft"), (google_problems, "google.fhir.r4")])
def test_the_directory_is_valid_fhir(written, format_name, judge, package):
    pytest.importorskip(package)
    assert [problem for one in written[format_name] for problem in judge(one)] == []


def test_the_rules_of_plan_net_hold(written):
    pytest.importorskip("fhirpathpy")
    assert [problem for one in written["fhir_plan_net"] for problem in plan_net_problems(one)] == []


def test_the_rules_of_us_core_hold(written):
    pytest.importorskip("fhirpathpy")
    assert [problem for one in written["fhir_r4"] for problem in us_core_problems(one)] == []


@pytest.mark.parametrize(
    "profile, path, value, key",
    [
        ("plannet-Practitioner", "active", False, "mandatory"),
        (
            "plannet-Practitioner",
            "qualification.0.extension.0.extension.0.valueCode",
            "inactive",
            "qualification status",
        ),
        (
            "plannet-PractitionerRole",
            "extension.0.extension.0.valueCodeableConcept.coding.0.code",
            "maybe",
            "new patients",
        ),
        ("plannet-PractitionerRole", "specialty.0.coding.0.code", "cardiology", "specialty"),
        ("plannet-Organization", "type.0.coding.0.code", "ntwk", "type"),
        ("plannet-Network", "partOf", None, "mandatory"),
        ("plannet-Location", "status", "suspended", "mandatory"),
        ("plannet-HealthcareService", "category.0.coding.0.code", "clinic", "category"),
        ("plannet-InsurancePlan", "network", None, "network-or-plan-Network"),
        ("plannet-InsurancePlan", "type.0.coding.0.code", "hmo", "type"),
        ("plannet-OrganizationAffiliation", "code.0.coding.0.code", "member", "code"),
    ],
)
def test_a_broken_rule_of_plan_net_is_caught_and_named(written, profile, path, value, key):
    pytest.importorskip("fhirpathpy")
    resource = copy.deepcopy(
        next(one for one in written["fhir_plan_net"] if one["meta"]["profile"][0].endswith(profile))
    )
    place = resource
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    assert [problem.endswith(f"{profile} {key}") for problem in plan_net_problems(resource)] == [True]

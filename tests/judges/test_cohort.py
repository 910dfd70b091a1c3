"""Somebody else's validators on a whole generated cohort and on the family; each runs where its package is installed."""

import json
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from healthsim_core import generate
from healthsim_fhir.testing import fhircraft_problems, google_problems, read_ndjson, us_core_problems

SPECS = Path(__file__).parents[1] / "integration" / "specs"


@pytest.fixture(scope="module")
def resources(tmp_path_factory):
    """Return every resource of 1,000 people of Harris County, and the family's bundles."""
    home = tmp_path_factory.mktemp("home")
    generate(
        SPECS / "harris-medicare-diabetic.json",
        count=1000,
        products=["patientsim", "membersim", "rxmembersim"],
        output_formats=["fhir_r4"],
        workspace=home,
        out=home,
    )
    generate(SPECS / "oswald-family.json", workspace=home, out=home, output_formats=["fhir_bundle"])
    return read_ndjson(home / "fhir_r4"), [
        json.loads(path.read_text()) for path in sorted((home / "fhir_bundle").rglob("*.json"))
    ]


def shape(value: object) -> object:
    """Return what kinds of things a resource holds where: values left out, the codes and profiles kept."""
    if isinstance(value, dict):
        return tuple(
            sorted(
                (
                    key,
                    one
                    if key in ("system", "code", "profile", "resourceType", "status")
                    and not isinstance(one, dict | list)
                    else shape(one),
                )
                for key, one in value.items()
            )
        )
    if isinstance(value, list):
        return tuple(shape(one) for one in value)
    return type(value).__name__


def one_of_each(resources: list[dict]) -> list[dict]:
    """Return one resource of every shape: the slow judges need not see the same thing twice."""
    return list({shape(one): one for one in resources}.values())


def problems(judge, resources):
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return [problem for found in pool.map(judge, resources, chunksize=500) for problem in found]


def test_google_fhir_accepts_every_shape_and_every_fifth_resource_of_a_thousand_people_and_the_family(resources):
    pytest.importorskip("google.fhir.r4")
    everybody, family = resources
    assert len(everybody) > 40_000
    assert problems(google_problems, [*one_of_each(everybody), *everybody[::5], *family]) == []


def test_fhircraft_accepts_one_of_each_kind(resources):
    pytest.importorskip("fhircraft")
    chosen = one_of_each(resources[0])
    assert len(chosen) > 30
    assert [problem for one in chosen for problem in fhircraft_problems(one)] == []


def test_the_rules_of_us_core_hold_for_one_of_each_kind(resources):
    pytest.importorskip("fhirpathpy")
    # The rules we carry are for what a patient's record holds; the directory's profiles have none.
    directory = ("Practitioner", "PractitionerRole", "Organization", "Location")
    chosen = [one for one in one_of_each(resources[0]) if one["resourceType"] not in directory]
    assert len(chosen) > 30
    assert [problem for one in chosen for problem in us_core_problems(one)] == []

"""The directory as Plan-Net and in flat files: whole, resolving, and the same in both."""

import csv
import json
from pathlib import Path

import golden
import pytest

from healthsim_core import catalog
from healthsim_core.export import export
from healthsim_core.generation.run import export_formats, generate
from healthsim_fhir.testing import PLAN_NET, read_ndjson, reference_problems, shape_problems, source_of
from networksim.entities import TABLES
from networksim.fhir import FORMAT_PARTS
from networksim.flat_files import PROVIDER_DIRECTORY_CSV

HERE = Path(__file__).parent
FIXTURE = (HERE / "plan_net_fixture.sql").read_text("utf-8")


@pytest.fixture(scope="module")
def source():
    return source_of(TABLES, FORMAT_PARTS, FIXTURE)


@pytest.fixture(scope="module")
def written(source, tmp_path_factory):
    """Return the folder with the fixture in every format a directory has."""
    out = tmp_path_factory.mktemp("directory")
    found = catalog.build()
    for name in ("fhir_plan_net", "fhir_r4", "provider_directory_csv"):
        (output_format,) = found.formats(name)
        export(source, output_format, out)
    return out


@pytest.fixture(scope="module")
def resources(written):
    """Return the fixture's resources by type and id."""
    return {f"{one['resourceType']}/{one['id']}": one for one in read_ndjson(written / "fhir_plan_net")}


@pytest.mark.parametrize(
    "format_name, file",
    [
        *(("fhir_plan_net", f"{one}.ndjson") for one in ("HealthcareService", "InsurancePlan", "Location", "Organization",
                                                         "OrganizationAffiliation", "Practitioner", "PractitionerRole")),
        *(("fhir_r4", f"{one}.ndjson") for one in ("Location", "Organization", "Practitioner", "PractitionerRole")),
        *(("provider_directory_csv", f"{one}.csv") for one in ("facilities", "networks", "participations", "pharmacies",
                                                               "providers")),
    ],
)  # fmt: skip
def test_the_file_is_the_one_that_was_read_by_eye(written, format_name, file):
    golden.same((written / format_name / file).read_text("utf-8"), HERE / "golden" / format_name / file)


def extension(resource: dict, name: str) -> dict:
    """Return a resource's only extension of a name."""
    (found,) = [one for one in resource["extension"] if one["url"] == PLAN_NET + name]
    return found


def test_every_reference_resolves_and_every_resource_is_well_shaped(resources):
    assert reference_problems(resources.values()) == []
    assert [problem for one in resources.values() for problem in shape_problems(one)] == []


def test_each_type_of_the_guide_is_there_and_claims_its_profile(resources):
    claimed = {one["meta"]["profile"][0].removeprefix(PLAN_NET + "plannet-") for one in resources.values()}
    assert claimed == {
        "HealthcareService",
        "InsurancePlan",
        "Location",
        "Network",
        "Organization",
        "OrganizationAffiliation",
        "Practitioner",
        "PractitionerRole",
    }


def test_a_place_says_its_role_in_the_terms_of_the_guide(resources):
    types = {id: one["type"][0]["coding"][0]["code"] for id, one in resources.items() if id.startswith("Location/")}
    assert types == {"Location/F1": "HOSP", "Location/F2": "OF", "Location/F3": "291U00000X", "Location/PH1": "PHARM"}


def test_a_role_says_for_each_network_whether_new_patients_are_taken(resources):
    for id, network, code in (("NP1", "HMO-CORE", "newpt"), ("NP2", "EXCHANGE-VALUE", "nopt")):
        role = resources[f"PractitionerRole/{id}"]
        assert extension(role, "network-reference")["valueReference"]["reference"] == f"Organization/network-{network}"
        accepting, _ = extension(role, "newpatients")["extension"]
        assert accepting["valueCodeableConcept"]["coding"][0]["code"] == code
        assert role["practitioner"]["reference"] == "Practitioner/PR1"


def test_who_is_in_no_network_has_a_role_all_the_same(resources):
    role = resources["PractitionerRole/PR2-role"]
    assert "extension" not in role and role["code"][0]["coding"][0]["code"] == "pt"


def test_plans_are_of_their_product_and_metal_and_use_their_network(resources):
    gold = resources["InsurancePlan/plan-Exchange-Gold"]
    assert gold["type"][0]["coding"][0]["code"] == "qhp" and gold["plan"][0]["type"]["coding"][0]["code"] == "gold"
    assert gold["network"] == [{"reference": "Organization/network-EXCHANGE-VALUE"}]
    assert "plan" not in resources["InsurancePlan/plan-HMO"]


def test_facilities_and_pharmacies_are_affiliated_to_networks(resources):
    codes = {
        one["participatingOrganization"]["reference"]: one["code"][0]["coding"][0]["code"]
        for key, one in resources.items()
        if key.startswith("OrganizationAffiliation/")
    }
    assert codes == {"Organization/F1": "hospital", "Organization/PH1": "pharmacy"}


def test_languages_are_communication_where_the_directory_tells_them(tmp_path):
    more = "ALTER TABLE providers ADD COLUMN IF NOT EXISTS languages VARCHAR;"
    spoken = more + FIXTURE + "UPDATE providers SET languages = 'en es' WHERE provider_id = 'PR1';"
    (plan_net,) = catalog.build().formats("fhir_plan_net")
    export(source_of(TABLES, FORMAT_PARTS, spoken), plan_net, tmp_path)
    first, second = (one for one in read_ndjson(tmp_path / "fhir_plan_net") if one["resourceType"] == "Practitioner")
    assert [one["coding"][0]["code"] for one in first["communication"]] == [
        "en",
        "es",
    ] and "communication" not in second


def test_flat_files_quote_what_needs_it_and_count_their_rows(source, tmp_path):
    written = export(source, PROVIDER_DIRECTORY_CSV, tmp_path)
    assert written.counts == {"facilities": 3, "networks": 3, "participations": 4, "pharmacies": 1, "providers": 2}
    folder = tmp_path / "provider_directory_csv"
    with (folder / "facilities.csv").open(encoding="utf-8", newline="") as lines:
        first = next(csv.DictReader(lines))
    assert (first["name"], first["address_line"]) == ('Example "General" Hospital', "1 Elm St, Suite 2")
    with (folder / "participations.csv").open(encoding="utf-8", newline="") as lines:
        assert [(row["npi"], row["accepts_new_patients"]) for row in csv.DictReader(lines)][:2] == [
            ("2000000012", "true"),
            ("2000000012", "false"),
        ]


def test_a_scenarios_plan_net_and_flat_files_say_the_same(tmp_path):
    profile = {
        "generation": {"count": 20, "products": ["networksim"]},
        "demographics": {"age": {"type": "uniform_int", "min": 30, "max": 40}},
    }
    made, found = generate(profile, workspace=tmp_path / "home"), catalog.build()
    formats = [one for name in ("fhir_plan_net", "provider_directory_csv") for one in found.formats(name)]
    plan_net, flat = export_formats(made.scenario, formats, tmp_path, found)
    resources = read_ndjson(plan_net.folder)
    assert reference_problems(resources) == []
    with (flat.folder / "providers.csv").open(encoding="utf-8", newline="") as lines:
        rows = {row["provider_id"]: row for row in csv.DictReader(lines)}
    people = {one["id"]: one for one in resources if one["resourceType"] == "Practitioner"}
    assert people.keys() == rows.keys()
    assert all(json.dumps(one).find(rows[id]["npi"]) > 0 for id, one in people.items())
    networks = {id: set() for id in rows}
    for one in resources:
        if one["resourceType"] == "PractitionerRole" and "extension" in one:
            id = one["practitioner"]["reference"].removeprefix("Practitioner/")
            network = extension(one, "network-reference")["valueReference"]["reference"]
            networks[id].add(network.removeprefix("Organization/network-").replace("-", "_"))
    assert networks == {id: set(row["networks"].split()) for id, row in rows.items()}

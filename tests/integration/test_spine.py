"""The main job, on real input, with everything installed: one cohort and one family, judged from all sides."""

import json
import os
from pathlib import Path

import pytest
from orphans import orphans

from healthsim_core import catalog, generate
from healthsim_core.generation.run import export_formats
from healthsim_fhir.testing import bundle_problems, read_ndjson, reference_problems, shape_problems
from healthsim_x12.testing import judge, segments

SUPPORT = Path(__file__).parent / "specs"
HARRIS, FAMILY = SUPPORT / "harris-medicare-diabetic.json", SUPPORT / "oswald-family.json"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def cohort(workspace):
    return generate(
        HARRIS, count=1000, seed=42, products=["patientsim", "membersim"], output_formats=["fhir_r4", "x12_834", "x12_837p", "csv"],
        workspace=workspace, out=workspace / "cohort",
    )  # fmt: skip


@pytest.fixture(scope="module")
def family(workspace):
    return generate(FAMILY, workspace=workspace, out=workspace / "family")


def rows(result, sql):
    with result.scenario.connect() as connection:
        return connection.execute(sql).fetchall()


def test_every_plugin_is_there_and_works():
    found = catalog.build()
    names = {plugin.name for plugin in found.plugins}
    assert {"core", "patientsim", "membersim", "populationsim", "networksim", "x12", "fhir"} <= names
    assert not found.failed() and not found.conflicts


def test_the_family_is_who_the_file_says(family):
    people = rows(
        family,
        "SELECT role, gender, date_sub('year', birth_date, DATE '2025-01-01'), county_fips, state FROM persons ORDER BY role DESC",
    )
    assert [(role, age) for role, _, age, _, _ in people] == [("subscriber", 42), ("spouse", 40), ("dependent", 16)]
    assert dict((role, gender) for role, gender, *_ in people)["spouse"] == "F"
    assert {(county, state) for *_, county, state in people} == {("06073", "CA")}
    assert rows(
        family,
        "SELECT count(DISTINCT family_name), count(DISTINCT address_line), count(DISTINCT household_id) FROM persons",
    ) == [(1, 1, 1)]
    assert rows(family, "SELECT count(DISTINCT subscriber_id), count(*) FROM members") == [(1, 3)]


def test_the_family_has_its_year(family):
    codes = dict(
        rows(
            family,
            "SELECT p.role, list(DISTINCT d.code) FROM diagnoses d JOIN patients USING (patient_id) JOIN persons p USING (person_id) GROUP BY 1",
        )
    )
    assert any(code.startswith("E11") for code in codes["subscriber"])
    assert any(code.startswith(("Z34", "O09")) for code in codes["spouse"]) and "Z37.0" in codes["spouse"]
    assert not any(code.startswith("E11") for code in codes.get("dependent", []))
    for table in ("encounters", "lab_orders", "observations", "medication_orders", "claims"):
        assert family.counts[table] > 0, table


def test_everything_the_family_asks_for_is_made(family):
    assert not family.notices and not family.failures
    assert {one.format for one in family.written} == {"x12_834", "x12_837p", "x12_837i", "fhir_bundle", "sdtm"}
    assert [one.notes for one in family.written if one.notes] == []


def test_pyx12_finds_nothing_wrong(cohort, family, workspace):
    files = [path for folder in ("cohort", "family") for path in (workspace / folder).rglob("*.x12")]
    assert len(files) >= 4
    assert {path: errors for path in files if (errors := judge(path))} == {}


def test_the_files_hold_everybody_and_every_claim(cohort, workspace):
    told = [line for path in (workspace / "cohort/x12_834").iterdir() for line in segments(path)]
    # Some are told of twice, by Medicare and by their drug plan; the parents of children drawn alone are nobody else's.
    assert len({line[2] for line in told if line[:2] == ["REF", "23"] and not line[2].endswith("S")}) == 1000
    claims = [line for path in (workspace / "cohort/x12_837p").iterdir() for line in segments(path) if line[0] == "CLM"]
    professional = rows(cohort, "SELECT count(*) FROM claims WHERE claim_type = 'professional'")[0][0]
    assert len(claims) == professional == len({line[1] for line in claims}) > 3000
    lines = [line for path in (workspace / "cohort/x12_837p").iterdir() for line in segments(path) if line[0] == "SV1"]
    assert round(sum(float(line[2]) for line in claims), 2) == round(sum(float(line[2]) for line in lines), 2)


def test_every_fhir_reference_resolves(cohort, family, workspace):
    resources = read_ndjson(workspace / "cohort/fhir_r4")
    assert len(resources) > 40_000
    assert reference_problems(resources) == []
    assert [problem for one in resources for problem in shape_problems(one)] == []
    bundles = [json.loads(path.read_text()) for path in (workspace / "family/fhir_bundle").rglob("*.json")]
    assert len(bundles) == 3
    assert [problem for bundle in bundles for problem in bundle_problems(bundle)] == []


def test_there_is_no_orphan_in_any_table(cohort, family):
    for result in (cohort, family):
        with result.scenario.connect() as connection:
            assert orphans(catalog.build(), connection, result.counts) == []


def test_visits_come_before_their_claims_and_bear_the_same_diagnosis_and_provider(cohort):
    assert rows(cohort, """
        SELECT count(*) FILTER (c.service_date <> e.start_datetime::DATE OR c.submitted_date <= c.service_date), count(*) FILTER (c.rendering_provider_id <> e.provider_id),
               count(*) FILTER (c.facility_id <> e.facility_id AND c.billing_role <> 'laboratory'), count(*) FILTER (d.code <> x.code)
        FROM claims c JOIN encounters e USING (encounter_id) JOIN claim_diagnoses x ON x.claim_id = c.claim_id AND x.rank = 1
        JOIN diagnoses d ON d.encounter_id = e.encounter_id AND d.category = 'encounter-diagnosis' AND d.rank = 1""") == [(0, 0, 0, 0)]  # fmt: skip


def test_targets_of_the_profile_are_met(cohort):
    assert cohort.validation.passed, cohort.validation.errors
    assert len(cohort.validation.checks) > 8


def test_what_was_saved_can_be_written_again_the_same(cohort, workspace):
    found = catalog.build()
    export_formats(cohort.scenario, found.formats("x12_837"), workspace / "again", found)
    for path in (workspace / "cohort/x12_837p").iterdir():
        assert (workspace / "again/x12_837p" / path.name).read_bytes() == path.read_bytes()


def test_a_count_that_does_not_exist_and_a_county_that_does_not_are_refused(workspace):
    from healthsim_core.errors import SpecificationError

    with pytest.raises(SpecificationError) as caught:
        generate(HARRIS, count=0, county="48202", workspace=workspace)
    said = str(caught.value)
    assert "count: must be between 1" in said and "48202" in said and "48201" in said


@pytest.mark.skipif(
    not (Path(os.environ.get("HEALTHSIM_SHARED_DATA", Path(__file__).parents[3] / "shared/data"))).is_dir(),
    reason="the publishers' files are not here",
)
def test_the_fallback_and_the_official_files_give_the_same_family(family, tmp_path, monkeypatch):
    from click.testing import CliRunner

    from healthsim_core.cli import main

    data = Path(os.environ.get("HEALTHSIM_SHARED_DATA", Path(__file__).parents[3] / "shared/data"))
    monkeypatch.setenv("HEALTHSIM_HOME", str(tmp_path))
    loaded = CliRunner().invoke(
        main, ["init", "--places", str(data / "cdc_places_county_2022_release.csv"), "--svi", str(data / "cdc_svi_county_2022.csv")]
    )  # fmt: skip
    assert loaded.exit_code == 0, loaded.output
    assert "3,143" in loaded.output and "3,144" in loaded.output
    made = generate(FAMILY, workspace=tmp_path)
    assert made.scenario.digest()["persons"] == family.scenario.digest()["persons"]

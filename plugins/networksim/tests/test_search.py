"""Search of a directory: what fits, the nearest first, and errors that help."""

import json

import pytest
from click.testing import CliRunner

import networksim
from healthsim_core.cli import main
from healthsim_core.errors import UserError

TOWN = """
INSERT INTO facilities BY NAME SELECT 'F' || i AS facility_id, 'Clinic ' || i AS name, if(i = 9, 'hospital', 'clinic') AS facility_type,
  z AS zip_code, '48201' AS county_fips
FROM (VALUES (10, '77002'), (9, '77449'), (2, '77007'), (1, '77002')) t(i, z);
INSERT INTO providers BY NAME SELECT 'PR' || i AS provider_id, 'Ann' AS given_name, 'Poe' AS family_name, 'MD' AS credential,
  if(i = 2, 'family_medicine', 'cardiology') AS specialty, 'F' || i AS facility_id, '48201' AS county_fips
FROM (VALUES (10), (9), (2), (1)) t(i);
INSERT INTO pharmacies BY NAME SELECT 'PH1' AS pharmacy_id, 'Drugs' AS name, 'retail' AS pharmacy_type, '77002' AS zip_code, '48201' AS county_fips;
INSERT INTO networks BY NAME SELECT 'HMO_CORE' AS network_id;
INSERT INTO network_participations BY NAME SELECT 'NP' || i AS participation_id, 'HMO_CORE' AS network_id, 'PR' || i AS provider_id,
  i AS tier, i = 1 AS accepts_new_patients
FROM (VALUES (1), (2)) t(i);
"""


@pytest.fixture
def town(saved):
    return saved(TOWN)


def ids(rows) -> list[str]:
    """Return the ids of what was found, in order."""
    return [row["id"] for row in rows]


def test_the_nearest_come_first_then_the_order_is_that_of_the_ids(town):
    assert ids(networksim.find_providers(town)) == ["PR1", "PR2", "PR9", "PR10"]
    found = networksim.find_providers(town, near="77002", radius=50)
    assert ids(found) == ["PR1", "PR10", "PR2", "PR9"]
    assert [found[0]["miles"], found[1]["miles"]] == [0, 0] and 2 < found[2]["miles"] < 4 and found[3]["miles"] > 20


def test_nobody_is_found_beyond_the_radius_or_the_limit(town):
    assert ids(networksim.find_providers(town, near="77002")) == ["PR1", "PR10", "PR2"]
    assert ids(networksim.find_providers(town, near="77002", radius=1)) == ["PR1", "PR10"]
    assert ids(networksim.find_providers(town, limit=1)) == ["PR1"]


def test_every_condition_must_be_met(town):
    assert ids(networksim.find_providers(town, specialty="Cardiology")) == ["PR1", "PR9", "PR10"]
    in_network = networksim.find_providers(town, network="hmo core")
    assert [(row["id"], row["tier"], row["networks"]) for row in in_network] == [
        ("PR1", 1, "HMO_CORE"),
        ("PR2", 2, "HMO_CORE"),
    ]
    assert ids(networksim.find_providers(town, network="HMO_CORE", accepting=True)) == ["PR1"]
    assert networksim.find_providers(town, network="HMO_CORE", specialty="cardiology", near="77449") == []
    assert networksim.find_providers(town, county="48203") == []


def test_facilities_and_pharmacies_are_found_too(town):
    assert ids(networksim.find_providers(town, kind="facility", specialty="hospital")) == ["F9"]
    assert ids(networksim.find_providers(town, kind="pharmacy", near="77007")) == ["PH1"]


@pytest.mark.parametrize(
    "asked, said",
    [
        ({"specialty": "cardiolgy"}, "unknown specialty 'cardiolgy'; did you mean 'cardiology'"),
        ({"network": "HMO"}, "unknown network 'HMO'; valid: HMO_CORE"),
        ({"kind": "doctor"}, "unknown kind 'doctor'; valid: facility, pharmacy, provider"),
        ({"near": "00000"}, "no coordinates are known of ZIP '00000'"),
        ({"near": "Houston"}, "no coordinates are known of ZIP 'Houston'"),
        ({"radius": 3}, "a radius needs a ZIP"),
        ({"near": "77002", "radius": -1}, "radius must be 0 or more, got -1"),
        ({"limit": 0}, "limit must be 1 or more, got 0"),
        ({"kind": "pharmacy", "language": "es"}, "does not say which languages a pharmacy speaks"),
    ],
)
def test_mistakes_are_told_with_what_may_have_been_meant(town, asked, said):
    with pytest.raises(UserError, match=said):
        networksim.find_providers(town, **asked)


def test_languages_are_searched_where_the_directory_tells_them(saved):
    columns = "ALTER TABLE providers ADD COLUMN IF NOT EXISTS languages VARCHAR;"
    made = saved(columns + TOWN + "UPDATE providers SET languages = if(provider_id = 'PR2', 'en es', 'en');")
    assert ids(networksim.find_providers(made, language="es")) == ["PR2"]
    assert len(networksim.find_providers(made, language="en")) == 4
    with pytest.raises(UserError, match="unknown language 'e'; did you mean 'e[ns]'"):
        networksim.find_providers(made, language="e")


def test_a_scenario_or_a_county_is_needed():
    with pytest.raises(UserError, match="give a scenario, or a county by its FIPS"):
        networksim.find_providers()


def test_a_countys_directory_can_be_searched_without_a_scenario(tmp_path, monkeypatch):
    pytest.importorskip("populationsim")
    monkeypatch.setenv("HEALTHSIM_HOME", str(tmp_path))
    found = networksim.find_providers(county="48201", specialty="cardiology", near="77002", radius=20, limit=3)
    assert found and {row["county_fips"] for row in found} == {"48201"}
    assert found == networksim.find_providers(county="48201", specialty="cardiology", near="77002", radius=20, limit=3)
    assert not (tmp_path / "scenarios").exists()


def test_the_command_prints_a_table_or_json(town, tmp_path, monkeypatch):
    (tmp_path / "scenarios").mkdir()
    town.path.rename(tmp_path / "scenarios" / "made.duckdb")
    monkeypatch.setenv("HEALTHSIM_HOME", str(tmp_path))
    asked = ["providers", "made", "--specialty", "cardiology", "--near", "77002"]
    table, as_json = (CliRunner().invoke(main, [*asked, *more]) for more in ([], ["--json"]))
    assert [line.split()[1] for line in table.output.splitlines()[2:]] == ["PR1", "PR10"]
    assert ids(json.loads(as_json.output)) == ["PR1", "PR10"]
    nobody = CliRunner().invoke(main, [*asked, "--county", "48203"])
    assert (nobody.exit_code, nobody.output) == (0, "none found\n")


def test_a_county_is_given_by_its_fips(town):
    with pytest.raises(UserError, match="five digits of its FIPS code, such as '48201', got 'Harris'"):
        networksim.find_providers(town, county="Harris")


@pytest.mark.parametrize(
    ("asked", "found"),
    [("heart doctor", ["PR1", "PR9", "PR10"]), ("Family Doctor", ["PR2"]), ("primary-care", ["PR2"])],
)
def test_members_own_words_for_specialties_are_understood(asked, found, town):
    assert ids(networksim.find_providers(town, specialty=asked)) == found


def test_places_have_words_of_members_too_and_a_slip_is_answered_with_what_was_meant(town):
    assert ids(networksim.find_providers(town, kind="pharmacy", specialty="drugstore")) == ["PH1"]
    assert ids(networksim.find_providers(town, kind="facility", specialty="emergency room")) == ["F9"]
    with pytest.raises(UserError, match="did you mean 'heart doctor'"):
        networksim.find_providers(town, specialty="hart doctor")


def test_every_word_of_members_means_something_the_directory_knows():
    from healthsim_core.facts import read_csv
    from networksim.providers import LANGUAGES, specialties
    from networksim.sites import kinds

    known = {
        "provider": {one.specialty for one in specialties()},
        "facility": {one.kind for one in kinds("facilities.csv")},
        "pharmacy": {one.kind for one in kinds("pharmacies.csv")},
        "language": {"en", "es", *LANGUAGES},
    }
    for row in read_csv("networksim", "data", "search_words.csv"):
        assert set(row["means"].split()) <= known[row["kind"]], row

"""Metropolitan areas, ZIP codes, tracts, the nation, and counties chosen by their vulnerability."""

from __future__ import annotations

import json

import duckdb
import pytest
from click.testing import CliRunner

import populationsim
from healthsim_core import generate
from healthsim_core.errors import UserError
from populationsim import (
    ReferenceProfileResolver,
    UnknownPlace,
    cohort,
    compare_counties,
    facts,
    loading,
    reference,
    resolve_geography,
)
from populationsim.compare_command import compare
from populationsim.generation import create_population_profile


@pytest.fixture(autouse=True)
def empty_workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("HEALTHSIM_HOME", str(tmp_path))


@pytest.fixture(scope="module")
def loaded(everything):
    return ReferenceProfileResolver(everything)


def test_every_measure_has_its_limits_source_and_release(loaded):
    harris = loaded.resolve_county("48201")
    diabetes = harris.figures["DIABETES"]
    assert (diabetes.value, diabetes.low, diabetes.high) == (12.6, 11.9, 13.2)
    assert (diabetes.source, diabetes.vintage, diabetes.of) == ("CDC PLACES", "2022", "")
    assert set(harris.measures) < set(harris.figures)
    assert all(one.low <= one.value <= one.high for name, one in harris.figures.items() if name.isupper())
    assert harris.figures["population_estimate"].value == 4835125
    uninsured = harris.figures["pct_uninsured_under_65"]
    assert (uninsured.value, uninsured.low, uninsured.high, uninsured.vintage) == (22.2, 21.6, 22.8, "2023")
    essex = loaded.resolve_county("34013").figures["BPHIGH"]
    assert (essex.of, essex.low) == ("the United States", None)


def test_limits_come_with_the_package_too():
    assert populationsim.resolve_county("48201").figures["DIABETES"].low == 11.9
    texas = populationsim.resolve_state("TX").figures["DIABETES"]
    assert texas.low < texas.value < texas.high


@pytest.mark.parametrize("place", ["26420", "Houston", "Houston, TX", "Houston-Pasadena-The Woodlands, TX"])
def test_a_metropolitan_area_is_its_counties_by_population(loaded, place):
    houston = loaded.resolve_msa(place)
    parts = [loaded.resolve_county(fips) for fips in houston.counties]
    assert len(parts) == 10 and houston.population == sum(part.population for part in parts)
    mean = sum(part.pct_diabetes * part.population for part in parts) / houston.population
    assert houston.pct_diabetes == pytest.approx(mean, abs=1e-4)
    assert houston.figures["births"].value == sum(part.figures["births"].value for part in parts)


def test_connecticuts_metropolitan_areas_have_health_measures(loaded):
    hartford = loaded.resolve_msa("Hartford, CT")
    assert set(hartford.counties) == {"09110", "09130"} and len(hartford.measures) == 30


@pytest.mark.parametrize(
    ("kind", "place", "message"),
    [
        ("msa", "Huston, TX", r"did you mean 'Houston-Pasadena-The Woodlands, TX' \(26420\)"),
        ("msa", "99999", "unknown metropolitan area '99999'"),
        ("msa", "Portland", r"can be several: Portland-South Portland, ME \(38860\), Portland-Vancouver"),
        ("zip", "77000", r"did you mean '77001' \(Houston, TX\)"),
        ("zip", "Houston", "has five digits"),
        ("tract", "4820110000", "eleven digits"),
        ("tract", "48202100000", "unknown county '48202'"),
        ("state", "Tejas", "did you mean 'Texas'"),
    ],
)
def test_an_unknown_place_of_any_kind_says_what_instead(kind, place, message):
    with pytest.raises(UnknownPlace, match=message):
        resolve_geography(kind, place)


def test_a_zip_code_has_its_countys_figures_and_says_so():
    houston = populationsim.resolve_zip("77002")
    assert (houston.label, houston.population, houston.pct_diabetes) == ("77002 Houston, TX", None, 12.6)
    assert "those of Harris County, TX" in houston.notes[0]
    assert {one.of for one in houston.figures.values()} == {"Harris County, TX"}
    assert populationsim.resolve_zip(2139).fips == "02139"


def test_a_tract_has_its_own_figures_where_tracts_are_loaded(tmp_path, samples, write, svi_row):
    tracts = [
        svi_row(
            fips,
            f"Census Tract; Harris County; Texas {fips}",
            "TX",
            E_TOTPOP="4100",
            EP_UNINSUR="33.3",
            RPL_THEMES="0.97",
        )
        for fips in ("48201100000", "48201210100")
    ]
    files = {
        "places_tract": write(tmp_path / "tracts_2024_release.csv", list(samples.places_tract_rows())),
        "svi_tract": write(tmp_path / "SVI_2022_US.csv", tracts),
    }
    without = populationsim.resolve_tract("48201100000")
    assert without.pct_diabetes == 12.6 and "--places-tract" in without.notes[1]
    loading.load_reference(tmp_path / "reference.duckdb", files=files)
    tract = populationsim.resolve_tract("48201100000")
    assert (tract.pct_diabetes, tract.pct_uninsured, tract.rpl_themes, tract.population) == (8.1, 33.3, 0.97, 4100)
    assert (tract.figures["DIABETES"].low, tract.figures["DIABETES"].vintage) == (7.0, "2024")
    assert tract.figures["COPD"].of == "Harris County, TX"
    with pytest.raises(UnknownPlace, match="did you mean '48201100000' or '48201210100'"):
        populationsim.resolve_tract("48201100001")


def test_the_nation_is_everybody(loaded):
    nation = loaded.resolve_nation()
    assert nation.population == 331097593 and nation.label == "United States"
    assert nation.pct_diabetes == populationsim.resolve_nation().pct_diabetes


def test_counties_are_chosen_by_their_vulnerability(loaded):
    chosen = loaded.resolve_geography({"type": "counties", "svi_min": 0.9, "state": "TX"})
    ranks = [loaded.resolve_county(fips).rpl_themes for fips in chosen.counties]
    assert min(ranks) >= 0.9 and {fips[:2] for fips in chosen.counties} == {"48"}
    assert "48201" in chosen.counties and chosen.rpl_themes >= 0.9
    theme = loaded.resolve_geography({"type": "counties", "svi_max": 0.1, "svi_theme": 1})
    assert theme.rpl_theme1 <= 0.1
    for request, message in (
        ({"type": "counties"}, "say which counties"),
        ({"type": "counties", "svi_min": 90}, "a rank from 0 to 1"),
        ({"type": "county", "fips": "48201", "svi_min": 0.9}, "the type of that is 'counties'"),
        (
            {"type": "counties", "svi_min": 0.99, "svi_max": 1.0, "state": "VT"},
            "no county has an SVI from 0.99 to 1 in Vermont",
        ),
    ):
        with pytest.raises(UnknownPlace, match=message):
            loaded.resolve_geography(request)


@pytest.mark.parametrize(
    "request_",
    [
        {"type": "msa", "name": "Houston", "state": "TX"},
        {"type": "zip", "code": "77002"},
        {"type": "tract", "fips": "48201100000"},
        {"type": "counties", "state": "TX", "svi_min": 0.95},
    ],
)
def test_a_profile_specification_of_any_place_generates_there(request_, tmp_path):
    resolver = ReferenceProfileResolver()
    place = resolver.resolve_geography(request_)
    result = generate(resolver.to_profile_spec(place), count=60, products=["populationsim"], persist=False)
    found = {one.attributes["county_fips"] for one in result.entities}
    assert found <= set(place.counties) and result.validation.passed
    if request_["type"] == "zip":
        assert {one.attributes["zip_code"] for one in result.entities} == {"77002"}
    weights = sum(one.weight for one in reference.resolve(request_, tmp_path).places)
    assert weights == pytest.approx(1)


def test_a_cohort_is_of_a_place_and_of_a_condition():
    spec = cohort("type 2 diabetes", county="Harris County, TX", count=200, seed=5)
    assert dict(spec.demographics["reference"]) == {"type": "county", "fips": "48201"}
    people = generate(spec, persist=False).entities
    assert len(people) == 200 and all("E11" in one.attributes["conditions"] for one in people)
    everybody = generate(create_population_profile(county="48201", generation={"count": 400}), persist=False).entities
    with_it = [one.attributes["age"] for one in everybody if "E11" in one.attributes["conditions"]]
    ages = [one.attributes["age"] for one in people]
    # Those who have it are as old as those who have it among everybody, and no minors.
    assert min(ages) >= 18 and abs(sum(ages) / 200 - sum(with_it) / len(with_it)) < 8
    assert cohort("I10", msa="Houston, TX", count=5).id == "i10-houston-pasadena-the-woodlands-tx"
    assert cohort("copd", state="TX", demographics={"age": 70}).demographics["age"] == 70
    with pytest.raises(UserError, match="unknown condition 'type 2 diabets'; did you mean 'type 2 diabetes'"):
        cohort("type 2 diabets", county="48201")
    with pytest.raises(UnknownPlace, match="give one place, not county and msa"):
        cohort("I10", county="48201", msa="26420")


def test_two_counties_are_compared_among_all(loaded, everything):
    profiles, rows = compare_counties(["48201", "San Diego County, CA"], resolver=loaded)
    found = {row.figure: row for row in rows}
    assert [one.fips for one in profiles] == ["48201", "06073"]
    diabetes = found["DIABETES"]
    assert diabetes.values == (12.6, 9.4) and diabetes.differences == (0.0, -3.2) and diabetes.overlap is False
    assert found["CHD"].overlap is True
    below = sum(rank[0] < 0.9201 for rank in loaded.ranks().values())
    assert found["rpl_themes"].ranks[0] == round(100 * below / 3144, 1)
    less = "SELECT 100 * avg((crude_pct < 12.6)::INT) FROM places_measure WHERE measure = 'DIABETES' AND crude_pct IS NOT NULL"
    assert diabetes.ranks[0] == pytest.approx(everything.execute(less).fetchall()[0][0], abs=0.05)
    with pytest.raises(UserError, match="unknown figure 'DIABETS'; did you mean 'DIABETES'"):
        compare_counties(["48201", "06073"], ["DIABETS"], loaded)
    with pytest.raises(UserError, match="Harris County, TX stands there twice"):
        compare_counties(["48201", "Harris, TX"], resolver=loaded)


def test_compare_counties_shows_a_table_and_json():
    result = CliRunner().invoke(compare, ["48201", "06073", "48301", "--figure", "DIABETES", "--figure", "rpl_themes"])
    assert result.exit_code == 0, result.output
    assert "12.6" in result.output and "-3.2" in result.output
    assert "*: of a wider area" in result.output and "Loving County, TX" in result.output
    found = json.loads(CliRunner().invoke(compare, ["48201", "06073", "--json"]).stdout)
    assert [one["fips"] for one in found["counties"]] == ["48201", "06073"]
    assert {one["figure"] for one in found["figures"]} >= {"DIABETES", "rpl_theme4", "pct_uninsured"}


JOURNEY = {
    "id": "outreach",
    "products": ["patientsim"],
    "duration_days": 30,
    "events": [
        {
            "event_id": "visit",
            "event_type": "encounter",
            "product": "patientsim",
            "day": 3,
            "conditions": [{"field": "entity.svi_overall", "operator": "gte", "value": 0.9}],
        }
    ],
}


def test_a_journey_can_depend_on_the_vulnerability_of_the_county():
    pytest.importorskip("patientsim")
    visits = {}
    for fips in ("48201", "06073"):
        profile = {
            "id": "p",
            "demographics": {"source": "populationsim", "reference": {"type": "county", "fips": fips}},
        }
        result = generate(profile, JOURNEY, 20, products=["patientsim"], name=f"c{fips}")
        visits[fips] = result.scenario.counts().get("encounters", 0)
    # 0.9201 and 0.7057.
    assert visits == {"48201": 20, "06073": 0}


def test_the_ranks_of_people_are_those_of_the_release_that_is_loaded(tmp_path, svi_file):
    loading.load_reference(tmp_path / "reference.duckdb", svi=svi_file)
    places = reference.resolve({"type": "county", "fips": "48301"}, tmp_path).places
    assert {place.vulnerability[0] for place in places} == {0.5}, "the small file says so"
    assert facts.vulnerability()["48301"][0] != 0.5


@pytest.mark.parametrize("name", ["county-population", "high-sdoh-risk", "medicare-county", "medicaid-county"])
def test_the_templates_make_people_of_their_places(name):
    result = generate(name, count=30, persist=False)
    assert len(result.entities) == 30 and result.validation.passed
    if name == "high-sdoh-risk":
        ranks = facts.vulnerability()
        assert all(ranks[one.attributes["county_fips"]][0] >= 0.9 for one in result.entities)


def test_an_older_database_is_read_and_loaded_again(tmp_path, places_file):
    conn = duckdb.connect()
    loading.load_places(conn, places_file)
    for column in ("rejected_count", "limits", "version", "digest"):
        conn.execute(f"ALTER TABLE loads DROP COLUMN {column}")
    (load,) = loading.loads(conn)
    assert load.version == 0 and loading.fingerprint(conn)
    again, notes = loading.load_file(conn, "places", places_file)
    assert again.version == 1 and not any("gave way" in note for note in notes)

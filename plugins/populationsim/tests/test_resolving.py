"""A place's name becomes its figures, and its figures a specification."""

from __future__ import annotations

import duckdb
import pytest

from healthsim_core.errors import UserError
from healthsim_core.specs import ProfileSpecification
from populationsim import (
    ReferenceProfileResolver,
    UnknownPlace,
    create_hybrid_profile,
    facts,
    loading,
    resolve_geography,
)
from populationsim.figures import crosswalk, retired_counties


@pytest.fixture(autouse=True)
def empty_workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("HEALTHSIM_HOME", str(tmp_path))


@pytest.fixture
def built_in():
    return ReferenceProfileResolver()


def test_harris_and_san_diego_have_their_known_figures_without_init(built_in):
    harris, san_diego = built_in.resolve_county("48201"), built_in.resolve_county("06073")
    shown = (
        "population",
        "rpl_themes",
        "pct_uninsured",
        "pct_65_plus",
        "pct_hispanic",
        "pct_diabetes",
        "pct_obesity",
        "pct_hypertension",
    )
    assert [getattr(harris, name) for name in shown] == [4726177, 0.9201, 21.2, 11.0, 43.9, 12.6, 37.9, 30.7]
    assert [getattr(san_diego, name) for name in shown] == [3289701, 0.7057, 7.3, 14.7, 34.5, 9.4, 28.1, 26.8]
    assert harris.notes == ()


def test_the_built_in_figures_are_those_of_the_files(official, built_in):
    loaded = ReferenceProfileResolver(official)
    same = ("source",)
    for fips in facts.facts("fallback.json")["counties"]:
        mine, theirs = built_in.resolve_county(fips).to_dict(), loaded.resolve_county(fips).to_dict()
        assert {k: v for k, v in mine.items() if k not in same} == {k: v for k, v in theirs.items() if k not in same}
    for state in facts.states():
        assert built_in.resolve_state(state).measures == loaded.resolve_state(state).measures


@pytest.mark.parametrize("place", ["48201", 48201, "Harris County, TX", "harris county, texas", "Harris, TX"])
def test_a_county_has_many_names(built_in, place):
    assert built_in.resolve_county(place).fips == "48201"


@pytest.mark.parametrize("place", ["TX", "tx", "Texas", "48", 48])
def test_a_state_has_many_names(built_in, place):
    assert built_in.resolve_state(place).fips == "48"


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("48202", r"unknown county '48202'; did you mean '48201' \(Harris County, TX\)\?"),
        ("1001", r"five digits: did you mean '01001' \(Autauga County, AL\)\?"),
        ("99999", "no state has the FIPS '99'"),
        ("Haris County, TX", r"did you mean 'Harris County, TX' \(48201\)"),
        ("haris county texas", r"did you mean 'Harris County, TX' \(48201\)"),
        ("72001", "Puerto Rico is a territory"),
        ("Haris County", r"did you mean 'Harris County, TX' \(48201\) or Harris County, GA \(13145\)"),
        ("Harris County", r"can be several: .*Harris County, TX \(48201\)"),
        ("Richmond, VA", r"Richmond County, VA \(51159\), Richmond city, VA \(51760\)"),
        ("Harris County, Tejas", "unknown state 'Tejas'.*did you mean 'Texas'"),
    ],
)
def test_an_unknown_place_says_what_instead(built_in, place, message):
    with pytest.raises(UnknownPlace, match=message) as caught:
        built_in.resolve_county(place)
    assert isinstance(caught.value, ValueError) and isinstance(caught.value, UserError)


def test_a_geography_is_a_reference_or_a_kind_and_a_code(built_in):
    assert built_in.resolve_geography({"type": "county", "name": "Harris", "state": "TX"}).fips == "48201"
    assert resolve_geography("state", "CA").name == "California"
    with pytest.raises(UnknownPlace, match="unknown type 'planet'; valid: counties, county, msa"):
        built_in.resolve_geography({"type": "planet", "fips": "48201"})
    with pytest.raises(UnknownPlace, match="unknown type '06073'.*the type comes first"):
        built_in.resolve_geography("06073")
    with pytest.raises(UnknownPlace, match="unknown key 'fipz'; did you mean 'fips'"):
        built_in.resolve_geography({"type": "county", "fipz": "48201"})
    with pytest.raises(UnknownPlace, match="say which county"):
        built_in.resolve_geography({"type": "county"})


def test_a_county_that_is_not_built_in_has_its_states_figures_and_says_so(built_in):
    loving, texas = built_in.resolve_county("48301"), built_in.resolve_state("TX")
    assert loving.pct_diabetes == texas.pct_diabetes
    assert loving.population == 96
    assert any("healthsim init" in note for note in loving.notes)
    assert any(note.endswith("those of Texas") for note in loving.notes)


def test_new_jersey_takes_high_blood_pressure_from_the_nation(official):
    essex = ReferenceProfileResolver(official).resolve_county("34013")
    assert essex.pct_diabetes == 11.5
    assert essex.pct_hypertension == facts.facts("fallback.json")["areas"]["US"]["health"]["BPHIGH"]
    assert essex.notes == ("BPHIGH, BPMED, CHOLSCREEN, HIGHCHOL: those of the United States",)


def test_alaska_takes_high_blood_pressure_from_the_state(official):
    chugach = ReferenceProfileResolver(official).resolve_county("02063")
    assert chugach.notes == ("BPHIGH, BPMED, CHOLSCREEN, HIGHCHOL: those of Alaska",)


def test_connecticut_crosses_between_counties_and_regions(official):
    resolver = ReferenceProfileResolver(official)
    fairfield, western = resolver.resolve_county("09001"), resolver.resolve_county("09190")
    assert fairfield.pct_diabetes == 8.4 and "planning regions 09120, 09140, 09190" in fairfield.notes[0]
    assert western.pct_65_plus == 16.2 and "former counties 09001, 09005" in western.notes[0]
    litchfield = resolver.resolve_county("09005")
    assert min(8.4, litchfield.pct_diabetes) <= western.pct_diabetes <= max(8.4, litchfield.pct_diabetes)


def test_the_connecticut_crosswalk_counts_everybody_once():
    cells = facts.facts("connecticut.json")["population"]
    assert sum(cell["population"] for cell in cells) == 3_605_944
    assert len(retired_counties()) == 8 and len({cell["region"] for cell in cells}) == 9
    assert sum(crosswalk("09001").values()) == 957_419
    assert sum(len(towns) for towns in facts.facts("connecticut.json")["towns"].values()) == 169


def test_every_county_and_state_resolves_whole(official):
    resolver = ReferenceProfileResolver(official)
    for fips in list(facts.counties())[::40]:
        profile = resolver.resolve_county(fips)
        assert len(profile.measures) == 30
        assert None not in profile.to_dict().values()


def test_a_connection_with_one_file_leans_on_what_is_built_in_for_the_other(svi_file):
    conn = duckdb.connect()
    loading.load_svi(conn, svi_file)
    harris = ReferenceProfileResolver(conn).resolve_county("48201")
    assert harris.pct_uninsured == 10.0
    assert harris.pct_diabetes == 12.6


def test_the_workspace_serves_where_no_connection_is_given(places_file, svi_file, tmp_path):
    loading.load_reference(tmp_path / "reference.duckdb", places_file, svi_file)
    resolver = ReferenceProfileResolver()
    assert resolver.resolve_county("48301").pct_diabetes == 9.0
    loading.load_reference(tmp_path / "reference.duckdb", places_file)  # a resolver does not shut the next init out


def test_a_profile_specification_is_one_that_core_reads(built_in):
    spec = built_in.to_profile_spec(built_in.resolve_county("48201"))
    read = ProfileSpecification.model_validate(spec)
    assert read.id == "harris-county-tx"
    assert set(read.demographics) == {"source", "reference", "age", "gender", "race", "ethnicity"}


@pytest.mark.parametrize("nest", [lambda spec: {"profile": spec}, lambda spec: spec])
def test_in_a_hybrid_the_users_values_win_and_the_county_fills_the_rest(nest):
    age = {"type": "normal", "mean": 72, "std_dev": 8}
    user = {
        "name": "Mine",
        "generation": {"count": 7},
        "demographics": {"source": "populationsim", "reference": {"type": "county", "fips": "48201"}, "age": age},
    }
    hybrid = create_hybrid_profile(nest(user))
    assert hybrid["demographics"]["age"] == age
    assert hybrid["demographics"]["ethnicity"]["default"]["weights"]["hispanic"] == pytest.approx(0.439, abs=0.001)
    assert hybrid["demographics"]["reference"] == {"type": "county", "fips": "48201"}
    assert (hybrid["name"], hybrid["generation"]["count"], hybrid["id"]) == ("Mine", 7, "harris-county-tx")
    assert "profile" not in hybrid
    assert set(user["demographics"]) == {"source", "reference", "age"}
    ProfileSpecification.model_validate(hybrid)


def test_the_short_form_of_a_reference_is_understood():
    hybrid = create_hybrid_profile({"source": "populationsim", "reference": {"type": "state", "state": "TX"}})
    assert hybrid["name"] == "Texas"
    assert "reference" not in hybrid and "source" not in hybrid


@pytest.mark.parametrize("place", ["PR", "Puerto Rico", "72", 72])
def test_a_territory_is_said_to_be_none_of_the_states(built_in, place):
    with pytest.raises(UnknownPlace, match="Puerto Rico is a territory, and only the 50 states"):
        built_in.resolve_state(place)


def test_a_state_may_follow_its_county_without_a_comma(built_in):
    assert built_in.resolve_county("harris county texas").fips == "48201"
    assert built_in.resolve_county("Jackson County WV").fips == built_in.resolve_county("jackson west virginia").fips


def test_a_hybrid_without_a_reference_is_a_mistake():
    with pytest.raises(UserError, match="made of a specification.*got '48201'"):
        create_hybrid_profile("48201", {"age": 40})
    with pytest.raises(UserError, match="demographics.reference"):
        create_hybrid_profile({"demographics": {"age": 40}})

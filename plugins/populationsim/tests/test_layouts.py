"""Every layout that publishers offer loads from a small extract of it, traps and all."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from healthsim_core.errors import UserError
from populationsim import loading
from populationsim.command import init
from populationsim.resolving import ReferenceProfileResolver

OFFICIAL = Path(__file__).parent / "official"
FILES = {
    "places": "PLACES__County_Data__GIS_Friendly_Format___2022_release.csv",
    "svi": "SVI_2022_US_county.csv",
    "population": "co-est2023-alldata.csv",
    "sex_race": "county_sex_race_2018.csv",
    "sahie": "sahie_2023.csv",
    "cbsa": "list1_2023.csv",
    "places_tract": "PLACES__Census_Tract_Data__GIS_Friendly_Format___2024_release.csv",
    "svi_tract": "SVI_2022_US.csv",
    "hospitals": "Hospital_General_Information.csv",
    "nppes": "npidata_pfile_20050523-20261108.csv",
}
LONG = "PLACES__Local_Data_for_Better_Health__County_Data_2024_release.csv"
LONG_TRACT = "PLACES__Local_Data_for_Better_Health__Census_Tract_Data_2024_release.csv"
HARRIS = "places_measure WHERE fips = '48201' AND measure = 'DIABETES'"
TRACT = "places_tract_measure WHERE fips = '48201210100' AND measure = 'DIABETES'"
AUTAUGA = "svi_county WHERE fips = '01001'"


def loaded(kind: str, name: str):
    """Return the load and its notes of an extract, and the connection that holds it."""
    conn = duckdb.connect()
    load, notes = loading.load_file(conn, kind, OFFICIAL / name)
    return load, notes, conn


def one(conn, query):
    """Return the first row of a query."""
    return conn.execute(query).fetchall()[0]


@pytest.fixture(scope="module")
def counties():
    """Return a connection with every extract by county."""
    conn = duckdb.connect()
    for kind in ("places", "svi", "population", "sex_race", "sahie", "cbsa"):
        loading.load_file(conn, kind, OFFICIAL / FILES[kind])
    return conn


@pytest.mark.parametrize(
    ("kind", "name", "rows", "vintage", "query", "expected"),
    [
        ("places", FILES["places"], 12, "2022", f"SELECT crude_pct, crude_low, adjusted_pct FROM {HARRIS}", (12.6, 11.9, 12.8)),
        ("places", "i46a-9kgh_2024.csv", 1, "2024", f"SELECT crude_pct, crude_low, adjusted_high FROM {HARRIS}", (13.3, 12.6, 14.6)),
        ("places", LONG, 2, "2024", f"SELECT crude_pct, crude_high, adjusted_pct FROM {HARRIS}", (13.3, 14.0, 13.9)),
        ("places_tract", FILES["places_tract"], 2, "2024", f"SELECT crude_pct, crude_low FROM {TRACT}", (19.4, 18.4)),
        ("places_tract", LONG_TRACT, 2, "2024", f"SELECT crude_pct, crude_low FROM {TRACT}", (19.4, 18.4)),
        ("svi", FILES["svi"], 11, "2022", "SELECT rpl_themes, pct_hispanic FROM svi_county WHERE fips = '48201'", (0.9201, 43.9)),
        ("svi", "SVI2020_US_COUNTY.csv", 1, "2020", f"SELECT rpl_themes, pct_poverty150, pct_black FROM {AUTAUGA}", (0.5325, 22.9, 19.5)),
        ("svi", "SVI2018_US_COUNTY.csv", 2, "2018", f"SELECT rpl_themes, pct_65_plus, pct_black FROM {AUTAUGA}", (0.4354, 14.6, None)),
        ("svi_tract", FILES["svi_tract"], 2, "2022", "SELECT rpl_themes FROM svi_tract WHERE fips = '48201100000'", (0.8123,)),
        ("population", FILES["population"], 3, "V2023", "SELECT county_name, population FROM county_population WHERE fips = '35013' AND year = '2023'", ("Doña Ana County", 225210)),
        ("sex_race", FILES["sex_race"], 2, "2018", "SELECT sum(people) FROM county_age_sex WHERE fips = '06073' AND sex = 'M'", (1682449,)),
        ("sex_race", "cc-est2023-alldata.csv", 1, "2023", "SELECT sum(people) FROM county_age_sex WHERE fips = '35013'", (18 * 5 * 24,)),
        ("sahie", FILES["sahie"], 3, "2023", "SELECT pct_uninsured, pct_low FROM county_uninsured WHERE fips = '48201'", (22.2, 21.6)),
        ("sahie", "sahie_2023_short.csv", 3, "2023", "SELECT pct_uninsured FROM county_uninsured WHERE fips = '06073'", (6.8,)),
        ("cbsa", FILES["cbsa"], 3, "2023", "SELECT cbsa_code, metro FROM cbsa WHERE county_fips = '46013'", ("10100", False)),
        ("cbsa", "cbsa_2023_short.csv", 10, "2023", "SELECT cbsa_code, metro FROM cbsa WHERE county_fips = '48201'", ("26420", True)),
        ("hospitals", FILES["hospitals"], 5, None, "SELECT county_fips, rating FROM cms_hospitals WHERE ccn = '110010'", ("13089", 3)),
        ("hospitals", "Hospital_General_Information_2022.csv", 5, "2022", "SELECT county_fips, rating FROM cms_hospitals WHERE ccn = '45013F'", ("48201", None)),
        ("hospitals", "xubh-q36u.csv", 5, None, "SELECT county_fips, city FROM cms_hospitals WHERE ccn = '090001'", ("11001", "WASHINGTON")),
        ("nppes", FILES["nppes"], 14, "2026-11-08", "SELECT count(*) FROM nppes_providers WHERE state = 'TX'", (6,)),
    ],
    ids=lambda value: value if isinstance(value, str) and value.endswith(".csv") else "",
)  # fmt: skip
def test_an_extract_loads_with_its_rows_release_and_figures(kind, name, rows, vintage, query, expected):
    load, _, conn = loaded(kind, name)
    assert (load.row_count, load.vintage, load.rejected_count) == (rows, vintage, 0)
    assert one(conn, query) == expected


def test_what_is_not_available_is_null_in_every_release():
    _, _, conn = loaded("svi", "SVI2018_US_COUNTY.csv")
    assert one(conn, "SELECT rpl_themes, rpl_theme1, pct_unemployed, pct_65_plus FROM svi_county WHERE fips = '35039'") == (
        None, None, None, 18.0,
    )  # fmt: skip
    _, _, conn = loaded("svi_tract", FILES["svi_tract"])
    assert one(conn, "SELECT rpl_themes, pct_white, population FROM svi_tract WHERE fips = '48201980100'") == (
        None,
        None,
        0,
    )
    _, _, conn = loaded("sahie", FILES["sahie"])
    assert one(conn, "SELECT pct_uninsured FROM county_uninsured WHERE fips = '15005'") == (None,)


def test_a_row_per_measure_gives_the_tables_of_four_columns_per_measure():
    _, notes, conn = loaded("places", LONG)
    assert not any("refused" in note for note in notes), "the nation's row is passed over, not refused"
    assert one(conn, "SELECT county_name, state, population FROM places_county WHERE fips = '06073'") == (
        "San Diego",
        "CA",
        3276208,
    )
    assert one(conn, "SELECT list(measure ORDER BY measure) FROM places_measure WHERE fips = '06073'") == (
        ["BPHIGH", "DIABETES", "OBESITY"],
    )
    suppressed = "SELECT crude_pct, adjusted_pct FROM places_measure WHERE fips = '06073' AND measure = 'OBESITY'"
    assert one(conn, suppressed) == (None, None)
    _, _, wide = loaded("places", FILES["places"])
    for table in ("places_county", "places_measure"):
        columns = f"SELECT list(column_name || ' ' || column_type) FROM (DESCRIBE {table})"
        assert one(conn, columns) == one(wide, columns)


def test_an_older_index_says_what_it_lacks_and_a_profile_takes_that_from_elsewhere():
    load, notes, conn = loaded("svi", "SVI2018_US_COUNTY.csv")
    assert any("no race and ethnicity" in note and "themes 2 and 3" in note for note in notes)
    autauga = ReferenceProfileResolver(conn).resolve_county("01001")
    assert (autauga.figures["pct_65_plus"].value, autauga.figures["pct_65_plus"].vintage) == (14.6, "2018")
    assert autauga.figures["pct_black"].vintage == "2022" and autauga.figures["pct_black"].of == "Alabama"
    assert any("those of Alabama" in note for note in autauga.notes)


def test_connecticut_has_both_its_counties_and_its_regions(counties):
    resolver = ReferenceProfileResolver(counties)
    region, county = resolver.resolve_county("09110"), resolver.resolve_county("09003")
    assert (
        region.figures["rpl_themes"].value == one(counties, "SELECT rpl_themes FROM svi_county WHERE fips = '09110'")[0]
    )
    assert (
        county.measures["DIABETES"]
        == one(counties, "SELECT crude_pct FROM places_measure WHERE fips = '09003' AND measure = 'DIABETES'")[0]
    )
    assert any("health measures: those of the former counties" in note for note in region.notes)
    assert any("social figures: those of the planning regions" in note for note in county.notes)


@pytest.mark.parametrize(("fips", "lacks"), [("34021", "New Jersey"), ("02066", "Alaska")])
def test_counties_without_blood_pressure_take_it_from_a_wider_area_and_say_so(counties, fips, lacks):
    county = ReferenceProfileResolver(counties).resolve_county(fips)
    borrowed = county.figures["BPHIGH"]
    assert borrowed.of in (lacks, "the United States") and county.figures["DIABETES"].of == ""
    assert any("BPHIGH" in note and borrowed.of in note for note in county.notes)


def test_a_metropolitan_area_has_the_counties_of_the_list_that_was_loaded(counties):
    houston = ReferenceProfileResolver(counties).resolve_msa("26420")
    assert houston.counties == ("48015", "48201")
    assert len(ReferenceProfileResolver(duckdb.connect()).resolve_msa("26420").counties) == 10


def _altered(tmp_path, kind, change):
    path = tmp_path / FILES[kind]
    encoding = "latin-1" if kind in ("population", "sex_race") else "utf-8"
    path.write_text(change((OFFICIAL / FILES[kind]).read_text(encoding)), encoding)
    return path


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("places", lambda text: text.replace(",06073,", ",6073,"), "leading zeros were lost"),
        ("svi", lambda text: text.replace(",06073,", ",6073,"), "leading zeros were lost"),
        ("svi_tract", lambda text: text.replace("48201100000", "99201100000"), "of no state, such as '99201100000'"),
        ("places_tract", lambda text: text.replace(",8.1,", ",108.1,"), "not a number from 0 to 100, such as '108.1'"),
        ("population", lambda text: text.replace("POPESTIMATE2023", "POP2023").replace("CTYNAME", "NAME"), "missing columns CTYNAME"),
        ("sahie", lambda text: text.replace(",PCTUI,", ",PERCENT,"), "missing columns PCTUI"),
        ("hospitals", lambda text: text.replace("450001", "45-001"), "values are not six digits"),
        ("cbsa", lambda text: text.replace(",201,Central", ",2O1,Central"), "values are not five digits"),
        ("sex_race", lambda text: text.replace(";geography;", ";place;"), "is not a Census county file"),
        ("nppes", lambda text: text.replace("Provider Credential Text", "Credential"), "missing columns Provider Credential Text"),
    ],
)  # fmt: skip
def test_a_file_that_was_spoilt_is_refused_whole(tmp_path, kind, change, message):
    conn = duckdb.connect()
    with pytest.raises(UserError, match=message):
        loading.load_file(conn, kind, _altered(tmp_path, kind, change))
    assert loading.tables(conn) == set()


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return the command `init` in a workspace of its own."""
    monkeypatch.setenv("HEALTHSIM_HOME", str(tmp_path / "home"))
    return lambda *words: CliRunner().invoke(init, [str(word) for word in words])


def test_all_ten_kinds_load_at_once_and_each_says_what_it_is_for(run):
    words = [word for kind, name in FILES.items() for word in (loading.KINDS[kind].option, OFFICIAL / name)]
    report = json.loads(run(*words, "--state", "TX", "--json").stdout)
    assert [load["kind"] for load in report["loads"]] == list(FILES)
    told = " ".join(report["next"])
    assert all(kind.replace("_", "-") in told for kind in FILES)
    assert '"network": {"source": "nppes"}' in told and '"type": "tract"' in told and '"type": "msa"' in told
    again = run(*words, "--state", "TX")
    assert again.output.count("the same file was loaded before, so nothing changed") == 10


def test_the_check_says_kind_by_kind_what_agrees(run):
    kinds = ("population", "sex_race", "sahie", "hospitals")
    words = [word for kind in kinds for word in (loading.KINDS[kind].option, OFFICIAL / FILES[kind])]
    result = run(*words, "--check")
    assert "sex-race     2018        2 of 2 known figures agree" in result.output
    assert "sahie        2023        2 of 2 known figures agree" in result.output
    assert "none are known of this release" in result.output
    # The extract of the population has three counties of 3,144.
    assert "population   V2023       2 of 3 known figures agree" in result.output
    assert isinstance(result.exception, UserError) and "population rows: expected 3144, found 3" in str(
        result.exception
    )


def test_a_newer_release_takes_the_place_of_the_older_and_scenarios_say_which_they_used(run, tmp_path):
    from healthsim_core.generation.run import generate

    spec = {
        "generation": {"count": 3, "products": ["populationsim"], "seed": 1},
        "demographics": {"source": "populationsim", "reference": {"type": "county", "fips": "48201"}},
    }
    run("--places", OFFICIAL / FILES["places"], "--svi", OFFICIAL / FILES["svi"])
    before = generate(spec, workspace=tmp_path / "home", name="before").scenario
    result = run("--places", OFFICIAL / LONG, "--allow-partial")
    assert "2022 gave way to 2024; scenarios keep the figures that they were made with" in result.output
    after = generate(spec, workspace=tmp_path / "home", name="after").scenario
    (was,), (now,) = (one.about()["references"].values() for one in (before, after))
    assert was.endswith(" of PLACES 2022, SVI 2022") and now.endswith(" of PLACES 2024, SVI 2022")

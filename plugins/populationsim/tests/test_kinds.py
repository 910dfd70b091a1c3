"""Every kind of official file becomes its tables, in each of the layouts it comes in."""

from __future__ import annotations

import csv
import zipfile
from xml.sax.saxutils import escape

import duckdb
import pytest

from healthsim_core.errors import UserError
from populationsim import loading


def one(conn, query):
    return conn.execute(query).fetchall()[0]


def test_the_known_figures_of_every_file_agree(everything):
    compared = loading.check(everything)
    assert len(compared) == 27
    assert [one for one in compared if one.differs] == []


def test_population_has_the_years_and_keeps_accents(everything):
    row = "SELECT county_name, state, population FROM county_population WHERE fips = '35013' AND year = '2023'"
    assert one(everything, row) == ("Doña Ana County", "NM", 225210)
    assert one(everything, "SELECT DISTINCT len(fips) FROM county_population") == (5,)
    texas = "SELECT sum(population) FROM county_population WHERE state = 'TX' AND year = '2023'"
    assert one(everything, texas) == (30503301,)


def test_age_and_race_by_sex_add_up_to_the_people(everything):
    ages = "SELECT sum(people) FROM county_age_sex WHERE fips = '48201'"
    races = "SELECT sum(people) FROM county_race_sex WHERE fips = '48201'"
    assert one(everything, ages) == one(everything, races) == (4698619,)


def test_hospitals_of_every_state_have_a_county(everything):
    lost = (
        "SELECT count(*) FROM cms_hospitals WHERE county_fips IS NULL AND state NOT IN ('PR', 'VI', 'GU', 'AS', 'MP')"
    )
    assert one(everything, lost) == (0,)
    # DE KALB is DeKalb, a blank county is that of the ZIP.
    assert one(everything, "SELECT county_fips FROM cms_hospitals WHERE ccn = '110010'") == ("13089",)
    assert one(everything, "SELECT county_fips FROM cms_hospitals WHERE ccn = '090001'") == ("11001",)
    assert one(everything, "SELECT count(DISTINCT ccn) FROM cms_hospitals") == (5421,)


def test_hospitals_can_be_those_of_one_county(tmp_path):
    header = (
        "Facility ID,Facility Name,Address,City/Town,State,ZIP Code,County/Parish,Hospital Type,Hospital Ownership,"
        "Emergency Services,Hospital overall rating"
    )
    rows = [
        "450001,A HOSPITAL,1 A ST,HOUSTON,TX,77002,HARRIS,Acute Care Hospitals,Proprietary,Yes,4",
        "45013F,A VA HOSPITAL,1 B ST,HOUSTON,TX,77030,HARRIS,Acute Care - Veterans Administration,Federal,No,Not Available",
        "050001,B HOSPITAL,1 C ST,SAN DIEGO,CA,92101,SAN DIEGO,Acute Care Hospitals,Proprietary,Yes,5",
    ]
    path = tmp_path / "hospitals.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    conn = duckdb.connect()
    load, _ = loading.load_file(conn, "hospitals", path, limits=loading.Limits(counties=("48201",)))
    assert (load.row_count, load.limits) == (2, "48201")
    assert one(conn, "SELECT rating, emergency_services FROM cms_hospitals WHERE ccn = '45013F'") == (None, False)
    load, notes = loading.load_file(conn, "hospitals", path)
    assert load.row_count == 3, "the same file with other limits is another load"
    assert "hospitals.csv of 48201 gave way to hospitals.csv" in notes[0]


SAHIE = (
    "year,version,statefips,countyfips,geocat,agecat,racecat,sexcat,iprcat,NIPR,nipr_moe,PCTUI,pctui_moe,county_name,"
)


def test_sahie_as_published_has_a_preamble_and_many_groups(tmp_path):
    notes = ["Small Area Health Insurance Estimates", " ", "  Note 1: moe is the margin of error, at 90 percent."] * 25
    rows = [
        "2023,        ,48,000,40,0,0,0,0, 1, 1, 18.6, 0.2,Texas,",
        "2023,        ,48,201,50,0,0,0,0, 4148000, 9000, 22.2,  0.6,Harris County,",
        "2023,        ,48,201,50,1,0,0,0, 1, 1, 29.1,  0.9,Harris County,",
        "2023,        ,15,005,50,0,0,0,0, ., ., .,  .,Kalawao County,",
    ]
    path = tmp_path / "sahie_2023.csv"
    path.write_text("\n".join([*notes, SAHIE, *rows]) + "\n")
    archive = tmp_path / "sahie-2023-csv.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.write(path, "sahie_2023.csv")
        zipped.writestr("readme.txt", "hello")
    for given in (path, archive):
        conn = duckdb.connect()
        load, _ = loading.load_file(conn, "sahie", given)
        assert (load.row_count, load.figure_count, load.vintage, load.rejected_count) == (2, 1, "2023", 0)
        found = one(conn, "SELECT pct_uninsured, pct_low, pct_high FROM county_uninsured WHERE fips = '48201'")
        assert found == (22.2, 21.6, 22.8)


def test_ages_by_sex_as_published_are_those_of_the_latest_year(tmp_path):
    races = [
        f"{origin}{race}_{sex}"
        for origin in ("NH", "H")
        for race in ("WA", "BA", "IA", "AA", "NA", "TOM")
        for sex in ("MALE", "FEMALE")
    ]
    header = [
        "SUMLEV",
        "STATE",
        "COUNTY",
        "STNAME",
        "CTYNAME",
        "YEAR",
        "AGEGRP",
        "TOT_POP",
        "TOT_MALE",
        "TOT_FEMALE",
        *races,
    ]
    path = tmp_path / "cc-est2023-alldata.csv"
    with path.open("w", newline="", encoding="latin-1") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for year in (1, 5):
            for group in range(19):
                people = [year * 18, year * 18] if group == 0 else [year, year]
                writer.writerow(
                    [
                        "050",
                        "35",
                        "013",
                        "New Mexico",
                        "Doña Ana County",
                        year,
                        group,
                        sum(people),
                        *people,
                        *[year * 3] * 24,
                    ]
                )
    conn = duckdb.connect()
    load, _ = loading.load_file(conn, "sex_race", path)
    assert (load.row_count, load.vintage) == (1, "2023")
    assert one(conn, "SELECT sum(people), count(DISTINCT age_band) FROM county_age_sex WHERE fips = '35013'") == (
        180,
        18,
    )
    assert one(conn, "SELECT people FROM county_age_sex WHERE age_band = '85+' AND sex = 'F'") == (5,)
    assert one(conn, "SELECT sum(people) FROM county_race_sex WHERE hispanic AND race = 'native'") == (30,)


def _workbook(path, rows):
    """Write a workbook as spreadsheets do: words apart, empty cells left out."""
    words = sorted({cell for row in rows for cell in row if cell})
    cells = "".join(
        f'<row r="{number}">'
        + "".join(
            f'<c r="{chr(65 + column)}{number}" t="s"><v>{words.index(cell)}</v></c>'
            for column, cell in enumerate(row)
            if cell
        )
        + "</row>"
        for number, row in enumerate(rows, 1)
    )
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", f"<worksheet {space}><sheetData>{cells}</sheetData></worksheet>")
        shared = "".join(f"<si><t>{escape(word)}</t></si>" for word in words)
        archive.writestr("xl/sharedStrings.xml", f"<sst {space}>{shared}</sst>")


def test_the_list_of_metropolitan_areas_is_read_from_its_spreadsheet(tmp_path):
    header = [
        "CBSA Code",
        "Metropolitan Division Code",
        "CSA Code",
        "CBSA Title",
        "Metropolitan/Micropolitan Statistical Area",
        "Metropolitan Division Title",
        "CSA Title",
        "County/County Equivalent",
        "State Name",
        "FIPS State Code",
        "FIPS County Code",
        "Central/Outlying County",
    ]
    houston = [
        "26420",
        "",
        "288",
        "Houston-Pasadena-The Woodlands, TX",
        "Metropolitan Statistical Area",
        "",
        "Houston-Pasadena, TX",
    ]
    rows = [
        ["List 1. CORE BASED STATISTICAL AREAS (CBSAs)"],
        [""],
        header,
        [*houston, "Harris County", "Texas", "48", "201", "Central"],
        [*houston, "Austin County", "Texas", "48", "015", "Outlying"],
        [
            "10100",
            "",
            "",
            "Aberdeen, SD",
            "Micropolitan Statistical Area",
            "",
            "",
            "Brown County",
            "South Dakota",
            "46",
            "013",
            "Central",
        ],
        ["Note: The 2023 delineations were issued by OMB."],
    ]
    path = tmp_path / "list1_2023.xlsx"
    _workbook(path, rows)
    conn = duckdb.connect()
    load, refused = loading.load_file(conn, "cbsa", path)
    assert (load.row_count, load.figure_count, load.vintage, refused) == (3, 2, "2023", [])
    assert one(conn, "SELECT * FROM cbsa WHERE county_fips = '48015'") == (
        "48015",
        "26420",
        "Houston-Pasadena-The Woodlands, TX",
        "Outlying",
        True,
    )
    assert one(conn, "SELECT metro FROM cbsa WHERE county_fips = '46013'") == (False,)


def test_tracts_keep_their_measures_and_limits(tmp_path, samples, write):
    path = write(tmp_path / "PLACES__Census_Tract_Data_2024_release.csv", list(samples.places_tract_rows()))
    conn = duckdb.connect()
    load, _ = loading.load_file(conn, "places_tract", path)
    assert (load.row_count, load.figure_count, load.vintage) == (2, 6, "2024")
    query = "SELECT crude_pct, crude_low, crude_high FROM places_tract_measure WHERE fips = '48201100000' AND measure = 'DIABETES'"
    assert one(conn, query) == (8.1, 7.0, 9.2)


def test_an_archive_without_the_file_is_a_clear_error(tmp_path):
    path = tmp_path / "nppes.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.pdf", "x")
    with pytest.raises(UserError, match="holds no NPPES monthly file"):
        loading.load_file(duckdb.connect(), "nppes", path)
    path.write_bytes(b"no archive")
    with pytest.raises(UserError, match="damaged or no zip file"):
        loading.load_file(duckdb.connect(), "nppes", path)

"""Official files become tables: whole or not at all, and again without harm."""

from __future__ import annotations

import duckdb
import pytest

from healthsim_core.errors import UserError
from populationsim import loading


def one(conn, query):
    return conn.execute(query).fetchall()[0]


def test_official_files_have_the_known_rows_and_figures(official):
    places, svi = loading.loads(official)
    assert (places.row_count, svi.row_count) == (3143, 3144)
    assert (places.vintage, svi.vintage) == ("2022", "2022")
    compared = loading.check(official)
    assert len(compared) == 18
    assert [one for one in compared if one.differs] == []


def test_what_is_not_available_is_null_and_not_minus_999(svi_file):
    conn = duckdb.connect()
    loading.load_svi(conn, svi_file)
    assert one(conn, "SELECT pct_uninsured FROM svi_county WHERE fips = '48301'") == (None,)
    assert one(conn, "SELECT pct_uninsured FROM svi_county WHERE fips = '48201'") == (10.0,)


def test_measures_keep_their_confidence_limits(places_file):
    conn = duckdb.connect()
    loading.load_places(conn, places_file)
    loving = "FROM places_measure WHERE fips = '48301' AND measure"
    assert one(conn, f"SELECT crude_pct, crude_low, crude_high {loving} = 'DIABETES'") == (9.0, 8.1, 9.9)
    assert one(conn, f"SELECT count(crude_pct) {loving} = 'BPHIGH'") == (0,)


def test_a_file_that_is_no_utf_8_is_read_as_latin_1(tmp_path, write, svi_row):
    path = write(tmp_path / "svi.csv", [svi_row("35013", "Doña Ana County, New Mexico", "NM")], encoding="latin-1")
    conn = duckdb.connect()
    loading.load_svi(conn, path)
    assert one(conn, "SELECT county_name FROM svi_county") == ("Doña Ana County",)


def test_loading_again_replaces(places_file, tmp_path, write, places_rows):
    conn = duckdb.connect()
    loading.load_places(conn, places_file)
    before = loading.fingerprint(conn)
    loading.load_places(conn, places_file)
    assert loading.fingerprint(conn) == before
    assert [load.row_count for load in loading.loads(conn)] == [2]
    loading.load_places(conn, write(tmp_path / "other.csv", places_rows[:1]))
    assert [load.row_count for load in loading.loads(conn)] == [1]


def test_the_fingerprint_knows_figures_and_not_the_order_of_rows(tmp_path, write, places_rows):
    def of(rows):
        conn = duckdb.connect()
        loading.load_places(conn, write(tmp_path / "places.csv", rows))
        return loading.fingerprint(conn)

    assert of(places_rows) == of(places_rows[::-1])
    assert of(places_rows) != of((places_rows[0] | {"DIABETES_CrudePrev": "12.7"}, places_rows[1]))


def test_missing_columns_are_all_listed(tmp_path, write):
    path = write(tmp_path / "x.csv", [{"CountyFIPS": "48201", "CountyName": "Harris", "StateAbbr": "TX"}])
    with pytest.raises(UserError, match="missing columns StateDesc, TotalPopulation, DIABETES_CrudePrev"):
        loading.load_places(duckdb.connect(), path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"CountyFIPS": "1001"}, "CountyFIPS: 1 values are not five digits, such as '1001'; leading zeros were lost"),
        ({"CountyFIPS": "48301"}, "1 counties stand there more than once"),
        ({"DIABETES_CrudePrev": "126"}, "1 values are not a number from 0 to 100, such as '126' of 48201"),
        ({"OBESITY_CrudePrev": "many"}, "OBESITY_CrudePrev: 1 values are not a number from 0 to 100, such as 'many'"),
    ],
)
def test_impossible_values_are_refused_and_nothing_is_left(tmp_path, change, message, write, places_rows):
    conn = duckdb.connect()
    path = write(tmp_path / "x.csv", (places_rows[0] | change, places_rows[1]))
    with pytest.raises(UserError, match=message):
        loading.load_places(conn, path)
    assert loading.tables(conn) == set()


def test_a_bad_file_leaves_what_was_there_and_the_good_ones_before_it(places_file, svi_file, tmp_path, write, svi_row):
    database = tmp_path / "home" / "reference.duckdb"
    bad = write(tmp_path / "bad.csv", [svi_row("1001", "Autauga County, Alabama", "AL")])
    with pytest.raises(UserError, match="FIPS"):
        loading.load_reference(database, svi=bad)
    assert not database.exists()
    with pytest.raises(UserError, match="FIPS"):
        loading.load_reference(database, places_file, bad)
    with loading.open_reference(database) as conn:
        assert [load.kind for load in loading.loads(conn)] == ["places"]
    loading.load_reference(database, places_file, svi_file)
    with loading.open_reference(database) as conn:
        before = loading.fingerprint(conn)
    with pytest.raises(UserError, match="FIPS"):
        loading.load_reference(database, svi=bad)
    with loading.open_reference(database) as conn:
        assert loading.fingerprint(conn) == before


def test_the_same_file_again_changes_nothing_and_says_so(places_file, places_rows, tmp_path, write):
    conn = duckdb.connect()
    first, notes = loading.load_file(conn, "places", places_file)
    assert notes == ["places_2022_release.csv: 2 of 3,144 counties; the built-in figures serve for the others"]
    conn.execute("CREATE TABLE kept AS FROM places_county")
    conn.execute("DELETE FROM places_county")
    again, notes = loading.load_file(conn, "places", places_file)
    assert again == first and notes == ["places_2022_release.csv: the same file was loaded before, so nothing changed"]
    assert one(conn, "SELECT count(*) FROM places_county") == (0,), "a second load would have filled the table"
    other, notes = loading.load_file(conn, "places", write(tmp_path / "other.csv", places_rows[:1]))
    assert other.row_count == 1 and "2022 gave way to other.csv" in notes[-1]


def test_few_rows_that_cannot_be_true_are_refused_and_counted(tmp_path, write, svi_row):
    rows = [svi_row(f"48{number:03d}", f"County {number}, Texas", "TX") for number in range(1, 402, 2)]
    rows[7] |= {"EP_AGE65": "140"}
    conn = duckdb.connect()
    load, notes = loading.load_file(conn, "svi", write(tmp_path / "svi_2022.csv", rows))
    assert (load.row_count, load.rejected_count) == (200, 1)
    assert (
        notes[0] == "svi_2022.csv: refused: EP_AGE65: 1 values are not a number from 0 to 100, such as '140' of 48015"
    )
    rows[8] |= {"EP_AGE65": "-3"}
    rows[9] |= {"FIPS": "4801X"}
    with pytest.raises(UserError, match="(?s)FIPS: 1 values.*EP_AGE65: 2 values"):
        loading.load_file(conn, "svi", write(tmp_path / "svi_bad.csv", rows))


def test_a_file_that_was_cut_off_takes_no_whole_ones_place_unless_asked_to(tmp_path, write, svi_row):
    whole = write(
        tmp_path / "svi.csv", [svi_row(f"48{number:03d}", "A County, Texas", "TX") for number in range(1, 62, 2)]
    )
    conn = duckdb.connect()
    loading.load_svi(conn, whole)
    before = loading.fingerprint(conn)
    lines = whole.read_bytes().splitlines(keepends=True)
    torn, short = tmp_path / "torn.csv", tmp_path / "short.csv"
    torn.write_bytes(b"".join(lines[:-1]) + lines[-1][:40])
    short.write_bytes(b"".join(lines[:15]))
    for path, why in (
        (torn, "its last line breaks off"),
        (short, "has 14 counties, and would replace the 31 of svi.csv"),
    ):
        with pytest.raises(UserError, match=f"{why}.*--allow-partial"):
            loading.load_svi(conn, path)
        assert loading.fingerprint(conn) == before
    load, notes = loading.load_file(conn, "svi", short, allow_partial=True)
    assert load.row_count == 14 and "14 of 3,144 counties" in notes[0]
    assert loading.load_file(duckdb.connect(), "svi", short)[0].row_count == 14, "there was nothing to lose"
    short.write_bytes(whole.read_bytes().rstrip())
    assert loading.load_file(conn, "svi", short)[0].row_count == 31, "a last line without an end can be whole"


def test_a_file_of_tracts_given_as_counties_is_told_apart(tmp_path, write, svi_row):
    path = write(
        tmp_path / "SVI_2022_US.csv", [svi_row("48201100000", "Census Tract 1000; Harris County; Texas", "TX")]
    )
    with pytest.raises(UserError, match="looks like a file of census tracts"):
        loading.load_file(duckdb.connect(), "svi", path)
    load, _ = loading.load_file(duckdb.connect(), "svi_tract", path)
    assert (load.row_count, load.vintage) == (1, "2022")


def test_a_binary_file_is_a_clear_error(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(bytes(range(256)) * 50)
    with pytest.raises(UserError, match="is not a CDC PLACES county file"):
        loading.load_places(duckdb.connect(), path)

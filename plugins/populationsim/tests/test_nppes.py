"""The provider file: 330 columns, of which few are read; by state and county; refused rows are counted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile

import duckdb
import pytest

from healthsim_core.errors import UserError
from populationsim import loading

NAME = "npidata_pfile_20050523-20261108.csv"


def one(conn, query):
    return conn.execute(query).fetchall()[0]


def test_the_official_layout_has_330_columns(samples):
    header = samples.nppes_header()
    assert len(header) == len(set(header)) == 330


def test_a_state_is_taken_out_of_the_nation(tmp_path, samples):
    path = samples.write_nppes(tmp_path / NAME, 1000)
    conn = duckdb.connect()
    load, notes = loading.load_file(conn, "nppes", path, limits=loading.Limits(states=("TX",)))
    assert (load.row_count, load.vintage, load.limits, notes) == (400, "2026-11-08", "TX", [])
    assert one(conn, "SELECT min(state), max(state), count(DISTINCT county_fips) FROM nppes_providers") == (
        "TX",
        "TX",
        2,
    )
    columns = [name for (name,) in conn.execute("SELECT column_name FROM (DESCRIBE nppes_providers)").fetchall()]
    assert (
        columns
        == (
            "npi entity_type last_name first_name organization_name credential taxonomy_code address_line city state zip_code "
            "county_fips phone enumeration_date deactivation_date"
        ).split()
    )


def test_a_county_is_that_of_the_practices_zip(tmp_path, samples):
    path = samples.write_nppes(tmp_path / NAME, 1000)
    conn = duckdb.connect()
    loading.load_file(conn, "nppes", path, limits=loading.Limits(counties=("48201",)))
    # The ZIP has nine digits in the file.
    assert one(conn, "SELECT DISTINCT county_fips, zip_code FROM nppes_providers") == ("48201", "77002")


def test_the_primary_taxonomy_and_the_particulars_are_those_of_the_row(tmp_path, samples):
    path = samples.write_nppes(tmp_path / NAME, 30)
    conn = duckdb.connect()
    loading.load_file(conn, "nppes", path)
    npi = samples.npi(6)
    row = f"SELECT entity_type, last_name, organization_name, taxonomy_code, phone, enumeration_date::VARCHAR FROM nppes_providers WHERE npi = '{npi}'"
    assert one(conn, row) == ("1", "SAMPLE6", None, samples.TAXONOMIES[1], "7135550106", "2012-07-07")
    organisation = f"SELECT organization_name, last_name FROM nppes_providers WHERE npi = '{samples.npi(7)}'"
    assert one(conn, organisation) == ('CLINIC 7, "INC"', None)


def test_a_deactivated_number_comes_without_particulars_and_is_passed_over(tmp_path, samples):
    gone = {
        5: {"NPI Deactivation Date": "01/02/2020"},
        10: {"NPI Deactivation Date": "01/02/2020", "NPI Reactivation Date": "03/04/2021"},
    }
    path = samples.write_nppes(tmp_path / NAME, 200, gone)
    conn = duckdb.connect()
    load, _ = loading.load_file(conn, "nppes", path)
    assert load.row_count == 198
    dates = "SELECT list(npi) FROM nppes_providers WHERE deactivation_date IS NOT NULL"
    assert one(conn, dates) == ([samples.npi(5)],)


def test_numbers_that_cannot_be_are_refused_and_counted(tmp_path, samples):
    wrong = {3: {"NPI": "2000000035"}, 4: {"NPI": "200000004"}}
    path = samples.write_nppes(tmp_path / NAME, 400, wrong)
    conn = duckdb.connect()
    load, notes = loading.load_file(conn, "nppes", path)
    assert load.rejected_count == 2 and load.row_count == 394
    assert any("check digit" in note and "2000000035" in note for note in notes)
    assert any("ten digits" in note for note in notes)
    with pytest.raises(UserError, match="check digit"):
        loading.load_file(conn, "nppes", samples.write_nppes(tmp_path / "npidata_2.csv", 50, wrong))
    assert one(conn, "SELECT count(*) FROM nppes_providers") == (394,)


def test_the_archive_as_published_is_read(tmp_path, samples):
    plain = samples.write_nppes(tmp_path / NAME, 50)
    archive = tmp_path / "NPPES_Data_Dissemination_November_2026_V2.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.write(plain, NAME)
        zipped.writestr("npidata_pfile_20050523-20261108_fileheader.csv", "NPI\n")
        zipped.writestr("othername_pfile_20050523-20261108.csv", "NPI\n" * 100_000)
    conn = duckdb.connect()
    load, _ = loading.load_file(conn, "nppes", archive, beside=tmp_path)
    assert (load.row_count, load.vintage, load.file) == (50, "2026-11-08", archive.name)
    assert not list(tmp_path.glob("healthsim-init-*"))


def test_a_file_that_lacks_columns_names_them(tmp_path):
    path = tmp_path / NAME
    path.write_text('"NPI","Entity Type Code"\n"2000000002","1"\n')
    with pytest.raises(UserError, match="is not a NPPES monthly file.*missing columns Provider Organization Name"):
        loading.load_file(duckdb.connect(), "nppes", path)


def test_a_state_that_is_written_out_or_in_small_letters_counts(tmp_path, samples):
    column = "Provider Business Practice Location Address State Name"
    path = samples.write_nppes(tmp_path / NAME, 10, {0: {column: "Texas"}, 1: {column: "tx "}, 2: {column: "ZZ"}})
    conn = duckdb.connect()
    load, _ = loading.load_file(conn, "nppes", path, limits=loading.Limits(states=("TX",)))
    assert load.row_count == 4 and one(conn, "SELECT DISTINCT state FROM nppes_providers") == ("TX",)


def test_an_archive_that_breaks_off_is_refused_and_what_was_loaded_stays(tmp_path, samples):
    plain, archive = samples.write_nppes(tmp_path / NAME, 500), tmp_path / "nppes.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.write(plain, NAME)
    whole = archive.read_bytes()
    conn = duckdb.connect()
    loading.load_file(conn, "nppes", archive, beside=tmp_path)
    middle = len(whole) // 3
    for broken in (whole[:middle], whole[:middle] + bytes(500) + whole[middle + 500 :]):
        archive.write_bytes(broken)
        with pytest.raises(UserError, match="damaged or no zip file"):
            loading.load_file(conn, "nppes", archive, beside=tmp_path)
    assert one(conn, "SELECT count(*) FROM nppes_providers") == (495,)
    assert not list(tmp_path.glob("healthsim-init-*"))


KILLED = """
import sys, pathlib
from populationsim import loading
def tell(message, share=None):
    if message.startswith("loading"):
        print("begun", flush=True)
loading.load_reference(pathlib.Path(sys.argv[1]), files={"places": pathlib.Path(sys.argv[2]), "nppes": pathlib.Path(sys.argv[3])}, progress=tell)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_a_killed_init_leaves_the_old_table_and_goes_on_when_run_again(tmp_path, samples, places_file):
    database = tmp_path / "reference.duckdb"
    small, large = samples.write_nppes(tmp_path / "npidata_a.csv", 100), samples.write_nppes(tmp_path / NAME, 20_000)
    loading.load_reference(database, files={"nppes": small})
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(database), str(places_file), str(large)],
        stdout=subprocess.PIPE,
        env=os.environ,
    )
    child.stdout.readline()
    time.sleep(0.05)
    child.kill()
    child.wait()
    with loading.open_reference(database) as conn:
        kinds = {load.kind: load for load in loading.loads(conn)}
        # What was done stays; what was under way is the old table, or the new one where the kill came too late.
        assert kinds["places"].row_count == 2
        assert one(conn, "SELECT count(*) FROM nppes_providers") == (kinds["nppes"].row_count,)
        assert kinds["nppes"].row_count in (99, 19_800)
    # A kill leaves what it was unpacking and setting down.
    left = tmp_path / "healthsim-init-killed", tmp_path / "reference.duckdb.tmp"
    for folder in left:
        folder.mkdir(exist_ok=True)
        (folder / "half").write_text("x")
    done = loading.load_reference(database, files={"places": places_file, "nppes": large})
    assert not any((folder / "half").exists() for folder in left)
    assert "nothing changed" in done["places"][1][0]
    assert done["nppes"][0].row_count == 19_800

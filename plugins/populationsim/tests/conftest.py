"""The agencies' files where they are at hand, and small files of the same layout made here."""

from __future__ import annotations

import csv
import importlib.util
import os
from pathlib import Path

import duckdb
import pytest

from populationsim import facts, loading

SHARED = Path(os.environ.get("HEALTHSIM_SHARED_DATA") or Path(__file__).parents[3].parent / "shared" / "data")
PLACES_FILE = SHARED / "cdc_places_county_2022_release.csv"
SVI_FILE = SHARED / "cdc_svi_county_2022.csv"


OTHERS = {
    "population": "census_co_est2023.csv",
    "sex_race": "census_county_sex_race_2018.csv",
    "sahie": "census_sahie_2023.csv",
    "cbsa": "census_cbsa_2023.csv",
    "hospitals": "cms_hospital_general_information.csv",
}


@pytest.fixture(scope="session")
def samples():
    """Return the module that writes small files in the official layouts."""
    path = Path(__file__).parents[1] / "scripts" / "sample_files.py"
    spec = importlib.util.spec_from_file_location("populationsim_sample_files", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def everything():
    """Return a connection with all the agencies' files loaded; skip where they are not at hand."""
    if not all((SHARED / name).is_file() for name in OTHERS.values()):
        pytest.skip("the agencies' files are not at hand")
    conn = duckdb.connect()
    loading.load_places(conn, PLACES_FILE)
    loading.load_svi(conn, SVI_FILE)
    for kind, name in OTHERS.items():
        loading.load_file(conn, kind, SHARED / name)
    return conn


@pytest.fixture(scope="session")
def official():
    """Return a connection with the agencies' files loaded; skip where they are not at hand."""
    if not (PLACES_FILE.is_file() and SVI_FILE.is_file()):
        pytest.skip("the agencies' files are not at hand")
    conn = duckdb.connect()
    loading.load_places(conn, PLACES_FILE)
    loading.load_svi(conn, SVI_FILE)
    return conn


@pytest.fixture(scope="session")
def official_files():
    """Return the agencies' PLACES and SVI files; skip where they are not at hand."""
    if not (PLACES_FILE.is_file() and SVI_FILE.is_file()):
        pytest.skip("the agencies' files are not at hand")
    return PLACES_FILE, SVI_FILE


PLACES_ROWS = (
    {
        "CountyFIPS": "48201",
        "CountyName": "Harris",
        "StateAbbr": "TX",
        "StateDesc": "Texas",
        "TotalPopulation": "4,738,253",
        "DIABETES_CrudePrev": "12.6",
        "DIABETES_Crude95CI": "(12.1, 13.1)",
        "OBESITY_CrudePrev": "37.9",
        "BPHIGH_CrudePrev": "30.7",
    },
    {
        "CountyFIPS": "48301",
        "CountyName": "Loving",
        "StateAbbr": "TX",
        "StateDesc": "Texas",
        "TotalPopulation": "181",
        "DIABETES_CrudePrev": "9",
        "DIABETES_Crude95CI": "( 8.1,  9.9)",
        "OBESITY_CrudePrev": "33.1",
        "BPHIGH_CrudePrev": "",
    },
)


def _svi_row(fips: str, location: str, state: str, **figures: str) -> dict[str, str]:
    """Return a row of an SVI file: every figure 10 % or 0.5 unless given."""
    row = {"FIPS": fips, "LOCATION": location, "ST_ABBR": state, "STATE": location.rpartition(", ")[2]}
    for one in facts.rows("svi_columns.csv"):
        name = one["column"]
        row.setdefault(name, "0.5" if name.startswith("RPL") else "1000" if name.startswith("E_") else "10")
    return row | figures


def _write(path: Path, rows, encoding: str = "utf-8-sig") -> Path:
    """Write a CSV file as agencies do: with a byte order mark."""
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def write():
    """Return the function that writes a CSV file as agencies do."""
    return _write


@pytest.fixture
def svi_row():
    """Return the function that makes a row of an SVI file."""
    return _svi_row


@pytest.fixture
def places_rows():
    """Return the rows of a small PLACES file; Loving lacks high blood pressure."""
    return PLACES_ROWS


@pytest.fixture
def places_file(tmp_path):
    """Return a small PLACES file."""
    return _write(tmp_path / "places_2022_release.csv", PLACES_ROWS)


@pytest.fixture
def svi_file(tmp_path):
    """Return a small SVI file with a figure that is not available."""
    rows = [
        _svi_row("48201", "Harris County, Texas", "TX", E_TOTPOP="4726177", RPL_THEMES="0.9201", EP_AGE65="11.0"),
        _svi_row("48301", "Loving County, Texas", "TX", E_TOTPOP="96", EP_UNINSUR="-999"),
    ]
    return _write(tmp_path / "svi.csv", rows)

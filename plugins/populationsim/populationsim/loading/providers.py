"""Hospitals of the CMS Provider Data Catalog, and the National Plan and Provider Enumeration System's monthly file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from populationsim.loading.layouts import Form, Kind, year_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SERVES = (
    'real doctors and hospitals, in a profile that says "network": {"source": "nppes"}; without it they are made '
    "(hospitals need --nppes too)"
)

HOSPITALS = Kind(
    "hospitals",
    "CMS Hospital General Information file",
    "hospitals",
    "Facility ID",
    6,
    ("cms_hospitals",),
    "SELECT count(county_fips) FROM cms_hospitals",
    (
        Form(
            "hospitals_columns.csv",
            "hospitals.sql",
            '"Facility ID"',
            names=(("city", '"City/Town"'), ("county", '"County/Parish"')),
        ),
        Form(
            "hospitals_before_2023_columns.csv",
            "hospitals.sql",
            '"Facility ID"',
            names=(("city", '"City"'), ("county", '"County Name"')),
        ),
    ),
    limited=True,
    serves=SERVES,
)


def _edition(conn: DuckDBPyConnection, path: Path) -> str | None:
    """Return the day up to which the file tells, as its name says: npidata_pfile_20050523-20261108.csv."""
    last = re.search(r"-(20\d\d)(\d\d)(\d\d)", path.stem)
    if last:
        return "-".join(last.groups())
    found = conn.execute("SELECT max(enumeration_date) FROM nppes_providers").fetchall()[0][0]
    return str(found) if found else year_of(path)


NPPES = Kind(
    "nppes",
    "NPPES monthly file (npidata_pfile)",
    "providers",
    "NPI",
    10,
    ("nppes_providers",),
    "SELECT count(county_fips) FROM nppes_providers",
    (Form("nppes_columns.csv", "nppes.sql", '"NPI"'),),
    _edition,
    staged=False,
    limited=True,
    serves=SERVES,
    version=2,
    # The archive holds other files beside it, and one with the header alone.
    member=r"(?i)npidata_pfile_[0-9-]+\.csv$",
)

"""The CDC/ATSDR Social Vulnerability Index by county or by tract: the same columns, FIPS of 5 or of 11 digits."""

from __future__ import annotations

from populationsim.loading.layouts import COUNTIES, TRACTS, Form, Kind

SINCE_2020 = ("EP_HISP", "EP_AFAM", "EP_ASIAN", "EP_AIAN", "EP_NHPI", "EP_TWOMORE", "EP_OTHERRACE", "EP_POV150")
"""Columns that the index has since 2020."""
LACKS = (
    "this release has no race and ethnicity and no poverty of 150 %, which come from the figures that are built in; "
    "its themes 2 and 3 divide the indicators otherwise than those since 2020"
)


def _kind(name: str, area: str, unit: str, digits: int, table: str, label: str, serves: str) -> Kind:
    count = f"SELECT count(*) FROM (UNPIVOT {table} ON COLUMNS('^(pct|rpl)_') INTO NAME figure VALUE value)"
    words = (("areas", table), ("label", label))
    there = tuple((column.lower(), f'nullif("{column}"::DOUBLE, -999)') for column in SINCE_2020)
    absent = tuple((column.lower(), "NULL::DOUBLE") for column in SINCE_2020)
    forms = (
        Form("svi_columns.csv", "svi.sql", '"FIPS"', names=(*words, *there)),
        Form("svi_2018_columns.csv", "svi.sql", '"FIPS"', names=(*words, *absent), lacks=LACKS),
    )
    return Kind(name, f"CDC/ATSDR SVI {area} file", unit, "FIPS", digits, (table,), count, forms, serves=serves)


SVI = _kind(
    "svi",
    "county",
    "counties",
    5,
    "svi_county",
    """regexp_replace("LOCATION", ', [^,]*$', '')""",
    COUNTIES,
)
SVI_TRACT = _kind(
    "svi_tract",
    "census tract",
    "tracts",
    11,
    "svi_tract",
    '"LOCATION"',
    TRACTS,
)

"""The CDC/ATSDR Social Vulnerability Index by county or by tract: the same columns, FIPS of 5 or of 11 digits."""

from __future__ import annotations

from populationsim.loading.layouts import Form, Kind


def _kind(name: str, area: str, unit: str, digits: int, table: str, label: str) -> Kind:
    count = f"SELECT count(*) FROM (UNPIVOT {table} ON COLUMNS('^(pct|rpl)_') INTO NAME figure VALUE value)"
    form = Form("svi_columns.csv", "svi.sql", '"FIPS"', names=(("areas", table), ("label", label)))
    return Kind(name, f"CDC/ATSDR SVI {area} file", unit, "FIPS", digits, (table,), count, (form,))


SVI = _kind("svi", "county", "counties", 5, "svi_county", """regexp_replace("LOCATION", ', [^,]*$', '')""")
SVI_TRACT = _kind("svi_tract", "census tract", "tracts", 11, "svi_tract", '"LOCATION"')

"""CDC PLACES by county or tract, in both of its layouts: four columns per measure, or a row per measure."""

from __future__ import annotations

from populationsim.loading.layouts import COUNTIES, TRACTS, Form, Kind

PERCENTS = r"_(Crude|Adj)Prev$"


def _kind(
    name: str, area: str, unit: str, key: str, digits: int, columns: str, wide: str, long: str, title: str
) -> Kind:
    """Return the kind of an area; `wide` and `long` say where a county's FIPS stands, `title` where its name in a long file."""
    tables = (("areas", name if name.endswith("tract") else f"{name}_county"), ("measures", f"{name}_measure"))
    return Kind(
        name,
        f"CDC PLACES {area} file",
        unit,
        key,
        digits,
        tuple(table for _, table in tables),
        f"SELECT count(crude_pct) FROM {name}_measure",
        (
            Form(columns, "places.sql", f'"{key}"', percents=PERCENTS, names=(*tables, ("county", wide))),
            Form(
                "places_long_columns.csv",
                "places_long.sql",
                """"LocationID" || '-' || "MeasureId" || '-' || "DataValueTypeID" """,
                pattern=rf"[0-9]{{{digits}}}-[A-Z0-9_]+-(CrdPrv|AgeAdjPrv)",
                # The nation stands among the counties.
                rows=""""StateAbbr" <> 'US'""",
                names=(*tables, ("county", long), ("name", title)),
            ),
        ),
        serves=TRACTS if digits == 11 else COUNTIES,
    )


PLACES = _kind(
    "places",
    "county",
    "counties",
    "CountyFIPS",
    5,
    "places_columns.csv",
    '"CountyFIPS"',
    '"LocationID"',
    '"LocationName"',
)
PLACES_TRACT = _kind(
    "places_tract",
    "census tract",
    "tracts",
    "TractFIPS",
    11,
    "places_tract_columns.csv",
    'left("TractFIPS", 5)',
    'left("LocationID", 5)',
    # In a file of tracts it is the tract; the county's name is not in every release.
    "''",
)

"""CDC PLACES, in the GIS-friendly layout: four columns per measure, one row per county or tract."""

from __future__ import annotations

from populationsim.loading.layouts import Form, Kind

PERCENTS = r"_(Crude|Adj)Prev$"

PLACES = Kind(
    "places",
    "CDC PLACES county file (GIS-friendly layout)",
    "counties",
    "CountyFIPS",
    5,
    ("places_county", "places_measure"),
    "SELECT count(crude_pct) FROM places_measure",
    (
        Form(
            "places_columns.csv",
            "places.sql",
            '"CountyFIPS"',
            percents=PERCENTS,
            names=(("areas", "places_county"), ("measures", "places_measure"), ("county", '"CountyFIPS"')),
        ),
    ),
)

PLACES_TRACT = Kind(
    "places_tract",
    "CDC PLACES census tract file (GIS-friendly layout)",
    "tracts",
    "TractFIPS",
    11,
    ("places_tract", "places_tract_measure"),
    "SELECT count(crude_pct) FROM places_tract_measure",
    (
        Form(
            "places_tract_columns.csv",
            "places.sql",
            '"TractFIPS"',
            percents=PERCENTS,
            names=(("areas", "places_tract"), ("measures", "places_tract_measure"), ("county", 'left("TractFIPS", 5)')),
        ),
    ),
)

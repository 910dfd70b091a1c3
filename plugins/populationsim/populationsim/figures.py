"""Where figures come from: the reference database that `init` loads, or the figures that come with the package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from populationsim import facts

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Figures = Mapping[str, float]
"""{figure: value}; a figure that is not available is not there."""


class Source(Protocol):
    """Somebody who has figures; every method gives nothing (an empty mapping) for what it lacks."""

    title: str

    def vintage(self) -> str:
        """Return which releases the figures are of."""

    def county_social(self, fips: str) -> Figures:
        """Return the social figures of a county."""

    def county_health(self, fips: str) -> Figures:
        """Return the health measures of a county."""

    def area_social(self, state: str | None) -> Figures:
        """Return the social figures of a state, or of the nation for None."""

    def area_health(self, state: str | None) -> Figures:
        """Return the health measures of a state, or of the nation for None."""


class LoadedFigures:
    """Figures of a DuckDB connection that holds reference data."""

    title = "reference database"

    def __init__(self, conn: DuckDBPyConnection):
        from populationsim.loading import loads, tables

        self._conn = conn
        self._tables = tables(conn)
        self._vintages = {load.kind: load.vintage or load.file for load in loads(conn)}

    def vintage(self) -> str:
        names = {"places": "PLACES", "svi": "SVI"}
        return ", ".join(f"{names[kind]} {self._vintages[kind]}" for kind in names if kind in self._vintages)

    def county_social(self, fips: str) -> Figures:
        return self._social("county_svi.sql", {"fips": fips})

    def county_health(self, fips: str) -> Figures:
        return self._health("county_places.sql", {"fips": fips})

    def area_social(self, state: str | None) -> Figures:
        return self._social("area_svi.sql", {"state": state})

    def area_health(self, state: str | None) -> Figures:
        return self._health("area_places.sql", {"state": state})

    def _social(self, script: str, parameters: dict) -> Figures:
        if "svi_county" not in self._tables:
            return {}
        cursor = self._conn.cursor().execute(facts.text("sql", script), parameters)
        names = [column[0] for column in cursor.description]
        found = cursor.fetchall()
        return {
            name: value
            for row in found
            for name, value in zip(names, row, strict=True)
            if value is not None and name != "fips"
        }

    def _health(self, script: str, parameters: dict) -> Figures:
        if not {"places_county", "places_measure"} <= self._tables:
            return {}
        return dict(self._conn.cursor().execute(facts.text("sql", script), parameters).fetchall())


class BuiltInFigures:
    """The figures that come with the package: the nation, the states and the largest counties."""

    title = "built-in figures"

    def vintage(self) -> str:
        return facts.facts("fallback.json")["birth"]["vintage"]

    def county_social(self, fips: str) -> Figures:
        return self._of("counties", fips, "social")

    def county_health(self, fips: str) -> Figures:
        return self._of("counties", fips, "health")

    def area_social(self, state: str | None) -> Figures:
        return self._of("areas", state or facts.NATION, "social")

    def area_health(self, state: str | None) -> Figures:
        return self._of("areas", state or facts.NATION, "health")

    def _of(self, kind: str, key: str, part: str) -> Figures:
        return facts.facts("fallback.json")[kind].get(key, {}).get(part, {})


def crosswalk(fips: str) -> dict[str, int]:
    """Return the Connecticut counties or regions that share people with this region or county: {fips: people}."""
    cells = facts.facts("connecticut.json")["population"]
    shared = {cell["region"]: cell["population"] for cell in cells if cell["county"] == fips}
    return shared or {cell["county"]: cell["population"] for cell in cells if cell["region"] == fips}


def retired_counties() -> set[str]:
    """Return the FIPS of the eight counties that Connecticut had until 2022."""
    return {cell["county"] for cell in facts.facts("connecticut.json")["population"]}


def blend(parts: Mapping[str, Figures], weights: Mapping[str, int]) -> Figures:
    """Return the weighted mean of every figure that all parts have; nothing where a part is missing."""
    if not parts or not all(parts.values()):
        return {}
    names = set.intersection(*(set(part) for part in parts.values())) - {"population", "household_count"}
    total = sum(weights.values())
    return {name: round(sum(parts[fips][name] * weights[fips] for fips in parts) / total, 4) for name in sorted(names)}

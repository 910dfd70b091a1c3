"""Where figures come from: the reference database that `init` loads, or the figures that come with the package."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Protocol

from populationsim import facts

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Figures = Mapping[str, float]
"""{figure: value}; a figure that is not available is not there."""

Limits = Mapping[str, tuple[float, float]]
"""{measure: (lower, upper)}."""

Known = tuple[float, float | None, float | None, str, str]
"""A figure with its confidence limits, source and vintage."""


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

    def limits(self, fips: str | None, state: str | None = None) -> Limits:
        """Return the 95 % confidence limits of the measures of a county, or of a state, or of the nation."""

    def census(self, fips: str) -> Mapping[str, Known]:
        """Return what the Census Bureau's files say of a county besides: {figure: (value, low, high, source, vintage)}."""

    def vintage_of(self, part: str) -> str:
        """Return the release of the `social` figures or of the `health` measures."""


class LoadedFigures:
    """Figures of a DuckDB connection that holds reference data; `wide` gives one to the tables that were not copied."""

    title = "reference database"

    def __init__(self, conn: DuckDBPyConnection, wide: Callable[[], AbstractContextManager] | None = None):
        from populationsim.loading import loads, tables

        self._conn = conn
        self._wide = wide or (lambda: nullcontext(conn))
        self._tables = tables(conn)
        self._vintages = {load.kind: load.vintage or load.file for load in loads(conn)}
        self._areas: dict[tuple[str, str | None], Figures] = {}
        self._counties: dict[tuple[str, str], Figures] = {}

    def vintage(self) -> str:
        """Return which releases were loaded."""
        names = {"places": "PLACES", "svi": "SVI"}
        return ", ".join(f"{names[kind]} {self._vintages[kind]}" for kind in names if kind in self._vintages)

    def vintage_of(self, part: str) -> str:
        """Return the release of the `social` figures or of the `health` measures."""
        return self._vintages.get("svi" if part == "social" else "places", "")

    def county_social(self, fips: str) -> Figures:
        """Return the social figures of a county."""
        found = self._counties.get(("social", fips))
        return self._social("county_svi.sql", {"fips": fips}) if found is None else found

    def county_health(self, fips: str) -> Figures:
        """Return the health measures of a county."""
        found = self._counties.get(("health", fips))
        return self._health("county_places.sql", {"fips": fips}) if found is None else found

    def area_social(self, state: str | None) -> Figures:
        """Return the social figures of a state, or of the nation for None."""
        if ("social", state) not in self._areas:
            self._areas["social", state] = self._social("area_svi.sql", {"state": state})
        return self._areas["social", state]

    def area_health(self, state: str | None) -> Figures:
        """Return the health measures of a state, or of the nation for None."""
        if ("health", state) not in self._areas:
            self._areas["health", state] = self._health("area_places.sql", {"state": state})
        return self._areas["health", state]

    def limits(self, fips: str | None, state: str | None = None) -> Limits:
        """Return the limits of a county's measures, or the mean of the counties' by population."""
        if not {"places_county", "places_measure"} <= self._tables:
            return {}
        script = "area_limits.sql" if fips is None else "county_limits.sql"
        given = {"state": state} if fips is None else {"fips": fips}
        found = self._conn.cursor().execute(facts.text("sql", script), given).fetchall()
        return {measure: (low, high) for measure, low, high in found}

    def area_counties(self, code: str) -> tuple[str, ...]:
        """Return the counties of a metropolitan area in the Census list that was loaded; nothing where none was."""
        if "cbsa" not in self._tables:
            return ()
        query = "SELECT county_fips FROM cbsa WHERE cbsa_code = $code ORDER BY county_fips"
        return tuple(fips for (fips,) in self._conn.cursor().execute(query, {"code": code}).fetchall())

    def census(self, fips: str) -> Mapping[str, Known]:
        """Return population estimate, births, deaths, uninsured under 65 and the share of women, as far as loaded."""
        found: dict[str, Known] = {}
        for kind, table, script in (
            ("population", "county_population", "county_population.sql"),
            ("sahie", "county_uninsured", "county_uninsured.sql"),
            ("sex_race", "county_age_sex", "county_sexes.sql"),
        ):
            if table not in self._tables:
                continue
            answer = self._conn.cursor().execute(facts.text("sql", script), {"fips": fips}).fetchall()
            for name, value, low, high, source in answer:
                if value is not None:
                    found[name] = (value, low, high, source, self._vintages.get(kind, ""))
        return found

    def ranks(self) -> Mapping[str, tuple[float, ...]]:
        """Return the vulnerability ranks by county FIPS; nothing where the index is not loaded."""
        if "svi_county" not in self._tables:
            return {}
        query = f"SELECT fips, {', '.join(facts.SVI_RANKS)} FROM svi_county WHERE rpl_themes IS NOT NULL ORDER BY fips"
        return {fips: tuple(ranks) for fips, *ranks in self._conn.cursor().execute(query).fetchall()}

    def all_counties(self, figure: str) -> list[float]:
        """Return a figure of every county that has one; nothing where it is not loaded."""
        if figure.isupper() and "places_measure" in self._tables:
            query = "SELECT crude_pct FROM places_measure WHERE measure = $figure AND crude_pct IS NOT NULL ORDER BY 1"
            found = self._conn.cursor().execute(query, {"figure": figure}).fetchall()
        elif "svi_county" in self._tables and figure in self._svi_columns():
            query = f'SELECT "{figure}" FROM svi_county WHERE "{figure}" IS NOT NULL ORDER BY 1'
            found = self._conn.cursor().execute(query).fetchall()
        else:
            found = []
        return [value for (value,) in found]

    def _svi_columns(self) -> set[str]:
        found = self._conn.cursor().execute("SELECT column_name FROM (DESCRIBE svi_county)").fetchall()
        return {name for (name,) in found if name.startswith(("pct_", "rpl_", "population"))}

    def tract(self, fips: str) -> tuple[Figures, Figures, Limits, int | None]:
        """Return social figures, health measures, limits and population of a tract, as far as loaded."""
        with self._wide() as conn:
            from populationsim.loading import tables

            there = tables(conn)
            social: Figures = {}
            if "svi_tract" in there:
                social = _row(conn.cursor().execute(facts.text("sql", "tract_svi.sql"), {"fips": fips}))
            if "places_tract_measure" not in there:
                return social, {}, {}, None
            answer = conn.cursor().execute(facts.text("sql", "tract_places.sql"), {"fips": fips}).fetchall()
        health = {measure: value for measure, value, _, _, _ in answer}
        limits = {measure: (low, high) for measure, _, low, high, _ in answer if low is not None}
        return social, health, limits, next((population for *_, population in answer), None)

    def tract_vintages(self) -> Mapping[str, str]:
        """Return the releases of the tract files that are loaded, by kind."""
        return {kind: self._vintages[kind] for kind in ("places_tract", "svi_tract") if kind in self._vintages}

    def near_tracts(self, fips: str) -> list[str]:
        """Return the tracts of the same county whose numbers are nearest."""
        with self._wide() as conn:
            from populationsim.loading import tables

            for table in ("svi_tract", "places_tract"):
                if table in tables(conn):
                    query = f"SELECT fips FROM {table} WHERE left(fips, 5) = $county ORDER BY abs(fips::BIGINT - $tract), fips LIMIT 3"
                    given = {"county": fips[:5], "tract": int(fips)}
                    return [one for (one,) in conn.cursor().execute(query, given).fetchall()]
        return []

    def prefetch(self, fips: Iterable[str]) -> None:
        """Read many counties at once: two queries for hundreds are faster than two for each."""
        wanted = list(fips)
        for part, script, table in (
            ("social", "many_svi.sql", "svi_county"),
            ("health", "many_places.sql", "places_measure"),
        ):
            if table not in self._tables:
                continue
            self._counties.update({(part, one): {} for one in wanted})
            cursor = self._conn.cursor().execute(facts.text("sql", script), {"fips": wanted})
            names = [column[0] for column in cursor.description]
            found = cursor.fetchall()
            for row in found:
                self._counties[part, row[0]] = (
                    _figures(names, row) if part == "social" else dict(zip(row[1], row[2], strict=True))
                )

    def _social(self, script: str, parameters: dict) -> Figures:
        if "svi_county" not in self._tables:
            return {}
        return _row(self._conn.cursor().execute(facts.text("sql", script), parameters))

    def _health(self, script: str, parameters: dict) -> Figures:
        if not {"places_county", "places_measure"} <= self._tables:
            return {}
        return dict(self._conn.cursor().execute(facts.text("sql", script), parameters).fetchall())


def _row(cursor) -> Figures:
    names = [column[0] for column in cursor.description]
    return next((_figures(names, row) for row in cursor.fetchall()), {})


def _figures(names: list[str], row: tuple) -> Figures:
    return {name: value for name, value in zip(names, row, strict=True) if value is not None and name != "fips"}


class BuiltInFigures:
    """The figures that come with the package: the nation, the states and the largest counties."""

    title = "built-in figures"

    def vintage(self) -> str:
        """Return which releases the figures were taken from."""
        return facts.facts("fallback.json")["birth"]["vintage"]

    def vintage_of(self, part: str) -> str:
        """Return the release of the `social` figures or of the `health` measures."""
        name = "SVI" if part == "social" else "PLACES"
        return next(word.partition(" ")[2] for word in self.vintage().split(", ") if word.startswith(name))

    def county_social(self, fips: str) -> Figures:
        """Return the social figures of a county: its own."""
        return self._of("counties", fips, "social")

    def county_health(self, fips: str) -> Figures:
        """Return the health measures of a county."""
        return self._of("counties", fips, "health")

    def area_social(self, state: str | None) -> Figures:
        """Return the social figures of a state, or of the nation for None."""
        return self._of("areas", state or facts.NATION, "social")

    def area_health(self, state: str | None) -> Figures:
        """Return the health measures of a state, or of the nation for None."""
        return self._of("areas", state or facts.NATION, "health")

    def limits(self, fips: str | None, state: str | None = None) -> Limits:
        """Return the limits of a county's measures, or the mean of the counties' by population."""
        kind, key = ("areas", state or facts.NATION) if fips is None else ("counties", fips)
        return {name: (low, high) for name, (low, high) in self._of(kind, key, "limits").items()}

    def census(self, fips: str) -> Mapping[str, Known]:
        """Return nothing: these figures come with files only."""
        return {}

    def ranks(self) -> Mapping[str, tuple[float, ...]]:
        """Return the vulnerability ranks by county FIPS."""
        return facts.vulnerability()

    def all_counties(self, figure: str) -> list[float]:
        """Return the ranks of every county, or its people; nothing for what comes with files only."""
        if figure == "population":
            return [one.population for fips, one in facts.counties().items() if fips not in retired_counties()]
        if figure in facts.SVI_RANKS:
            return [ranks[facts.SVI_RANKS.index(figure)] for ranks in facts.vulnerability().values()]
        return []

    def _of(self, kind: str, key: str, part: str) -> Figures:
        return facts.facts("fallback.json")[kind].get(key, {}).get(part, {})


def crosswalk(fips: str) -> dict[str, int]:
    """Return the Connecticut counties or regions that share people with this region or county: {fips: people}."""
    cells = facts.facts("connecticut.json")["population"]
    shared = {cell["region"]: cell["population"] for cell in cells if cell["county"] == fips}
    return shared or {cell["county"]: cell["population"] for cell in cells if cell["region"] == fips}


@functools.cache
def retired_counties() -> frozenset[str]:
    """Return the FIPS of the eight counties that Connecticut had until 2022."""
    return frozenset(cell["county"] for cell in facts.facts("connecticut.json")["population"])


def blend(parts: Mapping[str, Figures], weights: Mapping[str, int]) -> Figures:
    """Return the weighted mean of every figure that all parts have; nothing where a part is missing."""
    if not parts or not all(parts.values()):
        return {}
    names = set.intersection(*(set(part) for part in parts.values())) - {"population", "household_count"}
    total = sum(weights.values())
    return {name: round(sum(parts[fips][name] * weights[fips] for fips in parts) / total, 4) for name in sorted(names)}

"""Scenarios' places, as a reference would give them."""

import json

import duckdb
import pytest

from healthsim_core.declarations import Place
from healthsim_core.persons import PERSONS
from healthsim_core.state.scenario import FORMAT_VERSION, Scenario
from networksim.entities import TABLES


@pytest.fixture(scope="session")
def places():
    """Return the function that gives counties with one ZIP each, of no known coordinates or people."""
    return lambda *fips: {"places": tuple(Place("77002", "Houston", "TX", one, "A County", 1.0) for one in fips)}


@pytest.fixture(scope="session")
def county():
    """Return the function that gives so many ZIPs of one county, on a line from south to north, its people, and a wish for all of its directory."""

    def make(fips: str, zips: int, people: float | None = None):
        line = (
            Place(
                f"{77001 + one}",
                "Town",
                "TX",
                fips,
                "A County",
                1.0,
                29 + one / 10,
                -95.0,
                None if people is None else people / zips,
            )
            for one in range(zips)
        )
        return {"places": tuple(line), "network": {"directory": "full"}}

    return make


@pytest.fixture
def saved(tmp_path):
    """Return the function that saves a scenario of tables filled by SQL."""

    def make(sql: str, *more) -> Scenario:
        path = tmp_path / "made.duckdb"
        with duckdb.connect(str(path)) as connection:
            for table in (PERSONS, *TABLES, *more):
                connection.execute(table.ddl())
            connection.execute(sql)
            record = {"format_version": FORMAT_VERSION, "as_of": "2025-01-01", "created_at": "2025-01-01"}
            connection.execute("CREATE SCHEMA healthsim")
            connection.execute(
                "CREATE TABLE healthsim.scenario AS SELECT 'made' AS name, ? AS record", [json.dumps(record)]
            )
            connection.execute(
                "CREATE TABLE healthsim.tables AS SELECT 'providers' AS table_name, count(*) AS row_count FROM providers"
            )
        return Scenario("made", path)

    return make

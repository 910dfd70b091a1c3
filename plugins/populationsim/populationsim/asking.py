"""What the figures say of one place, as functions: each asks the workspace's reference data unless a connection is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from populationsim.profile import DemographicProfile
from populationsim.resolving import ReferenceProfileResolver

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def resolve_county(place: str | int, conn: DuckDBPyConnection | None = None) -> DemographicProfile:
    """Return the profile of a county by FIPS or name (`Harris County, TX`)."""
    return ReferenceProfileResolver(conn).resolve_county(place)


def resolve_state(place: str | int, conn: DuckDBPyConnection | None = None) -> DemographicProfile:
    """Return the profile of a state by FIPS, abbreviation or name."""
    return ReferenceProfileResolver(conn).resolve_state(place)


def resolve_nation(conn: DuckDBPyConnection | None = None) -> DemographicProfile:
    """Return the profile of the United States."""
    return ReferenceProfileResolver(conn).resolve_nation()


def resolve_msa(place: str | int, conn: DuckDBPyConnection | None = None) -> DemographicProfile:
    """Return the profile of a metropolitan or micropolitan area by code or name (`Houston, TX`)."""
    return ReferenceProfileResolver(conn).resolve_msa(place)


def resolve_zip(place: str | int, conn: DuckDBPyConnection | None = None) -> DemographicProfile:
    """Return the profile of a ZIP code: its county's figures."""
    return ReferenceProfileResolver(conn).resolve_zip(place)


def resolve_tract(place: str | int, conn: DuckDBPyConnection | None = None) -> DemographicProfile:
    """Return the profile of a census tract by its FIPS of eleven digits."""
    return ReferenceProfileResolver(conn).resolve_tract(place)

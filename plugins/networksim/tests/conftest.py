"""Scenarios' places, as a reference would give them."""

import pytest

from healthsim_core.declarations import Place


@pytest.fixture(scope="session")
def places():
    """Return the function that gives counties with one ZIP each, of no known coordinates."""
    return lambda *fips: {"places": tuple(Place("77002", "Houston", "TX", one, "A County", 1.0) for one in fips)}


@pytest.fixture(scope="session")
def county():
    """Return the function that gives so many ZIPs of one county, on a line from south to north."""

    def make(fips: str, zips: int):
        line = (
            Place(f"{77001 + one}", "Town", "TX", fips, "A County", 1.0, 29 + one / 10, -95.0) for one in range(zips)
        )
        return {"places": tuple(line)}

    return make

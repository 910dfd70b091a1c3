"""CMS's standards of network adequacy: types of counties, and what each asks of a network, by specialty."""

from __future__ import annotations

import functools
import math

from attrs import frozen

from healthsim_core.facts import read_csv

LARGE_METRO, METRO, MICRO, RURAL, CEAC = "Large Metro", "Metro", "Micro", "Rural", "CEAC"

SPEED = {LARGE_METRO: 30.0, METRO: 40.0, MICRO: 45.0, RURAL: 48.0, CEAC: 54.0}
"""Miles an hour by type of county: the median that the standards' own pairs of minutes and miles imply."""

DETOUR = 1.4
"""Miles of road for a mile of air: HealthSim's rounding of the national 1.417 of Boscoe, Henry and Zdeb (2012)."""

TELEHEALTH_CREDIT = 10.0
"""Points added to the percentage of enrollees within reach (42 CFR 422.116(d)(5))."""


@frozen
class County:
    """A county as CMS's designation of its type sees it."""

    fips: str
    county: str
    state: str
    population: int
    square_miles: float

    @property
    def name(self) -> str:
        """Return `Harris County, TX`."""
        return f"{self.county}, {self.state}"

    @property
    def county_type(self) -> str:
        """Return the type by population and density (42 CFR 422.116(c))."""
        people, density = self.population, self.population / self.square_miles
        if density >= 5000 or (people >= 500_000 and density >= 1500) or (people >= 1_000_000 and density >= 1000):
            return LARGE_METRO
        if density < 10:
            return CEAC
        if people >= 200_000 or (people >= 50_000 and density >= 100) or (people >= 10_000 and density >= 1000):
            return METRO
        if people >= 50_000 or (people >= 10_000 and density >= 50):
            return MICRO
        return RURAL


@frozen
class Limit:
    """What one specialty must keep in one type of county."""

    max_minutes: int
    max_miles: int
    per_1000: float | None
    """The minimum for 1,000 enrollees; None: one, however many they are."""

    def needed(self, enrollees: float) -> int:
        """Return how many a network needs for so many enrollees: at least one."""
        # What is a whole number but for the last bits of a product must not count one more.
        return max(1, math.ceil(round((self.per_1000 or 0) * enrollees / 1000, 6)))


@frozen
class Standard:
    """One specialty of CMS's list: what counts for it, and its limits by type of county."""

    specialty: str
    kind: str
    """provider, facility, or bed (of facilities)."""
    words: tuple[str, ...]
    """The specialties of providers, or types of facilities, that count."""
    telehealth: bool
    limits: dict[str, Limit]


def percent_needed(county_type: str) -> float:
    """Return the percentage of enrollees that must be within reach (42 CFR 422.116(d)(4))."""
    return 90.0 if county_type in (LARGE_METRO, METRO) else 85.0


@functools.cache
def counties() -> dict[str, County]:
    """Return the counties by FIPS."""
    return {
        row["fips"]: County(
            row["fips"], row["county"], row["state"], int(row["population"]), float(row["square_miles"])
        )
        for row in read_csv("networksim", "data", "county_land.csv")
    }


@functools.cache
def standards() -> tuple[Standard, ...]:
    """Return the standards, in the order of their file."""
    return tuple(
        Standard(
            row["specialty"],
            row["kind"],
            tuple(row["words"].split()),
            row["telehealth"] == "1",
            {one: _limit(row, one) for one in SPEED},
        )
        for row in read_csv("networksim", "data", "adequacy_standards.csv")
    )


def _limit(row: dict[str, str], county_type: str) -> Limit:
    column = county_type.lower().replace(" ", "_")
    ratio = row["metro_per_1000" if county_type in (LARGE_METRO, METRO) else "other_per_1000"]
    return Limit(int(row[f"{column}_minutes"]), int(row[f"{column}_miles"]), float(ratio) if ratio else None)

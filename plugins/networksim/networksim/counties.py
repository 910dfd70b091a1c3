"""Counties: how many people they have, how rural they are, and the numbers kept free for their directories."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from attrs import field, frozen

from healthsim_core.columns import Coded, Columns
from healthsim_core.declarations import Place
from healthsim_core.facts import read_csv
from networksim.distances import apart

CLASSES = ("large_metro", "metro", "micro", "rural")
"""Of a metropolitan area of a million people or more, of a smaller one, of a micropolitan area, of neither."""

METROPOLITAN = CLASSES.index("metro")
"""The last of the classes that are metropolitan."""

USUAL = 250_000
"""People a county's directory serves at most, unless the profile asks for a full one: enough to choose from, quickly written."""
FULL_UP_TO = 20_000_000
"""A scenario's counties with more people than this have short directories, unless the profile asks for full ones."""
SHORT = 10_000
"""As for how many people a county's short directory is, and that of a place whose people nobody counted."""

BEYOND = 120.0
"""How many miles away the next metropolitan county may be for people to go there too, from centre to centre; HealthSim's estimate."""

BLOCK = 200_000
"""People to a block of numbers."""
ROOMS = {"provider": 1000, "facility": 200, "pharmacy": 60, "certified": 100}
"""Numbers of each sort in a block."""
STRANGE = {
    "provider": (5_000_000, 700),
    "facility": (1_000_000, 150),
    "pharmacy": (1_000_000, 100),
    "certified": (500_000, 8),
}
"""From where on counties that the data do not know have their numbers of each sort, and how many each."""


@frozen
class _Known:
    kind: int
    first: int
    blocks: int
    hispanic: int
    asian: int


@functools.cache
def _known() -> Mapping[str, _Known]:
    found, first = {}, 0
    for row in read_csv("networksim", "data", "counties.csv"):
        blocks = int(row["blocks"])
        kind = "LMUR".index(row["class"])
        found[row["county_fips"]] = _Known(kind, first, blocks, int(row["hispanic"]), int(row["asian"]))
        first += blocks
    return found


@frozen
class Land:
    """The places of a scenario; two are the same where these are the same object."""

    places: Sequence[Place] = field(eq=id)


@functools.lru_cache(maxsize=4)
def people_of_counties(land: Land) -> Mapping[str, tuple[float, int]]:
    """Return how many people live in each county of the places, and its class."""
    people: dict[str, float] = {}
    for place in land.places:
        people[place.county_fips] = people.get(place.county_fips, 0.0) + people_of(place)
    return {fips: (many, _known()[fips].kind if fips in _known() else _class_of(many)) for fips, many in people.items()}


@functools.lru_cache(maxsize=4)
def metropolis(land: Land) -> Mapping[str, str]:
    """Return for each county the nearest other metropolitan one among the places; none where all are too far.

    It follows from the places alone, not from who lives there, so that a person's doctors stay when a cohort grows.
    """
    known = people_of_counties(land)
    fips = sorted(known)
    row = {one: turn for turn, one in enumerate(fips)}
    there = [place for place in land.places if place.latitude is not None and place.longitude is not None]
    of = np.array([row[place.county_fips] for place in there], np.int64)
    weight = np.array([people_of(place) + 1 for place in there], float)
    whole = np.bincount(of, weight, len(fips))
    centre = np.full((len(fips), 2), np.nan)
    for axis, name in enumerate(("latitude", "longitude")):
        degrees = np.array([getattr(place, name) for place in there], float)
        np.divide(np.bincount(of, weight * degrees, len(fips)), whole, out=centre[:, axis], where=whole > 0)
    cities = np.array([row[one] for one in fips if known[one][1] <= METROPOLITAN], np.int64)
    if not len(cities):
        return {}
    miles = apart(centre[:, None], centre[cities])
    miles[np.arange(len(fips))[:, None] == cities] = np.inf
    nearest = miles.argmin(axis=1)
    near = miles[np.arange(len(fips)), nearest] <= BEYOND
    return {one: fips[cities[nearest[turn]]] for turn, one in enumerate(fips) if near[turn]}


@frozen(eq=False)
class Counties:
    """Some counties in the order of their FIPS codes; the arrays are aligned."""

    fips: np.ndarray
    places: tuple[tuple[Place, ...], ...]
    """Each county's places in the order of their ZIPs."""
    population: np.ndarray
    """People to be served: those of the county's places in the scenario, or fewer where the directory is short."""
    people: np.ndarray
    """People of the county's places in the scenario, whether served or not."""
    kind: np.ndarray
    """Which of the classes."""
    first: np.ndarray
    """The first block of numbers; -1 for a county that the data do not know."""
    hispanic: np.ndarray
    """Percent of the people."""
    asian: np.ndarray

    @classmethod
    def of(cls, places: Sequence[Place], asked: str | None = None, wanted: Sequence[str] | None = None) -> Counties:
        """Return the counties of places; `asked` is full or short, `wanted` says which counties to return."""
        grouped: dict[str, list[Place]] = {}
        for place in places:
            grouped.setdefault(place.county_fips, []).append(place)
        people = people_of_counties(Land(places))
        short = asked == "short" or (asked is None and sum(many for many, _ in people.values()) > FULL_UP_TO)
        fips = sorted(grouped if wanted is None else set(wanted) & set(grouped))
        strange = [_Known(people[one][1], -1, 1, 17, 6) for one in fips]
        known = [_known().get(one, other) for one, other in zip(fips, strange, strict=True)]
        served = np.array([min(people[one][0], about.blocks * BLOCK) for one, about in zip(fips, known, strict=True)])
        first = np.array([one.first for one in known], np.int64)
        served = np.where(first < 0, np.minimum(served, SHORT), served)
        if asked != "full":
            served = np.minimum(served, SHORT if short else USUAL)
        return cls(
            np.array(fips, np.int64),
            tuple(tuple(sorted(grouped[one], key=lambda place: place.zip_code)) for one in fips),
            served,
            np.array([people[one][0] for one in fips], float),
            np.array([one.kind for one in known], np.int64),
            first,
            np.array([one.hispanic for one in known], float),
            np.array([one.asian for one in known], float),
        )

    def rows(self, real: Collection[str] = ()) -> Columns:
        """Return the rows of `directory_counties`; those of counties with `real` providers serve everybody."""
        is_real = np.isin(self.fips, [int(one) for one in real])
        people, served = (np.rint(count).astype(np.int64) for count in (self.people, self.population))
        served = np.where(is_real, people, served)
        return Columns(
            {
                "county_fips": Coded.encode([f"{one:05d}" for one in self.fips.tolist()]),
                "county_class": Coded.encode(list(CLASSES))[self.kind],
                "people_count": people,
                "served_count": served,
                "is_full": served >= people,
            }
        )

    def numbers(self, sort: str, county: np.ndarray, number: np.ndarray) -> np.ndarray:
        """Return numbers that no other of the sort has in the nation, for running numbers in the counties at `county`."""
        known = self.first[county] * ROOMS[sort] + number
        start, room = STRANGE[sort]
        strange = start + self.fips[county] * room + number % room
        return np.where(self.first[county] >= 0, known, strange)


def people_of(place: Place) -> float:
    """Return how many people live in a place."""
    return SHORT if place.population is None else place.population


def _class_of(people: float) -> int:
    return int(np.searchsorted([-250_000, -50_000, -10_000], -people))

"""Sites: where in its county each facility and pharmacy stands, what it is called and how it is reached."""

from __future__ import annotations

import functools
import importlib.resources
import json
from collections.abc import Mapping, Sequence

import numpy as np
from attrs import frozen

from healthsim_core.columns import Array, Coded
from healthsim_core.declarations import Place
from healthsim_core.draws import SLOTS, uniforms
from healthsim_core.facts import read_csv
from networksim.counties import CLASSES, Counties, people_of

# Words of invented names; none is meant to be a real organisation.
WORDS = (
    "Amberfield",
    "Birchwater",
    "Cedarvale",
    "Dovecrest",
    "Eastmere",
    "Fernhollow",
    "Glenharbor",
    "Hawthornedale",
    "Ivoryridge",
    "Juniper Bay",
    "Kestrel Point",
    "Larkspur",
    "Maplecroft",
    "Northbrook Vale",
    "Oakenshore",
    "Pinecrest Hollow",
    "Quailrun",
    "Rosewater",
    "Silverbirch",
    "Thornfield",
    "Umberland",
    "Violet Hills",
    "Westhaven",
    "Yarrowdale",
)

MIDDLES = (
    "",
    "Valley",
    "Lakes",
    "Heights",
    "Park",
    "Crossing",
    "Grove",
    "Commons",
    "Plaza",
    "Landing",
    "Terrace",
    "Meadows",
    "Square",
    "Gardens",
    "Junction",
    "Hills",
    "Bend",
    "Creek",
    "Ridge",
    "Shores",
    "Village",
    "Gate",
    "Run",
    "Summit",
    "Harbor",
)


@frozen
class Kind:
    """A kind of site: its code, how many a county has, and how its names end."""

    kind: str
    taxonomy_code: str
    certified: bool
    """Whether Medicare certifies them."""
    density: tuple[float, ...]
    """For 100,000 people, by the county's class."""
    least: int
    """The fewest that a county has."""
    beds: tuple[int, ...]
    """By the county's class; none where nobody sleeps there."""
    suffixes: tuple[str, ...]


@functools.cache
def kinds(file: str) -> tuple[Kind, ...]:
    """Return the kinds of sites of a file of this package's data."""
    return tuple(
        Kind(
            row["kind"],
            row["taxonomy_code"],
            row["certified"] == "1",
            tuple(float(row[name]) for name in CLASSES),
            int(row["least"]),
            tuple(int(beds) for beds in row["beds"].split()),
            tuple(row["suffixes"].split(";")),
        )
        for row in read_csv("networksim", "data", file)
    )


@functools.cache
def words() -> dict[str, list[str]]:
    """Return the names of people and streets that core has."""
    return json.loads(importlib.resources.files("healthsim_core").joinpath("data", "names.json").read_text("utf-8"))


def draw(seed: int, name: str, key: np.ndarray) -> np.ndarray:
    """Return one uniform per key of a site or provider."""
    return uniforms(seed, f"networksim.{name}", key * SLOTS)


def how_many(density: Sequence[float], counties: Counties, seed: int, name: str) -> np.ndarray:
    """Return how many each county has: the density's share of its people, rounded by chance so that counties add up."""
    expected = np.array(density)[counties.kind] * counties.population / 100_000
    return np.floor(expected + draw(seed, f"count.{name}", counties.fips)).astype(np.int64)


def within(count: np.ndarray) -> np.ndarray:
    """Return 0, 1, 2 … for as many as each count says, one count after the other."""
    return np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)


@frozen(eq=False)
class Sites:
    """Sites of some counties, in the order of their keys; the arrays are aligned."""

    kinds: tuple[Kind, ...]
    counties: Counties
    county: np.ndarray
    """The county's position among the counties."""
    number: np.ndarray
    """The running number within the county."""
    kind: np.ndarray
    """Which of the kinds."""
    rank: np.ndarray
    """The running number within county and kind."""

    @classmethod
    def of(cls, file: str, counties: Counties, seed: int) -> Sites:
        """Return the sites of counties, as many of each kind as their people and class ask for."""
        found = kinds(file)
        count = np.stack(
            [np.maximum(how_many(one.density, counties, seed, one.kind), one.least) for one in found], axis=1
        )
        each = count.ravel()
        county, kind = np.divmod(np.repeat(np.arange(each.size), each), len(found))
        return cls(found, counties, county, within(count.sum(axis=1)), kind, within(each))

    def of_kind(self, name: str) -> np.ndarray:
        """Return where the sites are of a kind (bool)."""
        return self.kind == [one.kind for one in self.kinds].index(name)

    def spelled(self, name: str) -> Coded:
        """Return a text of each site's kind, e.g. its taxonomy code."""
        return Coded.encode([getattr(one, name) for one in self.kinds])[self.kind]

    def beds(self, key: np.ndarray, seed: int) -> np.ndarray:
        """Return how many beds each site has, about as many as its kind has in such a county; 0 where nobody sleeps."""
        usual = np.array([one.beds or (0,) * len(CLASSES) for one in self.kinds], np.int64)
        mean = usual[self.kind, self.counties.kind[self.county]]
        u = draw(seed, "facility.beds", key)
        # A few hospitals are large: the mean is one, from 0.3 to 4.3 times it; HealthSim's estimate.
        large = 0.3 + 0.404 * u / (1 - 0.9 * u)
        times = np.where(self.of_kind("hospital") & (mean > 25), large, 0.4 + 1.2 * u)
        beds = np.maximum(np.rint(mean * times), 6).astype(np.int64)
        # Critical access hospitals, which those of rural counties are, have 25 beds at most.
        return np.where(mean == 0, 0, np.where(mean <= 25, np.minimum(beds, 25), beds))

    def certified(self) -> np.ndarray:
        """Return a number of each site that Medicare certifies, the nation's only; -1 for the others."""
        is_certified = np.array([one.certified for one in self.kinds])[self.kind]
        running = np.cumsum(is_certified) - 1
        before = np.concatenate([[0], np.cumsum(np.bincount(self.county, is_certified, len(self.counties.fips)))])
        number = running - before[self.county].astype(np.int64)
        return np.where(is_certified, self.counties.numbers("certified", self.county, number), -1)

    def columns(self, what: str, key: np.ndarray, seed: int) -> dict[str, Array]:
        """Return name, address and phone of each site."""
        flat = [place for here in self.counties.places for place in here]
        chosen = self._spread(what, flat, seed)
        streets = words()["streets"]

        def spelled(of) -> Coded:
            return Coded.encode([of(place) for place in flat])[chosen]

        state = spelled(lambda place: place.state)
        return {
            "name": self._names(what, seed),
            "taxonomy_code": self.spelled("taxonomy_code"),
            "street_number": 100 + np.floor(draw(seed, f"{what}.number", key) * 9800).astype(np.int64),
            "street_name": Coded(np.floor(draw(seed, f"{what}.street", key) * len(streets)).astype(np.int32), streets),
            "city": spelled(lambda place: place.city),
            "state": state,
            "zip_code": spelled(lambda place: place.zip_code),
            "county_fips": spelled(lambda place: place.county_fips),
            "phone": phones(state, draw(seed, f"{what}.phone", key)),
        }

    def _spread(self, what: str, flat: Sequence[Place], seed: int) -> np.ndarray:
        """Return each site's place, its position in `flat`: where people live, those of a kind far from each other."""
        size = np.array([len(here) for here in self.counties.places])
        start = np.cumsum(size) - size
        of = np.repeat(np.arange(len(size)), size)
        weight = np.array([people_of(place) or 1.0 for place in flat])
        zips = np.array([int(place.zip_code) for place in flat], np.int64)
        found = np.empty(len(self.kind), np.int64)
        for kind, one in enumerate(self.kinds):
            order = np.lexsort((uniforms(seed, f"networksim.{what}.place.{one.kind}", zips * SLOTS), of))
            edges = np.cumsum(weight[order])
            before = (np.concatenate([[0.0], edges])[start])[of]
            share = (edges - before) / np.bincount(of, weight)[of]
            mine = np.flatnonzero(self.kind == kind)
            county = self.county[mine]
            count = np.bincount(county, minlength=len(size))[county]
            where = (self.rank[mine] + draw(seed, f"{what}.first.{one.kind}", self.counties.fips)[county]) / count
            turn = np.searchsorted(share + of, county + where)
            found[mine] = order[np.clip(turn, start[county], start[county] + size[county] - 1)]
        return found

    def _names(self, what: str, seed: int) -> Coded:
        """Return invented names: a word in an order of the county's own, and an ending; no two of a county are alike."""
        grid = self.counties.fips[:, None] * 32 + np.arange(len(WORDS))
        texts = np.empty(len(self.kind), object)
        for kind, one in enumerate(self.kinds):
            u = uniforms(seed, f"networksim.{what}.name.{one.kind}", grid.ravel() * SLOTS)
            order = np.argsort(u.reshape(grid.shape), axis=1, kind="stable")
            mine = np.flatnonzero(self.kind == kind)
            turn, word = np.divmod(self.rank[mine], len(WORDS))
            middle, suffix = np.divmod(turn, len(one.suffixes))
            again, middle = np.divmod(middle, len(MIDDLES))
            suffix = (suffix + word) % len(one.suffixes)  # so that neighbors do not all end alike
            texts[mine] = [
                " ".join(
                    filter(None, (WORDS[first], MIDDLES[second], one.suffixes[third], str(more + 1) if more else ""))
                )
                for first, second, third, more in zip(
                    order[self.county[mine], word].tolist(),
                    middle.tolist(),
                    suffix.tolist(),
                    again.tolist(),
                    strict=True,
                )
            ]
        return Coded.encode(texts)


@functools.cache
def _area_codes() -> Mapping[str, int]:
    return {row["state"]: int(row["area_code"]) for row in read_csv("healthsim_core", "data", "places.csv")}


def phones(state: Coded, u: np.ndarray) -> np.ndarray:
    """Return phones (int64) with an area code of the state and a number of 555-0100 to 0199, kept for fiction."""
    return state.lookup(_area_codes(), 202, np.int64) * 10_000_000 + 5_550_100 + np.floor(u * 100).astype(np.int64)

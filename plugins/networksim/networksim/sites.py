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


@frozen
class Kind:
    """A kind of site: its code, how many a county has, and how its names end."""

    kind: str
    taxonomy_code: str
    count: int
    per_zips: int
    """A county has one more for every so many ZIPs,"""
    most: int
    """but no more than so many more."""
    bed_count: int
    suffixes: tuple[str, ...]

    def further(self, zips: int) -> int:
        """Return how many more than `count` a county of so many ZIPs has."""
        return min(zips // self.per_zips, self.most)


@functools.cache
def kinds(file: str) -> tuple[Kind, ...]:
    """Return the kinds of sites of a file of this package's data."""
    numbers = ("count", "per_zips", "most", "bed_count")
    return tuple(
        Kind(**{**row, **{name: int(row[name]) for name in numbers}, "suffixes": tuple(row["suffixes"].split(";"))})
        for row in read_csv("networksim", "data", file)
    )


@functools.cache
def words() -> dict[str, list[str]]:
    """Return the names of people and streets that core has."""
    return json.loads(importlib.resources.files("healthsim_core").joinpath("data", "names.json").read_text("utf-8"))


def draw(seed: int, name: str, key: np.ndarray) -> np.ndarray:
    """Return one uniform per key of a site or provider."""
    return uniforms(seed, f"networksim.{name}", key * SLOTS)


@frozen(eq=False)
class Sites:
    """Sites of some counties, in the order of their keys; the arrays are aligned."""

    kinds: tuple[Kind, ...]
    county: np.ndarray
    """The county's position among those asked for."""
    number: np.ndarray
    """The running number within the county."""
    kind: np.ndarray
    """Which of the kinds."""
    rank: np.ndarray
    """The running number within county and kind."""

    @classmethod
    def of(cls, file: str, zips: Sequence[int]) -> Sites:
        """Return the sites of counties with so many ZIPs: first those that every county has, then those of large ones.

        So a site's number stays what it is whatever the size of its county.
        """
        found = kinds(file)
        rows = []
        for county, size in enumerate(zips):
            here = [(kind, rank) for kind, one in enumerate(found) for rank in range(one.count)]
            here += [(kind, one.count + more) for kind, one in enumerate(found) for more in range(one.further(size))]
            rows += [(county, number, kind, rank) for number, (kind, rank) in enumerate(here)]
        return cls(found, *np.array(rows, np.int64).reshape(-1, 4).T)

    def of_kind(self, name: str) -> np.ndarray:
        """Return where the sites are of a kind (bool)."""
        return self.kind == [one.kind for one in self.kinds].index(name)

    def spelled(self, name: str) -> Coded:
        """Return a text of each site's kind, e.g. its taxonomy code."""
        return Coded.encode([getattr(one, name) for one in self.kinds])[self.kind]

    def columns(self, what: str, key: np.ndarray, places: Sequence[Sequence[Place]], seed: int) -> dict[str, Array]:
        """Return name, address and phone of each site; `places` are those of each county."""
        chosen = [
            places[county][index] for county, index in zip(self.county, self._spread(what, places, seed), strict=True)
        ]
        streets = words()["streets"]
        state = Coded.encode([place.state for place in chosen])
        return {
            "name": self._names(what, places, seed),
            "taxonomy_code": self.spelled("taxonomy_code"),
            "street_number": 100 + np.floor(draw(seed, f"{what}.number", key) * 9800).astype(np.int64),
            "street_name": Coded(np.floor(draw(seed, f"{what}.street", key) * len(streets)).astype(np.int32), streets),
            "city": Coded.encode([place.city for place in chosen]),
            "state": state,
            "zip_code": Coded.encode([place.zip_code for place in chosen]),
            "county_fips": Coded.encode([place.county_fips for place in chosen]),
            "phone": phones(state, draw(seed, f"{what}.phone", key)),
        }

    def _spread(self, what: str, places: Sequence[Sequence[Place]], seed: int) -> list[int]:
        """Return each site's place in its county: sites of a kind go to ZIPs of their own while there are any."""
        orders = []
        for one in self.kinds:
            path = f"networksim.{what}.place.{one.kind}"
            all_zips = np.array([int(place.zip_code) for here in places for place in here], np.int64)
            u = np.split(uniforms(seed, path, all_zips * SLOTS), np.cumsum([len(here) for here in places])[:-1])
            orders.append([np.argsort(mine, kind="stable") for mine in u])
        return [
            int(orders[kind][county][rank % len(places[county])])
            for county, kind, rank in zip(self.county, self.kind, self.rank, strict=True)
        ]

    def _names(self, what: str, places: Sequence[Sequence[Place]], seed: int) -> Coded:
        """Return invented names: a word in an order of the county's own, and an ending; no two of a county are alike."""
        fips = np.array([int(here[0].county_fips) for here in places], np.int64)
        grid = fips[:, None] * 32 + np.arange(len(WORDS))
        texts = np.empty(len(self.kind), object)
        for kind, one in enumerate(self.kinds):
            u = uniforms(seed, f"networksim.{what}.name.{one.kind}", grid.ravel() * SLOTS)
            order = np.argsort(u.reshape(grid.shape), axis=1, kind="stable")
            mine = np.flatnonzero(self.kind == kind)
            turn, word = np.divmod(self.rank[mine], len(WORDS))
            word = np.array(WORDS, object)[order[self.county[mine], word]]
            texts[mine] = word + " " + np.array(one.suffixes, object)[turn]
        return Coded.encode(texts)


@functools.cache
def _area_codes() -> Mapping[str, int]:
    return {row["state"]: int(row["area_code"]) for row in read_csv("healthsim_core", "data", "places.csv")}


def phones(state: Coded, u: np.ndarray) -> np.ndarray:
    """Return phones (int64) with an area code of the state and a number of 555-0100 to 0199, kept for fiction."""
    return state.lookup(_area_codes(), 202, np.int64) * 10_000_000 + 5_550_100 + np.floor(u * 100).astype(np.int64)

"""Nearness: who of a county is nearest to each ZIP, of a network or of all, worked out once for a directory."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from attrs import define, field, frozen

from healthsim_core.columns import Coded, Columns
from healthsim_core.declarations import Place
from networksim.networks import inside, terms


@frozen(eq=False)
class Pool:
    """Keys to choose from: those of each place's county side by side, and among them those nearest to the place."""

    keys: np.ndarray
    county_first: np.ndarray
    county_count: np.ndarray
    near_first: np.ndarray
    near_count: np.ndarray

    def in_county(self, place: np.ndarray, turn: np.ndarray) -> np.ndarray:
        """Return for each person, of the keys of the county, the one whose turn it is; -1 where there is none."""
        return _pick(self.keys, self.county_first[place], self.county_count[place], turn)

    def nearest(self, place: np.ndarray, turn: np.ndarray) -> np.ndarray:
        """Return for each person, of the keys nearest to the place, the one whose turn it is; -1 where there is none."""
        return _pick(self.keys, self.near_first[place], self.near_count[place], turn)


def _pick(keys: np.ndarray, first: np.ndarray, count: np.ndarray, turn: np.ndarray) -> np.ndarray:
    if not len(keys):
        return np.full(len(first), -1, np.int64)
    if count.min(initial=1) > 0:
        return keys[first + turn % count]
    index = first + turn % np.maximum(count, 1)
    return np.where(count > 0, keys[np.minimum(index, len(keys) - 1)], -1)


@frozen
class Directory:
    """The tables of a directory and the places of its scenario; two are the same where these are the same objects."""

    providers: Columns = field(eq=id)
    facilities: Columns = field(eq=id)
    pharmacies: Columns = field(eq=id)
    places: Sequence[Place] = field(eq=id)
    seed: int = 0


@define(eq=False, slots=False)
class Pools:
    """What people of a network choose from: pools by specialty, kind of facility and kind of pharmacy, and `primary`.

    Where there is nobody of a kind in a county to choose from, all of the county's are.
    """

    directory: Directory
    network: str | None
    outside: bool = False
    """Whether they go to doctors outside the network, and to facilities without asking for it."""
    _made: dict[str, Pool] = field(factory=dict)

    def __getitem__(self, name: str) -> Pool:
        if name not in self._made:
            self._made[name] = self._pool(name)
        return self._made[name]

    def row(self, facility: np.ndarray) -> np.ndarray:
        """Return the rows of facilities given by their keys."""
        return np.searchsorted(self.directory.facilities["facility_id"], facility).astype(np.int32)

    def at(self, name: str, facility: np.ndarray, turn: np.ndarray) -> np.ndarray:
        """Return for each person, of a specialty's keys at the facility in that row, the one whose turn it is; -1 where none."""
        keys, first, count = self._staff(name)
        return _pick(keys, first[facility], count[facility], turn)

    @functools.cache  # noqa: B019 (the pools are kept as long as what they hold)
    def _staff(self, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows, _ = self._chosen("provider", "specialty", {name})
        providers = self.directory.providers.take(rows)
        order = np.lexsort((providers["provider_id"], providers["facility_id"]))
        facilities, there = self.directory.facilities["facility_id"], providers["facility_id"][order]
        first = np.searchsorted(there, facilities)
        count = np.searchsorted(there, facilities, side="right") - first
        return providers["provider_id"][order], first.astype(np.int32), count.astype(np.int32)

    def _pool(self, name: str) -> Pool:
        from networksim.providers import specialties

        primary = {one.specialty for one in specialties() if one.kind == "primary"}
        known = {one.specialty for one in specialties()}
        if name == "primary" or name in known:
            who, column, wanted = "provider", "specialty", primary if name == "primary" else {name}
        else:
            who = "pharmacy" if name in self.directory.pharmacies["pharmacy_type"].words else "facility"
            column, wanted = f"{who}_type", {name}
        rows, table = self._chosen(who, column, wanted)
        chosen = table.take(rows)
        at = _places(self.directory)
        return _pool(chosen[f"{who}_id"], _numbers(chosen["county_fips"]), _numbers(chosen["zip_code"]), at)

    @functools.cached_property
    def _away(self) -> np.ndarray:
        """Return which providers see whoever walks in, and nobody as their own (bool)."""
        facilities, at = self.directory.facilities, self.directory.providers["facility_id"]
        return np.isin(at, facilities["facility_id"][facilities["facility_type"].isin({"urgent_care"})])

    def _chosen(self, who: str, column: str, wanted: set[str]) -> tuple[np.ndarray, Columns]:
        """Return the rows of a table that are of a kind and in the network; a county without any has all of the kind."""
        table = getattr(self.directory, {"pharmacy": "pharmacies", "facility": "facilities"}.get(who, "providers"))
        rows = np.flatnonzero(table[column].isin(wanted))
        if who == "provider":
            rows = rows[~self._away[rows]]
        if self.network is None or not len(rows) or (self.outside and who != "provider"):
            return rows, table
        is_in = _inside(self.directory, self.network, who)[rows] ^ self.outside
        county = table["county_fips"].codes[rows]
        served = np.isin(county, county[is_in])
        return rows[is_in | ~served], table


@functools.lru_cache(maxsize=64)
def pools(directory: Directory, network: str | None = None, outside: bool = False) -> Pools:
    """Return what the people of a network choose from, or everybody; `outside`: those who choose others."""
    return Pools(directory, network, outside)


@functools.lru_cache(maxsize=128)
def _inside(directory: Directory, network: str, who: str) -> np.ndarray:
    made = {name: getattr(directory, name) for name in ("providers", "facilities", "pharmacies")}
    return inside(next(one for one in terms() if one.network_id == network), made, who, directory.seed)


def _numbers(texts: Coded) -> np.ndarray:
    return texts.lookup({word: int(word) for word in texts.words}, -1, np.int64)


@frozen(eq=False)
class _Places:
    """The places people live in, in the order of county and ZIP, and those of each one's county, the nearest first."""

    order: np.ndarray
    """Where each stands among the scenario's places."""
    code: np.ndarray
    """County and ZIP as one number."""
    county: np.ndarray
    neighbor: np.ndarray
    """The nearest places of every place, one place after the other; only those whose distance is known."""
    first: np.ndarray
    """Where each place's neighbors begin; the place itself is always one."""


@functools.lru_cache(maxsize=4)
def _places(directory: Directory) -> _Places:
    places = directory.places

    def numbers(of) -> np.ndarray:
        return np.array([np.nan if of(place) is None else of(place) for place in places], np.float64)

    county = np.array([int(place.county_fips) for place in places], np.int64)
    zips = np.array([int(place.zip_code) for place in places], np.int64)
    order = np.lexsort((zips, county))
    county, zips = county[order], zips[order]
    where = np.stack([numbers(lambda place: place.latitude), numbers(lambda place: place.longitude)])[:, order]
    starts = np.flatnonzero(np.concatenate([[True], county[1:] != county[:-1]]))
    found = [_by_distance(where[:, a:b], a) for a, b in zip(starts, [*starts[1:], len(county)], strict=True)]
    counts = np.concatenate([count for _, count in found])
    return _Places(
        order,
        county * 100_000 + zips,
        county,
        np.concatenate([neighbor for neighbor, _ in found]),
        np.cumsum(counts) - counts,
    )


def _by_distance(where: np.ndarray, start: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of a county by their distance from each of them, and how many these are for each."""
    latitude, longitude = where
    # Within a county the earth is flat, and a degree of longitude shorter by the cosine of the latitude.
    east = (longitude[:, None] - longitude) * np.cos(np.radians(latitude))[:, None]
    distance = np.hypot(latitude[:, None] - latitude, east)
    np.fill_diagonal(distance, -1.0)
    distance = np.where(np.isnan(distance), np.inf, distance)
    order = np.argsort(distance, axis=1, kind="stable")
    known = np.isfinite(np.take_along_axis(distance, order, axis=1))
    return start + order[known], known.sum(axis=1)


def _pool(keys: np.ndarray, county: np.ndarray, zips: np.ndarray, at: _Places) -> Pool:
    order = np.lexsort((keys, zips, county))
    keys, county, code = keys[order], county[order], (county * 100_000 + zips)[order]
    first = np.searchsorted(county, at.county)
    count = np.searchsorted(county, at.county, side="right") - first
    run_first = np.searchsorted(code, at.code)
    run_count = np.searchsorted(code, at.code, side="right") - run_first
    # The first neighbor that has any: the least turn among each place's neighbors.
    turn = np.where(run_count[at.neighbor] > 0, np.arange(len(at.neighbor)), len(at.neighbor))
    nearest = np.minimum.reduceat(turn, at.first)
    there = nearest < len(at.neighbor)
    place = at.neighbor[np.minimum(nearest, len(at.neighbor) - 1)]
    near_first = np.where(there, run_first[place], first)
    near_count = np.where(there, run_count[place], count)
    back = np.empty_like(at.order)
    back[at.order] = np.arange(len(back))
    return Pool(keys, *(column[back].astype(np.int32) for column in (first, count, near_first, near_count)))

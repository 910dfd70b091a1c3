"""Nearness: who is nearest to each ZIP, of a network or of all, worked out once for a directory."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from attrs import define, field, frozen

from healthsim_core.columns import Coded, Columns
from healthsim_core.declarations import Place
from networksim.counties import Land, metropolis, people_of_counties
from networksim.distances import apart, degrees
from networksim.networks import inside, terms
from networksim.pool import Pool, pick
from networksim.providers import specialties
from networksim.sites import within

FEW = 5
"""Among how many specialists households take turns at least, where so many are near."""
DETOUR = 30.0
"""How many miles farther than the nearest one these may be; HealthSim's estimate."""


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
            ranked = _ranked(self.directory, name)
            self._made[name] = ranked.pool(self._chosen(ranked.who, ranked.rows), FEW if name in _few() else 1)
        return self._made[name]

    def some(self, name: str, language: str | None = None, *, accepting: bool = False) -> Pool:
        """Return the pool of those providers of a specialty who speak a language, or take new patients."""
        key = f"{name} {language or ''} {accepting}"
        if key not in self._made:
            ranked = _ranked(self.directory, name)
            chosen = self._chosen(ranked.who, ranked.rows)
            providers = self.directory.providers.take(ranked.rows)
            if accepting:
                chosen = chosen & providers["accepting_patients"]
            if language is not None:
                speaks = providers["languages"]
                chosen = chosen & speaks.isin([word for word in speaks.words if language in word.split()])
            self._made[key] = ranked.pool(chosen, 1)
        return self._made[key]

    def row(self, facility: np.ndarray) -> np.ndarray:
        """Return the rows of facilities given by their keys."""
        return np.searchsorted(self.directory.facilities["facility_id"], facility).astype(np.int32)

    def at(self, name: str, facility: np.ndarray, turn: np.ndarray) -> np.ndarray:
        """Return for each person, of a specialty's keys at the facility in that row, the one whose turn it is; -1 where none."""
        keys, first, count = self._staff(name)
        return pick(keys, first[facility], count[facility], turn)

    @functools.cache  # noqa: B019 (the pools are kept as long as what they hold)
    def _staff(self, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows = _rows_of(self.directory, name)[1]
        providers = self.directory.providers.take(rows[self._chosen("provider", rows)])
        order = np.lexsort((providers["provider_id"], providers["facility_id"]))
        facilities, there = self.directory.facilities["facility_id"], providers["facility_id"][order]
        first = np.searchsorted(there, facilities)
        count = np.searchsorted(there, facilities, side="right") - first
        return providers["provider_id"][order], first.astype(np.int32), count.astype(np.int32)

    def _chosen(self, who: str, rows: np.ndarray) -> np.ndarray:
        """Return which of a kind's rows are in the network (bool); in a county without any all are."""
        if self.network is None or not len(rows) or (self.outside and who != "provider"):
            return np.ones(len(rows), bool)
        is_in = _inside(self.directory, self.network, who)[rows] ^ self.outside
        county = _table(self.directory, who)["county_fips"].codes[rows]
        return is_in | ~np.isin(county, county[is_in])


@functools.lru_cache(maxsize=64)
def pools(directory: Directory, network: str | None = None, outside: bool = False) -> Pools:
    """Return what the people of a network choose from, or everybody; `outside`: those who choose others."""
    return Pools(directory, network, outside)


@functools.cache
def _few() -> frozenset[str]:
    """Return the specialties of clinics, whose patients come from farther than the next street."""
    return frozenset(
        one.specialty for one in specialties() if one.kind == "specialist" and "hospital" not in one.settings
    )


@functools.lru_cache(maxsize=128)
def _inside(directory: Directory, network: str, who: str) -> np.ndarray:
    made = {name: getattr(directory, name) for name in ("providers", "facilities", "pharmacies")}
    return inside(next(one for one in terms() if one.network_id == network), made, who, directory.seed)


def _table(directory: Directory, who: str) -> Columns:
    return getattr(directory, {"pharmacy": "pharmacies", "facility": "facilities"}.get(who, "providers"))


@functools.lru_cache(maxsize=256)
def _rows_of(directory: Directory, name: str) -> tuple[str, np.ndarray]:
    """Return whether a kind is one of providers, facilities or pharmacies, and its rows."""
    primary = {one.specialty for one in specialties() if one.kind == "primary"}
    if name == "primary" or name in {one.specialty for one in specialties()}:
        rows = directory.providers["specialty"].isin(primary if name == "primary" else {name})
        return "provider", np.flatnonzero(rows & ~_away(directory))
    who = "pharmacy" if name in directory.pharmacies["pharmacy_type"].words else "facility"
    return who, np.flatnonzero(_table(directory, who)[f"{who}_type"].isin({name}))


@functools.lru_cache(maxsize=4)
def _away(directory: Directory) -> np.ndarray:
    """Return which providers see whoever walks in, and nobody as their own (bool)."""
    facilities, at = directory.facilities, directory.providers["facility_id"]
    return np.isin(at, facilities["facility_id"][facilities["facility_type"].isin({"urgent_care"})])


@functools.lru_cache(maxsize=8)
def _located(directory: Directory, who: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the county and the ZIP of each row of a table, as numbers."""
    table = _table(directory, who)
    return _numbers(table["county_fips"]), _numbers(table["zip_code"])


def _numbers(texts: Coded) -> np.ndarray:
    return texts.lookup({word: int(word) for word in texts.words}, -1, np.int64)


@frozen(eq=False)
class _Homes:
    """Where people live, in the order of the scenario's places: county and ZIP as numbers, and coordinates."""

    county: np.ndarray
    zips: np.ndarray
    where: np.ndarray
    """Latitude and longitude, a row for each place."""
    beyond: np.ndarray
    """The county across whose border people go too, -1 for none."""


@functools.lru_cache(maxsize=4)
def _homes(directory: Directory) -> _Homes:
    places = directory.places
    next_city = metropolis(Land(places))

    def numbers(of, kind) -> np.ndarray:
        return np.array([of(place) for place in places], kind)

    latitude, longitude = (
        numbers(lambda place, name=name: getattr(place, name), float) for name in ("latitude", "longitude")
    )
    return _Homes(
        numbers(lambda place: int(place.county_fips), np.int64),
        numbers(lambda place: int(place.zip_code), np.int64),
        np.column_stack([latitude, longitude]),
        numbers(lambda place: int(next_city.get(place.county_fips, -1)), np.int64),
    )


@frozen(eq=False)
class _Ranked:
    """All of a kind by county, ZIP and key, and for each home the ZIPs they are in, the nearest first."""

    who: str
    rows: np.ndarray
    keys: np.ndarray
    group: np.ndarray
    """Which ZIP of which county each is in, counted from 0."""
    groups: int
    first: np.ndarray
    """Where the keys of each home's county begin."""
    last: np.ndarray
    home: np.ndarray
    """Homes and groups in pairs, and the miles between them."""
    at: np.ndarray
    miles: np.ndarray

    def pool(self, chosen: np.ndarray, few: int) -> Pool:
        """Return the pool of some of them (bool); near are the nearest ZIPs that have at least `few` together."""
        before = np.concatenate([[0], np.cumsum(chosen)])
        keys, first = self.keys[chosen], before[self.first]
        county_count = before[self.last] - first
        count = np.bincount(self.group[chosen], minlength=self.groups)
        start = np.cumsum(count) - count
        pairs = np.flatnonzero(count[self.at] > 0)
        home, at, miles = self.home[pairs], self.at[pairs], self.miles[pairs]
        there = np.cumsum(count[at]) - count[at]
        opens = np.searchsorted(home, home)  # where the pairs of the same home begin
        nearest = np.full(len(first), np.inf)
        nearest[home[::-1]] = miles[::-1]
        near = (there - there[opens] < few) & (miles <= miles[opens] + DETOUR)
        home, at = home[near], at[near]
        near_keys = keys[np.repeat(start[at], count[at]) + within(count[at])]
        near_count = np.bincount(home, count[at], len(first)).astype(np.int64)
        near_first = len(keys) + np.cumsum(near_count) - near_count
        nobody = near_count == 0
        return Pool(
            np.concatenate([keys, near_keys]),
            *(
                column.astype(np.int32)
                for column in (
                    first,
                    county_count,
                    np.where(nobody, first, near_first),
                    np.where(nobody, county_count, near_count),
                )
            ),
            nearest,
        )


@functools.lru_cache(maxsize=128)
def _ranked(directory: Directory, name: str) -> _Ranked:
    who, rows = _rows_of(directory, name)
    table, homes = _table(directory, who), _homes(directory)
    key = table[f"{who}_id"][rows]
    county, zips = (column[rows] for column in _located(directory, who))
    order = np.lexsort((key, zips, county))
    county = county[order]
    codes, opens, group = np.unique(county * 100_000 + zips[order], return_index=True, return_inverse=True)
    home, at = _pairs(codes // 100_000, homes, _sent_away(directory, name))
    same = homes.zips[home] == codes[at] % 100_000
    miles = np.where(same, 0.0, apart(homes.where[home], _where(codes % 100_000, homes)[at]))
    nearest_first = np.lexsort((at, ~same, miles, home))
    nearest_first = nearest_first[np.isfinite(miles[nearest_first])]
    return _Ranked(
        who,
        rows[order],
        key[order],
        group,
        len(codes),
        np.searchsorted(county, homes.county),
        np.searchsorted(county, homes.county, side="right"),
        *(column[nearest_first] for column in (home, at, miles)),
    )


def _pairs(county: np.ndarray, homes: _Homes, sent_away: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return homes and groups (whose counties are given, rising) that may be near: of their county, and of the city beyond."""
    first, other = np.searchsorted(county, homes.county), np.searchsorted(county, homes.beyond)
    mine = np.searchsorted(county, homes.county, side="right") - first
    theirs = np.searchsorted(county, homes.beyond, side="right") - other
    mine = np.where(sent_away & (theirs > 0), 0, mine)
    turn = within(mine + theirs)
    home = np.repeat(np.arange(len(first)), mine + theirs)
    return home, np.where(turn < mine[home], first[home] + turn, other[home] + turn - mine[home])


def _sent_away(directory: Directory, name: str) -> np.ndarray:
    """Return which homes (bool) are in counties whose people are too few for one of a clinic's specialists."""
    homes = _homes(directory)
    if name not in _few():
        return np.zeros(len(homes.county), bool)
    known = people_of_counties(Land(directory.places))
    density = next(one.density for one in specialties() if one.specialty == name)
    small = [int(fips) for fips, (people, kind) in known.items() if density[kind] * people < 100_000]
    return np.isin(homes.county, small)


def _where(zips: np.ndarray, homes: _Homes) -> np.ndarray:
    """Return coordinates of ZIPs: those of the homes, else of the list of all."""
    order = np.argsort(homes.zips, kind="stable")
    found = order[np.minimum(np.searchsorted(homes.zips[order], zips), len(order) - 1)]
    known = homes.zips[found] == zips
    where = np.where(known[:, None], homes.where[found], np.nan)
    if not known.all():
        where[~known] = degrees(zips[~known])
    return where

"""Nearness: who of a county is nearest to each ZIP, worked out once for a directory."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import numpy as np
from attrs import field, frozen

from healthsim_core.columns import Columns
from healthsim_core.declarations import Place
from networksim.directory import specialties


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
        return self._pick(self.county_first[place], self.county_count[place], turn)

    def nearest(self, place: np.ndarray, turn: np.ndarray) -> np.ndarray:
        """Return for each person, of the keys nearest to the place, the one whose turn it is; -1 where there is none."""
        return self._pick(self.near_first[place], self.near_count[place], turn)

    def _pick(self, first: np.ndarray, count: np.ndarray, turn: np.ndarray) -> np.ndarray:
        if not len(self.keys):
            return np.full(len(first), -1, np.int64)
        index = first + turn % np.maximum(count, 1)
        return np.where(count > 0, self.keys[np.minimum(index, len(self.keys) - 1)], -1)


@frozen
class Directory:
    """The tables of a directory and the places of its scenario; two are the same where these are the same objects."""

    providers: Columns = field(eq=id)
    facilities: Columns = field(eq=id)
    pharmacies: Columns = field(eq=id)
    places: Sequence[Place] = field(eq=id)


@functools.lru_cache(maxsize=4)
def pools(directory: Directory) -> Mapping[str, Pool]:
    """Return what people choose from: a pool for each specialty, kind of facility and kind of pharmacy, and `primary`."""
    at = _Places.of(directory.places)
    providers, facilities, pharmacies = directory.providers, directory.facilities, directory.pharmacies
    place = np.searchsorted(facilities["facility_id"], providers["facility_id"])
    found = {}

    def add(name: str, rows: Columns, key: str, sites: Columns, chosen: np.ndarray) -> None:
        zips = sites["zip_code"].lookup({word: int(word) for word in sites["zip_code"].words}, -1, np.int64)
        county = sites["county_fips"].lookup({word: int(word) for word in sites["county_fips"].words}, -1, np.int64)
        found[name] = _pool(rows[key][chosen], county[chosen], zips[chosen], at)

    sites = facilities.take(place)
    primary = {one.specialty for one in specialties() if one.kind == "primary"}
    add("primary", providers, "provider_id", sites, providers["specialty"].isin(primary))
    for one in specialties():
        add(one.specialty, providers, "provider_id", sites, providers["specialty"].isin({one.specialty}))
    for kind in facilities["facility_type"].words:
        add(kind, facilities, "facility_id", facilities, facilities["facility_type"].isin({kind}))
    for kind in pharmacies["pharmacy_type"].words:
        add(kind, pharmacies, "pharmacy_id", pharmacies, pharmacies["pharmacy_type"].isin({kind}))
    return found


@frozen(eq=False)
class _Places:
    """The places people live in, as arrays."""

    county: np.ndarray
    zip_code: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray

    @classmethod
    def of(cls, places: Sequence[Place]) -> _Places:
        def numbers(of) -> np.ndarray:
            return np.array([np.nan if of(place) is None else of(place) for place in places], np.float64)

        return cls(
            np.array([int(place.county_fips) for place in places], np.int64),
            np.array([int(place.zip_code) for place in places], np.int64),
            numbers(lambda place: place.latitude),
            numbers(lambda place: place.longitude),
        )


def _pool(keys: np.ndarray, county: np.ndarray, zips: np.ndarray, at: _Places) -> Pool:
    order = np.lexsort((keys, zips, county))
    keys, county, zips = keys[order], county[order], zips[order]
    first = np.searchsorted(county, at.county)
    count = np.searchsorted(county, at.county, side="right") - first
    near_first, near_count = first.copy(), count.copy()
    for fips in np.unique(at.county):
        here = np.flatnonzero(at.county == fips)
        start, size = first[here[0]], count[here[0]]
        if size:
            run_zips, runs, sizes = np.unique(zips[start : start + size], return_index=True, return_counts=True)
            distance = _distances(here, run_zips, at)
            nearest = np.argmin(distance, axis=1)
            known = np.isfinite(distance[np.arange(len(here)), nearest])
            near_first[here[known]] = start + runs[nearest[known]]
            near_count[here[known]] = sizes[nearest[known]]
    return Pool(keys, first, count, near_first, near_count)


def _distances(here: np.ndarray, zips: np.ndarray, at: _Places) -> np.ndarray:
    """Return how far (degrees of latitude) each ZIP is from each place of a county; infinity where it is not known."""
    by_zip = here[np.argsort(at.zip_code[here], kind="stable")]
    where = by_zip[np.searchsorted(at.zip_code[by_zip], zips)]
    latitude = at.latitude[here][:, None]
    # Within a county the earth is flat, and a degree of longitude shorter by the cosine of the latitude.
    east = (at.longitude[here][:, None] - at.longitude[where]) * np.cos(np.radians(latitude))
    distance = np.hypot(latitude - at.latitude[where], east)
    same = at.zip_code[here][:, None] == zips
    return np.where(same, -1.0, np.where(np.isnan(distance), np.inf, distance))

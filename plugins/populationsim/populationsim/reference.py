"""The reference `populationsim`: what core asks when a profile names a county or a state."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.resources
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from healthsim_core.declarations import Place, ReferenceProfile
from populationsim import facts
from populationsim.figures import retired_counties
from populationsim.geography import number_of, read_reference
from populationsim.loading import fingerprint, open_reference
from populationsim.profile import DemographicProfile
from populationsim.resolving import DATABASE, ReferenceProfileResolver
from populationsim.shaping import attributes, conditions
from populationsim.zip_counties import zip_codes
from populationsim.zips import county_places, state_places, weighted

MORTALITY_YEARS = 1
"""People of a place die as life tables have it within so many years, unless the profile says otherwise."""


@frozen
class RankedPlace(Place):
    """A place that knows how vulnerable its county is: ranks of the SVI overall and by theme."""

    vulnerability: tuple[float, ...] = ()


def resolve(request: Mapping[str, Any], workspace: Path) -> ReferenceProfile:
    """Return the reference profile of a place; ValueError says what is wrong with the request."""
    kind, place = read_reference(request)
    # Several names of one place are one.
    place = place if kind == "counties" else number_of(kind, place)
    database = Path(workspace) / DATABASE
    stamp = database.stat() if database.is_file() else None
    return _resolve(kind, place, database, (stamp.st_mtime_ns, stamp.st_size) if stamp else None)


@functools.lru_cache(maxsize=64)
def _resolve(kind: str, place: Any, database: Path, stamp: tuple[int, int] | None) -> ReferenceProfile:
    resolver = _resolver(database, stamp)
    request = {"type": kind, "fips": place}
    profile = resolver.resolve_counties(place) if kind == "counties" else resolver.resolve_geography(request)
    known = profile.to_dict()
    # The shares and measures above say the values; where each comes from is for `resolve_geography`.
    for name in ("figures", "counties"):
        known.pop(name)
    return ReferenceProfile(
        label=profile.label,
        attributes={**attributes(profile), "mortality_years": MORTALITY_YEARS},
        conditions=conditions(profile),
        places=_ranked(_places(profile, known["notes"]), resolver.ranks()),
        facts=known,
        source=f"{profile.source}: {profile.vintage}",
        fingerprint=f"{_fingerprint(database, stamp)} of {profile.vintage}",
    )


def _places(profile: DemographicProfile, notes: list[str]) -> tuple[Place, ...]:
    """Return the ZIPs of a place, with each one's share of the people."""
    kind, states = profile.geography_type, facts.states()
    if kind == "zip":
        one = zip_codes()[profile.fips]
        county = facts.counties()[one.county_fips]
        people = next((here.population for here in county_places(county.fips) if here.zip_code == one.zip_code), None)
        where = (one.zip_code, one.city, one.state, county.fips, county.name, 1.0, one.latitude, one.longitude, people)
        return (Place(*where),)
    if kind == "state":
        return state_places(profile.state)
    if kind == "nation":
        people = {name: sum(one.population for one in _today() if one.state == name) for name in states}
        return _shared({name: state_places(name) for name in states}, people)
    people = {fips: facts.counties()[fips].population for fips in profile.counties}
    found = _shared({fips: county_places(fips) for fips in profile.counties}, people)
    if kind == "tract":
        notes.append("ZIP codes: those of the county, for no file says in which a tract lies")
    if not found:
        found = state_places(profile.state)
        notes.append(f"ZIP codes: {states[profile.state].name}, for no ZIP lies in {profile.label}")
    return found


def _today() -> list[facts.County]:
    return [one for fips, one in facts.counties().items() if fips not in retired_counties()]


def _shared(found: Mapping[str, tuple[Place, ...]], people: Mapping[str, int]) -> tuple[Place, ...]:
    """Return the places of several areas, each area's together as likely as its share of the people."""
    if len(found) == 1:
        return next(iter(found.values()))
    total = sum(people[name] for name, places in found.items() if places)
    return tuple(
        weighted(place, place.weight * people[name] / total) for name, places in found.items() for place in places
    )


def _ranked(places: tuple[Place, ...], ranks: Mapping[str, tuple[float, ...]]) -> tuple[Place, ...]:
    return tuple(
        RankedPlace(
            one.zip_code,
            one.city,
            one.state,
            one.county_fips,
            one.county_name,
            one.weight,
            one.latitude,
            one.longitude,
            one.population,
            ranks.get(one.county_fips, ()),
        )
        for one in places
    )


@functools.lru_cache(maxsize=2)
def _resolver(database: Path, stamp: tuple[int, int] | None) -> ReferenceProfileResolver:
    return ReferenceProfileResolver(database=database)


@functools.lru_cache(maxsize=2)
def _fingerprint(database: Path, stamp: tuple[int, int] | None) -> str:
    """Return a digest of everything that a resolution rests on: the database, the package's facts, the ZIP codes."""
    digest = hashlib.sha256(importlib.metadata.version("zipcodes").encode())
    folder = importlib.resources.files("populationsim").joinpath("data")
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if file.name.endswith((".csv", ".json")):
            digest.update(file.name.encode() + file.read_bytes())
    if stamp is not None:
        with open_reference(database) as conn:
            digest.update(fingerprint(conn).encode())
    return digest.hexdigest()[:16]

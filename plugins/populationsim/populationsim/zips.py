"""Where in a county people live: its ZIP codes."""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import json
import os
from collections.abc import Mapping
from typing import Any

from healthsim_core.declarations import Place
from healthsim_core.state.store import home
from populationsim import facts
from populationsim.figures import crosswalk, retired_counties

# What the ZIP data call a county differently: its words, folded, and ours.
_OTHER_NAMES = {("AK", "municipality of anchorage"): "anchorage municipality"}


@functools.lru_cache(maxsize=4096)
def county_places(fips: str) -> tuple[Place, ...]:
    """Return the ZIPs of a county by their people: those with street delivery, else any in use, else none."""
    county = facts.counties()[fips]
    if crosswalk(fips) and fips not in retired_counties():
        towns = {facts.fold(town) for town in facts.facts("connecticut.json")["towns"][fips]}
        mine = [row for row in _state_zips(county.state) if facts.fold(row["city"]) in towns]
    else:
        mine = _by_county(county.state).get(facts.fold(county.name), [])
        # Some of Virginia's independent cities are listed under the county around them.
        town = facts.bare(county.name)
        mine = mine or [row for row in _state_zips(county.state) if town in _towns_of(row)]
    chosen = [row for row in mine if row["zip_code_type"] == "STANDARD"] or mine
    return tuple(
        _place(row, county, weight)
        for row, weight in zip(chosen, _weights([row["zip_code"] for row in chosen]), strict=True)
    )


@functools.cache
def _population() -> Mapping[str, int]:
    """Return the people of every ZIP code area that the census counted any in."""
    return {row["zip_code"]: int(row["people"]) for row in facts.rows("zip_population.csv")}


def _weights(zips: list[str]) -> list[float]:
    """Return the shares of a county's ZIPs in its people.

    A ZIP that is no census area (newer than the count, or one building's) counts as a tenth of its county's mean.
    """
    people = [_population().get(one, 0) for one in zips]
    known = [one for one in people if one]
    if not known:
        return [1 / len(zips)] * len(zips)
    few = 0.1 * sum(known) / len(known)
    weights = [one or few for one in people]
    return [one / sum(weights) for one in weights]


@functools.lru_cache(maxsize=64)
def state_places(state: str) -> tuple[Place, ...]:
    """Return the ZIPs of a state, each county's together as likely as its share of the population."""
    mine = [one for one in facts.counties().values() if one.state == state and one.fips not in retired_counties()]
    found = [(county, county_places(county.fips)) for county in mine]
    total = sum(county.population for county, places in found if places)
    return tuple(
        weighted(place, place.weight * county.population / total) for county, places in found for place in places
    )


def weighted(place: Place, weight: float) -> Place:
    """Return a place with another weight; the nation has 30,000, for which attrs' `evolve` is slow."""
    return Place(
        place.zip_code,
        place.city,
        place.state,
        place.county_fips,
        place.county_name,
        weight,
        place.latitude,
        place.longitude,
        place.population,
    )


@functools.lru_cache(maxsize=64)
def _by_county(state: str) -> Mapping[str, list[Mapping[str, Any]]]:
    """Return the ZIPs of a state by their county's folded name, in the state's order."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in _state_zips(state):
        found.setdefault(_county_of(row), []).append(row)
    return found


def _county_of(row: Mapping[str, Any]) -> str:
    folded = facts.fold(row["county"])
    return _OTHER_NAMES.get((row["state"], folded), folded)


def _towns_of(row: Mapping[str, Any]) -> set[str]:
    return {facts.fold(town) for town in (row["city"], *row["acceptable_cities"])}


KEPT = ("zip_code", "zip_code_type", "city", "acceptable_cities", "state", "county", "lat", "long")


@functools.lru_cache(maxsize=64)
def _state_zips(state: str) -> tuple[Mapping[str, Any], ...]:
    # Unpacking the data takes longer than generating a family: what a state's are is kept for the next process.
    version = importlib.metadata.version("zipcodes")
    kept = home() / "cache" / f"zipcodes-{version}-{state}.json"
    try:
        return tuple(json.loads(kept.read_text("utf-8")))
    except (OSError, ValueError):
        rows = _unpacked(state)
    with contextlib.suppress(OSError):  # a workspace that cannot be written to is only slower
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = kept.with_name(f".{kept.name}.{os.getpid()}")
        partial.write_text(json.dumps(rows), "utf-8")
        os.replace(partial, kept)
    return rows


def _unpacked(state: str) -> tuple[Mapping[str, Any], ...]:
    """Return the ZIPs of a state that are in use, sorted, so that their order is ours."""
    import zipcodes

    rows = sorted(zipcodes.filter_by(active=True, state=state), key=lambda row: row["zip_code"])
    return tuple({name: row[name] for name in KEPT} for row in rows)


def _place(row: Mapping[str, Any], county: facts.County, weight: float) -> Place:
    return Place(
        row["zip_code"],
        row["city"],
        county.state,
        county.fips,
        county.name,
        weight,
        float(row["lat"]) if row["lat"] else None,
        float(row["long"]) if row["long"] else None,
        county.population * weight,
    )

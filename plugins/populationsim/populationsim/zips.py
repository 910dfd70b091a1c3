"""Where in a county people live: its ZIP codes."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from healthsim_core.declarations import Place
from populationsim import facts
from populationsim.figures import crosswalk, retired_counties

# What the ZIP data call a county differently: its words, folded, and ours.
_OTHER_NAMES = {("AK", "municipality of anchorage"): "anchorage municipality"}


@functools.lru_cache(maxsize=256)
def county_places(fips: str) -> tuple[Place, ...]:
    """Return the ZIPs of a county, equally likely: those with street delivery, else any in use, else none."""
    county = facts.counties()[fips]
    if crosswalk(fips) and fips not in retired_counties():
        towns = {facts.fold(town) for town in facts.facts("connecticut.json")["towns"][fips]}
        mine = [row for row in _state_zips(county.state) if facts.fold(row["city"]) in towns]
    else:
        wanted = facts.fold(county.name)
        mine = [row for row in _state_zips(county.state) if _county_of(row) == wanted]
        # Some of Virginia's independent cities are listed under the county around them.
        town = facts.bare(county.name)
        mine = mine or [row for row in _state_zips(county.state) if town in _towns_of(row)]
    chosen = [row for row in mine if row["zip_code_type"] == "STANDARD"] or mine
    return tuple(_place(row, county, 1 / len(chosen)) for row in chosen)


@functools.lru_cache(maxsize=64)
def state_places(state: str) -> tuple[Place, ...]:
    """Return the ZIPs of a state, each county's together as likely as its share of the population."""
    mine = [one for one in facts.counties().values() if one.state == state and one.fips not in retired_counties()]
    found = [(county, county_places(county.fips)) for county in mine]
    total = sum(county.population for county, places in found if places)
    return tuple(
        Place(
            place.zip_code,
            place.city,
            place.state,
            place.county_fips,
            place.county_name,
            place.weight * county.population / total,
            place.latitude,
            place.longitude,
        )
        for county, places in found
        for place in places
    )


def _county_of(row: Mapping[str, Any]) -> str:
    folded = facts.fold(row["county"])
    return _OTHER_NAMES.get((row["state"], folded), folded)


def _towns_of(row: Mapping[str, Any]) -> set[str]:
    return {facts.fold(town) for town in (row["city"], *row["acceptable_cities"])}


@functools.lru_cache(maxsize=64)
def _state_zips(state: str) -> tuple[Mapping[str, Any], ...]:
    # Half a second to unpack, so at first use; sorted, so that their order is ours.
    import zipcodes

    return tuple(sorted(zipcodes.filter_by(active=True, state=state), key=lambda row: row["zip_code"]))


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
    )

"""Which county a ZIP code lies in: one county per ZIP, as the ZIP data have it."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from attrs import frozen

from populationsim import facts
from populationsim.figures import crosswalk, retired_counties

# What the ZIP data call a county differently: state and their words, folded; and ours.
_OTHER_NAMES = {("AK", "municipalityofanchorage"): "anchoragemunicipality"}


@frozen
class Zip:
    """A ZIP code: its town and county."""

    zip_code: str
    city: str
    state: str
    county_fips: str
    latitude: float | None
    longitude: float | None


def zip_counties() -> Mapping[str, str]:
    """Return {ZIP: county FIPS} of every ZIP of the states whose county is known, those of post offices alone included."""
    return {one.zip_code: one.county_fips for one in zip_codes().values()}


@functools.cache
def zip_codes() -> Mapping[str, Zip]:
    """Return the ZIP codes whose county is known, by number."""
    import zipcodes

    names, bare = _names()
    towns = _connecticut_towns()
    found = {}
    for row in sorted(zipcodes.list_all(), key=lambda row: row["zip_code"]):
        state, town = row["state"], _folded(row["city"])
        if state == "CT":
            fips = towns.get(town) or _region(names.get((state, _folded(row["county"]))))
        else:
            county = _folded(row["county"])
            county = _OTHER_NAMES.get((state, county), county)
            # Some of Virginia's independent cities are listed under the county around them.
            fips = names.get((state, county)) or bare.get((state, county)) or bare.get((state, town))
        if fips:
            found[row["zip_code"]] = Zip(
                row["zip_code"],
                row["city"],
                state,
                fips,
                float(row["lat"]) if row["lat"] else None,
                float(row["long"]) if row["long"] else None,
            )
    return found


@functools.cache
def _folded(name: str) -> str:
    # Without blanks: La Porte and LaPorte, De Witt and DeWitt are the same.
    return facts.fold(name).replace(" ", "")


def _names() -> tuple[dict[tuple[str, str], str], dict[tuple[str, str], str]]:
    """Return {(state, name): FIPS} by full name, and by the name without its kind where that means one county."""
    full = {(one.state, _folded(one.name)): one.fips for one in facts.counties().values()}
    bare: dict[tuple[str, str], list[str]] = {}
    for one in facts.counties().values():
        bare.setdefault((one.state, facts.bare(one.name).replace(" ", "")), []).append(one.fips)
    return full, {key: fips[0] for key, fips in bare.items() if len(fips) == 1}


def _connecticut_towns() -> dict[str, str]:
    towns = facts.facts("connecticut.json")["towns"]
    return {_folded(town): region for region, names in towns.items() for town in names}


def _region(county: str | None) -> str | None:
    """Return the planning region with most of a former county's people; villages are not among the towns."""
    if county is None or county not in retired_counties():
        return county
    shared = crosswalk(county)
    return max(shared, key=shared.__getitem__)

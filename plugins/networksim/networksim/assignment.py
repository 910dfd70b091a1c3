"""Assignment: everybody's provider, practice, hospital and specialists, by index arithmetic, so that panels are even."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array
from healthsim_core.declarations import Derivation
from healthsim_core.errors import Problems
from healthsim_core.people import People
from networksim.directory import specialties

SPECIALISTS = tuple(one.specialty for one in specialties() if one.kind == "specialist")


def assign(people: People) -> dict[str, Array]:
    """Return keys (int64, -1 for none) of each person's providers and facilities."""
    providers, facilities = people.rosters["providers"], people.rosters["facilities"]
    county = people["county_fips"].lookup({word: int(word) for word in people["county_fips"].words}, -1, np.int64)
    wanted = _wanted(people)
    primary = {wanted} if wanted else {one.specialty for one in specialties() if one.kind == "primary"}
    child = people["age"] < 18
    turn = people.unit
    found = {
        "pcp_provider": np.where(
            child,
            _in_turn(providers, "provider_id", providers["specialty"].isin({"pediatrics"}), county, turn),
            _in_turn(providers, "provider_id", providers["specialty"].isin(primary), county, turn),
        ),
        "hospital_facility": _in_turn(
            facilities, "facility_id", facilities["facility_type"].isin({"hospital"}), county, turn
        ),
        "lab_facility": _in_turn(
            facilities, "facility_id", facilities["facility_type"].isin({"laboratory"}), county, turn
        ),
    }
    for specialty in SPECIALISTS:
        found[f"specialist.{specialty}"] = _in_turn(
            providers, "provider_id", providers["specialty"].isin({specialty}), county, turn
        )
    place = np.searchsorted(providers["provider_id"], found["pcp_provider"])
    practice = providers["facility_id"][np.minimum(place, len(providers["facility_id"]) - 1)]
    return {**found, "pcp_facility": np.where(found["pcp_provider"] >= 0, practice, -1)}


def _wanted(people: People) -> str | None:
    """Return the specialty a profile wants of primary care providers; SpecificationError where there is none such."""
    wanted = dict(people.facts.get("network", {})).get("primary_care_provider", {}).get("specialty")
    names = [one.specialty for one in specialties()]
    if wanted is not None and wanted not in names:
        problems = Problems()
        problems.unknown("profile.network.primary_care_provider.specialty", "specialty", wanted, names)
        problems.raise_if_any()
    return wanted


def _in_turn(rows, key: str, eligible: np.ndarray, county: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """Return for each person the next of the county's eligible rows: household number modulo how many there are."""
    keys = np.sort(rows[key][eligible])
    width = 1000 if key == "provider_id" else 100
    first = np.searchsorted(keys, county * width)
    count = np.searchsorted(keys, (county + 1) * width) - first
    index = first + turn % np.maximum(count, 1)
    return np.where(count > 0, keys[np.minimum(index, len(keys) - 1)], -1)


ASSIGNMENT = Derivation(
    "networksim.assignment",
    "Everybody's primary care provider, practice, hospital, laboratory and specialists.",
    ("county_fips", "age"),
    (
        "pcp_provider",
        "pcp_facility",
        "hospital_facility",
        "lab_facility",
        *(f"specialist.{one}" for one in SPECIALISTS),
    ),
    assign,
    "networksim",
)

"""The directory: facilities and providers of every county of a scenario, a function of county and seed alone."""

from __future__ import annotations

import functools
import importlib.resources
import json
from collections.abc import Mapping

import numpy as np
from attrs import frozen

from healthsim_core.columns import Coded, Columns
from healthsim_core.declarations import Roster
from healthsim_core.draws import SLOTS, uniforms
from healthsim_core.facts import read_csv
from networksim.identifiers import ORGANIZATIONS, employer_number, npi

FACILITIES_PER_COUNTY = 100
PROVIDERS_PER_COUNTY = 1000
"""A county's keys are its FIPS number times this, plus a running number: room to grow without moving anybody."""

# Words of invented facility names; none is meant to be a real organisation.
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
class Specialty:
    """One specialty: its code, how many providers a county has, and where they work."""

    specialty: str
    taxonomy_code: str
    credential: str
    count: int
    setting: str
    kind: str


@functools.cache
def specialties() -> tuple[Specialty, ...]:
    """Return the specialties in the order of the directory."""
    return tuple(
        Specialty(**{**row, "count": int(row["count"])}) for row in read_csv("networksim", "data", "specialties.csv")
    )


@functools.cache
def _names() -> dict[str, list[str]]:
    return json.loads(importlib.resources.files("healthsim_core").joinpath("data", "names.json").read_text("utf-8"))


def build(facts: Mapping[str, object], seed: int, rosters: Mapping[str, Columns]) -> dict[str, Columns]:
    """Return facilities and providers of the scenario's counties."""
    counties: dict[str, list] = {}
    for place in facts["places"]:
        counties.setdefault(place.county_fips, []).append(place)
    fips = sorted(counties)
    return {"facilities": _facilities(fips, counties, seed), "providers": _providers(fips, seed)}


def _draw(seed: int, name: str, key: np.ndarray) -> np.ndarray:
    return uniforms(seed, f"networksim.{name}", key * SLOTS)


def _facilities(fips: list[str], counties: Mapping[str, list], seed: int) -> Columns:
    kinds = [row for row in read_csv("networksim", "data", "facilities.csv") for _ in range(int(row["count"]))]
    county = np.repeat(np.array([int(one) for one in fips], np.int64), len(kinds))
    number = np.tile(np.arange(len(kinds)), len(fips))
    key = county * FACILITIES_PER_COUNTY + number
    repeated = kinds * len(fips)
    chosen = [
        places[int(u * len(places))]
        for places, u in zip(
            (counties[one] for one in fips for _ in kinds), _draw(seed, "facility.place", key).tolist(), strict=True
        )
    ]
    words = np.floor(_draw(seed, "facility.name", key) * len(WORDS)).astype(int).tolist()
    streets = _names()["streets"]
    area = 2_025_550_100  # area code 202, the fictional numbers 555-0100 to 0199
    return Columns(
        {
            "facility_id": key,
            "npi": npi(ORGANIZATIONS + _packed(county, number, FACILITIES_PER_COUNTY)),
            "name": Coded.encode(
                [f"{WORDS[word]} {kind['suffix']}" for word, kind in zip(words, repeated, strict=True)]
            ),
            "facility_type": Coded.encode([kind["facility_type"] for kind in repeated]),
            "taxonomy_code": Coded.encode([kind["taxonomy_code"] for kind in repeated]),
            "ccn": np.where(np.array([kind["facility_type"] == "hospital" for kind in repeated], bool), county, -1),
            "tax_id": employer_number(key),
            "street_number": 100 + np.floor(_draw(seed, "facility.number", key) * 9800).astype(np.int64),
            "street_name": Coded(
                np.floor(_draw(seed, "facility.street", key) * len(streets)).astype(np.int32), streets
            ),
            "city": Coded.encode([place.city for place in chosen]),
            "state": Coded.encode([place.state for place in chosen]),
            "zip_code": Coded.encode([place.zip_code for place in chosen]),
            "county_fips": Coded.encode([place.county_fips for place in chosen]),
            "phone": area + key % 100,
            "bed_count": np.array([int(kind["bed_count"]) for kind in repeated], np.int64),
        }
    )


def _packed(county: np.ndarray, number: np.ndarray, width: int) -> np.ndarray:
    """Return numbers that are distinct over the nation's counties and small: county FIPS below 57,000 times `width`."""
    return county * width + number


def _providers(fips: list[str], seed: int) -> Columns:
    slots = [one for one in specialties() for _ in range(one.count)]
    county = np.repeat(np.array([int(one) for one in fips], np.int64), len(slots))
    number = np.tile(np.arange(len(slots)), len(fips))
    key = county * PROVIDERS_PER_COUNTY + number
    names = _names()
    female = _draw(seed, "provider.gender", key) < 0.45
    pool = [*names["F"], *names["M"]]
    unique = list(dict.fromkeys(pool))
    place = np.array([unique.index(word) for word in pool], np.int32)
    u = _draw(seed, "provider.given", key)
    given = np.where(female, np.floor(u * len(names["F"])), len(names["F"]) + np.floor(u * len(names["M"]))).astype(int)
    family = np.floor(_draw(seed, "provider.family", key) * len(names["family"])).astype(np.int32)
    kinds = [
        row["facility_type"]
        for row in read_csv("networksim", "data", "facilities.csv")
        for _ in range(int(row["count"]))
    ]
    clinics = np.array([index for index, kind in enumerate(kinds) if kind == "clinic"])
    hospital = kinds.index("hospital")
    at_clinic = np.tile(np.array([one.setting == "clinic" for one in slots]), len(fips))
    facility = county * FACILITIES_PER_COUNTY + np.where(at_clinic, clinics[number % len(clinics)], hospital)
    repeat = len(fips)
    return Columns(
        {
            "provider_id": key,
            "npi": npi(_packed(county, number, PROVIDERS_PER_COUNTY)),
            "given_name": Coded(place[given], unique),
            "family_name": Coded(family, names["family"]),
            "gender": Coded(female.astype(np.int32), ["M", "F"]),
            "credential": Coded.encode([one.credential for one in slots] * repeat),
            "specialty": Coded.encode([one.specialty for one in slots] * repeat),
            "taxonomy_code": Coded.encode([one.taxonomy_code for one in slots] * repeat),
            "facility_id": facility,
            "county_fips": Coded.encode([f"{one:05d}" for one in county.tolist()]),
            "phone": 2_025_550_100 + key % 100,
        }
    )


DIRECTORY = Roster(
    "networksim.directory",
    "Facilities and providers of the scenario's counties.",
    ("facilities", "providers"),
    build,
    "networksim",
)

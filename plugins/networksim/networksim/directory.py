"""The directory: facilities, providers and pharmacies of every county of a scenario, each a function of county and seed.

A county's sites grow with its ZIPs, so a county is the same in every scenario that has all of it.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import numpy as np
from attrs import frozen

from healthsim_core.columns import Coded, Columns
from healthsim_core.declarations import Place, Roster
from healthsim_core.facts import read_csv
from networksim.identifiers import ORGANIZATIONS, PHARMACIES, PHARMACY_PREFIX, employer_number, ncpdp, npi
from networksim.networks import networks, participations
from networksim.sites import Sites, draw, phones, words

FACILITIES_PER_COUNTY = 100
PHARMACIES_PER_COUNTY = 100
PROVIDERS_PER_COUNTY = 1000
"""A county's keys are its FIPS number times this, plus a running number: room to grow without moving anybody."""


@frozen
class Specialty:
    """One specialty: its code, how many providers a county has, and where they work."""

    specialty: str
    taxonomy_code: str
    credential: str
    count: int
    more: int
    """How many more with every further facility of the setting."""
    setting: str
    kind: str


@functools.cache
def specialties() -> tuple[Specialty, ...]:
    """Return the specialties in the order of the directory."""
    return tuple(
        Specialty(**{**row, "count": int(row["count"]), "more": int(row["more"])})
        for row in read_csv("networksim", "data", "specialties.csv")
    )


def build(facts: Mapping[str, object], seed: int, rosters: Mapping[str, Columns]) -> dict[str, Columns]:
    """Return facilities, providers, pharmacies, networks and who is in them, of the scenario's counties."""
    counties: dict[str, list[Place]] = {}
    for place in facts["places"]:
        counties.setdefault(place.county_fips, []).append(place)
    fips = sorted(counties)
    places = [sorted(counties[one], key=lambda place: place.zip_code) for one in fips]
    sites = Sites.of("facilities.csv", [len(here) for here in places])
    made = {
        "facilities": _facilities(sites, fips, places, seed),
        "providers": _providers(sites, fips, places, seed),
        "pharmacies": _pharmacies(fips, places, seed),
    }
    return {**made, "networks": networks(), "network_participations": participations(made, seed)}


def _facilities(sites: Sites, fips: Sequence[str], places: Sequence[Sequence[Place]], seed: int) -> Columns:
    county = np.array(fips, np.int64)[sites.county]
    key = county * FACILITIES_PER_COUNTY + sites.number
    return Columns(
        {
            "facility_id": key,
            "npi": npi(ORGANIZATIONS + key),
            "facility_type": sites.spelled("kind"),
            "ccn": np.where(sites.of_kind("hospital"), sites.rank * 100_000 + county, -1),
            "tax_id": employer_number(key),
            "bed_count": np.array([one.bed_count for one in sites.kinds], np.int64)[sites.kind],
            **sites.columns("facility", key, places, seed),
        }
    )


def _pharmacies(fips: Sequence[str], places: Sequence[Sequence[Place]], seed: int) -> Columns:
    sites = Sites.of("pharmacies.csv", [len(here) for here in places])
    key = np.array(fips, np.int64)[sites.county] * PHARMACIES_PER_COUNTY + sites.number
    return Columns(
        {
            "pharmacy_id": key,
            # Four digits are free: too few to give every county of the nation its own, so they count the scenario's.
            "ncpdp_id": ncpdp(np.arange(len(key))),
            "npi": npi(PHARMACIES + key),
            "pharmacy_type": sites.spelled("kind"),
            "tax_id": employer_number(key, PHARMACY_PREFIX),
            **sites.columns("pharmacy", key, places, seed),
        }
    )


def _posts(sites: Sites, counties: int) -> np.ndarray:
    """Return county, number, specialty and facility number of each provider: columns of an array with a row each.

    First those of the facilities that every county has, in turn; then those that every further facility brings.
    """
    settings = ("clinic", "hospital")
    base = {one.kind: one.count for one in sites.kinds}
    slots = [(index, one.setting) for index, one in enumerate(specialties()) for _ in range(one.count)]
    further = {
        setting: [index for index, one in enumerate(specialties()) for _ in range(one.more) if one.setting == setting]
        for setting in settings
    }
    rows = []
    for county in range(counties):
        here = sites.county == county
        at = {setting: sites.number[here & sites.of_kind(setting)].tolist() for setting in settings}
        posts = [(index, at[setting][number % base[setting]]) for number, (index, setting) in enumerate(slots)]
        for setting in settings:
            posts += [(index, site) for site in at[setting][base[setting] :] for index in further[setting]]
        rows += [(county, number, *post) for number, post in enumerate(posts)]
    return np.array(rows, np.int64).reshape(-1, 4)


def _providers(sites: Sites, fips: Sequence[str], places: Sequence[Sequence[Place]], seed: int) -> Columns:
    place, number, specialty, site = _posts(sites, len(fips)).T
    county = np.array(fips, np.int64)[place]
    key = county * PROVIDERS_PER_COUNTY + number
    female = draw(seed, "provider.gender", key) < 0.45
    names = words()
    pool = [*names["F"], *names["M"]]
    unique = list(dict.fromkeys(pool))
    code = np.array([unique.index(word) for word in pool], np.int32)
    u = draw(seed, "provider.given", key)
    given = np.where(female, np.floor(u * len(names["F"])), len(names["F"]) + np.floor(u * len(names["M"]))).astype(int)
    family = np.floor(draw(seed, "provider.family", key) * len(names["family"])).astype(np.int32)
    state = Coded.encode([here[0].state for here in places])[place]

    def spelled(name: str) -> Coded:
        return Coded.encode([getattr(one, name) for one in specialties()])[specialty]

    return Columns(
        {
            "provider_id": key,
            "npi": npi(key),
            "given_name": Coded(code[given], unique),
            "family_name": Coded(family, names["family"]),
            "gender": Coded(female.astype(np.int32), ["M", "F"]),
            "credential": spelled("credential"),
            "specialty": spelled("specialty"),
            "taxonomy_code": spelled("taxonomy_code"),
            "facility_id": county * FACILITIES_PER_COUNTY + site,
            "county_fips": Coded.encode(fips)[place],
            "phone": phones(state, draw(seed, "provider.phone", key)),
        }
    )


DIRECTORY = Roster(
    "networksim.directory",
    "Facilities, providers and pharmacies of the scenario's counties, and the networks they are in.",
    ("facilities", "providers", "pharmacies", "networks", "network_participations"),
    build,
    "networksim",
)

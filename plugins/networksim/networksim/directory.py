"""The directory: facilities, providers and pharmacies of the counties where people live, a function of county and seed.

How many there are follows from the county's people and class, never from how many people a scenario has.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from healthsim_core.columns import Columns
from healthsim_core.declarations import Roster
from networksim.contracts import affiliations, contracts
from networksim.counties import Counties, Land, metropolis
from networksim.identifiers import NPI_FIRST, PHARMACY_PREFIX, certification_number, employer_number, ncpdp, npi
from networksim.networks import networks, participations
from networksim.providers import FACILITIES_PER_COUNTY, providers
from networksim.sites import Sites

PHARMACIES_PER_COUNTY = 10_000
"""A county's keys are its FIPS number times this, plus a running number."""


def build(facts: Mapping[str, object], seed: int, rosters: Mapping[str, Columns]) -> dict[str, Columns]:
    """Return facilities, providers, pharmacies, networks, who is in them and on what terms, of the scenario's counties."""
    asked = dict(facts.get("network") or {}).get("directory")
    facts = {**facts, "inhabited": _served(facts)}
    counties = Counties.of(facts["places"], asked, facts["inhabited"])
    sites = Sites.of("facilities.csv", counties, seed)
    facilities = _facilities(sites, seed)
    made = {
        "facilities": facilities,
        "providers": providers(sites, facilities, seed),
        "pharmacies": _pharmacies(Sites.of("pharmacies.csv", counties, seed), seed),
    }
    made |= _real(facts, made, seed)
    return {
        **made,
        "networks": networks(),
        "network_participations": participations(made, seed),
        "plan_contracts": contracts(made, seed, facts.get("as_of")),
        "provider_affiliations": affiliations(made, seed),
        "directory_counties": counties.rows((facts.get("directory") or {}).get("counties", ())),
    }


def _served(facts: Mapping[str, object]) -> list[str] | None:
    """Return the counties where people live and those they go to beyond; None for all."""
    if facts.get("inhabited") is None:
        return None
    beyond = metropolis(Land(facts["places"]))
    return sorted({*facts["inhabited"], *(beyond[one] for one in facts["inhabited"] if one in beyond)})


def _real(facts: Mapping[str, object], made: Mapping[str, Columns], seed: int) -> Mapping[str, Columns]:
    """Return what official files say in place of what is made, where the profile asks for it."""
    known = facts.get("directory")
    if not known:
        return {}
    from networksim.real import in_place_of

    return in_place_of(made, known, facts, seed)


def _facilities(sites: Sites, seed: int) -> Columns:
    key = sites.counties.fips[sites.county] * FACILITIES_PER_COUNTY + sites.number
    number = sites.counties.numbers("facility", sites.county, sites.number)
    return Columns(
        {
            "facility_id": key,
            "npi": npi(NPI_FIRST["facility"] + number),
            "facility_type": sites.spelled("kind"),
            "ccn": certification_number(sites.certified()),
            "tax_id": employer_number(number),
            "bed_count": sites.beds(key, seed),
            "synthetic": np.ones(len(key), bool),
            **sites.columns("facility", key, seed),
        }
    )


def _pharmacies(sites: Sites, seed: int) -> Columns:
    key = sites.counties.fips[sites.county] * PHARMACIES_PER_COUNTY + sites.number
    number = sites.counties.numbers("pharmacy", sites.county, sites.number)
    return Columns(
        {
            "pharmacy_id": key,
            "ncpdp_id": ncpdp(number),
            "npi": npi(NPI_FIRST["pharmacy"] + number),
            "pharmacy_type": sites.spelled("kind"),
            "tax_id": employer_number(number, PHARMACY_PREFIX),
            "synthetic": np.ones(len(key), bool),
            **sites.columns("pharmacy", key, seed),
        }
    )


DIRECTORY = Roster(
    "networksim.directory",
    "Facilities, providers and pharmacies of the counties where people live, their networks, contracts and affiliations.",
    (
        "facilities",
        "providers",
        "pharmacies",
        "networks",
        "network_participations",
        "plan_contracts",
        "provider_affiliations",
        "directory_counties",
    ),
    build,
    "networksim",
)

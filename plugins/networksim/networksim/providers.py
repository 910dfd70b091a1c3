"""Providers: who practises in a county, where, and in which languages."""

from __future__ import annotations

import functools

import numpy as np
from attrs import frozen

from healthsim_core.columns import Coded, Columns
from healthsim_core.facts import read_csv
from networksim.counties import CLASSES
from networksim.identifiers import NPI_FIRST, npi
from networksim.sites import Sites, draw, how_many, phones, within, words

FACILITIES_PER_COUNTY = 10_000
PROVIDERS_PER_COUNTY = 100_000
"""A county's keys are its FIPS number times this, plus a running number."""

ACCEPTING = 0.85
"""The share of providers who take new patients; HealthSim's estimate."""
OSTEOPATHS = 0.11
"""The share of physicians who are DOs, as in AOA's report of 2023."""
LANGUAGES = {"hi": 30, "zh": 17, "ar": 10, "ur": 9, "vi": 8, "ko": 7, "tl": 6, "fr": 6, "ru": 4, "fa": 3}
"""Languages besides English and Spanish (BCP 47) with their weights among clinicians; HealthSim's estimate."""


@frozen
class Specialty:
    """One specialty: its code, how many providers a county has, and where they work."""

    specialty: str
    taxonomy_code: str
    credential: str
    density: tuple[float, ...]
    """For 100,000 people, by the county's class."""
    least: int
    """The fewest that a county has; in a small one somebody visits."""
    each: bool
    """Whether every site of the settings has one."""
    settings: tuple[str, ...]
    kind: str
    women: float


@functools.cache
def specialties() -> tuple[Specialty, ...]:
    """Return the specialties in the order of the directory."""
    return tuple(
        Specialty(
            row["specialty"],
            row["taxonomy_code"],
            row["credential"],
            tuple(float(row[name]) for name in CLASSES),
            int(row["least"]),
            row["each"] == "1",
            tuple(row["settings"].split()),
            row["kind"],
            int(row["women"]) / 100,
        )
        for row in read_csv("networksim", "data", "specialties.csv")
    )


def providers(sites: Sites, facilities: Columns, seed: int) -> Columns:
    """Return the providers of the counties of the facilities, which are aligned with `sites`."""
    county, number, specialty, at = _posts(sites, seed)
    key = sites.counties.fips[county] * PROVIDERS_PER_COUNTY + number
    women = np.array([one.women for one in specialties()])[specialty]
    female = draw(seed, "provider.gender", key) < women
    given, family = _names(key, female, seed)

    def spelled(name: str) -> Coded:
        return Coded.encode([getattr(one, name) for one in specialties()])[specialty]

    credential = spelled("credential")
    osteopath = credential.isin({"MD"}) & (draw(seed, "provider.school", key) < OSTEOPATHS)
    address = ("street_number", "street_name", "city", "state", "zip_code", "county_fips")
    return Columns(
        {
            "provider_id": key,
            "npi": npi(NPI_FIRST["provider"] + sites.counties.numbers("provider", county, number)),
            "given_name": given,
            "family_name": family,
            "gender": Coded(female.astype(np.int32), ["M", "F"]),
            "credential": Coded.constant("DO", len(key)).where(osteopath, credential),
            "specialty": spelled("specialty"),
            "taxonomy_code": spelled("taxonomy_code"),
            "facility_id": facilities["facility_id"][at],
            **{name: facilities[name][at] for name in address},
            "phone": phones(facilities["state"][at], draw(seed, "provider.phone", key)),
            "languages": _languages(key, sites.counties.hispanic[county], sites.counties.asian[county], seed),
            "accepting_patients": draw(seed, "provider.accepts", key) < ACCEPTING,
            "synthetic": np.ones(len(key), bool),
        }
    )


def _posts(sites: Sites, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return county, number, specialty and site (its position) of each provider, in the order of their keys."""
    counties = sites.counties
    parts = []
    for index, one in enumerate(specialties()):
        here = np.flatnonzero(np.isin(sites.kind, [_kind(sites, name) for name in one.settings]))
        # Hospitals first, then the others, so that those who are few work there.
        here = here[np.lexsort((here, sites.kind[here], sites.county[here]))]
        room = np.bincount(sites.county[here], minlength=len(counties.fips))
        count = np.maximum(how_many(one.density, counties, seed, one.specialty), one.least)
        if one.each:
            count = np.maximum(count, room)
        county, turn = np.repeat(np.arange(len(counties.fips)), count), within(count)
        # A few among many sites stand apart from each other, from a site of the specialty's own on.
        stride = np.maximum(room // np.maximum(count, 1), 1)
        first = np.floor(draw(seed, f"post.{one.specialty}", counties.fips) * room).astype(np.int64)
        site = (first[county] + turn * stride[county]) % room[county]
        start = np.cumsum(room) - room
        parts.append(np.stack([county, np.full(len(county), index), here[start[county] + site]]))
    county, specialty, site = np.concatenate(parts, axis=1)
    order = np.argsort(county, kind="stable")
    number = within(np.bincount(county, minlength=len(counties.fips)))
    return county[order], number, specialty[order], site[order]


def _kind(sites: Sites, name: str) -> int:
    return [one.kind for one in sites.kinds].index(name)


def _names(key: np.ndarray, female: np.ndarray, seed: int) -> tuple[Coded, Coded]:
    names = words()
    pool = [*names["F"], *names["M"]]
    unique = list(dict.fromkeys(pool))
    code = np.array([unique.index(word) for word in pool], np.int32)
    u = draw(seed, "provider.given", key)
    given = np.where(female, np.floor(u * len(names["F"])), len(names["F"]) + np.floor(u * len(names["M"]))).astype(int)
    surnames, edges = _surnames()
    family = np.searchsorted(edges, draw(seed, "provider.family", key)).astype(np.int32)
    return Coded(code[given], unique), Coded(np.minimum(family, len(surnames) - 1), surnames)


@functools.cache
def _surnames() -> tuple[list[str], np.ndarray]:
    """Return surnames of clinicians, and up to which share of them each reaches."""
    rows = read_csv("networksim", "data", "surnames.csv")
    weight = np.array([int(row["weight"]) for row in rows], float)
    return [row["name"] for row in rows], np.cumsum(weight) / weight.sum()


def _languages(key: np.ndarray, hispanic: np.ndarray, asian: np.ndarray, seed: int) -> Coded:
    """Return languages by blank, English first; others are as common as the county's origins make them."""
    spanish = draw(seed, "provider.spanish", key) < 0.05 + 0.0045 * hispanic
    others = ["", *LANGUAGES]
    edges = np.cumsum(list(LANGUAGES.values())) / sum(LANGUAGES.values())
    share = 0.06 + 0.005 * asian
    u = draw(seed, "provider.language", key)
    other = np.where(u < share, 1 + np.searchsorted(edges, np.minimum(u / share, 1), side="left"), 0)
    texts = [" ".join(filter(None, ("en", one, more))) for one in ("", "es") for more in others]
    return Coded(spanish * len(others) + np.minimum(other, len(others) - 1), texts)

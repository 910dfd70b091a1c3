"""Real providers: rows of official files as rows of the directory, in place of those made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from healthsim_core.columns import Coded, Columns, stack
from networksim.identifiers import NPI_FIRST, PHARMACY_PREFIX, employer_number, ncpdp, npi
from networksim.official import PLACE, read
from networksim.providers import ACCEPTING, specialties
from networksim.sites import draw

OF_NPPES, OF_CMS, OF_ADDRESS = 10_000_000_000, 20_000_000_000, 30_000_000_000
"""Added to a real NPI, to a certification number read in base 36, and to the least NPI at an address, to make keys."""

KINDS = {"providers": "specialty", "facilities": "facility_type", "pharmacies": "pharmacy_type"}
KEYS = {"providers": "provider_id", "facilities": "facility_id", "pharmacies": "pharmacy_id"}


def in_place_of(
    made: Mapping[str, Columns], known: Mapping[str, object], facts: Mapping[str, object], seed: int
) -> dict[str, Columns]:
    """Return providers, facilities and pharmacies with real ones in place of those made.

    Where the files have none of a kind in a county, the made ones stay, so that everybody finds what they need.
    """
    wanted = sorted(set(known["counties"]) & set(facts.get("inhabited") or known["counties"]))
    rows, hospitals = read(Path(known["database"]), wanted)
    facilities = _facilities(rows, hospitals)
    real = {
        "facilities": facilities,
        "pharmacies": _pharmacies(rows),
        "providers": _providers(rows, facilities, seed),
    }
    both = {name: _merged(name, made[name], real[name]) for name in real}
    return {**both, "providers": _housed(both["providers"], made["facilities"], both["facilities"])}


def _where(rows: Mapping[str, np.ndarray], chosen: np.ndarray) -> dict[str, object]:
    """Return address and phone of rows; the whole address stands in the street's name."""
    phone = rows["phone"][chosen] if "phone" in rows else np.full(len(chosen), None)
    return {
        "street_number": np.full(len(chosen), -1, np.int64),
        "street_name": Coded.encode(rows["address_line"][chosen]),
        **{name: Coded.encode(rows[name][chosen]) for name in PLACE},
        "phone": np.array([-1 if one is None else one for one in phone], np.int64),
        "synthetic": np.zeros(len(chosen), bool),
    }


def _facilities(rows: Mapping[str, np.ndarray], hospitals: Mapping[str, np.ndarray]) -> Columns:
    """Return organisations, CMS's hospitals, and a practice for each other address where somebody works."""
    sort, kind = rows["sort"].astype(str), rows["kind"].astype(str)
    listed = np.flatnonzero((sort == "facility") & ((kind != "hospital") | (len(hospitals["ccn"]) == 0)))
    at = _addresses(rows)
    people = np.flatnonzero((sort == "provider") & ~np.isin(at, at[listed]) & ~np.isin(at, _addresses(hospitals)))
    alone = people[np.unique(at[people], return_index=True)[1]]
    parts = [
        _facility(
            rows, listed, OF_NPPES + _numbers(rows, listed), rows["organization_name"][listed], rows["kind"][listed]
        ),
        _facility(
            rows,
            alone,
            OF_ADDRESS + _numbers(rows, alone),
            np.array([f"Practice at {one}" for one in rows["address_line"][alone]], object),
            np.full(len(alone), "clinic", object),
        ),
    ]
    if len(hospitals["ccn"]):
        parts.append(_hospitals(hospitals))
    whole = stack(parts)
    return whole.take(np.argsort(whole["facility_id"], kind="stable"))


def _numbers(rows: Mapping[str, np.ndarray], chosen: np.ndarray) -> np.ndarray:
    return rows["npi"][chosen].astype(np.int64)


def _addresses(rows: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return each row's address as one word that is the same for the same address."""
    return np.array(
        [
            f"{zip_code}|{' '.join(line.upper().split())}"
            for zip_code, line in zip(rows["zip_code"], rows["address_line"], strict=True)
        ],
        dtype="U",
    )


def _facility(rows, chosen: np.ndarray, key: np.ndarray, name: np.ndarray, kind: np.ndarray) -> Columns:
    number = _numbers(rows, chosen)
    return Columns(
        {
            "facility_id": key,
            "npi": number,
            "name": Coded.encode(name),
            "facility_type": Coded.encode(kind),
            "taxonomy_code": Coded.encode(rows["taxonomy_code"][chosen]),
            "ccn": Coded.constant(None, len(chosen)),
            "tax_id": employer_number(number),
            "bed_count": np.zeros(len(chosen), np.int64),
            **_where(rows, chosen),
        }
    )


def _hospitals(hospitals: Mapping[str, np.ndarray]) -> Columns:
    """Return CMS's hospitals; the list has no NPIs, so theirs are of those that nobody has."""
    number = np.array([int(one, 36) for one in hospitals["ccn"]], np.int64)
    # Real numbers are too many for our room of them: those that share one are told apart by their order.
    free = NPI_FIRST["facility"] + 10_000_000 + np.arange(len(number))
    return Columns(
        {
            "facility_id": OF_CMS + number,
            "npi": npi(free),
            "name": Coded.encode(hospitals["name"]),
            "facility_type": Coded.constant("hospital", len(number)),
            "taxonomy_code": Coded.constant("282N00000X", len(number)),
            "ccn": Coded.encode(hospitals["ccn"]),
            "tax_id": employer_number(number),
            "bed_count": np.zeros(len(number), np.int64),
            **_where(hospitals, np.arange(len(number))),
        }
    )


def _pharmacies(rows: Mapping[str, np.ndarray]) -> Columns:
    """Return pharmacies; their NCPDP numbers are not public, so they are of those that nobody has."""
    chosen = np.flatnonzero(rows["sort"].astype(str) == "pharmacy")
    number = _numbers(rows, chosen)
    return Columns(
        {
            "pharmacy_id": OF_NPPES + number,
            "ncpdp_id": ncpdp(250_000 + np.arange(len(chosen))),
            "npi": number,
            "name": Coded.encode(rows["organization_name"][chosen]),
            "pharmacy_type": Coded.encode(rows["kind"][chosen]),
            "taxonomy_code": Coded.encode(rows["taxonomy_code"][chosen]),
            "tax_id": employer_number(number, PHARMACY_PREFIX),
            **_where(rows, chosen),
        }
    )


def _providers(rows: Mapping[str, np.ndarray], facilities: Columns, seed: int) -> Columns:
    chosen = np.flatnonzero(rows["sort"].astype(str) == "provider")
    number = _numbers(rows, chosen)
    place = {"zip_code": facilities["zip_code"].decode(), "address_line": facilities["street_name"].decode()}
    sites = _addresses(place)
    # Of several at an address the first: they are in the order of their keys, so organisations go before hospitals.
    words, first = np.unique(sites, return_index=True)
    mine = _addresses(rows)[chosen]
    found = first[np.searchsorted(words, mine)] if len(mine) else np.empty(0, np.int64)
    credentials = {one.specialty: one.credential for one in specialties()}
    kind = rows["kind"][chosen]
    told = [
        (one or "").replace(".", "").replace(" ", "").upper() or credentials[of]
        for one, of in zip(rows["credential"][chosen], kind, strict=True)
    ]
    return Columns(
        {
            "provider_id": OF_NPPES + number,
            "npi": number,
            "given_name": Coded.encode([one or "" for one in rows["first_name"][chosen]]),
            "family_name": Coded.encode(rows["last_name"][chosen]),
            "gender": Coded.constant(None, len(chosen)),
            "credential": Coded.encode(told),
            "specialty": Coded.encode(kind),
            "taxonomy_code": Coded.encode(rows["taxonomy_code"][chosen]),
            "facility_id": facilities["facility_id"][found],
            "languages": Coded.constant(None, len(chosen)),
            "accepting_patients": draw(seed, "provider.accepts", OF_NPPES + number) < ACCEPTING,
            **_where(rows, chosen),
        }
    )


def _merged(table: str, made: Columns, real: Columns) -> Columns:
    """Return the real rows, and the made ones of kinds that the county has no real one of, in the order of their keys."""
    kind = KINDS[table]
    there = set(zip(real["county_fips"].decode(), real[kind].decode(), strict=True))
    words = [(county, one) for county in made["county_fips"].words for one in made[kind].words]
    known = np.array([word in there for word in words]).reshape(len(made["county_fips"].words), -1)
    keep = ~known[made["county_fips"].codes, made[kind].codes]
    whole = stack([made.take(keep), real]) if real.length else made.take(keep)
    return whole.take(np.argsort(whole[KEYS[table]], kind="stable"))


def _housed(providers: Columns, before: Columns, facilities: Columns) -> Columns:
    """Return providers, those whose made facility has gone at one of its kind in the county instead."""
    lost = np.flatnonzero(~np.isin(providers["facility_id"], facilities["facility_id"]))
    if not len(lost):
        return providers
    row = np.searchsorted(before["facility_id"], providers["facility_id"][lost])
    wanted = _grouped(before.take(row), facilities)
    groups = _grouped(facilities, facilities)
    order = np.argsort(groups, kind="stable")
    first = np.searchsorted(groups[order], wanted)
    count = np.searchsorted(groups[order], wanted, side="right") - first
    at = order[first + providers["provider_id"][lost] % count]
    moved = {}
    for name in ("facility_id", "street_number"):
        moved[name] = providers[name].copy()
        moved[name][lost] = facilities[name][at]
    for name in ("street_name", "city", "state", "zip_code"):
        there = np.zeros(providers.length, bool)
        there[lost] = True
        whole = np.zeros(providers.length, np.int64)
        whole[lost] = at
        moved[name] = facilities[name][whole].where(there, providers[name])
    return providers.adding(**moved)


def _grouped(rows: Columns, like: Columns) -> np.ndarray:
    """Return county and kind of facilities as one number, counted by the words of `like`."""
    county = {word: code for code, word in enumerate(like["county_fips"].words)}
    kind = {word: code for code, word in enumerate(like["facility_type"].words)}
    return rows["county_fips"].lookup(county, -1, np.int64) * 64 + rows["facility_type"].lookup(kind, -1, np.int64)

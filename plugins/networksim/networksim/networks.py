"""Networks, and who takes part in them: a clinic with most of its people, or not at all."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
from attrs import frozen

from healthsim_core.columns import Coded, Columns, stack
from healthsim_core.facts import read_csv
from networksim.sites import draw

ROOM = 100_000_000
"""More than any key of a provider, facility or pharmacy: participations are numbered by network, then by whom."""


@frozen
class NetworkTerms:
    """One network and whom it contracts with."""

    network_id: str
    name: str
    network_type: str
    plans: str | None
    facility_share: float
    provider_share: float
    """The share of the providers of the facilities that are in it."""
    preferred_share: float


@functools.cache
def terms() -> tuple[NetworkTerms, ...]:
    """Return the networks, in the order of their file."""
    shares = ("facility_share", "provider_share", "preferred_share")
    return tuple(
        NetworkTerms(**{**row, "plans": row["plans"] or None, **{name: float(row[name]) for name in shares}})
        for row in read_csv("networksim", "data", "networks.csv")
    )


def networks() -> Columns:
    """Return the rows of `networks`."""
    names = ("network_id", "name", "network_type", "plans")
    return Columns({name: Coded.encode([getattr(one, name) for one in terms()]) for name in names})


def participations(made: Mapping[str, Columns], seed: int) -> Columns:
    """Return the rows of `network_participations` of the directory's tables."""
    parts = []
    for number, one in enumerate(terms()):
        if one.network_type == "pharmacy":
            parts.append(_rows(number, "pharmacy", *_pharmacies_in(one, made["pharmacies"], seed), seed))
            continue
        facility, inside = _facilities_in(one, made["facilities"], seed)
        parts.append(_rows(number, "facility", facility, inside, seed))
        provider, at = made["providers"]["provider_id"], made["providers"]["facility_id"]
        place = np.searchsorted(facility, at)
        willing = draw(seed, f"network.{one.network_id}.provider", provider) < one.provider_share
        parts.append(_rows(number, "provider", provider, inside[place] & willing, seed))
    return stack(parts)


def _facilities_in(one: NetworkTerms, facilities: Columns, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return facilities and which are in: a county's first hospital, its first clinic and its laboratories always."""
    key, kind = facilities["facility_id"], facilities["facility_type"]
    _, first = np.unique(facilities["county_fips"].codes * np.int64(8) + kind.codes, return_index=True)
    always = kind.isin({"laboratory"})
    always[first] = True
    return key, always | (draw(seed, f"network.{one.network_id}.facility", key) < one.facility_share)


def _pharmacies_in(one: NetworkTerms, pharmacies: Columns, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pharmacies and which are in; those that are not retail always."""
    key = pharmacies["pharmacy_id"]
    inside = draw(seed, f"network.{one.network_id}.pharmacy", key) < one.facility_share
    return key, inside | ~pharmacies["pharmacy_type"].isin({"retail"})


def _rows(number: int, who: str, key: np.ndarray, inside: np.ndarray, seed: int) -> Columns:
    one = terms()[number]
    kinds = ("provider", "facility", "pharmacy")
    key = key[inside]
    none = np.full(len(key), -1, np.int64)
    preferred = draw(seed, f"network.{one.network_id}.{who}.tier", key) < one.preferred_share
    # A provider who takes new patients takes them from every network; places always do.
    accepts = draw(seed, "provider.accepts", key) < 0.85 if who == "provider" else np.ones(len(key), bool)
    return Columns(
        {
            "participation_id": (number * len(kinds) + kinds.index(who)) * ROOM + key,
            "network_id": Coded.constant(one.network_id, len(key)),
            **{f"{kind}_id": key if kind == who else none for kind in kinds},
            "tier": np.where(preferred, 1, 2),
            "accepts_new_patients": accepts,
        }
    )

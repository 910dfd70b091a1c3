"""Networks, and who takes part in them: a clinic with most of its people, or not at all."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
from attrs import frozen

from healthsim_core.columns import Coded, Columns, stack
from healthsim_core.facts import read_csv
from networksim.sites import draw

ROOM = 100_000_000_000
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
    outside_share: float
    """The share of households whose doctors are outside it."""
    hospital_percent: int
    professional_percent: int
    """What it usually pays hospitals, and all others, in percent of Medicare."""
    negotiated: bool
    """Whether organisations bargain for it."""
    pharmacy_network: str | None
    """The network of pharmacies that its plans use."""


@functools.cache
def terms() -> tuple[NetworkTerms, ...]:
    """Return the networks, in the order of their file."""
    shares = ("facility_share", "provider_share", "preferred_share", "outside_share")
    percents = ("hospital_percent", "professional_percent")
    return tuple(
        NetworkTerms(
            **{
                **row,
                "plans": row["plans"] or None,
                "pharmacy_network": row["pharmacy_network"] or None,
                "negotiated": row["negotiated"] == "1",
                **{name: float(row[name]) for name in shares},
                **{name: int(row[name]) for name in percents},
            }
        )
        for row in read_csv("networksim", "data", "networks.csv")
    )


def networks() -> Columns:
    """Return the rows of `networks`."""
    names = ("network_id", "name", "network_type", "plans")
    return Columns(
        {
            **{name: Coded.encode([getattr(one, name) for one in terms()]) for name in names},
            "pharmacy_network_id": Coded.encode([one.pharmacy_network for one in terms()]),
        }
    )


def participations(made: Mapping[str, Columns], seed: int) -> Columns:
    """Return the rows of `network_participations` of the directory's tables."""
    parts = []
    for number, one in enumerate(terms()):
        if one.network_type == "pharmacy":
            parts.append(_rows(number, "pharmacy", *pharmacies_in(one, made["pharmacies"], seed), seed))
            continue
        parts.append(_rows(number, "facility", *facilities_in(one, made["facilities"], seed), seed))
        accepts = made["providers"]["accepting_patients"]
        parts.append(_rows(number, "provider", *_providers_in(one, made, seed), seed, accepts))
    return stack(parts)


def inside(one: NetworkTerms, made: Mapping[str, Columns], who: str, seed: int) -> np.ndarray:
    """Return which of the providers, facilities or pharmacies of a directory are in a network (bool)."""
    if who == "provider":
        return _providers_in(one, made, seed)[1]
    return (
        facilities_in(one, made["facilities"], seed)[1]
        if who == "facility"
        else pharmacies_in(one, made["pharmacies"], seed)[1]
    )


def _providers_in(one: NetworkTerms, made: Mapping[str, Columns], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return providers and which are in: most of those of facilities that are, and the first of a specialty in each county."""
    providers = made["providers"]
    facility, is_in = facilities_in(one, made["facilities"], seed)
    key = providers["provider_id"]
    here = is_in[np.searchsorted(facility, providers["facility_id"])]
    willing = draw(seed, f"network.{one.network_id}.provider", key) < one.provider_share
    # Plans must offer every specialty in a county, so the first provider there whose facility is in is in as well.
    county, specialty = providers["county_fips"], providers["specialty"]
    group = (county.codes * np.int64(64) + specialty.codes)[here]
    always = np.zeros(len(key), bool)
    always[np.flatnonzero(here)[np.unique(group, return_index=True)[1]]] = True
    return key, here & (willing | always)


def facilities_in(one: NetworkTerms, facilities: Columns, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return facilities and which are in: the first of a kind in each county, and laboratories, always."""
    key, kind = facilities["facility_id"], facilities["facility_type"]
    _, first = np.unique(facilities["county_fips"].codes * np.int64(64) + kind.codes, return_index=True)
    always = kind.isin({"laboratory"})
    always[first] = True
    return key, always | (draw(seed, f"network.{one.network_id}.facility", key) < one.facility_share)


def pharmacies_in(one: NetworkTerms, pharmacies: Columns, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pharmacies and which are in; those that are not retail always."""
    key = pharmacies["pharmacy_id"]
    inside = draw(seed, f"network.{one.network_id}.pharmacy", key) < one.facility_share
    return key, inside | ~pharmacies["pharmacy_type"].isin({"retail"})


def _rows(
    number: int, who: str, key: np.ndarray, inside: np.ndarray, seed: int, accepts: np.ndarray | None = None
) -> Columns:
    one = terms()[number]
    kinds = ("provider", "facility", "pharmacy")
    key = key[inside]
    none = np.full(len(key), -1, np.int64)
    preferred = draw(seed, f"network.{one.network_id}.{who}.tier", key) < one.preferred_share
    # A provider who takes new patients takes them from every network; places always do.
    accepts = np.ones(len(key), bool) if accepts is None else accepts[inside]
    return Columns(
        {
            "participation_id": (number * len(kinds) + kinds.index(who)) * ROOM + key,
            "network_id": Coded.constant(one.network_id, len(key)),
            **{f"{kind}_id": key if kind == who else none for kind in kinds},
            "tier": np.where(preferred, 1, 2),
            "accepts_new_patients": accepts,
        }
    )

"""Contracts of networks with organisations, and whose hospital a provider may use."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import numpy as np

from healthsim_core.columns import Coded, Columns, stack
from networksim.networks import ROOM, NetworkTerms, facilities_in, pharmacies_in, terms
from networksim.sites import draw

EVERGREEN = 0.75
"""The share of contracts without an end; HealthSim's estimate, as are the other shares here."""
ENDED = 0.05
"""The share of those outside a network who were in it once."""
SPREAD = 0.15
"""How far a contract's percent of Medicare lies from its network's usual one at most, as a share of it."""
SECOND_HOSPITAL = 0.25
"""The share of providers with privileges in a second hospital."""
NO_PRIVILEGES = {"physical_therapy", "nurse_practitioner"}


def contracts(made: Mapping[str, Columns], seed: int, as_of: datetime.date | None) -> Columns:
    """Return the rows of `plan_contracts`: what each network pays each organisation, and from when to when."""
    year = (as_of or datetime.date(2025, 1, 1)).year
    parts = []
    for number, one in enumerate(terms()):
        who = "pharmacy" if one.network_type == "pharmacy" else "facility"
        rows = made["pharmacies" if who == "pharmacy" else "facilities"]
        key, inside = (pharmacies_in if who == "pharmacy" else facilities_in)(one, rows, seed)
        past = ~inside & (draw(seed, f"contract.{one.network_id}.past", key) < ENDED)
        chosen = np.flatnonzero(inside | past)
        parts.append(_contracts(number, one, who, rows.take(chosen), past[chosen], year, seed))
    return stack(parts)


def _contracts(
    number: int, one: NetworkTerms, who: str, rows: Columns, past: np.ndarray, year: int, seed: int
) -> Columns:
    key = rows[f"{who}_id"]

    def u(name: str) -> np.ndarray:
        return draw(seed, f"contract.{one.network_id}.{who}.{name}", key)

    begins = year - 1 - np.floor(u("begins") * 8).astype(np.int64) - 4 * past
    closes = np.where(past, year - 1 - np.floor(u("closes") * 3), year + 1 + np.floor(u("closes") * 3)).astype(np.int64)
    end = np.where(past | (u("evergreen") >= EVERGREEN), _day(closes + 1, -1), np.datetime64("NaT", "s"))
    percent = np.full(len(key), -1, np.int64)
    if who == "facility":
        usual = np.where(rows["facility_type"].isin({"hospital"}), one.hospital_percent, one.professional_percent)
        # What law or program sets is the same for all.
        spread = SPREAD if one.negotiated else 0.0
        percent = np.rint(usual * (1 + spread * (2 * u("percent") - 1))).astype(np.int64)
    none = np.full(len(key), -1, np.int64)
    preferred = draw(seed, f"network.{one.network_id}.{who}.tier", key) < one.preferred_share
    return Columns(
        {
            "contract_id": number * ROOM + key,
            "network_id": Coded.constant(one.network_id, len(key)),
            "facility_id": key if who == "facility" else none,
            "pharmacy_id": key if who == "pharmacy" else none,
            "tier": np.where(preferred, 1, 2),
            "effective_date": _day(begins, 0),
            "end_date": end,
            "fee_schedule_percent": percent,
        }
    )


def _day(year: np.ndarray, days: int) -> np.ndarray:
    """Return the first of January of the years, or so many days from it."""
    start = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]") + np.timedelta64(days, "D")
    return start.astype("datetime64[s]")


def affiliations(made: Mapping[str, Columns], seed: int) -> Columns:
    """Return the rows of `provider_affiliations`: who works in a hospital, and who may admit to which of the county's."""
    providers, facilities = made["providers"], made["facilities"]
    hospitals = np.sort(facilities["facility_id"][facilities["facility_type"].isin({"hospital"})])
    key, at = providers["provider_id"], providers["facility_id"]
    staff = np.isin(at, hospitals)
    names = sorted({*facilities["county_fips"].words, *providers["county_fips"].words})
    codes = {name: code for code, name in enumerate(names)}
    of = facilities["county_fips"].lookup(codes, -1, np.int64)
    order = np.lexsort((facilities["facility_id"], of))
    is_hospital = np.isin(facilities["facility_id"][order], hospitals)
    theirs, county = facilities["facility_id"][order][is_hospital], of[order][is_hospital]
    mine = providers["county_fips"].lookup(codes, -1, np.int64)
    first = np.searchsorted(county, mine)
    count = np.searchsorted(county, mine, side="right") - first
    admits = ~staff & ~providers["specialty"].isin(NO_PRIVILEGES) & (count > 0)
    turn = np.floor(draw(seed, "affiliation.hospital", key) * np.maximum(count, 1)).astype(np.int64)
    again = admits & (count > 1) & (draw(seed, "affiliation.second", key) < SECOND_HOSPITAL)
    parts = [_affiliations(key[staff], at[staff], 0, "staff")]
    for number, (who, step) in enumerate(((admits, 0), (again, 1)), 1):
        rows = np.flatnonzero(who)
        place = first[rows] + (turn[rows] + step) % count[rows]
        parts.append(_affiliations(key[rows], theirs[place], number, "admitting"))
    return stack(parts)


def _affiliations(provider: np.ndarray, facility: np.ndarray, number: int, role: str) -> Columns:
    return Columns(
        {
            "affiliation_id": provider * 4 + number,
            "provider_id": provider,
            "facility_id": facility,
            "role": Coded.constant(role, len(provider)),
        }
    )

"""Network adequacy: have the enrollees of a county enough providers, near enough, by CMS's standards."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import numpy as np
from attrs import frozen

from healthsim_core.errors import UserError, suggestion
from networksim import distances, opening
from networksim.standards import (
    DETOUR,
    SPEED,
    TELEHEALTH_CREDIT,
    County,
    Limit,
    Standard,
    counties,
    percent_needed,
    standards,
)


@frozen
class Row:
    """One specialty in one county: what is needed, what there is, and whether that is adequate."""

    county_fips: str
    county: str
    county_type: str
    specialty: str
    unit: str
    enrollees: int
    needed: int
    have: int
    ratio_met: bool
    max_minutes: int
    max_miles: int
    percent_needed: float
    percent_within: float
    time_distance_met: bool
    adequate: bool
    people: int | None
    """People of the county, and for how many of them the directory has providers; None where the scenario does not say."""
    served: int | None


@frozen
class Report:
    """How adequate a network is, or the whole directory where `network` is None."""

    network: str | None
    enrolled: str
    """Whose access was measured: plan codes by blank, or `everybody`."""
    rows: tuple[Row, ...]
    left_out: tuple[str, ...]
    """CMS's specialties that the directory has no word for, and counties without figures: nothing is said of them."""

    @property
    def adequate(self) -> bool:
        """Return whether every row is adequate."""
        return all(row.adequate for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {**attrs.asdict(self), "adequate": self.adequate}


@frozen(eq=False)
class _Sites:
    """The ZIPs that have anything at all, and how many of what each standard counts."""

    zip_codes: np.ndarray
    places: np.ndarray
    counts: np.ndarray
    """A row for each standard, a column for each ZIP."""


def adequacy(
    scenario: Any,
    network: str | None = None,
    county: str | None = None,
    *,
    telehealth: bool = False,
    each: float = 1,
) -> Report:
    """Return how a network, or the directory, of a saved scenario meets CMS's standards, by county and specialty.

    The enrollees are the members of the network's plans; without such members, or without `network`, everybody. `each` is
    how many enrollees a person stands for, `telehealth` whether the network offers it. UserError for unknown names.
    """
    if not each > 0:
        raise UserError(f"each must be more than 0, got {each}")
    with opening.opened(scenario) as directory:
        network = None if network is None else directory.network(network)
        enrolled, people = _enrollees(directory, network)
        measured, lacking = _measured(directory)
        sites = _sites(directory, network, measured)
        served = _served(directory)
    known = [fips for fips in people if fips in counties()]
    opening.check_county(county)
    if county is not None:
        if county not in people:
            raise UserError(f"nobody enrolled lives in county {county!r}{suggestion(county, people)}")
        known = [fips for fips in known if fips == county]
    unknown = [f"county {fips}" for fips in people if fips not in counties() and county in (None, fips)]
    rows = [
        row
        for fips in known
        for row in _county(
            counties()[fips], people[fips], sites, measured, served.get(fips), telehealth=telehealth, each=each
        )
    ]
    return Report(network, enrolled, tuple(rows), (*lacking, *unknown))


def _enrollees(
    directory: opening.Directory, network: str | None
) -> tuple[str, dict[str, tuple[list[str], np.ndarray]]]:
    """Return who they are, and by county the ZIPs and how many live in each."""
    plans = None
    if network is not None and directory.columns("coverages") and directory.columns("members"):
        found = directory.connection.execute("SELECT plans FROM networks WHERE network_id = ?", [network]).fetchone()
        plans = (found[0] or "").split()
    rows = []
    if plans:
        only = opening.sql("enrollees").format(only=opening.sql("in_plans"))
        rows = directory.connection.execute(only, {"plans": plans, "as_of": directory.as_of}).fetchall()
    enrolled = " ".join(plans) if rows else "everybody"
    rows = rows or directory.connection.execute(opening.sql("enrollees").format(only="")).fetchall()
    people: dict[str, tuple[list[str], list[int]]] = {}
    for fips, zip_code, count in rows:
        zips, counts = people.setdefault(fips, ([], []))
        zips.append(zip_code)
        counts.append(count)
    return enrolled, {fips: (zips, np.array(counts, np.int64)) for fips, (zips, counts) in people.items()}


def _served(directory: opening.Directory) -> dict[str, tuple[int, int]]:
    """Return the people of each county and how many of them the directory is made for; that of official files for all."""
    if not directory.columns("directory_counties"):
        return {}
    asked = "SELECT county_fips, people_count, served_count FROM directory_counties"
    return {fips: (people, served) for fips, people, served in directory.connection.execute(asked).fetchall()}


def _measured(directory: opening.Directory) -> tuple[list[Standard], list[str]]:
    """Return the standards that the directory, in any network, has words for, and the names of the others."""
    here = {
        "provider": set(directory.words("providers", "specialty")),
        "facility": set(directory.words("facilities", "facility_type")),
    }
    here["bed"] = here["facility"]
    measured = [one for one in standards() if here[one.kind] & set(one.words)]
    return measured, [one.specialty for one in standards() if one not in measured]


def _sites(directory: opening.Directory, network: str | None, measured: Sequence[Standard]) -> _Sites:
    own = "zip_code" in directory.columns("providers")
    asked = opening.sql("sites").format(
        zip="coalesce(providers.zip_code, facilities.zip_code)" if own else "facilities.zip_code",
        inside_provider=directory.inside("provider", network),
        inside_facility=directory.inside("facility", network),
    )
    found = directory.connection.execute(asked).fetchnumpy()
    zip_codes, column = np.unique(np.asarray(found["zip_code"], str), return_inverse=True)
    counts = np.zeros((len(measured), len(zip_codes)), np.int64)
    for number, one in enumerate(measured):
        mine = (np.asarray(found["kind"], str) == one.kind) & np.isin(np.asarray(found["word"], str), one.words)
        np.add.at(counts[number], column[mine], np.asarray(found["places"], np.int64)[mine])
    return _Sites(zip_codes, distances.places(zip_codes.tolist()), counts)


def _county(
    county: County,
    people: tuple[Sequence[str], np.ndarray],
    sites: _Sites,
    measured: Sequence[Standard],
    served: tuple[int, int] | None,
    *,
    telehealth: bool,
    each: float,
) -> Iterator[Row]:
    """Yield a county's rows: one for each standard."""
    kind = county.county_type
    zips, count = people
    road, near = _roads(zips, sites, max(one.limits[kind].max_miles for one in measured) if measured else 0)
    enrollees = math.ceil(count.sum() * each)
    for one, counts in zip(measured, sites.counts[:, near], strict=True):
        limit = one.limits[kind]
        reach = (road <= _farthest(limit, kind)) & (counts > 0)
        have = int(counts[reach.any(axis=0)].sum())
        within = 100 * float(count[reach.any(axis=1)].sum() / count.sum())
        credit = TELEHEALTH_CREDIT if telehealth and one.telehealth else 0.0
        needed, percent = limit.needed(enrollees), percent_needed(kind)
        enough, near_enough = have >= needed, within + credit >= percent
        yield Row(
            county_fips=county.fips,
            county=county.name,
            county_type=kind,
            specialty=one.specialty,
            unit=one.kind,
            enrollees=enrollees,
            needed=needed,
            have=have,
            ratio_met=enough,
            max_minutes=limit.max_minutes,
            max_miles=limit.max_miles,
            percent_needed=percent,
            percent_within=round(min(100.0, within + credit), 1),
            time_distance_met=near_enough,
            adequate=enough and near_enough,
            people=served and served[0],
            served=served and served[1],
        )


def _roads(zips: Sequence[str], sites: _Sites, most: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the miles of road from each ZIP of a county to the sites that may be near enough, and which those are."""
    here = distances.places(zips)
    # A chord is shorter than its arc: whoever is near enough lies in the box around the county.
    margin = most / distances.EARTH_MILES
    low, high = np.fmin.reduce(here) - margin, np.fmax.reduce(here) + margin
    inside = ((sites.places >= low) & (sites.places <= high)).all(axis=1)
    first, last = (np.searchsorted(sites.zip_codes, zips, side=side) for side in ("left", "right"))
    inside[first[first < last]] = True  # their own ZIPs, with or without coordinates
    near = np.flatnonzero(inside)
    road = DETOUR * distances.miles(here, sites.places[near])
    road = np.where(np.asarray(zips)[:, None] == sites.zip_codes[near][None, :], 0.0, road)
    return np.where(np.isnan(road), np.inf, road), near


def _farthest(limit: Limit, county_type: str) -> float:
    """Return the miles of road that keep both the time and the distance."""
    return min(limit.max_miles, limit.max_minutes / 60 * SPEED[county_type])

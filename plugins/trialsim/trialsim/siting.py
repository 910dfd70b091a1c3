"""Siting: at which of its study's sites somebody takes part, and who sees them there."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns
from healthsim_core.events import Events
from healthsim_core.people import People
from trialsim.reference import rows, studies
from trialsim.rosters import SITES_PER_COUNTY, SITES_PER_STUDY


def site_rows(sites: Columns, people: People, row: np.ndarray, study: Coded) -> np.ndarray:
    """Return the rows among `sites` of people's sites: those of their county in turn; where it has none, all of the study's.

    `row` are the people's positions in their span, `study` what each takes part in.
    """
    order = np.argsort(sites["site_id"], kind="stable")
    key, turn, kinds = sites["site_id"][order], people.unit[row], len(rows("sites"))
    number = study.lookup({one: place for place, one in enumerate(studies())}, 0, np.int64)
    county = people["county_fips"].lookup({one: int(one) for one in people["county_fips"].words}, -1, np.int64)[row]
    found = np.full(len(row), -1, np.int64)
    for step in range(kinds):
        wanted = county * SITES_PER_COUNTY + number * SITES_PER_STUDY + (turn + step) % kinds
        place = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        found = np.where((found < 0) & (key[place] == wanted), place, found)
    of_study = key % SITES_PER_COUNTY // SITES_PER_STUDY
    first = np.searchsorted(np.sort(of_study), np.arange(len(studies())))
    many = np.maximum(np.bincount(of_study, minlength=len(studies())), 1)
    elsewhere = np.argsort(of_study, kind="stable")[first[number] + turn % many[number]]
    return order[np.where(found >= 0, found, elsewhere)]


def visited(events: Events, study: Coded) -> dict[str, Array]:
    """Return facility and investigator of the site of each visit, -1 where nobody knows."""
    sites = events.roster("sites")
    if sites is None or not sites.length or not events.has_person("county_fips"):
        none = np.full(len(events), -1, np.int64)
        return {"facility": none, "investigator": none}
    at = site_rows(sites, events.people, events.row, _screened_for(events, study))
    return {"facility": sites["facility_id"][at], "investigator": sites["investigator_id"][at]}


def _screened_for(events: Events, study: Coded) -> Coded:
    """Return the study each person was screened for first, else the one given."""
    # What a trigger brings sees no other events.
    for made in () if events.context is None else events.unfolded("trialsim.screening"):
        order = np.lexsort((made.key, made.time))[::-1]
        first = np.full(len(events.people), -1, np.int64)
        first[made.row[order]] = order
        mine = first[events.row]
        study = made["study"][mine].where(mine >= 0, study)
    return study

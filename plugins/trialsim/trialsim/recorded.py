"""Recorded: what the patient's own record has of a visit's measures, so that nothing is measured twice."""

from __future__ import annotations

import numpy as np

from healthsim_core.events import Events, match
from trialsim.kidneys import creatinine_at

CREATININE, FILTRATION = "2160-0", "98979-8"


def as_recorded(events: Events, encounter: np.ndarray, code: str, own: np.ndarray) -> np.ndarray:
    """Return values of a test at visits: those of their encounters, where these have any; the person's others move along."""
    found = _observed(events, encounter, code)
    if code == CREATININE:
        found = np.where(np.isnan(found), creatinine_at(events, _observed(events, encounter, FILTRATION)), found)
    known = ~np.isnan(found)
    row, people = events.row[known], len(events.people)
    apart = np.bincount(row, (found - own)[known], people) / np.maximum(np.bincount(row, minlength=people), 1)
    return np.where(known, found, own + apart[events.row])


def _observed(events: Events, encounter: np.ndarray, code: str) -> np.ndarray:
    """Return what was observed in encounters by LOINC code, NaN where nothing was."""
    rows = events.rows("observations")
    nothing = np.full(len(events), np.nan)
    if rows is None:
        return nothing
    mine = np.flatnonzero(rows["code"].isin([code]) & (rows["encounter_id"] >= 0))
    if not len(mine):
        return nothing
    at = match(encounter, rows["encounter_id"][mine])
    return np.where(at >= 0, rows["value"][mine][at], np.nan)

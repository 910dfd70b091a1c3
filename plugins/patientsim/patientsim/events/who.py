"""With whom encounters are, and where: those the directory assigns to a person, or of the site of a trial."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Coded
from healthsim_core.events import Events, match
from patientsim.events.placing import DAYS, day_of

# Who sees people in hospitals, and in which, where the journey does not say: the last known of the person's columns.
HOSPITAL_DOCTORS = {
    "ed": ("specialist.emergency_medicine", "emergency_provider"),
    "inpatient": ("specialist.hospital_medicine",),
}
HOSPITALS = {"ed": ("hospital_facility", "emergency_facility"), "inpatient": ("hospital_facility",)}

TRIAL_VISITS = ("trialsim.scheduled_visit", "trialsim.unscheduled_visit")
"""What takes place at a site of its own, which these events know as facility and investigator."""
TRIAL_REASON = "Z00.6"


def who_and_where(events: Events, kind: Coded) -> tuple[np.ndarray, np.ndarray]:
    """Return provider and facility keys: those given, the specialist asked for, else primary care; the hospital and its doctors."""
    provider, facility = person_key(events, "pcp_provider"), person_key(events, "pcp_facility")
    for word in HOSPITALS:
        mine = kind.isin([word])
        provider = _or_last(events, provider, mine, HOSPITAL_DOCTORS[word])
        facility = _or_last(events, np.where(mine, -1, facility), mine, HOSPITALS[word])
    specialty = events.fields["specialty"]
    for code, name in enumerate(specialty.words):
        provider = _or_last(events, provider, specialty.codes == code, (f"specialist.{name}",))
    facility = _of_practice(events, facility, provider, (specialty.codes >= 0) & ~kind.isin(list(HOSPITALS)))
    given = [events.fields.get(name, np.full(len(events), -1, np.int64)) for name in ("provider", "facility")]
    return np.where(given[0] >= 0, given[0], provider), np.where(given[1] >= 0, given[1], facility)


def person_key(events: Events, name: str) -> np.ndarray:
    """Return a key of the events' persons, -1 where nobody assigned any."""
    return events.person(name) if events.has_person(name) else np.full(len(events), -1, np.int64)


def _or_last(events: Events, keys: np.ndarray, rows: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """Return keys, among `rows` the last of the persons' columns that is known."""
    for name in names:
        mine = person_key(events, name)
        keys = np.where(rows & (mine >= 0), mine, keys)
    return keys


def _of_practice(events: Events, facility: np.ndarray, provider: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return facilities, among `rows` the one the provider works at, where a directory says it."""
    known = events.roster("providers")
    if known is None or not rows.any():
        return facility
    found = match(provider, known["provider_id"])
    theirs = known["facility_id"][found]
    return np.where(rows & (found >= 0) & (theirs >= 0), theirs, facility)


def at_trial_sites(events: Events) -> dict[str, np.ndarray]:
    """Return provider and facility, of visits that follow from one of a trial, or are about one of their day, its site's."""
    found = {name: events[name] for name in ("provider", "facility")}
    day = events.entity * DAYS + day_of(events.time)
    for made in (one for kind in TRIAL_VISITS for one in events.unfolded(kind)):
        at = match(events.source, made.key)
        days, first = np.unique(made.entity * DAYS + day_of(made.time), return_index=True)
        same = np.where(events["reason"].isin([TRIAL_REASON]), match(day, days), -1)
        at = np.where((at < 0) & (same >= 0), first[same], at)
        for name, theirs in (("provider", made["investigator"]), ("facility", made["facility"])):
            found[name] = np.where((at >= 0) & (theirs[at] >= 0), theirs[at], found[name])
    return found

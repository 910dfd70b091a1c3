"""Who bills: the role of each claim's biller, where and by whom the service was rendered, and what goes on one claim.

No service is billed twice: what a visit lists is the visit's, what is done in a hospital is the hospital's, and the rest goes
on the claim of who rendered it. An encounter has one claim of each role.
"""

from __future__ import annotations

import numpy as np
from attrs import frozen

from healthsim_core.columns import Array, Coded, concatenate
from healthsim_core.events import DAY, Events, match
from membersim.events.deciding import DIAGNOSES
from membersim.events.stays import kind_of
from membersim.reference.services import lab_services, operation, vaccine_services

ROLES = ("practice", "emergency", "attending", "operating", "anesthesia", "laboratory", "imaging")
PRACTICE, EMERGENCY, ATTENDING, OPERATING, ANESTHESIA, LABORATORY, IMAGING = range(len(ROLES))
IN_HOSPITAL = (EMERGENCY, ATTENDING, OPERATING, ANESTHESIA)
PLACES = {EMERGENCY: "23", ATTENDING: "21", OPERATING: "21", ANESTHESIA: "21", LABORATORY: "81", IMAGING: "11"}
"""CMS place of service where the role says it."""
OFFICE = "11"
PLACES_OF_FACILITIES = {
    "fqhc": "50",
    "urgent_care": "20",
    "surgery_center": "24",
    "nursing_facility": "31",
    "hospital": "22",
    "laboratory": "81",
    "home_health_agency": "12",
}
"""CMS place of service by the type of a facility that is no office."""
HOSPITAL_VISITS = ("ed", "inpatient")
VISITS = ("patientsim.encounter", "patientsim.admission")
RECENT = 120 * DAY
"""An order without a visit is about what the person's latest visit of so many days was about."""
MONTHLY = (
    "99490",
    "99439",
    "99487",
    "99489",
    "99491",
    "99437",
    "99454",
    "99457",
    "99458",
    "G0511",
    "G0556",
    "G0557",
    "G0558",
)
"""Services that stand for a calendar month: care management and remote monitoring."""
PCS = "ICD-10-PCS"


def role_of(events: Events) -> np.ndarray:
    """Return each claim's role as a place in `ROLES` (int64), by what brings it about."""
    if events.event_type.endswith("anesthesia"):
        return np.full(len(events), ANESTHESIA)
    kind, code = events["encounter_type"], events["procedure_code"]
    role = np.where(kind.isin(["ed"]), EMERGENCY, np.where(kind.isin(["inpatient"]), ATTENDING, PRACTICE))
    role = np.where(np.isnan(events["length_of_stay_days"]), role, ATTENDING)
    specimens = code.lookup({word: is_specimen(word) for word in code.words}, False, bool)
    role = np.where((events["test"].codes >= 0) | specimens, LABORATORY, role)
    films = code.lookup({word: word.startswith(("7", "933")) for word in code.words}, False, bool)
    other = np.where(films & (events["encounter"] < 0), IMAGING, PRACTICE)
    return np.where(
        (code.codes >= 0) & ~specimens, np.where(events["procedure_system"].isin([PCS]), OPERATING, other), role
    )


def is_specimen(code: str) -> bool:
    """Return whether a procedure is a laboratory's by its CPT number."""
    return len(code) == 5 and "80047" <= code <= "89398"


@frozen(eq=False)
class Visits:
    """The span's visits and stays as aligned arrays."""

    key: np.ndarray
    entity: np.ndarray
    start: np.ndarray
    end: np.ndarray
    hospital: np.ndarray
    billed: np.ndarray
    facility: np.ndarray
    diagnoses: dict[str, Coded]

    def before(self, entity: np.ndarray, time: np.ndarray) -> np.ndarray:
        """Return the position of each person's latest visit up to a moment, not older than `RECENT`; -1 for none."""
        seconds = np.int64(1 << 36)
        at = self.entity * seconds + self.start.astype(np.int64)
        order = np.argsort(at, kind="stable")
        # The whole day counts: orders of a day may be written before its visit.
        wanted = entity * seconds + (time.astype("datetime64[D]").astype("datetime64[s]") + DAY).astype(np.int64)
        place = np.searchsorted(at[order], wanted) - 1
        found = order[np.maximum(place, 0)]
        fits = (place >= 0) & (self.entity[found] == entity) & (time - self.start[found] <= RECENT)
        return np.where(fits, found, -1)


def visits_of(events: Events) -> Visits | None:
    """Return the span's visits and stays, None where there are none."""
    found = [one for one in map(events.timeline, VISITS) if one is not None and len(one)]
    if not found:
        return None
    kinds = [one.fields.get("encounter_type", Coded.constant("inpatient", len(one))) for one in found]
    return Visits(
        *(np.concatenate([one[name] for one in found]) for name in ("key", "entity", "start_time", "end_time")),
        np.concatenate([one.isin(HOSPITAL_VISITS) for one in kinds]),
        *(np.concatenate([one[name] for one in found]) for name in ("generates_claim", "facility")),
        {name: concatenate([one[name] for one in found]) for name in DIAGNOSES},
    )


def settle_billing(events: Events, role: np.ndarray) -> dict[str, Array]:
    """Return role, provider, place, diagnoses and day of each service, and `bill`: the claim's key, -1 for what is no claim."""
    visits = visits_of(events)
    place = np.full(len(events), -1) if visits is None else match(events["encounter"], visits.key)
    found = {"billing_role": Coded(role, ROLES), **_parties(events, role, visits, place)}
    found.update({"admitted": events["service_time"]} if visits is None else _about(events, role, visits, place))
    events.fields.update(found)
    return {**found, "bill": _bill(events, role, visits, place), "month_billed": _month_billed(events)}


def _lists_monthly(events: Events) -> np.ndarray:
    codes = events["cpt_codes"]
    return codes.lookup({word: not set(MONTHLY).isdisjoint(word.split(",")) for word in codes.words}, False, bool)


def _month_billed(events: Events) -> np.ndarray:
    """Return which events list a monthly service that the person's event before in the calendar month listed (bool)."""
    rows = np.flatnonzero(_lists_monthly(events))
    month = events["service_time"][rows].astype("datetime64[M]").astype(np.int64)
    order = np.lexsort((events.key[rows], events["service_time"][rows], month, events.entity[rows]))
    entity, month = events.entity[rows][order], month[order]
    found = np.zeros(len(events), bool)
    found[rows[order[1:]]] = (entity[1:] == entity[:-1]) & (month[1:] == month[:-1])
    return found


def _parties(events: Events, role: np.ndarray, visits: Visits | None, place: np.ndarray) -> dict[str, Array]:
    """Return who rendered the service, where, and the place's code."""
    given, facility = events["provider"], events["facility"]
    code = events["procedure_code"]
    if visits is not None:
        facility = np.where((facility < 0) & (place >= 0), visits.facility[place], facility)
    # Tissue and films go to those who read them, whoever ordered them.
    films = (role == IMAGING) & code.lookup({word: word[0] == "7" for word in code.words}, False, bool)
    provider = np.where((role == LABORATORY) | (role == ANESTHESIA) | films, -1, given)
    for rows, usual in (
        (films, "specialist.radiology"),
        (role == ANESTHESIA, "specialist.anesthesiology"),
        (role == EMERGENCY, "emergency_provider"),
        (role == EMERGENCY, "specialist.emergency_medicine"),
        (role == ATTENDING, "specialist.hospital_medicine"),
        ((role == PRACTICE) | (role == OPERATING) | (role == IMAGING), "pcp_provider"),
    ):
        provider = _or_person(events, provider, rows, usual)
    facility = np.where(role == LABORATORY, -1, facility)
    for rows, usual in (
        (role == LABORATORY, "lab_facility"),
        (role == IMAGING, "imaging_facility"),
        (role == EMERGENCY, "emergency_facility"),
        (np.isin(role, IN_HOSPITAL), "hospital_facility"),
        (np.ones(len(role), bool), "pcp_facility"),
    ):
        facility = _or_person(events, facility, rows, usual)
    code = events["place_of_service_code"]
    # What a month of care management took is not done where the patient is.
    monthly = _lists_monthly(events) & code.isin(["02", "10"])
    code = code.where(~monthly, Coded.constant(OFFICE, len(events)))
    for one, word in PLACES.items():
        code = code.where(role != one, Coded.constant(word, len(events)))
    code = _at_facility(events, code, facility)
    referrer = np.where(events["referrer"] == provider, -1, events["referrer"])
    return {"ordered_by": referrer, "rendering": provider, "rendered_at": facility, "place_code": code}


def _at_facility(events: Events, code: Coded, facility: np.ndarray) -> Coded:
    """Return places of service; of what is said to be done in an office, by the type of the facility it is done at."""
    directory = events.roster("facilities")
    if directory is None or not directory.length:
        return code
    row = match(facility, directory["facility_id"])
    kind = directory["facility_type"][row].recode(PLACES_OF_FACILITIES)
    return code.where(~code.isin([OFFICE]) | (row < 0) | (kind.codes < 0), kind)


def _or_person(events: Events, keys: np.ndarray, rows: np.ndarray, usual: str) -> np.ndarray:
    """Return keys, where they are missing among `rows` the person's usual one."""
    if not events.has_person(usual):
        return keys
    return np.where(rows & (keys < 0), events.person(usual), keys)


def _about(events: Events, role: np.ndarray, visits: Visits, place: np.ndarray) -> dict[str, Array]:
    """Return the diagnoses and the day of what is ordered or done: those of its visit, else of the latest one."""
    ordered = (events["procedure_code"].codes >= 0) | (events["test"].codes >= 0)
    there = np.where(place >= 0, place, visits.before(events.entity, events["service_time"]))
    rows = ordered & (there >= 0)
    vaccine = (events["vaccine"].codes >= 0) & (place < 0)
    z23 = Coded.constant("Z23", len(events))
    found: dict[str, Array] = {}
    for rank, name in enumerate(DIAGNOSES):
        own, theirs = events[name], visits.diagnoses[name][there]
        one = theirs.where(rows, own)
        found[name] = one.where(~vaccine, z23) if rank == 0 else one
    given = (events["procedure_code"].codes >= 0) | (events["vaccine"].codes >= 0)
    day, inside = events["service_time"], np.isin(role, (OPERATING, ANESTHESIA)) | given
    begin, end = visits.start[place], visits.end[place]
    found["service_time"] = np.where(inside & (place >= 0), np.clip(day, begin, end), day)
    found["end_time"] = np.maximum(events["end_time"], found["service_time"])
    found["admitted"] = np.where(place >= 0, begin, day)
    return found


def _bill(events: Events, role: np.ndarray, visits: Visits | None, place: np.ndarray) -> np.ndarray:
    """Return for each event the key of the event whose claim holds its service, -1 where it is billed elsewhere or not at all."""
    bill = events.key.copy()
    addon = (events["procedure_code"].codes >= 0) | (events["vaccine"].codes >= 0) | (role == LABORATORY)
    main = np.flatnonzero((role == PRACTICE) & ~addon & (events["encounter"] >= 0))
    main = main[np.unique(events["encounter"][main], return_index=True)[1]]
    visit = main[match(events["encounter"], events["encounter"][main])] if len(main) else np.full(len(events), -1)
    if len(main):
        visit = np.where(match(events["encounter"], events["encounter"][main]) >= 0, visit, -1)
    small = addon & ~np.isin(role, (OPERATING, ANESTHESIA))
    if visits is not None:
        bill[small & (place >= 0) & (visits.hospital[place] | ~visits.billed[place])] = -1
        bill[np.isin(role, (OPERATING, ANESTHESIA)) & (place >= 0) & ~visits.billed[place]] = -1
    bill[small & (_listed(events, visit) | _tested(events, main))] = -1
    joins = (role == PRACTICE) & addon & (bill >= 0) & (visit >= 0)
    bill[joins] = events.key[visit[joins]]
    _join(events, role, bill, addon & ~joins & (bill >= 0))
    operated = _operated(events, role, bill)
    bill[operated] = -1
    return bill


def _listed(events: Events, visit: np.ndarray) -> np.ndarray:
    """Return which tests, specimens and vaccines the claim of their visit lists among its services."""
    lists = [set(word.split(",")) for word in events["cpt_codes"].words]
    listed = np.zeros(len(events), bool)
    codes = events["cpt_codes"].codes[visit]
    for field, held in (
        ("test", {name: one.held_by for name, one in lab_services().items()}),
        ("vaccine", {name: one.held_by for name, one in vaccine_services().items()}),
        ("procedure_code", {word: (word,) for word in events["procedure_code"].words if is_specimen(word)}),
    ):
        column = events[field]
        if not len(column.words) or not lists:
            continue
        table = np.zeros((len(lists) + 1, len(column.words) + 1), bool)
        for place, word in enumerate(column.words):
            table[:-1, place] = [bool(one & set(held.get(word, ()))) for one in lists]
        listed |= (visit >= 0) & table[codes, column.codes]
    return listed


def _tested(events: Events, main: np.ndarray) -> np.ndarray:
    """Return which tests another visit of the person's day lists; `main` are the visits' own claims."""
    about = events.entity * (1 << 20) + events["service_time"].astype("datetime64[D]").astype(np.int64)
    codes, found = events["cpt_codes"], np.zeros(len(events), bool)
    for name, one in lab_services().items():
        words = [word for word in codes.words if set(one.held_by) & set(word.split(","))]
        if name in events["test"].words and words:
            theirs = main[codes[main].isin(words)]
            found |= events["test"].isin([name]) & np.isin(about, about[theirs])
    return found


def _join(events: Events, role: np.ndarray, bill: np.ndarray, rows: np.ndarray) -> None:
    """Put on one claim what one biller did: in a stay, or for tests, films and vaccines on one day."""
    rows = np.flatnonzero(rows)
    stay = np.isin(role[rows], (OPERATING, ANESTHESIA))
    encounter = events["encounter"][rows]
    day = events["service_time"][rows].astype("datetime64[D]").astype(np.int64)
    alone = -events.key[rows] - 2
    about = np.where(stay, np.where(encounter >= 0, encounter, alone), events.entity[rows] * (1 << 20) + day)
    order = np.lexsort((events.key[rows], encounter < 0, about, role[rows]))
    new = np.ones(len(rows), bool)
    new[1:] = (np.diff(about[order]) != 0) | (np.diff(role[rows][order]) != 0)
    first = order[np.maximum.accumulate(np.where(new, np.arange(len(rows)), 0))] if len(rows) else order
    bill[rows[order]] = events.key[rows[first]]


def billed_as(code: Coded) -> dict[str, object]:
    """Return what each word of procedures is billed as, where it is anything."""
    found = {word: operation(word, kind_of(word) == "operation") for word in code.words if len(word) == 7}
    return {word: one for word, one in found.items() if one is not None}


def _operated(events: Events, role: np.ndarray, bill: np.ndarray) -> np.ndarray:
    """Return the visits of a stay that are part of the operation's fee, as the same physician operated."""
    code = events["procedure_code"]
    own = code.isin([word for word, one in billed_as(code).items() if one.own_visits and one.procedure_code])
    done = np.flatnonzero((role == OPERATING) & own & (events["encounter"] >= 0) & (bill >= 0))
    stays = events["encounter"][done]
    _, first = np.unique(stays, return_index=True)
    place = match(events["encounter"], stays[first])
    same = (place >= 0) & (events["rendering"][done[first]][place] == events["rendering"]) if len(first) else place >= 0
    return (role == ATTENDING) & same

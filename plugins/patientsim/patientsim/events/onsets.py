"""Since when people have what they bring along, and when what passes is over."""

from __future__ import annotations

import functools

import numpy as np

from healthsim_core.columns import Coded
from healthsim_core.draws import uniforms
from healthsim_core.events import DAY, Events, match
from patientsim.events.coding import BIRTHS
from patientsim.events.placing import VISITS, day_inside, day_of, midnight
from patientsim.reference import diagnosis_codes
from patientsim.reference.diagnoses import orders_of_codes
from patientsim.reference.onset import days_of, onset_ages, until_birth

WIDTH = 1 << 20
"""More days than there are."""
EPISODE = 45
"""Days within which somebody seen for the same acute illness still has it."""
TERM = 300
"""Days after the first visit within which a pregnancy's birth is."""
UNBORN = 10
"""Years within which the diseases of somebody without a birth date began."""


@functools.cache
def chronic_codes() -> frozenset[str]:
    """Return the billable codes of diseases that stay."""
    return frozenset(one.code for one in diagnosis_codes() if one.chronic)


def began(events: Events, code: Coded, name: str) -> np.ndarray:
    """Return the days on which the events' people's diseases began, at the latest the day before `as_of`."""
    u = uniforms(events.people.seed, f"patientsim.onset.{name}", events.entity)
    as_of, born = events.people.as_of, events.person("birth_date")
    unknown = np.isnat(born)
    age = np.where(unknown, UNBORN, (as_of - born) / DAY / 365.25)
    since = np.where(unknown, u * UNBORN, onset_ages(code, np.maximum(age, 0), u))
    ago = np.maximum(np.floor((age - since) * 365.25), 1).astype(np.int64)
    # fmax, unlike maximum, leaves aside a birth date that is missing.
    return np.fmax(as_of - ago * DAY, born)


def brought(events: Events) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return, by category of chronic disease, who brings it along and since when; not what a journey finds."""
    return events.once("patientsim.brought", lambda: _brought(events))


def _brought(events: Events) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    diagnosed = events.timeline("patientsim.diagnosis")
    found = {}
    for category, plan in events.people.facts["conditions"].items():
        if not plan.chronic or f"has.{category}" not in events.people.columns:
            continue
        rows = events.people[f"has.{category}"]
        if diagnosed is not None:
            new = diagnosed.entity[diagnosed["code"].isin(plan.labels)]
            rows = rows & (match(events.people.entity, new) < 0)
        index = np.flatnonzero(rows)
        since = np.full(len(rows), np.datetime64("NaT"), "M8[s]")
        if len(index):
            since[index] = began(_of_people(events, index), events.people[f"code.{category}"][index], category)
        found[category] = (rows, since)
    return _causes_first(events, found)


def _causes_first(events: Events, found: dict[str, tuple[np.ndarray, np.ndarray]]):
    """Return what people bring along, causes since no later than what they cause: high blood pressure before a weak heart."""
    for first, then in orders_of_codes():
        for cause in [category for category in found if category[0] == first[0]]:
            code = events.people[f"code.{cause}"]
            rows = found[cause][0] & code.isin([word for word in code.words if word.startswith(first)])
            for other in [category for category in found if category.startswith(then) and category != cause]:
                both, since = rows & found[other][0], found[cause][1]
                found[cause] = (found[cause][0], np.where(both, np.minimum(since, found[other][1]), since))
    return found


def _of_people(events: Events, index: np.ndarray) -> Events:
    """Return events that stand for people: nothing but whose they are."""
    nothing = np.full(len(index), -1, np.int64)
    time = np.full(len(index), events.people.as_of)
    return Events(
        "", events.people.entity[index], nothing, time, nothing, nothing, nothing, (), {}, events.people, row=index
    )


def onset_dates(events: Events, code: Coded) -> np.ndarray:
    """Return since when people have what they are seen for: from before where they bring it along, else since that day."""
    day = _episodes(events, code)
    categories = brought(events)
    if not categories:
        return day
    names = list(categories)
    of_word = {
        word: number
        for number, name in enumerate(names)
        for word in events.people.facts["conditions"][name].labels
        if word in chronic_codes()
    }
    number = code.lookup(of_word, -1, np.int64)
    if not (number >= 0).any():
        return day
    table = np.stack([since for _, since in categories.values()])
    since = table[np.maximum(number, 0), events.row]
    return np.where((number >= 0) & ~np.isnat(since), np.minimum(since, day), day)


def _episodes(events: Events, code: Coded) -> np.ndarray:
    """Return the events' days, of acute illnesses the day they were first seen for: a check a week later is of the same."""
    day = day_inside(events)
    passing = (days_of(code) >= 0) & ~code.isin(list(chronic_codes()))
    if not passing.any():
        return day
    diseases, keys, firsts = events.once("patientsim.episodes", lambda: _seen_for(events))
    kind = code.lookup({word: diseases.get(word[:3], -1) for word in code.words}, -1, np.int64)
    own = (events.entity * 4096 + kind) * WIDTH + day_of(day)
    place = np.searchsorted(keys, own, side="right") - 1
    fits = passing & (kind >= 0) & (place >= 0)
    fits &= (keys[place] // WIDTH == own // WIDTH) & (own - keys[place] <= EPISODE) if len(keys) else False
    return np.where(fits, np.minimum(firsts[place].astype("datetime64[D]").astype("M8[s]"), day), day)


def _seen_for(events: Events) -> tuple[dict[str, int], np.ndarray, np.ndarray]:
    """Return the diseases, and in rising order person, disease and day of visits, with the first day of each episode."""
    diseases: dict[str, int] = {}
    keys = [np.empty(0, np.int64)]
    for one in filter(None, map(events.timeline, VISITS)):
        reason = one["reason"]
        number = {word: diseases.setdefault(word[:3], len(diseases)) for word in reason.words}
        keys.append((one.entity * 4096 + reason.lookup(number, 0, np.int64)) * WIDTH + day_of(one["start_time"]))
    found = np.sort(np.concatenate(keys))
    new = np.ones(len(found), bool)
    new[1:] = np.diff(found) > EPISODE
    first = np.maximum.accumulate(np.where(new, np.arange(len(found)), 0))
    return diseases, found, found[first] % WIDTH


def _births(events: Events, onset: np.ndarray) -> np.ndarray:
    """Return the day of each event's person's next birth, from the onset on; NaT for none."""
    stays = events.timeline("patientsim.admission")
    none = np.full(len(events), np.datetime64("NaT"), "M8[s]")
    if stays is None:
        return none
    births = stays.select(
        stays["reason"].lookup({word: word.startswith(BIRTHS) for word in stays["reason"].words}, False, bool)
    )
    keys = np.sort(births.entity * WIDTH + day_of(births["start_time"]))
    if not len(keys):
        return none
    first = events.entity * WIDTH + day_of(onset)
    found = keys[np.minimum(np.searchsorted(keys, first), len(keys) - 1)]
    fits = (found >= first) & (found - first <= TERM)
    return np.where(fits, (found % WIDTH).astype("datetime64[D]").astype("M8[s]"), none)


def abatement_dates(events: Events, code: Coded, onset: np.ndarray) -> np.ndarray:
    """Return when what passes is over, not before the visit or stay is; NaT for what stays, or stayed until death."""
    days = days_of(code)
    passes = (days >= 0) & ~code.isin(list(chronic_codes()))
    over = onset + np.maximum(days, 0) * DAY
    pregnant = until_birth(code)
    if pregnant.any():
        birth = _births(events, onset)
        passes = np.where(pregnant, ~np.isnat(birth), passes)
        over = np.where(pregnant, birth, over)
    for name in ("end_time", "visit_end"):
        if name in events.fields:
            over = np.fmax(over, midnight(events[name]))
    if events.has_person("death_date"):
        passes &= ~(over >= midnight(events.person("death_date")))
    return np.where(passes, over, np.datetime64("NaT"))

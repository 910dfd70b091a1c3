"""Exposure: stretches of constant dosing between first dose, visits, changes of dose and the end of treatment."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded
from healthsim_core.events import Events
from trialsim.reference import arms, studies
from trialsim.states import day_of

TEXTS = ("treatment", "dose_unit", "dose_form", "dose_frequency", "route")
START, VISIT, CHANGE, RESUME = range(4)
ONE_DAY = np.timedelta64(1, "D")


def doses(
    dosed: np.ndarray, study: Coded, arm: Coded, stop: np.ndarray, timelines: dict[str, Events | None], kept: dict
) -> dict[str, Array]:
    """Return stretches of dosing, those of a person in time order.

    `row` is the person's, `turn` the stretch's place from 0, `visit` the key of the visit it begins at (-1 for none),
    `start`, `end` and `dose` its days and amount; besides, the texts of its arm.
    """
    place = _arm_places(study, arm)
    every = np.array([one.dose_every_days for one in arms()] + [0])[place]
    treated = np.array([studies()[one.study_id].treatment_days for one in arms()] + [1])[place]
    # Nobody stops before the first dose, or takes the drug for longer than the study gives it.
    last = np.fmax(dosed, np.fmin(dosed + treated - ONE_DAY, stop))
    row, day, kind, percent, visit = _breaks(dosed, every, treated, last, timelines, kept)
    order = np.lexsort((kind, day, row))
    row, day, kind, percent, visit = (one[order] for one in (row, day, kind, percent, visit))
    percent = _in_force(kind, percent)
    # Of what happens on one day the last change counts, and the visit.
    fresh = np.ones(len(row), bool)
    fresh[1:] = (np.diff(row) != 0) | (np.diff(day).astype(np.int64) != 0)
    group = np.cumsum(fresh) - 1
    at = np.flatnonzero(np.append(fresh[1:], True)) if len(row) else np.empty(0, np.int64)
    visits = np.full(len(at), -1, np.int64)
    np.maximum.at(visits, group, visit)
    given = np.zeros(len(at), bool)
    np.logical_or.at(given, group, (kind == START) | (kind == VISIT))
    row, start, percent = row[at], day[at], percent[at]
    end = last[row]
    follows = np.append(row[1:] == row[:-1], False) if len(row) else np.empty(0, bool)
    end = np.where(follows, np.append(start[1:], start[-1:]) - ONE_DAY, end)
    end = np.where(every[row] == 0, end, start)  # an infusion and a single dose are given on one day
    wanted = (percent > 0) & (given | (every[row] == 0))
    row, start, end, percent, visits = (one[wanted] for one in (row, start, end, percent, visits))
    dose = np.array([one.dose for one in arms()] + [0.0])[place[row]]
    return {
        "row": row,
        "turn": _turns(row),
        "visit": visits,
        "start": start,
        "end": end,
        "dose": np.round(dose * percent / 100, 2),
        **{name: _texts(name)[place[row]] for name in TEXTS},
    }


def _texts(name: str) -> Coded:
    return Coded.encode([getattr(one, name) for one in arms()])


def _turns(row: np.ndarray) -> np.ndarray:
    fresh = np.ones(len(row), bool)
    fresh[1:] = np.diff(row) != 0
    return np.arange(len(row)) - np.maximum.accumulate(np.where(fresh, np.arange(len(row)), 0))


def _arm_places(study: Coded, arm: Coded) -> np.ndarray:
    """Return each person's arm as its place among all arms, -1 for none."""
    place = np.full(len(study), -1, np.int64)
    for number, one in enumerate(arms()):
        place = np.where(study.isin([one.study_id]) & arm.isin([one.arm_code]), number, place)
    return place


def _breaks(dosed, every, treated, last, timelines, kept):
    """Return what can begin a stretch: first doses, visits where the drug is given, changes of dose and their ends."""
    first = np.flatnonzero(~np.isnat(dosed))
    found = [(first, dosed[first], START, np.full(len(first), 100.0), np.full(len(first), -1, np.int64))]
    visits = timelines["scheduled_visit"]
    if visits is not None:
        row, day = visits.row, day_of(visits)
        after = (visits["planned_day"] - 1) % np.maximum(every[row], 1)
        given = np.where(every[row] > 0, after == 0, every[row] == 0) | (day == dosed[row])
        # At the visit that ends the treatment nothing is given, even where it comes a few days early.
        given &= ~(visits["planned_day"] > treated[row]) & ~visits["missed"]
        index = np.flatnonzero(kept["scheduled_visit"] & given & _between(dosed, day, last, row))
        found.append((row[index], day[index], VISIT, np.full(len(index), np.nan), visits.key[index]))
    changes = timelines["dose_modification"]
    if changes is not None:
        row, day = changes.row, day_of(changes)
        index = np.flatnonzero(kept["dose_modification"] & _between(dosed, day, last, row))
        percent = changes["dose_percent"][index]
        found.append((row[index], day[index], CHANGE, percent, np.full(len(index), -1, np.int64)))
        back = day + np.maximum(np.rint(changes["days"]), 1).astype("timedelta64[D]")
        index = np.flatnonzero(
            kept["dose_modification"]
            & (changes["dose_percent"] == 0)
            & _between(dosed, day, last, row)
            & (back <= last[row])
        )
        found.append((row[index], back[index], RESUME, np.full(len(index), np.nan), np.full(len(index), -1, np.int64)))
    columns = [np.concatenate([one[place] for one in found]) for place in (0, 1, 3, 4)]
    kind = np.concatenate([np.full(len(one[0]), one[2]) for one in found])
    return columns[0], columns[1], kind, columns[2], columns[3]


def _between(dosed: np.ndarray, day: np.ndarray, last: np.ndarray, row: np.ndarray) -> np.ndarray:
    return (day >= dosed[row]) & (day <= last[row])


def _in_force(kind: np.ndarray, percent: np.ndarray) -> np.ndarray:
    """Return the percent of the planned dose in force from each break on; every person's first break is a start."""
    place = np.arange(len(kind))
    positive = np.maximum.accumulate(np.where(percent > 0, place, 0))
    setting = np.maximum.accumulate(np.where(kind != VISIT, place, 0))
    usual = percent[positive[setting]] if len(kind) else percent
    return np.where(kind[setting] == CHANGE, percent[setting], usual)

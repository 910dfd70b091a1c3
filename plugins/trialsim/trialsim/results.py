"""What is measured at visits: each subject's own level, the arm's effect as it sets in, and scatter from visit to visit."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from attrs import frozen
from scipy.special import ndtr, ndtri

from healthsim_core.columns import Coded, Columns, stack
from healthsim_core.distributions import NormalDistribution
from healthsim_core.events import Events
from trialsim.kidneys import usual_creatinine
from trialsim.recorded import CREATININE, as_recorded
from trialsim.reference import rows

BEFORE_DOSE = 1
"""Up to this study day nothing has changed yet."""
GOES_WITH = {"DIABP": "SYSBP"}
"""Tests that are high in people, and on days, in which another one is."""
TOGETHER = 0.6
"""Their correlation."""
LEAST_PULSE_PRESSURE = 20


@frozen
class Measure:
    """One test of a study's visits."""

    study_id: str
    domain: str
    test_code: str
    test: str
    loinc_code: str
    specimen: str
    unit: str
    low: float
    high: float
    mean: float
    std_dev: float
    low_drawn: float
    high_drawn: float
    scatter: float
    decimals: int
    endpoint: bool


_TEXTS = ("study_id", "domain", "test_code", "test", "loinc_code", "specimen", "unit")
_NUMBERS = ("low", "high", "mean", "std_dev", "low_drawn", "high_drawn", "scatter")


@functools.cache
def measures(study: str) -> tuple[Measure, ...]:
    """Return what a study measures, its primary endpoint among it."""
    return tuple(
        Measure(
            *(row[name] for name in _TEXTS),
            *(float(row[name] or "nan") for name in _NUMBERS),
            int(row["decimals"]),
            row["endpoint"] == "1",
        )
        for row in rows("measures")
        if row["study_id"] in ("", study)
    )


def values(events: Events, measure: Measure, study: str, arm: Coded) -> np.ndarray:
    """Return a measure at each event: the person's level, what treatment has changed by the planned day, and scatter."""
    name = f"trialsim.{study}.{measure.test_code}"
    shape = NormalDistribution(measure.mean, measure.std_dev, measure.low_drawn, measure.high_drawn)
    level = shape.ppf(_ranks(events.people.draw, f"trialsim.{study}.", measure.test_code))[events.row]
    if measure.loinc_code == CREATININE:
        ill = usual_creatinine(events)
        level = np.where(np.isnan(ill), level, ill)
    day = np.nan_to_num(events["planned_day"], nan=float(BEFORE_DOSE))
    since = np.maximum(day - BEFORE_DOSE, 0)
    z = NormalDistribution(0, 1, -3, 3).ppf(events.people.draw(f"{name}.response"))[events.row]
    change = np.zeros(len(events))
    for row in rows("effects"):
        if (row["study_id"], row["test_code"]) == (study, measure.test_code):
            full = float(row["change"]) + float(row["std_dev"]) * z
            reached = full * (1 - np.exp(-since / float(row["onset_days"])))
            change = np.where(arm.isin([row["arm_code"]]), reached, change)
    scatter = NormalDistribution(0, measure.scatter, -3 * measure.scatter, 3 * measure.scatter)
    found = level + change + scatter.ppf(_ranks(events.draw, "result.", measure.test_code))
    # Who is screened has a level with which one may take part.
    low, high = np.fmin(level, measure.low_drawn), np.fmax(level, measure.high_drawn)
    found = np.where(day < BEFORE_DOSE, np.clip(found, low, high), found)
    return np.round(np.maximum(found, 0.2 * measure.low_drawn), measure.decimals)


def _ranks(draw: Callable[[str], np.ndarray], prefix: str, test: str) -> np.ndarray:
    """Return draws for a test, in (0, 1), which go with those of the test it goes with."""
    own = draw(prefix + test)
    if test not in GOES_WITH:
        return own
    z = TOGETHER * ndtri(draw(prefix + GOES_WITH[test])) + np.sqrt(1 - TOGETHER**2) * ndtri(own)
    return np.clip(ndtr(z), 1e-12, 1 - 1e-12)


def endpoint(events: Events, study: Coded, arm: Coded) -> np.ndarray:
    """Return the primary endpoint of each event's study (NaN where the study has none)."""
    found = np.full(len(events), np.nan)
    for name in study.words:
        for one in measures(name):
            if one.endpoint:
                found = np.where(study.isin([name]), values(events, one, name, arm), found)
    return found


def result_rows(events: Events, study: Coded, arm: Coded, encounter: np.ndarray) -> Columns | None:
    """Return what was measured at visits that took place, one row a test; None where there is none.

    What the patient's record has of the visits' encounters is what was measured.
    """
    batches = []
    for name in study.words:
        mine = np.flatnonzero(study.isin([name]))
        if not len(mine):
            continue
        seen = events.select(mine)
        found = _measured(seen, name, arm[mine], encounter[mine])
        batches += [_rows(seen, number, one, found[one.test_code]) for number, one in enumerate(measures(name))]
    return stack(batches) if batches else None


def _measured(events: Events, study: str, arm: Coded, encounter: np.ndarray) -> dict[str, np.ndarray]:
    """Return what was measured at the visits of a study by test."""
    found = {}
    for one in measures(study):
        found[one.test_code] = values(events, one, study, arm)
        if not one.endpoint:
            # Journeys give the endpoint to the patient's record; all else comes from there.
            moved = as_recorded(events, encounter, one.loinc_code, found[one.test_code])
            found[one.test_code] = np.round(np.maximum(moved, 0.2 * one.low_drawn), one.decimals)
    found["DIABP"] = np.minimum(found["DIABP"], found["SYSBP"] - LEAST_PULSE_PRESSURE)
    return found


def _rows(events: Events, number: int, one: Measure, value: np.ndarray) -> Columns:
    n = len(events)
    flag = np.where(value < one.low, 0, np.where(value > one.high, 2, 1))
    unknown = np.isnan(one.low) and np.isnan(one.high)
    texts = {name: Coded.constant(getattr(one, name) or None, n) for name in _TEXTS[1:]}
    return Columns(
        {
            "trial_result_id": events.sub_key(number),
            "subject_id": events.entity,
            "visit_id": events.key,
            **texts,
            "value": value,
            "reference_low": np.full(n, one.low),
            "reference_high": np.full(n, one.high),
            "range_indicator": Coded(np.full(n, -1) if unknown else flag, ("LOW", "NORMAL", "HIGH")),
            "endpoint": np.full(n, one.endpoint),
            "result_date": events.time,
        }
    )

"""What is measured at visits: each subject's own level, the arm's effect as it sets in, and scatter from visit to visit."""

from __future__ import annotations

import functools

import numpy as np
from attrs import frozen

from healthsim_core.columns import Coded, Columns, stack
from healthsim_core.distributions import NormalDistribution
from healthsim_core.events import Events
from trialsim.reference import rows

BEFORE_DOSE = 1
"""Up to this study day nothing has changed yet."""


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
    level = shape.ppf(events.people.draw(name))[events.row]
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
    found = level + change + scatter.ppf(events.draw(f"result.{measure.test_code}"))
    # Who is screened has a level with which one may take part.
    found = np.where(day < BEFORE_DOSE, np.clip(found, measure.low_drawn, measure.high_drawn), found)
    return np.round(np.maximum(found, 0.2 * measure.low_drawn), measure.decimals)


def endpoint(events: Events, study: Coded, arm: Coded) -> np.ndarray:
    """Return the primary endpoint of each event's study (NaN where the study has none)."""
    found = np.full(len(events), np.nan)
    for name in study.words:
        for one in measures(name):
            if one.endpoint:
                found = np.where(study.isin([name]), values(events, one, name, arm), found)
    return found


def result_rows(events: Events, study: Coded, arm: Coded) -> Columns | None:
    """Return what was measured at visits that took place, one row a test; None where there is none."""
    batches = []
    for name in study.words:
        mine = np.flatnonzero(study.isin([name]))
        if not len(mine):
            continue
        seen = events.select(mine)
        for number, one in enumerate(measures(name)):
            batches.append(_rows(seen, number, one, values(seen, one, name, arm[mine])))
    return stack(batches) if batches else None


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

"""Facts of illness and treatment: laboratory values of acute illnesses, and what drugs do to measured levels."""

from __future__ import annotations

import functools

from attrs import frozen

from healthsim_core.facts import read_csv

PACKAGE = "patientsim.reference"


@frozen
class Acute:
    """How a test's results spread among people who are acutely ill for reasons that begin so, and how fast that passes."""

    reasons: tuple[str, ...]
    mean: float
    std_dev: float
    min: float
    max: float
    half_days: float


@frozen
class Response:
    """What some drugs do to a level: of what lies above `floor`, `share` is gone after `weeks`; no drugs: what time does."""

    condition: str | None
    drugs: tuple[str, ...]
    floor: float
    share: float
    weeks: float


@functools.cache
def acute_labs() -> dict[str, tuple[Acute, ...]]:
    """Return the spreads of acute illnesses by test; the first that fits a reason counts."""
    found: dict[str, tuple[Acute, ...]] = {}
    for row in read_csv(PACKAGE, "acute_labs.csv"):
        numbers = (float(row[name]) for name in ("mean", "std_dev", "min", "max", "half_days"))
        one = Acute(tuple(row["reasons"].split("|")), *numbers)
        found[row["test"]] = (*found.get(row["test"], ()), one)
    return found


@functools.cache
def responses() -> dict[str, tuple[Response, ...]]:
    """Return what drugs do, by the measure they do it to."""
    found: dict[str, tuple[Response, ...]] = {}
    for row in read_csv(PACKAGE, "responses.csv"):
        drugs = tuple(row["drugs"].split("|")) if row["drugs"] else ()
        one = Response(row["condition"] or None, drugs, *(float(row[name]) for name in ("floor", "share", "weeks")))
        found[row["measure"]] = (*found.get(row["measure"], ()), one)
    return found

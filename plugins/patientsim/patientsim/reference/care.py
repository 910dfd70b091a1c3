"""Facts of what is measured, given and recorded at visits: vital signs, vaccines, allergens."""

from __future__ import annotations

import functools

from attrs import frozen

from healthsim_core.facts import read_csv

PACKAGE = "patientsim.reference"
ADULT_DOSE = 19
"""From so many years on a vaccine's adult product is given."""


@frozen
class Level:
    """How a sign spreads among people of an age, with a condition, or seen for a reason."""

    age_from: float
    age_to: float
    condition: str | None
    reasons: tuple[str, ...]
    mean: float
    std_dev: float
    min: float
    max: float


@frozen
class Sign:
    """Something that is measured: its code, unit, adult reference range and levels, of which the last that fits counts."""

    sign: str
    code: str
    label: str
    unit: str
    low: float | None
    high: float | None
    category: str
    decimals: int
    within: float
    levels: tuple[Level, ...]


@frozen
class Vaccine:
    """A vaccine: its codes for children and adults, the doses of its series and their usual ages in months."""

    vaccine: str
    code: str
    adult_code: str
    label: str
    doses: int
    ages: tuple[int, ...]
    oral: bool
    by_age: tuple[tuple[int, str], ...] = ()
    """Products of other ages: from how many years on, and the code."""


@frozen
class Allergen:
    """Something people are allergic to: category, ingredient, reactions with weights, shares severe and affected."""

    allergen: str
    category: str
    code: str | None
    label: str
    reactions: tuple[tuple[str, float], ...]
    severe: float
    prevalence: float


def _number(text: str, default: float | None = None) -> float | None:
    return float(text) if text else default


def _level(row: dict[str, str]) -> Level:
    reasons = row["reason"]
    return Level(
        _number(row["age_from"], 0),
        _number(row["age_to"], 999),
        row["condition"] or None,
        tuple(reasons.split("|")) if reasons else (),
        *(float(row[name]) for name in ("mean", "std_dev", "min", "max")),
    )


@functools.cache
def signs() -> dict[str, Sign]:
    """Return what can be measured, by name."""
    rows: dict[str, list[dict[str, str]]] = {}
    for row in read_csv(PACKAGE, "vital_signs.csv"):
        rows.setdefault(row["sign"], []).append(row)
    return {
        name: Sign(
            name,
            each[0]["code"],
            each[0]["label"],
            each[0]["unit"],
            _number(each[0]["low"]),
            _number(each[0]["high"]),
            each[0]["category"],
            int(each[0]["decimals"]),
            _number(each[0]["within"], 0),
            tuple(_level(row) for row in each if row["mean"]),
        )
        for name, each in rows.items()
    }


def _months(age: str) -> int:
    return int(age[:-1]) * (12 if age.endswith("y") else 1)


@functools.cache
def vaccines() -> dict[str, Vaccine]:
    """Return the vaccines by name."""
    return {
        row["vaccine"]: Vaccine(
            row["vaccine"],
            row["code"],
            row["adult_code"],
            row["label"],
            int(row["doses"]),
            tuple(_months(age) for age in row["ages"].split()),
            row["oral"] == "1",
            tuple((int(years), code) for years, code in (one.split(":") for one in row["by_age"].split())),
        )
        for row in read_csv(PACKAGE, "vaccines.csv")
    }


@functools.cache
def allergens() -> dict[str, Allergen]:
    """Return the allergens by name."""
    return {
        row["allergen"]: Allergen(
            row["allergen"],
            row["category"],
            row["code"] or None,
            row["label"],
            tuple((words, float(weight)) for words, weight in (one.split(":") for one in row["reactions"].split("|"))),
            float(row["severe"]),
            float(row["prevalence"]),
        )
        for row in read_csv(PACKAGE, "allergens.csv")
    }


@functools.cache
def alternatives() -> dict[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """Return, by drug, the allergens that speak against it, each with what is given instead."""
    found: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {}
    for row in read_csv(PACKAGE, "allergy_alternatives.csv"):
        one = (row["allergen"], tuple(row["instead"].split("|")))
        found[row["drug"]] = (*found.get(row["drug"], ()), one)
    return found

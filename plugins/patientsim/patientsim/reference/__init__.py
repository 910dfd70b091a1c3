"""Small tables of facts, each with source, licence and date at the top of its file."""

from __future__ import annotations

import functools

from attrs import frozen

from healthsim_core.facts import read_csv
from patientsim.reference.diagnoses import DIAGNOSIS_CODES, diagnosis_codes, diagnosis_labels

__all__ = ["DIAGNOSIS_CODES", "diagnosis_codes", "diagnosis_labels"]


@frozen
class Spread:
    """How a laboratory value spreads among people, or among those with a condition."""

    condition: str | None
    mean: float
    std_dev: float
    min: float
    max: float


@frozen
class Lab:
    """One laboratory test: code, unit, reference range, spreads (the one without a condition first)."""

    test: str
    code: str
    label: str
    unit: str
    low: float | None
    high: float | None
    decimals: int
    spreads: tuple[Spread, ...]


@functools.cache
def labs() -> dict[str, Lab]:
    """Return the laboratory tests by name."""
    found: dict[str, Lab] = {}
    for row in read_csv("patientsim.reference", "labs.csv"):
        spread = Spread(row["condition"] or None, *(float(row[name]) for name in ("mean", "std_dev", "min", "max")))
        before = found.get(row["test"])
        found[row["test"]] = Lab(
            row["test"],
            row["code"],
            row["label"],
            row["unit"],
            float(row["low"]) if row["low"] else None,
            float(row["high"]) if row["high"] else None,
            int(row["decimals"]),
            (*(before.spreads if before else ()), spread),
        )
    return found


@frozen
class OfMen:
    """What differs of men's results of a test: how much higher their level is, and their reference range."""

    shift: float
    low: float
    high: float


@functools.cache
def labs_of_men() -> dict[str, OfMen]:
    """Return what differs of men's laboratory tests."""
    rows = read_csv("patientsim.reference", "labs_of_men.csv")
    return {row["test"]: OfMen(*(float(row[name]) for name in ("shift", "low", "high"))) for row in rows}


@frozen
class Drug:
    """One drug as it is ordered."""

    drug: str
    code: str
    label: str
    dosage: str
    quantity: float
    days_supply: int
    refills: int


@functools.cache
def drugs() -> dict[str, Drug]:
    """Return the drugs by name."""
    return {
        row["drug"]: Drug(
            row["drug"],
            row["code"],
            row["label"],
            row["dosage"],
            float(row["quantity"]),
            int(row["days_supply"]),
            int(row["refills"]),
        )
        for row in read_csv("patientsim.reference", "drugs.csv")
    }


@frozen
class Procedure:
    """One procedure that journeys name."""

    code: str
    system: str
    """CPT, HCPCS or ICD-10-PCS."""
    label: str


@functools.cache
def procedures() -> dict[str, Procedure]:
    """Return the procedures by code."""
    return {
        row["code"]: Procedure(row["code"], row["system"], row["label"])
        for row in read_csv("patientsim.reference", "procedures.csv")
    }


@functools.cache
def procedure_labels() -> dict[str, str]:
    """Return our own plain label of every procedure we carry."""
    return {one.code: one.label for one in procedures().values()}

"""Facts about diagnosis codes: billable leaves, who can have them, what is written where they meet, what goes together."""

from __future__ import annotations

import functools

from healthsim_core.declarations import CodeCombination, CodeLimit, CodeSet, ConditionCode
from healthsim_core.facts import read_csv


@functools.cache
def diagnosis_codes() -> tuple[ConditionCode, ...]:
    """Return the billable diagnosis codes that conditions can be written as."""
    return tuple(
        ConditionCode(
            row["category"],
            row["code"],
            row["label"],
            row["severity"] or None,
            float(row["weight"]),
            row["chronic"] == "1",
        )
        for row in read_csv("patientsim.reference", "diagnosis_codes.csv")
    )


@functools.cache
def diagnosis_labels() -> dict[str, str]:
    """Return our own label of every diagnosis code we carry."""
    return {one.code: one.label for one in diagnosis_codes()}


@functools.cache
def diagnosis_limits() -> tuple[CodeLimit, ...]:
    """Return who can have which diagnosis codes."""
    return tuple(
        CodeLimit(
            row["first"],
            row["last"],
            row["sex"] or None,
            int(row["age_min"]) if row["age_min"] else None,
            int(row["age_max"]) if row["age_max"] else None,
        )
        for row in read_csv("patientsim.reference", "diagnosis_limits.csv")
    )


@functools.cache
def diagnosis_combinations() -> tuple[CodeCombination, ...]:
    """Return what the guidelines want written where conditions meet in one person."""
    return _combinations("diagnosis_combinations.csv")


@functools.cache
def visit_combinations() -> tuple[CodeCombination, ...]:
    """Return what the guidelines want written where conditions meet at one visit."""
    return _combinations("visit_combinations.csv")


def _combinations(name: str) -> tuple[CodeCombination, ...]:
    return tuple(
        CodeCombination(
            row["code"],
            row["writes"],
            tuple(tuple(group.split("|")) for group in row["beside"].split("&")) if row["beside"] else (),
            tuple(row["without"].split("|")) if row.get("without") else (),
        )
        for row in read_csv("patientsim.reference", name)
    )


@functools.cache
def diagnosis_loadings() -> dict[str, dict[str, float]]:
    """Return what conditions load on the factors that make them go together."""
    return {
        row["code"]: {name: float(value) for name, value in row.items() if name != "code" and value}
        for row in read_csv("patientsim.reference", "diagnosis_loadings.csv")
    }


@functools.cache
def orders_of_codes() -> tuple[tuple[str, str], ...]:
    """Return pairs of what codes begin with, of which the first goes before the second."""
    return tuple((row["first"], row["then"]) for row in read_csv("patientsim.reference", "diagnosis_order.csv"))


DIAGNOSIS_CODES = CodeSet(
    "patientsim.icd10cm",
    "Billable ICD-10-CM codes by category, with weights by severity; who can have them, how they combine and go together.",
    "ICD-10-CM FY2025 and its guidelines, NCHS and CMS; Medicare Code Editor, CMS",
    "public domain",
    diagnosis_codes,
    diagnosis_limits,
    diagnosis_combinations,
    diagnosis_loadings,
)

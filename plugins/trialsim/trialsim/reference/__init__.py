"""Studies, arms and adverse events: small tables of facts, each with source and date at the top of its file."""

from __future__ import annotations

import functools

import numpy as np
from attrs import frozen

from healthsim_core.facts import read_csv

DEFAULT_STUDY = "HS-DM-201"
"""The study of an event that names none."""


@frozen
class StudyFacts:
    """One study, and who may take part."""

    study_id: str
    title: str
    phase: str
    indication: str
    condition_code: str
    blinding: str
    control_type: str
    sponsor: str
    planned_subject_count: int
    block_size: int
    start_date: str
    min_age: int
    max_age: int
    screen_failure_rate: float
    treatment_days: int
    specialty: str


@frozen
class ArmFacts:
    """One arm: what is given, and its share of a block."""

    study_id: str
    arm_code: str
    arm_name: str
    treatment: str
    dose: float
    dose_unit: str
    dose_form: str
    dose_frequency: str
    route: str
    ratio: int
    cohort: int
    """The cohort of a dose escalation; 0 takes part in all."""
    dose_every_days: int
    """0: taken every day; -1: once; else days from one infusion to the next."""
    control: bool


def _typed(cls: type, row: dict[str, str]) -> object:
    kinds = {"int": int, "float": float, "bool": lambda text: text == "1", "str": str}
    return cls(**{one.name: kinds[one.type](row[one.name]) for one in cls.__attrs_attrs__})


@functools.cache
def studies() -> dict[str, StudyFacts]:
    """Return the studies by id."""
    return {row["study_id"]: _typed(StudyFacts, row) for row in read_csv("trialsim.reference", "studies.csv")}


@functools.cache
def arms() -> tuple[ArmFacts, ...]:
    """Return all arms of all studies."""
    return tuple(_typed(ArmFacts, row) for row in read_csv("trialsim.reference", "arms.csv"))


@functools.cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of one of the small tables, as adverse_events, actions, withdrawals, sites, trial_summary."""
    return tuple(read_csv("trialsim.reference", f"{name}.csv"))


@functools.cache
def criteria(study: str) -> tuple[dict[str, str], ...]:
    """Return who may take part in a study: the criteria of all studies, but for a condition it does not have, and its own."""
    about = bool(studies()[study].condition_code)
    return tuple(
        one for one in rows("criteria") if one["study_id"] in ("", study) and (about or one["kind"] != "condition")
    )


@functools.cache
def weights(name: str, column: str = "weight") -> np.ndarray:
    """Return a numeric column of one of the small tables."""
    return np.array([float(row[column] or 0) for row in rows(name)])

"""What physicians, laboratories and vaccinators bill: small tables of facts, each with source and date at its top."""

from __future__ import annotations

import functools
import math

from attrs import frozen

from healthsim_core.facts import read_csv
from membersim.reference import HERE, longest_beginning

METABOLIC, LIVER, COMPREHENSIVE = "80048", "80076", "80053"
"""The two panels that together are billed as the third."""
WHOLE_PANELS = {METABOLIC: (COMPREHENSIVE,), LIVER: (COMPREHENSIVE,), "85025": ("80055",)}
"""Larger panels that hold a panel's tests."""


@frozen
class Operation:
    """What a procedure of a stay is billed as by who does it and by who gives anesthesia."""

    procedure_code: str | None
    """None where it is part of another service."""
    modifier_code: str | None
    own_visits: bool
    """Whether the fee holds the operating physician's visits of the stay."""
    anesthesia_code: str | None
    base_units: int
    minutes: int


@functools.cache
def _operations() -> dict[str, Operation]:
    return {
        row["begins"]: Operation(
            row["procedure_code"] or None,
            row["modifier_code"] or None,
            row["own_visits"] == "1",
            row["anesthesia_code"] or None,
            int(row["base_units"]),
            int(row["minutes"]),
        )
        for row in read_csv(HERE, "operations.csv")
    }


@functools.cache
def operation(code: str, surgical: bool) -> Operation | None:
    """Return what an ICD-10-PCS code is billed as; unlisted services stand for `surgical` codes only."""
    begins = {begin: begin for begin in _operations() if surgical or len(begin) > 2}
    found = longest_beginning(code, begins)
    return _operations()[found] if found else None


@frozen
class LabService:
    """What a laboratory test is billed as, alone and in a panel."""

    procedure_codes: tuple[str, ...]
    panel_code: str | None
    panel_from: int

    @property
    def held_by(self) -> tuple[str, ...]:
        """Return all numbers under which a claim may hold the test."""
        panels = (self.panel_code, *WHOLE_PANELS.get(self.panel_code, ())) if self.panel_code else ()
        return (*self.procedure_codes, *panels)


@functools.cache
def lab_services() -> dict[str, LabService]:
    """Return what laboratories bill, by the test's name."""
    return {
        row["test"]: LabService(
            tuple(row["procedure_codes"].split("|")), row["panel_code"] or None, int(row["panel_from"] or 0)
        )
        for row in read_csv(HERE, "lab_services.csv")
    }


@frozen
class VaccineService:
    """What a vaccine is billed as."""

    child_code: str
    adult_code: str
    elder_code: str
    """For people from 65 on."""
    components: int
    route: str
    """injection, oral or covid."""

    @property
    def held_by(self) -> tuple[str, ...]:
        """Return all numbers under which a claim may hold the vaccine."""
        return (self.child_code, self.adult_code, self.elder_code)


@functools.cache
def vaccine_services() -> dict[str, VaccineService]:
    """Return what vaccinators bill, by the vaccine's name."""
    return {
        row["vaccine"]: VaccineService(
            row["child_code"],
            row["adult_code"],
            row["elder_code"] or row["adult_code"],
            int(row["components"]),
            row["route"],
        )
        for row in read_csv(HERE, "vaccine_services.csv")
    }


@frozen
class DrugUnit:
    """What one billing unit of a drug stands for, and its usual dose in the same unit of measure."""

    unit_amount: float
    dose: float
    per: str
    """visit, square_meter, kilogram or auc."""

    def units(self, size: float) -> int:
        """Return the billing units of a dose for a body of `size` (1 for visit), rounded up as payers want."""
        return max(math.ceil(round(self.dose * size / self.unit_amount, 6)), 1)


@functools.cache
def drug_units() -> dict[str, DrugUnit]:
    """Return billing units and doses by HCPCS number."""
    return {
        row["procedure_code"]: DrugUnit(float(row["unit_amount"]), float(row["dose"]), row["per"])
        for row in read_csv(HERE, "drug_units.csv")
    }

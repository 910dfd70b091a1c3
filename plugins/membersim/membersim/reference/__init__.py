"""Plans and fees: small tables of facts, each with source and date at the top of its file."""

from __future__ import annotations

import functools

from attrs import frozen

from healthsim_core.facts import read_csv


@frozen
class Plan:
    """One benefit plan; money in cents."""

    plan: str
    name: str
    coverage_type: str
    payer_id: str
    payer_name: str
    premium: int
    deductible: int
    out_of_pocket_max: int
    """0 where the plan has none."""
    copay: int
    coinsurance_percent: int
    fee_percent: int


@functools.cache
def plans() -> dict[str, Plan]:
    """Return the plans by name."""
    found = {}
    for row in read_csv("membersim.reference", "plans.csv"):
        cents = {
            name: round(float(row[name]) * 100) for name in ("premium", "deductible", "out_of_pocket_max", "copay")
        }
        percents = {name: int(row[name]) for name in ("coinsurance_percent", "fee_percent")}
        found[row["plan"]] = Plan(
            row["plan"], row["name"], row["coverage_type"], row["payer_id"], row["payer_name"], **cents, **percents
        )
    return found


@functools.cache
def fees() -> dict[str, tuple[int, bool]]:
    """Return (fee in cents, preventive) by procedure code."""
    return {
        row["procedure_code"]: (round(float(row["fee"]) * 100), row["preventive"] == "1")
        for row in read_csv("membersim.reference", "fees.csv")
    }


UNLISTED_FEE = 10_000
"""The fee, in cents, of a procedure that the table does not list."""

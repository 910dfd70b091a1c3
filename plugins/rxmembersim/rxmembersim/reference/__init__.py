"""Drugs and pharmacy benefits: small tables of facts, each with source and date at the top of its file."""

from __future__ import annotations

import functools

import numpy as np
from attrs import frozen

from healthsim_core.columns import Coded
from healthsim_core.facts import read_csv

TIERS = (1, 2, 3, 4)
SPECIALTY = 4
INSTITUTION = "PDP-LTC"
"""The benefit of people who live in an institution."""


@frozen
class DrugFacts:
    """One drug of the formulary and what is usually dispensed of it; money in cents."""

    drug: str
    rxnorm_code: str
    ndc_code: str
    label: str
    strength: str
    dose_form: str
    drug_class: str
    tier: int
    brand: bool
    dea_schedule: str | None
    unit: str
    unit_cost: float
    """Dollars; some cost less than a cent."""
    quantity: float
    days_supply: int
    refills: int
    part_d: bool
    """Whether Medicare Part D covers it."""

    @property
    def controlled(self) -> bool:
        """Return whether it is a controlled substance."""
        return self.dea_schedule is not None


@functools.cache
def drugs() -> dict[str, DrugFacts]:
    """Return the drugs by name."""
    return {
        row["drug"]: DrugFacts(
            *(row[name] for name in ("drug", "rxnorm_code", "ndc_code", "label", "strength", "dose_form")),
            row["drug_class"],
            int(row["tier"]),
            row["brand"] == "1",
            row["dea_schedule"] or None,
            row["unit"],
            float(row["unit_cost"]),
            float(row["quantity"]),
            int(row["days_supply"]),
            int(row["refills"]),
            row["covered"] == "all",
        )
        for row in read_csv("rxmembersim.reference", "drugs.csv")
    }


@functools.cache
def drug_names() -> tuple[str, ...]:
    """Return the drugs' names; a drug's number is its place here."""
    return tuple(drugs())


@functools.cache
def brands() -> dict[str, str]:
    """Return the drugs' names by the brands people know them by."""
    return {row["brand"]: row["drug"] for row in read_csv("rxmembersim.reference", "brands.csv")}


@functools.cache
def known_words() -> tuple[str, ...]:
    """Return all words a journey may call a drug by: the formulary's names, then brands."""
    return (*drug_names(), *brands())


@functools.cache
def prescribing_specialties() -> dict[str, tuple[str, ...]]:
    """Return who prescribes specialty drugs, by class of drug."""
    rows = read_csv("rxmembersim.reference", "prescribers.csv")
    return {row["drug_class"]: tuple(row["specialties"].split("|")) for row in rows}


@functools.cache
def _numbers() -> dict[str, int]:
    found = {name: number for number, name in enumerate(drug_names())}
    return found | {brand: found[drug] for brand, drug in brands().items()}


def numbers_of(drug: Coded) -> np.ndarray:
    """Return drugs, by name or brand, as numbers (int64), -1 for none and for what the formulary does not know."""
    return drug.lookup(_numbers(), -1, np.int64)


def words_of(number: np.ndarray) -> Coded:
    """Return the names of drugs given by number."""
    return Coded(number, drug_names())


def fact_of(number: np.ndarray, name: str, missing: object, dtype: type) -> np.ndarray:
    """Return a fact of drugs given by number, `missing` where there is no drug."""
    return np.array([getattr(one, name) for one in drugs().values()] + [missing], dtype)[number]


def word_of(number: np.ndarray, name: str) -> Coded:
    """Return a textual fact of drugs given by number."""
    return words_of(number).recode({word: getattr(one, name) for word, one in drugs().items()})


@frozen
class Plan:
    """One pharmacy benefit; money in cents."""

    plan: str
    name: str
    benefit_type: str
    bin: str
    pcn: str
    group_id: str
    deductible: int
    deductible_tier: int
    """The lowest tier the deductible applies to."""
    out_of_pocket_max: int
    """0 where there is none."""
    copays: tuple[int, ...]
    """By tier, for 30 days."""
    percents: tuple[int, ...]
    """Coinsurance by tier."""
    insulin_cap: int
    """The most a month of insulin costs, free of the deductible; -1 for no cap."""
    dispensing_fee: int
    max_days_supply: int
    family_factor: int
    """The family's deductible and maximum as a multiple of the individual's; 0 where there is none."""
    contract: str | None
    """The Medicare contract."""

    @property
    def family_deductible(self) -> int:
        """Return the family's deductible, 0 where there is none."""
        return self.deductible * self.family_factor

    @property
    def family_out_of_pocket_max(self) -> int:
        """Return the family's out-of-pocket maximum, 0 where there is none."""
        return self.out_of_pocket_max * self.family_factor


@functools.cache
def plans(year: int = 2025) -> dict[str, Plan]:
    """Return the pharmacy benefits by name, as they are in a year."""
    standards = {int(row["year"]): row for row in read_csv("rxmembersim.reference", "part_d.csv")}
    standard = standards[min(max(year, min(standards)), max(standards))]
    rows = read_csv("rxmembersim.reference", "plans.csv")
    return {row["plan"]: _plan({name: _of_year(name, text, standard) for name, text in row.items()}) for row in rows}


def _of_year(name: str, text: str, standard: dict[str, str]) -> str:
    """Return what a plan says, from the year's standard where it says `standard` or `low_income`."""
    if text == "standard":
        return standard[name]
    if text == "low_income":
        return standard["low_income_generic" if name == "tier_1" else "low_income_brand"]
    return text


def _plan(row: dict[str, str]) -> Plan:
    def cents(name: str) -> int:
        return round(float(row[name]) * 100) if row[name] else -1

    shares = [row[f"tier_{tier}"] for tier in TIERS]
    return Plan(
        *(row[name] for name in ("plan", "name", "benefit_type", "bin", "pcn", "group_id")),
        cents("deductible"),
        int(row["deductible_tier"]),
        cents("out_of_pocket_max"),
        tuple(0 if share.endswith("%") else round(float(share) * 100) for share in shares),
        tuple(int(share[:-1]) if share.endswith("%") else 0 for share in shares),
        cents("insulin_cap"),
        cents("dispensing_fee"),
        int(row["max_days_supply"]),
        int(row["family_factor"]),
        row["contract"] or None,
    )

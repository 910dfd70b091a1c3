"""Plans, fees, denials, hospital rates and quality measures: small tables of facts, each with source and date at its top."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
from attrs import frozen

from healthsim_core.columns import Coded
from healthsim_core.facts import read_csv

HERE = "membersim.reference"


def _cents(text: str) -> int:
    return round(float(text) * 100)


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
    ed_copay: int
    inpatient_copay: int
    """What a stay costs the member in all; 0 where deductible and coinsurance hold."""
    rx_copay: int
    coinsurance_percent: int
    fee_percent: int
    hospital_percent: int
    rx_coinsurance_percent: int
    inpatient_holds_physicians: int
    """1 where what a stay costs the member holds its physicians."""
    family_factor: int
    """The family's deductible and maximum as a multiple of the individual's; 0 where there is none."""
    pharmacy_counts: int
    """1 where one out-of-pocket maximum holds for medical and pharmacy claims together."""
    outside_percent: int
    """What is added to the coinsurance for care sought outside the network."""
    one_deductible: int
    """1 where one deductible holds for medical and pharmacy claims together."""
    rating: str
    """How the premium grows: tier, age or each."""
    inpatient_is: str | None
    """What a stay's inpatient_copay is called: copay or deductible."""
    drug_plan: str | None
    """The plan that answers for drugs: this one, another one beside it, or none."""
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


_MONEY = ("premium", "deductible", "out_of_pocket_max", "copay", "ed_copay", "inpatient_copay", "rx_copay")
_NUMBERS = (
    "coinsurance_percent",
    "fee_percent",
    "hospital_percent",
    "rx_coinsurance_percent",
    "inpatient_holds_physicians",
    "family_factor",
    "pharmacy_counts",
    "outside_percent",
    "one_deductible",
)
_TEXTS = ("rating", "inpatient_is", "drug_plan", "contract")


@functools.cache
def plans() -> dict[str, Plan]:
    """Return the plans by name."""
    found = {}
    for row in read_csv(HERE, "plans.csv"):
        numbers = {name: _cents(row[name]) for name in _MONEY} | {name: int(row[name]) for name in _NUMBERS}
        found[row["plan"]] = Plan(
            row["plan"],
            row["name"],
            row["coverage_type"],
            row["payer_id"],
            row["payer_name"],
            **numbers,
            **{name: row[name] or None for name in _TEXTS},
        )
    return found


@functools.cache
def medical_plans() -> tuple[str, ...]:
    """Return the plans people can be in: all but those that only go beside another one."""
    beside = {one.drug_plan for key, one in plans().items() if one.drug_plan != key}
    return tuple(key for key in plans() if key not in beside)


def benefit(plan: Coded, name: str) -> np.ndarray:
    """Return a number of each row's plan (int64), 0 where there is no plan."""
    return plan.lookup({key: getattr(one, name) for key, one in plans().items()}, 0, np.int64)


def of_plan(plan: Coded, name: str) -> Coded:
    """Return a text of each row's plan."""
    return plan.recode({key: getattr(one, name) for key, one in plans().items()})


@frozen
class Fee:
    """What a service costs by a Medicare-like schedule, in cents: in a practice and in a hospital's outpatient department."""

    fee: int
    facility_fee: int
    preventive: bool


UNLISTED = Fee(10_000, 20_000, False)
"""The fee of a procedure that the table does not list."""


@functools.cache
def fees() -> dict[str, Fee]:
    """Return the fees by procedure code."""
    return {
        row["procedure_code"]: Fee(
            _cents(row["fee"]), _cents(row["facility_fee"] or row["fee"]), row["preventive"] == "1"
        )
        for row in read_csv(HERE, "fees.csv")
    }


@frozen
class Denial:
    """One reason for which payers deny: CARC, RARC, its share among denials by chance and the claims that it suits."""

    reason: str
    remark: str | None
    weight: float
    suits: str


@functools.cache
def denials() -> tuple[Denial, ...]:
    """Return the reasons for denials; those with a weight come by chance, the others by facts."""
    return tuple(
        Denial(row["reason_code"], row["remark_code"] or None, float(row["weight"]), row["suits"])
        for row in read_csv(HERE, "denials.csv")
    )


@functools.cache
def drg_weights() -> dict[str, float]:
    """Return the relative weights by MS-DRG."""
    return {row["drg_code"]: float(row["weight"]) for row in read_csv(HERE, "drgs.csv")}


@functools.cache
def stay_lines() -> tuple[tuple[str, str, int], ...]:
    """Return (revenue code, when a stay has it, share of the charges besides room and board)."""
    return tuple((row["revenue_code"], row["when"], int(row["share"])) for row in read_csv(HERE, "revenue.csv"))


def longest_beginning(word: str, among: Mapping[str, str], default: str | None = None) -> str | None:
    """Return what belongs to the longest beginning of a word."""
    return next((among[word[:n]] for n in range(len(word), -1, -1) if word[:n] in among), default)


@functools.cache
def outpatient_revenue() -> dict[str, str]:
    """Return the revenue code by beginnings of CPT and HCPCS numbers."""
    return {row["begins"]: row["revenue_code"] for row in read_csv(HERE, "outpatient_revenue.csv")}


@functools.cache
def presence() -> dict[str, str]:
    """Return the present-on-admission indicator by beginnings of ICD-10-CM codes without their dots."""
    return {row["begins"]: row["indicator"] for row in read_csv(HERE, "present_on_admission.csv")}


@functools.cache
def drug_prices() -> dict[str, tuple[str, int]]:
    """Return (NDC, cost of one unit in hundredths of a cent) by RxCUI."""
    return {
        row["rxnorm_code"]: (row["ndc_code"], round(float(row["unit_cost"]) * 10_000))
        for row in read_csv(HERE, "drug_prices.csv")
    }


@frozen
class Measure:
    """One recommended service: to whom, and what closes the gap where they have not had it."""

    measure: str
    description: str
    age_min: int
    age_max: int
    sex: str
    conditions: tuple[str, ...]
    cpt_codes: tuple[str, ...]
    """Empty: the preventive visit of the age."""
    visit_codes: str
    """What the visit bills itself; laboratories bill what it only orders."""
    encounter_type: str
    reason: str
    """Empty: the condition."""
    specialty: str
    months: tuple[int, ...]
    """Empty: all the year."""
    weight: float


@functools.cache
def measures() -> tuple[Measure, ...]:
    """Return the quality measures."""
    return tuple(
        Measure(
            row["measure"],
            row["description"],
            int(row["age_min"]),
            int(row["age_max"]),
            row["sex"],
            tuple(one for one in row["conditions"].split("|") if one),
            tuple(one for one in row["cpt_codes"].split("|") if one),
            row["visit_codes"],
            row["encounter_type"],
            row["reason"],
            row["specialty"],
            tuple(int(one) for one in row["months"].split("|") if one),
            float(row["weight"]),
        )
        for row in read_csv(HERE, "measures.csv")
    )

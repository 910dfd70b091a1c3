"""How people have drugs refilled: how reliably, for how many days at a time, and whether by mail."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns
from healthsim_core.declarations import Attribute, Derivation
from healthsim_core.events import Events
from healthsim_core.people import People
from rxmembersim.benefits import plan_fact
from rxmembersim.reference import INSTITUTION, SPECIALTY, fact_of, plans

ADHERENCE = Attribute(
    "adherence",
    "clinical",
    "The share of due refills that the person has filled, 1 for all; drawn by age, insurance and income where absent.",
    low=0.0,
    high=1.0,
)
LONG_SUPPLY = Attribute(
    "long_supply",
    "clinical",
    "Whether the person takes three months at a time of tablets for long; drawn by insurance where absent.",
    "boolean",
)

# Mean shares of due refills that are filled: HealthSim's estimates, set so that a PDC of 0.8 is reached by 85 to 90 percent in Medicare,
# by two thirds to three quarters in commercial plans and by fewer in Medicaid.
_MEANS = {"Medicare Part D": 0.885, "Commercial": 0.82, "Exchange": 0.81, "Medicaid": 0.795}
_SPREAD = 9.0
"""How alike people are: the sum of the two parameters of the beta distribution."""
_POORER = {"under_100": -0.03, "100_to_137": -0.02, "138_to_249": -0.01, "250_to_399": 0.0, "400_up": 0.01}
_A_YEAR = 0.0012
"""What each year of age beyond 50 (65 in Medicare, whose mean has it) adds, at most for 20."""
LONG_SHARES = {"Medicare Part D": 0.55, "Commercial": 0.40, "Exchange": 0.35, "Medicaid": 0.0}
"""Shares of people who take three months at a time of what they take for long: HealthSim's estimates."""
MAIL_SHARE = 0.35
"""Share of those with three months at a time to whom it comes by mail: HealthSim's estimate."""
MONTHS = 3
FORMS = ("tablet", "capsule")
EARLY_SHARE = 0.03
"""Share of refills that somebody with months left asks for all the same."""


def habits(people: People) -> dict[str, Array]:
    """Return everybody's adherence (0 to 1), and who takes three months at a time and by mail."""
    from scipy.special import betaincinv

    kind = people["rx_benefit"].recode({name: one.benefit_type for name, one in plans().items()})
    age = np.nan_to_num(np.asarray(people["age"], float), nan=50)
    since = np.where(kind.isin(["Medicare Part D"]), 65, 50)
    mean = kind.lookup(_MEANS, 0.87, float) + _A_YEAR * np.clip(age - since, -20, 20)
    if "income_band" in people:
        mean = mean + people["income_band"].lookup(_POORER, 0.0, float)
    # In an institution nurses see to it.
    mean = np.where(people["rx_benefit"].isin([INSTITUTION]), 0.99, np.clip(mean, 0.6, 0.97))
    share = betaincinv(mean * _SPREAD, (1 - mean) * _SPREAD, people.draw("adherence"))
    if "adherence" in people:
        share = np.where(np.isnan(people["adherence"]), share, people["adherence"])
    long = people.draw("long_supply") < kind.lookup(LONG_SHARES, 0.4, float)
    if "long_supply" in people:
        long = people["long_supply"].astype(bool)
    return {"rx_adherence": share, "rx_long_supply": long, "rx_by_mail": people.draw("mail") < MAIL_SHARE}


HABITS = Derivation(
    "rxmembersim.habits",
    "How people have drugs refilled.",
    ("age", "rx_benefit"),
    ("rx_adherence", "rx_long_supply", "rx_by_mail"),
    habits,
    "rxmembersim",
    optional=("adherence", "long_supply", "income_band"),
)


def long_supply(events: Events, benefit: Coded, told: Columns) -> np.ndarray:
    """Return how many of a prescription's supplies are dispensed at a time: three of tablets for long, where plan and person want it."""
    if not events.has_person("rx_long_supply"):
        return np.ones(len(events), np.int64)
    drug, supply = told["drug"], told["days_supply"]
    form = np.isin(fact_of(drug, "dose_form", "", object).astype(str), FORMS)
    usual = (supply >= 28) & (supply <= 31) & ((told["refills"] + 1) % MONTHS == 0) & (told["refills"] > MONTHS)
    plain = form & (fact_of(drug, "tier", SPECIALTY, np.int64) < SPECIALTY) & ~fact_of(drug, "controlled", False, bool)
    allowed = supply * MONTHS <= plan_fact(benefit, "max_days_supply")
    return np.where(events.person("rx_long_supply") & usual & plain & allowed, MONTHS, 1)


def forgone(events: Events) -> np.ndarray:
    """Return which refills people let go by (bool)."""
    if not events.has_person("rx_adherence"):
        return np.zeros(len(events), bool)
    return events.draw("refill") >= events.person("rx_adherence")


def patient(events: Events) -> np.ndarray:
    """Return which refills, should they be too soon, are not even asked for (bool)."""
    return events.draw("early") >= EARLY_SHARE

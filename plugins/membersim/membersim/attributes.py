"""Attributes MemberSim adds to a person: what covers them."""

from __future__ import annotations

from healthsim_core.declarations import Attribute
from membersim.reference import medical_plans

# Health insurance by age, US 2023 (Census, Health Insurance Coverage in the United States), insured people, rounded.
_TYPE = {
    "type": "conditional",
    "rules": [
        {"if": "age >= 65", "value": "Medicare"},
        {
            # Children of a family are insured as their parents are.
            "if": "age < 19 and role == 'subscriber'",
            "distribution": {
                "type": "categorical",
                "weights": {"Commercial": 0.60, "Medicaid": 0.36, "Exchange": 0.04},
            },
        },
    ],
    "default": {"type": "categorical", "weights": {"Commercial": 0.71, "Medicaid": 0.20, "Exchange": 0.09}},
}
# Plan mix: KFF Employer Health Benefits Survey 2024 and CMS enrolment reports 2024, rounded. Medicare Advantage without drugs: most
# of the difference between 33 million in Medicare Advantage and 30 million in plans with drugs (KFF 2024) has drugs from elsewhere.
_PLAN = {
    "type": "conditional",
    "rules": [
        {
            "if": "coverage_type == 'Medicare'",
            "distribution": {
                "type": "categorical",
                "weights": {"MA-HMO": 0.30, "MA-PPO": 0.22, "MA-only": 0.02, "Original": 0.46},
            },
        },
        {
            "if": "coverage_type == 'Medicaid'",
            "distribution": {"type": "categorical", "weights": {"Medicaid-MCO": 0.75, "Medicaid-FFS": 0.25}},
        },
        {
            "if": "coverage_type == 'Exchange'",
            "distribution": {
                "type": "categorical",
                "weights": {"Exchange-Bronze": 0.30, "Exchange-Silver": 0.56, "Exchange-Gold": 0.14},
            },
        },
        {
            "if": "coverage_type == 'Commercial'",
            "distribution": {"type": "categorical", "weights": {"PPO": 0.52, "HDHP": 0.28, "HMO": 0.14, "EPO": 0.06}},
        },
    ],
}

ATTRIBUTES = [
    Attribute(
        "coverage_type",
        "coverage",
        "Line of business.",
        "category",
        _TYPE,
        values=("Commercial", "Medicare", "Medicaid", "Exchange"),
        common=True,
    ),
    Attribute("plan", "coverage", "The benefit plan.", "category", _PLAN, values=medical_plans(), common=True),
]

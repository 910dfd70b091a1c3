"""Attributes PatientSim adds to a person: body measures and laboratory levels."""

from __future__ import annotations

from healthsim_core.declarations import Attribute
from patientsim.reference import labs

# Adult means and spreads: NHANES 2015-2018 anthropometry (NCHS), rounded; children are given a coarse growth curve.
_HEIGHT = {
    "type": "conditional",
    "rules": [
        {"if": "age < 2", "distribution": {"type": "normal", "mean": 72, "std_dev": 6, "min": 48, "max": 92}},
        {"if": "age < 10", "distribution": {"type": "normal", "mean": 118, "std_dev": 13, "min": 80, "max": 155}},
        {"if": "age < 16", "distribution": {"type": "normal", "mean": 155, "std_dev": 11, "min": 120, "max": 190}},
        {
            "if": "gender == 'M'",
            "distribution": {"type": "normal", "mean": 175.4, "std_dev": 7.6, "min": 145, "max": 210},
        },
    ],
    "default": {"type": "normal", "mean": 161.5, "std_dev": 7.1, "min": 135, "max": 195},
}
_WEIGHT = {
    "type": "conditional",
    "rules": [
        {"if": "age < 2", "distribution": {"type": "normal", "mean": 9, "std_dev": 1.8, "min": 2.5, "max": 15}},
        {"if": "age < 10", "distribution": {"type": "normal", "mean": 24, "std_dev": 6, "min": 10, "max": 60}},
        {"if": "age < 16", "distribution": {"type": "normal", "mean": 52, "std_dev": 13, "min": 25, "max": 120}},
        {"if": "gender == 'M'", "distribution": {"type": "normal", "mean": 90, "std_dev": 19, "min": 45, "max": 200}},
    ],
    "default": {"type": "normal", "mean": 77, "std_dev": 19, "min": 38, "max": 190},
}

ATTRIBUTES = [
    Attribute("height", "demographics", "Body height.", default=_HEIGHT, decimals=1, unit="cm", low=30, high=250),
    Attribute("weight", "demographics", "Body weight.", default=_WEIGHT, decimals=1, unit="kg", low=1, high=400),
    *(
        Attribute(
            one.test,
            "lab_values",
            f"{one.label}: the person's usual level.",
            decimals=one.decimals,
            unit=one.unit,
            low=0,
        )
        for one in labs().values()
    ),
]

"""Attributes PatientSim adds to a person: body measures where given, smoking, usual vital signs and laboratory levels."""

from __future__ import annotations

from healthsim_core.declarations import Attribute
from patientsim.habits import STATUSES
from patientsim.reference import labs
from patientsim.reference.care import signs

# What is possible at all, by sign.
_POSSIBLE = {
    "systolic_bp": (50, 260),
    "diastolic_bp": (25, 160),
    "heart_rate": (25, 230),
    "respiratory_rate": (6, 80),
    "temperature": (30, 43),
    "oxygen_saturation": (50, 100),
}


ATTRIBUTES = [
    Attribute(
        "height",
        "demographics",
        "Body height on the profile's day; by age and sex where absent.",
        decimals=1,
        unit="cm",
        low=30,
        high=250,
    ),
    Attribute(
        "weight",
        "demographics",
        "Body weight on the profile's day; by age, sex, height and obesity where absent.",
        decimals=1,
        unit="kg",
        low=1,
        high=400,
    ),
    Attribute(
        "smoking_status",
        "clinical",
        "Whether the person smokes or ever did; as the diagnoses of tobacco have it where absent.",
        "category",
        values=STATUSES,
    ),
    *(
        Attribute(
            name,
            "clinical",
            f"{signs()[name].label}: the person's usual level.",
            decimals=signs()[name].decimals,
            unit=signs()[name].unit,
            low=low,
            high=high,
        )
        for name, (low, high) in _POSSIBLE.items()
    ),
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

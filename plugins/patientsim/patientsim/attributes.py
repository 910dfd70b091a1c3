"""Attributes PatientSim adds to a person: body measures, smoking, usual vital signs and laboratory levels."""

from __future__ import annotations

from healthsim_core.declarations import Attribute
from patientsim.reference import labs
from patientsim.reference.care import growth, signs

# Adult means and spreads: NHANES 2015-2018 anthropometry (NCHS), rounded; children grow by reference/growth.csv.
_ADULT = {
    "height": ((175.4, 7.6, 145, 210), (161.5, 7.1, 135, 195)),
    "weight": ((90, 19, 45, 200), (77, 19, 38, 190)),
}
# Adults who smoke now (every day or some days) and who did: National Health Interview Survey 2022, rounded.
_SMOKING = {
    "type": "conditional",
    "rules": [{"if": "age < 18", "value": "never"}],
    "default": {
        "type": "categorical",
        "weights": {"never": 0.66, "former": 0.225, "every_day": 0.085, "some_days": 0.03},
    },
}
# What is possible at all, by sign.
_POSSIBLE = {
    "systolic_bp": (50, 260),
    "diastolic_bp": (25, 160),
    "heart_rate": (25, 230),
    "respiratory_rate": (6, 80),
    "temperature": (30, 43),
    "oxygen_saturation": (50, 100),
}


def _normal(mean: float, std_dev: float, low: float, high: float) -> dict[str, object]:
    return {"type": "normal", "mean": mean, "std_dev": std_dev, "min": low, "max": high}


def _body(name: str) -> dict[str, object]:
    """Return how height or weight is distributed, by age and sex."""
    rules = []
    for year in growth():
        middle, spread = year[name], year[f"{name}_sd"]
        rules.append(
            {
                "if": f"age < {year['age'] + 1:g}",
                "distribution": _normal(middle, spread, round(middle - 3 * spread, 1), round(middle + 4 * spread, 1)),
            }
        )
    man, woman = _ADULT[name]
    rules.append({"if": "gender == 'M'", "distribution": _normal(*man)})
    return {"type": "conditional", "rules": rules, "default": _normal(*woman)}


ATTRIBUTES = [
    Attribute(
        "height", "demographics", "Body height.", default=_body("height"), decimals=1, unit="cm", low=30, high=250
    ),
    Attribute(
        "weight", "demographics", "Body weight.", default=_body("weight"), decimals=1, unit="kg", low=1, high=400
    ),
    Attribute(
        "smoking_status",
        "clinical",
        "Whether the person smokes or ever did.",
        "category",
        _SMOKING,
        values=("never", "former", "every_day", "some_days"),
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

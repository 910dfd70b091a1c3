"""PatientSim: patients, encounters, diagnoses, labs, vital signs, orders and procedures."""

from __future__ import annotations

__all__ = ["generate"]


def generate(profile: object = "diabetic-senior", journey: object = None, count: int | None = None, **options):
    """Generate patients: `healthsim_core.generate` with this product unless `products` says otherwise."""
    from healthsim_core import generate as generate_any

    return generate_any(profile, journey, count, **{"products": ["patientsim"], **options})

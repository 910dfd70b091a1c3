"""TrialSim: clinical trials with their sites, subjects, visits, adverse events and exposure."""

from __future__ import annotations

__all__ = ["generate"]


def generate(profile: object = "phase2-diabetes-trial", journey: object = None, count: int | None = None, **options):
    """Generate subjects: `healthsim_core.generate` with this product unless `products` says otherwise."""
    from healthsim_core import generate as generate_any

    return generate_any(profile, journey, count, **{"products": ["trialsim"], **options})

"""NetworkSim: providers, facilities, pharmacies and networks, and who sees whom."""

from __future__ import annotations

__all__ = ["generate"]


def generate(profile: object = "urban-network", journey: object = None, count: int | None = None, **options):
    """Generate a care system and its people: `healthsim_core.generate` with this product unless `products` says otherwise."""
    from healthsim_core import generate as generate_any

    return generate_any(profile, journey, count, **{"products": ["networksim"], **options})

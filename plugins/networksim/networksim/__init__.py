"""NetworkSim: providers, facilities, pharmacies and networks, and who sees whom."""

from __future__ import annotations

__all__ = ["adequacy", "find_providers", "generate", "specialty_of"]

_HOMES = {
    "adequacy": "networksim.access",
    "find_providers": "networksim.search",
    "specialty_of": "networksim.needs",
}


def generate(profile: object = "urban-network", journey: object = None, count: int | None = None, **options):
    """Generate a care system and its people: `healthsim_core.generate` with this product unless `products` says otherwise."""
    from healthsim_core import generate as generate_any

    return generate_any(profile, journey, count, **{"products": ["networksim"], **options})


def __getattr__(name: str):
    # Loaded at first use: listing plugins needs neither numpy nor DuckDB.
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)

"""PopulationSim: who lives where, from the figures that public agencies publish."""

from __future__ import annotations

import importlib

_HOMES = {
    "Choice": "populationsim.geography",
    "DemographicProfile": "populationsim.profile",
    "Figure": "populationsim.profile",
    "ReferenceProfileResolver": "populationsim.resolving",
    "UnknownPlace": "populationsim.facts",
    "cohort": "populationsim.specifying",
    "compare_counties": "populationsim.comparing",
    "create_hybrid_profile": "populationsim.resolving",
    "load_places": "populationsim.loading",
    "load_reference": "populationsim.loading",
    "load_svi": "populationsim.loading",
    "resolve_county": "populationsim.asking",
    "resolve_geography": "populationsim.resolving",
    "resolve_msa": "populationsim.asking",
    "resolve_nation": "populationsim.asking",
    "resolve_state": "populationsim.asking",
    "resolve_tract": "populationsim.asking",
    "resolve_zip": "populationsim.asking",
}

__all__ = sorted([*_HOMES, "generate"])


def generate(profile: object = "county-snapshot", journey: object = None, count: int | None = None, **options):
    """Generate people as they live somewhere: `healthsim_core.generate` with this product unless `products` says otherwise."""
    from healthsim_core import generate as generate_any

    return generate_any(profile, journey, count, **{"products": ["populationsim"], **options})


def __getattr__(name: str):
    # At first use: DuckDB and scipy cost 0.3 s that listing the plugins does not need.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)

"""HealthSim: synthetic US healthcare data, from a specification to linked tables to the formats the industry uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from healthsim_core.hookspecs import hookimpl
from healthsim_core.version import __version__

if TYPE_CHECKING:
    from healthsim_core.catalog import Catalog
    from healthsim_core.generation.run import Result, generate
    from healthsim_core.state.store import Scenario

__all__ = ["Catalog", "Result", "Scenario", "__version__", "generate", "hookimpl"]

_HOMES = {
    "Catalog": "healthsim_core.catalog",
    "Result": "healthsim_core.generation.run",
    "Scenario": "healthsim_core.state.store",
    "generate": "healthsim_core.generation.run",
}


def __getattr__(name: str):
    # Loaded at first use: DuckDB and scipy cost 0.3 s that `healthsim --help` does not need.
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)

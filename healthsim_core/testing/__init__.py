"""What a plugin's author tests with: `PluginConformance`, and the pytest fixtures of `healthsim_core.testing.fixtures`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from healthsim_core.testing.conformance import PluginConformance

__all__ = ["PluginConformance"]


def __getattr__(name: str):
    # At first use: every pytest run imports this package for the fixtures, few runs need numpy and DuckDB.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from healthsim_core.testing import conformance

    return getattr(conformance, name)

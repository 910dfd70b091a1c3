"""What PopulationSim declares."""

from __future__ import annotations

from healthsim_core.hookspecs import hookimpl


@hookimpl
def healthsim_products():
    """Declare PopulationSim and the names it offers to `healthsim_core.generation`."""
    from populationsim.declared import PRODUCT

    return [PRODUCT]


@hookimpl
def healthsim_references():
    """Declare counties and states as references."""
    from populationsim.declared import reference

    return [reference()]


@hookimpl
def healthsim_templates():
    """Declare the cross-product profiles and the family scenario."""
    from populationsim.declared import templates

    return templates()


@hookimpl
def healthsim_commands():
    """Declare `healthsim init`."""
    from populationsim.declared import INIT

    return [INIT]

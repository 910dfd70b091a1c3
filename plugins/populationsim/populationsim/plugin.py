"""What PopulationSim declares."""

from __future__ import annotations

from healthsim_core.hookspecs import hookimpl


@hookimpl
def healthsim_products():
    """Declare PopulationSim and the names it offers to `healthsim_core.generation`."""
    from populationsim.declared import PRODUCT

    return [PRODUCT]


@hookimpl
def healthsim_tables():
    """Declare the tables of residents and their conditions."""
    from populationsim.residents import CONDITIONS, RESIDENTS

    return [RESIDENTS, CONDITIONS]


@hookimpl
def healthsim_attributes():
    """Declare income, schooling, insurance and how much care people seek and use."""
    from populationsim import society, utilization

    return [*society.ATTRIBUTES, *utilization.ATTRIBUTES]


@hookimpl
def healthsim_distributions():
    """Declare rates by age and sex."""
    from populationsim.rates import RatesByAgeAndSex

    return [RatesByAgeAndSex]


@hookimpl
def healthsim_derivations():
    """Declare how people come by names, means, languages, deaths, care and how vulnerable their county is."""
    from populationsim import customs, society, utilization
    from populationsim.mortality import DEATH
    from populationsim.names import NAMES
    from populationsim.vulnerability import VULNERABILITY

    return [NAMES, *society.DERIVATIONS, *customs.DERIVATIONS, DEATH, *utilization.DERIVATIONS, VULNERABILITY]


@hookimpl
def healthsim_event_types():
    """Declare that people are counted."""
    from populationsim.residents import RESIDENCE

    return [RESIDENCE]


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
    """Declare `healthsim init` and `healthsim compare-counties`."""
    from populationsim.declared import COMPARE, INIT

    return [INIT, COMPARE]

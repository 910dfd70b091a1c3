"""What TrialSim declares."""

from healthsim_core.hookspecs import hookimpl


@hookimpl
def healthsim_products():
    from healthsim_core.declarations import Product

    doc = "Clinical trials: studies, arms, sites, subjects, visits, adverse events, exposure."
    return [Product("trialsim", doc, "subject", ("networksim",))]


@hookimpl
def healthsim_tables():
    from trialsim.entities import TABLES

    return TABLES


@hookimpl
def healthsim_rosters():
    from trialsim.rosters import ROSTERS

    return ROSTERS


@hookimpl
def healthsim_event_types():
    from trialsim.events import EVENT_TYPES

    return EVENT_TYPES


@hookimpl
def healthsim_triggers():
    from trialsim.triggers import TRIGGERS

    return TRIGGERS


@hookimpl
def healthsim_skills():
    from healthsim_core.skills import in_package

    return in_package("trialsim")


@hookimpl
def healthsim_templates():
    from healthsim_core.templates import in_package

    return in_package("trialsim")


@hookimpl
def healthsim_output_formats():
    from trialsim.formats import OUTPUT_FORMATS

    return OUTPUT_FORMATS


@hookimpl
def healthsim_statistics():
    from trialsim.statistics import STATISTICS

    return STATISTICS

"""What MemberSim declares."""

from healthsim_core.hookspecs import hookimpl


@hookimpl
def healthsim_products():
    from healthsim_core.declarations import Product

    return [Product("membersim", "Members, their coverage and their adjudicated claims.", "member", ("networksim",))]


@hookimpl
def healthsim_attributes():
    from membersim.attributes import ATTRIBUTES

    return ATTRIBUTES


@hookimpl
def healthsim_derivations():
    from membersim.policies import POLICY

    return [POLICY]


@hookimpl
def healthsim_tables():
    from membersim.entities import TABLES

    return TABLES


@hookimpl
def healthsim_event_types():
    from membersim.events import EVENT_TYPES

    return EVENT_TYPES


@hookimpl
def healthsim_triggers():
    from membersim.triggers import TRIGGERS

    return TRIGGERS


@hookimpl
def healthsim_skills():
    from healthsim_core.skills import in_package

    return in_package("membersim")


@hookimpl
def healthsim_templates():
    from healthsim_core.templates import in_package

    return in_package("membersim")


@hookimpl
def healthsim_output_formats():
    from membersim.formats import OUTPUT_FORMATS

    return OUTPUT_FORMATS


@hookimpl
def healthsim_statistics():
    from membersim.statistics import STATISTICS

    return STATISTICS

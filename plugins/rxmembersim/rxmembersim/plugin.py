"""What RxMemberSim declares."""

from healthsim_core.hookspecs import hookimpl


@hookimpl
def healthsim_products():
    from healthsim_core.declarations import Product

    return [
        Product(
            "rxmembersim", "Pharmacy members, their prescriptions, fills and adherence.", "rx_member", ("networksim",)
        )
    ]


@hookimpl
def healthsim_attributes():
    from rxmembersim.benefits import ATTRIBUTES
    from rxmembersim.habits import ADHERENCE, LONG_SUPPLY

    return [*ATTRIBUTES, ADHERENCE, LONG_SUPPLY]


@hookimpl
def healthsim_derivations():
    from rxmembersim.benefits import BENEFIT
    from rxmembersim.habits import HABITS

    return [BENEFIT, HABITS]


@hookimpl
def healthsim_tables():
    from rxmembersim.entities import TABLES

    return TABLES


@hookimpl
def healthsim_rosters():
    from rxmembersim.formulary import FORMULARY

    return [FORMULARY]


@hookimpl
def healthsim_event_types():
    from rxmembersim.events import EVENT_TYPES

    return EVENT_TYPES


@hookimpl
def healthsim_triggers():
    from rxmembersim.triggers import TRIGGERS

    return TRIGGERS


@hookimpl
def healthsim_skills():
    from healthsim_core.skills import in_package

    return in_package("rxmembersim")


@hookimpl
def healthsim_templates():
    from healthsim_core.templates import in_package

    return in_package("rxmembersim")


@hookimpl
def healthsim_output_formats():
    from rxmembersim.formats import OUTPUT_FORMATS

    return OUTPUT_FORMATS


@hookimpl
def healthsim_format_parts():
    from rxmembersim.fhir import FORMAT_PARTS

    return FORMAT_PARTS


@hookimpl
def healthsim_statistics():
    from rxmembersim.statistics import STATISTICS

    return STATISTICS

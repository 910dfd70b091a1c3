"""What NetworkSim declares."""

from healthsim_core.hookspecs import hookimpl


@hookimpl
def healthsim_products():
    from healthsim_core.declarations import Product

    return [
        Product(
            "networksim",
            "Providers, facilities, pharmacies and networks, and their assignment to people and events.",
            "provider",
        )
    ]


@hookimpl
def healthsim_tables():
    from networksim.entities import TABLES

    return TABLES


@hookimpl
def healthsim_rosters():
    from networksim.directory import DIRECTORY

    return [DIRECTORY]


@hookimpl
def healthsim_derivations():
    from networksim.assignment import ASSIGNMENT

    return [ASSIGNMENT]


@hookimpl
def healthsim_format_parts():
    from networksim.fhir import FORMAT_PARTS

    return FORMAT_PARTS


@hookimpl
def healthsim_templates():
    from healthsim_core.templates import in_package

    return in_package("networksim")

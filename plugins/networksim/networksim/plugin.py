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
def healthsim_references():
    from networksim.official import NPPES

    return [NPPES]


@hookimpl
def healthsim_derivations():
    from networksim.assignment import ASSIGNMENT
    from networksim.needs import NEEDS

    return [ASSIGNMENT, NEEDS]


@hookimpl
def healthsim_format_parts():
    from networksim.fhir import FORMAT_PARTS

    return FORMAT_PARTS


@hookimpl
def healthsim_output_formats():
    from networksim.flat_files import PROVIDER_DIRECTORY_CSV

    return [PROVIDER_DIRECTORY_CSV]


@hookimpl
def healthsim_commands():
    from healthsim_core.declarations import Command

    def adequacy():
        from networksim.commands import adequacy_command

        return adequacy_command

    def providers():
        from networksim.commands import providers_command

        return providers_command

    return [
        Command("adequacy", "Measure a network against CMS's standards, by county and specialty.", adequacy),
        Command("providers", "Find providers, facilities and pharmacies of a directory.", providers),
    ]


@hookimpl
def healthsim_templates():
    from healthsim_core.templates import in_package

    return in_package("networksim")

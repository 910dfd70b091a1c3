"""What PatientSim declares."""

from healthsim_core.hookspecs import hookimpl


@hookimpl
def healthsim_products():
    from healthsim_core.declarations import Product

    return [
        Product(
            "patientsim",
            "Patients and their care: encounters, diagnoses, labs, orders, procedures.",
            "patient",
            ("networksim",),
        )
    ]


@hookimpl
def healthsim_attributes():
    from patientsim.attributes import ATTRIBUTES

    return ATTRIBUTES


@hookimpl
def healthsim_derivations():
    from patientsim.habits import DERIVATIONS

    return DERIVATIONS


@hookimpl
def healthsim_tables():
    from patientsim.entities import TABLES

    return TABLES


@hookimpl
def healthsim_event_types():
    from patientsim.events import EVENT_TYPES

    return EVENT_TYPES


@hookimpl
def healthsim_triggers():
    from patientsim.triggers import TRIGGERS

    return TRIGGERS


@hookimpl
def healthsim_code_sets():
    from patientsim.reference import DIAGNOSIS_CODES

    return [DIAGNOSIS_CODES]


@hookimpl
def healthsim_skills():
    from healthsim_core.skills import in_package

    return in_package("patientsim")


@hookimpl
def healthsim_templates():
    from healthsim_core.templates import in_package

    return in_package("patientsim", aliases={"diabetic-management-year": ("chronic-management",)})


@hookimpl
def healthsim_format_parts():
    from patientsim.fhir import FORMAT_PARTS

    return FORMAT_PARTS


@hookimpl
def healthsim_output_formats():
    from patientsim.formats import OUTPUT_FORMATS

    return OUTPUT_FORMATS


@hookimpl
def healthsim_statistics():
    from patientsim.statistics import STATISTICS

    return STATISTICS

"""What healthsim-fhir declares."""

from healthsim_core.hookspecs import hookimpl


@hookimpl
def healthsim_serializers():
    """Declare the two syntaxes of FHIR JSON."""
    from healthsim_core.declarations import Serializer

    return [
        Serializer("fhir_ndjson", "FHIR resources, one JSON object a line.", "application/fhir+ndjson", "ndjson"),
        Serializer("fhir_json", "One FHIR resource as a JSON document.", "application/fhir+json", "json"),
    ]


@hookimpl
def healthsim_output_formats():
    """Declare FHIR as files of resources and as bundles, and a payer's directory."""
    from healthsim_core.declarations import OutputFormat
    from healthsim_fhir.bundle import bundles
    from healthsim_fhir.ndjson import plan_net_files, resource_files

    return [
        OutputFormat(
            "fhir_r4",
            "FHIR R4 Bulk Data: one NDJSON file per resource type, US Core 7.0 profiles.",
            "fhir_ndjson",
            lines=resource_files,
            aliases=("fhir",),
        ),
        OutputFormat(
            "fhir_bundle",
            "FHIR R4: one transaction Bundle per patient, complete with what it refers to.",
            "fhir_json",
            documents=bundles,
        ),
        OutputFormat(
            "fhir_plan_net",
            "FHIR R4: a payer's provider directory, one NDJSON file per resource type, Da Vinci PDEX Plan-Net profiles.",
            "fhir_ndjson",
            lines=plan_net_files,
        ),
    ]

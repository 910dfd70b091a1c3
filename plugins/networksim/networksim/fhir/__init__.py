"""NetworkSim's share of FHIR: the directory as US Core resources and as those of Da Vinci PDEX Plan-Net, one SQL file each."""

import importlib.resources

from healthsim_core.declarations import FormatPart

PLAN_NET = "http://hl7.org/fhir/us/davinci-pdex-plan-net"
"""The base of Plan-Net's profiles, extensions and code systems; `{base}` in its SQL."""

US_CORE = "http://hl7.org/fhir/us/core"
_US_CORE = (
    ("Practitioner", "practitioner", ("providers",)),
    ("PractitionerRole", "practitioner_role", ("providers", "facilities")),
    ("Organization", "organization", ("facilities", "pharmacies")),
    ("Location", "location", ("facilities", "pharmacies")),
)
_SITES = ("facilities", "pharmacies", "networks", "network_participations")
_PLAN_NET = (
    ("Practitioner", "practitioner", ("providers", *_SITES)),
    ("PractitionerRole", "practitioner_role", ("providers", *_SITES)),
    ("PractitionerRole", "privileges", ("providers", "provider_affiliations", *_SITES)),
    ("Organization", "organization", _SITES),
    ("Organization", "network", _SITES),
    ("Location", "location", _SITES),
    ("HealthcareService", "healthcare_service", _SITES),
    ("InsurancePlan", "insurance_plan", _SITES),
    ("OrganizationAffiliation", "organization_affiliation", _SITES),
)

_ABOUT = {"network": "networks", "privileges": "hospital privileges"}


def _sql(*path: str) -> str:
    return importlib.resources.files("networksim.fhir").joinpath(*path).read_text("utf-8")


def _plan_net(file: str) -> str:
    """Return a part's SQL; a location differs from US Core's in its profile only."""
    if file == "location":
        return _sql("location.sql").replace("{location}", f"{PLAN_NET}/StructureDefinition/plannet-Location")
    return _sql("plan_net", f"{file}.sql").replace("{base}", PLAN_NET)


FORMAT_PARTS = (
    *(
        FormatPart(
            "fhir_r4",
            name,
            "networksim",
            reads,
            _sql(f"{file}.sql").replace("{location}", f"{US_CORE}/StructureDefinition/us-core-location"),
            f"US Core {name} of the directory.",
        )
        for name, file, reads in _US_CORE
    ),
    *(
        FormatPart(
            "fhir_plan_net",
            name,
            "networksim",
            reads,
            _plan_net(file),
            f"Plan-Net {file.replace('_', ' ')} of the directory.",
            about=_ABOUT.get(file, ""),
        )
        for name, file, reads in _PLAN_NET
    ),
)

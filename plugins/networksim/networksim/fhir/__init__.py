"""NetworkSim's share of FHIR: the directory's resources, each from one SQL file."""

import importlib.resources

from healthsim_core.declarations import FormatPart

_READS = {
    "Practitioner": ("providers",),
    "PractitionerRole": ("providers", "facilities"),
    "Organization": ("facilities", "pharmacies"),
    "Location": ("facilities", "pharmacies"),
}
_FILES = {
    "Practitioner": "practitioner",
    "PractitionerRole": "practitioner_role",
    "Organization": "organization",
    "Location": "location",
}

FORMAT_PARTS = tuple(
    FormatPart(
        "fhir_r4",
        name,
        "networksim",
        reads,
        importlib.resources.files("networksim.fhir").joinpath(f"{_FILES[name]}.sql").read_text("utf-8"),
        f"US Core {name} of the directory.",
    )
    for name, reads in _READS.items()
)

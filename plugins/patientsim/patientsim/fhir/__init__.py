"""PatientSim's share of FHIR: one SQL file per resource type.

Each file selects `subject`, `id` and `content`. Content is put together with concat(), which drops a NULL argument: a
fragment written `',"key":"' || column || '"'` disappears whole where the column is NULL, so that no null, empty object
or empty list is ever written. Free text goes through to_json(), which quotes it; keys and our own words do without.

Standard code systems carry no `display`: our labels are our own words, and a display that is not the code system's own
is an error. The label is the concept's `text`.
"""

from __future__ import annotations

from importlib import resources

from healthsim_core.declarations import FormatPart

INSTANT = "%Y-%m-%dT%H:%M:%S-06:00"
"""How a local time is written: the wall clock as it is in the table, in US Central Standard Time wherever it was.

FHIR wants a zone with every time. One constant keeps the reading of the clock equal in every format, and the instant
within two hours of the truth in the contiguous states."""


def _part(resource_type: str, *reads: str, about: str = "") -> FormatPart:
    name = "".join("_" + letter.lower() if letter.isupper() else letter for letter in resource_type)[1:]
    file = f"{about}_{name}.sql" if about else f"{name}.sql"
    sql = resources.files(__name__).joinpath(file).read_text("utf-8").replace("{instant}", INSTANT)
    doc = f"{resource_type} resources{f' of {about}s' if about else ''}, US Core 7.0."
    return FormatPart("fhir_r4", resource_type, "patientsim", ("patients", *reads), sql, doc, about)


FORMAT_PARTS = (
    _part("Patient", "persons"),
    _part("Encounter", "encounters"),
    _part("Condition", "diagnoses"),
    _part("ServiceRequest", "lab_orders"),
    _part("ServiceRequest", "referrals", about="referral"),
    _part("Observation", "observations"),
    _part("DiagnosticReport", "lab_orders", "observations"),
    _part("MedicationRequest", "medication_orders"),
    _part("Procedure", "procedures"),
    _part("Immunization", "immunizations"),
    _part("AllergyIntolerance", "allergies"),
    _part("CarePlan", "care_plans"),
    _part("CareTeam", "care_plans"),
)

"""RxMemberSim's share of FHIR: what was dispensed.

The SQL selects `subject`, `id` and `content`; concat() drops a NULL argument, so that a fragment written around an empty
column disappears whole. It takes part where the patients are there to refer to.
"""

from __future__ import annotations

from importlib import resources

from healthsim_core.declarations import FormatPart

_SQL = resources.files(__name__).joinpath("medication_dispense.sql").read_text("utf-8")

FORMAT_PARTS = (
    FormatPart(
        "fhir_r4",
        "MedicationDispense",
        "rxmembersim",
        ("patients", "rx_members", "prescriptions", "fills"),
        _SQL,
        "MedicationDispense resources, US Core 7.0.",
    ),
)

"""PatientSim's output formats: HL7 v2.5.1 messages, one per real event, in batch files."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from healthsim_core.declarations import Document, OutputFormat

if TYPE_CHECKING:
    from healthsim_core.export import Source


def _writer(module: str) -> Callable[[Source], Iterable[Document]]:
    """Return a function that imports a format's module only when it writes."""

    def write(source: Source) -> Iterable[Document]:
        return importlib.import_module(f"patientsim.formats.{module}").write(source)

    return write


def _format(name: str, doc: str, *reads: str) -> OutputFormat:
    return OutputFormat(name, doc, "er7", documents=_writer(name), reads=("persons", "patients", *reads))


OUTPUT_FORMATS = (
    _format(
        "hl7v2_adt",
        "HL7 v2.5.1 ADT: registrations (A04), admissions (A01), transfers (A02), discharges (A03) and updates (A08).",
        "encounters",
        "movements",
    ),
    _format("hl7v2_dft", "HL7 v2.5.1 DFT^P03: charges for procedures, a message for each encounter.", "procedures"),
    _format("hl7v2_orm", "HL7 v2.5.1 OML^O21: laboratory orders, a message for each.", "lab_orders"),
    _format("hl7v2_oru", "HL7 v2.5.1 ORU^R01: laboratory results, a message for each order.", "observations"),
    _format("hl7v2_rde", "HL7 v2.5.1 RDE^O11: prescriptions, a message for each.", "medication_orders"),
    _format("hl7v2_vxu", "HL7 v2.5.1 VXU^V04: immunizations, a message for each.", "immunizations"),
)

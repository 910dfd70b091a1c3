"""X12 837I (005010X223A2): institutional claims, inpatient stays and outpatient visits of a hospital.

Source of the rules: ASC X12N 005010X223A2; what codes mean where, the NUBC's billing manual (form locators 4, 12 to 17, 18 to 28,
39 to 41, 67 to 77).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from healthsim_core.declarations import Document
from healthsim_core.export import Source
from healthsim_x12 import cents, component, segment
from membersim.formats import x12_claims
from membersim.formats.reading import Row
from membersim.formats.x12_claims import Claim, Form
from membersim.formats.x12_parties import Directory

INPATIENT = ("11", "18", "21", "41", "65", "66", "86")
"""Types of bill of stays."""
OTHER_DIAGNOSES = 24
EXTERNAL_CAUSES = 12
OTHER_PROCEDURES = 24
_CODES_PER_SEGMENT = 12
_UNKNOWN_DISCHARGE = "1200"
"""The time of discharge where no encounter says it: the standard requires one."""
_UNSCHEDULED = ("1", "2", "5")
"""Types of admission whose outpatient claims say why the patient came."""


def write(source: Source) -> Iterable[Document]:
    """Return one document a payer."""
    return x12_claims.write(source, FORM)


def _provider(name: str, taxonomy_code: str | None) -> str:
    return f"NM1*71*1*{name}~\n" + (segment("PRV", "AT", "PXC", taxonomy_code) if taxonomy_code else "")


def _lacking(claim: Claim) -> str | None:
    row = claim.row
    if not row.bill_type_code:
        return "no type of bill"
    if row.rendering_provider_id is None:
        return "no attending provider"
    if not row.discharge_status_code:
        return "no discharge status"
    if not (row.service_date and row.service_end_date):
        return "no statement dates"
    if row.bill_type_code in INPATIENT and not (row.admitted and row.admission_type_code and row.admission_source_code):
        return "a stay without date, type or source of admission"
    if _is_external(claim.diagnoses[0]):
        return "its principal diagnosis is an external cause"
    if not all(line.revenue_code for line in claim.lines):
        return "a line has no revenue code"
    return None


def _is_external(diagnosis: Row) -> bool:
    """Say whether a code tells how an injury came about (ICD-10-CM V00 to Y99), which has a segment of its own."""
    return diagnosis.code[0] in "VWXY"


def _text(claim: Claim, parties: Directory) -> str:
    row = claim.row
    inpatient = row.bill_type_code in INPATIENT
    text = [f"CLM*{row.claim_id}*{cents(row.charge)}***{row.bill_type_code}:A:{row.frequency_code}**A*Y*Y~\n"]
    if inpatient:
        text.append(f"DTP*096*TM*{claim.discharge_time or _UNKNOWN_DISCHARGE}~\n")
    text.append(f"DTP*434*RD8*{row.service_date}-{row.service_end_date}~\n")
    if inpatient:
        text.append(f"DTP*435*DT*{row.admitted}~\n")
    text.append(
        segment("CL1", row.admission_type_code or "", row.admission_source_code or "", row.discharge_status_code)
    )
    text.append(_information(claim, inpatient))
    text.append(parties.provider[row.rendering_provider_id])
    if claim.procedures:
        text.append(f"NM1*72*1*{parties.name[row.rendering_provider_id]}~\n")
    if row.facility_id is not None and row.facility_id != row.billing_facility_id:
        text.append(parties.place[row.facility_id])
    text.extend(_line(number, line, inpatient) for number, line in enumerate(claim.lines, 1))
    return "".join(text)


def _information(claim: Claim, inpatient: bool) -> str:
    """Return the HI segments: diagnoses, DRG, procedures, occurrences and values, in the standard's order."""
    row = claim.row
    principal, *more = claim.diagnoses
    external = [one for one in more if _is_external(one)]
    other = [one for one in more if not _is_external(one)]
    procedures = [f"{one.code}:D8:{one.procedure_date}" for one in claim.procedures] if inpatient else []
    text = [_hi([_diagnosis("ABK", principal, inpatient)])]
    if inpatient:
        text.append(f"HI*ABJ:{principal.code}~\n")
    elif row.admission_type_code in _UNSCHEDULED:
        text.append(f"HI*APR:{principal.code}~\n")
    text.append(_hi([_diagnosis("ABN", one, inpatient) for one in external[:EXTERNAL_CAUSES]]))
    if inpatient and row.drg_code:
        text.append(f"HI*DR:{row.drg_code}~\n")
    text.append(_hi([_diagnosis("ABF", one, inpatient) for one in other[:OTHER_DIAGNOSES]]))
    text.append(_hi([f"BBR:{one}" for one in procedures[:1]]))
    text.append(_hi([f"BBQ:{one}" for one in procedures[1 : OTHER_PROCEDURES + 1]]))
    if any(one.code < "X6" for one in external):
        # Occurrence 05: an accident (V00 to X58) that no other insurance covers; no earlier day than the first is known.
        text.append(f"HI*BH:05:D8:{row.service_date}~\n")
    if inpatient:
        # Value code 80: covered days.
        text.append(f"HI*BE:80:::{max(row.days, 1)}~\n")
    return "".join(text)


def _hi(codes: Sequence[str]) -> str:
    return "".join(
        f"HI*{'*'.join(codes[first : first + _CODES_PER_SEGMENT])}~\n"
        for first in range(0, len(codes), _CODES_PER_SEGMENT)
    )


def _diagnosis(qualifier: str, one: Row, inpatient: bool) -> str:
    # Codes exempt from the indicator (1 in the table) leave it out in version 5010; outpatient claims never have one.
    present = one.present_on_admission_code if inpatient else None
    return f"{qualifier}:{one.code}" + (f":::::::{present}" if present in ("Y", "N", "U", "W") else "")


def _line(number: int, line: Row, inpatient: bool) -> str:
    service = component("HC", line.procedure_code, line.modifier_code or "") if line.procedure_code else ""
    # Revenue codes 010x to 021x are room and board, counted in days.
    unit = "DA" if "0100" <= line.revenue_code < "0220" else "UN"
    text = f"LX*{number}~\nSV2*{line.revenue_code}*{service}*{cents(line.charge)}*{unit}*{line.unit_count}~\n"
    return text if inpatient else f"{text}DTP*472*D8*{line.service_date}~\n"


FORM = Form(
    claim_type="institutional",
    version="005010X223A2",
    control=2,
    medicare="MA",
    most_lines=999,
    provider=_provider,
    lacking=_lacking,
    text=_text,
)

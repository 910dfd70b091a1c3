"""X12 837P (005010X222A1): professional claims."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from healthsim_core.declarations import Document
from healthsim_core.export import Source
from healthsim_x12 import cents, component, segment
from membersim.formats import x12_claims
from membersim.formats.x12_claims import Claim, Form
from membersim.formats.x12_parties import Directory

DIAGNOSES_PER_CLAIM = 12
POINTERS_PER_LINE = 4
_INPATIENT = ("21", "51", "61")
"""Places of service whose claims must say when the patient was admitted."""


def write(source: Source) -> Iterable[Document]:
    """Return one document a payer."""
    return x12_claims.write(source, FORM)


def _provider(name: str, taxonomy_code: str | None) -> str:
    return f"NM1*82*1*{name}~\n" + (segment("PRV", "PE", "PXC", taxonomy_code) if taxonomy_code else "")


def _lacking(claim: Claim) -> str | None:
    if not claim.row.place_of_service_code:
        return "no place of service"
    if not all(_pointers(line.diagnosis_pointers, len(claim.diagnoses)) for line in claim.lines):
        return "a line points to no diagnosis of its claim"
    return None


@functools.lru_cache(maxsize=4_096)
def _pointers(ranks: str | None, diagnoses: int) -> str:
    """Return the ranks a line points to, of those that are written; the standard has room for four."""
    last = min(diagnoses, DIAGNOSES_PER_CLAIM)
    written = [rank for rank in (ranks or "").split(":") if rank and int(rank) <= last]
    return ":".join(written[:POINTERS_PER_LINE])


def _text(claim: Claim, parties: Directory) -> str:
    row = claim.row
    place = f"{row.place_of_service_code}:B:{row.frequency_code}"
    codes = [f"ABF:{one.code}" for one in claim.diagnoses[:DIAGNOSES_PER_CLAIM]]
    text = [f"CLM*{row.claim_id}*{cents(row.charge)}***{place}*Y*A*Y*Y~\n"]
    if row.place_of_service_code in _INPATIENT:
        text.append(f"DTP*435*D8*{(row.admitted or row.service_date)[:8]}~\n")
    # The first is the principal diagnosis, ABK.
    text.append(f"HI*ABK{'*'.join(codes)[3:]}~\n")
    if row.referring_provider_id in parties.name and row.referring_provider_id != row.rendering_provider_id:
        text.append(f"NM1*DN*1*{parties.name[row.referring_provider_id]}~\n")
    if row.rendering_provider_id is not None:
        text.append(parties.provider[row.rendering_provider_id])
    if row.facility_id is not None and row.facility_id != row.billing_facility_id:
        text.append(parties.place[row.facility_id])
    for number, line in enumerate(claim.lines, 1):
        service = component("HC", line.procedure_code, line.modifier_code or "")
        # Anesthesia (00100 to 01999) is told in minutes.
        unit = "MJ" if "00100" <= line.procedure_code <= "01999" else "UN"
        pointers = _pointers(line.diagnosis_pointers, len(claim.diagnoses))
        text.append(
            f"LX*{number}~\nSV1*{service}*{cents(line.charge)}*{unit}*{line.unit_count}***{pointers}~\n"
            f"DTP*472*D8*{line.service_date}~\n"
        )
    return "".join(text)


FORM = Form(
    claim_type="professional",
    version="005010X222A1",
    control=1,
    medicare="MB",
    most_lines=50,
    provider=_provider,
    lacking=_lacking,
    text=_text,
)

"""MemberSim's output formats."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from healthsim_core.declarations import Document, OutputFormat

if TYPE_CHECKING:
    from healthsim_core.export import Source


def _write_834(source: Source) -> Iterable[Document]:
    from membersim.formats.x12_834 import write

    return write(source)


def _write_837p(source: Source) -> Iterable[Document]:
    from membersim.formats.x12_837p import write

    return write(source)


def _write_837i(source: Source) -> Iterable[Document]:
    from membersim.formats.x12_837i import write

    return write(source)


def _write_835(source: Source) -> Iterable[Document]:
    from membersim.formats.x12_835 import write

    return write(source)


_CLAIMS = ("persons", "members", "coverages", "claims", "claim_lines", "claim_diagnoses")

OUTPUT_FORMATS = (
    OutputFormat(
        "x12_834",
        "X12 834 005010X220A1: benefit enrollment, a full file for each payer.",
        "x12",
        documents=_write_834,
        reads=("persons", "members", "coverages"),
    ),
    OutputFormat(
        "x12_837p",
        "X12 837P 005010X222A1: professional claims, a file for each payer.",
        "x12",
        documents=_write_837p,
        aliases=("x12_837",),
        reads=_CLAIMS,
    ),
    OutputFormat(
        "x12_837i",
        "X12 837I 005010X223A2: institutional claims, a file for each payer.",
        "x12",
        documents=_write_837i,
        aliases=("x12_837",),
        reads=_CLAIMS,
    ),
    OutputFormat(
        "x12_835",
        "X12 835 005010X221A1: claim payments and what was not paid and why, a file for each payer.",
        "x12",
        documents=_write_835,
        reads=("members", "coverages", "claims", "claim_lines", "claim_adjustments", "remittances"),
    ),
)

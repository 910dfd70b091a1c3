"""RxMemberSim's output formats."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from healthsim_core.declarations import Document, OutputFormat

if TYPE_CHECKING:
    from healthsim_core.export import Source


def _write_ncpdp_d0(source: Source) -> Iterable[Document]:
    from rxmembersim.formats.ncpdp_d0 import write

    return write(source)


OUTPUT_FORMATS = (
    OutputFormat(
        "ncpdp_d0",
        "NCPDP Telecommunication D.0: pharmacy billings and reversals and their answers, a folder for each BIN.",
        "ncpdp",
        documents=_write_ncpdp_d0,
        aliases=("ncpdp",),
        reads=("rx_members", "rx_claims", "prescriptions"),
    ),
)

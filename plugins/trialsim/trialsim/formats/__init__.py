"""TrialSim's output formats: SDTM datasets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from healthsim_core.declarations import Document, OutputFormat

if TYPE_CHECKING:
    from healthsim_core.export import Source


def _write_sdtm(source: Source) -> Iterable[Document]:
    from trialsim.formats.sdtm import write

    return write(source)


OUTPUT_FORMATS = (
    OutputFormat(
        "sdtm",
        "SDTM datasets of SDTMIG 3.4: a folder for each study, each dataset as SAS XPT v5 and Dataset-JSON 1.1.",
        "xpt",
        documents=_write_sdtm,
        aliases=("sdtm_datasets",),
        reads=("studies", "arms", "sites", "subjects"),
    ),
)

"""SAS transport files, version 5: one dataset to bytes."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from healthsim_cdisc.standard import Dataset

if TYPE_CHECKING:
    import pandas

_CHUNK = 1 << 20
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
# Where the four timestamps stand (SAS TS-140): created and modified, of the library and of its one member.
_TIMESTAMPS = (144, 160, 464, 480)
_HEADERS = 640


def encode(dataset: Dataset, records: pandas.DataFrame, as_of: datetime.date) -> Iterator[bytes]:
    """Yield a transport file of the records; nothing where there are none.

    pyreadstat writes it, to a temporary file; its clock is replaced by midnight of `as_of`, so that the same records
    are the same bytes.
    """
    import pyreadstat

    if records.empty:
        return
    # pyreadstat goes through the values one by one, which is slow in the strings of Arrow.
    plain = {one.name: object for one in dataset.variables if one.type == "Char"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{dataset.name.lower()}.xpt"
        pyreadstat.write_xport(
            records[list(dataset.names)].astype(plain),
            path,
            file_label=dataset.label,
            column_labels=dataset.labels,
            table_name=dataset.name,
            file_format_version=5,
        )
        with path.open("rb") as stream:
            yield _dated(stream.read(_HEADERS), as_of)
            while chunk := stream.read(_CHUNK):
                yield chunk


def _dated(headers: bytes, as_of: datetime.date) -> bytes:
    text = f"{as_of.day:02d}{_MONTHS[as_of.month - 1]}{as_of.year % 100:02d}:00:00:00".encode()
    for start in _TIMESTAMPS:
        headers = headers[:start] + text + headers[start + len(text) :]
    return headers

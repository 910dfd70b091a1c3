"""The directory as payers publish it in flat files: providers, facilities, pharmacies, networks and who is in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from healthsim_core.declarations import Document, OutputFormat
from healthsim_core.export import Source
from networksim import opening

FILES = {
    "providers": ("providers", "facilities", "network_participations"),
    "facilities": ("facilities", "network_participations"),
    "pharmacies": ("pharmacies", "network_participations"),
    "networks": ("networks",),
    "participations": ("network_participations", "networks", "providers", "facilities", "pharmacies"),
}
"""What is written, and the tables that each file reads; each is made by `sql/directory_<name>.sql`."""

CHUNK = 10_000


def directory_files(source: Source) -> Iterator[Document]:
    """Yield `<name>.csv` for each file whose tables the scenario has, ordered by id."""
    for name, reads in FILES.items():
        if set(reads) <= source.tables:
            counts: dict[str, int] = {}
            yield Document(f"{name}.csv", _pieces(source, name, counts), counts.copy)


def _pieces(source: Source, name: str, counts: dict[str, int]) -> Iterator[str]:
    cursor = source.cursor(opening.sql(f"directory_{name}"))
    yield _lines([[column[0] for column in cursor.description]])
    counts[name] = 0
    while rows := cursor.fetchmany(CHUNK):
        counts[name] += len(rows)
        yield _lines(rows)


def _lines(rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_spelled(cell) for cell in row] for row in rows)
    return text.getvalue()


def _spelled(cell: object) -> object:
    return str(cell).lower() if isinstance(cell, bool) else cell


PROVIDER_DIRECTORY_CSV = OutputFormat(
    "provider_directory_csv",
    "The provider directory in flat files: providers, facilities, pharmacies, networks and participations.",
    "csv",
    documents=directory_files,
    reads=("providers", "facilities", "network_participations"),
)

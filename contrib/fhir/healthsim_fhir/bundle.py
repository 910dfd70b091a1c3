"""One transaction Bundle per patient, merged from ordered cursors, one patient in memory at a time.

Entries are PUT under the ids they have, so that loading a bundle twice changes nothing and bundles that share a
practitioner agree on it. A relative reference ("Patient/PT16") resolves against the entry's fullUrl, as FHIR R4 says
in 3.1.2.1 (Bundle, resolving references).
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator, Mapping
from itertools import groupby

from healthsim_core.declarations import Document, FormatPart
from healthsim_core.export import Source

BASE_URL = "https://healthsim.example/fhir"
"""The server that fullUrls pretend to be on."""

FLAT = 1000
"""Up to so many patients the files lie in one folder; beyond, in sub-folders of so many."""

# In JSON text a quotation mark inside a string has a backslash before it, so this matches elements only.
_REFERENCE = re.compile(r'"reference"\s*:\s*"([A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64})"')

_Resource = tuple[str, str]
"""`Type/id` and the resource as JSON text."""


def bundles(source: Source) -> Iterator[Document]:
    """Yield `<patient id>.json` for each patient, Patient first, then by type and id, shared resources last.

    What belongs to nobody (practitioners, organizations, locations) is held in memory and goes into every bundle that
    refers to it, directly or through another shared resource.
    """
    parts = sorted(source.parts("fhir_r4"), key=lambda part: part.name != "Patient")
    if not parts or parts[0].name != "Patient":
        return
    shared = _shared(source, parts)
    patients = source.cursor(f"SELECT count(*) FROM (\n{parts[0].sql}\n)").fetchone()[0]
    rows = heapq.merge(*(_owned(source, part, place) for place, part in enumerate(parts)))
    for place, ((_, subject), group) in enumerate(groupby(rows, key=lambda row: row[:2])):
        resources = [(f"{parts[row[2]].name}/{row[4]}", row[5]) for row in group]
        first_type, _, first_id = resources[0][0].partition("/")
        name = first_id if first_type == "Patient" else subject
        folder = "" if patients <= FLAT else f"{place // FLAT:05d}/"
        yield Document(f"{folder}{name}.json", _pieces(name, resources, shared), lambda: {"Bundle": 1})


def _owned(source: Source, part: FormatPart, place: int) -> Iterator[tuple]:
    cursor = source.cursor(
        f"SELECT length(subject), subject, {place}, length(id), id, content FROM (\n{part.sql}\n) "
        "WHERE subject IS NOT NULL ORDER BY length(subject), subject, length(id), id"
    )
    while rows := cursor.fetchmany(1000):
        yield from rows


def _shared(source: Source, parts: list[FormatPart]) -> dict[str, str]:
    found = {}
    for part in parts:
        rows = source.cursor(f"SELECT id, content FROM (\n{part.sql}\n) WHERE subject IS NULL").fetchall()
        found.update((f"{part.name}/{id}", content) for id, content in rows)
    return found


def _pieces(name: str, resources: list[_Resource], shared: Mapping[str, str]) -> Iterator[str]:
    yield f'{{"resourceType":"Bundle","id":"{name}","type":"transaction","entry":['
    separator = "\n"
    for key, content in resources + _needed(resources, shared):
        yield (
            f'{separator}{{"fullUrl":"{BASE_URL}/{key}","resource":{content}'
            f',"request":{{"method":"PUT","url":"{key}"}}}}'
        )
        separator = ",\n"
    yield "\n]}\n"


def _needed(resources: list[_Resource], shared: Mapping[str, str]) -> list[_Resource]:
    needed: set[str] = set()
    waiting = [content for _, content in resources]
    while waiting:
        new = {key for key in _REFERENCE.findall(waiting.pop()) if key in shared} - needed
        needed |= new
        waiting += [shared[key] for key in new]
    return [(key, shared[key]) for key in sorted(needed, key=_by_type_and_id)]


def _by_type_and_id(key: str) -> tuple[str, int, str]:
    resource_type, _, id = key.partition("/")
    return resource_type, len(id), id

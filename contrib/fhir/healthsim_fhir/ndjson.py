"""Bulk Data NDJSON: one file per resource type, which DuckDB streams straight from the products' SQL."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from healthsim_core.declarations import Lines
from healthsim_core.export import Source


def resource_files(source: Source, format_name: str = "fhir_r4") -> Iterator[Lines]:
    """Yield `<type>.ndjson` for each type a product has a part of the format for, ordered by id: shorter first, then as text."""
    for resource_type, parts in groupby(source.parts(format_name), key=lambda part: part.name):
        rows = " UNION ALL ".join(f"SELECT id, content FROM (\n{part.sql}\n)" for part in parts)
        sql = f"SELECT content FROM ({rows}) ORDER BY length(id), id"
        yield Lines(f"{resource_type}.ndjson", sql, resource_type)


def plan_net_files(source: Source) -> Iterator[Lines]:
    """Yield the files of `fhir_plan_net`."""
    return resource_files(source, "fhir_plan_net")

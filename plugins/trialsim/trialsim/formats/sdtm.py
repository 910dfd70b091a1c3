"""SDTM: each study's datasets, from facts that SQL selects and rules that healthsim_cdisc knows.

One dataset of one study is in memory at a time: a SAS transport file says its variables' lengths before its records.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from attrs import define, field

import healthsim_cdisc as cdisc
from healthsim_core.declarations import Document
from healthsim_core.export import Source
from healthsim_core.tables import Table
from trialsim.entities import TABLES
from trialsim.reference import rows, studies

if TYPE_CHECKING:
    import pandas

DATASETS = ("TA", "TE", "TV", "TI", "TS", "DM", "SE", "SV", "EX", "AE", "DS", "DV", "IE", "LB", "VS")
NAMED = 20
"""Entities a note names before it only counts."""


def write(source: Source) -> Iterable[Document]:
    """Return two documents for each dataset of each study that has subjects; one without records makes no file."""
    studies = source.cursor(_query(source, "SELECT DISTINCT study_id FROM subjects ORDER BY study_id")).fetchall()
    for (study,) in studies:
        for name in DATASETS:
            files = _Files(study, name)
            yield Document(
                f"{study}/{name.lower()}.xpt", files.transport(source), lambda of=files: of.counts, files.notes
            )
            yield Document(f"{study}/{name.lower()}.json", files.json(source))


@define
class _Files:
    """The files of one dataset of one study: its records are kept from the first file to the second."""

    study: str
    name: str
    counts: dict[str, int] = field(factory=dict)
    notes: list[str] = field(factory=list)
    records: Any = None

    def transport(self, source: Source) -> Iterator[bytes]:
        self.records = _records(source, self.study, self.name, self.notes)
        if len(self.records):
            self.counts[f"{self.name} record"] = len(self.records)
        yield from cdisc.encode(cdisc.dataset(self.name), self.records, source.as_of)

    def json(self, source: Source) -> Iterator[str]:
        records, self.records = self.records, None
        yield from cdisc.encode_json(cdisc.dataset(self.name), records, self.study, source.as_of)


def _records(source: Source, study: str, name: str, notes: list[str]) -> pandas.DataFrame:
    dataset = cdisc.dataset(name)
    facts = _query(source, _sql("sdtm_reference.sql"), _sql(f"sdtm_{name.lower()}.sql"))
    if name == "TS":
        facts = facts.replace("{design}", _design())
    records, left_out = cdisc.refine(dataset, source.cursor(cdisc.derive(dataset, facts), [study]).df())
    notes += [f"{study}/{name.lower()}.xpt: {note}" for note in left_out]
    if name == "DM":
        notes += _left_out(source, study)
    return records


def _design() -> str:
    """Return what trial summaries say of the studies' designs as rows of SQL; an empty cell is NULL."""
    ages = [
        (study.study_id, code, f"Planned {which} Age of Subjects", f"P{age}Y", "ISO 8601", "")
        for study in studies().values()
        for code, which, age in (("AGEMIN", "Minimum", study.min_age), ("AGEMAX", "Maximum", study.max_age))
    ]
    parameters = ages + [tuple(row.values()) for row in rows("trial_summary")]
    return ", ".join("(" + ", ".join(_literal(cell) for cell in row) + ")" for row in parameters)


def _literal(cell: str) -> str:
    return "'" + cell.replace("'", "''") + "'" if cell else "NULL"


def _left_out(source: Source, study: str) -> Iterator[str]:
    """Yield a note for each reason why something of a study is in no dataset."""
    found = source.cursor(_query(source, _sql("sdtm_reference.sql"), _sql("sdtm_left_out.sql")), [study])
    for what, why, keys in found.fetchall():
        more = f" and {len(keys) - NAMED:,} more" if len(keys) > NAMED else ""
        yield f"{study}: {what} left out, {why}: {', '.join(keys[:NAMED])}{more}"


def _query(source: Source, *parts: str) -> str:
    """Return the parts as one query in which the tables that the scenario lacks are there and empty."""
    *named, last = parts
    empty = [f'"{table.name}" AS ({_nothing(table)})' for table in TABLES if table.name not in source.tables]
    together = ",\n".join(empty + named)
    return f"WITH {together}\n{last}" if together else last


def _nothing(table: Table) -> str:
    columns = ", ".join(f'NULL::{column.type} AS "{column.name}"' for column in table.columns)
    return f"SELECT {columns} WHERE false"


def _sql(name: str) -> str:
    return importlib.resources.files("trialsim.formats").joinpath(name).read_text("utf-8").rstrip()

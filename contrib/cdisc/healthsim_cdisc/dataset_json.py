"""Dataset-JSON 1.1: one dataset to JSON, with the types of its variables."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from healthsim_cdisc.standard import Dataset, Variable
from healthsim_core.version import __version__

if TYPE_CHECKING:
    import pandas

_WHOLE = ("SEQ", "DY", "CD", "AGE", "TAETORD")
"""How numeric variables end that are whole numbers: sequences, study days, codes, age, orders; all others are measured."""


def encode_json(dataset: Dataset, records: pandas.DataFrame, study: str, as_of: datetime.date) -> Iterator[str]:
    """Yield a Dataset-JSON file of the records, a line a record; nothing where there are none."""
    if records.empty:
        return
    head = {
        "datasetJSONCreationDateTime": f"{as_of.isoformat()}T00:00:00",
        "datasetJSONVersion": "1.1.0",
        "fileOID": f"{study}.{dataset.name}",
        "originator": "HealthSim",
        "sourceSystem": {"name": "HealthSim", "version": __version__},
        "studyOID": f"ST.{study}",
        "metaDataVersionOID": f"MDV.{study}",
        "itemGroupOID": f"IG.{dataset.name}",
        "records": len(records),
        "name": dataset.name,
        "label": dataset.label,
        "columns": [_column(dataset, one, records) for one in dataset.variables],
    }
    yield json.dumps(head, indent=1)[:-2] + ',\n "rows": [\n'
    values = zip(*(_values(one, records[one.name]) for one in dataset.variables), strict=True)
    for number, row in enumerate(values):
        yield (",\n" if number else "") + json.dumps(row)
    yield "\n ]\n}\n"


def _column(dataset: Dataset, variable: Variable, records: pandas.DataFrame) -> dict[str, object]:
    kind = _type(variable)
    found: dict[str, object] = {
        "itemOID": f"IT.{dataset.name}.{variable.name}",
        "name": variable.name,
        "label": variable.label,
        "dataType": kind,
    }
    if kind == "string":
        found["length"] = max(int(records[variable.name].str.len().max()), 1)
    keys = ["STUDYID", *(name.removesuffix(" DESC") for name in dataset.order)]
    if variable.name in keys:
        found["keySequence"] = keys.index(variable.name) + 1
    return found


def _type(variable: Variable) -> str:
    if variable.type == "Num":
        return "integer" if variable.name.endswith(_WHOLE) else "float"
    return "date" if variable.name.endswith("DTC") else "string"


def _values(variable: Variable, values: pandas.Series) -> list[object]:
    """Return a variable's values as JSON has them: null where there is none."""
    if variable.type == "Char":
        return [value or None for value in values]
    whole = _type(variable) == "integer"
    # A value that is not itself is no number: missing.
    return [None if value != value else int(value) if whole else value for value in values.tolist()]

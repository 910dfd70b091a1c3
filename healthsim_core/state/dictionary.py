"""The data dictionary beside exported tables: what a reader, or an import, needs to know of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
from attrs import frozen

from healthsim_core.errors import UserError
from healthsim_core.tables import Column, Table

FILE = "data_dictionary.json"
VERSION = 1
KEPT = (
    "scenario_id", "description", "tags", "status", "seed", "as_of", "start_date", "count", "people", "products",
    "versions", "references", "notices",
)  # fmt: skip
"""What of a scenario's record goes with its tables: nothing that differs between identical runs."""
_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")
_TYPE = re.compile(r"[A-Z][A-Z0-9 ]*(\(\d+(, ?\d+)?\))?\Z")


@frozen
class Dictionary:
    """A data dictionary as it was read: the tables it describes, their rows, and what it says of the scenario."""

    tables: Mapping[str, Table]
    rows: Mapping[str, int]
    scenario: Mapping[str, Any]


def describe(
    connection: duckdb.DuckDBPyConnection,
    record: Mapping[str, Any],
    declared: Mapping[str, Table],
    form: str,
    files: Mapping[str, tuple[str, int, int]],
) -> str:
    """Return the text of the dictionary of tables written as `files`: by table the file, its bytes and its rows."""
    scenario = {"name": record.get("name"), **{key: record[key] for key in KEPT if key in record}}
    tables = []
    for name, (file, size, rows) in sorted(files.items()):
        table = declared.get(name)
        tables.append(
            {
                "name": name,
                "doc": table.doc if table else None,
                "file": file,
                "rows": rows,
                "bytes": size,
                "primary_key": list(table.primary_key) if table else [],
                "columns": [
                    _column(column, kind, table)
                    for column, kind, *_ in connection.execute(f'DESCRIBE "{name}"').fetchall()
                ],
            }
        )
    plain = {"data_dictionary": VERSION, "format": form, "scenario": scenario, "tables": tables}
    return json.dumps(plain, indent=1, ensure_ascii=False, default=str) + "\n"


def _column(name: str, kind: str, table: Table | None) -> dict[str, Any]:
    one = next((one for one in (table.columns if table else ()) if one.name == name), None)
    if one is None:
        return {"name": name, "type": kind}
    about = {"doc": one.doc, "code_system": one.system, "unit": one.unit, "references": one.references}
    return {"name": name, "type": kind, "nullable": one.nullable, **{key: text for key, text in about.items() if text}}


def read(path: Path) -> Dictionary:
    """Return a dictionary that was written beside tables; UserError where it is not one."""
    try:
        plain = json.loads(path.read_text("utf-8"))
        if plain["data_dictionary"] > VERSION:
            raise UserError(f"{path} was written by a newer HealthSim; upgrade to read it")
        tables = {one["name"]: _table(one) for one in plain["tables"]}
        return Dictionary(tables, {one["name"]: int(one["rows"]) for one in plain["tables"]}, dict(plain["scenario"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is not a data dictionary of HealthSim: {type(error).__name__}: {error}") from error


def _table(plain: Mapping[str, Any]) -> Table:
    columns = tuple(
        Column(
            name=_checked(_NAME, one["name"]),
            type=_checked(_TYPE, one["type"]),
            doc=one.get("doc") or "",
            nullable=bool(one.get("nullable", True)),
            references=one.get("references"),
            system=one.get("code_system"),
            unit=one.get("unit"),
        )
        for one in plain["columns"]
    )
    return Table(_checked(_NAME, plain["name"]), columns, tuple(plain["primary_key"]), plain.get("doc") or "")


def _checked(pattern: re.Pattern, text: str) -> str:
    if not pattern.match(text):
        raise ValueError(f"{text!r} cannot be a table's, column's or type's name")
    return text

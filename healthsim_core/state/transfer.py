"""Import: make a scenario again from exported tables (csv, json, ndjson, parquet), typed as they are declared."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
from attrs import frozen

from healthsim_core import catalog as catalogs
from healthsim_core.catalog import Catalog
from healthsim_core.errors import UserError, suggestion
from healthsim_core.specs import DEFAULT_AS_OF
from healthsim_core.state import dictionary
from healthsim_core.state.dictionary import Dictionary
from healthsim_core.state.integrity import orphans
from healthsim_core.state.scenario import Scenario, StoreError, first_line
from healthsim_core.state.statistics import measure
from healthsim_core.state.store import Store, moment
from healthsim_core.state.writing import NewScenario, make_table, new_name
from healthsim_core.tables import Table, quoted
from healthsim_core.version import __version__

FORMATS = ("csv", "json", "ndjson", "parquet")
_READ = {
    "csv": "read_csv({path}, header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
    "allow_quoted_nulls = false, columns = {columns})",
    "json": "read_json({path}, format = 'array', columns = {columns})",
    "ndjson": "read_json({path}, format = 'newline_delimited', columns = {columns})",
    "parquet": "read_parquet({path})",
}


@frozen
class Imported:
    """What an import came to."""

    scenario: Scenario
    rows: dict[str, int]
    notices: tuple[str, ...] = ()


@frozen
class _File:
    table: Table
    path: Path
    form: str


def import_tables(
    store: Store,
    folder: Path,
    name: str,
    tags: Iterable[str] = (),
    catalog: Catalog | None = None,
) -> Imported:
    """Make a scenario from a folder of exported tables, one file each; UserError for what does not fit its table.

    The data dictionary there, if any, describes the scenario and the tables that no installed plugin declares.
    """
    catalog = catalog or catalogs.build()
    declared = catalog.all("table")
    folder = _folder(Path(folder))
    beside = folder / dictionary.FILE
    known = dictionary.read(beside) if beside.exists() else Dictionary({}, {}, {})
    files = _files(folder, {**known.tables, **declared})
    target = new_name(store, name)
    rows: dict[str, int] = {}
    with NewScenario(target, store.new_file(target), store.path(target)) as writer:
        for file in files:
            rows[file.table.name] = _take(writer.connection, file)
        notices = _notices(writer.connection, {one.table.name: one.table for one in files}, rows, known)
        about = _record(target, folder, files[0].form, known, rows, notices)
        about["tags"] = sorted({*about["tags"], *tags})
        about["statistics"] = measure(writer.connection, rows, about["as_of"], catalog)
        writer.save(about, rows)
    return Imported(Scenario(target, store.path(target)), rows, tuple(notices))


def _folder(folder: Path) -> Path:
    """Return the folder of the tables: the one given, or the one of a format in it."""
    if not folder.is_dir():
        raise UserError(f"no folder {folder}")
    if _tables_in(folder):
        return folder
    inside = [folder / form for form in FORMATS if (folder / form).is_dir() and _tables_in(folder / form)]
    if len(inside) != 1:
        found = f"it holds {', '.join(one.name for one in inside)}; name one" if inside else "there is no file of one"
        raise UserError(f"{folder} must hold tables in one of {', '.join(FORMATS)}: {found}")
    return inside[0]


def _tables_in(folder: Path) -> list[Path]:
    return sorted(
        one for one in folder.iterdir()
        if one.is_file() and one.suffix[1:] in FORMATS and one.name != dictionary.FILE and not one.name.startswith(".")
    )  # fmt: skip


def _files(folder: Path, tables: Mapping[str, Table]) -> list[_File]:
    found = []
    for path in _tables_in(folder):
        if path.stem not in tables:
            raise UserError(f"{path.name}: no table {path.stem!r} is declared{suggestion(path.stem, tables)}")
        found.append(_File(tables[path.stem], path, path.suffix[1:]))
    twice = {one.table.name for one in found if sum(other.table.name == one.table.name for other in found) > 1}
    if twice:
        raise UserError(f"{folder} holds {sorted(twice)[0]} more than once; keep one format")
    return found


def _take(connection: duckdb.DuckDBPyConnection, file: _File) -> int:
    """Make the file's table and insert its rows, checked; return how many."""
    table, name = file.table, file.table.name
    try:
        there = _columns(connection, file)
        unknown = [one for one in there if one not in {column.name for column in table.columns}]
        if unknown:
            names = [column.name for column in table.columns]
            raise UserError(
                f"{file.path.name}: table {name} has no column {unknown[0]!r}{suggestion(unknown[0], names)}"
            )
        # As text, and then as declared: so 007 stays a code, and what does not fit is told.
        texts = ", ".join(f"{quoted(one)}: 'VARCHAR'" for one in there)
        source = _READ[file.form].format(path=quoted(str(file.path)), columns=f"{{{texts}}}")
        types = {column.name: column.type for column in table.columns}
        values = ", ".join(f'"{one}"::{types[one]} AS "{one}"' for one in there)
        make_table(connection, table, {})
        count = connection.execute(f'INSERT INTO "{name}" BY NAME SELECT {values} FROM {source}').fetchall()[0][0]
    except UnicodeDecodeError as error:
        raise UserError(f"{file.path.name} is not UTF-8: {error}") from error
    except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.BinderException) as error:
        raise UserError(f"{file.path.name} does not fit table {name}: {_told(error)}") from error
    except (duckdb.Error, OSError) as error:
        raise StoreError(f"cannot import {file.path}: {first_line(error)}") from error
    _check_keys(connection, file)
    return count


def _told(error: duckdb.Error) -> str:
    """Return what DuckDB says of a value, without its advice on options."""
    lines = [line.strip() for line in str(error).split("Possible")[0].splitlines() if line.strip()]
    return "; ".join(lines[:4])


def _columns(connection: duckdb.DuckDBPyConnection, file: _File) -> list[str]:
    """Return the columns a file has."""
    if file.form == "csv":
        with file.path.open(encoding="utf-8", newline="") as stream:
            return next(csv.reader(stream), [])
    if file.form == "parquet":
        return [
            row[0] for row in connection.execute(f"DESCRIBE FROM read_parquet({quoted(str(file.path))})").fetchall()
        ]
    form = "array" if file.form == "json" else "newline_delimited"
    sql = f"SELECT DISTINCT unnest(json_keys(json)) FROM read_json_objects({quoted(str(file.path))}, format = '{form}')"
    there = {row[0] for row in connection.execute(sql).fetchall()}
    declared = [column.name for column in file.table.columns]
    return [one for one in declared if one in there] + sorted(there - set(declared))


def _check_keys(connection: duckdb.DuckDBPyConnection, file: _File) -> None:
    table = file.table
    if not table.primary_key:
        return
    keys = ", ".join(f'"{key}"' for key in table.primary_key)
    empty = " OR ".join(f'"{key}" IS NULL' for key in table.primary_key)
    sql = f'SELECT count(*) - count(DISTINCT ({keys})), count(*) FILTER ({empty}) FROM "{table.name}"'
    repeated, missing = connection.execute(sql).fetchall()[0]
    if repeated or missing:
        raise UserError(
            f"{file.path.name}: the key of {table.name} ({', '.join(table.primary_key)}) is empty in {missing:,} rows "
            f"and repeated in {repeated:,}"
        )


def _notices(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], rows: Mapping[str, int], known: Dictionary
) -> list[str]:
    """Return what an import should be told: other numbers of rows than were written, references that lead nowhere."""
    found = [
        f"{name}: {count:,} rows were written, {rows.get(name, 0):,} are there"
        for name, count in sorted(known.rows.items())
        if count != rows.get(name, 0)
    ]
    return found + [
        f"{one.table}.{one.column}: {one.rows:,} rows refer to {one.references.split('.')[0]} that are not there"
        for one in orphans(connection, tables)
    ]


def _record(
    name: str, folder: Path, form: str, known: Dictionary, rows: Mapping[str, int], notices: list[str]
) -> dict[str, Any]:
    kept = {key: known.scenario[key] for key in dictionary.KEPT if key in known.scenario}
    essence = f"{name} {moment()} {kept.get('scenario_id')}"
    about = {
        "description": None, "tags": [], "status": "complete", "failures": [], "seed": None,
        "as_of": DEFAULT_AS_OF.isoformat(), "start_date": kept.get("as_of", DEFAULT_AS_OF.isoformat()),
        "count": rows.get("persons", 0), "products": [], "versions": {"healthsim-core": __version__}, "references": {},
        "skills": {}, "events": [], "validation": {"passed": True, "errors": [], "checks": []}, "seconds": 0.0,
    }  # fmt: skip
    return {
        **about,
        **kept,
        "people": rows.get("persons", kept.get("people") or 0),
        "scenario_id": hashlib.blake2b(essence.encode(), digest_size=16).hexdigest(),
        "specification": {"kind": "imported", "origin": f"{form} files in {folder.resolve().name}"},
        "imported_from": {"name": known.scenario.get("name"), "scenario_id": kept.get("scenario_id"), "format": form},
        "notices": [*kept.get("notices", ()), *notices],
        "rows": sum(rows.values()),
    }

"""Load official files, as downloaded, into the reference database: whole or not at all, and again without harm."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from attrs import frozen

from healthsim_core.errors import UserError, suggestion
from populationsim import facts

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TABLES = ("places_county", "places_measure", "svi_county")
MISSING = "-999"
"""How the Social Vulnerability Index writes a figure that is not available."""

Progress = Callable[[str], None]
"""`progress(message)` is told what begins."""


@frozen
class Load:
    """One file that was loaded."""

    kind: str
    file: str
    vintage: str | None
    row_count: int
    figure_count: int
    sha256: str


@frozen
class _Layout:
    """What a file of a kind must look like."""

    kind: str
    title: str
    key: str
    columns: str
    """The data file that lists the columns."""
    script: str
    figures: str
    """SQL that counts the figures that were loaded."""


_PLACES = _Layout(
    "places",
    "CDC PLACES county file (GIS-friendly layout)",
    "CountyFIPS",
    "places_columns.csv",
    "places.sql",
    "SELECT count(crude_pct) FROM places_measure",
)
_SVI = _Layout(
    "svi",
    "CDC/ATSDR SVI county file",
    "FIPS",
    "svi_columns.csv",
    "svi.sql",
    "SELECT count(*) FROM (UNPIVOT svi_county ON COLUMNS('^(pct|rpl)_') INTO NAME figure VALUE value)",
)


def load_places(conn: DuckDBPyConnection, path: str | Path) -> Load:
    """Load a CDC PLACES county file into `places_county` and `places_measure`; UserError says what is wrong with it."""
    return _atomically(conn, Path(path), _PLACES)


def load_svi(conn: DuckDBPyConnection, path: str | Path) -> Load:
    """Load a CDC/ATSDR SVI county file into `svi_county`; UserError says what is wrong with it."""
    return _atomically(conn, Path(path), _SVI)


def load_reference(
    database: Path, places: Path | None = None, svi: Path | None = None, progress: Progress = lambda message: None
) -> list[Load]:
    """Load the given files into the reference database, all of them or none; what they replace is replaced."""
    database.parent.mkdir(parents=True, exist_ok=True)
    begun = not database.exists()
    done = False
    try:
        with open_reference(database, read_only=False) as conn:
            conn.execute("BEGIN")
            loads = []
            for layout, path in ((_PLACES, places), (_SVI, svi)):
                if path is not None:
                    progress(f"loading {path.name}")
                    loads.append(_load(conn, path, layout))
            conn.execute("COMMIT")
            done = True
            return loads
    finally:
        if begun and not done:
            for leftover in (database, database.with_name(database.name + ".wal")):
                leftover.unlink(missing_ok=True)


def copy_of(database: Path) -> DuckDBPyConnection:
    """Return a connection to a copy in memory, so that one who keeps it does not shut out the next `init`."""
    conn = duckdb.connect()
    try:
        conn.execute("ATTACH '" + str(database).replace("'", "''") + "' AS held (READ_ONLY)")
    except duckdb.IOException as error:
        raise _unopened(database, error) from error
    query = "SELECT table_name FROM information_schema.tables WHERE table_catalog = 'held' ORDER BY 1"
    for (name,) in conn.execute(query).fetchall():
        if name in (*TABLES, "loads"):
            conn.execute(f'CREATE TABLE "{name}" AS FROM held."{name}"')
    conn.execute("DETACH held")
    return conn


def open_reference(database: Path, read_only: bool = True) -> DuckDBPyConnection:
    """Return a connection to the reference database; UserError where another process holds it or it is damaged."""
    try:
        return duckdb.connect(str(database), read_only=read_only)
    except duckdb.IOException as error:
        raise _unopened(database, error) from error


def _unopened(database: Path, error: Exception) -> UserError:
    if "lock" in str(error).lower():
        return UserError(f"another process is using {database}; try again when it is done")
    return UserError(f"cannot open {database}: {str(error).splitlines()[0]}")


def loads(conn: DuckDBPyConnection) -> list[Load]:
    """Return what was loaded, by kind; nothing where the connection holds no reference data."""
    if "loads" not in tables(conn):
        return []
    return [Load(*row) for row in conn.cursor().execute("SELECT * FROM loads ORDER BY kind").fetchall()]


def tables(conn: DuckDBPyConnection) -> set[str]:
    """Return the names of the reference tables the connection sees."""
    found = conn.cursor().execute("SELECT DISTINCT table_name FROM information_schema.tables").fetchall()
    return {name for (name,) in found} & {*TABLES, "loads"}


def fingerprint(conn: DuckDBPyConnection) -> str:
    """Return a digest of the figures themselves: whatever the order of rows, the file or the day."""
    digest = hashlib.sha256()
    for table in sorted(tables(conn) - {"loads"}):
        # Rows are unique, so none cancels another; MD5 is the same in every version, DuckDB's own hash is not.
        query = f"SELECT count(*), bit_xor(md5_number(line::VARCHAR)) FROM (SELECT {table} AS line FROM {table})"
        digest.update(f"{table}:{conn.cursor().execute(query).fetchall()[0]}".encode())
    return digest.hexdigest()[:16]


def _atomically(conn: DuckDBPyConnection, path: Path, layout: _Layout) -> Load:
    conn.execute("BEGIN")
    try:
        load = _load(conn, path, layout)
        conn.execute("COMMIT")
    except BaseException:
        conn.execute("ROLLBACK")
        raise
    return load


def _load(conn: DuckDBPyConnection, path: Path, layout: _Layout) -> Load:
    if not path.is_file():
        raise UserError(f"cannot read {path}: no such file")
    staging = f"{layout.kind}_file"
    try:
        conn.execute(
            f"CREATE OR REPLACE TEMP TABLE {staging} AS "
            "SELECT * FROM read_csv(?, all_varchar = true, header = true, delim = ',', quote = '\"', encoding = ?)",
            [str(path), _encoding(path)],
        )
    except duckdb.Error as error:
        raise UserError(f"{path} is not a {layout.title}: {str(error).strip().splitlines()[0]}") from error
    _check(conn, path, staging, layout)
    conn.execute(facts.text("sql", layout.script))
    conn.execute(f"DROP TABLE {staging}")
    return _record(conn, path, layout)


def _encoding(path: Path) -> str:
    """Return utf-8, or latin-1 where the bytes are no UTF-8: some of the agencies' files are."""
    try:
        with path.open(encoding="utf-8") as file:
            for _ in file:
                pass
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _check(conn: DuckDBPyConnection, path: Path, staging: str, layout: _Layout) -> None:
    """Raise UserError with everything that is wrong: columns, FIPS, repeats, numbers and their ranges."""
    there = [name for (name,) in conn.execute(f"SELECT column_name FROM (DESCRIBE {staging})").fetchall()]
    wanted = {one["column"]: one for one in facts.rows(layout.columns)}
    missing = [name for name in wanted if name not in there]
    if missing:
        near = suggestion(missing[0], there) if len(missing) < len(wanted) / 2 else ""
        raise UserError(f"{path} is not a {layout.title}: missing columns {', '.join(missing)}{near}")
    problems = _key_problems(conn, staging, layout.key)
    limits = {name: (one["low"], one["high"]) for name, one in wanted.items() if one["low"]}
    limits |= {name: ("0", "100") for name in there if re.search(r"_(Crude|Adj)Prev$", name)}
    for name, (low, high) in limits.items():
        problems += _number_problems(conn, staging, layout.key, name, low, high)
    if problems:
        listed = "\n  ".join(problems[:20]) + (f"\n  … and {len(problems) - 20} more" if len(problems) > 20 else "")
        raise UserError(f"{path} cannot be loaded:\n  {listed}")


def _key_problems(conn: DuckDBPyConnection, staging: str, key: str) -> list[str]:
    count, wrong, example, repeated = conn.execute(
        f"""SELECT count(*), count(*) FILTER (NOT ok), min(fips) FILTER (NOT ok), count(*) - count(DISTINCT fips)
            FROM (SELECT coalesce("{key}", '') AS fips, regexp_full_match(fips, '[0-9]{{5}}') AS ok FROM {staging})"""
    ).fetchall()[0]
    problems = []
    if count == 0:
        problems.append("it has no rows")
    if wrong:
        lost = "; leading zeros were lost: load the file as downloaded" if example.isdigit() else ""
        problems.append(f"{key}: {wrong:,} values are not five digits, such as {example!r}{lost}")
    if repeated:
        problems.append(f"{key}: {repeated:,} counties stand there more than once")
    return problems


def _number_problems(conn: DuckDBPyConnection, staging: str, key: str, name: str, low: str, high: str) -> list[str]:
    beyond = f"number < {low}" + (f" OR number > {high}" if high else "")
    wrong, example, fips = conn.execute(
        f"""SELECT count(*), min(content), arg_min(fips, content)
            FROM (SELECT "{key}" AS fips, trim("{name}") AS content,
                         try_cast(replace(content, ',', '') AS DOUBLE) AS number FROM {staging})
            WHERE content <> '' AND content <> '{MISSING}' AND (number IS NULL OR {beyond})"""
    ).fetchall()[0]
    if not wrong:
        return []
    expected = f"a number from {low} to {high}" if high else f"a number of {low} or more"
    return [f"{name}: {wrong:,} values are not {expected}, such as {example!r} of {fips}"]


def _record(conn: DuckDBPyConnection, path: Path, layout: _Layout) -> Load:
    table = f"{layout.kind}_county"
    (row_count,) = conn.execute(f"SELECT count(*) FROM {table}").fetchall()[0]
    (figure_count,) = conn.execute(layout.figures).fetchall()[0]
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    year = re.search(r"(?<!\d)20\d\d(?!\d)", path.stem)
    load = Load(layout.kind, path.name, year[0] if year else None, row_count, int(figure_count), sha256)
    conn.execute(facts.text("sql", "loads.sql"))
    conn.execute("DELETE FROM loads WHERE kind = ?", [load.kind])
    values = [load.kind, load.file, load.vintage, load.row_count, load.figure_count, load.sha256]
    conn.execute("INSERT INTO loads VALUES (?, ?, ?, ?, ?, ?)", values)
    return load


def check(conn: DuckDBPyConnection) -> list[tuple[str, str, float, float | None]]:
    """Return (place or kind, figure, expected, found) of every known figure of what was loaded."""
    loaded = {load.kind: load for load in loads(conn)}
    results = []
    for known in facts.rows("check_figures.csv"):
        load = loaded.get(known["kind"])
        if load is None or load.vintage not in (None, known["vintage"]):
            continue
        found = load.row_count if known["figure"] == "rows" else _figure(conn, known)
        results.append((known["fips"] or known["kind"], known["figure"], float(known["value"]), found))
    return results


def _figure(conn: DuckDBPyConnection, known: dict[str, str]) -> float | None:
    if known["kind"] == "places":
        query = "SELECT crude_pct FROM places_measure WHERE fips = $fips AND measure = $figure"
        found = conn.cursor().execute(query, {"fips": known["fips"], "figure": known["figure"]}).fetchall()
    else:
        query = f'SELECT "{known["figure"]}" FROM svi_county WHERE fips = $fips'
        found = conn.cursor().execute(query, {"fips": known["fips"]}).fetchall()
    return float(found[0][0]) if found and found[0][0] is not None else None

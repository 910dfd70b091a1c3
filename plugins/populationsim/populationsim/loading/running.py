"""The loading itself: one transaction per file, so that a killed `init` leaves the old table or the new one."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from healthsim_core.errors import UserError
from populationsim import facts
from populationsim.loading.checking import ALL_THE_SAME, missing_counties, refuse_partial, refuse_too_many, reject_rows
from populationsim.loading.database import Load, digest, loads, open_reference, record
from populationsim.loading.kinds import KINDS
from populationsim.loading.layouts import EVERYTHING, STAGING, Kind, Limits, Progress, silent
from populationsim.loading.reading import UNPACKING, Table, breaks_off, survey, table_of, unpacked

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "1GB"
POLL = 0.2
"""Seconds between two looks at how far a long query is."""


def load_places(conn: DuckDBPyConnection, path: str | Path) -> Load:
    """Load a CDC PLACES county file into `places_county` and `places_measure`; UserError says what is wrong with it."""
    return load_file(conn, "places", path)[0]


def load_svi(conn: DuckDBPyConnection, path: str | Path) -> Load:
    """Load a CDC/ATSDR SVI county file into `svi_county`; UserError says what is wrong with it."""
    return load_file(conn, "svi", path)[0]


def load_reference(
    database: Path,
    places: Path | None = None,
    svi: Path | None = None,
    progress: Progress = silent,
    *,
    files: Mapping[str, Path] | None = None,
    limits: Limits = EVERYTHING,
    vintages: Mapping[str, str] | None = None,
    allow_partial: bool = False,
) -> dict[str, tuple[Load, list[str]]]:
    """Load the given files by kind into the reference database, one after the other; return {kind: (load, notes)}.

    Each is loaded whole or not at all. Where one is refused, those before it stay, and a database that was not there
    and has nothing in it is removed.
    """
    given = {name: path for name, path in (("places", places), ("svi", svi)) if path is not None} | dict(files or {})
    ordered = [name for name in KINDS if name in given]
    database.parent.mkdir(parents=True, exist_ok=True)
    begun = not database.exists()
    done: dict[str, tuple[Load, list[str]]] = {}
    try:
        with open_reference(database, read_only=False) as conn:
            _tidied(database)
            # The provider file is larger than the memory of many machines; what does not fit is set down beside it.
            conn.execute(f"SET memory_limit = '{MEMORY}'; SET preserve_insertion_order = false")
            for name in ordered:
                vintage = (vintages or {}).get(name)
                beside = database.parent
                done[name] = load_file(conn, name, given[name], progress, limits, vintage, beside, allow_partial)
        return done
    finally:
        if begun and not done:
            for leftover in (database, database.with_name(database.name + ".wal")):
                leftover.unlink(missing_ok=True)


def _tidied(database: Path) -> None:
    """Remove what a killed `init` left beside the database; whoever has it open for writing is alone with it."""
    for leftover in (*database.parent.glob(f"{UNPACKING}*"), database.with_name(database.name + ".tmp")):
        shutil.rmtree(leftover, ignore_errors=True)


def load_file(
    conn: DuckDBPyConnection,
    name: str,
    path: str | Path,
    progress: Progress = silent,
    limits: Limits = EVERYTHING,
    vintage: str | None = None,
    beside: Path | None = None,
    allow_partial: bool = False,
) -> tuple[Load, list[str]]:
    """Load one file of a kind; return the load and what there is to say of it: rows refused, or that nothing changed.

    `vintage` serves where the file does not say its own. `beside` is the folder to unpack archives in. A file that breaks
    off, or has less than half of what was loaded before, is refused unless `allow_partial`.
    """
    kind, path = KINDS[name], Path(path)
    if not path.is_file():
        raise UserError(f"cannot read {path}: no such file")
    label = limits.label if kind.limited else ""
    content = survey(path, progress)
    before = next((load for load in loads(conn) if load.kind == name), None)
    if before and (before.sha256, before.limits, before.version) == (content.sha256, label, kind.version):
        return before, [f"{path.name}: the same file was loaded before, so nothing changed"]
    conn.execute("BEGIN")
    try:
        with unpacked(path, kind, beside, progress) as plain:
            encoding = content.encoding if plain == path else survey(plain, progress).encoding
            table = table_of(plain, kind, encoding, path)
            if not allow_partial and breaks_off(table):
                raise UserError(f"{path} is incomplete: its last line breaks off; {ALL_THE_SAME}")
            problems = _fill(conn, kind, table, path, limits, progress)
            said = kind.vintage(conn, plain) or kind.vintage(conn, path) or vintage
        load = _loaded(conn, kind, path, said, content.sha256, sum(count for count, _ in problems), label)
        if not allow_partial:
            refuse_partial(path, kind, before, load)
        record(conn, load)
        conn.execute("COMMIT")
    except BaseException as error:
        conn.execute("ROLLBACK")
        if isinstance(error, duckdb.Error):
            raise UserError(f"{path} cannot be loaded: {str(error).strip().splitlines()[0]}") from error
        raise
    notes = [f"{path.name}: refused: {why}" for count, why in problems if count]
    if table.form.lacks:
        notes.append(f"{path.name}: {table.form.lacks}")
    return load, [*notes, *missing_counties(kind, load), *_replaced(before, load)]


def _replaced(before: Load | None, load: Load) -> list[str]:
    """Say which load gave way to another; nothing where there was none, or the same in the form of an earlier release of ours."""
    if before is None or (before.sha256, before.limits) == (load.sha256, load.limits):
        return []
    was, now = (f"{one.vintage or one.file}{f' of {one.limits}' if one.limits else ''}" for one in (before, load))
    change = f"{was} gave way to {now}" if was != now else f"{before.file} gave way to another file of {now}"
    return [f"{load.file}: {change}; scenarios keep the figures that they were made with"]


def _loaded(conn: DuckDBPyConnection, kind: Kind, path: Path, vintage, sha256: str, refused: int, label: str) -> Load:
    (rows,) = conn.execute(f"SELECT count(*) FROM {kind.tables[0]}").fetchall()[0]
    if kind.name in ("population", "sex_race"):
        (rows,) = conn.execute(f"SELECT count(DISTINCT fips) FROM {kind.tables[0]}").fetchall()[0]
    (figures,) = conn.execute(kind.figures).fetchall()[0]
    return Load(
        kind.name, path.name, vintage, rows, int(figures), sha256, refused, label, kind.version, digest(conn, kind.name)
    )


def _fill(
    conn: DuckDBPyConnection, kind: Kind, table: Table, path: Path, limits: Limits, progress: Progress
) -> list[tuple[int, str]]:
    """Make the tables of a kind from a file; return (count, why) of the rows that were refused."""
    _register(conn, kind, limits)
    if not kind.staged:
        return _stream(conn, kind, table, path, progress)
    try:
        conn.execute(
            f"CREATE OR REPLACE TEMP TABLE {STAGING} AS SELECT *, '' AS place_key, false AS place_refused FROM {table.sql}"
        )
    except duckdb.Error as error:
        raise UserError(f"{path} is not a {kind.title}: {str(error).strip().splitlines()[0]}") from error
    conn.execute(f"DELETE FROM {STAGING} WHERE NOT coalesce({table.form.rows}, false)")
    conn.execute(f"UPDATE {STAGING} SET place_key = coalesce({table.form.key}, '')")
    problems = reject_rows(conn, path, kind, table.form)
    conn.execute(table.form.sql())
    conn.execute(f"DROP TABLE {STAGING}")
    return problems


def _stream(
    conn: DuckDBPyConnection, kind: Kind, table: Table, path: Path, progress: Progress
) -> list[tuple[int, str]]:
    """Make a table straight from the file, in the memory of a few blocks; `reason` tells which rows are refused."""
    (target,) = kind.tables
    # DuckDB does not know how many rows a file has, takes it for small, and would hold it all to look up the few rows of ours.
    conn.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    try:
        _watched(conn, table.form.sql().replace("{reading}", table.sql), f"loading {path.name}", progress)
    finally:
        conn.execute("RESET disabled_optimizers")
    found = conn.execute(
        f"SELECT reason, count(*), min(npi) FROM {target} WHERE reason IS NOT NULL GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    problems = [(count, f"{count:,} rows: {reason}, such as {example!r}") for reason, count, example in found]
    (total,) = conn.execute(f"SELECT count(*) FROM {target}").fetchall()[0]
    if total:
        refuse_too_many(path, kind, problems, sum(count for count, _ in problems), total)
    conn.execute(f"DELETE FROM {target} WHERE reason IS NOT NULL")
    conn.execute(f"ALTER TABLE {target} DROP COLUMN reason")
    return problems


def _watched(conn: DuckDBPyConnection, script: str, message: str, progress: Progress) -> None:
    """Run a long query and tell how far it is."""
    conn.execute("SET enable_progress_bar = true; SET progress_bar_time = 0")
    over = threading.Event()

    def tell() -> None:
        while not over.wait(POLL):
            done = conn.query_progress()
            progress(message, done / 100 if done >= 0 else None)

    watcher = threading.Thread(target=tell, daemon=True)
    watcher.start()
    try:
        conn.execute(script)
    finally:
        over.set()
        watcher.join()


def _register(conn: DuckDBPyConnection, kind: Kind, limits: Limits) -> None:
    """Give the scripts what they join: states; for providers counties by name and by ZIP, and which are wanted."""
    from populationsim.zip_counties import zip_counties

    _temporary(conn, "init_states", {"fips": [s.fips for s in facts.states().values()], "state": list(facts.states())})
    if not kind.limited:
        return
    rows = [(one.fips, one.state, facts.fold(one.name), facts.bare(one.name)) for one in facts.counties().values()]
    _temporary(
        conn, "init_counties", dict(zip(("fips", "state", "name", "bare"), zip(*rows, strict=True), strict=True))
    )
    zips = zip_counties()
    _temporary(conn, "init_zips", {"zip_code": list(zips), "fips": list(zips.values())})
    named = [
        (one.abbreviation, name) for one in facts.states().values() for name in (one.abbreviation, one.name.upper())
    ]
    _temporary(conn, "init_state_names", dict(zip(("state", "name"), zip(*named, strict=True), strict=True)))
    _temporary(conn, "init_wanted_states", {"state": list(limits.wanted_states)})
    _temporary(conn, "init_wanted_counties", {"fips": list(limits.counties)})


def _temporary(conn: DuckDBPyConnection, name: str, columns: Mapping[str, Any]) -> None:
    """Make a temporary table of text columns."""
    lists = ", ".join(f"unnest(?::VARCHAR[]) AS {column}" for column in columns)
    conn.execute(
        f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {lists}", [list(values) for values in columns.values()]
    )

"""Official files: the rows of NPPES and of CMS's hospitals that `healthsim init` loaded, for the counties of a scenario."""

from __future__ import annotations

import functools
import importlib.resources
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np

from healthsim_core.declarations import Reference, ReferenceProfile
from healthsim_core.facts import read_csv

DATABASE = "reference.duckdb"
PROVIDERS, HOSPITALS = "nppes_providers", "cms_hospitals"


def resolve(request: Mapping[str, object], workspace: Path) -> ReferenceProfile:
    """Return where the real rows of some counties are and a fingerprint of them; ValueError where none were loaded."""
    if "counties" not in request:
        raise ValueError('nppes says who the providers are, not where people live: "network": {"source": "nppes"}')
    counties = list(request["counties"])
    database = Path(workspace) / DATABASE
    if not database.is_file():
        raise ValueError(f"no official files are loaded: {_HOW}")
    stamp = database.stat()
    fingerprint = _fingerprint(database, tuple(counties), (stamp.st_mtime_ns, stamp.st_size))
    return ReferenceProfile(
        "NPPES and CMS hospitals", facts={"database": str(database), "counties": counties}, fingerprint=fingerprint
    )


_HOW = "load NPPES with healthsim init (see healthsim init --help)"


@functools.lru_cache(maxsize=16)
def _fingerprint(database: Path, counties: tuple[str, ...], stamp: tuple[int, int]) -> str:
    found = []
    with duckdb.connect(str(database), read_only=True) as conn:
        loaded = _loaded(conn)
        if PROVIDERS not in loaded:
            also = "; hospitals alone do not make a directory" if HOSPITALS in loaded else ""
            raise ValueError(f"no NPPES file is loaded: {_HOW}{also}")
        for table, script in ((PROVIDERS, "fingerprint_providers"), (HOSPITALS, "fingerprint_hospitals")):
            if table in loaded:
                count, digest = conn.execute(_sql(script), [list(counties)]).fetchone()
                found.append(f"{count}-{digest or 0:x}")
        told = conn.execute(_sql("releases")).fetchall() if "loads" in loaded else []
    releases = ", ".join(" ".join(word for word in one if word) for one in told)
    return " ".join(found) + (f" of {releases}" if releases else "")


def _loaded(conn: duckdb.DuckDBPyConnection) -> set[str]:
    return {name for (name,) in conn.execute("SELECT table_name FROM information_schema.tables").fetchall()}


def _sql(name: str) -> str:
    return importlib.resources.files("networksim").joinpath("sql", f"{name}.sql").read_text("utf-8")


def read(database: Path, counties: Sequence[str]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the rows of NPPES and of CMS's hospitals of some counties, as arrays by column."""
    taxonomies = [(row["prefix"], row["sort"], row["kind"]) for row in read_csv("networksim", "data", "taxonomies.csv")]
    with duckdb.connect(str(database), read_only=True) as conn:
        loaded = _loaded(conn)
        conn.execute("CREATE TEMP TABLE taxonomies (prefix VARCHAR, sort VARCHAR, kind VARCHAR)")
        conn.executemany("INSERT INTO taxonomies VALUES (?, ?, ?)", taxonomies)
        rows = _arrays(conn.execute(_sql("known"), [list(counties)]))
        none = {name: np.empty(0, object) for name in ("ccn", "name", "address_line", *PLACE)}
        hospitals = _arrays(conn.execute(_sql("hospitals"), [list(counties)])) if HOSPITALS in loaded else none
    return rows, hospitals


PLACE = ("city", "state", "zip_code", "county_fips")


def _arrays(result) -> dict[str, np.ndarray]:
    names = [one[0] for one in result.description]
    columns = list(zip(*result.fetchall(), strict=True)) or [()] * len(names)
    return {name: np.array(column, object) for name, column in zip(names, columns, strict=True)}


NPPES = Reference(
    "nppes",
    "Real providers, organisations and hospitals of the counties where people live, once healthsim init has loaded them.",
    "CMS, National Plan and Provider Enumeration System, monthly file; CMS, Hospital General Information",
    "public domain (US government)",
    resolve,
    ("directory",),
)

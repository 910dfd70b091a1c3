"""`healthsim init`: load the official files into the reference database, and say what is in them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from healthsim_core.errors import UserError
from populationsim import loading
from populationsim.resolving import DATABASE, ReferenceProfileResolver, workspace

SHOWN = ("48201", "06073")
_COLUMNS = (
    ("population", "population"),
    ("rpl_themes", "RPL_THEMES"),
    ("pct_uninsured", "uninsured %"),
    ("pct_65_plus", "65+ %"),
    ("pct_hispanic", "Hispanic %"),
    ("pct_diabetes", "diabetes %"),
    ("pct_obesity", "obesity %"),
    ("pct_hypertension", "high BP %"),
)


@click.command("init")
@click.option("--places", type=click.Path(path_type=Path), help="CDC PLACES county file, GIS-friendly layout (CSV).")
@click.option("--svi", type=click.Path(path_type=Path), help="CDC/ATSDR SVI county file (CSV).")
@click.option("--check", is_flag=True, help="Compare with known figures; exit 2 where they differ.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def init(places: Path | None, svi: Path | None, check: bool, as_json: bool) -> None:
    """Load official county files into the reference database."""
    database = workspace() / DATABASE
    if places is None and svi is None and not check:
        raise UserError("nothing to load: give --places FILE or --svi FILE, or --check for what is loaded already")
    if places is None and svi is None and not database.is_file():
        raise UserError(f"nothing to check: {database} does not exist; load it with --places FILE --svi FILE")
    for path in (places, svi):
        if path is not None and not path.is_file():
            raise UserError(f"cannot read {path}: no such file")
    if places is not None or svi is not None:
        with _progress() as progress:
            loading.load_reference(database, places, svi, progress)
    with loading.open_reference(database) as conn:
        report = _report(conn, database)
        compared = loading.check(conn)
    differing = [one for one in compared if one[2] != one[3]]
    if check:
        report["checked"], report["differing"] = len(compared), [list(one) for one in differing]
    click.echo(json.dumps(report, indent=2) if as_json else _table(report))
    if check:
        _judge(compared, differing, as_json)


def _judge(compared: list, differing: list, as_json: bool) -> None:
    if differing:
        lines = [
            f"{place} {figure}: expected {expected:.10g}, found {_found(found)}"
            for place, figure, expected, found in differing
        ]
        raise UserError("the figures differ from the known ones:\n  " + "\n  ".join(lines))
    if not compared:
        raise UserError("no known figures of the releases that are loaded; there are some of PLACES 2022 and SVI 2022")
    if not as_json:
        click.echo(f"check: all {len(compared)} known figures agree")


def _found(value: float | None) -> str:
    return "nothing" if value is None else f"{value:.10g}"


def _report(conn, database: Path) -> dict[str, Any]:
    resolver = ReferenceProfileResolver(conn)
    figures = {}
    for fips in SHOWN:
        profile = resolver.resolve_county(fips)
        figures[fips] = {"name": profile.label, **{name: getattr(profile, name) for name, _ in _COLUMNS}}
    return {
        "database": str(database),
        "loads": [
            {
                "kind": load.kind,
                "file": load.file,
                "vintage": load.vintage,
                "rows": load.row_count,
                "figures": load.figure_count,
                "sha256": load.sha256,
            }
            for load in loading.loads(conn)
        ],
        "figures": figures,
        "fingerprint": loading.fingerprint(conn),
    }


def _table(report: dict[str, Any]) -> str:
    lines = [f"reference database {report['database']}, fingerprint {report['fingerprint']}"]
    for load in report["loads"]:
        vintage = load["vintage"] or "unknown vintage"
        counts = f"{load['rows']:>6,} counties {load['figures']:>8,} figures"
        lines.append(f"  {load['kind']:<7}{counts}  {vintage}  {load['file']}")
    places = list(report["figures"].values())
    lines += ["", f"{'':<14}" + "".join(f"{place['name']:>22}" for place in places)]
    for name, title in _COLUMNS:
        lines.append(f"{title:<14}" + "".join(f"{_shown(place[name]):>22}" for place in places))
    loaded = {load["kind"] for load in report["loads"]}
    lacking = [title for kind, title in (("places", "PLACES"), ("svi", "SVI")) if kind not in loaded]
    if lacking:
        lines += ["", f"{' and '.join(lacking)} not loaded: the built-in figures of states and large counties serve"]
    return "\n".join(lines)


def _shown(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


@contextmanager
def _progress() -> Iterator[loading.Progress]:
    """Give a function that says on stderr, where that is a terminal, what is being done."""
    if not sys.stderr.isatty():
        yield lambda message: None
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield status.update

"""`healthsim init`: load the official files into the reference database, and say what is in them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from attrs import field, frozen

from healthsim_core.errors import UserError, suggestion
from populationsim import facts, loading
from populationsim.resolving import DATABASE, ReferenceProfileResolver, workspace

SHOWN = ("48201", "06073")
DOWNLOADS = "downloads"
"""The folder of the workspace that fetched files are kept in."""
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


def _files(command: Callable) -> Callable:
    """Add an option per kind of file."""
    for kind in reversed(loading.KINDS.values()):
        text = f"{kind.title} (CSV{', or as zipped' if kind.name in ('nppes', 'sahie') else ', XLSX' if kind.name == 'cbsa' else ''})."
        command = click.option(kind.option, kind.name, type=click.Path(path_type=Path), metavar="FILE", help=text)(
            command
        )
    return command


@click.command("init")
@_files
@click.option(
    "--state", "states", multiple=True, metavar="TX", help="Hospitals and NPPES: only this state; repeatable."
)
@click.option("--county", "counties", multiple=True, metavar="48201", help="The same for a county, by ZIP; repeatable.")
@click.option(
    "--vintage", "vintages", multiple=True, metavar="KIND=2022", help="The release of a file that does not say it."
)
@click.option(
    "--download",
    is_flag=False,
    flag_value="usual",
    metavar="[KINDS]",
    help="Fetch the files from their publishers first: all by county, or the kinds named (places-tract,nppes).",
)
@click.option("--mirror", metavar="URL", help="Fetch from this address instead of the publishers'.")
@click.option("--timeout", type=float, default=30.0, show_default=True, help="Seconds to wait for a publisher.")
@click.option(
    "--allow-partial", is_flag=True, help="Load a file that breaks off, or has less than half of what it replaces."
)
@click.option("--check", is_flag=True, help="Compare with known figures; exit 2 where they differ.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def init(
    states, counties, vintages, download, mirror, timeout, allow_partial: bool, check: bool, as_json: bool, **files
) -> None:
    """Load official files into the reference database: counties and tracts, hospitals and providers.

    Each file is loaded whole or not at all, and the same file again changes nothing: after an interruption, run it again.
    """
    database = workspace() / DATABASE
    given = {name: path for name, path in files.items() if path is not None}
    _check_request(given, download, mirror, check, database)
    said = _vintages(vintages)
    limits = _limits(states, counties, {*given, *_kinds(download)})
    notes: list[str] = []
    failures: list[str] = []
    if given or download:
        with _progress() as progress:
            if download:
                fetched = _fetched(_kinds(download), database.parent / DOWNLOADS, progress, mirror, timeout)
                given, said = {**given, **fetched.files}, fetched.vintages | said
                notes, failures = fetched.notes, fetched.failures
            if failures and not given:
                raise UserError("\n".join(failures))
            done = loading.load_reference(
                database, files=given, limits=limits, vintages=said, progress=progress, allow_partial=allow_partial
            )
        notes += [note for _, found in done.values() for note in found]
    with loading.open_reference(database) as conn:
        report = _report(conn, database) | {"notes": notes}
        compared = loading.check(conn) if check else []
    report |= {"next": _next({*given} or {load["kind"] for load in report["loads"]})}
    if check:
        report["checked"] = len(compared)
        report["differing"] = [[one.place, one.figure, one.expected, one.found] for one in compared if one.differs]
    click.echo(json.dumps(report, indent=2) if as_json else _table(report))
    if check:
        _judge(report["loads"], compared, as_json)
    if failures:
        raise UserError("not everything could be fetched; what could is loaded\n" + "\n".join(failures))


def _check_request(
    given: Mapping[str, Path], download: str | None, mirror: str | None, check: bool, database: Path
) -> None:
    if mirror and not download:
        raise UserError("--mirror says where to fetch from; add --download")
    if not given and not download and not check:
        raise UserError(
            "nothing to load: give --places FILE or --svi FILE (healthsim init --help lists all), --download to fetch them, "
            "or --check for what is loaded already"
        )
    if not given and not download and not database.is_file():
        raise UserError(f"nothing to check: {database} does not exist; load it with --places FILE --svi FILE")
    for path in given.values():
        if not path.is_file():
            raise UserError(f"cannot read {path}: no such file")


def _kinds(download: str | None) -> list[str]:
    """Return the kinds to fetch; UserError for one that is not."""
    from populationsim.downloading import USUAL

    if not download:
        return []
    if download == "usual":
        return list(USUAL)
    if download == "all":
        return list(loading.KINDS)
    asked = [word.strip().replace("-", "_") for word in download.split(",") if word.strip()]
    for word in asked:
        if word not in loading.KINDS:
            names = [name.replace("_", "-") for name in loading.KINDS]
            raise UserError(f"--download: unknown kind {word!r}{suggestion(word, names)}")
    return asked


def _vintages(words: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for word in words:
        kind, equals, vintage = word.partition("=")
        name = kind.strip().replace("-", "_")
        if not equals or not vintage.strip():
            raise UserError(f"--vintage: expected KIND=VINTAGE such as places=2022, got {word!r}")
        if name not in loading.KINDS:
            raise UserError(f"--vintage: unknown kind {kind!r}{suggestion(kind, loading.KINDS)}")
        found[name] = vintage.strip()
    return found


def _limits(states: tuple[str, ...], counties: tuple[str, ...], kinds: set[str]) -> loading.Limits:
    limits = loading.Limits(
        tuple(facts.find_state(one).abbreviation for one in states),
        tuple(facts.find_county(one).fips for one in counties),
    )
    if limits.label and not any(loading.KINDS[name].limited for name in kinds):
        raise UserError("--state and --county choose among --hospitals and --nppes; the other files are loaded whole")
    return limits


@frozen
class _Fetched:
    """What came of fetching several files: one publisher out of reach does not keep back the others' files."""

    files: dict[str, Path] = field(factory=dict)
    vintages: dict[str, str] = field(factory=dict)
    notes: list[str] = field(factory=list)
    failures: list[str] = field(factory=list)


def _fetched(
    kinds: list[str], folder: Path, progress: loading.Progress, mirror: str | None, timeout: float
) -> _Fetched:
    from populationsim.downloading import fetch

    result = _Fetched()
    for name in kinds:
        try:
            found = fetch(name, folder, progress, mirror, timeout)
        except UserError as error:
            result.failures.append(str(error))
            continue
        result.files[name] = found.path
        result.vintages.update({name: found.vintage} if found.vintage else {})
        result.notes.append(f"{found.path.name}: {'fetched' if found.new else 'still the latest, not fetched again'}")
    return result


def _next(kinds: set[str]) -> list[str]:
    """Return what each kind of file is for, those that serve the same together."""
    serving: dict[str, list[str]] = {}
    for name, kind in loading.KINDS.items():
        if name in kinds:
            serving.setdefault(kind.serves, []).append(name.replace("_", "-"))
    return [f"{', '.join(names)}: {serves}" for serves, names in serving.items()]


def _judge(loads: list[Mapping[str, Any]], compared: list[loading.Compared], as_json: bool) -> None:
    """Say kind by kind how many known figures agree; UserError where some do not, or none is known."""
    known = sorted({f"{one['kind']} {one['vintage']}" for one in facts.rows("check_figures.csv")})
    lines, differing = [], [one for one in compared if one.differs]
    for load in loads:
        mine = [one for one in compared if one.kind == load["kind"]]
        agree = sum(not one.differs for one in mine)
        told = f"{agree} of {len(mine)} known figures agree" if mine else "none are known of this release"
        lines.append(f"  {load['kind'].replace('_', '-'):<13}{load['vintage'] or '':<12}{told}")
    if not as_json:
        click.echo("\n".join(["", "check", *lines]))
    if differing:
        said = [
            f"{one.place} {one.figure}: expected {one.expected:.10g}, found {_found(one.found)}" for one in differing
        ]
        raise UserError("the figures differ from the known ones:\n  " + "\n  ".join(said))
    if not compared:
        raise UserError(f"no known figures of the releases that are loaded; there are some of {', '.join(known)}")
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
    order = list(loading.KINDS)
    return {
        "database": str(database),
        "loads": [
            {
                "kind": load.kind,
                "file": load.file,
                "vintage": load.vintage,
                "rows": load.row_count,
                "figures": load.figure_count,
                "rejected": load.rejected_count,
                "limits": load.limits,
                "sha256": load.sha256,
            }
            for load in sorted(loading.loads(conn), key=lambda load: order.index(load.kind))
        ],
        "figures": figures,
        "fingerprint": loading.fingerprint(conn),
    }


def _table(report: dict[str, Any]) -> str:
    lines = [f"reference database {report['database']}, fingerprint {report['fingerprint']}"]
    for load in report["loads"]:
        kind = loading.KINDS[load["kind"]]
        said = f"  {load['vintage'] or 'unknown vintage'}  {load['file']}"
        said += f"  only {load['limits']}" if load["limits"] else ""
        said += f"  {load['rejected']:,} rows refused" if load["rejected"] else ""
        lines.append(f"  {load['kind'].replace('_', '-'):<13}{load['rows']:>9,} {kind.unit:<9}{said}")
    lines += [f"  {note}" for note in report["notes"]]
    places = list(report["figures"].values())
    lines += ["", f"{'':<14}" + "".join(f"{place['name']:>22}" for place in places)]
    for name, title in _COLUMNS:
        lines.append(f"{title:<14}" + "".join(f"{_shown(place[name]):>22}" for place in places))
    loaded = {load["kind"] for load in report["loads"]}
    lacking = [title for kind, title in (("places", "PLACES"), ("svi", "SVI")) if kind not in loaded]
    if lacking:
        lines += ["", f"{' and '.join(lacking)} not loaded: the built-in figures of states and large counties serve"]
    lines += ["", "what it is for, from now on", *(f"  {one}" for one in report["next"])]
    return "\n".join(lines)


def _shown(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


@contextmanager
def _progress() -> Iterator[loading.Progress]:
    """Give a function that shows on stderr, where that is a terminal, what is being done and how far it is."""
    if not sys.stderr.isatty():
        yield lambda message, share=None: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    shown = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*shown, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def tell(message: str, share: float | None = None) -> None:
            bar.update(task, description=message, total=None if share is None else 1.0, completed=share or 0.0)

        yield tell

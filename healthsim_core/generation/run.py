"""Run a plan: spans of people generated while the last ones are being written, one scenario at the end or none."""

from __future__ import annotations

import datetime
import hashlib
import json
import queue
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen

from healthsim_core import catalog as catalogs
from healthsim_core.catalog import Catalog
from healthsim_core.columns import Columns
from healthsim_core.errors import UserError
from healthsim_core.export import Source, Written, export
from healthsim_core.generation.handling import generate_span
from healthsim_core.generation.plan import Plan
from healthsim_core.generation.resolving import Asked, resolve
from healthsim_core.generation.validation import Tally, ValidationReport
from healthsim_core.state.store import Scenario, ScenarioWriter, Store, home, read_about, sanitize_name

SPAN_SIZE = 10_000
"""Persons generated at a time: enough to keep numpy busy, few enough to keep memory flat."""
SPANS_PER_FLUSH = 8
"""Spans appended between commits: fewer keep memory lower, more keep the file smaller."""

EXPORT_MEMORY = "1GB"

Progress = Callable[[int, int], None]
"""`progress(done, total)` in persons."""


@frozen
class Result:
    """What a generation came to."""

    plan: Plan
    scenario: Scenario | None
    validation: ValidationReport
    counts: dict[str, int]
    seconds: float
    written: tuple[Written, ...] = ()
    notices: tuple[str, ...] = ()
    _keep: Any = field(default=None, repr=False)

    @property
    def summary(self) -> dict[str, Any]:
        """Return what was made, in short and as plain data."""
        return {
            "scenario": self.scenario.name if self.scenario else None,
            "seed": self.plan.seed,
            "as_of": self.plan.as_of.isoformat(),
            "products": list(self.plan.products),
            "people": self.plan.people_count,
            "tables": dict(self.counts),
            "rows": sum(self.counts.values()),
            "seconds": round(self.seconds, 3),
            "validation": {"passed": self.validation.passed, "errors": self.validation.errors},
            "outputs": [
                {
                    "format": one.format,
                    "folder": str(one.folder),
                    "files": len(one.files),
                    "bytes": sum(one.files.values()),
                    "counts": dict(one.counts),
                    "notes": list(one.notes),
                }
                for one in self.written
            ],
            "notices": list(self.notices),
        }

    @property
    def entities(self):
        """Return the people as lazy views: `entity_id` and `attributes`."""
        from healthsim_core.generation.views import Entities

        return Entities(self.plan)

    def to_arrow(self, table: str):
        """Return a table as a pyarrow Table (needs pyarrow)."""
        return self.scenario.to_arrow(table)

    def df(self, table: str):
        """Return a table as a pandas DataFrame (needs pandas)."""
        return self.scenario.df(table)

    def pl(self, table: str):
        """Return a table as a polars DataFrame (needs polars)."""
        return self.scenario.pl(table)


def generate(
    profile: object,
    journey: object = None,
    count: int | None = None,
    products: Sequence[str] | None = None,
    output_formats: Sequence[str] | None = None,
    persist: bool = True,
    seed: int | None = None,
    *,
    out: str | Path | None = None,
    name: str | None = None,
    tags: Iterable[str] = (),
    as_of=None,
    county: str | None = None,
    validation: str | None = None,
    dry_run: bool = False,
    catalog: Catalog | None = None,
    workspace: Path | None = None,
    span_size: int = SPAN_SIZE,
    progress: Progress | None = None,
) -> Result:
    """Generate a scenario from a profile or scenario (a template's name, a path, a dict or a specification).

    Files go to `out/<format>/`, by default under the workspace's `exports`. With `persist` false the data lives as long
    as the result. A dry run makes 5 units and saves nothing. Raises SpecificationError with every problem at once.
    """
    catalog = catalog or catalogs.build()
    store = Store(workspace or home())
    journeys = () if journey is None else tuple(journey) if isinstance(journey, list | tuple) else (journey,)
    asked = Asked(count, seed, as_of, tuple(products or ()), journeys, tuple(output_formats or ()), county, validation)
    plan = resolve(profile, catalog, store.root, asked)
    if dry_run:
        import attrs

        plan = attrs.evolve(plan, count=min(plan.count, 5))
    if name is not None and name != sanitize_name(name):
        raise UserError(
            f"name: expected lower-case letters, digits and hyphens, got {name!r}; perhaps {sanitize_name(name)!r}"
        )
    if name is not None and name in store.names():
        raise UserError(f"name: a scenario named {name!r} exists already; choose another")
    keep = None
    if dry_run or not persist:
        keep = tempfile.TemporaryDirectory(prefix="healthsim-")
        store = Store(Path(keep.name))
    scenario_name = name or store.free_name(sanitize_name(plan.name))
    return run(
        plan,
        store,
        scenario_name,
        catalog,
        out=out,
        tags=tuple(tags),
        span_size=span_size,
        progress=progress,
        keep=keep,
        write=not dry_run,
    )


def run(
    plan: Plan,
    store: Store,
    name: str,
    catalog: Catalog,
    *,
    out=None,
    tags: tuple[str, ...] = (),
    span_size: int = SPAN_SIZE,
    progress: Progress | None = None,
    keep: Any = None,
    write: bool = True,
) -> Result:
    """Run a plan into a new scenario of a store and write its formats."""
    started = time.perf_counter()
    with store.writer(name) as writer:
        tally = fill(plan, writer, span_size, progress)
        report = tally.report()
        if plan.validation == "strict" and not report.passed:
            raise UserError("validation is strict and these targets were missed:\n" + "\n".join(report.errors))
        counts = dict(sorted(writer.counts.items()))
        seconds = time.perf_counter() - started
        path = writer.finish(record(plan, name, tags, report, counts, seconds))
    scenario = Scenario(name, path)
    written: list[Written] = []
    if write and plan.formats:
        folder = Path(out) if out is not None else store.root / "exports" / name
        written = export_formats(scenario, plan.formats, folder, catalog)
    notices = (*plan.notices, *(note for one in written for note in one.notes))
    return Result(plan, scenario, report, counts, time.perf_counter() - started, tuple(written), notices, keep)


def fill(plan: Plan, writer: ScenarioWriter, span_size: int = SPAN_SIZE, progress: Progress | None = None) -> Tally:
    """Generate every span and append its rows; writing one span overlaps generating the next."""
    rosters = plan.build_rosters()
    for table, rows in rosters.items():
        writer.append(plan.tables[table], rows)
    tally = Tally.of(plan)
    pending: queue.Queue = queue.Queue(maxsize=1)
    failure: list[BaseException] = []

    def drain() -> None:
        appended = 0
        while (batch := pending.get()) is not None:
            if not failure:
                try:
                    for table, rows in batch.items():
                        writer.append(plan.tables[table], rows)
                    appended += 1
                    if appended % SPANS_PER_FLUSH == 0:
                        writer.flush()
                except BaseException as error:  # noqa: BLE001 - carried to the caller's thread
                    failure.append(error)

    thread = threading.Thread(target=drain, name="healthsim-writer")
    thread.start()
    done = 0
    try:
        for span in plan.spans(span_size):
            rows, timeline = generate_span(plan, span, rosters)
            tally.add(timeline.people)
            pending.put(rows)
            done += len(timeline.people)
            if progress is not None:
                progress(done, plan.people_count)
            if failure:
                break
    finally:
        pending.put(None)
        thread.join()
    if failure:
        raise failure[0]
    return tally


def record(
    plan: Plan, name: str, tags: tuple[str, ...], report: ValidationReport, counts: dict[str, int], seconds: float
) -> dict[str, Any]:
    """Return what a scenario remembers of how it was made."""
    return {
        "scenario_id": scenario_id(plan),
        "description": plan.specification["data"].get("description"),
        "tags": list(tags),
        "seed": plan.seed,
        "as_of": plan.as_of.isoformat(),
        "start_date": plan.start.isoformat(),
        "count": plan.count,
        "people": plan.people_count,
        "products": list(plan.products),
        "versions": dict(plan.versions),
        "references": dict(plan.fingerprints),
        "specification": plan.specification,
        "validation": report.to_dict(),
        "notices": list(plan.notices),
        "rows": sum(counts.values()),
        "seconds": round(seconds, 3),
    }


def scenario_id(plan: Plan) -> str:
    """Return an id that is a function of what was asked for, so that files made twice are the same bytes."""
    asked = {key: value for key, value in plan.specification["asked"].items() if key != "formats"}
    essence = [plan.specification["data"], asked, plan.seed, plan.count, plan.as_of.isoformat(), list(plan.products)]
    return hashlib.blake2b(json.dumps(essence, sort_keys=True, default=str).encode(), digest_size=16).hexdigest()


def export_formats(scenario: Scenario, formats: Iterable, folder: Path, catalog: Catalog) -> list[Written]:
    """Write a saved scenario in several formats under a folder."""
    with scenario.connect() as connection, tempfile.TemporaryDirectory(prefix="healthsim-sort-") as spill:
        # A bound and a place to spill to: sorting what is written must not grow with the scenario.
        connection.execute(f"SET memory_limit='{EXPORT_MEMORY}'")
        connection.execute(f"SET temp_directory='{spill}'")
        about = read_about(connection, scenario.name, scenario.path)
        source = Source(
            connection,
            scenario.name,
            about["scenario_id"],
            datetime.date.fromisoformat(about["as_of"]),
            frozenset(table for table, rows in about["tables"].items() if rows),
            catalog.format_parts(),
        )
        return [export(source, one, folder) for one in formats]


def rows_of_entity(plan: Plan, unit: int) -> dict[str, Columns]:
    """Return every table's rows of one unit, generated alone: the same as in the crowd."""
    from healthsim_core.columns import Span

    return generate_span(plan, Span(unit, unit + 1), plan.build_rosters())[0]

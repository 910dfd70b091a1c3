"""Run a plan: one scenario at the end, and its files, or none."""

from __future__ import annotations

import contextlib
import datetime
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from healthsim_core import catalog as catalogs
from healthsim_core.catalog import Catalog
from healthsim_core.errors import PluginError, UserError
from healthsim_core.export import Source, Written, export
from healthsim_core.generation.asking import Asked, Layer
from healthsim_core.generation.filling import Progress, fill
from healthsim_core.generation.parallel import Recipe, make_spans
from healthsim_core.generation.plan import Plan
from healthsim_core.generation.record import record, untaken
from healthsim_core.generation.resolving import remake, resolve
from healthsim_core.generation.validation import ValidationReport
from healthsim_core.state import history
from healthsim_core.state.statistics import measure
from healthsim_core.state.store import Scenario, Store, Tell, home, read_about, sanitize_name

EXPORT_MEMORY = "1GB"


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
    failures: tuple[str, ...] = ()
    """Event types whose handlers failed, in words; their rows are missing."""
    _catalog: Catalog | None = field(default=None, repr=False)
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
            "validation": {
                "level": self.plan.validation,
                "passed": self.validation.passed,
                "errors": self.validation.errors,
            },
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
            "status": "failed" if self.failures else "complete",
            "failures": list(self.failures),
            "notices": list(self.notices),
        }

    @property
    def entities(self):
        """Return the people as lazy views: `entity_id` and `attributes`."""
        from healthsim_core.generation.views import Entities

        return Entities(self.plan, self._catalog)

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
    profile: object = None,
    journey: object = None,
    count: int | None = None,
    products: Sequence[str] | None = None,
    output_formats: Sequence[str] | None = None,
    persist: bool = True,
    seed: int | None = None,
    *,
    out: str | Path | None = None,
    name: str | None = None,
    into: str | None = None,
    tags: Iterable[str] = (),
    as_of=None,
    county: str | None = None,
    validation: str | None = None,
    dry_run: bool = False,
    workers: int = 1,
    catalog: Catalog | None = None,
    workspace: Path | None = None,
    span_size: int | None = None,
    progress: Progress | None = None,
    command: str = "generate() in Python",
    tell: Tell | None = None,
) -> Result:
    """Generate a scenario from a profile or scenario (a template's or saved name, a path, a dict or a specification).

    Files go to `out/<format>/`, by default under the workspace's `exports`. With `persist` false the data lives as long
    as the result. A dry run makes 5 units and saves nothing. `workers` is how many processes generate, `span_size` how many
    persons at a time (by default as many as memory stays flat with); the data is the same. `into` names a saved scenario instead of a profile: `journey` is then lived by the people already there; where
    another process is changing it, `tell` hears that and this one waits. `command` is what the history says it was made by.
    Raises SpecificationError with every problem at once, UserError for a name that is taken or not known.
    """
    catalog = catalog or catalogs.build()
    store = Store(workspace or home())
    root = store.root
    journeys = () if journey is None else tuple(journey) if isinstance(journey, list | tuple) else (journey,)
    if workers < 1:
        raise UserError(f"workers must be 1 or more, got {workers}")
    if into is not None:
        store.get(into)
    with contextlib.nullcontext() if into is None or dry_run else store.locked(into, tell=tell):
        replacing = None
        if into is not None:
            given = {"a profile": profile, "count": count, "seed": seed, "as_of": as_of, "county": county, "name": name}
            extra = [what for what, value in given.items() if value is not None]
            if extra or not persist:
                raise UserError(
                    f"into: {into!r} says who its people are already; leave out {', '.join(extra or ['persist'])}"
                )
            if not journeys:
                raise UserError("into: say which journey its people are to live")
            replacing, name = store.get(into).about(), into
            if replacing.get("persisted"):
                raise UserError(
                    f"into: rows were added to {into!r} with persist; its people cannot be made again with them"
                )
            layer = Layer(journeys, tuple(products or ()))
            formats = tuple(output_formats) if output_formats else None
            plan = remake(
                replacing.get("specification", {}), catalog, root, layer, formats=formats, validation=validation
            )
        elif profile is None:
            raise UserError("say who: a profile or a scenario, or `into` a saved one")
        else:
            asked = Asked(
                count,
                seed,
                _day(as_of),
                tuple(products or ()),
                journeys,
                tuple(output_formats or ()),
                county,
                validation,
            )
            plan = resolve(profile, catalog, root, asked)
            if name is not None:
                check_name(name, store)
        if dry_run:
            plan = evolve(plan, count=min(plan.count, 5))
        keep = None
        if dry_run or not persist:
            keep = tempfile.TemporaryDirectory(prefix="healthsim-")
            store, replacing = Store(Path(keep.name)), None
        return run(
            plan,
            store,
            name or store.free_name(sanitize_name(plan.name)),
            catalog,
            out=out,
            tags=(tags,) if isinstance(tags, str) else tuple(tags),
            span_size=span_size,
            progress=progress,
            keep=keep,
            write=not dry_run,
            workers=workers,
            workspace=root,
            replacing=replacing,
            automatic=name is None,
            command=command,
        )


def _day(as_of: object) -> datetime.date | None:
    """Return a day given as a date or as text."""
    if isinstance(as_of, datetime.datetime):
        return as_of.date()
    if as_of is None or isinstance(as_of, datetime.date):
        return as_of
    try:
        return datetime.date.fromisoformat(str(as_of))
    except ValueError:
        raise UserError(f"as_of: expected a day such as 2025-01-31, got {as_of!r}") from None


def check_name(name: str, store: Store) -> None:
    """Raise UserError where a scenario cannot be called so, or another one is."""
    if name != sanitize_name(name):
        raise UserError(
            f"name: expected lower-case letters, digits and hyphens, got {name!r}; perhaps {sanitize_name(name)!r}"
        )
    if name in store.names():
        raise UserError(f"name: a scenario named {name!r} exists already; choose another")


def run(
    plan: Plan,
    store: Store,
    name: str,
    catalog: Catalog,
    *,
    out=None,
    tags: tuple[str, ...] = (),
    span_size: int | None = None,
    progress: Progress | None = None,
    keep: Any = None,
    write: bool = True,
    workers: int = 1,
    workspace: Path | None = None,
    replacing: Mapping[str, Any] | None = None,
    automatic: bool = False,
    command: str = "run() in Python",
) -> Result:
    """Run a plan into a new scenario of a store and write its formats; a failing handler leaves out the writing.

    `workspace` is where `workers` find reference data, by default the store's. `replacing` is the record of the scenario
    of that name, which is replaced in one step if its people come out the same.
    """
    started = time.perf_counter()
    spans_made = None
    if workers > 1:
        recipe = Recipe.of(plan, catalog, workspace or store.root)
        spans_made = partial(make_spans, recipe, workers=workers)
    noted = store if keep is None else None
    with (
        history.recorded(noted, name, plan.specification, command) as execution,
        store.writer(name, automatic) as writer,
    ):
        filled = fill(plan, writer, span_size, progress, spans_made)
        report, failures = filled.tally.report(), filled.told()
        if plan.validation == "strict" and not report.passed:
            raise UserError("validation is strict and these targets were missed:\n" + "\n".join(report.errors))
        if failures and replacing is not None:
            raise PluginError("nothing was changed, because handlers failed:\n" + "\n".join(failures))
        counts = dict(sorted(writer.counts.items()))
        seconds = time.perf_counter() - started
        notices = [*plan.notices, *untaken(plan, filled.events)]
        about = record(plan, tags, report, counts, seconds, failures, notices, filled.events)
        about["executions"] = execution.finished(about, counts, replacing)
        if replacing is not None:
            kept = {key: replacing[key] for key in ("scenario_id", "created_at")}
            about |= kept | {"tags": sorted({*replacing["tags"], *tags})}
        statistics = partial(measure, as_of=plan.as_of.isoformat(), catalog=catalog)
        path = execution.path = writer.finish(about, instead=replacing, measure=statistics)
    scenario = Scenario(path.stem, path)
    written: list[Written] = []
    if write and plan.formats and failures:
        notices.append("no files were written, because the execution failed; `healthsim export` writes what there is")
    elif write and plan.formats:
        folder = Path(out) if out is not None else store.root / "exports" / scenario.name
        written = export_formats(scenario, plan.formats, folder, catalog)
        notices += [note for one in written for note in one.notes]
    seconds = time.perf_counter() - started
    return Result(
        plan, scenario, report, counts, seconds, tuple(written), tuple(notices), tuple(failures), catalog, keep
    )


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
            catalog.all("table"),
            about,
        )
        return [export(source, one, folder) for one in formats]

"""Execute a saved scenario's specification again, into a new scenario whose rows are the same."""

from __future__ import annotations

from pathlib import Path

from attrs import field, frozen

from healthsim_core import catalog as catalogs
from healthsim_core.catalog import Catalog
from healthsim_core.generation.filling import Progress
from healthsim_core.generation.regenerating import differences
from healthsim_core.generation.resolving import remake
from healthsim_core.generation.run import Result, check_name, run
from healthsim_core.state.store import Store, home


@frozen
class Repeated:
    """A scenario made again: whether every table has the digest it had, and why where not."""

    name: str
    """The scenario that was made again."""
    result: Result
    tables: dict[str, tuple[tuple[int, str] | None, tuple[int, str] | None]]
    """(rows, digest) of every table, then and now; None where it is not there."""
    differences: tuple[str, ...] = field(default=())
    """Versions and reference data that have changed since."""

    @property
    def equal(self) -> bool:
        """Return whether the rows are the same."""
        return not self.differing

    @property
    def differing(self) -> list[str]:
        """Return the tables whose rows differ."""
        return [table for table, (then, now) in self.tables.items() if then != now]


def re_execute(
    name: str,
    new_name: str | None = None,
    *,
    catalog: Catalog | None = None,
    workspace: Path | None = None,
    workers: int = 1,
    progress: Progress | None = None,
    command: str = "re_execute() in Python",
) -> Repeated:
    """Execute a saved scenario's specification again with its seed and `as_of`, into a new scenario, and compare.

    The new one is called `new_name`, by default the first free of `name-2`, `name-3` … UserError where the scenario does
    not say how it was made, or was made with products that are not installed.
    """
    catalog = catalog or catalogs.build()
    store = Store(workspace or home())
    scenario = store.get(name)
    about = scenario.about()
    plan = remake(about.get("specification", {}), catalog, store.root)
    if new_name is not None:
        check_name(new_name, store)
    result = run(
        plan,
        store,
        new_name or store.free_name(name),
        catalog,
        tags=tuple(about["tags"]),
        progress=progress,
        write=False,
        workers=workers,
        automatic=new_name is None,
        command=f"{command}: {name}",
    )
    then, now = scenario.digest(), result.scenario.digest()
    tables = {table: (then.get(table), now.get(table)) for table in sorted({*then, *now})}
    return Repeated(name, result, tables, tuple(differences(about, plan)))

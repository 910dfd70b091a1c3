"""Open a scenario that has a directory, and say which of its rows are in a network."""

from __future__ import annotations

import contextlib
import datetime
import functools
import importlib.resources
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
from attrs import frozen

from healthsim_core.errors import UserError, suggestion


@functools.cache
def sql(name: str) -> str:
    """Return one of this package's SQL files."""
    return importlib.resources.files("networksim").joinpath("sql", f"{name}.sql").read_text("utf-8")


@frozen
class Directory:
    """An open scenario with a directory of providers."""

    connection: duckdb.DuckDBPyConnection
    as_of: datetime.date

    def columns(self, table: str) -> set[str]:
        """Return the names of a table's columns; none where there is no such table."""
        asked = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'main' AND table_name = ?"
        return {name for (name,) in self.connection.execute(asked, [table]).fetchall()}

    def words(self, table: str, column: str) -> list[str]:
        """Return the words of a column, sorted."""
        asked = f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY 1"
        return [word for (word,) in self.connection.execute(asked).fetchall()]

    def network(self, wanted: str) -> str:
        """Return a network's id as the scenario spells it; UserError with a suggestion where there is none."""
        return choose("network", wanted, self.words("networks", "network_id"))

    def inside(self, kind: str, network: str | None) -> str:
        """Return the SQL condition that a provider, facility or pharmacy is in a network now."""
        if network is None:
            return "true"
        key, name = f"{kind}_id", network.replace("'", "''")
        return f"{key} IN (SELECT {key} FROM network_participations WHERE network_id = '{name}' AND {key} IS NOT NULL)"


def choose(what: str, wanted: str, options: list[str]) -> str:
    """Return the option that a user means, whatever its case, blanks and hyphens; UserError with a suggestion for none."""
    return choose_all(what, wanted, options, {})[0]


def choose_all(what: str, wanted: str, options: list[str], called: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the options that a user means, by their names or by what people call them (`called`)."""
    folded = {_fold(option): option for option in options}
    meant = {_fold(word): [one for one in means if one in options] for word, means in called.items()}
    if _fold(wanted) in folded:
        return [folded[_fold(wanted)]]
    if meant.get(_fold(wanted)):
        return meant[_fold(wanted)]
    raise UserError(f"unknown {what} {wanted!r}{suggestion(wanted, [*options, *called])}")


def _fold(word: str) -> str:
    return "_".join(word.casefold().replace("-", " ").replace("_", " ").replace(",", " ").split())


@contextlib.contextmanager
def opened(scenario: Any) -> Iterator[Directory]:
    """Give a scenario's directory: of a name, an id, a scenario, or the result of `generate`."""
    from healthsim_core.state.finding import find
    from healthsim_core.state.scenario import read_about
    from healthsim_core.state.store import Store

    scenario = find(Store(), scenario) if isinstance(scenario, str) else getattr(scenario, "scenario", scenario)
    with scenario.connect() as connection:
        record = read_about(connection, scenario.name, scenario.path)
        if not record["tables"].get("providers"):
            raise UserError(f"scenario {scenario.name!r} has no providers; generate it with the product networksim")
        as_of = str(record.get("as_of") or record["created_at"])[:10]
        yield Directory(connection, datetime.date.fromisoformat(as_of))


def check_county(county: str | None) -> None:
    """Raise UserError where a county is not given by its FIPS code."""
    if county is not None and not (county.isascii() and county.isdigit() and len(county) == 5):
        raise UserError(f"county: expected the five digits of its FIPS code, such as '48201', got {county!r}")

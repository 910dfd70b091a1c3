"""What a file of a kind looks like: its columns, its key, the tables it becomes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import field, frozen

from populationsim import facts

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Progress = Callable[[str, float | None], None]
"""`progress(message, share)` is told what is being done, and which share of it is done where that is known."""

COUNTIES = (
    """a county's profile, "reference": {"type": "county", "fips": "48201"}; healthsim compare-counties 48201 06073"""
)
TRACTS = """a tract's profile, "reference": {"type": "tract", "fips": "48201100000"}"""
"""What files by county and by tract are for."""

STAGING = "init_file"
"""The temporary table of a file's rows, all text, with `place_key`."""


def silent(message: str, share: float | None = None) -> None:
    """Tell nobody."""


@frozen
class Limits:
    """Which part of a file is wanted: states by abbreviation, counties by FIPS; none: all of it."""

    states: tuple[str, ...] = ()
    counties: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Return the limits as they are recorded: `TX` or `48201,48157`; empty for all."""
        return ",".join(sorted(self.counties or self.states))

    @property
    def wanted_states(self) -> tuple[str, ...]:
        """Return the states asked for, or those of the counties asked for."""
        return self.states or tuple(sorted({facts.counties()[fips].state for fips in self.counties}))


EVERYTHING = Limits()


@frozen
class Form:
    """One of the layouts in which a kind of file comes."""

    columns: str
    """The data file that lists the columns that must be there, with the values they may take."""
    script: str
    """The SQL file that makes the tables."""
    key: str
    """An SQL expression of the file's columns that gives the key of a row, such as a county's FIPS."""
    pattern: str = ""
    """A regular expression of the key where it is more than so many digits: county and age group, county and measure."""
    rows: str = "true"
    """An SQL condition: which rows count; the others are passed over in silence (totals, other years)."""
    percents: str = ""
    """A regular expression: further columns whose values are percents."""
    names: tuple[tuple[str, str], ...] = ()
    """Words of the script and what takes their place: one script serves counties and tracts."""
    lacks: str = ""
    """What such a file does not have, said when it is loaded."""

    def wanted(self) -> dict[str, dict[str, str]]:
        """Return the listed columns by name: {"column", "low", "high"}."""
        return {one["column"]: one for one in facts.rows(self.columns)}

    def sql(self) -> str:
        """Return the script with the names filled in."""
        text = facts.text("sql", self.script)
        for word, name in (("file", STAGING), *self.names):
            text = text.replace("{" + word + "}", name)
        return text


@frozen
class Kind:
    """A kind of official file: where it goes and how it is checked."""

    name: str
    title: str
    unit: str
    """What one row is: `counties`, `tracts`, `hospitals`."""
    key_name: str
    """What the key is called in messages."""
    digits: int
    tables: tuple[str, ...]
    figures: str
    """SQL that counts what was loaded besides rows: figures, people."""
    forms: tuple[Form, ...]
    vintage: Callable[[DuckDBPyConnection, Path], str | None] = field(default=lambda conn, path: year_of(path))
    staged: bool = True
    """False: too large to be kept as text; the script reads the file itself and says in `reason` what it refuses."""
    limited: bool = False
    """Whether --state and --county choose among its rows."""
    member: str = r"(?i)\.csv$"
    """A regular expression: the file wanted of a ZIP archive."""
    serves: str = ""
    """What the loaded rows are for: said after loading, as what to do next."""
    version: int = 1
    """Raised when the script changes, so that the same file is loaded anew."""

    @property
    def option(self) -> str:
        """Return the option of `healthsim init` that takes such a file."""
        return "--" + self.name.replace("_", "-")


def year_of(path: Path) -> str | None:
    """Return the first year that stands in a file's name."""
    year = re.search(r"(?<!\d)20\d\d(?!\d)", path.stem)
    return year[0] if year else None


def single(query: str) -> Callable[[DuckDBPyConnection, Path], str | None]:
    """Return a function that answers the vintage by a query; by the file's name where it gives nothing."""

    def vintage(conn: DuckDBPyConnection, path: Path) -> str | None:
        found = conn.execute(query).fetchall()
        return str(found[0][0]) if found and found[0][0] is not None else year_of(path)

    return vintage

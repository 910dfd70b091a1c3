"""Whether rows can be true: keys, repeats, numbers and their ranges; and whether what was loaded is what is known."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from healthsim_core.errors import UserError
from populationsim import facts
from populationsim.figures import retired_counties
from populationsim.loading.database import Load, loads
from populationsim.loading.layouts import STAGING, Form, Kind

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MISSING = "-999"
"""How the Social Vulnerability Index writes a figure that is not available."""
TOLERATED = 0.01
"""The share of rows that may be refused; with more, the file is not what it should be."""
FEWEST = 0.5
"""The share of what was loaded before that a file must have to take its place."""
MOST = 0.9
"""The share of the nation's counties from which a file counts as all of them."""
ALL_THE_SAME = "download it again, or load it all the same with --allow-partial"
NUMERALS = {5: "five", 6: "six", 10: "ten", 11: "eleven"}


def reject_rows(conn: DuckDBPyConnection, path: Path, kind: Kind, form: Form) -> list[tuple[int, str]]:
    """Delete the rows that cannot be true and return (count, why); UserError where they are too many."""
    problems = [*_keys(conn, kind, form), *_states(conn, kind), *_numbers(conn, form), *_repeats(conn, kind)]
    (before,) = conn.execute(f"SELECT count(*) FROM {STAGING}").fetchall()[0]
    conn.execute(f"DELETE FROM {STAGING} WHERE place_refused")
    (after,) = conn.execute(f"SELECT count(*) FROM {STAGING}").fetchall()[0]
    refuse_too_many(path, kind, problems, before - after, before)
    return problems


def refuse_too_many(path: Path, kind: Kind, problems: list[tuple[int, str]], refused: int, total: int) -> None:
    """Raise UserError where a file has no rows, or too many that cannot be true."""
    if not total:
        problems = [(0, f"it has no {kind.unit}")]
    elif refused <= total * TOLERATED and not any("leading zeros" in why for _, why in problems):
        return
    listed = "\n  ".join(why for _, why in problems[:20])
    more = f"\n  … and {len(problems) - 20} more" if len(problems) > 20 else ""
    raise UserError(f"{path} cannot be loaded:\n  {listed}{more}")


def refuse_partial(path: Path, kind: Kind, before: Load | None, load: Load) -> None:
    """Raise UserError where a file has less than half of what it would replace."""
    if before and before.limits == load.limits and load.row_count < before.row_count * FEWEST:
        raise UserError(
            f"{path} has {load.row_count:,} {kind.unit}, and would replace the {before.row_count:,} of {before.file}; {ALL_THE_SAME}"
        )


def missing_counties(kind: Kind, load: Load) -> list[str]:
    """Say how many of the nation's counties a file has, where it is a part of them."""
    nation = len(facts.counties()) - len(retired_counties())
    # Metropolitan areas are made of some counties only; a county or two differ from year to year.
    if kind.unit != "counties" or kind.name == "cbsa" or load.row_count >= nation * MOST:
        return []
    return [f"{load.file}: {load.row_count:,} of {nation:,} counties; the built-in figures serve for the others"]


def _keys(conn: DuckDBPyConnection, kind: Kind, form: Form) -> list[tuple[int, str]]:
    if form.pattern:
        pattern = form.pattern
    elif kind.digits == 6:
        # A hospital's number may have a letter: 45T123, 67012F.
        pattern = "[0-9A-Z]{6}"
    else:
        pattern = f"[0-9]{{{kind.digits}}}"
    conn.execute(f"UPDATE {STAGING} SET place_refused = true WHERE NOT regexp_full_match(place_key, '{pattern}')")
    wrong, example = conn.execute(f"SELECT count(*), min(place_key) FROM {STAGING} WHERE place_refused").fetchall()[0]
    if not wrong:
        return []
    example = example.partition("-")[0]
    lost = example.isdigit() and len(example) == kind.digits - 1
    hint = "; leading zeros were lost: load the file as downloaded" if lost else ""
    also = "; it looks like a file of census tracts" if kind.digits == 5 and re.fullmatch(r"\d{11}", example) else ""
    also = also or (
        "; it looks like a file of counties" if kind.digits == 11 and re.fullmatch(r"\d{5}", example) else ""
    )
    return [
        (
            wrong,
            f"{kind.key_name}: {wrong:,} values are not {NUMERALS[kind.digits]} digits, such as {example!r}{hint}{also}",
        )
    ]


def _states(conn: DuckDBPyConnection, kind: Kind) -> list[tuple[int, str]]:
    """Refuse the FIPS of no state."""
    if kind.digits not in (5, 11):
        return []
    known = sorted({*(one.fips for one in facts.states().values()), *facts.TERRITORIES})
    nowhere = f"NOT place_refused AND NOT list_contains({known}, left(place_key, 2))"
    wrong, example = conn.execute(f"SELECT count(*), min(place_key) FROM {STAGING} WHERE {nowhere}").fetchall()[0]
    if not wrong:
        return []
    conn.execute(f"UPDATE {STAGING} SET place_refused = true WHERE {nowhere}")
    return [(wrong, f"{kind.key_name}: {wrong:,} values are of no state, such as {example!r}")]


def _repeats(conn: DuckDBPyConnection, kind: Kind) -> list[tuple[int, str]]:
    (again,) = conn.execute(
        f"SELECT count(*) - count(DISTINCT place_key) FROM {STAGING} WHERE NOT place_refused"
    ).fetchall()[0]
    if not again:
        return []
    conn.execute(
        f"""UPDATE {STAGING} SET place_refused = true WHERE rowid IN (
            SELECT rowid FROM {STAGING} WHERE NOT place_refused
            QUALIFY row_number() OVER (PARTITION BY place_key ORDER BY rowid) > 1)"""
    )
    return [(again, f"{kind.key_name}: {again:,} {kind.unit} stand there more than once")]


def _numbers(conn: DuckDBPyConnection, form: Form) -> list[tuple[int, str]]:
    there = [name for (name,) in conn.execute(f"SELECT column_name FROM (DESCRIBE {STAGING})").fetchall()]
    limits = {name: (one["low"], one["high"]) for name, one in form.wanted().items() if one["low"]}
    if form.percents:
        listed = {name.casefold() for name in limits}
        percents = (name for name in there if re.search(form.percents, name, re.IGNORECASE))
        limits |= {name: ("0", "100") for name in percents if name.casefold() not in listed}
    if not limits:
        return []
    # One pass tells which columns are wrong at all: there are a hundred, and next to none ever is.
    counts = conn.execute(
        "SELECT "
        + ", ".join(f"count(*) FILTER ({_wrong(name, *bounds)})" for name, bounds in limits.items())
        + f" FROM {STAGING}"
    ).fetchall()[0]
    wrong = [name for name, count in zip(limits, counts, strict=True) if count]
    return [_beyond(conn, name, *limits[name]) for name in wrong]


def _wrong(name: str, low: str, high: str) -> str:
    """Return SQL: a column's value is there and is no number within the limits."""
    content = f'trim("{name}")'
    number = f"try_cast(replace({content}, ',', '') AS DOUBLE)"
    within = f"{number} >= {low}" + (f" AND {number} <= {high}" if high else "")
    return f"{content} NOT IN ('', '{MISSING}', '.', 'N/A') AND NOT coalesce({within}, false)"


def _beyond(conn: DuckDBPyConnection, name: str, low: str, high: str) -> tuple[int, str]:
    wrong = _wrong(name, low, high)
    count, example, key = conn.execute(
        f'SELECT count(*), min("{name}"), arg_min(place_key, "{name}") FROM {STAGING} WHERE {wrong}'
    ).fetchall()[0]
    conn.execute(f"UPDATE {STAGING} SET place_refused = true WHERE {wrong}")
    expected = f"a number from {low} to {high}" if high else f"a number of {low} or more"
    return count, f"{name}: {count:,} values are not {expected}, such as {example.strip()!r} of {key}"


_KNOWN = {
    "places": "SELECT crude_pct FROM places_measure WHERE fips = $fips AND measure = $figure",
    "svi": 'SELECT "{figure}" FROM svi_county WHERE fips = $fips',
    "population": "SELECT \"{figure}\" FROM county_population WHERE fips = $fips AND 'V' || year = $vintage",
    "sahie": 'SELECT "{figure}" FROM county_uninsured WHERE fips = $fips',
    "cbsa": 'SELECT "{figure}" FROM cbsa WHERE county_fips = $fips',
    "sex_race": "SELECT sum(people) FROM county_age_sex WHERE fips = $fips AND sex = $figure",
}


@frozen
class Compared:
    """A known figure beside the one that was loaded."""

    kind: str
    place: str
    figure: str
    expected: float
    found: float | None

    @property
    def differs(self) -> bool:
        """Return whether the loaded figure is another, or is lacking."""
        return self.expected != self.found


def check(conn: DuckDBPyConnection) -> list[Compared]:
    """Return every known figure of what was loaded, beside what was found."""
    loaded = {load.kind: load for load in loads(conn)}
    results = []
    for known in facts.rows("check_figures.csv"):
        load = loaded.get(known["kind"])
        if load is None or load.vintage not in (None, known["vintage"]):
            continue
        found = load.row_count if known["figure"] == "rows" else _figure(conn, known)
        place = known["fips"] or known["kind"]
        results.append(Compared(known["kind"], place, known["figure"], float(known["value"]), found))
    return results


def _figure(conn: DuckDBPyConnection, known: dict[str, str]) -> float | None:
    query = _KNOWN[known["kind"]].replace("{figure}", known["figure"])
    given = {name: known[name] for name in ("fips", "figure", "vintage") if f"${name}" in query}
    found = conn.cursor().execute(query, given).fetchall()
    return float(found[0][0]) if found and found[0][0] is not None else None

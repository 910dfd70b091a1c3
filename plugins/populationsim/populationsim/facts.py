"""The facts that come with the package: states, counties, age structure, curves; read once, never changed."""

from __future__ import annotations

import difflib
import functools
import importlib.resources
import json
import unicodedata
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from healthsim_core.errors import UserError, suggestion
from healthsim_core.facts import read_csv

NATION = "US"
SVI_RANKS = ("rpl_themes", "rpl_theme1", "rpl_theme2", "rpl_theme3", "rpl_theme4")


TERRITORIES = {
    "60": ("AS", "American Samoa"),
    "66": ("GU", "Guam"),
    "69": ("MP", "Northern Mariana Islands"),
    "72": ("PR", "Puerto Rico"),
    "78": ("VI", "Virgin Islands"),
}
"""The territories by FIPS: in some files, and no states."""


class UnknownPlace(UserError, ValueError):
    """No place of that name or number; the message says what is near."""


@frozen
class County:
    """A county or county equivalent: what is always known of it."""

    fips: str
    name: str
    state: str
    population: int
    pct_female: float | None

    @property
    def label(self) -> str:
        """Return name and state, as in `Harris County, TX`."""
        return f"{self.name}, {self.state}"


@frozen
class Area:
    """A core-based statistical area: a town of 10,000 or more and the counties that belong to it."""

    code: str
    title: str
    metro: bool
    """Whether its town has 50,000 people or more."""
    counties: tuple[str, ...]


@frozen
class State:
    """A state or the District of Columbia."""

    fips: str
    abbreviation: str
    name: str


def text(folder: str, name: str) -> str:
    """Return the content of a file of the package."""
    return importlib.resources.files("populationsim").joinpath(folder, name).read_text("utf-8")


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file of `data`; lines that begin with # are its birth certificate."""
    return read_csv("populationsim", "data", name)


@functools.cache
def facts(name: str) -> Mapping[str, Any]:
    """Return a JSON file of `data`."""
    return json.loads(text("data", name))


@functools.cache
def states() -> Mapping[str, State]:
    """Return the states by two-letter abbreviation."""
    return {one["state"]: State(one["fips"], one["state"], one["name"]) for one in rows("states.csv")}


@functools.cache
def counties() -> Mapping[str, County]:
    """Return the counties by FIPS: today's, and the eight that Connecticut had."""
    return {
        one["fips"]: County(
            one["fips"],
            one["name"],
            one["state"],
            int(one["population"]),
            float(one["pct_female"]) if one["pct_female"] else None,
        )
        for one in rows("counties.csv")
    }


@functools.cache
def areas() -> Mapping[str, Area]:
    """Return the metropolitan and micropolitan areas by code."""
    members: dict[str, list[dict[str, str]]] = {}
    for one in rows("cbsa.csv"):
        members.setdefault(one["cbsa_code"], []).append(one)
    return {
        code: Area(code, mine[0]["cbsa_title"], mine[0]["metro"] == "1", tuple(one["county_fips"] for one in mine))
        for code, mine in sorted(members.items())
    }


@functools.cache
def vulnerability() -> Mapping[str, tuple[float, ...]]:
    """Return the ranks of the Social Vulnerability Index by county FIPS: overall, then the four themes."""
    return {
        one["fips"]: tuple(float(one[name]) for name in SVI_RANKS)
        for one in rows("county_svi.csv")
        if one["rpl_themes"]
    }


@functools.cache
def age_structure() -> tuple[tuple[int, str, float, float], ...]:
    """Return the nation's (first age, band, males, females), from the youngest."""
    return tuple(
        (int(one["band"].rstrip("+").partition("-")[0]), one["band"], float(one["male"]), float(one["female"]))
        for one in rows("age_structure.csv")
    )


@functools.lru_cache(maxsize=1 << 17)
def fold(name: str) -> str:
    """Return a place's name without accents, case and points, to compare by."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return " ".join(plain.casefold().replace(".", "").replace("saint ", "st ").split())


_KINDS = (
    " planning region",
    " city and borough",
    " census area",
    " municipality",
    " borough",
    " county",
    " parish",
    " city",
)


def bare(name: str) -> str:
    """Return a county's folded name without the word that says what kind of county it is."""
    folded = fold(name)
    for kind in _KINDS:
        if folded.endswith(kind):
            return folded.removesuffix(kind)
    return folded


def find_state(place: object) -> State:
    """Return the state that a FIPS, an abbreviation or a name means; UnknownPlace for none."""
    word = str(place).strip()
    if isinstance(place, int) or (word.isdigit() and len(word) == 1):
        word = word.zfill(2)
    for one in states().values():
        if word == one.fips or word.upper() == one.abbreviation or fold(word) == fold(one.name):
            return one
    for fips, (abbreviation, name) in TERRITORIES.items():
        if word == fips or word.upper() == abbreviation or fold(word).removeprefix("us ") == fold(name):
            raise UnknownPlace(f"unknown state {place!r}{_not_covered(name)}")
    raise UnknownPlace(f"unknown state {place!r}{suggestion(word, [one.name for one in states().values()])}")


def _not_covered(territory: str) -> str:
    return f"; {territory} is a territory, and only the 50 states and the District of Columbia are covered"


def find_county(place: object) -> County:
    """Return the county that a FIPS or a name such as `Harris County, TX` means; UnknownPlace for none or several."""
    word = str(place).strip()
    if word.isdigit():
        fips = word.zfill(5) if isinstance(place, int) else word
        if fips in counties():
            return counties()[fips]
        raise UnknownPlace(f"unknown county {place!r}{_fips_hint(fips)}")
    name, comma, state = word.rpartition(",")
    if not comma:
        name, state = word, ""
    among = counties().values()
    if state:
        abbreviation = find_state(state.strip()).abbreviation
        among = [one for one in among if one.state == abbreviation]
    found = [one for one in among if fold(one.name) == fold(name)] or [
        one for one in among if bare(one.name) == fold(name)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        options = ", ".join(f"{one.label} ({one.fips})" for one in found[:8]) + (", …" if len(found) > 8 else "")
        raise UnknownPlace(f"county {place!r} can be several: {options}")
    state = "" if comma else _last_state(word)
    if state:
        return find_county(f"{word[: -len(state)].strip()}, {state}")
    raise UnknownPlace(f"unknown county {place!r}{_near(word, list(among), bool(comma))}")


def _last_state(word: str) -> str:
    """Return the state that stands last in `Harris County Texas`, as it is written; empty for none."""
    names = [name for one in states().values() for name in (one.name, one.abbreviation)]
    # `Virginia` stands last in `West Virginia` too.
    for name in sorted(names, key=len, reverse=True):
        if word.casefold().endswith(f" {name.casefold()}"):
            return word[-len(name) :]
    return ""


def _near(word: str, among: list[County], in_state: bool) -> str:
    """Return `; did you mean 'Harris County, TX' (48201)?` for what is spelt alike, the largest first."""
    by_name: dict[str, list[County]] = {}
    for one in among:
        by_name.setdefault(fold(one.label if in_state else one.name), []).append(one)
        by_name.setdefault(bare(one.name), []).append(one)
    close = difflib.get_close_matches(fold(word), list(by_name), n=3, cutoff=0.75)
    found = list(dict.fromkeys(one for name in close for one in by_name[name]))
    if not found:
        return "; a county has a name such as 'Harris County, TX' or a FIPS such as '48201'"
    # The spelling nearest by far, then the largest county of that name.
    best = sorted(by_name[close[0]], key=lambda one: -one.population)
    first, *others = list(dict.fromkeys([*best, *found]))[:4]
    also = f" or {', '.join(f'{one.label} ({one.fips})' for one in others)}" if others else ""
    return f"; did you mean '{first.label}' ({first.fips}){also}?"


def find_area(place: object) -> Area:
    """Return the metropolitan or micropolitan area that a code or a name means; UnknownPlace for none or several.

    A name may be the title (`Houston-Pasadena-The Woodlands, TX`), one of its towns (`Houston`, `Houston, TX`).
    """
    word = str(place).strip()
    if word.isdigit():
        if word in areas():
            return areas()[word]
        raise UnknownPlace(f"unknown metropolitan area {place!r}{suggestion(word, areas())}")
    town, _, state = (part.strip() for part in word.rpartition(",")) if "," in word else (word, "", "")
    exact = [one for one in areas().values() if fold(one.title) == fold(word)]
    named = exact or [
        one
        for one in areas().values()
        if fold(town) in (fold(part) for part in one.title.rpartition(",")[0].replace("/", "-").split("-"))
        and (not state or find_state(state).abbreviation in one.title.rpartition(",")[2])
    ]
    # Every metropolitan area counts before a micropolitan one of the same name.
    found = [one for one in named if one.metro] or named
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownPlace(f"{place!r} can be several: " + ", ".join(f"{one.title} ({one.code})" for one in found))
    titles = {one.title: one for one in areas().values()}
    towns = {part: one for one in reversed(areas().values()) for part in one.title.rpartition(",")[0].split("-")}
    near = difflib.get_close_matches(word, [*titles, *towns], n=1, cutoff=0.6)
    hint = f"; did you mean {(titles | towns)[near[0]].title!r} ({(titles | towns)[near[0]].code})?" if near else ""
    raise UnknownPlace(f"unknown metropolitan area {place!r}{hint}")


def _fips_hint(fips: str) -> str:
    if len(fips) == 4 and "0" + fips in counties():
        return f"; a FIPS has five digits: did you mean '0{fips}' ({counties()['0' + fips].label})?"
    if len(fips) != 5:
        return "; a county's FIPS has five digits, such as '48201'"
    if fips[:2] in TERRITORIES:
        return _not_covered(TERRITORIES[fips[:2]][1])
    if fips[:2] not in {one.fips for one in states().values()}:
        return f"; no state has the FIPS {fips[:2]!r}"
    mine = [one for one in counties().values() if one.fips[:2] == fips[:2]]
    near = min(mine, key=lambda one: abs(int(one.fips) - int(fips)))
    return f"; did you mean {near.fips!r} ({near.label})?"

"""Core's own declarations, made through the same hooks as a stranger's: persons, plain files, the basic families."""

from __future__ import annotations

import functools
import importlib.resources
import json
import math

import numpy as np

from healthsim_core.columns import Array, Coded
from healthsim_core.conditions import present
from healthsim_core.declarations import Attribute, Derivation, OutputFormat, Place, Serializer
from healthsim_core.draws import SLOTS, uniforms
from healthsim_core.events import EventType, Field
from healthsim_core.facts import read_csv
from healthsim_core.hookspecs import hookimpl
from healthsim_core.people import People
from healthsim_core.persons import PERSONS

RACES = ("white", "black", "asian", "native", "pacific", "other", "multiple")


def _data(name: str) -> str:
    return importlib.resources.files("healthsim_core").joinpath("data", name).read_text("utf-8")


@functools.cache
def _places() -> tuple[tuple[Place, ...], dict[str, int]]:
    rows = read_csv("healthsim_core", "data", "places.csv")
    places = tuple(
        Place(
            row["zip_code"], row["city"], row["state"], row["county_fips"], row["county_name"], float(row["population"])
        )
        for row in rows
    )
    return places, {row["state"]: int(row["area_code"]) for row in rows}


def DEFAULT_PLACES() -> tuple[Place, ...]:
    """Return where people live when no reference says so: one place a state, by population."""
    return _places()[0]


@functools.cache
def _names() -> dict[str, list[str]]:
    return json.loads(_data("names.json"))


@hookimpl
def healthsim_distributions():
    # Inside: scipy takes 0.2 s, which `healthsim --help` does not need.
    from healthsim_core.distributions import FAMILIES

    return FAMILIES


@hookimpl
def healthsim_tables():
    return [PERSONS]


@hookimpl
def healthsim_attributes():
    return [
        Attribute(
            "age",
            "demographics",
            "Age in whole years on `as_of`.",
            "integer",
            unit="a",
            low=0,
            high=110,
            # US resident population by age, Census Vintage 2023, rounded.
            default={
                "type": "age_bands",
                "bands": {"0-17": 0.22, "18-44": 0.36, "45-64": 0.245, "65-84": 0.156, "85+": 0.019},
            },
        ),
        Attribute(
            "gender",
            "demographics",
            "Administrative sex: M or F.",
            "category",
            values=("M", "F"),
            required=True,
            # US resident population by age and sex, Census Vintage 2019 (NC-EST2019-AGESEX-RES), rounded.
            default={
                "type": "conditional",
                "rules": [
                    {"if": "age < 18", "distribution": {"type": "categorical", "weights": {"M": 0.511, "F": 0.489}}},
                    {"if": "age >= 85", "distribution": {"type": "categorical", "weights": {"M": 0.36, "F": 0.64}}},
                    {"if": "age >= 65", "distribution": {"type": "categorical", "weights": {"M": 0.46, "F": 0.54}}},
                ],
                "default": {"type": "categorical", "weights": {"M": 0.497, "F": 0.503}},
            },
        ),
        Attribute(
            "race",
            "demographics",
            "OMB race.",
            "category",
            values=RACES,
            shared=True,
            # US resident population by race alone, Census Vintage 2023, rounded.
            default={
                "type": "categorical",
                "normalize": True,
                "weights": {
                    "white": 0.753,
                    "black": 0.137,
                    "asian": 0.064,
                    "native": 0.013,
                    "pacific": 0.003,
                    "multiple": 0.031,
                },
            },
        ),
        Attribute(
            "ethnicity",
            "demographics",
            "OMB ethnicity.",
            "category",
            values=("hispanic", "not_hispanic"),
            shared=True,
            default={"type": "categorical", "weights": {"hispanic": 0.195, "not_hispanic": 0.805}},
        ),
        Attribute(
            "language", "demographics", "Preferred language, a BCP 47 tag: en, es, zh …", "category", shared=True
        ),
        Attribute(
            "marital_status",
            "demographics",
            "HL7 v3 marital status: S never married, M married, D divorced, L separated, W widowed, T partner.",
            "category",
            values=("A", "C", "D", "I", "L", "M", "P", "S", "T", "U", "W"),
        ),
        Attribute(
            "death_date", "demographics", "The day of death, for those who die; nothing happens to them after.", "date"
        ),
        Attribute(
            "mortality_years",
            "demographics",
            "Years from day 0 in which people die as life tables have it; 0: nobody does.",
            "integer",
            low=0,
            high=30,
        ),
        Attribute(
            "severity", "clinical", "How severe the primary condition is, in the profile's own words.", "category"
        ),
    ]


@hookimpl
def healthsim_derivations():
    return [
        Derivation(
            "core.birth_date",
            "Date of birth from age on `as_of`.",
            ("age", "role"),
            ("birth_date",),
            birth_date,
            optional=("relationship",),
        ),
        Derivation(
            "core.names",
            "First name by sex; one surname a household.",
            ("gender",),
            ("given_name", "family_name"),
            names,
            optional=("relationship",),
        ),
        Derivation(
            "core.contact",
            "Street, phone and SSN; none can be a real person's.",
            ("state",),
            ("street_number", "street_name", "phone", "ssn"),
            contact,
        ),
    ]


def birth_date(people: People) -> dict[str, Array]:
    """Return birth dates, evenly spread over the year that gives the age on `as_of`."""
    as_of = people.as_of.astype("datetime64[D]")
    unknown = ~present(people["age"])
    age = np.where(unknown, 0, people["age"]).astype(np.int64)
    last = years_before(as_of, age)
    first = years_before(as_of, age + 1) + np.timedelta64(1, "D")
    days = (last - first).astype(np.int64) + 1
    u = people.draw("day")
    if (people.slot != 0).any():
        child = (
            people["relationship"].isin(["child"]) if "relationship" in people else people["role"].isin(["dependent"])
        )
        u = np.where(child, _sibling_days(people, age), u)
    born = first + np.minimum(np.floor(u * days).astype(np.int64), days - 1)
    return {"birth_date": np.where(unknown, np.datetime64("NaT", "s"), born.astype("datetime64[s]"))}


SIBLING_DAYS = 80 / 365
"""How much of the year siblings' birthdays are spread over, so that a year between two is never less than nine months."""


def _sibling_days(people: People, age: np.ndarray) -> np.ndarray:
    """Return where in the year dependents are born: near one another, and those of one age, twins, on one day."""
    shared = people.draw("siblings", shared=True)
    own = uniforms(people.seed, f"{people.scope}.sibling", people.unit * SLOTS, age)
    return shared * (1 - SIBLING_DAYS) + own * SIBLING_DAYS


def years_before(day: np.datetime64, years: np.ndarray) -> np.ndarray:
    """Return the same day of the year so many years earlier (datetime64[D]); February 29 becomes 28."""
    month = day.astype("datetime64[M]")
    months = month - years.astype(np.int64) * 12
    last_of_month = (months + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
    return np.minimum(months.astype("datetime64[D]") + (day - month.astype("datetime64[D]")), last_of_month)


def names(people: People) -> dict[str, Array]:
    """Return first names by sex and one surname a household."""
    pools = _names()
    words = [*pools["F"], *pools["M"]]
    female = people["gender"].isin(["F"])
    u = people.draw("given")
    count = np.where(female, len(pools["F"]), len(pools["M"]))
    codes = np.floor(u * count).astype(np.int32) + np.where(female, 0, len(pools["F"])).astype(np.int32)
    if (people.slot != 0).any():
        codes = distinct_names(people, codes, female, len(pools["F"]), len(words))
    unique = list(dict.fromkeys(words))
    place = np.array([unique.index(word) for word in words], np.int32)
    family = np.floor(family_draw(people) * len(pools["family"])).astype(np.int32)
    return {"given_name": Coded(place[codes], unique), "family_name": Coded(family, pools["family"])}


def family_draw(people: People) -> np.ndarray:
    """Return the uniforms that surnames are chosen by: one a household, but housemates have their own."""
    u = people.draw("family", shared=True)
    if "relationship" not in people:
        return u
    return np.where(people["relationship"].isin(["housemate"]), people.draw("family_of_housemate"), u)


def distinct_names(people: People, codes: np.ndarray, female: np.ndarray, women: int, all_names: int) -> np.ndarray:
    """Return first names such that nobody has that of somebody before them in the household: the next one instead."""
    codes, first = codes.copy(), people.first_row
    low, high = np.where(female, 0, women), np.where(female, women, all_names)
    for slot in range(1, int(people.slot.max()) + 1):
        mine = np.flatnonzero(people.slot == slot)
        for _ in range(slot):
            taken = np.zeros(len(mine), bool)
            for before in range(slot):
                taken |= codes[first[mine] + before] == codes[mine]
            moved = mine[taken]
            codes[moved] = np.where(codes[moved] + 1 < high[moved], codes[moved] + 1, low[moved])
    return codes


SSN_SPACE = 100 * 49 * 9999
"""Areas 900-999, groups 01-49, serials 0001-9999: never issued as an SSN, and outside the groups of ITINs."""
_STEP = 30_000_001


def contact(people: People) -> dict[str, Array]:
    """Return street addresses, fictional phone numbers and SSNs that are distinct for the first 49 million people."""
    assert math.gcd(_STEP, SSN_SPACE) == 1
    streets = _names()["streets"]
    start = int.from_bytes(str(people.seed).encode()[-6:], "big")
    index = (people.unit + people.slot * (SSN_SPACE // SLOTS)) % SSN_SPACE
    number = (index * _STEP + start) % SSN_SPACE
    area, rest = 900 + number // (49 * 9999), number % (49 * 9999)
    ssn = area * 1_000_000 + (1 + rest // 9999) * 10_000 + 1 + rest % 9999
    area_code = people["state"].lookup(_places()[1], 202, np.int64)
    return {
        "street_number": 100 + np.floor(people.draw("number", shared=True) * 9800).astype(np.int64),
        "street_name": Coded(np.floor(people.draw("street", shared=True) * len(streets)).astype(np.int32), streets),
        "phone": area_code * 10_000_000 + 5_550_100 + np.floor(people.draw("phone") * 100).astype(np.int64),
        "ssn": ssn,
    }


@hookimpl
def healthsim_event_types():
    return [
        EventType("milestone", "core", "A named moment; it writes no rows.", (Field("label", "text", "What it is."),)),
        EventType(
            "phase",
            "core",
            "A phase of a life begins; it writes no rows.",
            (
                Field("name", "text", "The phase's name."),
                Field("step", "number", "How many phases came before."),
                Field("end_time", "datetime", "When it is over."),
            ),
        ),
        EventType("journey_start", "core", "The journey begins; it writes no rows."),
        EventType("journey_end", "core", "The journey is over; it writes no rows."),
    ]


@hookimpl
def healthsim_serializers():
    return [
        Serializer("csv", "Comma-separated values with a header, UTF-8.", "text/csv", "csv"),
        Serializer("json", "One JSON array of objects.", "application/json", "json"),
        Serializer("ndjson", "One JSON object a line.", "application/x-ndjson", "ndjson"),
        Serializer("parquet", "Apache Parquet.", "application/vnd.apache.parquet", "parquet"),
    ]


@hookimpl
def healthsim_output_formats():
    return [
        OutputFormat("csv", "One CSV file per table.", "csv", copy="FORMAT csv, HEADER"),
        OutputFormat("json", "One JSON file per table, an array of rows.", "json", copy="FORMAT json, ARRAY true"),
        OutputFormat("ndjson", "One file per table, a JSON object a line.", "ndjson", copy="FORMAT json, ARRAY false"),
        OutputFormat("parquet", "One Parquet file per table.", "parquet", copy="FORMAT parquet, COMPRESSION zstd"),
    ]


@hookimpl
def healthsim_statistics():
    from healthsim_core.persons import STATISTICS

    return STATISTICS

"""A stranger's plugin, small and whole: what core's own tests run on where no product is installed."""

from __future__ import annotations

import datetime

import numpy as np
from attrs import field, frozen

from healthsim_core import hookimpl
from healthsim_core.columns import Columns
from healthsim_core.conditions import Condition
from healthsim_core.declarations import (
    Attribute,
    CodeSet,
    ConditionCode,
    Derivation,
    Document,
    OutputFormat,
    Product,
    Roster,
    Serializer,
)
from healthsim_core.distributions import Distribution
from healthsim_core.events import Delay, EventType, Field, Link, SkillUse, Trigger
from healthsim_core.skills import read_skill
from healthsim_core.tables import column, key, refers, table_from


@frozen
class Triangle(Distribution):
    """Rises in a straight line from 0 at `min` to its most at `max`."""

    kind = "triangle"
    min: float = field()
    max: float = field()

    def ppf(self, u, columns=None):
        return self.min + (self.max - self.min) * np.sqrt(u)


@frozen
class Visit:
    """A visit to the example's practice."""

    visit_id: str = key("V", "The visit's key.")
    person_id: str = refers("persons.person_id", "P", "Who came.")
    room_id: str | None = refers("rooms.room_id", "RM", "Where.")
    visit_date: datetime.date = column("When.")
    score: float = column("What was measured.", decimals=1)


@frozen
class Bill:
    """What a visit costs."""

    bill_id: str = key("B", "The bill's key.")
    visit_id: str = refers("visits.visit_id", "V", "For which visit.")
    bill_date: datetime.date = column("When.")


@frozen
class Room:
    """A room of the practice."""

    room_id: str = key("RM", "The room's key.")
    name: str = column("Its name.", decode="'Room ' || {number}", inputs=("number",))


TABLES = (table_from(Visit, "visits"), table_from(Bill, "bills"), table_from(Room, "rooms"))


def visit_outcomes(events):
    return {"score": np.round(events.draw("score") * 10, 1)}


def handle_visit(events):
    rooms = events.roster("rooms")["room_id"]
    return {
        "visits": Columns(
            {
                "visit_id": events.key,
                "person_id": events.entity,
                "room_id": rooms[events.entity // 16 % len(rooms)],
                "visit_date": events.time,
                "score": events["score"],
            }
        )
    }


def handle_bill(events):
    events = events.select(events["visit"] >= 0)  # a journey may name a bill by itself; there is no row without a visit
    return {"bills": Columns({"bill_id": events.key, "visit_id": events["visit"], "bill_date": events.time})}


def write_letters(source):
    def pieces():
        for person, visits in source.cursor("SELECT person_id, count(*) FROM visits GROUP BY 1 ORDER BY 1").fetchall():
            yield f"Dear {person}, you came {visits} times.\n"

    yield Document("letters.txt", pieces(), lambda: {"letter": 1})


@hookimpl
def healthsim_products():
    return [Product("example", "A practice with rooms.", "guest")]


@hookimpl
def healthsim_distributions():
    return [Triangle]


@hookimpl
def healthsim_attributes():
    return [
        Attribute(
            "mood", "clinical", "How people feel, 0 to 1.", decimals=3, default={"type": "triangle", "min": 0, "max": 1}
        )
    ]


@hookimpl
def healthsim_derivations():
    return [
        Derivation(
            "example.glad",
            "Whether people are glad.",
            ("mood",),
            ("glad",),
            lambda people: {"glad": people["mood"] > 0.5},
            "example",
        )
    ]


@hookimpl
def healthsim_tables():
    return TABLES


@hookimpl
def healthsim_rosters():
    return [
        Roster(
            "example.rooms",
            "The practice's rooms.",
            ("rooms",),
            lambda facts, seed, rosters: {"rooms": Columns({"room_id": np.arange(3), "number": np.arange(3) + 1})},
            "example",
        )
    ]


@hookimpl
def healthsim_event_types():
    return [
        EventType(
            "visit",
            "example",
            "Somebody comes.",
            (
                Field("reason", "diagnosis", "Why."),
                Field("billed", "boolean", "Whether it costs.", True),
                Field("score", "number", "Measured."),
                Field("remedy", "code", "What is given."),
            ),
            handle_visit,
            visit_outcomes,
            skill=SkillUse("medications", {"remedy": "drug"}, "reason"),
            writes=("visits",),
        ),
        EventType(
            "bill",
            "example",
            "Somebody pays.",
            (Field("visit", "key", "For which visit."),),
            handle_bill,
            writes=("bills",),
        ),
        EventType(
            "call",
            "example",
            "Somebody calls after a visit.",
            (Field("visit", "key", "The visit it is about."),),
            links=(Link("visit", ("example.visit",), within_days=3),),
        ),
    ]


@hookimpl
def healthsim_triggers():
    return [
        Trigger(
            "visit-to-bill",
            "example.visit",
            "example.bill",
            "A visit is billed.",
            Delay(3, 1, 5, "uniform"),
            when=(Condition("billed", "eq", True),),
            carry={"visit": "key"},
        )
    ]


@hookimpl
def healthsim_code_sets():
    codes = (
        ConditionCode("E11", "E11.9", "Diabetes", None, 3.0),
        ConditionCode("E11", "E11.65", "Diabetes, high sugar", "high", 1.0),
        ConditionCode("I10", "I10", "High blood pressure"),
    )
    return [CodeSet("example.codes", "A few codes.", "the tests", "none", lambda: codes)]


SKILL = """---
name: sugar-care
version: "2.1"
description: How the practice treats diabetes.
applies_to: [E11]
---
# Diabetes in this practice

## Codes

| code | label | severity | weight |
| --- | --- | --- | --- |
| E11.9 | Diabetes |  | 3 |
| E11.65 | Diabetes, high sugar | high | 1 |

## Medications

| line | severity | drug | weight |
| --- | --- | --- | --- |
| 1 |  | tea | 1 |
| 2 | low | walks | 1 |
| 2 | high | pills | 3 |
| 2 | high | insulin | 1 |
| 2 |  | advice | 1 |

## Follow-up

| event | severity | interval_days |
| --- | --- | --- |
| visit |  | 40 |
"""


@hookimpl
def healthsim_skills():
    return [read_skill(SKILL, "sugar-care.md")]


@hookimpl
def healthsim_serializers():
    return [Serializer("prose", "Plain letters.", "text/plain", "txt")]


@hookimpl
def healthsim_output_formats():
    return [OutputFormat("letters", "A letter to everybody.", "prose", documents=write_letters, reads=("visits",))]

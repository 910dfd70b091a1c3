"""Laboratory orders and their results."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns
from healthsim_core.distributions import NormalDistribution
from healthsim_core.draws import uniforms
from healthsim_core.events import DAY, Delay, Events, EventType, Field, SkillUse
from patientsim.events.observed import observed
from patientsim.events.placing import PLACED, VISITS, midnight, moment, place
from patientsim.reference import Lab, labs

TURNAROUND = Delay(2, 1, 5, "uniform")
"""Days from order to result: specs' default table."""

WITHIN_PERSON = 0.04
"""Coefficient of variation from one sample of a person to the next; about that of HbA1c, biological and analytical."""

_FIELDS = (
    Field("test", "code", "Which test, e.g. a1c.", "a1c", tuple(labs())),
    Field("value", "number", "The result; drawn from the person's usual level where absent."),
)


def values(events: Events) -> np.ndarray:
    """Return results: the person's own level of the test, moved a little, rounded as laboratories report it."""
    result = events["value"].copy()
    test = events["test"]
    for code, name in enumerate(test.words):
        rows = np.flatnonzero((test.codes == code) & np.isnan(result))
        if len(rows):
            result[rows] = _values_of(events.select(rows), labs()[name])
    return result


def _values_of(events: Events, lab: Lab) -> np.ndarray:
    level, low, high = _usual_level(events, lab)
    moved = level * (1 + WITHIN_PERSON * NormalDistribution(0, 1, -3, 3).ppf(events.draw("within")))
    return np.round(np.clip(moved, low, high), lab.decimals)


def _usual_level(events: Events, lab: Lab) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each person's level, what the profile gave, else drawn once a person from the spread of their condition, and
    between what their results stay."""
    u = uniforms(events.people.seed, f"patientsim.level.{lab.test}", events.entity)
    level, low, high = (np.empty(len(events)) for _ in range(3))
    for spread in lab.spreads:
        rows = np.ones(len(events), bool) if spread.condition is None else has_condition(events, spread.condition)
        level[rows] = NormalDistribution(spread.mean, spread.std_dev, spread.min, spread.max).ppf(u[rows])
        low[rows], high[rows] = spread.min, spread.max
    if events.has_person(lab.test):
        given = np.asarray(events.person(lab.test), float)
        told = ~np.isnan(given)
        level = np.where(told, given, level)
        low = np.where(told, min(spread.min for spread in lab.spreads), low)
        high = np.where(told, max(spread.max for spread in lab.spreads), high)
    return level, low, high


def has_condition(events: Events, condition: str) -> np.ndarray:
    """Return whether each person has a condition whose category, or else whose billable code, begins so."""
    found = np.zeros(len(events), bool)
    for category in events.people.facts["conditions"]:
        if category.startswith(condition):
            found |= events.person(f"has.{category}")
        elif condition.startswith(category):
            code = events.person(f"code.{category}")
            wanted = [word for word in code.words if word.startswith(condition)]
            found |= events.person(f"has.{category}") & code.isin(wanted)
    return found


def order_outcomes(events: Events) -> dict[str, Array]:
    """Return the result that will come and when, so that later conditions can read it from that day on."""
    day = midnight(events.time)
    days = TURNAROUND.at(events.draw("turnaround"))
    minute = np.floor(events.draw("clock") * 600).astype(np.int64)
    return {
        "value": values(events),
        "ordered_time": day + np.timedelta64(9 * 60, "m"),
        "result_time": day + days * DAY + (480 + minute) * np.timedelta64(60, "s"),
    }


def settle_order(events: Events) -> dict[str, Array]:
    """Return the encounter an order belongs to, and when in it the order is written."""
    placed = place(events)
    events.fields.update(placed)
    return {**placed, "ordered_time": moment(events, events["ordered_time"], 10)}


def _named(test: Coded) -> dict[str, Coded]:
    """Return code and description of tests."""
    return {
        "code": test.recode({name: lab.code for name, lab in labs().items()}),
        "description": test.recode({name: lab.label for name, lab in labs().items()}),
    }


def handle_order(events: Events) -> dict[str, Columns]:
    """Return the orders."""
    test = events["test"]
    return {
        "lab_orders": Columns(
            {
                "lab_order_id": events.key,
                "patient_id": events.entity,
                "encounter_id": events["encounter"],
                **_named(test),
                "status": Coded.constant("completed", len(events)),
                "ordered_datetime": events["ordered_time"],
                "provider_id": events["provider"],
            }
        )
    }


def result_outcomes(events: Events) -> dict[str, Array]:
    """Return the value of results that nobody ordered."""
    return {"value": values(events)}


def handle_result(events: Events) -> dict[str, Columns]:
    """Return the results with range and flag."""
    test, value = events["test"], events["value"]
    low = test.lookup({name: lab.low for name, lab in labs().items() if lab.low is not None}, np.nan, float)
    high = test.lookup({name: lab.high for name, lab in labs().items() if lab.high is not None}, np.nan, float)
    flag = np.where(value < low, 0, np.where(value > high, 1, 2))
    drawn = np.where(np.isnat(events["ordered_time"]), events.time, events["ordered_time"])
    return {
        "observations": observed(
            events,
            events.sub_key(0),
            drawn,
            encounter_id=events["encounter"],
            lab_order_id=events["order"],
            category=Coded.constant("laboratory", len(events)),
            **_named(test),
            value=value,
            unit=test.recode({name: lab.unit for name, lab in labs().items()}),
            reference_low=low,
            reference_high=high,
            interpretation_code=Coded(flag, ["L", "H", "N"]),
            issued_datetime=events.time,
            provider_id=events["provider"],
        )
    }


LAB_ORDER = EventType(
    "lab_order",
    "patientsim",
    "A laboratory test is ordered; its result follows.",
    (
        *_FIELDS,
        *PLACED,
        Field("ordered_time", "datetime", "When."),
        Field("result_time", "datetime", "When the result is there."),
    ),
    handle_order,
    order_outcomes,
    skill=SkillUse("labs", {"test": "test"}),
    writes=("lab_orders",),
    available="result_time",
    settle=settle_order,
    after=VISITS,
)
LAB_RESULT = EventType(
    "lab_result",
    "patientsim",
    "A laboratory result arrives.",
    (
        *_FIELDS,
        Field("provider", "key", "Who ordered it."),
        Field("encounter", "key", "The encounter it was ordered in."),
        Field("order", "key", "The order it answers."),
        Field("ordered_time", "datetime", "When the specimen was taken."),
    ),
    handle_result,
    result_outcomes,
    writes=("observations",),
)

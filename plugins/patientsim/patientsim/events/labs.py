"""Laboratory orders and their results."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from healthsim_core.columns import Array, Coded, Columns
from healthsim_core.distributions import NormalDistribution
from healthsim_core.draws import uniforms
from healthsim_core.events import DAY, Delay, Events, EventType, Field, SkillUse
from patientsim.events.ages import age_at
from patientsim.events.derived import PARTS, average_glucose, derived
from patientsim.events.illness import (
    CARE,
    Seen,
    care_of,
    care_so_far,
    found_by,
    seen_at,
    seen_from,
    with_illness,
    with_treatment,
)
from patientsim.events.observed import observed
from patientsim.events.placing import PLACED, VISITS, day_of, midnight, moment, placed_at, visits_of
from patientsim.events.who import person_key
from patientsim.reference import Lab, labs, labs_of_men

TURNAROUND = Delay(2, 1, 5, "uniform")
"""Days from order to result: specs' default table."""

WITHIN_PERSON = 0.04
"""Coefficient of variation from one sample of a person to the next; about that of HbA1c, biological and analytical."""

DAYS_APART = 61
"""Days after which what differs from day to day comes again."""
AGE_OF_SPREAD, RATE_A_YEAR = 50, 0.6
"""The age whose filtration rates are spread, and what of them a year takes; about that of healthy people (CKD-EPI)."""
MEN_FROM = 15

_FIELDS = (
    Field("test", "code", "Which test, e.g. a1c.", "a1c", tuple(labs())),
    Field("value", "number", "The result; drawn from the person's usual level where absent."),
)


def values(events: Events, seen: Seen, care: list[Events]) -> np.ndarray:
    """Return results where none is given: the person's own level as illness and drugs make it, moved a little, rounded."""
    result = events["value"].copy()
    test = events["test"]
    for code, name in enumerate(test.words):
        rows = np.flatnonzero((test.codes == code) & np.isnan(result))
        if len(rows):
            mine = Seen(seen.reason[rows], seen.hospital[rows], seen.days[rows])
            result[rows] = _values_of(events.select(rows), labs()[name], mine, care)
    return result


def _values_of(events: Events, lab: Lab, seen: Seen, care: list[Events]) -> np.ndarray:
    test = lab.test
    if test in PARTS and events.has_person("gender") and not events.has_person(test):
        moved = derived(test, events, age_at(events), lambda part: _moved(events, labs()[part], seen, care))
        level, ill = with_illness(events, test, moved, seen)
        return np.round(np.where(ill, level, moved), lab.decimals)
    return np.round(_moved(events, lab, seen, care), lab.decimals)


def _moved(events: Events, lab: Lab, seen: Seen, care: list[Events]) -> np.ndarray:
    """Return levels as treatment and illness make them, moved by what differs from day to day: on one day all alike."""
    usual, low, high = _usual_level(events, lab, care)
    level = with_treatment(events, lab.test, usual, care, has_condition)
    low, high = np.minimum(low, level), np.maximum(high, level)
    level, ill = with_illness(events, lab.test, level, seen)
    u = uniforms(events.people.seed, f"patientsim.within.{lab.test}", events.entity, day_of(events.time) % DAYS_APART)
    moved = level * (1 + WITHIN_PERSON * NormalDistribution(0, 1, -3, 3).ppf(u))
    return np.where(ill, moved, np.clip(moved, low, high))


def _usual_level(events: Events, lab: Lab, care: list[Events]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each person's level, what the profile gave, else drawn once a person from the spread of their condition, and
    between what their results stay."""
    u = uniforms(events.people.seed, f"patientsim.level.{lab.test}", events.entity)
    level, low, high = (np.empty(len(events)) for _ in range(3))
    for spread in lab.spreads:
        rows = np.ones(len(events), bool) if spread.condition is None else has_condition(events, spread.condition, care)
        level[rows] = NormalDistribution(spread.mean, spread.std_dev, spread.min, spread.max).ppf(u[rows])
        low[rows], high[rows] = spread.min, spread.max
    level, low, high = _of_their_kind(events, lab, level, low, high, care)
    if events.has_person(lab.test):
        given = np.asarray(events.person(lab.test), float)
        told = ~np.isnan(given)
        level = np.where(told, given, level)
        low = np.where(told, min(spread.min for spread in lab.spreads), low)
        high = np.where(told, max(spread.max for spread in lab.spreads), high)
    return level, low, high


def _of_their_kind(events: Events, lab: Lab, level, low, high, care: list[Events]):
    """Return levels and bounds as sex and age have them, and the sugar of people with diabetes by their A1c."""
    if lab.test == "glucose":
        rows = has_condition(events, "E11", care) | has_condition(events, "E10", care)
        if rows.any():
            own = uniforms(events.people.seed, "patientsim.level.glucose", events.entity)
            average = average_glucose(_usual_level(events, labs()["a1c"], care)[0])
            level = np.where(rows, np.clip(average * (0.82 + 0.24 * own), low, high), level)
    if lab.test == "egfr":
        rows = ~has_condition(events, "N18", care)
        level = np.where(rows, np.clip(level + (AGE_OF_SPREAD - age_at(events)) * RATE_A_YEAR, low, high), level)
    if lab.test in labs_of_men() and events.has_person("gender"):
        shift = labs_of_men()[lab.test].shift * _men(events)
        level, high = level + shift, high + shift
    return level, low, high


def _men(events: Events) -> np.ndarray:
    return events.person("gender").isin(["M"]) & (age_at(events) >= MEN_FROM)


def has_condition(events: Events, condition: str, care: Sequence[Events] = ()) -> np.ndarray:
    """Return whether each person has a condition whose category, or else whose billable code, begins so: one they bring
    along, or one that a journey found by then."""
    found = found_by(events, condition, care)
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
        "given": ~np.isnan(events["value"]),
        "value": values(events, seen_from(events), care_so_far(events)),
        "ordered_time": day + np.timedelta64(9 * 60, "m"),
        "result_time": day + days * DAY + (480 + minute) * np.timedelta64(60, "s"),
    }


def settle_order(events: Events) -> dict[str, Array]:
    """Return the encounter an order belongs to, when in it the order is written, and the result as all of it has it."""
    visits = visits_of(events)
    placed, place = placed_at(events, visits)
    events.fields.update(placed)
    ordered = moment(events, events["ordered_time"], 10)
    late = midnight(ordered) - midnight(events.time)
    told = events["value"]
    events.fields["value"] = np.where(events["given"], told, np.nan)
    value = values(events, seen_at(events, visits, place), care_of(events))
    laboratory = np.where(events["laboratory"] >= 0, events["laboratory"], person_key(events, "lab_facility"))
    if visits is not None:
        # Hospitals test what they order themselves.
        own = (place >= 0) & visits.hospital[place] & (visits.facility[place] >= 0)
        laboratory = np.where(own, visits.facility[place], laboratory)
    return {
        **placed,
        "laboratory": laboratory,
        "value": value,
        "ordered_time": ordered,
        "result_time": events["result_time"] + late,
    }


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
                "facility_id": events["laboratory"],
            }
        )
    }


def result_outcomes(events: Events) -> dict[str, Array]:
    """Return the value of results that nobody ordered."""
    return {"value": values(events, seen_from(events), care_so_far(events))}


def handle_result(events: Events) -> dict[str, Columns]:
    """Return the results with range and flag."""
    test, value = events["test"], events["value"]
    low = test.lookup({name: lab.low for name, lab in labs().items() if lab.low is not None}, np.nan, float)
    high = test.lookup({name: lab.high for name, lab in labs().items() if lab.high is not None}, np.nan, float)
    if events.has_person("gender"):
        men = _men(events)
        for name, one in labs_of_men().items():
            theirs = men & test.isin([name])
            low, high = np.where(theirs, one.low, low), np.where(theirs, one.high, high)
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
        Field("laboratory", "key", "Who tests; in hospitals the hospital, else the person's laboratory."),
        Field("given", "boolean", "Whether the journey gives the result; computed.", False),
        Field("ordered_time", "datetime", "When."),
        Field("result_time", "datetime", "When the result is there."),
    ),
    handle_order,
    order_outcomes,
    skill=SkillUse("labs", {"test": "test"}),
    writes=("lab_orders",),
    available="result_time",
    settle=settle_order,
    after=(*VISITS, *CARE),
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

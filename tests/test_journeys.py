"""Journeys: when events happen, to whom, and what follows from them."""

import numpy as np
import pytest

from healthsim_core.columns import Columns
from healthsim_core.errors import PluginError
from healthsim_core.events import EVENT_SLOTS
from healthsim_core.generation import run
from healthsim_core.generation.handling import generate_span
from healthsim_core.generation.resolving import resolve

DAY = np.timedelta64(86400, "s")


@pytest.fixture(scope="module")
def unfolded(catalog, profile, tmp_path_factory):
    plan = resolve(
        {**profile, "generation": {**profile["generation"], "count": 10_000}}, catalog, tmp_path_factory.mktemp("w")
    )
    return plan, *generate_span(plan, plan.spans(10_000)[0], plan.build_rosters())


def part(unfolded, name):
    plan, _, timeline = unfolded
    number = next(index for index, one in enumerate(plan.parts) if one.path == f"journey.rounds.{name}")
    return timeline.parts[number]


def day(events):
    return ((events.time - np.datetime64("2025-01-01", "s")) // DAY).astype(int)


def test_days_and_delays_stay_within_their_bounds_and_use_all_of_them(unfolded):
    first, again = part(unfolded, "first"), part(unfolded, "again")
    assert sorted(set(day(first))) == [1, 2, 3]
    parent = dict(zip(first.key.tolist(), day(first).tolist(), strict=True))
    after = day(again) - np.array([parent[one] for one in again.source.tolist()])
    for turn in range(3):
        mine = after[again.occurrence == turn] - 30 * turn
        assert mine.min() == 5 and mine.max() == 16


def test_probability_counts_each_repetition(unfolded):
    again = part(unfolded, "again")
    for turn in range(3):
        assert abs(np.mean(again.occurrence == turn) * len(again) / 10_000 - 0.8) < 0.015


def test_a_condition_reads_the_latest_outcome_of_an_earlier_event(unfolded):
    again, special = part(unfolded, "again"), part(unfolded, "special")
    latest = {}
    for entity, time, score in zip(again.entity.tolist(), again.time, again["score"].tolist(), strict=True):
        if entity not in latest or time > latest[entity][0]:
            latest[entity] = (time, score)
    expected = {entity for entity, (_, score) in latest.items() if score > 5}
    assert set(special.entity.tolist()) == expected and 3000 < len(expected) < 6000


def test_triggers_fire_where_they_should_and_carry_their_source(unfolded):
    plan, rows, timeline = unfolded
    visits, bills = timeline["example.visit"], timeline["example.bill"]
    billed = visits.select(visits["billed"])
    assert sorted(bills["visit"].tolist()) == sorted(billed.key.tolist())
    when = dict(zip(visits.key.tolist(), day(visits).tolist(), strict=True))
    waits = day(bills) - np.array([when[one] for one in bills["visit"].tolist()])
    assert waits.min() == 1 and waits.max() == 5
    assert rows["bills"].length == len(bills)


def test_every_event_has_a_key_of_its_own(unfolded):
    _, _, timeline = unfolded
    keys = np.concatenate([timeline[name].key for name in ("example.visit", "example.bill")])
    assert len(np.unique(keys)) == len(keys)
    assert (keys // EVENT_SLOTS % 16 == 0).all()


def test_a_child_of_what_did_not_happen_does_not_happen(catalog, tmp_path):
    events = [
        {"event_id": "a", "event_type": "visit", "probability": 0.3},
        {"event_id": "b", "event_type": "visit", "depends_on": "a", "delay": {"days": 1}},
    ]
    spec = {"generation": {"count": 2000, "products": ["example"]}, "journey": {"id": "j", "events": events}}
    result = run.generate(spec, catalog=catalog, workspace=tmp_path)
    with result.scenario.connect() as connection:
        found = connection.execute(
            "SELECT visits, count(*) FROM (SELECT count(*) AS visits FROM visits GROUP BY person_id) GROUP BY 1"
        ).fetchall()
    assert [visits for visits, _ in found] == [2] and 500 < found[0][1] < 700


def test_the_later_of_day_and_dependency_wins(catalog, tmp_path):
    events = [{"event_id": "a", "event_type": "visit", "day": 20}, {"event_id": "b", "event_type": "visit", "depends_on": "a", "day": 5},
              {"event_id": "c", "event_type": "visit", "depends_on": "a", "day": 50}]  # fmt: skip
    spec = {"generation": {"count": 3, "products": ["example"]}, "journey": {"id": "j", "events": events}}
    with run.generate(spec, catalog=catalog, workspace=tmp_path).scenario.connect() as connection:
        days = connection.execute("SELECT DISTINCT visit_date - DATE '2025-01-01' FROM visits ORDER BY 1").fetchall()
    assert days == [(20,), (50,)]


def test_links_find_the_latest_event_within_their_days(catalog, tmp_path):
    events = [{"event_id": "v", "event_type": "visit", "day": 10}, {"event_id": "soon", "event_type": "call", "day": 12},
              {"event_id": "late", "event_type": "call", "day": 14}, {"event_id": "before", "event_type": "call", "day": 9}]  # fmt: skip
    plan = resolve(
        {"generation": {"count": 5, "products": ["example"]}, "journey": {"id": "j", "events": events}},
        catalog,
        tmp_path,
    )
    _, timeline = generate_span(plan, plan.spans(5)[0], plan.build_rosters())
    calls, visits = timeline["example.call"], timeline["example.visit"]
    assert calls.select(calls.part == 0)["visit"].tolist() == visits.key.tolist()
    assert (calls.select(calls.part > 0)["visit"] == -1).all()


def test_severity_and_entity_values_reach_events(catalog, tmp_path, profile):
    events = [{"event_id": "v", "event_type": "visit", "parameters": {"reason": "E11", "billed": "${entity.glad}"}}]
    plan = resolve({**profile, "journey": {"id": "j", "events": events}}, catalog, tmp_path)
    _, timeline = generate_span(plan, plan.spans(300)[0], plan.build_rosters())
    visits = timeline["example.visit"]
    assert (visits["billed"] == visits.person("glad")).all() and 100 < visits["billed"].sum() < 290
    high = visits.person("severity").isin(["high"])
    assert set(visits.select(high)["reason"].decode()) == {"E11.65"} and set(
        visits.select(~high)["reason"].decode()
    ) == {"E11.9"}


def test_conditions_of_a_person_can_be_asked_for(catalog, tmp_path, profile):
    events = [
        {
            "event_id": "v",
            "event_type": "visit",
            "conditions": [{"field": "entity.conditions", "operator": "contains", "value": "E11"}],
        }
    ]
    result = run.generate({**profile, "journey": {"id": "j", "events": events}}, catalog=catalog, workspace=tmp_path)
    assert result.counts["visits"] == sum("E11" in one.attributes["conditions"] for one in result.entities) > 0


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (lambda events: {"bills": 1}, "not among its writes"), (lambda events: {"visits": Columns({})}, "is missing"),
        (lambda events: 1 / 0, "ZeroDivisionError"), ("repeated", "not unique"), ("empty", "must not be empty"),
    ],
)  # fmt: skip
def test_a_handler_that_breaks_its_contract_is_named(rows, message, catalog, profile, tmp_path):
    import attrs

    plan = resolve(profile, catalog, tmp_path)
    handler = next(one for one in plan.handlers if one.name == "visit")

    def spoiled(events):
        made = handler.handle(events)["visits"]
        if rows == "repeated":
            return {"visits": made.adding(visit_id=np.zeros(made.length, np.int64))}
        return {"visits": made.adding(visit_date=np.full(made.length, np.datetime64("NaT", "s")))}

    bad = attrs.evolve(handler, handle=rows if callable(rows) else spoiled)
    plan = attrs.evolve(plan, handlers=tuple(bad if one is handler else one for one in plan.handlers))
    with pytest.raises(PluginError, match=f"example.visit, units 0-299.*{message}"):
        generate_span(plan, plan.spans(300)[0], plan.build_rosters())

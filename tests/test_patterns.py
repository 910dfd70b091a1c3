"""The five patterns of journeys, each on 10,000 people: linear, branching, cyclic, protocol, lifecycle."""

import datetime

import numpy as np
import pytest
from scipy import stats

from healthsim_core.columns import Span
from healthsim_core.errors import SpecificationError
from healthsim_core.generation.handling import generate_span
from healthsim_core.generation.journey import unfold
from healthsim_core.generation.profile import sample
from healthsim_core.generation.resolving import resolve

N = 10_000
DAY = np.timedelta64(1, "D")


def planned(catalog, tmp_path, journey, **profile):
    generation = {"count": N, "seed": 8, "products": ["example"], "as_of": "2025-01-01"}
    return resolve(
        {"id": "p", "generation": generation, "journey": {"id": "j", **journey}, **profile}, catalog, tmp_path
    )


def unfolded(catalog, tmp_path, journey, **profile):
    """Return the events of a journey by event id."""
    plan = planned(catalog, tmp_path, journey, **profile)
    timeline = unfold(plan, sample(plan, Span(0, plan.count), plan.build_rosters()))
    return {
        part.definition.event_id: timeline.parts[number] for number, part in enumerate(plan.parts) if part.definition
    } | {"": timeline}


def days(events):
    return ((events.time - np.datetime64("2025-01-01", "s")) / DAY).astype(int)


def said(catalog, tmp_path, journey, **profile):
    with pytest.raises(SpecificationError) as caught:
        planned(catalog, tmp_path, journey, **profile)
    return str(caught.value)


def visit(event_id, **more):
    return {"event_id": event_id, "event_type": "visit", **more}


# Linear


def test_linear_events_follow_each_other_within_their_bounds(catalog, tmp_path):
    found = unfolded(catalog, tmp_path, {"events": [
        visit("a", day=5, variance_days=2),
        visit("b", depends_on="a", delay={"days": 10, "days_min": 8, "days_max": 15, "distribution": "normal"}),
        visit("c", depends_on="b", delay={"days_min": 1, "days_max": 3}, probability=0.5),
        visit("d", depends_on="c", delay={"days": 4}, day=30),
    ]})  # fmt: skip
    a, b, c, d = (found[name] for name in "abcd")
    assert set(days(a)) == set(range(3, 8))
    gap = days(b) - days(a)
    assert gap.min() == 8 and gap.max() == 15
    assert stats.binomtest(len(c), N, 0.5).pvalue > 0.001
    of_c = np.searchsorted(b.entity, c.entity)
    assert set(days(c) - days(b)[of_c]) == {1, 2, 3}
    assert np.array_equal(d.entity, c.entity)
    assert np.array_equal(days(d), np.maximum(30, days(c) + 4))


# Branching


def branching(**arms):
    return {"events": [
        visit("ed", day=10, branches=[
            {"name": "admit", "weight": 0.3, "events": [visit("admit", delay={"days": 0}), visit("ward", depends_on="admit", delay={"days": 2})]},
            {"name": "home", "weight": 0.7, "events": [visit("home", delay={"days": 0})]}]),
        visit("after", depends_on="ed", delay={"days": 30}, conditions=[{"field": "ed.branch", "operator": "eq", "value": "admit"}]),
    ]}  # fmt: skip


def test_exactly_one_arm_is_taken_by_weight(catalog, tmp_path):
    found = unfolded(catalog, tmp_path, branching())
    admitted, home = set(found["admit"].entity), set(found["home"].entity)
    assert not admitted & home and len(admitted | home) == N
    assert stats.binomtest(len(admitted), N, 0.3).pvalue > 0.001
    assert set(found["ward"].entity) == set(found["after"].entity) == admitted


def test_conditions_choose_arms_before_weights_and_read_the_event_itself(catalog, tmp_path):
    found = unfolded(catalog, tmp_path, {"events": [visit("look", day=1, branches=[
        {"conditions": [{"field": "look.score", "operator": "gte", "value": 8}], "events": [visit("high", delay={"days": 1})]},
        {"conditions": [{"field": "entity.gender", "operator": "eq", "value": "F"}], "events": [visit("woman", delay={"days": 1})]},
        {"events": [visit("other", delay={"days": 1})]}])]})  # fmt: skip
    look = found["look"]
    women = look.person("gender").isin(["F"])
    assert set(found["high"].entity) == set(look.entity[look["score"] >= 8])
    assert set(found["woman"].entity) == set(look.entity[(look["score"] < 8) & women])
    assert set(found["other"].entity) == set(look.entity[(look["score"] < 8) & ~women])


def test_every_turn_of_a_cycle_takes_an_arm_of_its_own(catalog, tmp_path):
    found = unfolded(catalog, tmp_path, {"events": [visit("ed", day=0, repeat={"every_days": 10, "count": 3}, branches=[
        {"weight": 0.5, "events": [visit("x", delay={"days": 1})]}, {"weight": 0.5, "events": [visit("y", delay={"days": 1})]}])]})  # fmt: skip
    assert len(found["x"]) + len(found["y"]) == 3 * N
    turns = np.bincount(found["x"].entity // 16, minlength=N)
    assert stats.chisquare(np.bincount(turns), N * stats.binom(3, 0.5).pmf(range(4))).pvalue > 0.001


def test_branches_nest(catalog, tmp_path):
    inner = visit("b", delay={"days": 1}, branches=[
        {"weight": 0.5, "events": [visit("c", delay={"days": 1})]}, {"weight": 0.5, "events": [visit("d", delay={"days": 1})]}])  # fmt: skip
    found = unfolded(
        catalog,
        tmp_path,
        {"events": [visit("a", day=0, branches=[{"weight": 0.4, "events": [inner]}, {"weight": 0.6, "events": []}])]},
    )
    assert set(found["c"].entity) | set(found["d"].entity) == set(found["b"].entity)
    assert stats.binomtest(len(found["c"]), N, 0.2).pvalue > 0.001


# Cyclic


def test_a_cycle_comes_back_until_something_happens(catalog, tmp_path):
    found = unfolded(catalog, tmp_path, {"events": [
        visit("stop", day=100, variance_days=90, probability=0.5),
        visit("turn", day=0, repeat={"every_days": 30, "count": 12, "until": {"field": "event.stop.happened", "operator": "eq", "value": True}}),
    ]})  # fmt: skip
    turn, stop = found["turn"], found["stop"]
    stopped = np.full(N, 10_000)
    stopped[stop.entity // 16] = days(stop)
    expected = np.minimum(np.ceil(stopped / 30), 12)
    assert np.array_equal(np.bincount(turn.entity // 16, minlength=N), expected)
    assert np.array_equal(days(turn), turn.occurrence * 30)


def test_a_cycle_can_end_with_its_own_outcome(catalog, tmp_path):
    found = unfolded(catalog, tmp_path, {"events": [
        visit("test", day=0, repeat={"every_days": 7, "count": 10, "until": {"field": "test.score", "operator": "gte", "value": 9}})]})  # fmt: skip
    test = found["test"]
    last = np.append(np.diff(test.entity) > 0, True)
    assert (test["score"][~last] < 9).all()
    assert ((test["score"][last] >= 9) | (test.occurrence[last] == 9)).all()
    assert len(test) < 10 * N


def test_a_cycle_without_a_count_lasts_as_long_as_its_journey(catalog, tmp_path):
    found = unfolded(
        catalog,
        tmp_path,
        {"duration_days": 365, "events": [visit("turn", day=5, repeat={"every_days": 30, "jitter_days": 2})]},
    )
    assert days(found["turn"]).max() <= 365
    assert np.bincount(found["turn"].entity // 16).max() == 12


# Protocol


PROTOCOL = {"schedule": {
    "event_type": "visit",
    "visits": [{"name": "Screening", "day": -14, "window": [-7, 0]}, {"name": "Baseline", "day": 1}, {"name": "Week 2", "day": 15, "window": [-3, 3]}],
    "cycles": {"length_days": 21, "count": 6, "days": [1, 8, 15], "first_day": 22}}}  # fmt: skip


def test_a_protocol_keeps_its_windows_and_has_no_day_zero(catalog, tmp_path):
    found = unfolded(catalog, tmp_path, PROTOCOL)
    assert set(days(found["screening"])) == set(range(-21, -13))
    assert set(days(found["baseline"])) == {0}
    assert set(days(found["week-2"])) == set(range(11, 18))
    for day in (1, 8, 15):
        cycle = found[f"cycle-d{day}"]
        assert np.array_equal(days(cycle), 21 + day - 1 + 21 * cycle.occurrence)
        assert len(cycle) == 6 * N


def test_a_protocol_ends_with_a_withdrawal(catalog, tmp_path):
    journey = {"events": [visit("withdrawal", day=60, probability=0.2)],
               "schedule": {**PROTOCOL["schedule"], "until": {"field": "withdrawal.happened", "value": True}}}  # fmt: skip
    found = unfolded(catalog, tmp_path, journey)
    gone = np.isin(found["cycle-d1"].entity, found["withdrawal"].entity)
    assert days(found["cycle-d1"])[gone].max() < 60
    assert days(found["cycle-d1"])[~gone].max() > 100
    assert len(found["week-2"]) == N


def test_what_is_wrong_with_a_protocol_is_said(catalog, tmp_path):
    wrong = {
        "schedule": {
            "event_type": "visit",
            "visits": [{"name": "A", "day": 0}],
            "cycles": {"length_days": 7, "count": 2, "days": [9]},
        }
    }
    message = said(catalog, tmp_path, wrong)
    assert (
        'journey.schedule.visits[0].day: there is no day 0 where the first day is day 1; say "first_day": 0' in message
    )
    assert "journey.schedule.cycles.days: day 9 lies beyond the cycle's 7 days" in message


# Lifecycle


LIFE = {
    "duration_days": 3650,
    "phases": [
        {"name": "mild", "years": {"type": "uniform", "min": 1, "max": 3}, "next": {"moderate": 0.8, "mild": 0.2},
         "events": [visit("check", delay={"days": 0}, repeat={"every_days": 180})]},
        {"name": "moderate", "years": 2, "next": {"severe": 0.5}, "events": [visit("clinic", delay={"days": 5}, repeat={"every_days": 90})]},
        {"name": "severe", "years": 50},
    ],
    "events": [visit("hospice", day=2000, conditions=[{"field": "severe.happened", "value": True}])],
}  # fmt: skip


def test_a_life_goes_through_phases_by_their_chances(catalog, tmp_path):
    found = unfolded(catalog, tmp_path, LIFE)
    mild, moderate, severe = (found[name] for name in ("mild", "moderate", "severe"))
    first = mild.occurrence == 0
    assert first.sum() == N and set(days(mild)[first]) == {0}
    assert stats.binomtest(int((mild.occurrence == 1).sum()), N, 0.2).pvalue > 0.001
    ended = (days(moderate) + round(2 * 365.25) <= 3650).sum()
    assert stats.binomtest(len(severe), int(ended), 0.5).pvalue > 0.001
    once = moderate.select(moderate.occurrence == 1)
    length = days(once) / 365.25
    assert stats.kstest(length, stats.uniform(1, 2).cdf).pvalue > 0.0001
    assert days(mild).max() <= 3650 and days(severe).max() <= 3650
    assert set(found["hospice"].entity) == set(severe.entity[days(severe) <= 2000])


def test_what_belongs_to_a_phase_stops_with_it(catalog, tmp_path):
    found = unfolded(catalog, tmp_path, LIFE)
    clinic, moderate = found["clinic"], found["moderate"]
    assert len(np.unique(clinic.key)) == len(clinic)
    in_phase = days(clinic) - days(moderate)[np.searchsorted(moderate.entity, clinic.entity)]
    assert in_phase.min() == 5 and in_phase.max() < 731
    assert stats.mode(np.bincount(clinic.entity // 16)).mode == 9


def test_phases_that_return_need_an_end(catalog, tmp_path):
    endless = {"phases": [{"name": "a", "next": {"b": 1}}, {"name": "b", "next": {"a": 1, "c": 0.5}}]}
    message = said(catalog, tmp_path, endless)
    assert "journey.phases[1].next.c: unknown phase 'c'" in message
    assert "phases that can come back need a journey with duration_days" in message


# All of them


def everything():
    branches = branching()["events"]
    return {**LIFE, "events": [*LIFE["events"], *branches], "schedule": PROTOCOL["schedule"]}


def test_every_pattern_is_the_same_in_any_span_and_keys_are_unique(catalog, tmp_path):
    plan = planned(catalog, tmp_path, everything())
    rosters = plan.build_rosters()
    whole, _ = generate_span(plan, Span(0, 200), rosters)
    parts = [
        generate_span(plan, Span(start, start + size), rosters)[0] for start, size in ((0, 7), (7, 100), (107, 93))
    ]
    visits = whole["visits"]
    assert len(np.unique(visits["visit_id"])) == visits.length
    for name in ("visit_id", "visit_date", "score"):
        joined = np.concatenate([part["visits"][name] for part in parts])
        order = [
            np.argsort(keys)
            for keys in (np.concatenate([part["visits"]["visit_id"] for part in parts]), visits["visit_id"])
        ]
        assert np.array_equal(joined[order[0]], visits[name][order[1]])


def test_business_days_avoid_weekends_and_federal_holidays(catalog, tmp_path):
    found = unfolded(catalog, tmp_path, {"events": [
        visit("work", day=180, variance_days=170, business_days=True),
        visit("soon", depends_on="work", delay={"days": 3, "days_min": 1, "days_max": 5}, business_days=True),
        visit("exact", day=184, business_days=True),
    ]})  # fmt: skip
    for name in ("work", "soon"):
        moved = found[name].time.astype("datetime64[D]")
        assert np.is_busday(moved).all()
        closed = [
            datetime.date(2025, 1, 20),
            datetime.date(2025, 7, 4),
            datetime.date(2025, 11, 27),
            datetime.date(2025, 12, 25),
        ]
        assert not np.isin(moved, np.array(closed, "datetime64[D]")).any()
    assert set(found["exact"].time.astype("datetime64[D]").astype(str)) == {"2025-07-04"} - {"2025-07-04"} | {
        "2025-07-07"
    }
    gap = days(found["soon"]) - days(found["work"])
    assert gap.min() >= 1 and gap.max() <= 5


def test_journeys_are_layered_and_chosen_by_attributes(catalog, tmp_path):
    generation = {"count": N, "seed": 8, "products": ["example"]}
    old = {"id": "old", "events": [visit("a", day=3)]}
    young = {"id": "young", "events": [visit("a", day=9)]}
    everybody = {"id": "all", "events": [visit("a", day=6)]}
    specification = {"id": "p", "generation": generation, "journeys": [
        {"journey": old, "when": "age >= 65"}, {"journey": young, "when": "age < 65 and gender == 'F'"}, {"journey": everybody}]}  # fmt: skip
    plan = resolve(specification, catalog, tmp_path)
    people = sample(plan, Span(0, N), plan.build_rosters())
    timeline = unfold(plan, people)
    by_journey = {
        part.definition.journey: timeline.parts[number] for number, part in enumerate(plan.parts) if part.definition
    }
    assert set(by_journey["old"].entity) == set(people.entity[people["age"] >= 65])
    assert set(by_journey["young"].entity) == set(people.entity[(people["age"] < 65) & people["gender"].isin(["F"])])
    assert len(by_journey["all"]) == N
    assert len(timeline["example.visit"]) == sum(len(events) for events in by_journey.values())


def test_journeys_are_chosen_by_conditions_too(catalog, tmp_path, profile):
    sugar = {"id": "sugar", "events": [visit("a", day=3)]}
    required = {
        **sugar,
        "id": "required",
        "requires": [{"field": "entity.conditions", "operator": "contains", "value": "E11"}],
    }
    specification = {"generation": {"count": 1000, "seed": 8, "products": ["example"]}, "clinical": profile["clinical"],
                     "household": {"size": {"type": "constant", "value": 1}},
                     "journeys": [{"journey": sugar, "when": "'E11' in conditions and 'I10' not in conditions"}, {"journey": required}]}  # fmt: skip
    plan = resolve(specification, catalog, tmp_path)
    people = sample(plan, Span(0, 1000), plan.build_rosters())
    timeline = unfold(plan, people)
    mine = people.entity[people["has.E11"] & ~people["has.I10"]]
    (chosen, whoever) = (timeline.parts[number] for number, part in enumerate(plan.parts) if part.definition)
    assert set(chosen.entity) == set(mine) and len(mine) > 200
    assert set(whoever.entity) == set(people.entity[people["has.E11"]])
    specification["journeys"] = [{"journey": sugar, "when": "agee > 65"}]
    with pytest.raises(SpecificationError, match="journeys.0..when: unknown attribute 'agee'; did you mean 'age'"):
        resolve(specification, catalog, tmp_path)


def test_mistakes_in_branches_are_all_said(catalog, tmp_path):
    journey = {"events": [
        visit("a", day=0, branches=[{"weight": 0.5, "events": [visit("b")]}, {"weight": 0.4, "events": [visit("c", depends_on="z")]}]),
        visit("z", day=1, repeat={"count": 3}),
        visit("b", day=4),
        visit("w", day=4, window=[2, 1]),
    ]}  # fmt: skip
    message = said(catalog, tmp_path, journey)
    assert "the weights of the arms must sum to 1 (they sum to 0.9)" in message
    assert "an event of a branch follows 'a' or another of its arm, not 'z'" in message
    assert "journey.events[2].event_id: event id 'b' is used twice" in message
    assert "journey.events[1].repeat.every_days: is missing" in message
    assert "events[3].window: expected [from, to] in days" in message


def test_a_fixed_delay_is_that_many_days(catalog, tmp_path):
    delay = {"days": 7, "days_min": 3, "days_max": 14, "distribution": "fixed"}
    found = unfolded(catalog, tmp_path, {"events": [visit("a"), visit("b", depends_on="a", delay=delay)]})
    assert set(days(found["b"])) == {7}


def test_what_follows_in_a_phase_ends_with_it_too(catalog, tmp_path):
    events = [visit("v", delay={"days": 20}), visit("w", depends_on="v", delay={"days": 10}), visit("x", depends_on="w", delay={"days": 10})]  # fmt: skip
    journey = {"phases": [{"name": "short", "years": 0.1, "events": events}]}
    found = unfolded(catalog, tmp_path, journey)
    assert set(days(found["w"])) == {30} and len(found["w"]) == N
    assert len(found["x"]) == 0


def test_a_repeat_without_a_count_lasts_as_long_as_the_journey(catalog, tmp_path):
    journey = {
        "duration_days": 100,
        "events": [visit("a", day=60), visit("b", depends_on="a", repeat={"every_days": 10})],
    }
    assert sorted(set(days(unfolded(catalog, tmp_path, journey)["b"]))) == [60, 70, 80, 90, 100]


def test_a_chain_that_may_outlast_the_journey_is_refused(catalog, tmp_path):
    journey = {"duration_days": 30, "events": [visit("a", day=25), visit("b", depends_on="a", delay={"days": 20})]}
    assert "events[1]: may happen on day 45, after the journey's duration_days 30" in said(catalog, tmp_path, journey)


@pytest.mark.parametrize(
    ("until", "turns"),
    [({"field": "r.time", "operator": "gte", "value": "2025-01-20"}, 3), ({"field": "r.occurrence", "operator": "gte", "value": 1}, 2),
     ({"field": "r.happened", "operator": "eq", "value": True}, 1)],
)  # fmt: skip
def test_a_cycle_can_end_by_its_own_time_count_or_happening(catalog, tmp_path, until, turns):
    journey = {"events": [visit("r", repeat={"every_days": 10, "count": 5, "until": until})]}
    assert len(unfolded(catalog, tmp_path, journey)["r"]) == turns * N


def test_fields_that_events_do_not_have_are_told(catalog, tmp_path):
    journey = {"events": [
        visit("a"),
        visit("b", conditions=[{"field": "a.scoer", "operator": "gt", "value": 3}]),
        visit("c", parameters={"remedy": "${a.nonsense}"}),
        visit("d", parameters={"remedy": "${entity.age}"}),
        visit("e", parameters={"remedy": "${a.score}"}),
        visit("f", delay={"days_min": 2.2, "days_max": 2.8}, depends_on="a"),
    ]}  # fmt: skip
    message = said(catalog, tmp_path, journey)
    assert "events[1].conditions[0].field: unknown field of visit 'a.scoer'" not in message
    assert "unknown field of visit 'scoer'; did you mean 'score'?" in message
    assert "events[2].parameters.remedy: unknown field of visit 'nonsense'" in message
    assert "events[3].parameters.remedy: expected a text, but entity.age is a number" in message
    assert "events[4].parameters.remedy: expected a text, but a.score is a number" in message
    assert "no whole day lies between days_min 2.2 and days_max 2.8" in message


@pytest.mark.parametrize("years", ["two", {"type": "constant", "value": 2, "null_fraction": 0.5}, -1])
def test_phases_last_a_number_of_years(catalog, tmp_path, years):
    assert "phases[0].years" in said(catalog, tmp_path, {"phases": [{"name": "a", "years": years, "events": []}]})


# Propensity


def test_a_persons_propensity_multiplies_the_probability_each_time(catalog, tmp_path):
    custom = {"eagerness": {"type": "uniform_int", "min": 0, "max": 4}}
    found = unfolded(catalog, tmp_path, {
        "duration_days": 400,
        "events": [
            visit("a", probability=0.4, propensity="eagerness", repeat={"every_days": 30, "count": 5}),
            visit("b", depends_on="a", probability=0.5, repeat={"every_days": 5, "count": 2}),
        ],
        "schedule": {"event_type": "visit", "probability": 0.3, "propensity": "eagerness",
                     "visits": [{"name": "Baseline", "day": 1}], "cycles": {"length_days": 20, "count": 3, "days": [1], "first_day": 20}},
    }, custom=custom)  # fmt: skip
    people = found[""].people
    eagerness = people["eagerness"]
    for name, probability, times in (("a", 0.4, 5), ("baseline", 0.3, 1), ("cycle-d1", 0.3, 3)):
        counts = np.bincount(people.rows_of(found[name].entity), minlength=N)
        for level in range(5):
            mean = counts[eagerness == level].mean() / times
            assert mean == pytest.approx(min(1, probability * level), abs=0.03 if 0 < probability * level < 1 else 0)
    assert len(found["b"]) == pytest.approx(len(found["a"]), rel=0.03)


def test_a_propensity_of_one_or_of_nobody_leaves_every_event_as_it_was(catalog, tmp_path):
    plain = unfolded(catalog, tmp_path, {"events": [visit("a", probability=0.4), visit("b", probability=0.7)]})
    for custom in ({"eagerness": 1}, {"eagerness": {"type": "uniform_int", "min": 2, "max": 3, "null_fraction": 1}}):
        events = [visit("a", probability=0.4, propensity="eagerness"), visit("b", probability=0.7)]
        with_it = unfolded(catalog, tmp_path, {"events": events}, custom=custom)
        assert all(np.array_equal(plain[name].key, with_it[name].key) for name in "ab")
    absent = unfolded(
        catalog, tmp_path, {"events": [visit("a", probability=0.4, propensity="care_seeking"), visit("b")]}
    )
    assert np.array_equal(absent["a"].key, plain["a"].key)
    more = unfolded(catalog, tmp_path, {"events": [visit("a", probability=0.4, propensity="eagerness"), visit("b", probability=0.7)]}, custom={"eagerness": 2})  # fmt: skip
    assert set(plain["a"].key) < set(more["a"].key) and np.array_equal(plain["b"].key, more["b"].key)


@pytest.mark.parametrize(("event", "message"), [
    ({"propensity": "care_seeeking"}, "journey.events[0].propensity: unknown attribute 'care_seeeking'; did you mean 'care_seeking'?"),
    ({"propensity": "gender"}, "journey.events[0].propensity: gender is a category, and a propensity is a number"),
    ({"propensity": "age", "probability": 0}, "journey.events[0].propensity: moves nothing where the probability is 0"),
    ({"propensity": 2}, "journey.events[0].propensity: "),
])  # fmt: skip
def test_a_propensity_that_means_nothing_is_refused(catalog, tmp_path, event, message):
    assert message in said(catalog, tmp_path, {"events": [visit("a", **event)]})


def test_an_arms_event_and_a_phases_have_a_propensity_and_a_phase_has_none(catalog, tmp_path):
    custom = {"eagerness": {"type": "uniform_int", "min": 0, "max": 1}}
    events = [visit("a", branches=[{"name": "x", "weight": 1, "events": [visit("b", propensity="eagerness")]}])]
    phases = [{"name": "p", "years": 1, "events": [visit("c", propensity="eagerness")]}]
    found = unfolded(catalog, tmp_path, {"events": events, "phases": phases}, custom=custom)
    people = found[""].people
    for name in "bc":
        assert np.array_equal(np.unique(found[name].entity), people.entity[people["eagerness"] == 1])
    assert "propensity" in said(catalog, tmp_path, {"phases": [{**phases[0], "propensity": "eagerness"}]})

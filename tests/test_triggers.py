"""Triggers: one thing follows from another, once, with what it needs; across products that meet by name."""

import types

import numpy as np
import pytest

from healthsim_core import catalog as catalogs
from healthsim_core import hookimpl
from healthsim_core.columns import Span
from healthsim_core.conditions import Condition
from healthsim_core.declarations import CodeSet, ConditionCode, Product
from healthsim_core.errors import PluginError
from healthsim_core.events import Delay, EventType, Field, Link, Trigger
from healthsim_core.generation.journey import unfold
from healthsim_core.generation.profile import sample
from healthsim_core.generation.resolving import resolve

PEOPLE = 2000
PRODUCTS = ("shop", "post", "bank")


def order_outcomes(events):
    return {"urgent": events.draw("urgent") < 0.3, "amount": np.round(events.draw("amount") * 100, 2)}


EVENT_TYPES = (
    EventType("order", "shop", "An order.", (Field("urgent", "boolean", "Now?"), Field("amount", "number", "Worth.")),
              outcomes=order_outcomes),
    EventType("parcel", "post", "A parcel.", (Field("order", "key", "For what."), Field("worth", "number", "Insured for."))),
    EventType("pickup", "shop", "Fetched at the shop.", (Field("order", "key", "What."),)),
    EventType("payment", "bank", "It is paid.", (Field("order", "key", "What."), Field("amount", "number", "How much."))),
    EventType("receipt", "shop", "It is confirmed.", (Field("order", "key", "What."),)),
)  # fmt: skip

URGENT = Trigger("urgent-parcel", "shop.order", "post.parcel", "", Delay(0.5, 0, 1, "uniform"), priority=80,
                 when=(Condition("urgent", "eq", True),), carry={"order": "key", "worth": "amount"})  # fmt: skip
TRIGGERS = (
    URGENT,
    Trigger("parcel", "shop.order", "post.parcel", "", Delay(7, 5, 9, "uniform"), carry={"order": "key", "worth": "amount"}, priority=40),
    Trigger("pickup", "shop.order", "shop.pickup", "", Delay(1), carry={"order": "key"}, unless="post"),
    Trigger("pay", "post.parcel", "bank.payment", "", Delay(2), carry={"order": "order", "amount": "worth"}),
    Trigger("thank", "bank.payment", "shop.receipt", "", Delay(1), carry={"order": "order"}, probability=0.5),
)  # fmt: skip

JOURNEY = {
    "id": "shopping",
    "events": [{"event_id": "o", "event_type": "order", "repeat": {"every_days": 20, "count": 3}}],
}


def plugins(triggers=TRIGGERS, event_types=EVENT_TYPES):
    def module(product):
        made = types.ModuleType(product)
        made.healthsim_products = hookimpl(lambda: [Product(product, product, "person")])
        made.healthsim_event_types = hookimpl(lambda: [one for one in event_types if one.product == product])
        made.healthsim_triggers = hookimpl(lambda: [one for one in triggers if one.source.startswith(product)])
        for name in ("healthsim_products", "healthsim_event_types", "healthsim_triggers"):
            getattr(made, name).__name__ = name
        return lambda: made

    return [(name, f"healthsim-{name}", "1", module(name)) for name in PRODUCTS]


def unfolded(tmp_path, products=PRODUCTS, triggers=TRIGGERS, installed=PRODUCTS, event_types=EVENT_TYPES):
    catalog = catalogs.build([one for one in plugins(triggers, event_types) if one[0] in installed])
    assert not catalog.failed(), catalog.failed()
    spec = {"generation": {"count": PEOPLE, "seed": 5, "products": list(products)}, "journey": JOURNEY}
    plan = resolve(spec, catalog, tmp_path)
    return plan, unfold(plan, sample(plan, Span(0, PEOPLE), plan.build_rosters()))


def days_after(later, earlier):
    when = dict(zip(earlier.key.tolist(), earlier.time.tolist(), strict=True))
    return np.array(
        [
            (one - when[key]).total_seconds() / 86400
            for one, key in zip(later.time.tolist(), later.source.tolist(), strict=True)
        ]
    )


def test_of_two_triggers_to_one_target_the_higher_priority_goes_and_nothing_happens_twice(tmp_path):
    _, timeline = unfolded(tmp_path)
    orders, parcels = timeline["shop.order"], timeline["post.parcel"]
    assert len(orders) == 3 * PEOPLE and sorted(parcels["order"].tolist()) == sorted(orders.key.tolist())
    urgent = dict(zip(orders.key.tolist(), orders["urgent"].tolist(), strict=True))
    now = np.array([urgent[key] for key in parcels["order"].tolist()])
    days = days_after(parcels, orders)
    assert 0 <= days[now].min() and days[now].max() <= 1 and 5 <= days[~now].min() and days[~now].max() <= 9
    assert abs(now.mean() - 0.3) < 0.02


def test_what_is_carried_arrives_through_a_chain(tmp_path):
    _, timeline = unfolded(tmp_path)
    orders, payments, receipts = timeline["shop.order"], timeline["bank.payment"], timeline["shop.receipt"]
    worth = dict(zip(orders.key.tolist(), orders["amount"].tolist(), strict=True))
    assert len(payments) == 3 * PEOPLE
    assert all(
        worth[key] == amount
        for key, amount in zip(payments["order"].tolist(), payments["amount"].tolist(), strict=True)
    )
    assert set(receipts["order"].tolist()) < set(worth) and abs(len(receipts) / len(payments) - 0.5) < 0.02


def test_a_trigger_rests_where_another_product_does_it(tmp_path):
    plan, timeline = unfolded(tmp_path)
    assert timeline["shop.pickup"] is None and not any("pickup" in notice for notice in plan.notices)
    plan, timeline = unfolded(tmp_path, ("shop",))
    assert len(timeline["shop.pickup"]) == 3 * PEOPLE


@pytest.mark.parametrize("installed", [("shop",), PRODUCTS])
def test_triggers_to_products_that_take_no_part_are_counted(tmp_path, installed):
    plan, timeline = unfolded(tmp_path, ("shop",), TRIGGERS[:4], installed)
    assert timeline["post.parcel"] is None
    (notice,) = plan.notices
    assert notice == "skipped 2 triggers to products that take no part: parcel, urgent-parcel"


def test_a_product_that_comes_with_a_later_layer_is_no_longer_missed(tmp_path):
    from healthsim_core.generation.asking import Asked, Layer

    catalog = catalogs.build(plugins(TRIGGERS[:4]))
    spec = {"generation": {"count": 5, "products": ["shop"]}, "journey": JOURNEY}
    plan = resolve(spec, catalog, tmp_path, Asked(layers=(Layer((), ("post",)),)))
    timeline = unfold(plan, sample(plan, Span(0, 5), plan.build_rosters()))
    assert not any("parcel" in notice for notice in plan.notices)
    # What was there before stays: the pickups of the first layer rest only for what comes later.
    assert len(timeline["post.parcel"]) == len(timeline["shop.pickup"]) == 15


def test_what_happens_does_not_depend_on_a_product_that_is_installed_and_takes_no_part(tmp_path):
    plan, timeline = unfolded(tmp_path, ("bank", "shop"))
    _, without = unfolded(tmp_path, ("bank", "shop"), installed=("bank", "shop"))
    assert "to products that take no part: parcel, urgent-parcel" in plan.notices[0]
    assert timeline["post.parcel"] is timeline["bank.payment"] is without["bank.payment"] is None
    assert timeline["shop.pickup"].key.tolist() == without["shop.pickup"].key.tolist() != []


def test_a_circle_of_triggers_is_refused(tmp_path):
    back = Trigger("again", "shop.receipt", "shop.order", "", Delay(1))
    with pytest.raises(PluginError, match="form a circle: .*shop.order"):
        unfolded(tmp_path, triggers=(*TRIGGERS, back))


def test_a_product_installed_later_leaves_every_key_as_it_was(tmp_path):
    zoo = types.ModuleType("zoo")
    zoo.healthsim_products = hookimpl(lambda: [Product("zoo", "Animals.", "animal")])
    visit = EventType("visit", "zoo", "A day out.", each_person=True)
    zoo.healthsim_event_types = hookimpl(lambda: [visit])
    outing = Trigger("an-outing", "shop.order", "zoo.visit", "", Delay(1))
    zoo.healthsim_triggers = hookimpl(lambda: [outing])
    for name in ("healthsim_products", "healthsim_event_types", "healthsim_triggers"):
        getattr(zoo, name).__name__ = name
    spec = {"generation": {"count": 50, "seed": 5}, "journey": JOURNEY}
    fewer = resolve(spec, catalogs.build(plugins()), tmp_path)
    more = resolve(spec, catalogs.build([*plugins(), ("zoo", "healthsim-zoo", "1", lambda: zoo)]), tmp_path)
    assert set(more.products) == {*fewer.products, "zoo"}
    bases = {part.path: part.base for part in more.parts}
    assert len(bases) == len(fewer.parts) + 2
    assert {part.path: part.base for part in fewer.parts} == {part.path: bases[part.path] for part in fewer.parts}


def test_an_event_whose_product_is_not_installed_keeps_its_place(catalog, tmp_path):
    events = [
        {"event_id": "a", "event_type": "visit"},
        {"event_id": "b", "event_type": "refill", "depends_on": "a", "repeat": {"every_days": 30, "count": 11}},
        {"event_id": "c", "event_type": "visit", "day": 5},
    ]
    spec = {"generation": {"count": 5, "products": ["example"]}, "journey": {"id": "j", "events": events}}
    plan = resolve(spec, catalog, tmp_path)
    assert [(part.path, part.base) for part in plan.parts if part.definition] == [
        ("journey.j.a", 0),
        ("journey.j.c", 12),
    ]
    assert "needs healthsim-rxmembersim" in plan.notices[0]


def stranger(name, **declared):
    module = types.ModuleType(name)
    for hook, found in declared.items():
        implementation = hookimpl(lambda found=found: found)
        implementation.__name__ = f"healthsim_{hook}"
        setattr(module, f"healthsim_{hook}", implementation)
    return (name, f"healthsim-{name}", "1", lambda: module)


def test_an_installed_stranger_nobody_asked_for_changes_no_carried_value_and_no_code(tmp_path):
    types_ = [
        EventType("one", "stub", "One."),
        EventType("two", "stub", "Two."),
        EventType("end", "stub", "End.", (Field("tag", "text", "From which."),), links=(Link("source", ("stub.one", "stub.two"), carry={}),)),
    ]  # fmt: skip
    ours = stranger("stub", products=[Product("stub", "Stub.", "stub")], event_types=types_,
                    code_sets=[CodeSet("stub.codes", "Codes.", "tests", "none", lambda: (ConditionCode("J45", "J45.909", "Asthma"),))])  # fmt: skip
    leaning = EventType("aaa", "aaa", "Leans on two.", links=(Link("source", ("stub.two",)),))
    theirs = stranger("aaa", event_types=[leaning], code_sets=[CodeSet("aaa.codes", "More.", "tests", "none",
                      lambda: (ConditionCode("J45", "J45.ZZZ", "Other"), ConditionCode("X99", "X99.9", "New")))])  # fmt: skip
    spec = {"generation": {"count": 30, "products": ["stub"]}, "clinical": {"primary_condition": {"code": "J45"}},
            "journey": {"id": "j", "events": [{"event_id": name, "event_type": f"stub.{name}"} for name in ("one", "two", "end")]}}  # fmt: skip

    def made(plugins):
        plan = resolve(spec, catalogs.build(plugins), tmp_path)
        people = sample(plan, Span(0, 30), plan.build_rosters())
        return people["code.J45"].decode().tolist(), unfold(plan, people)["stub.end"]["source"].tolist()

    assert made([ours]) == made([ours, theirs])
    spec["clinical"] = {"primary_condition": {"code": "X99"}}
    plan = resolve(spec, catalogs.build([ours, theirs]), tmp_path)
    assert [one.leaves[0][0] for one in plan.conditions] == ["X99.9"]


def test_settled_fields_see_all_events_and_the_finished_ones_and_lead_on(tmp_path):
    def first_of_person(events):
        first = np.ones(len(events), bool)
        first[1:] = events.entity[1:] != events.entity[:-1]
        return {"first": first, "orders": np.full(len(events), float(len(events.timeline("shop.order"))))}

    fields = (
        Field("order", "key", "For what."),
        Field("first", "boolean", "The person's first?"),
        Field("orders", "number", "In all."),
    )
    parcel = EventType("parcel", "post", "A parcel.", fields, settle=first_of_person, after=("shop.order",))
    pay = Trigger(
        "pay", "post.parcel", "bank.payment", when=(Condition("first", "eq", True),), carry={"amount": "orders"}
    )
    _, timeline = unfolded(
        tmp_path, triggers=(TRIGGERS[1], pay), event_types=(EVENT_TYPES[0], parcel, *EVENT_TYPES[2:])
    )
    paid = timeline["bank.payment"]
    assert len(timeline["post.parcel"]) == 3 * PEOPLE and paid.entity.tolist() == list(
        np.unique(timeline["shop.order"].entity)
    )
    assert set(paid["amount"]) == {3.0 * PEOPLE}


def test_settled_fields_go_to_the_event_they_belong_to_when_several_definitions_make_them(tmp_path):
    def echo(events):
        return {"worth": events.key.astype(float)}

    parcel = EventType("parcel", "post", "A parcel.", (Field("worth", "number", "Its own key."),), settle=echo)
    triggers = (URGENT.__class__("a", "shop.order", "post.parcel", when=URGENT.when, priority=80),
                URGENT.__class__("b", "shop.order", "post.parcel"),
                URGENT.__class__("pay", "post.parcel", "bank.payment", carry={"order": "key", "amount": "worth"}))  # fmt: skip
    _, timeline = unfolded(tmp_path, triggers=triggers, event_types=(EVENT_TYPES[0], parcel, *EVENT_TYPES[2:]))
    paid = timeline["bank.payment"]
    assert len(timeline["post.parcel"].paths) == 2 and len(paid) == 3 * PEOPLE
    assert (paid["amount"] == paid["order"]).all()


def test_a_failing_settle_names_the_event_type(tmp_path):
    parcel = EventType("parcel", "post", "A parcel.", settle=lambda events: {"worth": np.zeros(1)})
    with pytest.raises(PluginError, match="event type post.parcel: settle gives 'worth' 1 rows"):
        unfolded(
            tmp_path,
            triggers=(Trigger("send", "shop.order", "post.parcel"),),
            event_types=(EVENT_TYPES[0], parcel, *EVENT_TYPES[2:]),
        )


def test_a_delay_counts_from_the_field_a_trigger_names(tmp_path):
    def arrival(events):
        return {"arrival": events.time + np.timedelta64(30, "h")}

    parcel = EventType(
        "parcel", "post", "A parcel.", (Field("arrival", "datetime", "When it is there."),), outcomes=arrival
    )
    triggers = (
        Trigger("send", "shop.order", "post.parcel"),
        Trigger("later", "post.parcel", "shop.receipt", "", Delay(3), at="arrival"),
    )
    _, timeline = unfolded(tmp_path, triggers=triggers, event_types=(EVENT_TYPES[0], parcel, *EVENT_TYPES[2:]))
    assert set(days_after(timeline["shop.receipt"], timeline["post.parcel"])) == {4.25}

"""The object views: timelines, their execution alone and across products, triggers, enums and skills."""

import datetime
import types
from datetime import date

import example_plugin
import pytest

import healthsim_core.generation as generation
from healthsim_core import catalog as catalogs
from healthsim_core import hookimpl
from healthsim_core.conditions import Condition
from healthsim_core.declarations import Product
from healthsim_core.errors import SpecificationError, UserError
from healthsim_core.events import Delay, EventType, Field, Trigger
from healthsim_core.generation.asking import Asked
from healthsim_core.generation.coordination import CrossProductCoordinator, create_coordinator
from healthsim_core.generation.event_enums import event_types_of
from healthsim_core.generation.journey_views import JourneyEngine, ProfileJourneyOrchestrator
from healthsim_core.generation.registry import RegisteredTrigger, TriggerPriority, TriggerRegistry
from healthsim_core.generation.resolving import resolve
from healthsim_core.generation.skill_reference import SkillReference
from healthsim_core.generation.timeline_views import Timeline, TimelineEvent
from healthsim_core.generation.views import Entities

NAMES = """NormalDistribution LogNormalDistribution CategoricalDistribution AgeBandDistribution UniformDistribution
UniformIntDistribution ExplicitDistribution ConditionalDistribution create_distribution ProfileSpecification ProfileExecutor
ExecutionResult GeneratedEntity ReferenceProfileResolver resolve_geography create_hybrid_profile JourneyEngine
create_journey_engine JourneySpecification EventDefinition EventCondition DelaySpec Timeline TimelineEvent BaseEventType
PatientEventType MemberEventType RxEventType TrialEventType get_journey_template create_simple_journey JOURNEY_TEMPLATES
PROFILE_TEMPLATES ProfileJourneyOrchestrator CrossProductCoordinator LinkedEntity create_coordinator TriggerRegistry
RegisteredTrigger TriggerPriority SkillReference""".split()

START = date(2025, 1, 1)
VISITS = {
    "id": "visits",
    "events": [
        {"event_id": "first", "event_type": "visit", "day": 2},
        {"event_id": "again", "event_type": "visit", "depends_on": "first", "delay": {"days": 30}, "repeat": {"every_days": 30, "count": 2}},
        {"event_id": "note", "event_type": "milestone", "day": 2},
    ],
}  # fmt: skip


def payer():
    """A second product: a bill leads to a statement, a statement to a reminder."""
    module = types.ModuleType("payer")

    @hookimpl
    def healthsim_products():
        return [Product("payer", "Pays bills.", "client")]

    @hookimpl
    def healthsim_event_types():
        visit = (Field("visit", "key", "For which visit."),)
        return [
            EventType("statement", "payer", "A statement is sent.", visit),
            EventType("reminder", "payer", "A reminder is sent."),
        ]

    @hookimpl
    def healthsim_triggers():
        return [
            Trigger("bill-to-statement", "example.bill", "payer.statement", "A bill is stated.", Delay(2), carry={"visit": "visit"}),
            Trigger("statement-to-reminder", "payer.statement", "payer.reminder", "It is repeated.", Delay(40)),
        ]  # fmt: skip

    for hook in (healthsim_products, healthsim_event_types, healthsim_triggers):
        setattr(module, hook.__name__, hook)
    return module


@pytest.fixture(scope="module")
def both():
    return catalogs.build(
        [("example", "healthsim-example", "1.0", lambda: example_plugin), ("payer", "healthsim-payer", "1.0", payer)]
    )


def timeline_of(catalog, journey=VISITS, **entity):
    return JourneyEngine(7, catalog).create_timeline(entity or {"guest_id": "G1"}, "guest", journey, START)


def days(events):
    return [(event.event_id, (event.scheduled_date - START).days) for event in events]


# Names


@pytest.mark.parametrize("name", NAMES)
def test_every_name_imports_or_says_what_to_install(name):
    assert name in generation.__all__
    try:
        assert getattr(generation, name) is not None
    except ImportError as error:
        assert name in generation._PRODUCTS and "pip install healthsim-populationsim" in str(error)


# Entities


def test_people_of_families_are_looked_at_one_by_one_as_in_the_crowd(catalog, tmp_path):
    profile = {
        "id": "families",
        "generation": {"count": 60, "seed": 3, "products": ["example"]},
        "household": {"size": {"type": "categorical", "weights": {"1": 0.4, "2": 0.3, "4": 0.3}}, "roles": "typical"},
    }
    entities = Entities(resolve(profile, catalog, tmp_path), catalog)
    everybody = list(entities)
    assert len(everybody) == len(entities) > 60 and len({one.entity_id for one in everybody}) == len(everybody)
    assert [one.index for one in everybody] == list(range(len(everybody)))
    assert all(entities.alone(index) == everybody[index] for index in (0, 1, 17, len(everybody) - 1))
    assert entities[-1] == everybody[-1] and {one.attributes["role"] for one in everybody} > {"subscriber", "spouse"}


# Timelines


def test_a_timeline_knows_what_triggers_bring_and_from_which_event(catalog):
    timeline = timeline_of(catalog)
    assert days(timeline.events) == [("first", 2), ("note", 2), ("again", 32), ("again", 62)]
    assert [event.event_type for event in timeline.triggered] == ["bill"] * 3
    for bill, visit in zip(timeline.triggered, (timeline.events[place] for place in (0, 2, 3)), strict=True):
        assert bill.source is visit and bill.source_id == visit.event_id and visit.leads_to == [bill]
        assert 1 <= (bill.scheduled_date - visit.scheduled_date).days <= 5
    assert timeline.events[1].leads_to == []


def test_a_trigger_that_does_not_fire_brings_nothing(catalog):
    journey = {"id": "free", "events": [{"event_id": "a", "event_type": "visit", "day": 0, "parameters": {"billed": False}}]}  # fmt: skip
    assert timeline_of(catalog, journey).triggered == []


def test_a_timeline_can_be_asked_by_day_and_by_what_is_to_come(catalog):
    timeline = timeline_of(catalog)
    assert days(timeline.by_date(START + datetime.timedelta(2))) == [("first", 2), ("note", 2)]
    assert len(timeline.up_to(START + datetime.timedelta(32))) == 3
    timeline.events[0].status = "executed"
    assert days(timeline.pending()) == [("note", 2), ("again", 32), ("again", 62)]


def test_timelines_of_one_person_merge_by_date_with_the_first_ones_events_first(catalog):
    one = timeline_of(catalog)
    other = timeline_of(catalog, {"id": "b", "events": [{"event_id": "b", "event_type": "milestone", "day": 2}]})
    merged = one.merge(other)
    assert days(merged.events) == [("first", 2), ("note", 2), ("b", 2), ("again", 32), ("again", 62)]
    assert merged.merge(other).events == merged.events and len(one.events) == 4
    merged.events[2].status = "executed"
    assert other.events[0].status == "executed"


def test_timelines_of_different_people_do_not_merge_unless_they_are_linked(catalog):
    one = timeline_of(catalog)
    other = Timeline("C9", "client", [TimelineEvent("x", "X", "milestone", "core", START)])
    with pytest.raises(UserError, match="guest 'G1' and client 'C9' cannot be merged"):
        one.merge(other)
    coordinator = CrossProductCoordinator(catalog)
    with pytest.raises(UserError, match="cannot be merged"):
        one.merge(other, coordinator.create_linked_entity("E2", {"guest_id": "G1"}))
    linked = coordinator.create_linked_entity("E1", {"guest_id": "G0", "client_id": "C9"})
    with pytest.raises(UserError, match="cannot be merged"):
        one.merge(other, linked)
    linked.ids["guest_id"] = "G1"
    assert days(one.merge(other, linked).events)[0] == ("x", 0)


def test_people_of_one_household_are_not_one_person():
    one = Timeline("G1", "guest", entity={"guest_id": "G1", "household_id": "HH1"})
    other = Timeline("G2", "guest", entity={"guest_id": "G2", "household_id": "HH1"})
    assert not one.is_of(other)
    assert one.is_of(Timeline("P1", "person", entity={"guest_id": "G1"}))


def test_an_entity_of_a_cohort_has_the_timeline_the_orchestrator_gives_it(catalog, profile, tmp_path, monkeypatch):
    monkeypatch.setenv("HEALTHSIM_HOME", str(tmp_path))
    found = ProfileJourneyOrchestrator(profile, catalog=catalog).execute(count=30)
    executed = generation.ProfileExecutor(catalog=catalog).execute(profile, count=30)
    assert [one.entity for one in found] == list(executed.entities)
    plan = resolve(profile, catalog, tmp_path, Asked(count=30))
    assert [one.timeline.notices for one in found] == [plan.notices] * 30
    billed = [event for one in found for event in one.timeline.events if event.fields.get("billed")]
    assert 0 < len(billed) == sum(len(one.timeline.triggered) for one in found)


def test_what_a_journey_requires_is_taken_as_given_unless_the_entity_contradicts_it(catalog):
    journey = {**VISITS, "requires": [{"field": "entity.age", "operator": "gte", "value": 18}]}
    assert len(timeline_of(catalog, journey, guest_id="G1").events) == 4
    assert len(timeline_of(catalog, journey, guest_id="G1", birth_date=date(2007, 1, 1)).events) == 4
    for young in ({"age": 17}, {"birth_date": date(2007, 1, 2)}):
        with pytest.raises(UserError, match="journey visits requires entity.age gte 18, but G1 has 17"):
            timeline_of(catalog, journey, guest_id="G1", **young)


# Execution by one engine


def test_executing_goes_on_from_where_it_stopped(catalog):
    engine, timeline = JourneyEngine(7, catalog), timeline_of(catalog)
    assert days(engine.execute(timeline, START + datetime.timedelta(32))) == [("first", 2), ("note", 2), ("again", 32)]
    assert days(engine.execute(timeline)) == [("again", 62)] and engine.execute(timeline) == []
    assert {event.status for event in timeline.events} == {"executed"}


def test_a_handler_sees_the_entity_and_its_result_is_kept(catalog):
    engine, timeline = JourneyEngine(7, catalog), timeline_of(catalog, guest_id="G1", name="Ann")
    engine.register_handler("visit", lambda entity, event: f"{entity['name']} {event.event_id}")
    engine.execute(timeline)
    assert [event.result for event in timeline.events] == ["Ann first", None, "Ann again", "Ann again"]


def test_a_handler_that_raises_fails_its_event_and_the_others_go_on(catalog):
    engine, timeline = JourneyEngine(7, catalog), timeline_of(catalog)

    def handle(entity, event):
        if event.event_id == "first":
            raise ValueError("no room")

    engine.register_handler("example.visit", handle)
    assert days(engine.execute(timeline)) == [("note", 2), ("again", 32), ("again", 62)]
    (failed,) = timeline.failed()
    assert failed.error == "example.visit 'first' of G1: ValueError: no room"


def test_a_handler_needs_an_event_type_that_is_there_and_has_none_yet(catalog):
    engine = JourneyEngine(0, catalog)
    with pytest.raises(UserError, match="unknown event type 'visitt'; did you mean 'visit'"):
        engine.register_handler("visitt", print)
    with pytest.raises(UserError, match="'refill'; product 'rxmembersim' needs healthsim-rxmembersim"):
        engine.register_handler("refill", print)
    engine.register_handler("visit", print)
    with pytest.raises(UserError, match=r"example\.visit has a handler already"):
        engine.register_handler("example.visit", print)


# Coordination


def linked_guest(catalog, *products, ids=None):
    coordinator = create_coordinator(catalog)
    linked = coordinator.create_linked_entity("E1", ids or {"guest_id": "G1", "client_id": "C1"})
    engines = {product: JourneyEngine(7, catalog) for product in products}
    for product, engine in engines.items():
        coordinator.register_product_engine(product, engine)
    coordinator.add_timeline(linked, "example", timeline_of(catalog))
    return coordinator, linked, engines


def test_products_are_executed_together_by_date(both):
    coordinator, linked, _ = linked_guest(both, "example", "payer")
    results = coordinator.execute_coordinated(linked, START + datetime.timedelta(44))
    assert set(results) == {"example", "payer"}
    dates = [event.scheduled_date for event in results.all]
    assert dates == sorted(dates) and max(dates) <= START + datetime.timedelta(44)
    assert [event.event_type for event in results["example"]] == ["visit", "milestone", "bill", "visit", "bill"]
    assert [event.event_type for event in results["payer"]] == ["statement", "statement"]
    assert sorted(map(id, results.all)) == sorted(id(event) for events in results.values() for event in events)
    assert linked.timelines["payer"].entity_id == "C1" and linked.timelines["payer"].entity_type == "client"
    assert [event.event_type for event in linked.timelines["payer"].pending()] == ["reminder", "reminder"]
    assert not results.skipped and not results.failed


def test_a_second_call_goes_on_and_in_the_end_all_is_done_once(both):
    coordinator, linked, _ = linked_guest(both, "example", "payer")
    parts = [coordinator.execute_coordinated(linked, START + datetime.timedelta(day)) for day in (10, 45, 45, 60)]
    parts.append(coordinator.execute_coordinated(linked))
    assert parts[2].all == []
    whole_coordinator, whole, _ = linked_guest(both, "example", "payer")
    at_once = whole_coordinator.execute_coordinated(whole)
    assert days([event for part in parts for event in part.all]) == days(at_once.all)
    assert len(at_once.all) == 4 + 3 + 3 + 3 and not any(one.pending() for one in linked.timelines.values())


def test_what_leads_to_a_product_without_an_engine_is_skipped_and_counted(both):
    coordinator, linked, _ = linked_guest(both, "example")
    results = coordinator.execute_coordinated(linked)
    assert len(results["example"]) == 7 and "payer" not in linked.timelines
    assert results.skipped == {"payer.statement": 3, "payer.reminder": 3}
    assert {event.status for event in linked.timelines["example"].triggered} == {"executed", "skipped"}


def test_handlers_of_each_product_know_all_ids_and_a_failure_takes_only_what_follows(both):
    coordinator, linked, engines = linked_guest(both, "example", "payer")
    seen = []
    engines["payer"].register_handler("statement", lambda entity, event: seen.append((entity["guest_id"], entity["client_id"])))  # fmt: skip

    def handle(entity, event):
        if event.source_id == "first":
            raise RuntimeError("lost")

    engines["example"].register_handler("bill", handle)
    results = coordinator.execute_coordinated(linked)
    assert seen == [("G1", "C1")] * 2
    (failed,) = results.failed
    assert failed.error == "example.bill 'first>visit-to-bill' of G1: RuntimeError: lost"
    assert results.skipped == {"payer.statement": 1, "payer.reminder": 1}
    assert len(results["example"]) == 6 and failed.leads_to[0].status == "skipped"


def test_somebody_elses_timeline_is_refused(both):
    coordinator, linked, _ = linked_guest(both, "example")
    with pytest.raises(UserError, match="guest 'G2' is not of linked entity 'E1' .guest_id G1, client_id C1."):
        coordinator.add_timeline(linked, "example", timeline_of(both, guest_id="G2"))
    with pytest.raises(UserError, match="product 'payer' has no engine"):
        coordinator.add_timeline(linked, "payer", timeline_of(both))


def test_a_product_can_be_given_a_second_timeline(both):
    coordinator, linked, _ = linked_guest(both, "example")
    coordinator.add_timeline(linked, "example", timeline_of(both, {"id": "b", "events": [{"event_id": "b", "event_type": "visit", "day": 5}]}))  # fmt: skip
    assert days(linked.timelines["example"].events)[:3] == [("first", 2), ("note", 2), ("b", 5)]


def test_ids_are_given_by_name_or_by_product_and_belong_to_one_person(both):
    coordinator = CrossProductCoordinator(both)
    one = coordinator.create_linked_entity("E1", {"example": "G1", "client_id": "C1", "rx_member_id": "RX1"})
    assert one.ids == {"guest_id": "G1", "client_id": "C1", "rx_member_id": "RX1"}
    assert one.product_ids == {"example": "G1", "payer": "C1"}
    with pytest.raises(UserError, match="client_id 'C1' belongs to linked entity 'E1' already"):
        coordinator.create_linked_entity("E2", {"client_id": "C1"})
    with pytest.raises(UserError, match="linked entity 'E1' is there already"):
        coordinator.create_linked_entity("E1", {})


def test_an_engine_is_for_an_installed_product(both):
    coordinator = CrossProductCoordinator(both)
    with pytest.raises(UserError, match="pip install healthsim-trialsim"):
        coordinator.register_product_engine("trialsim", JourneyEngine(0, both))
    with pytest.raises(UserError, match="unknown product 'exampel'; did you mean 'example'"):
        coordinator.register_product_engine("exampel", JourneyEngine(0, both))


# Triggers


def test_triggers_are_listed_by_priority_then_name_with_their_owner(both):
    registry = TriggerRegistry(both)
    for name, priority in (("b-call", 50), ("a-call", 50), ("z-call", TriggerPriority.HIGHEST), ("late", TriggerPriority.LOWEST)):  # fmt: skip
        registry.register(Trigger(name, "example.visit", "example.call", priority=priority))
    names = [one.name for one in registry.triggers_for("visit")]
    assert names == ["z-call", "a-call", "b-call", "visit-to-bill", "late"]
    assert registry["visit-to-bill"].owner == "example" and registry["late"].owner == "registered"
    assert registry.targets("example.visit") == ["example.call", "example.bill"]
    assert registry.targets("example.visit", deep=True)[2:] == ["payer.statement", "payer.reminder"]
    assert registry["bill-to-statement"].source_product == "example"
    assert registry["bill-to-statement"].target_product == "payer"
    assert registry.triggers_for("patientsim.encounter") == []  # ours, but not installed here
    with pytest.raises(UserError, match="unknown event type 'example.vist'; did you mean 'example.visit'"):
        registry.triggers_for("example.vist")


def test_a_registered_trigger_fires_and_leaves_the_catalog_as_it_was(catalog):
    registry = TriggerRegistry(catalog)
    glad = (Condition("score", "gte", 0),)
    registry.register(RegisteredTrigger("call-after", "example.visit", "example.call", delay=Delay(3), when=glad, owner="me"))  # fmt: skip
    engine = JourneyEngine(7, triggers=registry)
    timeline = engine.create_timeline({"guest_id": "G1"}, "guest", VISITS, START)
    calls = [event for event in timeline.triggered if event.event_type == "call"]
    assert [(call.scheduled_date - call.source.scheduled_date).days for call in calls] == [3, 3, 3]
    assert "call-after" not in catalog.all("trigger") and engine.catalog.owner("trigger", "call-after") == "me"
    assert [event.event_type for event in timeline_of(catalog).triggered] == ["bill"] * 3


@pytest.mark.parametrize(
    ("trigger", "message"),
    [
        (Trigger("visit-to-bill", "example.visit", "example.call"), "'visit-to-bill' is there already, declared by example"),
        (Trigger("x", "example.bill", "example.visit"), "'x' would close a circle: .*example.visit → example.bill|example.bill → example.visit"),
        (Trigger("x", "example.bill", "example.bill"), "would close a circle: example.bill → example.bill"),
        (Trigger("x", "payer.reminder", "example.visit"), "would close a circle"),
        (Trigger("x", "example.call", "example.visit"), "would close a circle"),  # a call looks back at visits
        (Trigger("x", "example.visit", "example.bil"), "trigger x.target: unknown event type 'example.bil'; did you mean"),
        (Trigger("x", "example.visit", "example.call", carry={"vist": "key"}), "example.call has no field 'vist'; did you mean 'visit'"),
        (Trigger("x", "example.visit", "example.call", carry={"visit": "keys"}), "example.visit has no field 'keys'"),
        (Trigger("x", "example.visit", "example.call", at="score"), "'score' of example.visit is no datetime"),
        (Trigger("x", "example.visit", "example.call", probability=2), "expected 0 to 1, got 2"),
    ],
)  # fmt: skip
def test_a_trigger_that_cannot_be_is_refused(both, trigger, message):
    registry = TriggerRegistry(both)
    with pytest.raises((UserError, SpecificationError), match=message):
        registry.register(trigger)
    assert len(registry) == len(both.all("trigger")) and {one.name for one in registry} == set(both.all("trigger"))


def test_a_trigger_to_a_product_of_ours_that_is_not_installed_may_wait_for_it(catalog):
    registry = TriggerRegistry(catalog)
    registry.register(Trigger("x", "example.visit", "membersim.gap_identified"))
    assert registry.targets("example.visit") == ["example.bill", "membersim.gap_identified"]


# Enums and skills


def test_event_types_of_a_product_are_an_enum_of_their_names(catalog):
    Example = event_types_of("example", catalog)
    assert [one.name for one in Example] == ["BILL", "CALL", "VISIT"]
    assert Example.VISIT == "visit" and Example("visit") is Example["VISIT"] and isinstance(Example.VISIT, Example)
    assert generation.BaseEventType.MILESTONE == "milestone" and generation.BaseEventType is generation.BaseEventType
    with pytest.raises(AttributeError, match="has no 'VISITS'; did you mean 'VISIT'"):
        _ = Example.VISITS
    with pytest.raises(ValueError, match="'visitt' is not an event type of .*; did you mean 'visit'"):
        Example("visitt")
    with pytest.raises(AttributeError):
        Example.VISIT = "other"


def test_an_enum_member_can_stand_in_a_journey(catalog):
    journey = {"id": "j", "events": [{"event_id": "a", "event_type": event_types_of("example", catalog).VISIT, "day": 1}]}  # fmt: skip
    assert days(timeline_of(catalog, journey).events) == [("a", 1)]


def test_event_types_of_an_absent_product_say_what_to_install(catalog):
    absent = event_types_of("rxmembersim", catalog, "RxEventType")
    for touch in (
        lambda: absent.REFILL,
        lambda: absent["REFILL"],
        lambda: absent("refill"),
        lambda: list(absent),
    ):
        with pytest.raises(ImportError, match="RxEventType.* needs healthsim-rxmembersim.*pip install healthsim-rxmembersim"):  # fmt: skip
            touch()
    assert repr(absent) == "<RxEventType: rxmembersim is not installed>"


def test_a_skill_reference_finds_its_skill_and_rows(catalog):
    reference = SkillReference("sugar-care", catalog=catalog)
    assert reference.resolve().label == "sugar-care@2.1"
    assert SkillReference("sugar-care", "2.1", catalog=catalog).resolve() is reference.resolve()
    assert [row["drug"] for row in reference.rows("medications", line=2, severity="low")] == ["walks", "advice"]
    assert reference.rows("Follow-up")[0]["interval_days"] == "40"


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda c: SkillReference("sugar-car", catalog=c).resolve(), "unknown skill 'sugar-car'; did you mean 'sugar-care'"),
        (lambda c: SkillReference("sugar-care", "1.0", catalog=c).resolve(), "installed in version 2.1, not 1.0"),
        (lambda c: SkillReference("sugar-care", catalog=c).rows("drugs"), "no section 'drugs'; valid: codes, follow_up, medications"),
    ],
)  # fmt: skip
def test_a_skill_reference_that_leads_nowhere_says_so(catalog, ask, message):
    with pytest.raises(UserError, match=message):
        ask(catalog)

"""Running a plan: handlers that fail, journeys added to people already saved, one person again, several processes."""

import json
import textwrap

import pytest
from click.testing import CliRunner

from healthsim_core import catalog as catalogs
from healthsim_core.cli import main
from healthsim_core.errors import PluginError, UserError
from healthsim_core.generation.asking import Asked
from healthsim_core.generation.parallel import Recipe, WorkerError, make_spans
from healthsim_core.generation.regenerating import Regenerator, regenerate
from healthsim_core.generation.resolving import remake, resolve
from healthsim_core.generation.run import generate
from healthsim_core.state.store import Store

MORE = {"id": "more", "events": [{"event_id": "late", "event_type": "visit", "day": 300}]}

FRAGILE = """
    from healthsim_core import hookimpl
    from healthsim_core.declarations import Product
    from healthsim_core.events import EventType

    def handle(events):
        print("a plugin may print")
        if (events.entity == 250 * 16).any():
            raise ZeroDivisionError("no such ache")
        return {}

    @hookimpl
    def healthsim_products():
        return [Product("fragile", "It breaks.", "guest")]

    @hookimpl
    def healthsim_event_types():
        return [EventType("ache", "fragile", "It hurts.", handle=handle, each_person=True)]
"""


@pytest.fixture
def fragile(plugins, tmp_path, monkeypatch):
    """The example plugin beside one whose handler fails for person 250."""
    (tmp_path / "fragile_plugin.py").write_text(textwrap.dedent(FRAGILE))
    monkeypatch.syspath_prepend(tmp_path)
    import fragile_plugin

    return catalogs.build([*plugins, ("breaker", "healthsim-breaker", "1.0", lambda: fragile_plugin)])


@pytest.mark.parametrize("workers", [1, 2])
def test_a_handler_that_fails_is_told_and_the_others_go_on(profile, catalog, fragile, tmp_path, workers):
    whole = generate(profile, catalog=catalog, workspace=tmp_path)
    result = generate(
        profile, catalog=fragile, workspace=tmp_path, products=["example", "fragile"], span_size=100, workers=workers
    )
    assert result.scenario.digest() == whole.scenario.digest()
    (failure,) = result.failures
    for part in ("plugin breaker", "event type fragile.ache", "units 200-299", "entities 3200", "no such ache"):
        assert part in failure
    about = result.scenario.about()
    assert (about["status"], about["failures"], whole.scenario.about()["status"]) == ("failed", [failure], "complete")


def test_where_validation_is_strict_a_failing_handler_saves_nothing(profile, fragile, tmp_path):
    with pytest.raises(PluginError, match="plugin breaker: event type fragile.ache"):
        generate(profile, catalog=fragile, workspace=tmp_path, products=["example", "fragile"], validation="strict")
    assert Store(tmp_path).names() == []


def test_the_command_line_ends_with_3_where_a_handler_failed(profile, fragile, tmp_path, monkeypatch):
    monkeypatch.setenv("HEALTHSIM_HOME", str(tmp_path))
    monkeypatch.setattr(catalogs, "build", lambda *given, **more: fragile)
    (tmp_path / "guests.json").write_text(json.dumps({**profile, "outputs": {"example": {"formats": ["csv"]}}}))
    done = CliRunner().invoke(
        main, ["generate", str(tmp_path / "guests.json"), "--product", "example", "--product", "fragile", "--name", "g"]
    )
    assert done.exit_code == 3 and "failed: plugin breaker" in done.output and "no files were written" in done.output
    shown = CliRunner().invoke(main, ["show", "g"])
    assert "failed: plugin breaker" in shown.output


@pytest.mark.parametrize("span_size", [300, 70])
def test_two_processes_come_to_what_one_does(profile, catalog, tmp_path, span_size):
    one = generate(profile, catalog=catalog, workspace=tmp_path, span_size=span_size)
    two = generate(profile, catalog=catalog, workspace=tmp_path, span_size=span_size, workers=2)
    assert two.scenario.digest() == one.scenario.digest()
    assert two.validation == one.validation
    assert two.counts == one.counts and two.counts["visits"] > 600


def test_a_plugin_that_no_other_process_can_load_is_refused(profile, plugins, tmp_path):
    from types import SimpleNamespace

    import example_plugin

    loose = SimpleNamespace(**{name: value for name, value in vars(example_plugin).items() if name != "__name__"})
    catalog = catalogs.build([("example", "healthsim-example", "1.0", lambda: loose)])
    assert not catalog.failed()
    with pytest.raises(UserError, match="plugin example is not a module"):
        generate(profile, catalog=catalog, workspace=tmp_path, workers=2)
    with pytest.raises(UserError, match="workers must be 1 or more"):
        generate(profile, catalog=catalog, workspace=tmp_path, workers=0)
    assert Store(tmp_path).names() == []


def test_workers_that_come_to_another_plan_are_stopped(profile, catalog, tmp_path):
    plan = resolve(profile, catalog, tmp_path)
    other = resolve(profile, catalog, tmp_path, Asked(seed=12))
    from attrs import evolve

    recipe = evolve(Recipe.of(plan, catalog, tmp_path), specification=other.specification)
    with pytest.raises(WorkerError, match="another plan than ours"):
        list(make_spans(recipe, plan.spans(100), 2))


def test_a_journey_can_be_lived_by_people_already_saved(profile, catalog, tmp_path):
    first = generate(profile, catalog=catalog, workspace=tmp_path, name="guests", tags=["a"])
    before = first.scenario.about()
    with first.scenario.connect() as connection:
        visits = connection.execute("FROM visits ORDER BY ALL").fetchall()
    result = generate(into="guests", journey=MORE, catalog=catalog, workspace=tmp_path, tags=["b"])
    after = result.scenario.about()
    assert Store(tmp_path).names() == ["guests"]
    assert [after[name] for name in ("scenario_id", "created_at", "seed", "count")] == [
        before[name] for name in ("scenario_id", "created_at", "seed", "count")
    ]
    assert after["tags"] == ["a", "b"]
    with result.scenario.connect() as connection:
        now = connection.execute("FROM visits ORDER BY ALL").fetchall()
    assert set(visits) < set(now) and len(now) == len(visits) + 300
    again = generate(into="guests", journey=[MORE], catalog=catalog, workspace=tmp_path)
    assert again.counts["visits"] == len(now) + 300
    assert [one["journeys"][0]["id"] for one in again.scenario.about()["specification"]["asked"]["layers"]] == [
        "more"
    ] * 2


def test_what_an_added_journey_requires_chooses_among_the_people_there(profile, catalog, tmp_path):
    scenario = generate(profile, catalog=catalog, workspace=tmp_path, name="guests").scenario
    persons = scenario.digest()["persons"]
    women = {**MORE, "requires": [{"field": "entity.gender", "operator": "eq", "value": "F"},
                                  {"field": "entity.age", "operator": "lt", "value": 40}]}  # fmt: skip
    result = generate(into="guests", journey=women, catalog=catalog, workspace=tmp_path)
    assert scenario.digest()["persons"] == persons
    with result.scenario.connect() as connection:
        took = connection.execute(
            "SELECT gender, max(birth_date) >= DATE '1985-01-01', count(*) FROM visits JOIN persons USING (person_id) "
            "WHERE visit_date >= DATE '2025-10-25' GROUP BY ALL"
        ).fetchall()
        asked = connection.execute(
            "SELECT count(*) FROM persons WHERE gender = 'F' AND birth_date > DATE '1985-01-01'"
        ).fetchall()
    assert took == [("F", True, asked[0][0])] and asked[0][0] > 10 and result.notices == ()
    nobody = {**MORE, "id": "nobody", "requires": [{"field": "entity.age", "operator": "gt", "value": 100}]}
    result = generate(into="guests", journey=nobody, catalog=catalog, workspace=tmp_path)
    assert result.notices == ("journey nobody: nobody took it; see whom its `requires`, `when` and `member` leave",)
    events = {one["path"]: one["count"] for one in result.scenario.about()["events"]}
    assert (events["journey.more.late"], events["journey.nobody.late"]) == (asked[0][0], 0)
    assert events["journey.rounds.first"] == 300


def test_what_cannot_be_added_changes_nothing(profile, catalog, fragile, tmp_path):
    scenario = generate(profile, catalog=catalog, workspace=tmp_path, name="guests").scenario
    before = scenario.digest()
    for wrong, message in (
        ({"journey": None}, "which journey"),
        ({"journey": MORE, "count": 5}, "leave out count"),
        ({"journey": MORE, "profile": profile}, "leave out a profile"),
        ({"journey": MORE, "products": ["nothing"]}, "unknown product"),
        ({"journey": {"id": "x", "events": [{"event_id": "e", "event_type": "vist"}]}}, "did you mean"),
        ({"journey": MORE, "into": "gests"}, "did you mean 'guests'"),
    ):
        with pytest.raises(UserError, match=message):
            generate(**{"into": "guests", **wrong}, catalog=catalog, workspace=tmp_path)
    with pytest.raises(PluginError):
        generate(
            into="guests", journey=MORE, products=["fragile"], catalog=fragile, workspace=tmp_path, validation="strict"
        )
    assert scenario.digest() == before


def test_people_who_would_come_out_differently_are_not_replaced(profile, catalog, tmp_path, monkeypatch):
    from healthsim_core import builtins

    scenario = generate(profile, catalog=catalog, workspace=tmp_path, name="guests").scenario
    before = scenario.digest()
    pools = {**builtins._names(), "family": ["Other"]}
    monkeypatch.setattr(builtins, "_names", lambda: pools)
    with pytest.raises(UserError, match="come out differently today; it was made with healthsim-core"):
        generate(into="guests", journey=MORE, catalog=catalog, workspace=tmp_path)
    assert scenario.digest() == before and len(list(Store(tmp_path).folder.iterdir())) == 1


def test_the_record_is_enough_to_make_the_plan_again(profile, catalog, tmp_path):
    from healthsim_core.journey_specs import JourneySpecification

    journey = JourneySpecification.model_validate(MORE)
    made = generate(profile, journey, 40, catalog=catalog, workspace=tmp_path, seed=0, as_of="2024-02-29")
    plan = remake(json.loads(json.dumps(made.scenario.about()["specification"])), catalog, tmp_path)
    assert (plan.seed, plan.count, plan.as_of.isoformat()) == (0, 40, "2024-02-29")
    assert [part.path for part in plan.parts] == [part.path for part in made.plan.parts]
    assert generate(
        profile, journey, 40, catalog=catalog, workspace=tmp_path, seed=0, as_of="2024-02-29"
    ).scenario.digest() == (made.scenario.digest())


@pytest.mark.parametrize("who", ["7", 7, "P112"])
def test_one_person_again_has_the_rows_that_were_saved(profile, catalog, tmp_path, who):
    scenario = generate(profile, catalog=catalog, workspace=tmp_path, name="guests").scenario
    made = regenerate("guests", who, catalog=catalog, workspace=tmp_path)
    assert made.unit == 7 and made.notices == ()
    saved = {
        "persons": "FROM persons WHERE person_id = 'P112'",
        "visits": "FROM visits WHERE person_id = 'P112' ORDER BY visit_id",
        "bills": "FROM bills WHERE visit_id IN (SELECT visit_id FROM visits WHERE person_id = 'P112') ORDER BY bill_id",
    }
    assert set(made.tables) == set(saved) and len(made.tables["visits"]) > 1
    with scenario.connect() as connection:
        for table, sql in saved.items():
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description]
            expected = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            assert sorted(made.tables[table], key=str) == sorted(expected, key=str)


def test_nobody_cannot_be_made_again(profile, catalog, tmp_path):
    about = generate(profile, catalog=catalog, workspace=tmp_path, name="guests").scenario.about()
    again = Regenerator(about, catalog, tmp_path)
    for who, message in (
        (300, "numbered from 0"),
        ("P4800", "nobody here"),
        ("V5", "not a person's id"),
        ("x", "not a person's id"),
    ):
        with pytest.raises(UserError, match=message):
            again.rows(who)
    with pytest.raises(UserError, match="does not say how it was made"):
        Regenerator({**about, "specification": {"kind": "profile", "data": {}}}, catalog, tmp_path)
    old = {**about, "versions": {**about["versions"], "healthsim-example": "0.1"}}
    assert "healthsim-example was 0.1 and is 1.0" in Regenerator(old, catalog, tmp_path).rows(3).notices[0]


def test_a_scenario_keeps_where_its_events_come_from_and_which_skills_spoke(profile, catalog, tmp_path):
    events = [
        {"event_id": "v", "event_type": "visit", "day": 1, "parameters": {"skill_ref": "sugar-care", "line": "1"}}
    ]
    about = generate(profile, {"id": "j", "events": events}, catalog=catalog, workspace=tmp_path).scenario.about()
    assert (
        about["skills"] == {"sugar-care@2.1": ["journey.j.v"]} or about["skills"]["sugar-care@2.1"][-1] == "journey.j.v"
    )
    paths = [one["path"] for one in about["events"]]
    assert "journey.j.v" in paths and "journey.j.v>visit-to-bill" in paths
    with Store(tmp_path).get(about["name"]).connect() as connection:
        places = {int(row[0][1:]) % 4096 for row in connection.execute("SELECT visit_id FROM visits").fetchall()}
    (mine,) = [one for one in about["events"] if one["path"] == "journey.j.v"]
    assert places == {mine["first"]}


def test_a_killed_worker_is_told_and_leaves_nothing_behind(profile, catalog, tmp_path, monkeypatch):
    from healthsim_core.generation import parallel

    started = []
    begin = parallel.Worker.__attrs_post_init__

    def remember(self):
        begin(self)
        started.append(self.process)

    monkeypatch.setattr(parallel.Worker, "__attrs_post_init__", remember)

    def kill(done, total):
        if done and started[0].poll() is None:
            started[0].kill()
            started[0].wait()

    with pytest.raises(WorkerError, match="a worker process ended with -9"):
        generate(profile, catalog=catalog, workspace=tmp_path, workers=2, span_size=10, progress=kill)
    assert all(process.poll() is not None for process in started) and len(started) == 2
    assert list(Store(tmp_path).folder.iterdir()) == []


def test_a_plan_made_from_python_objects_and_yaml_is_the_one_that_is_kept(catalog, tmp_path):
    import datetime

    from healthsim_core.generation.regenerating import regenerate as again
    from healthsim_core.journey_specs import JourneySpecification

    journey = JourneySpecification.model_validate(MORE)
    custom = {"smoker": {"type": "categorical", "weights": {True: 0.3, False: 0.7}}}
    spec = {
        "generation": {"count": 20, "seed": 3, "start_date": datetime.date(2025, 2, 1)},
        "custom": custom,
        "journey": journey,
    }
    made = generate(
        spec, catalog=catalog, workspace=tmp_path, name="kept", as_of=datetime.datetime(2025, 1, 1, 15, 30), tags="demo"
    )
    assert made.scenario.about()["tags"] == ["demo"] and made.plan.as_of == datetime.date(2025, 1, 1)
    regenerated = again("kept", 3, catalog=catalog, workspace=tmp_path)
    with made.scenario.connect() as connection:
        ((saved,),) = connection.execute("SELECT visit_date FROM visits WHERE person_id = 'P48'").fetchall()
    assert [row["visit_date"] for row in regenerated.tables["visits"]] == [saved]
    with pytest.raises(UserError, match="journey.events.0..when: expected plain data, got object"):
        generate(spec, {"id": "x", "events": [{"when": object()}]}, catalog=catalog, workspace=tmp_path)
    with pytest.raises(UserError, match="validation: unknown"):
        generate(spec, catalog=catalog, workspace=tmp_path, validation="strit")


def test_people_of_a_failed_scenario_can_be_made_again_and_many_at_a_time(profile, fragile, tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    about = generate(profile, catalog=fragile, workspace=tmp_path, products=["example", "fragile"]).scenario.about()
    again = Regenerator(about, fragile, tmp_path)
    assert "no such ache" in again.rows(250).notices[0] and again.rows(249).notices == ()
    expected = [again.rows(number).tables for number in range(20)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda number: again.rows(number).tables, range(20))) == expected
    for who in ("P17", "²"):
        with pytest.raises(UserError):
            again.rows(who)

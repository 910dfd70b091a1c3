"""The library and the history: saved profiles and journeys with versions, executions, and where every row comes from."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import CliRunner

from healthsim_core import catalog as catalogs
from healthsim_core.cli import main
from healthsim_core.columns import Span
from healthsim_core.errors import SpecificationError, UserError
from healthsim_core.generation import re_execute
from healthsim_core.generation.handling import generate_span
from healthsim_core.generation.regenerating import Regenerator
from healthsim_core.generation.run import generate
from healthsim_core.state import (
    delete_profile,
    executions,
    list_profiles,
    load_journey,
    load_profile,
    provenance,
    save_journey,
    save_profile,
    search_profiles,
    validate_journey,
    validate_profile,
)
from healthsim_core.state.library import library
from healthsim_core.state.persisting import persist
from healthsim_core.state.shelf import ShelfError
from healthsim_core.state.store import Store

MORE = {
    "id": "more",
    "description": "One late visit.",
    "events": [{"event_id": "late", "event_type": "visit", "day": 300}],
}


@pytest.fixture
def where(catalog, tmp_path):
    return {"catalog": catalog, "workspace": tmp_path}


@pytest.fixture
def shell(tmp_path, monkeypatch, catalog):
    monkeypatch.setenv("HEALTHSIM_HOME", str(tmp_path))
    monkeypatch.setattr(catalogs, "build", lambda *given, **more: catalog)
    return lambda *words: CliRunner().invoke(main, list(words))


def of(profile, **changes):
    return {**profile, **changes}


def test_a_save_that_changes_nothing_makes_no_new_version(profile, where):
    first = save_profile(profile, **where)
    assert (first.name, first.version) == ("guests", 1)
    assert save_profile(dict(reversed(profile.items())), **where) == first
    second = save_profile(of(profile, description="Fewer."), **where)
    assert (second.version, load_profile("guests", **where)) == (2, second)
    assert load_profile("guests", 1, **where) == load_profile("guests@1", **where) == first
    assert save_profile(profile, **where).version == 3


def test_a_profile_is_saved_from_a_file_a_specification_and_a_saved_one(profile, where, tmp_path):
    from healthsim_core.specs import ProfileSpecification

    path = tmp_path / "from-file.json"
    path.write_text(json.dumps({key: value for key, value in profile.items() if key != "id"}))
    assert save_profile(path, **where).name == "from-file"
    assert save_profile(ProfileSpecification.model_validate(profile), "typed", **where).version == 1
    assert save_profile(load_profile("typed", **where), "copied", **where).name == "copied"
    assert save_profile("typed", **where).version == 1
    assert [one.name for one in list_profiles(**where)] == ["copied", "from-file", "typed"]


def test_what_is_wrong_is_told_at_once_and_not_saved(profile, where):
    wrong = of(profile, demographics={"age": {"type": "norml"}}, coverag={})
    with pytest.raises(SpecificationError) as caught:
        save_profile(wrong, **where)
    assert {one.path for one in caught.value.problems} == {"profile.coverag", "profile.demographics.age.type"}
    with pytest.raises(SpecificationError, match="did you mean 'visit'"):
        save_journey({"id": "j", "events": [{"event_id": "a", "event_type": "vist"}]}, **where)
    assert list_profiles(**where) == [] and library("journey", **where).listed() == ([], [])
    assert validate_profile(profile, **where) == () and validate_journey(MORE, **where) == ()


@pytest.mark.parametrize(
    ("what", "name", "message"),
    [
        ({"scenario": "s", "profile": {}}, None, "this is a scenario, not a profile; save its profile"), (MORE, None, "this is a journey, not a profile"),
        ({"custom": {"x": 1}}, None, "say under which name"), ({"custom": {"x": 1}}, "Bad Name", "perhaps 'bad-name'"), ({"custom": {"x": 1}}, "../up", "perhaps 'up'"),
        ({"custom": {"x": 1}}, "medicare-diabetic", "name of a template of healthsim-populationsim"), ("nothing", None, "no profile template, saved profile or file 'nothing'"),
    ],
)  # fmt: skip
def test_a_save_that_cannot_be_is_refused(what, name, message, where):
    with pytest.raises(UserError, match=message):
        save_profile(what, name, **where)


def test_a_templates_name_cannot_be_taken_and_a_later_template_hides_a_saved_one(profile, plugins, tmp_path):
    import types

    from healthsim_core import hookimpl
    from healthsim_core.declarations import Template

    path = tmp_path / "ready.json"
    path.write_text(json.dumps(of(profile, id="ready")))
    later = types.ModuleType("later")
    later.healthsim_templates = hookimpl(lambda: [Template("profile", "ready", path)])
    later.healthsim_templates.__name__ = "healthsim_templates"
    with_template = catalogs.build([*plugins, ("later", "healthsim-later", "1.0", lambda: later)])
    assert not with_template.failed()
    with pytest.raises(UserError, match="'ready' is a template's name"):
        save_profile(profile, "ready", catalog=with_template, workspace=tmp_path)
    save_profile(profile, "ready", catalog=catalogs.build(plugins), workspace=tmp_path)
    mine = library("profile", with_template, tmp_path)
    assert mine.hidden("ready")
    made = generate("ready", catalog=with_template, workspace=tmp_path, count=5)
    assert made.plan.specification["origin"] == "profile template ready"
    made = generate("ready@1", catalog=with_template, workspace=tmp_path, count=5)
    assert made.plan.specification["origin"] == "saved profile ready@1"


def test_search_looks_at_names_titles_and_descriptions_and_lists_are_filtered_and_sorted(profile, where):
    save_profile(of(profile, name="Guests of the house", description="Half have diabetes."), "b-guests", **where)
    save_profile(of(profile, description="Nobody is ill."), "a-healthy", **where)
    assert [one.name for one in search_profiles("DIABETES house", **where)] == ["b-guests"]
    assert [one.name for one in search_profiles("healthy", **where)] == ["a-healthy"]
    assert search_profiles("diabetes nobody", **where) == []
    assert [one.name for one in list_profiles("guest", **where)] == ["b-guests"]
    assert [one.name for one in list_profiles(limit=1, **where)] == ["a-healthy"]
    with pytest.raises(UserError, match="unknown order 'nam'; did you mean 'name'"):
        list_profiles(sort="nam", **where)


def test_a_deleted_number_is_never_given_again(profile, where):
    for count in (1, 2, 3):
        save_profile(of(profile, description=str(count)), **where)
    with pytest.raises(UserError, match="this deletes 3 versions of profile 'guests' for good; confirm"):
        delete_profile("guests", **where)
    assert delete_profile("guests", 3, confirm=True, **where) == [3]
    assert load_profile("guests", **where).version == 2
    with pytest.raises(UserError, match="no version 3; there are: 1, 2"):
        load_profile("guests", 3, **where)
    assert save_profile(of(profile, description="4"), **where).version == 4
    assert delete_profile("guests", confirm=True, **where) == [1, 2, 4]
    with pytest.raises(UserError, match="no saved profile 'guests'"):
        load_profile("guests", **where)
    assert save_profile(profile, **where).version == 5


def test_many_who_save_at_once_get_a_version_each_and_files_are_the_users_own(profile, where, tmp_path):
    with ThreadPoolExecutor(8) as pool:
        saved = list(pool.map(lambda n: save_profile(of(profile, description=str(n)), **where), range(24)))
    assert sorted(one.version for one in saved) == list(range(1, 25))
    files = list((tmp_path / "library/profiles/guests").iterdir())
    assert len(files) == 24 and {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}


def test_a_damaged_or_newer_file_is_told_and_the_others_are_listed(profile, where, tmp_path):
    save_profile(profile, "good", **where)
    for name, content in (("bad", "{"), ("new", '{"format": 99}')):
        save_profile(profile, name, **where)
        (tmp_path / f"library/profiles/{name}/v1.json").write_text(content)
    with pytest.raises(ShelfError, match="cannot read profile 'bad'"):
        load_profile("bad", **where)
    with pytest.raises(ShelfError, match="saved by a newer HealthSim"):
        load_profile("new", **where)
    found, unreadable = library("profile", **where).listed()
    assert [one.name for one in found] == ["good"] and len(unreadable) == 2


def test_a_saved_name_generates_what_its_content_does(profile, where):
    plain = generate(profile, MORE, **where).scenario.digest()
    save_profile(profile, "mine", **where)
    save_journey(MORE, "my-late", **where)
    for who, what in (
        ("mine", "my-late"),
        ("Mine", "my_late@1"),
        (load_profile("mine", **where), load_journey("my-late", **where)),
    ):
        assert generate(who, what, **where).scenario.digest() == plain
    inside = of(profile, journey=["my-late"])
    assert generate(inside, **where).scenario.digest() == plain
    chosen = of(profile, journey=None, journeys=[{"template": "my-late", "when": "age >= 65"}])
    chosen.pop("journey")
    assert 0 < generate(chosen, **where).counts["visits"] < 300
    with pytest.raises(UserError, match="did you mean 'mine'"):
        generate("mime", **where)
    with pytest.raises(UserError, match="did you mean 'my-late'"):
        generate("mine", "my-lat", **where)
    with pytest.raises(UserError, match="has no version 7"):
        generate("mine@7", **where)


def test_a_scenario_keeps_what_a_name_meant_whatever_is_saved_later(profile, where, tmp_path):
    save_journey(MORE, "my-late", **where)
    save_profile(of(profile, journey="my-late"), "mine", **where)
    made = generate("mine", name="first", **where).scenario
    before = made.digest()
    later = {**MORE, "events": [{"event_id": "late", "event_type": "visit", "day": 10}]}
    save_journey(later, "my-late", **where)
    save_profile(of(profile, journey="my-late", description="Newer."), "mine", **where)
    again = re_execute("first", **where)
    assert again.equal and again.differences == () and again.result.scenario.digest() == before
    assert generate("mine", **where).scenario.digest() != before
    links = {(one["kind"], one["name"], one["version"]) for one in made.about()["specification"]["saved"]}
    assert links == {("profile", "mine", 1), ("journey", "my-late", 1)}
    found = {(one["scenario"], one["version"], one["current"]) for one in library("profile", **where).scenarios("mine")}
    assert found == {("first", 1, False), ("first-2", 1, False), ("guests", 2, True)}
    generate(into="first", journey="my-late", **where)
    versions = {
        one["version"] for one in library("journey", **where).scenarios("my-late") if one["scenario"] == "first"
    }
    assert versions == {1, 2}


def test_every_execution_is_kept_with_what_it_was_made_of(profile, where, tmp_path):
    made = generate(profile, MORE, 40, name="kept", seed=0, as_of="2024-02-29", command="a test", **where)
    (one,) = executions(Store(tmp_path), "kept")
    assert (one["seed"], one["as_of"], one["count"], one["people"], one["command"]) == (
        0,
        "2024-02-29",
        40,
        40,
        "a test",
    )
    assert (one["status"], one["tables"], one["present"]) == ("complete", made.counts, True)
    assert one["versions"]["healthsim-example"] == "1.0" and one["seconds"] > 0
    generate(into="kept", journey={**MORE, "id": "other"}, **where)
    later, first = executions(Store(tmp_path), "kept")
    assert first == one and (first["layers"], later["layers"]) == (0, 1)
    assert made.scenario.about()["executions"][0]["id"] == one["id"]
    assert executions(Store(tmp_path)) == [later, first]
    with pytest.raises(UserError, match="no scenario 'kep'; did you mean 'kept'"):
        executions(Store(tmp_path), "kep")


def test_executions_that_saved_nothing_and_those_of_deleted_and_renamed_scenarios_are_told(profile, where, tmp_path):
    store = Store(tmp_path)
    strict = of(profile, demographics={"age": 30, "gender": {"type": "categorical", "weights": {"M": 0.5, "F": 0.5}}})
    strict["generation"] = {**profile["generation"], "validation": "strict"}
    import healthsim_core.generation.run as run

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "fill", lambda *given: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            generate(strict, name="stopped", **where)
    generate(profile, name="gone", count=5, **where)
    store.path("gone").unlink()
    generate(profile, name="moved", count=6, **where)
    store.path("moved").rename(store.path("here"))
    found = {one["scenario"]: one for one in executions(store)}
    assert (found["stopped"]["status"], found["stopped"]["present"]) == ("interrupted", False)
    assert (found["gone"]["people"], found["gone"]["present"]) == (5, False)
    assert (found["here"]["people"], found["here"]["present"]) == (6, True) and "moved" not in found
    generate(profile, count=5, persist=False, **where)
    generate(profile, dry_run=True, **where)
    assert len(executions(store)) == 3


def test_a_torn_line_loses_no_execution(profile, where, tmp_path):
    generate(profile, name="one", count=5, **where)
    log = tmp_path / "history/executions.jsonl"
    log.write_bytes(log.read_bytes()[:-40])
    generate(profile, name="two", count=5, **where)
    assert {one["scenario"] for one in executions(Store(tmp_path))} == {"one", "two"}
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_where_versions_differ_re_execution_says_which(profile, plugins, where, tmp_path, monkeypatch):
    from healthsim_core import builtins

    generate(profile, name="old", count=30, **where)
    pools = {**builtins._names(), "family": ["Other"]}
    monkeypatch.setattr(builtins, "_names", lambda: pools)
    newer = catalogs.build([(name, package, "2.0", load) for name, package, _, load in plugins])
    made = re_execute("old", "new", catalog=newer, workspace=tmp_path)
    assert made.differing == ["persons"] and "healthsim-example was 1.0 and is 2.0" in made.differences[0]
    assert executions(Store(tmp_path), "new")[0]["command"] == "re_execute() in Python: old"


def test_every_row_is_traced_to_the_event_that_made_it(profile, where, catalog, tmp_path):
    generate(profile, name="guests", **where)
    scenario = generate(into="guests", journey={**MORE, "id": "rounds.two"}, **where).scenario
    again = Regenerator(scenario.about(), catalog, tmp_path)
    truth = {}
    for unit in range(12):
        _, timeline = generate_span(again.plan, Span(unit, unit + 1), again.rosters)
        for events in timeline.finished.values():
            for row in range(len(events)):
                truth[events.event_type, int(events.key[row])] = (
                    events.paths[events.part[row]],
                    int(events.source[row]),
                )
    with scenario.connect() as connection:
        ids = connection.execute("SELECT visit_id FROM visits UNION ALL SELECT bill_id FROM bills").fetchall()
    traced = 0
    for (id,) in ids:
        kind, key = {"V": "example.visit", "B": "example.bill"}[id[0]], int(id[1:])
        if key // 4096 // 16 >= 12:
            continue
        found = provenance("guests", id, **where)
        path, source = truth[kind, key]
        assert (found.chain[-1].path, found.chain[-1].event_key, found.how) == (path, key, "event")
        assert found.person["entity"] == key // 4096
        if kind == "example.bill":
            assert found.chain[0].event_key == source and found.chain[1].trigger == "visit-to-bill"
            assert found.chain[0].rows == (f"visits V{source}",) and found.chain[1].rows == (f"bills {id}",)
        traced += 1
    assert traced > 30


def test_provenance_tells_profile_journey_skill_and_references(profile, where):
    guided = {"id": "j", "events": [
        {"event_id": "v.1", "event_type": "visit", "day": 1, "parameters": {"skill_ref": "sugar-care", "line": "1"}},
        {"event_id": "w", "event_type": "visit", "depends_on": "v.1", "delay": {"days": 9}, "repeat": {"every_days": 30, "count": 3}},
    ]}  # fmt: skip
    save_profile(profile, "mine", **where)
    save_journey(guided, "guided", **where)
    scenario = generate("mine", "guided", name="g", seed=5, **where).scenario
    with scenario.connect() as connection:
        rows = connection.execute("SELECT visit_id FROM visits WHERE person_id = 'P112' ORDER BY visit_date").fetchall()
    first, *_, last = (provenance("g", id, **where) for (id,) in rows)
    assert (first.journey, first.event_id, first.depends_on, first.occurrence) == ("j", "v.1", None, 0)
    assert (last.event_id, last.depends_on, last.occurrence) == ("w", "v.1", 2)
    assert first.skills == ("sugar-care@2.1",) and last.skills == ()
    assert first.person == {"person_id": "P112", "entity": 112, "household": 7}
    assert {(one["table"], one["id"]) for one in first.references} >= {("persons", "P112")}
    assert first.made_by == {"plugin": "example", "distribution": "healthsim-example", "version": "1.0"}
    saved = {(one["kind"], one["name"], one["version"]) for one in first.specification["saved"]}
    assert saved == {("profile", "mine", 1), ("journey", "guided", 1)} and first.execution["seed"] == 5
    person, room = provenance("g", "P112", **where), provenance("g", "RM1", **where)
    assert (person.how, person.skills, room.how, room.person) == ("person", ("sugar-care@2.1",), "roster", None)
    json.dumps(first.to_dict(), default=str)
    for id, table, message in (
        ("V987654321", None, "no row of scenario 'g' has the id 'V987654321'"),
        ("V1", "vists", "did you mean 'visits'"),
        ("", None, "no row"),
    ):
        with pytest.raises(UserError, match=message):
            provenance("g", id, table=table, **where)


def test_the_command_line_of_the_library(shell, profile, tmp_path):
    file = tmp_path / "guests.json"
    file.write_text(json.dumps(of(profile, description="A practice's guests.")))
    assert "saved profile mine version 1" in shell("profile", "save", str(file), "--name", "mine").output
    assert json.loads(shell("profile", "save", "mine", "--json").output)["new"] is False
    assert json.loads(shell("profile", "load", "mine").output)["id"] == "guests"
    assert shell("profile", "load", "mine", "-o", str(file)).exit_code == 2
    assert shell("profile", "load", "mine", "-o", str(tmp_path / "edit.json")).exit_code == 0
    assert json.loads((tmp_path / "edit.json").read_text()) == json.loads(file.read_text())
    (row,) = json.loads(shell("profile", "search", "practice", "--json").output)
    assert (row["name"], row["versions"], row["hidden"]) == ("mine", [1], False)
    made = shell("generate", "mine", "--name", "g", "--count", "20")
    assert made.exit_code == 0, made.output
    assert (
        "g" in shell("profile", "show", "mine").output
        and json.loads(shell("profile", "show", "mine", "--json").output)["scenarios"][0]["scenario"] == "g"
    )
    (tmp_path / "bad.json").write_text('{"id": "x", "evnts": [], "events": [{"event_id": "a", "event_type": "vist"}]}')
    checked = shell("journey", "validate", str(tmp_path / "bad.json"), "--json")
    assert checked.exit_code == 2 and len(json.loads(checked.output)["problems"]) == 1
    assert "nothing wrong" in shell("profile", "validate", "mine").output
    refused = shell("profile", "delete", "mine")
    assert refused.exit_code == 2 and "add --yes" in refused.output
    assert json.loads(shell("profile", "delete", "mine", "--yes", "--json").output) == {"name": "mine", "deleted": [1]}
    assert "no saved profiles" in shell("profile", "list").output


def test_the_command_line_of_the_history(shell, profile, tmp_path):
    file = tmp_path / "guests.json"
    file.write_text(json.dumps(profile))
    shell("generate", str(file), "--name", "g", "--count", "20")
    (one,) = json.loads(shell("executions", "g", "--json").output)
    assert (one["command"], one["people"]) == ("healthsim generate", 20)
    again = shell("re-execute", "g", "--json")
    assert (
        again.exit_code == 0 and json.loads(again.output)["equal"] is True and json.loads(again.output)["new"] == "g-2"
    )
    assert "healthsim re-execute: g" in shell("executions").output
    visit = json.loads(shell("query", "g", "SELECT bill_id FROM bills", "--json").output)["rows"][0][0]
    told = shell("provenance", "g", visit).output
    assert "journey:      rounds, event" in told and "by trigger visit-to-bill" in told
    assert json.loads(shell("provenance", "g", visit, "--json").output)["journey"] == "rounds"
    assert shell("provenance", "g", "nothing").exit_code == 2 and shell("re-execute", "nobody").exit_code == 2


def test_what_was_looked_up_once_is_not_opened_again(profile, where, tmp_path, monkeypatch):
    import shutil

    from healthsim_core.state.store import Scenario

    store = Store(tmp_path)
    generate(profile, name="one", count=5, **where)
    generate(into="one", journey=MORE, **where)
    shutil.copy(store.path("one"), store.path("copy"))  # as a colleague's file: the list knows nothing of it
    first = executions(store)
    assert [one["scenario"] for one in first].count("copy") == 2 and all(one["present"] for one in first)
    opened = []
    monkeypatch.setattr(Scenario, "about", lambda self: opened.append(self.name))
    assert executions(store) == first and opened == []
    store.path("copy").unlink()
    store.path("one").unlink()
    gone = executions(store)
    assert {(one["scenario"], one["present"]) for one in gone} == {("one", False), ("copy", False)}
    assert len(gone) == len({(one["id"], one["scenario"]) for one in gone})


def test_a_persisted_row_says_which_call_brought_it(profile, where):
    generate(profile, name="g", count=20, **where)
    visit = {"visit_id": "X1", "person_id": "P0", "visit_date": "2025-02-03", "score": 1.5}
    persist({"visits": [visit]}, context="from the ward", scenario_name="g", **where)
    found = provenance("g", "X1", **where)
    assert (found.how, found.loaded["context"], found.journey) == ("persisted", "from the ward", None)
    assert {(one["table"], one["id"]) for one in found.references} == {("persons", "P0")}
    assert provenance("g", "RM1", **where).how == "roster"

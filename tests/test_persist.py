"""Entities from elsewhere are saved: checked, whole batch by whole batch, never twice, beside what is there."""

import datetime
import os
import signal
import subprocess
import sys
import textwrap
import time
from decimal import Decimal

import attrs
import duckdb
import example_plugin
import pytest

from healthsim_core.errors import UserError
from healthsim_core.generation import run
from healthsim_core.persons import Person
from healthsim_core.state import naming, structuring
from healthsim_core.state.persisting import PersistError, persist
from healthsim_core.state.service import AutoPersistService, load_scenario, query_scenario, save_scenario
from healthsim_core.state.store import Store, StoreError
from healthsim_core.tables import column, key, table_from

TODAY = f"{naming.now():%Y%m%d}"


@pytest.fixture
def save(catalog, tmp_path):
    def call(entities, context=None, tags=(), **more):
        return persist(entities, context, tags, catalog=catalog, workspace=tmp_path, **more)

    return call


@pytest.fixture
def rows(tmp_path):
    return lambda name, sql: query_scenario(name, sql, 100, workspace=tmp_path).rows


def people(count, first=0):
    return [
        {"person_id": f"N{number:03}", "given_name": "Ann", "gender": "F"} for number in range(first, first + count)
    ]


def test_what_is_given_is_saved_and_only_a_summary_comes_back(save, rows):
    visits = [{"visit_id": "first", "person_id": "N000", "visit_date": "2025-03-01", "score": 7}]
    result = save({"persons": people(2), "visit": visits}, "Diabetes cohort for training", ["demo", "demo"])
    assert (result.scenario_name, result.is_new_scenario) == (f"diabetes-cohort-{TODAY}", True)
    assert (result.entity_type, result.entities_persisted) == ("persons, visits", 3)
    assert result.entity_ids == ["N000", "N001", "first"] and result.batches_saved == 2
    assert result.summary.entity_counts == {"persons": 2, "visits": 1} and result.summary.tags == ["demo"]
    assert "Ann" not in str(result.to_dict())
    assert rows(result.scenario_name, "FROM visits") == [("first", "N000", None, datetime.date(2025, 3, 1), 7.0)]
    assert rows(result.scenario_name, "SELECT race, typeof(birth_date) FROM persons") == [(None, "DATE")] * 2


def test_the_answer_does_not_grow_with_what_is_saved(save):
    few, many = save({"persons": people(5)}), save({"persons": people(500)})
    assert len(str(many.to_dict())) < len(str(few.to_dict())) + 1_000


def test_attrs_objects_are_entities_too(save, rows):
    visit = example_plugin.Visit("v", "p", None, datetime.date(2025, 1, 1), 1.25)
    name = save({"visits": [visit, attrs.evolve(visit, visit_id="w")]}).scenario_name
    assert rows(name, "SELECT visit_id, visit_date FROM visits") == [("v", visit.visit_date), ("w", visit.visit_date)]


def test_every_mistake_is_told_at_once_with_its_place(save):
    wrong = [{"person_id": "a", "gendr": "F"}, {"person_id": "b", "birth_date": "31.12.1950", "zip_code": 77001}, "x", {"person_id": "c"}, {"person_id": "c"}]  # fmt: skip
    with pytest.raises(PersistError) as caught:
        save({"persons": wrong, "vists": [{}], "bills": {"bill_id": "b"}})
    assert [(one.path, one.message) for one in caught.value.problems] == [
        ("persons[0].gendr", "unknown field 'gendr'; did you mean 'gender'?"),
        ("persons[1].birth_date", "expected a date as YYYY-MM-DD, got '31.12.1950'"),
        ("persons[1].zip_code", "expected text, got 77001"),
        ("persons[2]", "expected an object with fields, got 'x'"),
        ("persons[4]", "has the person_id of persons[3]: 'c'"),
        ("vists", "unknown entity type 'vists'; did you mean 'visits'?"),
        ("bills", "expected a list of entities, got dict"),
    ]
    assert caught.value.result is None and str(caught.value).endswith("nothing was saved")


def test_a_wrong_entity_takes_its_batch_along_and_no_other(save, rows, tmp_path):
    given = people(120)
    given[70]["gender"] = 5
    with pytest.raises(
        PersistError, match=r"persons\[70\].gender: expected text, got 5\n70 of 120 entities are in"
    ) as caught:
        save({"persons": given}, scenario_name="some")
    assert (caught.value.result.entities_persisted, caught.value.result.batches_saved) == (70, 2)
    assert rows("some", "SELECT count(*), max(person_id) FROM persons") == [(70, "N119")]
    about = Store(tmp_path).get("some").about()
    assert (about["status"], about["waiting"]) == ("unfinished", {"persons": 50})
    given[70]["gender"] = "M"
    result = save({"persons": given}, scenario_name="some")
    assert (result.entities_persisted, result.entities_skipped, result.is_new_scenario) == (50, 70, False)
    assert Store(tmp_path).get("some").about()["status"] == "complete"


def test_nothing_valid_leaves_no_scenario(save, tmp_path):
    for nothing in ({"persons": [{"x": 1}]}, {}, {"persons": []}):
        with pytest.raises(UserError):
            save(nothing)
    assert Store(tmp_path).names() == []


def test_batches_are_told_and_an_interrupted_run_goes_on_where_it_stopped(save, rows, tmp_path):
    told = []

    def stop(done, total):
        told.append((done, total))
        assert rows("long", "SELECT count(*) FROM persons") == [(done,)]
        if done == 100:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        save({"persons": people(230)}, scenario_name="long", progress=stop)
    assert told == [(50, 230), (100, 230)]
    assert "100 of 230 entities are saved in scenario 'long'" in caught.value.__notes__[0]
    about = Store(tmp_path).get("long").about()
    assert (about["status"], about["waiting"], about["rows"]) == ("unfinished", {"persons": 130}, 100)
    save({"rooms": [{"room_id": "r"}]}, scenario_name="long")
    assert Store(tmp_path).get("long").about()["status"] == "unfinished"
    result = save({"persons": people(230)}, scenario_name="long")
    assert (result.entities_persisted, result.entities_skipped) == (130, 100)
    assert rows("long", "SELECT count(*), count(DISTINCT person_id) FROM persons") == [(230, 230)]
    assert Store(tmp_path).get("long").about()["status"] == "complete"


def test_a_key_that_is_not_given_is_made_and_is_the_same_when_repeated(save, rows):
    given = {"persons": [{"given_name": "Ann"}, {"given_name": "Ann"}, {"given_name": "Bob"}]}
    first = save(given, scenario_name="keys")
    assert len(set(first.entity_ids)) == 3 and all(one.startswith("P-") for one in first.entity_ids)
    again = save(given, scenario_name="keys")
    assert (again.entities_persisted, again.entities_skipped, again.entity_ids) == (0, 3, first.entity_ids)
    assert rows("keys", "SELECT count(*) FROM persons") == [(3,)]


def test_a_generated_scenario_can_be_added_to(save, rows, profile, catalog, tmp_path):
    scenario = run.generate(profile, catalog=catalog, workspace=tmp_path, name="guests").scenario
    before, digests = scenario.about(), scenario.digest()
    with scenario.connect() as connection:
        types = connection.execute("SELECT column_name, column_type FROM (DESCRIBE visits)").fetchall()
        old = set(connection.execute("FROM visits").fetchall())
    new = {"visit_id": "extra", "person_id": "P001", "visit_date": "2031-01-01", "score": 9.9}
    result = save({"visits": [new], "persons": [{"person_id": "P001"}, {"person_id": "P0", "given_name": "No"}]},
                  "more", ["b"], scenario_id=before["scenario_id"])  # fmt: skip
    assert (result.counts, result.entities_skipped) == ({"visits": 1, "persons": 1}, 1)
    about = scenario.about()
    assert about["people"] == 301 and about["tables"]["visits"] == len(old) + 1 and about["tags"] == ["b"]
    assert about["seed"] == before["seed"] and about["statistics"]["age_years"] == before["statistics"]["age_years"]
    with scenario.connect() as connection:
        assert connection.execute("SELECT column_name, column_type FROM (DESCRIBE visits)").fetchall() == types
        assert set(connection.execute("FROM visits").fetchall()) - old == {
            ("extra", "P001", None, datetime.date(2031, 1, 1), 9.9)
        }
        comment = "SELECT comment FROM duckdb_columns() WHERE schema_name = 'main' AND column_name = 'visit_date'"
        assert connection.execute(comment).fetchall() == [("When.",)]
    assert scenario.digest()["bills"] == digests["bills"] and scenario.digest()["visits"] != digests["visits"]
    save({"visits": [{**new, "visit_id": "extra2"}]}, scenario_name="guests")
    assert rows("guests", "SELECT visit_id FROM visits WHERE visit_date > '2030-01-01' ORDER BY 1") == [
        ("extra",),
        ("extra2",),
    ]
    with pytest.raises(UserError, match="rows were added to 'guests'"):
        run.generate(into="guests", journey=profile["journey"], catalog=catalog, workspace=tmp_path)


def test_which_scenario_is_meant_is_checked(save):
    save({"rooms": [{"room_id": "r"}]}, scenario_name="one")
    for wrong, message in (
        ({"scenario_name": "My Rooms"}, "perhaps 'my-rooms'"),
        ({"scenario_id": "ones"}, "did you mean 'one'"),
        ({"scenario_id": "one", "scenario_name": "two"}, "give one of the two"),
        ({"batch_size": 0}, "batch_size"),
    ):
        with pytest.raises(UserError, match=message):
            save({"rooms": [{"room_id": "s"}]}, **wrong)


def test_two_names_of_one_type_are_refused(save):
    with pytest.raises(PersistError, match="means the same as 'persons'"):
        save({"persons": people(1), "person": people(1, 5)})


def test_parts_of_a_key_of_several_columns_must_be_given():
    @attrs.frozen
    class Line:
        """A line."""

        bill_id: str = key("B", "Of which bill.")
        number: int = column("From 1.")
        amount: Decimal | None = column("Cents.")
        seen: datetime.datetime | None = column("When.")
        glad: bool | None = column("Whether.")

    lines = table_from(Line, "lines", ("bill_id", "number"))
    good, wrong = structuring.structure(lines, "lines", [{"bill_id": "a", "number": 1, "amount": 12.5, "glad": True}, {"bill_id": "a"}])  # fmt: skip
    assert [(one.key, one.id, one.value.amount) for one in good] == [(("a", 1), "a/1", Decimal("12.50"))]
    assert [str(one) for one in wrong[0][1]] == ["lines[1].number: part of the key of lines; give it"]
    refused = [
        {"amount": "1.234"}, {"amount": True}, {"amount": float("nan")}, {"amount": 10**11}, {"number": 1.5}, {"number": True}, {"number": 2**63},
        {"seen": "noon"}, {"seen": "2025-01-01T10:00:00+02:00"}, {"glad": 1}, {"bill_id": "\ud800"},
    ]  # fmt: skip
    for field in refused:
        good, wrong = structuring.structure(lines, "lines", [{"bill_id": "a", "number": 1, **field}])
        assert good == [] and [one.path for one in wrong[0][1]] == [f"lines[0].{next(iter(field))}"], field
    taken = {"seen": "2025-01-01", "amount": "7"}
    assert structuring.structure(lines, "lines", [{"bill_id": "a", "number": 1, **taken}])[0][0].value.seen == datetime.datetime(2025, 1, 1)  # fmt: skip


def test_a_file_that_cannot_be_written_tells_how_far_it_got(save, tmp_path, monkeypatch):
    def spoil(done, total):
        path = Store(tmp_path).path("torn")
        path.rename(path.with_suffix(".away"))

    with pytest.raises(StoreError, match="saving stopped: .*50 of 60 entities are saved in scenario 'torn'"):
        save({"persons": people(60)}, scenario_name="torn", progress=spoil)


def test_readers_read_while_batches_are_saved_and_writers_wait_for_readers(save, tmp_path):
    save({"persons": people(1)}, scenario_name="busy")
    script = f"""
        import sys
        sys.path[:0] = {sys.path!r}
        from pathlib import Path
        from healthsim_core.state.store import Store
        from healthsim_core.state.query import query
        scenario = Store(Path({str(tmp_path)!r})).get("busy")
        print("begun", flush=True)
        seen = 0
        while seen < 300:
            now = query(scenario, "SELECT count(*) FROM persons").rows[0][0]
            with scenario.connect() as connection:
                assert connection.execute("SELECT count(*) FROM persons").fetchall()[0][0] >= now >= seen
            seen = now
        print("seen all")
    """
    reader = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True)
    assert reader.stdout.readline() == "begun\n"
    save({"persons": people(300)}, scenario_name="busy", batch_size=10)
    assert reader.communicate(timeout=60)[0] == "seen all\n" and reader.returncode == 0


KILLS = int(os.environ.get("HEALTHSIM_KILLS", "3"))


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is of POSIX")
def test_a_killed_run_loses_no_batch_and_can_be_repeated(save, rows, tmp_path):
    script = f"""
        import sys
        sys.path[:0] = {sys.path!r}
        from pathlib import Path
        import example_plugin
        from healthsim_core import catalog
        from healthsim_core.state.persisting import persist
        built = catalog.build([("example", "healthsim-example", "1.0", lambda: example_plugin)])
        given = [{{"person_id": f"N{{number:03}}", "given_name": "Ann", "gender": "F"}} for number in range(800)]
        persist({{"persons": given}}, scenario_name=sys.argv[1], batch_size=10, catalog=built, workspace=Path({str(tmp_path)!r}),
                progress=lambda done, total: print(done, flush=True))
    """
    save({"persons": people(3)}, scenario_name="earlier")
    alive, reached, count = 0, 0, "SELECT count(*), count(DISTINCT person_id) FROM persons"
    for number in range(KILLS):
        name = f"killed-{number // 3}"  # three times, then whole
        reached = 0 if number % 3 == 0 else reached
        words = [sys.executable, "-c", textwrap.dedent(script), name]
        child = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        child.stdout.readline()
        time.sleep(0.01 * (number * 7 % 23))
        alive += child.poll() is None
        child.send_signal(signal.SIGKILL)
        said = child.communicate()[0].split()
        reached = max(reached, *map(int, said or ["0"]))
        ((there, different),) = rows(name, count)
        assert there == different and there % 10 == 0 and there >= reached
        assert rows("earlier", "SELECT count(*) FROM persons") == [(3,)]
        if number % 3 == 2:
            result = save({"persons": people(800)}, scenario_name=name)
            assert result.entities_persisted + result.entities_skipped == 800
            assert rows(name, count) == [(800, 800)] and Store(tmp_path).get(name).about()["status"] == "complete"
    assert alive > KILLS / 2


def test_names_come_from_what_the_context_is_about(tmp_path):
    day = datetime.date(2026, 11, 20)
    assert naming.generate_scenario_name("diabetes cohort for training", day=day) == "diabetes-cohort-20261120"
    assert naming.extract_keywords("Please generate 20 of the Patients with Type-2 diabetes & CKD") == [
        "20",
        "patients",
        "type-2",
    ]
    assert naming.generate_scenario_name(None, ["claim_lines"], day) == "claim-lines-20261120"
    assert naming.generate_scenario_name("the of and", day=day) == "scenario-20261120"
    assert naming.generate_scenario_name("x" * 300, day=day) == "x" * naming.LONGEST_KEYWORDS + "-20261120"
    assert naming.sanitize_name("Ärzte & Co/../etc") == "rzte-co-etc"
    assert (
        naming.ensure_unique_name("a", ["a", "a-2"]) == "a-3" and naming.ensure_unique_name("b", Store(tmp_path)) == "b"
    )


def test_a_taken_automatic_name_moves_on(save):
    names = [save({"rooms": [{"room_id": "r"}]}, "rooms").scenario_name for _ in range(3)]
    assert names == [f"rooms-{TODAY}", f"rooms-{TODAY}-2", f"rooms-{TODAY}-3"]


def test_a_small_scenario_comes_back_whole(catalog, tmp_path, monkeypatch):
    given = {"persons": people(3), "visits": [{"visit_id": "v", "person_id": "N000", "visit_date": "2025-01-01"}]}
    save_scenario("small", given, "three people", ["t"], catalog=catalog, workspace=tmp_path)
    with pytest.raises(UserError, match="exists already"):
        save_scenario("small", given, catalog=catalog, workspace=tmp_path)
    loaded = load_scenario("small", workspace=tmp_path)
    assert loaded["description"] == "three people" and loaded["tags"] == ["t"]
    copy = save_scenario("copy", loaded["entities"], catalog=catalog, workspace=tmp_path)
    assert copy.counts == {"persons": 3, "visits": 1}
    assert load_scenario("copy", workspace=tmp_path)["entities"] == loaded["entities"]
    monkeypatch.setattr("healthsim_core.state.service.LARGEST_LOAD", 3)
    with pytest.raises(UserError, match="4 entities, more than the 3"):
        load_scenario("small", workspace=tmp_path)


def test_the_service_saves_sums_up_asks_and_samples(catalog, tmp_path):
    service = AutoPersistService(tmp_path, catalog)
    made = service.persist_entities(people(7), "person", context_keywords=["diabetes", "seniors"])
    assert made.scenario_name == f"diabetes-seniors-{TODAY}"
    assert service.get_scenario_summary(scenario_name="seniors").scenario_id == made.scenario_id
    assert service.query_scenario(made.scenario_id, "FROM persons", 5).has_more
    assert len(service.get_entity_samples(made.scenario_name, "person", 2, "random")) == 2
    with pytest.raises(UserError, match="entity_type"):
        service.persist_entities(people(1))


def test_the_file_opens_anywhere_with_clean_tables(save, tmp_path):
    name = save({"persons": people(2)}).scenario_name
    with duckdb.connect(str(Store(tmp_path).path(name)), read_only=True) as connection:
        assert connection.execute("SHOW TABLES").fetchall() == [("persons",)]
        comments = connection.execute("SELECT comment FROM duckdb_tables() WHERE table_name = 'persons'").fetchall()
    assert comments == [(catalog_doc(Person),)]


def catalog_doc(entity):
    return entity.__doc__.split("\n")[0]

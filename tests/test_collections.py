"""Scenarios as a collection: listed, renamed, deleted, tagged, cloned, merged, exported and imported again."""

import datetime
import json
import shutil

import duckdb
import pytest
from click.testing import CliRunner

from healthsim_core import catalog as catalogs
from healthsim_core.cli import main
from healthsim_core.errors import UserError
from healthsim_core.generation import regenerate, run
from healthsim_core.state import index
from healthsim_core.state.collections import clone, delete, listed, merge, rename, tag, tags_of
from healthsim_core.state.query import query
from healthsim_core.state.store import Store, StoreError
from healthsim_core.state.tracing import provenance
from healthsim_core.state.transfer import import_tables
from healthsim_core.state.writing import NewScenario
from healthsim_core.tables import Column, Table

REFERENCES = (("visits", "person_id", "persons"), ("visits", "room_id", "rooms"), ("bills", "visit_id", "visits"))


@pytest.fixture(scope="module")
def built(profile, catalog, tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    for name, seed, count, tags in (("one", 1, 30, ["red"]), ("two", 2, 40, ["red", "blue"])):
        run.generate(profile, count=count, seed=seed, catalog=catalog, workspace=folder, name=name, tags=tags)
    return folder


@pytest.fixture
def store(built, tmp_path):
    shutil.copytree(built, tmp_path / "home")
    return Store(tmp_path / "home")


@pytest.fixture
def shell(store, monkeypatch, catalog):
    monkeypatch.setenv("HEALTHSIM_HOME", str(store.root))
    monkeypatch.setattr(catalogs, "build", lambda only=(): catalog)
    return lambda *words: CliRunner().invoke(main, list(words))


def ask(scenario, sql):
    with scenario.connect() as connection:
        return connection.execute(sql).fetchall()


def dangling(scenario):
    """Return how many references of a scenario lead nowhere."""
    return sum(
        ask(scenario, f"SELECT count({key}) FROM {table} WHERE {key} NOT IN (SELECT {target[:-1]}_id FROM {target})")[
            0
        ][0]
        for table, key, target in REFERENCES
    )


def test_a_scenario_is_renamed_with_its_record_and_keeps_its_rows(store):
    before, freed = store.get("one").digest(), store.path("one")
    assert rename(store, "one", "  My First Cohort! ") == "my-first-cohort"
    assert store.names() == ["my-first-cohort", "two"] and not freed.exists()
    scenario = store.get("my-first-cohort")
    assert scenario.digest() == before and scenario.about()["name"] == "my-first-cohort"
    assert ask(scenario, "SELECT name FROM healthsim.scenario") == [("my-first-cohort",)]
    assert [one.name for one in listed(store)] == ["my-first-cohort", "two"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [("one", "two", "'two' exists already; 'two-2' is free"), ("on", "x", "did you mean 'one'"), ("one", "!?", "needs letters or digits")],
)  # fmt: skip
def test_a_name_that_is_taken_unknown_or_none_changes_nothing(store, old, new, message):
    with pytest.raises(UserError, match=message):
        rename(store, old, new)
    assert store.names() == ["one", "two"]


def test_deleting_needs_a_yes_and_frees_the_disk(store):
    size = store.path("one").stat().st_size
    with pytest.raises(UserError, match="confirm"):
        delete(store, "one")
    assert store.names() == ["one", "two"]
    assert delete(store, "one", confirm=True) == size
    assert [path.name for path in store.folder.iterdir()] == ["two.duckdb"]
    assert [one.name for one in listed(store)] == ["two"]
    store.path("torn").write_bytes(b"nothing like a database")
    store.path("torn").with_name("torn.duckdb.wal").write_bytes(b"nor this")
    assert delete(store, "torn", confirm=True) == 31
    assert [path.name for path in store.folder.iterdir()] == ["two.duckdb"]


def test_tags_are_added_removed_counted_and_found(store):
    assert tags_of(store) == {"red": 2, "blue": 1}
    assert tag(store, "one", add=["blue", "new one "], remove=["red"]) == ["blue", "new one"]
    assert tags_of(store) == {"blue": 2, "new one": 1, "red": 1}
    assert [one.name for one in listed(store, tags=["blue", "red"])] == ["two"]
    with pytest.raises(UserError, match="has no tag 'gren'"):
        tag(store, "one", add=["x"], remove=["gren"])
    with pytest.raises(UserError, match="without a comma"):
        tag(store, "one", add=["a,b"])
    assert store.get("one").about()["tags"] == ["blue", "new one"]


def test_a_clone_has_an_id_and_a_name_of_its_own_and_the_same_rows(store, catalog):
    made = clone(store, "one", "Another")
    original, copy = store.get("one").about(), made.about()
    assert made.name == "another" and made.digest() == store.get("one").digest() and dangling(made) == 0
    assert copy["scenario_id"] != original["scenario_id"]
    assert copy["cloned_from"] == {"name": "one", "scenario_id": original["scenario_id"]}
    assert regenerate("another", 3, catalog=catalog, workspace=store.root).tables == regenerate(
        "one", 3, catalog=catalog, workspace=store.root
    ).tables  # fmt: skip
    tag(store, "another", add=["changed"])
    assert store.get("one").about() == original
    assert clone(store, "one", "third").about()["scenario_id"] not in (copy["scenario_id"], original["scenario_id"])


def test_a_clone_with_new_ids_shares_no_key_and_every_reference_leads_as_before(store, catalog):
    made = clone(store, "one", "renewed", new_ids=True, catalog=catalog)
    original, copy = store.get("one"), made.about()
    assert made.counts() == original.counts() and dangling(made) == 0
    assert copy["cloned_from"]["name"] == "one" and copy["tags"] == original.about()["tags"]
    assert copy["statistics"] == original.about()["statistics"]
    joined = "FROM visits JOIN persons USING (person_id) ORDER BY ALL"
    assert ask(made, f"SELECT visit_id, person_id, score, given_name {joined}") == [
        (f"{visit}-2", f"{person}-2", *rest)
        for visit, person, *rest in ask(original, f"SELECT visit_id, person_id, score, given_name {joined}")
    ]
    again = clone(store, "renewed", "third", new_ids=True, catalog=catalog)
    assert not set(ask(again, "SELECT person_id FROM persons")) & set(ask(made, "SELECT person_id FROM persons"))
    person = ask(original, "SELECT min(person_id) FROM persons")[0][0]
    traced = provenance("renewed", f"{person}-2", catalog=catalog, workspace=store.root)
    assert traced.how == "taken" and traced.taken_from == ({"scenario": "one", "id": person},)
    with pytest.raises(UserError, match="people of one with other ids, not generated"):
        regenerate("renewed", 1, catalog=catalog, workspace=store.root)


def test_a_clone_is_made_while_others_of_this_process_read(store):
    with store.get("one").connect() as reader:
        made = clone(store, "one", "copy")
        assert reader.execute("SELECT count(*) FROM persons").fetchall() == [(30,)]
    assert made.counts() == store.get("one").counts()


@pytest.mark.parametrize(("choice", "of_one", "of_two"), [("skip", 30, 10), ("overwrite", 0, 40)])
def test_where_a_key_is_in_both_the_first_or_the_last_row_stays(store, catalog, choice, of_one, of_two):
    merged = merge(store, "both", ["one", "two"], choice, catalog)
    assert {name: rows["persons"] for name, rows in merged.rows.items()} == {"one": of_one, "two": of_two}
    loser = "two" if choice == "skip" else "one"
    assert merged.conflicts[loser]["persons"] == 30 and sum(map(len, merged.conflicts.values())) == len(
        merged.conflicts[loser]
    )
    winner = store.get("one" if choice == "skip" else "two")
    people = set(ask(winner, "FROM persons"))
    assert people <= set(ask(merged.scenario, "FROM persons"))
    assert len(ask(merged.scenario, "FROM persons")) == 40 and dangling(merged.scenario) == 0
    with merged.scenario.connect() as connection:
        for table, rows in merged.scenario.counts().items():
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchall() == [(rows,)]


def test_renamed_keys_are_followed_by_all_that_refers_to_them(store, catalog):
    merged = merge(store, "both", ["one", "two"], "rename", catalog)
    one, two, both = store.get("one"), store.get("two"), merged.scenario
    rooms = {"rooms": one.counts()["rooms"]}  # both have the same practice
    assert both.counts() == {table: rows + two.counts()[table] for table, rows in one.counts().items()} | rooms
    assert dangling(both) == 0
    assert set(ask(one, "FROM visits")) <= set(ask(both, "FROM visits"))
    joined = (
        "SELECT p.ssn, p.given_name, v.visit_date, v.score, r.name, b.bill_date FROM persons p JOIN visits v USING (person_id) "
        "LEFT JOIN rooms r USING (room_id) LEFT JOIN bills b USING (visit_id) ORDER BY ALL"
    )
    assert sorted(ask(one, joined) + ask(two, joined), key=str) == sorted(ask(both, joined), key=str)
    assert ask(both, "SELECT count(*) FROM persons WHERE person_id LIKE 'P%-2'") == [(30,)]
    again = merge(store, "thrice", ["both", "two"], "rename", catalog)
    assert dangling(again.scenario) == 0 and again.scenario.counts()["persons"] == 110
    assert ask(again.scenario, "SELECT count(DISTINCT person_id) FROM persons") == [(110,)]


def test_a_merged_scenario_is_one_like_others(store, catalog, tmp_path):
    scenario = merge(store, "both", ["one", "two"], "rename", catalog).scenario
    about = scenario.about()
    assert about["tags"] == ["blue", "red"] and about["people"] == 70 and about["products"] == ["example"]
    assert [(one["name"], one["rows"]["persons"]) for one in about["sources"]] == [("one", 30), ("two", 40)]
    assert sum(about["statistics"]["sex"].values()) == 70
    renamed = ask(scenario, "SELECT person_id FROM persons WHERE person_id LIKE '%-2'")[0][0]
    traced = provenance("both", renamed, catalog=catalog, workspace=store.root)
    assert traced.how == "taken" and traced.taken_from == ({"scenario": "two", "id": renamed[:-2]},)
    assert query(scenario, "SELECT count(*) FROM visits JOIN persons USING (person_id)").rows == [
        (scenario.counts()["visits"],)
    ]
    formats = [catalog.get("output format", name) for name in ("csv", "letters")]
    assert all(one.files for one in run.export_formats(scenario, formats, tmp_path / "out", catalog))
    assert (tmp_path / "out/letters/letters.txt").read_text().count("Dear") == len(
        ask(scenario, "SELECT DISTINCT person_id FROM visits")
    )
    types = dict(ask(scenario, "SELECT column_name, column_type FROM (DESCRIBE visits)"))
    assert types == {column.name: column.type for column in catalog.get("table", "visits").columns}
    for again in (
        lambda: regenerate("both", 1, catalog=catalog, workspace=store.root),
        lambda: run.generate(into="both", journey={"id": "j", "events": []}, catalog=catalog, workspace=store.root),
    ):
        with pytest.raises(UserError, match="a merge of one, two, not generated, so its people cannot be made again"):
            again()


def test_a_merge_says_where_keys_of_persons_met(store, catalog):
    skipped = merge(store, "skipped", ["one", "two"], "skip", catalog)
    assert skipped.notices[-1].startswith("two: 30 persons have keys that persons of another scenario have")
    assert not [
        one for one in merge(store, "both", ["one", "two"], "rename", catalog).notices if "persons have keys" in one
    ]


def test_a_merge_that_cannot_be_is_refused_before_anything_is_made(store, catalog):
    for names, choice, message in (
        (["one"], "skip", "two or more different"), (["one", "one"], "skip", "two or more different"),
        (["one", "twi"], "skip", "did you mean 'two'"), (["one", "two"], "keep", "unknown choice 'keep'"),
    ):  # fmt: skip
        with pytest.raises(UserError, match=message):
            merge(store, "both", names, choice, catalog)
    with pytest.raises(UserError, match="no installed plugin declares"):
        merge(store, "both", ["one", "two"], "skip", catalogs.build([]))
    with pytest.raises(UserError, match="'two' exists already"):
        merge(store, "two", ["one", "two"], "skip", catalog)
    assert store.names() == ["one", "two"] and len(list(store.folder.iterdir())) == 2


def test_parts_stay_with_what_they_are_part_of_and_keys_of_two_columns_follow(tmp_path):
    def declared(name, keys, *columns):
        return Table(name, tuple(Column(one, "VARCHAR", "-", references=to) for one, to in columns), keys, "-")

    tables = [
        declared("wards", ("ward_id",), ("ward_id", None), ("parent_id", "wards.ward_id")),
        declared("beds", ("ward_id", "bed"), ("ward_id", "wards.ward_id"), ("bed", None)),
        declared("notes", (), ("ward_id", "wards.ward_id"), ("text", None)),
        declared("heads", ("ward_id",), ("ward_id", "wards.ward_id"), ("name", None)),
    ]
    store = Store(tmp_path)
    for number, name in enumerate(("a", "b")):
        with NewScenario(name, store.new_file(name), store.path(name)) as writer:
            for table in tables:
                writer.connection.execute(table.ddl())
            writer.connection.execute("INSERT INTO wards VALUES ('W1', NULL), ('W2', 'W1')")
            writer.connection.execute(f"INSERT INTO beds VALUES ('W1', '1'), ('W2', '{number + 1}')")
            writer.connection.execute(f"INSERT INTO notes VALUES ('W1', 'same'), ('W2', 'note {number}')")
            writer.connection.execute(f"INSERT INTO heads VALUES ('W1', 'head {number}')")
            record = {"scenario_id": name, "tags": [], "as_of": "2025-01-01", "products": [], "versions": {}}
            writer.save(record, {"wards": 2, "beds": 2, "notes": 2, "heads": 1})

    class Declares:
        def all(self, kind):
            return {table.name: table for table in tables} if kind == "table" else {}

    renamed = merge(store, "renamed", ["a", "b"], "rename", Declares()).scenario
    assert ask(renamed, "FROM wards ORDER BY ALL") == [("W1", None), ("W1-2", None), ("W2", "W1"), ("W2-2", "W1-2")]
    assert ask(renamed, "FROM beds ORDER BY ALL") == [("W1", "1"), ("W1-2", "1"), ("W2", "1"), ("W2-2", "2")]
    assert ask(renamed, "FROM heads ORDER BY ALL") == [("W1", "head 0"), ("W1-2", "head 1")]
    assert ask(renamed, "FROM notes ORDER BY ALL") == [
        ("W1", "same"),
        ("W1-2", "same"),
        ("W2", "note 0"),
        ("W2-2", "note 1"),
    ]
    kept = merge(store, "kept", ["a", "b"], "overwrite", Declares())
    assert ask(kept.scenario, "FROM heads") == [("W1", "head 1")]
    assert ask(kept.scenario, "FROM notes ORDER BY ALL") == [("W1", "same"), ("W2", "note 0"), ("W2", "note 1")]
    assert ask(kept.scenario, "FROM beds ORDER BY ALL") == [("W1", "1"), ("W2", "2")]  # a ward keeps its own beds only
    assert kept.conflicts == {"a": {"beds": 2, "heads": 1, "notes": 1, "wards": 2}, "b": {}}


@pytest.mark.parametrize("form", ["csv", "json", "ndjson", "parquet"])
def test_what_is_exported_is_imported_with_equal_digests(store, catalog, tmp_path, form):
    scenario = store.get("one")
    (written,) = run.export_formats(scenario, [catalog.get("output format", form)], tmp_path / "out", catalog)
    known = json.loads((tmp_path / "out" / form / "data_dictionary.json").read_text())
    assert known["scenario"]["name"] == "one" and known["scenario"]["seed"] == 1
    assert {one["file"]: one["bytes"] for one in known["tables"]} == {
        file: size for file, size in written.files.items() if file != "data_dictionary.json"
    }
    assert {one["name"]: one["rows"] for one in known["tables"]} == scenario.counts()
    (visits,) = (one for one in known["tables"] if one["name"] == "visits")
    assert visits["primary_key"] == ["visit_id"] and visits["columns"][1] == {
        "name": "person_id", "type": "VARCHAR", "nullable": False, "doc": "Who came.", "references": "persons.person_id",
    }  # fmt: skip
    done = import_tables(store, tmp_path / "out", "Again", ["back"], catalog)
    assert done.notices == () and done.scenario.name == "again"
    assert done.scenario.digest() == scenario.digest()
    about = done.scenario.about()
    assert about["statistics"] == scenario.about()["statistics"]
    assert about["tags"] == ["back", "red"] and about["people"] == 30 and about["imported_from"]["name"] == "one"
    with pytest.raises(UserError, match="not generated"):
        regenerate("again", 1, catalog=catalog, workspace=store.root)
    alone = import_tables(store, tmp_path / "out", "alone", catalog=catalogs.build([]))
    assert alone.scenario.digest() == scenario.digest()


def test_texts_that_look_like_something_else_come_back_as_they_were(store, tmp_path):
    texts = ["", "NULL", " x ", "007", 'a "b", c', "1e5", "two\nlines", "é€", None]
    table = Table(
        "texts", (Column("key_id", "VARCHAR", "-"), Column("text", "VARCHAR", "-", nullable=True)), ("key_id",), "-"
    )
    scenario = store.get("one")
    with duckdb.connect(str(scenario.path)) as connection:
        connection.execute(table.ddl())
        connection.executemany("INSERT INTO texts VALUES (?, ?)", [(f"K{n}", text) for n, text in enumerate(texts)])
        connection.execute("INSERT INTO healthsim.tables VALUES ('texts', 9)")
    for form in ("csv", "json", "ndjson", "parquet"):
        built = catalogs.build([])
        run.export_formats(scenario, [built.get("output format", form)], tmp_path / form, built)
        done = import_tables(store, tmp_path / form, f"texts {form}", catalog=built)
        assert ask(done.scenario, "SELECT text FROM texts ORDER BY key_id") == [(text,) for text in texts], form


def test_files_that_do_not_fit_are_told_with_file_and_column(store, catalog, tmp_path):
    def given(**files):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        for name, text in files.items():
            (folder / f"{name}.csv").write_text(text)
        return folder

    good = "visit_id,person_id,visit_date,score\nV1,P1,2025-01-01,1.5\n"
    for files, message in (
        ({"visitz": good}, "no table 'visitz' is declared; did you mean 'visits'"),
        ({"visits": good.replace("score", "scor")}, "has no column 'scor'; did you mean 'score'"),
        ({"visits": good.replace("2025-01-01", "soon")}, "visits.csv does not fit table visits: .*soon"),
        ({"visits": good + "V1,P2,2025-01-01,1\n"}, r"key of visits \(visit_id\) is empty in 0 rows and repeated in 1"),
        ({}, "must hold tables in one of"),
    ):  # fmt: skip
        with pytest.raises(UserError, match=message):
            import_tables(store, given(**files), "bad", catalog=catalog)
    with pytest.raises(UserError, match="no folder"):
        import_tables(store, tmp_path / "nowhere", "bad", catalog=catalog)
    assert store.names() == ["one", "two"] and len(list(store.folder.iterdir())) == 2
    bill = "bill_id,visit_id,bill_date\nB1,V9,2025-02-02\n"
    done = import_tables(store, given(visits=good, bills=bill), "own data", catalog=catalog)
    assert done.notices == ("bills.visit_id: 1 rows refer to visits that are not there",)
    assert ask(done.scenario, "FROM visits") == [("V1", "P1", None, datetime.date(2025, 1, 1), 1.5)]


def test_a_list_is_filtered_sorted_and_cut(store):
    merge_time = [one.name for one in listed(store)]
    assert merge_time == ["two", "one"]
    tag(store, "one", add=["late"])
    assert [one.name for one in listed(store)] == ["one", "two"]
    assert [one.name for one in listed(store, sort="name", limit=1)] == ["one"]
    assert [one.rows for one in listed(store, sort="rows")] == sorted((one.rows for one in listed(store)), reverse=True)
    assert [one.name for one in listed(store, text="TW")] == ["two"] == [one.name for one in listed(store, text="t*o")]
    assert [one.bytes for one in listed(store, sort="size")] == sorted(
        (one.bytes for one in listed(store)), reverse=True
    )
    with pytest.raises(UserError, match="unknown order 'sise'; did you mean 'size'"):
        listed(store, sort="sise")


def test_the_index_is_never_trusted_over_the_files(store):
    assert {one.name: one.people for one in listed(store)} == {"one": 30, "two": 40}
    shutil.copy(store.path("one"), store.path("copied"))
    store.path("two").unlink()
    with duckdb.connect(str(store.path("one"))) as connection:
        connection.execute("UPDATE healthsim.scenario SET record = json_merge_patch(record, '{\"people\": 99}')")
    assert {one.name: one.people for one in listed(store)} == {"one": 99, "copied": 30}
    (store.root / index.FILE).write_bytes(b"SQLite format 3\0 and then nothing" * 100)
    assert {one.name: one.people for one in listed(store)} == {"one": 99, "copied": 30}
    assert {one.name: one.people for one in listed(store)} == {"one": 99, "copied": 30}
    assert index.trouble(store) is None
    (store.root / index.FILE).unlink()
    (store.root / index.FILE).mkdir()  # a place that cannot be written
    assert {one.name: one.people for one in listed(store)} == {"one": 99, "copied": 30}


def test_a_list_shows_what_is_unreadable_beside_the_rest(store, shell):
    store.path("torn").write_bytes(b"nothing like a database")
    found = listed(store)
    assert len(found) == 2 and "cannot open scenario 'torn'" in found.unreadable[0]
    told = shell("list", "--json")
    assert told.exit_code == 0 and "warning: cannot open scenario 'torn'" in told.stderr
    assert {one["name"] for one in json.loads(told.stdout)} == {"one", "two"}


def test_a_thousand_scenarios_are_listed_without_opening_one(store):
    entry = index.entries_of(store)[0]["one"]
    for number in range(1000):
        store.path(f"many-{number}").touch()  # nothing that could be opened
    signatures = index._signatures(store.folder)
    index._write(store.root, {name: (signature, entry) for name, signature in signatures.items()}, [])
    found = listed(store, sort="size", limit=1002)
    assert len(found) == 1002 and not found.unreadable


def test_every_command_says_what_it_did(store, shell, tmp_path):
    def json_of(*words):
        said = shell(*words, "--json")
        assert said.exit_code == 0, said.output
        return json.loads(said.stdout)

    assert json_of("rename", "one", "First One")["scenario"] == "first-one"
    assert json_of("tag", "first-one", "--add", "x", "--remove", "red")["tags"] == ["x"]
    assert json_of("tags") == {"blue": 1, "red": 1, "x": 1}
    assert json_of("clone", "first-one", "copy")["cloned_from"] == "first-one"
    assert [one["name"] for one in json_of("list", "--tag", "x", "--sort", "name")] == ["copy", "first-one"]
    merged = json_of("merge", "all", "first-one", "two", "--on-conflict", "rename")
    assert [one["rows"]["persons"] for one in merged["sources"]] == [30, 40]
    assert shell("export", "all", "--format", "csv", "--out", str(tmp_path / "out")).exit_code == 0
    assert json_of("import", str(tmp_path / "out"), "--name", "back")["tables"]["persons"] == 70
    assert json_of("digest", "back") == json_of("digest", "all")
    assert "a merge of" in shell("show", "all").output
    refused = shell("delete", "all")
    assert refused.exit_code == 2 and "confirm it (--yes" in refused.output
    assert json_of("delete", "all", "--yes")["deleted"] == "all"
    assert "all" not in store.names()
    for words in (["tags"], ["list"], ["tag", "copy"], ["clone", "copy", "copy 2"], ["merge", "m", "copy", "two"],
                  ["rename", "m", "n"], ["delete", "n", "--yes"], ["import", str(tmp_path / "out"), "--name", "text"]):  # fmt: skip
        said = shell(*words)
        assert said.exit_code == 0 and said.output, words


def test_nothing_is_left_where_a_merge_breaks_off(store, catalog, monkeypatch):
    from healthsim_core.state import uniting

    def breaks(*words):
        raise duckdb.IOException("no more room")

    monkeypatch.setattr(uniting.Union, "_insert", breaks)
    with pytest.raises(StoreError, match="cannot merge into 'both': .*nothing was changed"):
        merge(store, "both", ["one", "two"], "skip", catalog)
    assert sorted(path.name for path in store.folder.iterdir()) == ["one.duckdb", "two.duckdb"]

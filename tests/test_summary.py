"""Summaries fit where they are read, say what plugins declare, and show rows that differ."""

import json

import pytest
from attrs import frozen
from click.testing import CliRunner

from healthsim_core import catalog as catalogs
from healthsim_core.cli import main
from healthsim_core.declarations import Statistic
from healthsim_core.errors import UserError
from healthsim_core.generation import run
from healthsim_core.hookspecs import hookimpl
from healthsim_core.state import summary as summaries
from healthsim_core.state.persisting import persist
from healthsim_core.state.samples import sample
from healthsim_core.state.statistics import measure
from healthsim_core.state.store import Store
from healthsim_core.state.summary import get_samples, get_summary
from healthsim_core.tables import column, key, table_from


@pytest.fixture(scope="module")
def workspace(profile, catalog, tmp_path_factory):
    folder = tmp_path_factory.mktemp("summary")
    run.generate(profile, catalog=catalog, workspace=folder, name="guests", tags=["demo"])
    return folder


def test_a_summary_counts_and_tells_where_it_comes_from(catalog, workspace):
    summary = get_summary("guests", catalog=catalog, workspace=workspace)
    about = Store(workspace).get("guests").about()
    assert summary.entity_counts == about["tables"] and summary.tags == ["demo"] and summary.status == "complete"
    assert summary.provenance["seed"] == 11 and summary.provenance["products"] == ["example"]
    with Store(workspace).get("guests").connect() as connection:
        sql = "SELECT min(a), max(a) FROM (SELECT date_sub('year', birth_date, DATE '2025-01-01') AS a FROM persons)"
        youngest, oldest = connection.execute(sql).fetchall()[0]
        women = connection.execute("SELECT count(*) FROM persons WHERE gender = 'F'").fetchall()[0][0]
    assert (summary.statistics["age_years"]["min"], summary.statistics["age_years"]["max"]) == (youngest, oldest)
    assert summary.statistics["sex"]["F"] == women and sum(summary.statistics["race"].values()) == 300
    assert json.loads(json.dumps(summary.to_dict())) == summary.to_dict()


def test_statistics_are_kept_when_a_scenario_is_finished_and_worked_out_where_they_are_not(catalog, workspace):
    scenario = Store(workspace).get("guests")
    about = scenario.about()
    with scenario.connect() as connection:
        assert about["statistics"] == measure(connection, about["tables"], about["as_of"], catalog) != {}


def test_samples_are_three_of_each_type_and_fields_that_are_empty_are_left_out(catalog, workspace):
    summary = get_summary("guests", catalog=catalog, workspace=workspace)
    assert list(summary.samples)[0] == "persons"
    assert {name: len(rows) for name, rows in summary.samples.items()} == dict.fromkeys(summary.entity_counts, 3)
    assert all(value is not None for rows in summary.samples.values() for row in rows for value in row.values())
    assert "samples" not in get_summary("guests", False, catalog=catalog, workspace=workspace).to_dict()


def many_tables(number):
    """A plugin with so many types of entities, each of many long fields, and a statistic of each."""

    def table(place):
        fields = {"thing_id": key("T", "Key."), **{f"a_rather_long_name_{n}": column("Text.") for n in range(30)}}
        body = {**fields, "__annotations__": dict.fromkeys(fields, "str"), "__module__": __name__}
        return table_from(frozen(type(f"Thing{place}", (), body)), f"things_of_sort_{place}")

    for_all = [table(place) for place in range(number)]

    class Plugin:
        @staticmethod
        @hookimpl
        def healthsim_tables():
            return for_all

        @staticmethod
        @hookimpl
        def healthsim_statistics():
            sql = "SELECT thing_id AS value, count(*) AS count FROM {} GROUP BY 1 ORDER BY 2 DESC, 1"
            return [Statistic(f"of_{one.name}", "How often.", (one.name,), sql.format(one.name)) for one in for_all]

    return Plugin


@pytest.mark.parametrize("number", [1, 12, 45])
def test_a_summary_fits_however_much_there_is(number, tmp_path):
    plugin = many_tables(number)
    built = catalogs.build([("many", "healthsim-many", "1.0", lambda: plugin)])
    assert not built.failed(), built.failed()[0].details
    row = {f"a_rather_long_name_{n}": "words and more words " * 20 for n in range(30)}
    given = {
        name: [{"thing_id": f"{name}-{n}", **row} for n in range(9)] for name in built.all("table") if name != "persons"
    }
    name = persist(given, "all of it " * 50, ["tag"] * 5, catalog=built, workspace=tmp_path).scenario_name
    bare = get_summary(name, False, catalog=built, workspace=tmp_path)
    full = get_summary(name, catalog=built, workspace=tmp_path)
    assert bare.token_estimate() <= 650 and full.token_estimate() <= 3_500
    assert full.samples and len(json.dumps(full.to_dict())) <= 3_500 * 4
    assert bare.entity_counts == {table: 9 for table in given}


def test_the_most_telling_statistics_stay_where_room_is_short():
    about = {"name": "x", "tables": {}, "scenario_id": "1"}
    figures = {f"statistic_{n}": {f"value {m}": 1_000_000 for m in range(6)} for n in range(30)}
    shown = summaries._without_samples(about, figures, True).statistics
    assert list(shown) == list(figures)[: len(shown)] and 3 < len(shown) < 30


def test_a_statistic_that_fails_or_says_what_another_says_is_left_out(catalog, workspace):
    class Plugin:
        @staticmethod
        @hookimpl
        def healthsim_statistics():
            return [
                Statistic("broken", "It fails.", ("persons",), "SELECT no_such_column FROM persons"),
                Statistic("twice", "Said already.", ("persons",), "SELECT 1 AS one", unless=("visits",)),
                Statistic("elsewhere", "Not here.", ("moons",), "SELECT 1 AS one"),
                Statistic("many", "A long list.", ("persons",), "SELECT person_id AS value, 1 AS count FROM persons"),
                Statistic(
                    "day", "The date.", ("persons",), "SELECT {as_of} AS day, NULL AS nothing FROM persons LIMIT 1"
                ),
            ]

    built = catalogs.build([("some", "healthsim-some", "1.0", lambda: Plugin)])
    with Store(workspace).get("guests").connect() as connection:
        found = measure(connection, {"persons": 300, "visits": 5, "moons": 0}, "2025-01-01", built)
    assert {"broken", "twice", "elsewhere"}.isdisjoint(found)
    assert len(found["many"]) == 7 and found["many"]["other"] == 294 and found["day"] == {"day": "2025-01-01"}


def test_diverse_samples_differ_more_than_the_first_rows(catalog, workspace):
    rows = get_samples("guests", "person", 4, catalog=catalog, workspace=workspace)
    assert {row["gender"] for row in rows} == {"F", "M"} and len({row["race"] for row in rows}) >= 3
    tiny = [{"person_id": str(n), "gender": "F", "race": "white"} for n in range(40)]
    tiny[17] |= {"gender": "M", "race": "black"}
    name = persist({"persons": tiny}, catalog=catalog, workspace=workspace).scenario_name
    assert get_samples(name, "persons", 2, catalog=catalog, workspace=workspace)[0]["person_id"] == "17"


def test_random_samples_are_the_same_each_time_and_not_the_first(catalog, workspace):
    once, again = (get_samples("guests", "visits", 5, "random", catalog=catalog, workspace=workspace) for _ in range(2))
    assert once == again and len({row["visit_id"] for row in once}) == 5
    with Store(workspace).get("guests").connect() as connection:
        assert [row["visit_id"] for row in once] != [
            row["visit_id"] for row in sample(connection, "visits", 5, "recent")
        ]


def test_recent_samples_are_the_latest(profile, catalog, workspace):
    run.generate(profile, count=20, catalog=catalog, workspace=workspace, name="copy")
    rows = get_samples("guests", "visits", 3, "recent", catalog=catalog, workspace=workspace)
    with Store(workspace).get("guests").connect() as connection:
        latest = connection.execute("SELECT visit_date FROM visits ORDER BY 1 DESC LIMIT 3").fetchall()
    assert [row["visit_date"] for row in rows] == [day for (day,) in latest]
    persist({"visits": [{"visit_id": "late", "visit_date": "2090-01-01"}], "rooms": [{"room_id": "new"}]},
            scenario_name="copy", catalog=catalog, workspace=workspace)  # fmt: skip
    assert get_samples("copy", "visit", 1, "recent", catalog=catalog, workspace=workspace)[0]["visit_id"] == "late"
    assert get_samples("copy", "room", 1, "recent", catalog=catalog, workspace=workspace)[0]["room_id"] == "new"
    assert len(get_samples("copy", "room", 100, "random", catalog=catalog, workspace=workspace)) == 4


def test_what_cannot_be_sampled_is_told(catalog, workspace):
    for words, message in (
        (("guests", "vists"), "did you mean 'visits'"), (("guests", "persons", 3, "rand"), "did you mean 'random'"),
        (("guests", "persons", 0), "count must be between"), (("gests", "persons"), "did you mean 'guests'"),
    ):  # fmt: skip
        with pytest.raises(UserError, match=message):
            get_samples(*words, catalog=catalog, workspace=workspace)


def test_a_scenario_is_found_by_name_by_id_and_by_words_of_its_name(catalog, workspace, tmp_path):
    for name in ("diabetes-seniors-20260101", "diabetes-kids-20260101"):
        persist({"persons": [{"person_id": "a"}]}, scenario_name=name, catalog=catalog, workspace=tmp_path)
    identity = Store(tmp_path).get("diabetes-kids-20260101").about()["scenario_id"]
    for words in (identity, identity[:10], "diabetes-kids-20260101"):
        assert get_summary(words, catalog=catalog, workspace=tmp_path).name == "diabetes-kids-20260101"
    assert get_summary("Kids", fuzzy=True, catalog=catalog, workspace=tmp_path).name == "diabetes-kids-20260101"
    with pytest.raises(UserError, match="diabetes-kids-20260101, diabetes-seniors-20260101; say which"):
        get_summary("diabetes", fuzzy=True, catalog=catalog, workspace=tmp_path)
    with pytest.raises(UserError, match="no scenario 'Kids'"):
        get_summary("Kids", catalog=catalog, workspace=tmp_path)


@pytest.fixture
def shell(workspace, monkeypatch, catalog):
    monkeypatch.setenv("HEALTHSIM_HOME", str(workspace))
    monkeypatch.setattr(catalogs, "build", lambda plugins=None, only=(): catalog)
    return lambda *words: CliRunner().invoke(main, list(words))


def test_show_reads_well_and_json_has_the_statistics(shell, catalog, workspace):
    said = shell("show", "guests").output
    assert "guests: 300 people" in said and "age years: " in said and ", median " in said and "made from" in said
    assert json.loads(shell("show", "guests", "--json").output)["statistics"]["sex"]
    given = {"persons": [{"person_id": "a"}, {"person_id": 5}]}
    with pytest.raises(UserError):
        persist(
            {**given, "rooms": [{"room_id": "r"}]},
            "rooms and all",
            scenario_name="half",
            catalog=catalog,
            workspace=workspace,
        )
    said = shell("show", "half").output
    assert (
        "half (unfinished): 0 people, 1 rows" in said and "unfinished: 1 persons were given and are not saved" in said
    )
    assert "persisted 1 rooms" in said and "(rooms and all)" in said


def test_samples_are_shown_as_a_table_or_field_by_field(shell):
    assert shell("samples", "guests", "visit", "--count", "2").output.splitlines()[0].split() == [
        "visit_id", "person_id", "room_id", "visit_date", "score",
    ]  # fmt: skip
    wide = shell("samples", "guests", "persons").output.splitlines()
    assert wide[0].split() == ["field", "1", "2", "3"] and wide[2].startswith("person_id")
    rows = json.loads(shell("samples", "guests", "visits", "--strategy", "recent", "--json").output)
    assert len(rows) == 3 and rows[0]["visit_date"] >= rows[1]["visit_date"]
    ended = shell("samples", "guests", "vists")
    assert ended.exit_code == 2 and "did you mean 'visits'" in ended.output

"""Scenarios on disk: named, whole, asked read-only, digested without regard to order."""

import datetime
import stat
from decimal import Decimal

import duckdb
import numpy as np
import pytest
from attrs import frozen

from healthsim_core.columns import Coded, Columns
from healthsim_core.errors import UserError
from healthsim_core.generation import run
from healthsim_core.state.appending import Appender
from healthsim_core.state.digest import digest
from healthsim_core.state.store import Store, StoreError, sanitize_name
from healthsim_core.tables import column, key, refers, table_from


@frozen
class Everything:
    """One column of every type."""

    thing_id: str = key("T", "Key.")
    other_id: str | None = refers("things.thing_id", "T", "Another.")
    short: str | None = column("A few words.")
    long: str = column("Many words.")
    count: int = column("A number.")
    ratio: float | None = column("A ratio.", decimals=2)
    cost_amount: Decimal = column("Money.")
    born_date: datetime.date | None = column("A date.")
    seen_datetime: datetime.datetime = column("A time.")
    glad: bool = column("Whether.")
    label: str = column("Made of others.", decode="{number} || ' ' || {street}", inputs=("number", "street"))


THINGS = table_from(Everything, "things")


def rows(n=3):
    many = [f"word {number}" for number in range(80)]
    return Columns(
        {
            "thing_id": np.arange(n), "other_id": np.array([-1, 0, 1]), "short": Coded(np.array([0, -1, 1]), ["it's", 'a "b"']),
            "long": Coded(np.array([0, 70, 3]), many), "count": np.array([1, 2, 2**40]), "ratio": np.array([0.125, np.nan, 2.005]),
            "cost_amount": np.array([1, 110, 99_999_999_99]), "born_date": np.array(["2025-01-01", "NaT", "1931-12-31"], "datetime64[s]"),
            "seen_datetime": np.array(["2025-01-01T10:20:30"] * 3, "datetime64[s]"), "glad": np.array([True, False, True]),
            "number": np.array([5, 6, 7]), "street": Coded(np.array([0, 0, 0]), ["Elm St"]),
        }
    )  # fmt: skip


def test_every_type_is_stored_as_it_should():
    connection = duckdb.connect()
    appender = Appender(connection)
    appender.append(THINGS, rows())
    appender.finish()
    assert appender.counts == {"things": 3}
    time = datetime.datetime(2025, 1, 1, 10, 20, 30)
    assert connection.execute("FROM things ORDER BY thing_id").fetchall() == [
        ("T0", None, "it's", "word 0", 1, 0.12, Decimal("0.01"), datetime.date(2025, 1, 1), time, True, "5 Elm St"),
        ("T1", "T0", None, "word 70", 2, None, Decimal("1.10"), None, time, False, "6 Elm St"),
        (
            "T2",
            "T1",
            'a "b"',
            "word 3",
            2**40,
            pytest.approx(2.0, abs=0.011),
            Decimal("99999999.99"),
            datetime.date(1931, 12, 31),
            time,
            True,
            "7 Elm St",
        ),
    ]
    comments = connection.execute(
        "SELECT comment FROM duckdb_columns() WHERE schema_name = 'main' AND table_name = 'things' AND column_name = 'glad'"
    ).fetchall()
    assert comments == [("Whether.",)]


def test_batches_may_number_their_words_differently():
    connection = duckdb.connect()
    appender = Appender(connection)
    batches = (["b", "a"], ["a", "c"], [], ["c", "b", "a"])
    for number, words in enumerate(batches):
        codes = np.array([-1, *range(len(words))])
        n = len(codes)
        every = rows().take(np.zeros(n, np.int64))
        appender.append(THINGS, every.adding(thing_id=np.arange(n) + 10 * number, short=Coded(codes, words)))
    appender.finish()
    found = dict(connection.execute("SELECT thing_id, short FROM things").fetchall())
    assert found == {
        "T0": None, "T1": "b", "T2": "a", "T10": None, "T11": "a", "T12": "c", "T20": None,
        "T30": None, "T31": "c", "T32": "b", "T33": "a",
    }  # fmt: skip
    types = dict(connection.execute("SELECT column_name, column_type FROM (DESCRIBE things)").fetchall())
    assert types == {column.name: column.type for column in THINGS.columns}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"thing_id": np.array([1, 1, 2])}, "not unique"), ({"thing_id": np.array([-1, 1, 2])}, "must not be empty"),
        ({"glad": np.array([1, 0, 1])}, "must suit BOOLEAN"), ({"long": np.array([1, 2, 3])}, "must be Coded text"),
        ({"long": Coded(np.array([-1, 0, 0]), ["x"])}, "must not be empty"), ({"cost_amount": np.array([1.5, 2, 3])}, "must suit DECIMAL"),
        ({"nothing": np.zeros(3)}, "not declared"), ({"seen_datetime": np.array(["NaT"] * 3, "datetime64[s]")}, "must not be empty"),
    ],
)  # fmt: skip
def test_rows_that_do_not_fit_are_told(change, message):
    assert THINGS.problems(rows()) == []
    assert any(message in problem for problem in THINGS.problems(rows().adding(**change)))


def test_a_digest_sees_every_value_and_no_order():
    def of(*statements):
        connection = duckdb.connect()
        for statement in ("CREATE TABLE t (a INTEGER, b VARCHAR)", *statements):
            connection.execute(statement)
        return digest(connection, ["t"])["t"]

    one = of("INSERT INTO t VALUES (1, 'x'), (2, NULL)")
    assert one == of("INSERT INTO t VALUES (2, NULL)", "INSERT INTO t VALUES (1, 'x')")
    assert len({one, of("INSERT INTO t VALUES (1, 'x'), (2, '')"), of("INSERT INTO t VALUES (1, 'x'), (2, 'x')"), of("INSERT INTO t VALUES (1, 'x')"),
                of("INSERT INTO t VALUES (1, 'x'), (2, NULL), (2, NULL)"), of("INSERT INTO t VALUES (12, 'x'), (2, NULL)")}) == 6  # fmt: skip


@pytest.fixture
def scenario(profile, catalog, tmp_path):
    return run.generate(profile, catalog=catalog, workspace=tmp_path).scenario


def test_a_taken_name_is_refused_and_an_automatic_one_moves_on(profile, catalog, tmp_path):
    names = [run.generate(profile, count=5, catalog=catalog, workspace=tmp_path).scenario.name for _ in range(3)]
    assert names == ["guests", "guests-2", "guests-3"]
    with pytest.raises(UserError, match="exists already"):
        run.generate(profile, count=5, catalog=catalog, workspace=tmp_path, name="guests")
    with pytest.raises(UserError, match="perhaps 'my-guests'"):
        run.generate(profile, count=5, catalog=catalog, workspace=tmp_path, name="My Guests")
    assert sanitize_name("A & B: first  year!") == "a-b-first-year"


def test_files_are_their_owners_alone(scenario):
    assert stat.S_IMODE(scenario.path.stat().st_mode) & 0o077 == 0


def test_unknown_foreign_and_newer_files_are_told_apart(scenario, tmp_path):
    store = Store(tmp_path)
    with pytest.raises(UserError, match="did you mean 'guests'"):
        store.get("guest")
    duckdb.connect(str(store.path("foreign"))).close()
    with pytest.raises(StoreError, match="not a HealthSim scenario"):
        store.get("foreign").about()
    store.path("torn").write_bytes(b"nothing like a database")
    with pytest.raises(StoreError, match="cannot open scenario 'torn'"):
        store.get("torn").about()
    connection = duckdb.connect(str(scenario.path))
    connection.execute("UPDATE healthsim.scenario SET record = json_merge_patch(record, '{\"format_version\": 99}')")
    connection.close()
    with pytest.raises(StoreError, match="newer HealthSim"):
        scenario.about()


def test_a_folder_that_cannot_be_written_is_told(profile, catalog, tmp_path):
    (tmp_path / "scenarios").write_text("in the way")
    with pytest.raises(StoreError, match="cannot write"):
        run.generate(profile, count=5, catalog=catalog, workspace=tmp_path)


def test_the_record_says_how_it_was_made(scenario):
    about = scenario.about()
    assert about["seed"] == 11 and about["as_of"] == "2025-01-01" and about["products"] == ["example"]
    assert about["versions"]["healthsim-example"] == "1.0"
    assert about["tables"]["persons"] == about["people"] == 300
    assert about["validation"]["passed"] in (True, False) and len(about["validation"]["checks"]) >= 4


def test_formats_of_core_write_every_table_and_read_back(profile, catalog, tmp_path):
    result = run.generate(
        profile,
        catalog=catalog,
        workspace=tmp_path / "h",
        output_formats=["csv", "json", "ndjson", "parquet", "letters"],
        out=tmp_path / "out",
    )
    for name, reader in (
        ("csv", "read_csv"),
        ("json", "read_json"),
        ("ndjson", "read_json"),
        ("parquet", "read_parquet"),
    ):
        for table, count in result.counts.items():
            found = duckdb.sql(f"SELECT count(*) FROM {reader}('{tmp_path}/out/{name}/{table}.{name}')").fetchall()
            assert found == [(count,)], (name, table)
    assert (tmp_path / "out/letters/letters.txt").read_text().startswith("Dear P0, you came")
    assert not list((tmp_path / "out").rglob("*.part"))


def test_a_format_that_fails_leaves_what_was_there(profile, catalog, tmp_path):
    import attrs

    from healthsim_core.declarations import Document

    def fails(source):
        def pieces():
            yield "half"
            raise ZeroDivisionError

        yield Document("letters.txt", pieces())

    result = run.generate(
        profile, catalog=catalog, workspace=tmp_path / "h", output_formats=["letters"], out=tmp_path / "out"
    )
    before = (tmp_path / "out/letters/letters.txt").read_text()
    broken = attrs.evolve(catalog.get("output format", "letters"), documents=fails)
    with pytest.raises(ZeroDivisionError):
        run.export_formats(result.scenario, [broken], tmp_path / "out", catalog)
    assert (tmp_path / "out/letters/letters.txt").read_text() == before
    assert [path.name for path in (tmp_path / "out/letters").iterdir()] == ["letters.txt"]


@pytest.mark.parametrize("size", [1, 3])
def test_a_column_is_stored_as_declared_however_it_begins(size):
    connection = duckdb.connect()
    appender = Appender(connection)
    every = rows().adding(ratio=np.array([1, 2, 3]), thing_id=np.arange(3))
    appender.append(THINGS, every.take(np.arange(size)))
    appender.append(THINGS, rows().adding(ratio=np.array([0.25, 0.25, 0.25]), thing_id=np.arange(3) + 10))
    appender.finish()
    assert connection.execute("SELECT sum(ratio) FROM things").fetchall() == [(sum(range(1, size + 1)) + 0.75,)]


def test_a_decode_may_read_its_own_inputs_only():
    @frozen
    class Wrong:
        """Reads a column beside it."""

        wrong_id: str = key("W", "Key.")
        label: str = column("Made.", decode="{wrong_id} || 'x'", inputs=("number",))

    with pytest.raises(ValueError, match="column label: decode reads 'wrong_id'; name it among its inputs"):
        table_from(Wrong, "wrongs")


def test_where_an_automatic_name_is_taken_meanwhile_the_next_one_is(profile, catalog, tmp_path, monkeypatch):
    first = run.generate(profile, catalog=catalog, workspace=tmp_path)
    monkeypatch.setattr(Store, "names", lambda self: [])
    with pytest.raises(UserError, match="exists already"):
        run.generate(profile, catalog=catalog, workspace=tmp_path, name="guests")
    monkeypatch.undo()
    original = Store.free_name
    asked = []

    def late(self, wanted):
        asked.append(wanted)
        return wanted if len(asked) == 1 else original(self, wanted)

    monkeypatch.setattr(Store, "free_name", late)
    second = run.generate(profile, catalog=catalog, workspace=tmp_path)
    assert (first.scenario.name, second.scenario.name) == ("guests", "guests-2")
    assert second.scenario.digest() == first.scenario.digest()


def test_two_writers_of_one_scenario_wait_for_each_other_and_say_so(tmp_path):
    store, heard = Store(tmp_path), []
    with store.locked("a"):
        with Store(tmp_path).locked("b", tell=heard.append):
            assert heard == []
        with pytest.raises(StoreError, match="writing scenario 'a' for 0.1 s; nothing was changed"):
            with Store(tmp_path).locked("b", "a", timeout=0.1, tell=heard.append):
                raise AssertionError("held twice")
    assert heard == ["waiting for another process that is writing scenario 'a'"]
    with store.locked("b", "a", timeout=0.1):
        pass

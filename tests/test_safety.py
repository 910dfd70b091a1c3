"""What was saved survives: kills, full disks, places that cannot be written, damaged files, and others at work."""

import json
import multiprocessing
import os
import random
import shutil
import stat
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import duckdb
import hazards
import pytest
from click.testing import CliRunner

from healthsim_core.cli import main
from healthsim_core.generation import run
from healthsim_core.state import doctor
from healthsim_core.state.collections import clone, delete, listed, merge, rename, tag
from healthsim_core.state.digest import digest
from healthsim_core.state.query import query
from healthsim_core.state.scenario import read_about, wal_of
from healthsim_core.state.store import Store, StoreError

KILLS = int(os.environ.get("HEALTHSIM_KILLS", "12"))
"""How many processes are killed: `HEALTHSIM_KILLS=210` is the whole test."""
SUPPORT = Path(hazards.__file__).parent
pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills and limits are POSIX's")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    for name, more in (("base", {"tags": ["keep"]}), ("other", {"seed": 9}), ("work", {})):
        hazards.make(folder, name, **more)
    return folder


@pytest.fixture
def store(built, tmp_path):
    shutil.copytree(built, tmp_path / "home")
    return Store(tmp_path / "home")


CONTEXT = multiprocessing.get_context("forkserver")
"""Processes are forked from one that has imported everything and opened nothing."""


@pytest.fixture(scope="module", autouse=True)
def forks():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(SUPPORT), *(one for one in sys.path if one)]))
        CONTEXT.set_forkserver_preload(["hazards"])
        yield


@pytest.fixture(autouse=True)
def private():
    """Files that the tests themselves write are their owner's alone, too."""
    old = os.umask(0o077)
    yield
    os.umask(old)


def start(what, *words):
    """Start something of `hazards` in a process of its own; return it and where one hears what it says."""
    hears, says = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=what, args=(says.send, *words), daemon=True)
    process.start()
    says.close()
    return process, hears


def ready(what, *words):
    """Start something of `hazards` and wait until it has begun."""
    process, hears = start(what, *words)
    assert hears.poll(60) and hears.recv() == "ready"
    return process


def outcome(what, *words):
    """Return how something of `hazards` ended, and with which message."""
    process, hears = start(what, *words)
    assert hears.poll(60), "nothing was said"
    said = hears.recv()
    process.join(60)
    return said


def gone_process():
    """Return the number of a process that is no more."""
    process = CONTEXT.Process(target=int)
    process.start()
    process.join()
    return process.pid


def content(store, name):
    """Return the digests and the record of a scenario, from one opening of its file."""
    path = store.path(name)
    with duckdb.connect(str(path), read_only=True) as connection:
        about = read_about(connection, name, path)
        return digest(connection, list(about["tables"])), about


def digests(store):
    """Return the digests of every scenario."""
    return {name: content(store, name)[0] for name in store.names()}


@pytest.fixture(scope="module")
def built_digests(built):
    return digests(Store(built))


def check_whole(store, kept):
    """Fail unless the scenarios of `kept` are as they were and every other one listed is complete."""
    found = listed(store)
    assert not found.unreadable and {one.name for one in found} == set(store.names()) >= set(kept)
    for one in found:
        there, about = content(store, one.name)
        assert {table: count for table, (count, _) in there.items()} == about["tables"] == dict(one.tables), one.name
        assert one.status == "complete" and about["scenario_id"] == one.scenario_id
        assert one.name not in kept or there == kept[one.name], one.name


def clean_up(store):
    """Let the doctor mend, and fail where anything is left over or wrong."""
    doctor.examine(store, fix=True)
    assert doctor.examine(store) == []
    names = {f"{name}.duckdb" for name in store.names()}
    assert {path.name for path in store.folder.iterdir()} == names


@pytest.mark.parametrize("kind", hazards.KINDS)
def test_a_kill_at_any_moment_loses_nothing_and_leaves_nothing_half(built, built_digests, tmp_path, kind):
    root = tmp_path / "home"
    shutil.copytree(built, root)
    store, moments = Store(root), random.Random(kind)
    kept = {name: built_digests[name] for name in ("base", "other")}
    number = -(-KILLS // len(hazards.KINDS))
    for _ in range(number):
        process = ready(hazards.endlessly, root, kind)
        time.sleep(moments.uniform(0, 0.6))
        assert process.is_alive(), "it ended by itself"
        process.kill()
        process.join()
        check_whole(store, kept)
        work = [name for name in store.names() if name.startswith("work")]
        if kind in ("rename", "into", "tag"):
            assert len(work) == 1
            there, about = content(store, work[0])
            # One journey more or less, but not half of one: each is lived by all forty.
            assert there["visits"][0] == 40 * (1 + len(about["specification"]["asked"].get("layers", ())))
            assert kind == "into" or there == built_digests["work"]
        clean_up(store)
        for name in work:
            store.path(name).unlink()
        shutil.copy(built / "scenarios/work.duckdb", store.path("work"))


def test_leftovers_go_with_the_next_scenario_even_without_the_doctor(store):
    number = gone_process()
    for end in ("partial", "partial.wal"):
        (store.folder / f".gone.{number}.abc.{end}").write_bytes(b"half")
    mine = store.folder / f".mine.{os.getpid()}.abc.partial"
    mine.write_bytes(b"half")
    hazards.make(store.root, "next")
    assert [path.name for path in store.folder.iterdir() if path.name.startswith(".")] == [mine.name]


def test_two_processes_write_two_scenarios_at_once_while_others_read(store, built_digests):
    kept = built_digests
    writers = [ready(hazards.write_many, store.root, name, 3) for name in ("left", "right")]
    questions = 0
    while any(one.is_alive() for one in writers):
        for name in kept:
            assert query(store.get(name), "SELECT count(*) FROM persons").rows == [(40,)]
        assert store.get("base").digest() == kept["base"]
        tag(store, "base", add=[f"tag {questions}"])
        questions += 1
    assert [one.exitcode for one in writers] == [0, 0]
    assert questions > 0
    check_whole(store, kept)
    assert len(store.names()) == 9
    digests = {store.get(f"{name}-{number}").digest()["persons"] for name in ("left", "right") for number in range(3)}
    assert digests == {kept["base"]["persons"]}


@pytest.mark.parametrize("kind", ["into", "clone", "merge", "rename", "delete", "tag"])
def test_who_comes_second_waits_says_so_and_then_goes_on_or_gives_up(store, built_digests, monkeypatch, kind):
    heard, found = [], hazards.catalog()
    act = {
        "into": lambda: run.generate(
            into="base", journey=hazards.MORE, catalog=found, workspace=store.root, tell=heard.append
        ),
        "clone": lambda: clone(store, "base", "new", heard.append),
        "merge": lambda: merge(store, "new", ["other", "base"], "skip", found, heard.append),
        "rename": lambda: rename(store, "base", "new", heard.append),
        "delete": lambda: delete(store, "base", True, heard.append),
        "tag": lambda: tag(store, "base", ["new"], (), heard.append),
    }[kind]
    monkeypatch.setattr("healthsim_core.state.store.LOCK_TIMEOUT", 0.2)
    first = ready(hazards.write_slowly, store.root, "base", 60)
    with pytest.raises(StoreError, match="writing scenario 'base' for 0.2 s; nothing was changed, try again"):
        act()
    assert digests(store) == built_digests
    first.kill()  # and with it goes what it held
    first.join()
    monkeypatch.undo()
    heard.clear()
    second = ready(hazards.write_slowly, store.root, "base", 0.5)
    act()
    second.join()
    assert heard == ["waiting for another process that is writing scenario 'base'"]
    clean_up(store)


def test_two_that_add_to_one_scenario_both_do(store):
    both = [start(hazards.one_into, store.root, journey)[0] for journey in ("a", "b")]
    for one in both:
        one.join(60)
    assert [one.exitcode for one in both] == [0, 0]
    assert store.get("base").counts()["visits"] == 120
    clean_up(store)


def test_a_reader_does_not_mind_a_change_and_a_change_waits_for_a_reader(store):
    with store.get("base").connect() as reader:
        changing = threading.Thread(target=tag, args=(store, "base", ["late"]))
        changing.start()
        time.sleep(0.2)
        assert reader.execute("SELECT count(*) FROM persons").fetchall() == [(40,)] and changing.is_alive()
    changing.join(timeout=10)
    assert store.get("base").about()["tags"] == ["keep", "late"]


@pytest.mark.parametrize(
    ("kind", "limit"),
    [
        ("generate", 4096), ("generate", 100_000), ("generate", 400_000), ("into", 100_000), ("into", 400_000),
        ("clone", 4096), ("clone", 400_000), ("merge", 4096), ("merge", 100_000),
    ],
)  # fmt: skip
def test_on_a_full_disk_nothing_is_lost_and_the_error_says_what_could_not_be_done(store, built_digests, kind, limit):
    ended, message = outcome(hazards.starve, store.root, kind, limit)
    assert ended == "StoreError" and "cannot" in message and len(message) < 500
    assert digests(store) == built_digests
    clean_up(store)


@pytest.mark.parametrize("kind", ["rename", "tag", "delete", "list"])
def test_small_changes_on_a_full_disk_are_whole_or_not_at_all(store, built_digests, kind):
    ended, _ = outcome(hazards.starve, store.root, kind, 10)
    name = "new" if kind == "rename" and ended == "done" else "base"
    if kind == "delete":
        assert ended == "done" and "base" not in store.names()
    else:
        there, about = content(store, name)
        assert there == built_digests["base"]
        assert ("new" in about["tags"]) == (kind == "tag" and ended == "done")
    clean_up(store)


@pytest.fixture
def elsewhere(built):
    """A workspace that somebody else can reach, and not write to."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="healthsim-safety-") as folder:
        os.chmod(folder, 0o755)
        shutil.copytree(built, Path(folder) / "home")
        paths = [Path(folder) / "home", *(Path(folder) / "home").rglob("*")]
        for path in paths:
            path.chmod(0o555 if path.is_dir() else 0o444)
        yield Store(Path(folder) / "home")
        for path in paths:
            path.chmod(0o755 if path.is_dir() else 0o644)


@pytest.mark.parametrize("kind", ["generate", "into", "clone", "merge", "rename", "delete", "tag"])
def test_a_folder_that_may_only_be_read_is_read_and_told(elsewhere, built_digests, kind):
    ended, message = outcome(hazards.unprivileged, elsewhere.root, kind)
    assert ended == "StoreError" and "cannot" in message, message
    assert digests(elsewhere) == built_digests
    assert outcome(hazards.unprivileged, elsewhere.root, "list") == ("done", "")


def damaged(store, name):
    content = bytearray(store.path(name).read_bytes())
    content[4096 * 3 :] = os.urandom(len(content) - 4096 * 3)
    store.path(name).write_bytes(content)


def newer(store, name):
    with duckdb.connect(str(store.path(name))) as connection:
        connection.execute(
            "UPDATE healthsim.scenario SET record = json_merge_patch(record, '{\"format_version\": 99}')"
        )


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda store, name: store.path(name).write_bytes(b"nothing like a database"), "cannot open scenario 'work'"),
        (lambda store, name: store.path(name).write_bytes(b""), "scenario"), (newer, "written by a newer HealthSim"),
        (lambda store, name: os.truncate(store.path(name), 5000), "scenario"), (damaged, "scenario"),
    ],
)  # fmt: skip
def test_a_damaged_or_newer_file_is_named_and_left_alone_and_the_rest_goes_on(store, built_digests, harm, message):
    harm(store, "work")
    harmed = store.path("work").read_bytes()
    for act in (
        lambda: store.get("work").about(),
        lambda: store.get("work").digest(),
        lambda: clone(store, "work", "new"),
        lambda: merge(store, "new", ["base", "work"], "skip", hazards.catalog()),
        lambda: tag(store, "work", ["x"]),
        lambda: rename(store, "work", "new"),
    ):
        with pytest.raises(StoreError, match=message):
            act()
        assert store.path("work").read_bytes() == harmed
    found = listed(store)
    assert {one.name for one in found} >= {"base", "other"} and "new" not in store.names()
    advice = [one for one in doctor.examine(store, fix=True) if one.about == "scenario"]
    assert advice and not advice[0].mended and store.path("work").read_bytes() == harmed
    assert {name: content(store, name)[0] for name in ("base", "other")} == {
        name: built_digests[name] for name in ("base", "other")
    }
    assert delete(store, "work", confirm=True) == len(harmed)
    clean_up(store)


def test_files_and_folders_are_their_owners_alone(store, tmp_path):
    old = os.umask(0o000)
    try:
        root = tmp_path / "new" / "home"
        hazards.make(root, "base")
        clone(Store(root), "base", "copy")
        merge(Store(root), "both", ["base", "copy"], "rename", hazards.catalog())
        tag(Store(root), "base", ["x"])
    finally:
        os.umask(old)
    for path in (root, *root.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_the_doctor_mends_what_is_safe_and_names_the_rest(store):
    listed(store)
    assert doctor.examine(store) == []
    number = gone_process()
    (store.folder / f".gone.{number}.abc.partial").write_bytes(b"half")
    wal_of(store.path("ghost")).write_bytes(b"of nobody")
    store.path("base").chmod(0o644)
    store.path("other").rename(store.path("moved"))
    (store.root / "index.sqlite").write_bytes(b"SQLite format 3\0 and then nothing" * 100)
    exported = store.root / "exports" / "a" / "csv"
    exported.mkdir(parents=True)
    (exported / f".persons.csv.{number}.part").write_bytes(b"half")
    store.path("torn").write_bytes(b"nothing like a database")
    with duckdb.connect(str(store.path("work"))) as connection:
        connection.execute("UPDATE healthsim.tables SET row_count = 7 WHERE table_name = 'persons'")
    found = doctor.examine(store)
    assert [(one.about, one.mend is not None) for one in sorted(found, key=lambda one: one.about)] == [
        ("index", True), ("leftover", True), ("leftover", True), ("leftover", True), ("permissions", True),
        ("scenario", True), ("scenario", False), ("scenario", False),
    ]  # fmt: skip
    mended = doctor.examine(store, fix=True)
    assert [one.mended for one in mended] == [one.mend is not None for one in mended]
    left = doctor.examine(store)
    assert sorted(one.what.split(": ")[-1][:30] for one in left) and len(left) == 2
    assert any("persons has 40 rows, its bookkeeping says 7" in one.what for one in left)
    assert {path.name for path in store.folder.iterdir()} == {
        f"{name}.duckdb" for name in ("base", "moved", "torn", "work")
    }


def test_a_change_that_was_committed_before_a_kill_is_kept(store):
    script = (
        "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]); c.execute('PRAGMA disable_checkpoint_on_shutdown'); "
        'c.execute("UPDATE healthsim.scenario SET record = json_merge_patch(record, \'{\\"tags\\": [\\"kept\\"]}\')"); os._exit(9)'
    )
    subprocess.run([sys.executable, "-c", script, str(store.path("base"))])
    assert wal_of(store.path("base")).exists()
    assert {one.name: one.tags for one in listed(store)}["base"] == ("kept",)
    copy = clone(store, "base", "copy")
    assert copy.about()["tags"] == ["kept"] and not wal_of(store.path("base")).exists()
    subprocess.run([sys.executable, "-c", script.replace("kept", "more"), str(store.path("base"))])
    (finding,) = doctor.examine(store, fix=True)
    assert finding.mended and "nothing is lost" in finding.what
    assert store.get("base").about()["tags"] == ["more"] and doctor.examine(store) == []


def test_the_doctors_exit_code_says_whether_something_is_left_to_do(store, monkeypatch):
    from healthsim_core import catalog as catalogs

    built = hazards.catalog()
    monkeypatch.setenv("HEALTHSIM_HOME", str(store.root))
    monkeypatch.setattr(catalogs, "build", lambda only=(): built)
    ask = partial(CliRunner().invoke, main)
    assert (said := ask(["doctor"])).exit_code == 0 and "3 scenarios, all is well" in said.output
    (store.folder / f".gone.{gone_process()}.abc.partial").write_bytes(b"half")
    assert (said := ask(["doctor"])).exit_code == 2 and "can be mended with --fix" in said.output
    said = ask(["doctor", "--fix", "--json"])
    assert said.exit_code == 0 and [one["mended"] for one in json.loads(said.stdout)["findings"]] == [True]
    store.path("torn").write_bytes(b"nothing like a database")
    assert (said := ask(["doctor", "--fix"])).exit_code == 2 and "healthsim delete torn" in said.output
    store.path("torn").unlink()

    failing = catalogs.Catalog([*built.plugins, catalogs.Plugin("bad", "healthsim-bad", "1", error="half installed")])
    monkeypatch.setattr(catalogs, "build", lambda only=(): failing)
    assert (said := ask(["doctor"])).exit_code == 3 and "plugin bad could not be used" in said.output

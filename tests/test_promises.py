"""The promises of the house, each with a test that notices when it breaks."""

import datetime
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from healthsim_core import catalog as catalogs
from healthsim_core.columns import Span
from healthsim_core.errors import UserError
from healthsim_core.generation import run
from healthsim_core.generation.asking import Asked
from healthsim_core.generation.handling import generate_span
from healthsim_core.generation.resolving import resolve
from healthsim_core.generation.validation import Check, Tally, ValidationReport
from healthsim_core.state.store import Store


def digest(profile, catalog, workspace, **options):
    return run.generate(profile, catalog=catalog, workspace=workspace, **options).scenario.digest()


def decoded(rows):
    return {name: (column.decode() if hasattr(column, "decode") else column) for name, column in rows.items()}


def test_any_size_of_spans_gives_the_same_rows(profile, catalog, tmp_path):
    sizes = random.Random(5)
    expected = digest(profile, catalog, tmp_path)
    assert sum(rows for rows, _ in expected.values()) > 1000
    for _ in range(4):
        assert digest(profile, catalog, tmp_path, span_size=sizes.randint(1, 299)) == expected


def test_somebody_alone_is_the_same_as_in_the_crowd(profile, catalog, tmp_path):
    plan = resolve(profile, catalog, tmp_path)
    crowd, _ = generate_span(plan, Span(0, plan.count), plan.build_rosters())
    for unit in (0, 17, 299):
        alone = generate_span(plan, Span(unit, unit + 1), plan.build_rosters())[0]
        for table, column in (("persons", "person_id"), ("visits", "person_id")):
            among = decoded(crowd[table].take(crowd[table][column] == unit * 16))
            for name, values in decoded(alone[table]).items():
                assert (values.astype(str) == among[name].astype(str)).all(), (table, name)


def test_more_people_do_not_change_those_who_were_there(profile, catalog, tmp_path):
    few = resolve(profile, catalog, tmp_path, Asked(count=100))
    many = resolve(profile, catalog, tmp_path, Asked(count=1000))
    mine, _ = generate_span(few, Span(0, 100), few.build_rosters())
    theirs, _ = generate_span(many, Span(0, 1000), many.build_rosters())
    for table, key in (("persons", "person_id"), ("visits", "person_id")):
        kept = decoded(theirs[table].take(theirs[table][key] < 100 * 16))
        order, other = np.argsort(mine[table][mine_key(table)]), np.argsort(kept[mine_key(table)])
        for name, values in decoded(mine[table]).items():
            assert (values[order].astype(str) == kept[name][other].astype(str)).all(), (table, name)


def mine_key(table):
    return {"persons": "person_id", "visits": "visit_id"}[table]


def test_the_order_of_plugins_and_strangers_among_them_do_not_matter(profile, catalog, plugins, tmp_path):
    class Stranger:
        @staticmethod
        @catalogs.hookspecs.hookimpl
        def healthsim_attributes():
            from healthsim_core.declarations import Attribute

            return [
                Attribute("luck", "clinical", "How lucky people are.", default={"type": "uniform", "min": 0, "max": 1})
            ]

    stranger = ("aaa", "healthsim-aaa", "1.0", Stranger)
    expected = digest(profile, catalog, tmp_path)
    assert digest(profile, catalogs.build([stranger, *plugins]), tmp_path) == expected
    assert digest(profile, catalogs.build([*plugins, stranger]), tmp_path) == expected


def test_another_day_and_another_zone_give_the_same_rows_and_the_same_bytes(profile, catalog, tmp_path, monkeypatch):
    import healthsim_core.state.store as store

    first = run.generate(
        profile, catalog=catalog, workspace=tmp_path / "a", output_formats=["letters", "csv"], out=tmp_path / "one"
    )

    class Tomorrow(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.datetime(2031, 5, 6, 7, 8, 9, tzinfo=tz)

    monkeypatch.setattr(store.datetime, "datetime", Tomorrow)
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        second = run.generate(
            profile, catalog=catalog, workspace=tmp_path / "b", output_formats=["letters", "csv"], out=tmp_path / "two"
        )
    finally:
        monkeypatch.undo()
        time.tzset()
    assert second.scenario.about()["created_at"].startswith("2031")
    assert first.scenario.digest() == second.scenario.digest()
    written = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert len(written) >= 4
    for path in written:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes()


def test_another_hash_seed_gives_the_same_rows(profile, catalog, tmp_path):
    program = (
        "import json, sys; sys.path[:0] = json.loads(sys.argv[1]); import example_plugin; from pathlib import Path;"
        "from healthsim_core import catalog, generate;"
        "found = catalog.build([('example', 'healthsim-example', '1.0', lambda: example_plugin)]);"
        "print(generate(json.loads(sys.argv[2]), catalog=found, workspace=Path(sys.argv[3])).scenario.digest())"
    )
    import json

    said = set()
    for seed in ("1", "2"):
        command = [sys.executable, "-c", program, json.dumps(sys.path), json.dumps(profile), str(tmp_path / seed)]
        said.add(
            subprocess.run(
                command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
            ).stdout
        )
    assert said == {f"{digest(profile, catalog, tmp_path / '3')}\n"}


def test_seed_zero_is_a_seed_like_any_other(profile, catalog, tmp_path):
    zero, one = (digest(profile, catalog, tmp_path, seed=seed) for seed in (0, 1))
    assert zero != one
    assert zero == digest(profile, catalog, tmp_path, seed=0)


def test_a_killed_run_leaves_nothing_half_written_and_earlier_scenarios_whole(profile, catalog, tmp_path):
    before = run.generate(profile, catalog=catalog, workspace=tmp_path)
    expected = before.scenario.digest()
    import json

    program = (
        "import json, sys; sys.path[:0] = json.loads(sys.argv[1]); import example_plugin; from pathlib import Path;"
        "from healthsim_core import catalog, generate;"
        "found = catalog.build([('example', 'healthsim-example', '1.0', lambda: example_plugin)]);"
        "generate(json.loads(sys.argv[2]), count=400_000, catalog=found, workspace=Path(sys.argv[3]), span_size=2000,"
        " progress=lambda done, total: print(done, flush=True))"
    )
    for spans in (1, 3, 6):
        command = [sys.executable, "-c", program, json.dumps(sys.path), json.dumps(profile), str(tmp_path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for _ in range(spans):
            assert process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    store = Store(tmp_path)
    assert store.names() == ["guests"]
    assert store.get("guests").digest() == expected
    assert list(store.folder.glob(".*"))
    run.generate(profile, count=5, catalog=catalog, workspace=tmp_path, name="next")
    assert sorted(path.name for path in store.folder.iterdir()) == ["guests.duckdb", "next.duckdb"]


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_asked_to_end_the_command_line_cleans_up(profile, tmp_path):
    import json

    (tmp_path / "spec.json").write_text(json.dumps({"id": "p", "generation": {"count": 3_000_000, "products": []}}))
    environment = {**os.environ, "HEALTHSIM_HOME": str(tmp_path / "home"), "PYTHONPATH": os.pathsep.join(sys.path)}
    program = "from healthsim_core.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "generate", str(tmp_path / "spec.json")], env=environment
    )
    folder = tmp_path / "home" / "scenarios"
    for _ in range(200):
        if folder.exists() and any(folder.iterdir()):
            break
        time.sleep(0.1)
    assert any(folder.iterdir())
    process.terminate()
    assert process.wait(60) == 128 + signal.SIGTERM
    assert list(folder.iterdir()) == []


def test_a_failed_run_leaves_nothing_at_all(profile, catalog, tmp_path, monkeypatch):
    wrong = {**profile, "generation": {**profile["generation"], "validation": "strict", "count": 40}}
    wrong["clinical"] = {"comorbidities": [{"code": "I10", "prevalence": 0.5}]}
    missed = ValidationReport((Check("a target", 1.0, 0.0, 0.1, 40),))
    monkeypatch.setattr(Tally, "report", lambda self: missed)
    with pytest.raises(UserError, match="strict"):
        run.generate(wrong, catalog=catalog, workspace=tmp_path)
    assert [path.name for path in (tmp_path / "scenarios").iterdir()] == []


def test_nobody_gets_an_identifier_that_could_be_somebodys(profile, catalog, tmp_path):
    result = run.generate(profile, count=5000, catalog=catalog, workspace=tmp_path)
    with result.scenario.connect() as connection:
        people = connection.execute("SELECT ssn, phone, email FROM persons").fetchall()
    assert len({ssn for ssn, *_ in people}) == 5000
    for ssn, phone, mail in people:
        assert len(ssn) == 9 and 900 <= int(ssn[:3]) <= 999 and 1 <= int(ssn[3:5]) <= 49 and ssn[5:] != "0000"
        assert len(phone) == 10 and phone[3:8] == "55501"
        assert mail.endswith("@example.com")

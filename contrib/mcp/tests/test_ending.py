"""A client that is killed or gives up midway: what was saved is whole, what was not can be gone on with, and nobody lingers."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import anyio
import pytest

from healthsim_core.state import query_scenario
from healthsim_core.state.store import Store


@contextlib.contextmanager
def client_of(home, tool, arguments):
    """Give a process in which a client calls a tool and prints its progress."""
    (home / "arguments.json").write_text(json.dumps(arguments))
    command = [
        sys.executable,
        str(Path(__file__).with_name("dying_client.py")),
        str(home),
        str(home / "server.log"),
        tool,
    ]
    words = [*command, str(home / "arguments.json")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as client:
        yield client


def server_of(home):
    return int(re.search(r"process (\d+)", (home / "server.log").read_text())[1])


def kill_midway(home, tool, arguments, after):
    """Kill a client once its tool is so far, wait until its server has ended by itself, and return how far it was."""
    with client_of(home, tool, arguments) as client:
        done = next(int(line) for line in client.stdout if int(line) >= after)
        client.kill()
    assert ended(server_of(home))
    log = (home / "server.log").read_text()
    assert log.endswith("the client is gone\n") and "Traceback" not in log, log
    return done


def ended(process, seconds=30):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_a_client_killed_while_saving_leaves_whole_batches_to_go_on_from(start, tmp_path, make_members):
    arguments = {"entities": make_members(3000), "entity_type": "member", "scenario_name": "cut-short"}
    done = kill_midway(tmp_path, "persist_entities", arguments, after=200)
    store = Store(tmp_path)
    about = store.get("cut-short").about()
    saved = about["tables"]["members"]
    assert done <= saved < 3000 and saved % 50 == 0
    assert about["status"] == "unfinished" and about["waiting"] == {"members": 3000 - saved}
    with start(tmp_path) as agent:
        listed = agent.call("list_scenarios").data["scenarios"]
        assert [(one["scenario_name"], one["status"], one["entity_count"]) for one in listed] == [
            ("cut-short", "unfinished", saved)
        ]
        rest = agent.call("persist_entities", **arguments).data
    assert (rest["entities_persisted"], rest["entities_skipped"]) == (3000 - saved, saved)
    assert store.get("cut-short").about()["status"] == "complete"
    count = query_scenario("cut-short", "SELECT count(*), count(DISTINCT member_id) FROM members", workspace=tmp_path)
    assert count.rows == [(3000, 3000)]


def test_a_client_killed_while_generating_leaves_nothing(start, tmp_path, make_members):
    with start(tmp_path) as agent:
        agent.call("persist_entities", entities=make_members(60), entity_type="member", scenario_name="before")
    before = Store(tmp_path).get("before").digest()
    arguments = {"template": "diabetic-senior", "count": 60_000, "name": "never"}
    kill_midway(tmp_path, "generate_scenario", arguments, after=6_000)
    assert Store(tmp_path).names() == ["before"] and Store(tmp_path).get("before").digest() == before
    assert [path.name for path in (tmp_path / "scenarios").iterdir()] == ["before.duckdb"]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_call_that_is_given_up_ends_and_the_next_one_is_answered(start, tmp_path, mode):
    with start(tmp_path, mode=mode) as agent:

        async def give_up():
            with anyio.CancelScope() as scope:

                async def hear(done, total, message):
                    scope.cancel()

                arguments = {"template": "diabetic-senior", "count": 60_000, "name": "never"}
                await agent.client.call_tool("generate_scenario", arguments, progress_callback=hear)
            return scope.cancelled_caught

        assert agent.portal.call(give_up)
        assert agent.call("list_scenarios").data["scenarios"] == []
        until = time.monotonic() + 30
        while any((tmp_path / "scenarios").iterdir()) and time.monotonic() < until:
            time.sleep(0.1)
        assert not any((tmp_path / "scenarios").iterdir())
        made = agent.call("generate_scenario", template="diabetic-senior", count=20, name="never")
        assert made.data["people"] == 20


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_asked_to_end_ends_between_two_batches(tmp_path, make_members, number):
    arguments = {"entities": make_members(3000), "entity_type": "member", "scenario_name": "cut-short"}
    with client_of(tmp_path, "persist_entities", arguments) as client:
        next(line for line in client.stdout if int(line) >= 200)
        server = server_of(tmp_path)
        os.kill(server, number)
        assert ended(server, 10)
        client.kill()
    assert f"asked to end (signal {number:d})" in (tmp_path / "server.log").read_text()
    about = Store(tmp_path).get("cut-short").about()
    assert about["status"] == "unfinished" and 200 <= about["tables"]["members"] < 3000


def test_an_idle_server_asked_to_end_ends(start, tmp_path):
    with contextlib.suppress(Exception), start(tmp_path, tmp_path / "server.log") as agent:
        agent.call("list_scenarios")
        os.kill(server_of(tmp_path), signal.SIGTERM)
        agent.portal.call(partial(anyio.sleep, 1))
        raise ConnectionError
    assert ended(server_of(tmp_path), 1)
    assert "asked to end" in (tmp_path / "server.log").read_text()

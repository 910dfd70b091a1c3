"""The server, the command line and other programs share a workspace; stdout is the protocol's, and the log holds no data."""

import json
import os
import subprocess
import sys
import threading

import duckdb
import pytest

from healthsim_core.state.store import Store

MARK = "Zyxa"
HEALTHSIM = [sys.executable, "-c", "from healthsim_core.cli import main; main()"]


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """Give `shell(...)`, which runs `healthsim ...` in a process of its own and returns what it printed."""
    monkeypatch.setenv("HEALTHSIM_HOME", str(tmp_path))

    def run(*arguments):
        done = subprocess.run([*HEALTHSIM, *arguments], capture_output=True, text=True)
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout

    return run


def test_the_command_line_reads_and_writes_while_the_server_saves(start, tmp_path, shell, make_members):
    with start(tmp_path) as agent:
        agent.call("persist_entities", entities=make_members(50), entity_type="member", scenario_name="busy")
        more, answers, begun = make_members(4000, first=50), [], threading.Event()
        saving = {"entities": more, "entity_type": "member", "scenario_name": "busy"}
        thread = threading.Thread(
            target=lambda: answers.append(agent.call("persist_entities", progress=lambda *_: begun.set(), **saving))
        )
        thread.start()
        assert begun.wait(30)
        counts, lists = [], []
        while thread.is_alive():
            told = json.loads(shell("query", "busy", "SELECT count(*) FROM members", "--json"))
            counts.append(told["rows"][0][0])
            lists.append(json.loads(shell("list", "--json")))
        thread.join()
        assert not answers[0].error and answers[0].data["entities_persisted"] == 4000
        assert counts == sorted(counts) and 50 < counts[0] < 4050 and all(count % 50 == 0 for count in counts)
        assert all(one[0]["name"] == "busy" for one in lists)
        # The server is idle, not gone: others write to its scenarios.
        assert "seen" in shell("tag", "busy", "--add", "seen")
        with duckdb.connect(str(tmp_path / "scenarios" / "busy.duckdb")) as connection:
            assert connection.execute("SELECT count(*) FROM members").fetchall() == [(4050,)]
        assert agent.call("get_scenario_summary", scenario_id="busy").data["tags"] == ["seen"]
        shell("rename", "busy", "quiet")
        assert agent.call("query_scenario", scenario_id="quiet", query="SELECT 1").data["rows"] == [[1]]
        shell("delete", "quiet", "--yes")
        assert agent.call("list_scenarios").data["total"] == 0


def test_two_servers_save_to_one_scenario_and_nothing_is_lost(start, tmp_path, make_members):
    with start(tmp_path) as one, start(tmp_path) as other:
        one.call("persist_entities", entities=make_members(50), entity_type="member", scenario_name="shared")
        answers = []

        def save(agent, first):
            rows = make_members(500, first=first)
            answers.append(agent.call("persist_entities", entities=rows, entity_type="member", scenario_name="shared"))

        threads = [threading.Thread(target=save, args=pair) for pair in ((one, 50), (other, 550))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [one.data["entities_persisted"] for one in answers] == [500, 500]
    assert Store(tmp_path).get("shared").counts() == {"members": 1050}


def test_the_log_names_tools_and_seconds_and_no_data(start, tmp_path, make_members):
    log = tmp_path / "server.log"
    with start(tmp_path, log) as agent:
        agent.call("persist_entities", entities=make_members(10), entity_type="member", scenario_name="logged")
        for tool, arguments in {
            "persist_entities": {"entities": [{"birth_date": MARK, MARK: 1}], "entity_type": "member"},
            "query_scenario": {"scenario_id": "logged", "query": f"SELECT '{MARK}'::INTEGER"},
            "get_entity_samples": {"scenario_id": "logged", "entity_type": MARK},
            "list_scenarios": {"filter_pattern": MARK, "limit": MARK},
            "generate_scenario": {"specification": {MARK: MARK}},
            "rename_scenario": {"scenario_id": "logged", MARK: 1},
            MARK: {MARK: MARK},
        }.items():
            assert agent.call(tool, **arguments).error
        agent.call("query_scenario", scenario_id="logged", query=f"SELECT * FROM members WHERE given_name = '{MARK}'")
    text = log.read_text()
    assert MARK not in text
    assert "INFO persist_entities answered after" in text and "query_scenario refused after" in text


def test_a_bug_is_told_without_its_text(start, tmp_path, make_members):
    log = tmp_path / "server.log"
    with start(tmp_path, log) as agent:
        agent.call("persist_entities", entities=make_members(10), entity_type="member", scenario_name="broken")
        with duckdb.connect(str(tmp_path / "scenarios" / "broken.duckdb")) as connection:
            connection.execute(
                "UPDATE healthsim.scenario SET record = ?", [json.dumps({"format_version": 1, "x": MARK})]
            )
        said = agent.call("rename_scenario", scenario_id="broken", new_name="mended")
        assert said.error and "bug" in said.text and said.text.splitlines()[-1].startswith("Next: ")
        assert "KeyError at" in log.read_text()
        assert MARK not in said.text and MARK not in log.read_text() and "Traceback" not in log.read_text()
        assert agent.call("query_scenario", scenario_id="mended", query="SELECT count(*) FROM members").data[
            "rows"
        ] == [[10]]


def test_a_file_that_is_no_scenario_is_told_and_the_others_are_listed(start, tmp_path, make_members):
    with start(tmp_path) as agent:
        agent.call("persist_entities", entities=make_members(10), entity_type="member", scenario_name="whole")
        (tmp_path / "scenarios" / "torn.duckdb").write_bytes(b"no database" * 1000)
        listed = agent.call("list_scenarios")
        assert [one["scenario_name"] for one in listed.data["scenarios"]] == ["whole"]
        assert "torn" in listed.data["unreadable"][0] and "unreadable" in listed.text
        said = agent.call("get_scenario_summary", scenario_id="torn")
        assert said.error and "cannot open scenario 'torn'" in said.text and "healthsim doctor" in said.text


def test_stdout_is_the_protocols_whatever_comes_in(tmp_path):
    call = {"name": "generate_scenario", "arguments": {"template": "diabetic-senior", "count": 20}}
    client = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}}
    server = subprocess.Popen([*HEALTHSIM, "mcp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env={**os.environ, "HEALTHSIM_HOME": str(tmp_path)})  # fmt: skip

    def ask(number, method, params):
        message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        server.stdin.write(json.dumps(message) + "\n")
        server.stdin.flush()
        while (answer := json.loads(server.stdout.readline())).get("id") != number:
            assert answer["jsonrpc"] == "2.0"
        return answer

    assert ask(1, "initialize", client)["result"]["serverInfo"]["name"] == "healthsim"
    server.stdin.write('{"jsonrpc": "2.0", "method": "notifications/initialized"}\n' + f"not json {MARK}\n")
    assert ask(2, "tools/call", call)["result"]["isError"] is False
    out, log = server.communicate(timeout=30)
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in out.splitlines())
    assert server.returncode == 0 and MARK not in log and "the client is gone" in log


def test_help_does_not_import_the_sdk():
    script = "import sys; from healthsim_core.cli import main; main(['mcp', '--help'], standalone_mode=False); assert 'mcp' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

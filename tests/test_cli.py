"""The command line on core alone: what it prints and how it ends."""

import json

import pytest
from click.testing import CliRunner

from healthsim_core.cli import main


@pytest.fixture
def shell(tmp_path, monkeypatch, plugins):
    from healthsim_core import catalog

    built = catalog.build(plugins)
    monkeypatch.setenv("HEALTHSIM_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(catalog, "build", lambda only=(): built)
    return lambda *words: CliRunner().invoke(main, list(words))


@pytest.fixture
def file(tmp_path, profile):
    path = tmp_path / "guests.json"
    path.write_text(json.dumps(profile))
    return str(path)


def test_a_scenario_from_file_to_files(shell, file, tmp_path):
    made = shell(
        "generate",
        file,
        "--count",
        "20",
        "--seed",
        "0",
        "--tag",
        "demo",
        "--format",
        "letters",
        "--out",
        str(tmp_path / "out"),
    )
    assert made.exit_code == 0, made.output
    assert "scenario guests: 20 people" in made.output and "seed 0" in made.output and "letters: 1 files" in made.output
    assert "guests" in shell("list").output
    assert json.loads(shell("list", "--json", "--tag", "demo").output)[0]["people"] == 20
    assert json.loads(shell("list", "--json", "--tag", "other").output) == []
    assert "made from" in shell("show", "guests").output
    page = json.loads(shell("query", "guests", "SELECT count(*) AS n FROM persons", "--json").output)
    assert page == {"columns": ["n"], "rows": [[20]], "total": 1, "has_more": False}
    assert "1-5 of 20" in shell("query", "guests", "SELECT person_id FROM persons", "--limit", "5").output
    digest = shell("digest", "guests").output
    assert [line.split()[0] for line in digest.splitlines()] == sorted(line.split()[0] for line in digest.splitlines())
    assert "persons 20 " in digest
    assert "csv: 5 files" in shell("export", "guests", "--format", "csv", "--out", str(tmp_path / "again")).output


def test_a_dry_run_saves_nothing(shell, file):
    made = shell("generate", file, "--dry-run")
    assert made.exit_code == 0 and "dry run, nothing saved: 5 people" in made.output
    assert "no scenarios" in shell("list").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("generate", "guestz"), "unknown template or file 'guestz'"), (("generate", "FILE", "--count", "0"), "count: must be between 1"),
        (("generate", "FILE", "--format", "sdtm"), "pip install healthsim-trialsim"), (("generate", "FILE", "--county", "48201"), "needs healthsim-populationsim"),
        (("generate", "FILE", "--name", "Bad Name"), "perhaps 'bad-name'"), (("show", "nobody"), "no scenario 'nobody'"),
        (("query", "nobody", "SELECT 1"), "no scenario"), (("genrate",), "did you mean 'generate'"), (("generate", "oswald-family"), "pip install healthsim-populationsim"),
    ],
)  # fmt: skip
def test_a_users_mistake_is_one_message_and_exit_code_two(words, said, shell, file):
    ended = shell(*(file if word == "FILE" else word for word in words))
    assert ended.exit_code == 2 and said in ended.output and "Traceback" not in ended.output


def test_plugins_lists_what_is_declared_and_fails_with_three_for_a_broken_one(shell, plugins, monkeypatch):
    from healthsim_core import catalog

    listed = json.loads(shell("plugins", "--json").output)
    assert [one["name"] for one in listed["plugins"]] == ["core", "example"]
    assert "triangle" in listed["plugins"][1]["declares"]["distribution"]

    def broken():
        raise ImportError("no such thing")

    monkeypatch.undo()
    built = catalog.build([*plugins, ("bad", "healthsim-bad", "0.9", broken)])
    monkeypatch.setattr(catalog, "build", lambda only=(): built)
    ended = CliRunner().invoke(main, ["plugins"])
    assert (
        ended.exit_code == 3 and "FAILED: ImportError: no such thing" in ended.output and "triangle" not in ended.output
    )


def test_templates_lists_attributes(shell):
    found = json.loads(shell("templates", "--attributes", "--json").output)
    assert {"age", "mood"} <= {one["name"] for one in found}

"""`healthsim new-plugin`: what it writes is a plugin that is found, passes its own tests and keeps the contract."""

import importlib.metadata
import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from healthsim_core.cli.new_plugin import new_plugin_command
from healthsim_core.errors import UserError

NAME = "step_watch"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    made = CliRunner().invoke(new_plugin_command, [NAME, "--out", str(out)])
    assert made.exit_code == 0, made.output
    assert str(out / "healthsim-step-watch") in made.output
    return out / "healthsim-step-watch"


@pytest.fixture(scope="module")
def run(folder, tmp_path_factory):
    """A function that runs a program as if the new plugin were installed; nothing is downloaded."""
    place = tmp_path_factory.mktemp("site")
    about = place / "healthsim_step_watch-0.1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: healthsim-step-watch\nVersion: 0.1.0\n")
    (about / "entry_points.txt").write_text(f"[healthsim]\n{NAME} = {NAME}.plugin\n")
    paths = [str(folder), str(place), *(one for one in sys.path if one)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "HEALTHSIM_HOME": str(place / "home")}

    def run(*words):
        command = [sys.executable, *words]
        return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)

    return run


def test_it_writes_every_file_and_fills_every_name(folder):
    files = {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}
    assert {
        "pyproject.toml",
        "README.md",
        "step_watch/plugin.py",
        "step_watch/templates/profiles/step-watch-wearers.json",
        "step_watch/templates/journeys/step-watch-week.json",
        "step_watch/skills/step-watch-fast-heart.md",
        "tests/test_conformance.py",
        "tests/test_step_watch.py",
    } <= set(files)
    for name, content in files.items():
        assert "$" not in content, name
        assert content.endswith("\n"), name


def test_its_own_tests_pass(run):
    # From a wheel the fixtures come by their entry point, from a checkout by their name.
    installed = importlib.metadata.entry_points(group="pytest11", name="healthsim")
    fixtures = [] if installed else ["-p", "healthsim_core.testing.fixtures"]
    ran = run("-m", "pytest", "-q", "-p", "no:cacheprovider", *fixtures)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    last = ran.stdout.splitlines()[-1]
    assert "passed" in last and int(last.split(" passed")[0].split()[-1]) >= 20, last


def test_it_is_listed_with_all_it_declares(run):
    ran = run("-c", "from healthsim_core.cli import main; main()", "plugins", "--json")
    (mine,) = (one for one in json.loads(ran.stdout)["plugins"] if one["name"] == NAME)
    assert mine["error"] is None and mine["distribution"] == "healthsim-step-watch"
    assert mine["declares"] == {
        "attribute": ["step_watch_activity"],
        "distribution": ["step_watch_rising"],
        "event type": ["step_watch.alert", "step_watch.reading"],
        "output format": ["step_watch_readings"],
        "product": ["step_watch"],
        "skill": ["step-watch-fast-heart"],
        "table": ["step_watch_alerts", "step_watch_readings"],
        "template": ["journey:step-watch-week", "profile:step-watch-wearers"],
        "trigger": ["step-watch-reading-to-alert"],
    }


def test_what_it_writes_is_in_the_house_style(folder):
    ruff = pytest.importorskip("ruff", reason="ruff is only where style is checked")
    for command in (["check", "--select", "E,F,I,UP,B"], ["format", "--diff"]):
        command = [ruff.find_ruff_bin(), *command, "--isolated", "--line-length", "120", str(folder)]
        checked = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Step-Watch", "perhaps 'step_watch'"),
        ("stepWatch", "perhaps 'step_watch'"),
        ("2fast", "perhaps 'fast'"),
        ("class", "a word of Python's own; perhaps 'class_sim'"),
        ("core", "there is a plugin 'core' already"),
        ("trialsim", "there is a plugin 'trialsim' already"),
        ("json", "there is a Python module 'json' already"),
        ("numpy", "there is a Python module 'numpy' already"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_a_better_one(tmp_path, name, said):
    refused = CliRunner().invoke(new_plugin_command, [name, "--out", str(tmp_path)])
    assert isinstance(refused.exception, UserError)
    assert said in str(refused.exception)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_exists_is_left_alone(folder):
    before = (folder / "README.md").read_bytes()
    refused = CliRunner().invoke(new_plugin_command, [NAME, "--out", str(folder.parent)])
    assert isinstance(refused.exception, UserError) and "exists already" in str(refused.exception)
    assert (folder / "README.md").read_bytes() == before

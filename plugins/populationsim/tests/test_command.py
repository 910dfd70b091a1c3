"""`healthsim init` as a user runs it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from healthsim_core.errors import UserError
from populationsim.command import init


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("HEALTHSIM_HOME", str(tmp_path / "home"))
    return lambda *words: CliRunner().invoke(init, [str(word) for word in words])


def test_the_official_files_load_and_check(run, official_files):
    places, svi = official_files
    result = run("--places", places, "--svi", svi, "--check")
    assert result.exit_code == 0, result.output
    assert "3,143 counties" in result.output and "3,144 counties" in result.output
    assert "4,726,177" in result.output and "3,289,701" in result.output
    assert "all 18 known figures agree" in result.output


def test_json_says_the_same(run, places_file, svi_file):
    report = json.loads(run("--places", places_file, "--svi", svi_file, "--json").stdout)
    assert [(load["kind"], load["rows"]) for load in report["loads"]] == [("places", 2), ("svi", 2)]
    assert report["figures"]["48201"]["population"] == 4726177
    assert len(report["fingerprint"]) == 16


def test_figures_that_differ_fail_the_check(run, tmp_path, write, svi_row):
    path = write(tmp_path / "svi_2022.csv", [svi_row("48201", "Harris County, Texas", "TX", E_TOTPOP="4726178")])
    result = run("--svi", path, "--check")
    assert isinstance(result.exception, UserError) and result.exception.exit_code == 2
    assert "48201 population: expected 4726177, found 4726178" in str(result.exception)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "nothing to load"),
        (("--check",), "nothing to check"),
        (("--places", "nowhere.csv"), "cannot read nowhere.csv: no such file"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_made(run, tmp_path, words, message):
    result = run(*words)
    assert isinstance(result.exception, UserError)
    assert message in str(result.exception)
    assert not (tmp_path / "home").exists()


def test_swapped_files_are_refused(run, tmp_path, places_file, svi_file):
    result = run("--places", svi_file, "--svi", places_file)
    assert isinstance(result.exception, UserError)
    assert "is not a CDC PLACES county file" in str(result.exception)
    assert not (tmp_path / "home" / "reference.duckdb").exists()

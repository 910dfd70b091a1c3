"""The README runs as it stands, where the packages it is about are installed."""

from pathlib import Path

import walkthrough

PAGE = Path(__file__).parents[1] / "README.md"


def test_the_readme_runs_as_it_stands(tmp_path):
    found = walkthrough.problems(PAGE, tmp_path)
    assert not found, "\n".join([*found, f"refresh: python tests/support/walkthrough.py {'/'.join(PAGE.parts[-3:])}"])

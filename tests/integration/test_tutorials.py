"""The README, tutorials and how-to pages run as they stand, and the reference of the products is what their code says."""

import subprocess
import sys
from pathlib import Path

import pytest
import walkthrough

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [ROOT / "README.md", ROOT / "docs/tutorial/first-cohort.md", *sorted((ROOT / "docs/how-to").glob("*.md"))]


def test_the_reference_of_the_products_is_what_the_code_says():
    command = [sys.executable, str(ROOT / "scripts/write_reference.py"), "--check", "--products"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_runs_as_it_stands(page, tmp_path):
    found = walkthrough.problems(page, tmp_path)
    assert not found, "\n".join([*found, f"refresh: python tests/support/walkthrough.py {page.relative_to(ROOT)}"])

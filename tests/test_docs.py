"""The docs do not drift: the reference is what the code says, blocks run, links lead somewhere; with core alone."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
import walkthrough

from healthsim_core import catalog as catalogs
from healthsim_core import generate
from healthsim_core.errors import SpecificationError
from healthsim_core.generation.resolve_attributes import CLINICAL_KEYS
from healthsim_core.specs import ProfileSpecification

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])


def written(*words):
    command = [sys.executable, str(ROOT / "scripts/write_reference.py"), "--check", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def hook_examples():
    path = DOCS / "reference/hook_examples.py"
    spec = importlib.util.spec_from_file_location("hook_examples", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_of_core_is_what_the_code_says():
    checked = written("--core")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_hook_has_an_example_that_loads_and_runs(tmp_path):
    module = hook_examples()
    catalog = catalogs.build([("sleepsim", "healthsim-sleepsim", "1.0", lambda: module)])
    (mine,) = (one for one in catalog.plugins if one.name == "sleepsim")
    assert mine.error is None, mine.details
    assert set(mine.declares) == {kind for kind, _ in catalogs.KINDS.values()}
    nights = {
        "id": "nights",
        "events": [{"event_id": "a", "event_type": "night", "day": 1, "repeat": {"every_days": 7, "count": 3}}],
    }
    specification = {
        "generation": {"count": 20, "products": ["sleepsim"]},
        "clinical": {"sleep_hours": {"type": "sleepsim_triangle", "min": 4, "max": 9}},
        "journey": nights,
    }  # fmt: skip
    result = generate(specification, output_formats=["sleepsim_nights"], catalog=catalog, workspace=tmp_path)
    assert result.counts == {"beds": 8, "nights": 60, "persons": 20}
    assert catalog.get("command", "beds").load().name == "beds"
    with pytest.raises(ValueError, match="night-shift"):
        catalog.get("reference", "sleepsim").resolve({"type": "moon"}, tmp_path)


def test_what_stands_inside_open_objects_is_read(catalog, tmp_path):
    page = (DOCS / "reference/specification.md").read_text("utf-8")
    keys = re.findall(r"`profile\.(\w+)(?:\[\])?\.([\w.]+)` \|", page)
    assert {key for section, key in keys if section == "clinical" and "." not in key} == set(CLINICAL_KEYS)
    given = {
        "demographics": {"source": "nowhere", "reference": {"type": "county"}},
        "network": {"primary_care_provider": {"specialty": "internal_medicine", "assignment": "nearest"}},
        "coverage": {"type": "Medicare", "plan_distribution": {"Original": 1.0}},
        "members": [{"role": "subscriber", "conditions": ["E11"], "age": 50}],
    }
    listed = {(section, key) for section, key in keys if section in given}
    open_keys = {
        *(("demographics", key) for key in given["demographics"]),
        *(("network", f"primary_care_provider.{key}") for key in given["network"]["primary_care_provider"]),
        *(("coverage", key) for key in given["coverage"]),
        ("members", "role"),
        ("members", "conditions"),
    }
    assert open_keys == listed
    ProfileSpecification.model_validate(given)
    with pytest.raises(SpecificationError) as caught:
        generate(given, catalog=catalog, workspace=tmp_path)
    assert [one.path for one in caught.value.problems] == ["profile.demographics.source"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), target


def test_every_page_is_listed():
    listed = set(re.findall(r"\]\(([^)#\s]+)", (DOCS / "README.md").read_text("utf-8")))
    there = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")} - {"README.md"}
    assert there <= listed, there - listed


def test_the_first_plugin_can_be_written_as_the_tutorial_says(tmp_path):
    found = walkthrough.problems(DOCS / "tutorial/first-plugin.md", tmp_path)
    assert not found, "\n".join([*found, "refresh: python tests/support/walkthrough.py docs/tutorial/first-plugin.md"])


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a  1\n", "a      1\n", True), ("a 1\n", "a 2\n", False), ("in 0.1 s\n", "in 22.40 s\n", True), ("----  --\n", "---------  --\n", True),
        ("a\n…\nd\n", "a\nb\nc\nd\n", True), ("a\n…\nd\n", "a\nb\n", False), ("a …\n", "a b c\n", True), ("a\n", "a\nb\n", False),
    ],
)  # fmt: skip
def test_what_a_page_shows_is_compared_but_for_durations_and_widths(shown, printed, same):
    assert walkthrough.matches(shown, printed) is same


def test_a_page_that_shows_something_else_fails(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "```text title=a.txt\none\n```\n```diff title=a.txt\n-one\n+two\n```\n```console\n$ cat a.txt\none\n$ false\n```\n"
    )
    (tmp_path / "walk").mkdir()
    first, second = walkthrough.problems(page, tmp_path / "walk")
    assert "printed:\ntwo" in first and "ended with 1" in second

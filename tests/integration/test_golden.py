"""The same specification comes to the same rows, from one release to the next.

A change here is a change of what everybody's seeds give: say so in the changelog, then `python tests/integration/test_golden.py`.
"""

import json
from pathlib import Path

import pytest

from healthsim_core.generation.run import generate

HERE = Path(__file__).parent
GOLDEN = HERE / "golden_digests.json"
SPECIFICATIONS = {
    "families": (HERE / "specs/families.json", {}),
    "medicare-diabetic": ("medicare-diabetic", {"count": 60, "products": ["patientsim", "membersim"]}),
    "oswald-family": ("oswald-family", {}),
}


def digests(name, workspace, **more):
    specification, options = SPECIFICATIONS[name]
    result = generate(specification, workspace=workspace, output_formats=["csv"], out=workspace, **options, **more)
    return {table: f"{rows} {digest}" for table, (rows, digest) in result.scenario.digest().items()}


@pytest.mark.parametrize("name", SPECIFICATIONS)
def test_a_specification_comes_to_what_it_came_to(name, tmp_path):
    assert digests(name, tmp_path) == json.loads(GOLDEN.read_text())[name]


def test_the_golden_rows_come_from_two_processes_and_small_spans_too(tmp_path):
    assert digests("families", tmp_path, workers=2, span_size=50) == json.loads(GOLDEN.read_text())["families"]


if __name__ == "__main__":
    import tempfile

    found = {}
    for one in SPECIFICATIONS:
        with tempfile.TemporaryDirectory() as folder:
            found[one] = digests(one, Path(folder))
    GOLDEN.write_text(json.dumps(found, indent=1) + "\n")

"""Six people of a county, as they were read by eye: what their tables hold, in the flat files a reader gets."""

from pathlib import Path

import golden
import pytest

import populationsim

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    home = tmp_path_factory.mktemp("people")
    people = {"count": 6, "products": ["populationsim"], "output_formats": ["csv"], "seed": 42}
    populationsim.generate("county-snapshot", workspace=home, out=home, **people)
    return home / "csv"


@pytest.mark.parametrize("table", ["persons", "residents", "resident_conditions"])
def test_the_people_are_those_who_were_read_by_eye(written, table):
    if table == "resident_conditions":
        pytest.importorskip(
            "patientsim", reason="without it nobody knows billable codes, and the category stands for them"
        )
    golden.same((written / f"{table}.csv").read_text("utf-8"), HERE / "golden" / f"{table}.csv")

"""A second opinion on the golden files: LinuxForHealth's X12 models (needs pydantic below 2, so an environment of its own)."""

from pathlib import Path

import pytest

io = pytest.importorskip("linuxforhealth.x12.io")

GOLDEN = sorted((Path(__file__).parent.parent / "golden").glob("*/*.x12"))


def test_there_is_something_to_judge():
    assert len(GOLDEN) == 4


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_linuxforhealth_reads_the_file_whole(path):
    with io.X12ModelReader(str(path)) as reader:
        models = list(reader.models())
    assert len(models) == path.read_text().count("ST*8")


def test_linuxforhealth_refuses_a_broken_file(tmp_path):
    text = next(path for path in GOLDEN if path.parent.name == "x12_837p").read_text()
    broken = tmp_path / "broken.x12"
    broken.write_text(text.replace("HL*1**20*1", "HL*1**99*1", 1))
    with pytest.raises(Exception, match="20|hierarchical|billing"), io.X12ModelReader(str(broken)) as reader:
        list(reader.models())

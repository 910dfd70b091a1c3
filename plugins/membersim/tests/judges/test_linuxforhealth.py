"""A second opinion on the golden files: LinuxForHealth's X12 models (needs pydantic below 2, so an environment of its own)."""

import re
from pathlib import Path

import pytest

io = pytest.importorskip("linuxforhealth.x12.io")

GOLDEN = sorted((Path(__file__).parent.parent / "golden").glob("*/*.x12"))


def test_there_is_something_to_judge():
    assert len(GOLDEN) == 8


def readable(text):
    """Leave out what its model of the 835 has and its parser cannot read: the payer's contact, which the guide requires."""
    if "\nST*835*" not in text:
        return text
    without = re.sub(r"PER\*BL\*[^~]*~\n", "", text)
    return re.sub(r"SE\*(\d+)\*", lambda found: f"SE*{int(found[1]) - 1}*", without)


def models(path):
    with io.X12ModelReader(str(path)) as reader:
        return list(reader.models())


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_linuxforhealth_reads_the_file_whole(path, tmp_path):
    text = readable(path.read_text())
    copy = tmp_path / path.name
    copy.write_text(text)
    assert len(models(copy)) == len(re.findall("^ST", text, re.MULTILINE))


@pytest.mark.parametrize(
    "name, old, new, complaint",
    [
        ("x12_837p", "HL*1**20*1", "HL*1**99*1", "20|hierarchical|billing"),
        ("x12_837i", "SV2*0120**9000*", "SV2*0120**9001*", "Service Line Total"),
        ("x12_835", "CAS*PR*1*1000~", "CAS*PR*1*999~", "balance"),
    ],
)
def test_linuxforhealth_refuses_a_broken_file(tmp_path, name, old, new, complaint):
    text = readable(next(path for path in GOLDEN if path.parent.name == name).read_text())
    assert old in text
    broken = tmp_path / "broken.x12"
    broken.write_text(text.replace(old, new, 1))
    with pytest.raises(Exception, match=complaint):
        models(broken)

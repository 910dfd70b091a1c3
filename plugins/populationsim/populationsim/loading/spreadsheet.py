"""The first sheet of an .xlsx workbook as CSV: the Census Bureau offers its list of metropolitan areas only so."""

from __future__ import annotations

import csv
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

_NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def write_csv(workbook: Path, target: Path) -> None:
    """Write the cells of the first sheet as text, one line per row."""
    with zipfile.ZipFile(workbook) as archive:
        words = _words(archive)
        sheet = min(name for name in archive.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name))
        with archive.open(sheet) as source, target.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            for _, element in ElementTree.iterparse(source):
                if element.tag == _NAMESPACE + "row":
                    writer.writerow(_row(element, words))
                    element.clear()


def _words(archive: zipfile.ZipFile) -> list[str]:
    """Return the texts that cells refer to by number."""
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    with archive.open("xl/sharedStrings.xml") as source:
        return [_text(item) for item in ElementTree.parse(source).getroot().findall(_NAMESPACE + "si")]


def _text(element: ElementTree.Element) -> str:
    return "".join(one.text or "" for one in element.iter(_NAMESPACE + "t"))


def _row(element: ElementTree.Element, words: list[str]) -> list[str]:
    cells: dict[int, str] = {}
    for cell in element.findall(_NAMESPACE + "c"):
        value = cell.findtext(_NAMESPACE + "v")
        if cell.get("t") == "s" and value is not None:
            content = words[int(value)]
        elif cell.get("t") == "inlineStr":
            content = _text(cell)
        else:
            content = value or ""
        cells[_column(cell.get("r", ""), len(cells))] = content
    return [cells.get(number, "") for number in range(max(cells, default=-1) + 1)]


def _column(reference: str, otherwise: int) -> int:
    letters = re.match(r"[A-Z]+", reference)
    if not letters:
        return otherwise
    number = 0
    for letter in letters[0]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1

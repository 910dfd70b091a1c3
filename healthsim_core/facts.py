"""Read the small tables of facts that packages ship: CSV whose first lines say source, licence and date."""

from __future__ import annotations

import csv
import importlib.resources


def read_csv(package: str, *path: str) -> list[dict[str, str]]:
    """Return the rows of a package's CSV file by column; lines that begin with # are its birth certificate."""
    text = importlib.resources.files(package).joinpath(*path).read_text("utf-8")
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))

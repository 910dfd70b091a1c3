"""Find the templates a package ships: `templates/profiles`, `templates/journeys`, `templates/scenarios`."""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping
from pathlib import Path

from healthsim_core.declarations import Template


def in_package(package: str, aliases: Mapping[str, tuple[str, ...]] | None = None) -> list[Template]:
    """Return the templates of an installed package; a file's name is its template's name."""
    root = Path(str(importlib.resources.files(package))) / "templates"
    found = []
    for kind in ("profile", "journey", "scenario"):
        for path in sorted((root / f"{kind}s").glob("*.json")):
            found.append(Template(kind, path.stem, path, (aliases or {}).get(path.stem, ())))
    return found

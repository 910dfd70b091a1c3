"""Saved profiles and journeys by name in specifications: their content takes the name's place.

So a scenario keeps what was meant, whatever is saved under the name later; a link says which version it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import define, field

from healthsim_core.catalog import Catalog
from healthsim_core.state.shelf import Saved, Shelf


def saved_profile(name: str, catalog: Catalog, workspace: Path) -> Saved | None:
    """Return the saved profile a name stands for; None for a template's name and for others."""
    if any(catalog.template(kind, name) for kind in ("scenario", "profile")):
        return None
    return Shelf(workspace, "profile").find(name)


def journey_content(saved: Saved) -> dict[str, Any]:
    """Return a saved journey as it stands in a specification, with its id."""
    return {"id": saved.name, **saved.specification}


@define
class SavedJourneys:
    """Puts saved journeys where their names stand; `links` are those it met."""

    catalog: Catalog
    workspace: Path
    links: list[dict[str, Any]] = field(factory=list)

    def choice(self, one: object) -> object:
        """Return a chosen journey (a name, {"template": …} or the journey), a saved one with its content."""
        if isinstance(one, Saved):
            return self._met(one)
        if isinstance(one, str):
            saved = self._find(one)
            return one if saved is None else self._met(saved)
        if isinstance(one, Mapping) and isinstance(name := one.get("template"), str):
            saved = self._find(name)
            if saved is not None:
                return {**{key: value for key, value in one.items() if key != "template"}, "journey": self._met(saved)}
        return one

    def content(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a profile's or scenario's data with the saved journeys it names."""
        changed: dict[str, Any] = {}
        for key in ("journey", "journeys"):
            value = data.get(key)
            if isinstance(value, list | tuple):
                changed[key] = [self.choice(one) for one in value]
            elif value is not None:
                changed[key] = self.choice(value)
        if isinstance(data.get("profile"), Mapping):
            changed["profile"] = self.content(data["profile"])
        return {**data, **changed} if changed else data

    def _find(self, name: str) -> Saved | None:
        if self.catalog.template("journey", name) is not None:
            return None
        return Shelf(self.workspace, "journey").find(name)

    def _met(self, saved: Saved) -> dict[str, Any]:
        if saved.link not in self.links:
            self.links.append(saved.link)
        return journey_content(saved)

"""Skills: clinical knowledge as markdown that people, agents and `skill_ref` read.

A skill is a file with front matter (name, version, description, applies_to) and, under `## ` headings, tables whose rows
the engine looks up: `Codes` by severity, `Labs`, `Medications` by line of therapy, `Follow-up` intervals, `Visits`.
"""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Mapping
from pathlib import Path

import yaml
from attrs import field, frozen

from healthsim_core.errors import PluginError


@frozen
class Leaf:
    """One billable code of a skill's table of codes."""

    code: str
    label: str
    severity: str | None
    weight: float


@frozen
class Skill:
    """One skill: what its front matter says, its tables by section (rows as {column: text}), and the whole text."""

    name: str
    version: str
    description: str
    applies_to: tuple[str, ...]
    tables: Mapping[str, tuple[Mapping[str, str], ...]] = field(factory=dict)
    text: str = field(default="", repr=False)

    @property
    def label(self) -> str:
        """Return `name@version`, as it is recorded with what used it."""
        return f"{self.name}@{self.version}"

    def covers(self, code: str) -> bool:
        """Return whether the skill is about a condition category or code."""
        return any(code.startswith(one) or one.startswith(code) for one in self.applies_to)

    def leaves(self, code: str) -> list[Leaf]:
        """Return the billable codes under a category, as the table of codes lists them."""
        return [
            Leaf(row["code"], row.get("label", row["code"]), row.get("severity") or None, float(row.get("weight") or 1))
            for row in self.tables.get("codes", ())
            if row["code"].startswith(code)
        ]

    def rows(self, section: str, wanted: Mapping[str, object]) -> list[Mapping[str, str]]:
        """Return the rows of a section that suit: an empty cell suits everything; columns it lacks are no concern."""
        return [
            row
            for row in self.tables.get(section, ())
            if all(row.get(name, "") in ("", str(value)) for name, value in wanted.items())
        ]

    def matches(self, words: str) -> bool:
        """Return whether every one of some words stands in the skill, in its codes' beginnings or in its text."""
        content = f"{self.name} {self.description} {' '.join(self.applies_to)} {self.text}".casefold()
        return all(word in content for word in words.casefold().split())


def slug(heading: str) -> str:
    """Return a heading as a section's name: lower case, words joined by `_`."""
    return re.sub(r"[^a-z0-9]+", "_", heading.casefold()).strip("_")


def read_skill(content: str, where: str) -> Skill:
    """Return the skill in a markdown text; PluginError says what is wrong with it and where."""
    content = content.removeprefix("\ufeff")
    match = re.match(r"\A---\s*\n(.*?)\n---\s*\n(.*)\Z", content, re.DOTALL)
    if not match:
        raise PluginError(f"skill {where}: it must begin with front matter between lines of ---")
    try:
        # Everything as text: a version 1.10 is not 1.1.
        head = yaml.load(match[1], Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise PluginError(f"skill {where}: front matter: {str(error).splitlines()[0]}") from None
    if not isinstance(head, Mapping):
        raise PluginError(f"skill {where}: front matter must be names and values")
    for name in ("name", "version", "description", "applies_to"):
        if not head.get(name):
            raise PluginError(f"skill {where}: front matter lacks {name}")
    applies_to = head["applies_to"]
    if not isinstance(applies_to, list):
        raise PluginError(f"skill {where}: applies_to must be a list of codes, got {applies_to!r}")
    return Skill(
        str(head["name"]),
        str(head["version"]),
        str(head["description"]),
        tuple(str(code) for code in applies_to),
        _tables(match[2], where),
        match[2].strip(),
    )


def _tables(text: str, where: str) -> dict[str, tuple[Mapping[str, str], ...]]:
    tables: dict[str, tuple[Mapping[str, str], ...]] = {}
    section, columns, fenced = "", None, False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced, columns = not fenced, None
        elif fenced:
            continue
        elif line.startswith("#"):
            section, columns = slug(line.lstrip("#")), None
        elif line.lstrip().startswith("|"):
            inner = line.strip().removeprefix("|")
            inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
            cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", inner)]
            if columns is None:
                columns = [slug(cell) for cell in cells]
                tables.setdefault(section, ())
            elif not set("".join(cells)) <= set("-: "):
                if len(cells) != len(columns):
                    raise PluginError(f"skill {where}: line {number} has {len(cells)} cells for {len(columns)} columns")
                row = dict(zip(columns, cells, strict=True))
                if not re.fullmatch(r"|[0-9]+(\.[0-9]+)?", row.get("weight", "")):
                    raise PluginError(f"skill {where}: line {number}: weight must be a number, got {row['weight']!r}")
                tables[section] = (*tables[section], row)
        elif line.strip():
            columns = None
    return tables


def in_package(package: str) -> list[Skill]:
    """Return the skills an installed package ships in its `skills` folder, by name."""
    root = Path(str(importlib.resources.files(package))) / "skills"
    return [read_skill(path.read_text("utf-8"), path.name) for path in sorted(root.glob("*.md"))]

"""A reference to a skill, as `skill_ref` in a journey is one: resolved when it is used."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from healthsim_core.catalog import Catalog
from healthsim_core.errors import UserError, suggestion
from healthsim_core.generation.views import default_catalog
from healthsim_core.skills import Skill, slug


@frozen
class SkillReference:
    """A skill by name, and by version where only that one will do."""

    skill: str
    version: str | None = None
    catalog: Catalog | None = field(default=None, kw_only=True, repr=False, eq=False)
    """Where the skill is looked for; None: what the installed plugins declare."""

    def resolve(self) -> Skill:
        """Return the skill; UserError where it is not installed, or in another version."""
        catalog = self.catalog or default_catalog()
        found = catalog.get("skill", self.skill)
        if found is None:
            raise UserError(
                f"unknown skill {self.skill!r}{suggestion(self.skill, catalog.all('skill'))}{catalog.blame()}"
            )
        if self.version is not None and str(self.version) != found.version:
            raise UserError(f"skill {self.skill!r} is installed in version {found.version}, not {self.version}")
        return found

    def rows(self, section: str, /, **select: object) -> list[Mapping[str, str]]:
        """Return the rows of a section that suit, e.g. `rows("medications", line=1)`; UserError for an unknown section."""
        found = self.resolve()
        if slug(section) not in found.tables:
            raise UserError(f"skill {found.label} has no section {section!r}{suggestion(section, found.tables)}")
        return found.rows(slug(section), select)

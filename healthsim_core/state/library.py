"""The library: profiles and journeys saved under a name, with versions, and usable wherever a template's name is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from healthsim_core import catalog as catalogs
from healthsim_core import known, reading
from healthsim_core.catalog import Catalog
from healthsim_core.errors import Problems, SpecificationError, UserError, suggestion
from healthsim_core.generation.asking import Loaded
from healthsim_core.generation.resolve_journeys import resolve_journeys
from healthsim_core.generation.resolving import resolve
from healthsim_core.journey_specs import JourneySpecification, journey_choice
from healthsim_core.specs import ProfileSpecification, ScenarioSpecification, kind_of
from healthsim_core.state.history import History
from healthsim_core.state.shelf import Saved, Shelf, ShelfError, name_key
from healthsim_core.state.store import Store, home

KINDS = ("profile", "journey")
SORTS = {"name": lambda one: one.name, "updated": lambda one: one.saved_at}


@frozen
class Checked:
    """A specification that can be used: its name if it has one, its data, and what the check remarks."""

    name: str | None
    data: dict[str, Any]
    notices: tuple[str, ...] = ()


@frozen
class Kept:
    """What a save came to: the version, and whether it is a new one."""

    saved: Saved
    is_new: bool
    notices: tuple[str, ...] = ()


@frozen
class Library:
    """A workspace's saved profiles, or its journeys."""

    kind: str
    catalog: Catalog
    root: Path

    @property
    def shelf(self) -> Shelf:
        """Return the files."""
        return Shelf(self.root, self.kind)

    def check(self, specification: object) -> Checked:
        """Return a specification (path, dict, template's or saved name, object) checked; SpecificationError tells all at once."""
        name, data, kept = self._found(specification)
        kind = kind_of(data)
        if kind != self.kind:
            raise UserError(f"this is a {kind}, not a {self.kind}; {_ADVICE[kind]}")
        notices = self._check_profile(data, name) if kind == "profile" else self._check_journey(data, name)
        return Checked(name if kept else data.get("id") or name, data, tuple(notices))

    def save(self, specification: object, name: str | None = None) -> Kept:
        """Save a specification under a name, by default its id or its file's; what changes nothing makes no version."""
        checked = self.check(specification)
        wanted = name or checked.name
        if not wanted:
            raise UserError(f"name: say under which name to save the {self.kind}, or give it an id")
        self._check_name(wanted)
        saved, is_new = self.shelf.put(wanted, checked.data)
        return Kept(saved, is_new, checked.notices)

    def load(self, name: str, version: int | None = None) -> Saved:
        """Return a saved version, by default the latest; `name@2` is version 2. UserError where there is none."""
        if version is None and (found := self.shelf.find(name)) is not None:
            return found
        return self.shelf.get(name.partition("@")[0], version)

    def listed(
        self, text: str | None = None, sort: str = "name", limit: int | None = None
    ) -> tuple[list[Saved], list[str]]:
        """Return the latest versions whose name contains a text, sorted by name or updated, and what cannot be read."""
        if sort not in SORTS:
            raise UserError(f"sort: unknown order {sort!r}{suggestion(sort, SORTS)}")
        found, unreadable = [], []
        for name in self.shelf.names():
            if text and name_key(text) not in name:
                continue
            try:
                found.append(self.shelf.get(name))
            except ShelfError as error:
                unreadable.append(str(error))
        found.sort(key=SORTS[sort], reverse=sort == "updated")
        return found[:limit], unreadable

    def search(self, words: str) -> list[Saved]:
        """Return the latest versions in whose name, title or description every word stands."""

        def matches(one: Saved) -> bool:
            content = f"{one.name} {one.title} {one.description}".casefold()
            return all(word in content for word in words.casefold().split())

        return [one for one in self.listed()[0] if matches(one)]

    def delete(self, name: str, version: int | None = None, confirm: bool = False) -> list[int]:
        """Delete a version, or all of a name, and return their numbers; UserError without `confirm`."""
        if version is None and "@" in name:
            saved = self.load(name)
            name, version = saved.name, saved.version
        shown = self.shelf.versions(name_key(name))
        if not confirm and shown:
            what = f"version {version}" if version else f"{len(shown)} version{'s' * (len(shown) > 1)}"
            raise UserError(f"this deletes {what} of {self.kind} {name!r} for good; confirm to do it")
        return self.shelf.remove(name, version)

    def scenarios(self, name: str) -> list[dict[str, Any]]:
        """Return the scenarios made from a saved specification, the newest first; `current`: from its latest version."""
        latest = self.load(name)
        found = History.of(Store(self.root)).using(self.kind, latest.name)
        return [{**one, "current": one["fingerprint"] == latest.fingerprint} for one in found]

    def hidden(self, name: str) -> bool:
        """Return whether a template of that name, installed later, is what generate takes."""
        return self._template(name) is not None

    def _found(self, specification: object) -> tuple[str | None, dict[str, Any], bool]:
        """Return a name for a specification, if it has one but its id, its data, and whether it is a saved one."""
        if isinstance(specification, Saved):
            return specification.name, dict(specification.specification), True
        if isinstance(specification, ProfileSpecification | JourneySpecification | ScenarioSpecification):
            specification = specification.to_dict()
        if isinstance(specification, Mapping):
            return None, reading.plain(specification), False
        text = str(specification)
        path = Path(text)
        if path.suffix.lower() in (".json", ".yaml", ".yml") or path.is_file():
            return path.stem, _object(reading.parse_file(path)), False
        template = self._template(text)
        if template is not None:
            return template.name, _object(reading.parse_file(template.path)), False
        saved = self.shelf.find(text)
        if saved is not None:
            return saved.name, dict(saved.specification), True
        lacking = known.absent(self.kind, text, set(self.catalog.fingerprint()))
        options = [*self.catalog.template_names(self.kind), *self.shelf.names()]
        raise UserError(
            (lacking or f"no {self.kind} template, saved {self.kind} or file {text!r}{suggestion(text, options)}")
            + self.catalog.blame()
        )

    def _template(self, name: str):
        kinds = ("scenario", "profile") if self.kind == "profile" else ("journey",)
        return next((one for kind in kinds if (one := self.catalog.template(kind, name)) is not None), None)

    def _check_name(self, name: str) -> None:
        better = "-".join("".join(one if one.isascii() and one.isalnum() else " " for one in name.lower()).split())
        if name != better[:80]:
            hint = f"; perhaps {better[:80]!r}" if better else ""
            raise UserError(f"name: expected lower-case letters, digits and hyphens, got {name!r}{hint}")
        if self._template(name) is not None:
            raise UserError(f"name: {name!r} is a template's name; choose another")
        kinds = ("scenario", "profile") if self.kind == "profile" else ("journey",)
        package = next((one for kind in kinds if (one := known.package_of(kind, name))), None)
        if package:
            raise UserError(f"name: {name!r} is the name of a template of {package}; choose another")

    def _check_profile(self, data: dict[str, Any], name: str | None) -> tuple[str, ...]:
        return resolve(Loaded("profile", data, name or ""), self.catalog, self.root).notices

    def _check_journey(self, data: dict[str, Any], name: str | None) -> list[str]:
        problems, notices = Problems(), []
        choice = journey_choice({"id": name, **data} if name else data, "journey", problems)
        products = tuple(self.catalog.all("product"))
        if not problems.found:
            layers = [([(choice, "journey")], products)]
            resolve_journeys(layers, None, self.catalog, problems, with_people=False, notices=notices)
        problems.raise_if_any()
        return notices


_ADVICE = {
    "scenario": "save its profile and its journeys one by one",
    "journey": "use `healthsim journey` or save_journey",
    "profile": "a journey has events, a schedule or phases",
}


def _object(data: object) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        problems = Problems()
        problems.add("", f"a specification is an object, got {data!r}")
        raise SpecificationError(problems.found)
    return reading.plain(data)


def library(kind: str, catalog: Catalog | None = None, workspace: Path | None = None) -> Library:
    """Return the profiles or journeys saved in a workspace, by default the user's own."""
    if kind not in KINDS:
        raise UserError(f"unknown kind {kind!r}{suggestion(kind, KINDS)}")
    return Library(kind, catalog or catalogs.build(), Path(workspace or home()))


# What follows takes `catalog` and `workspace` as `library` does.


def save_profile(profile: object, name: str | None = None, **where: Any) -> Saved:
    """Save a profile (path, dict, template's name, specification); return its version, the latest if nothing changed."""
    return library("profile", **where).save(profile, name).saved


def save_journey(journey: object, name: str | None = None, **where: Any) -> Saved:
    """Save a journey (path, dict, template's name, specification); return its version, the latest if nothing changed."""
    return library("journey", **where).save(journey, name).saved


def load_profile(name: str, version: int | None = None, **where: Any) -> Saved:
    """Return a saved profile, which generate takes as it is; by default its latest version."""
    return library("profile", **where).load(name, version)


def load_journey(name: str, version: int | None = None, **where: Any) -> Saved:
    """Return a saved journey, which generate takes as it is; by default its latest version."""
    return library("journey", **where).load(name, version)


def list_profiles(text: str | None = None, sort: str = "name", limit: int | None = None, **where: Any) -> list[Saved]:
    """Return the saved profiles whose name contains a text, each in its latest version, by `name` or `updated`."""
    return library("profile", **where).listed(text, sort, limit)[0]


def list_journeys(text: str | None = None, sort: str = "name", limit: int | None = None, **where: Any) -> list[Saved]:
    """Return the saved journeys whose name contains a text, each in its latest version, by `name` or `updated`."""
    return library("journey", **where).listed(text, sort, limit)[0]


def search_profiles(words: str, **where: Any) -> list[Saved]:
    """Return the saved profiles in whose name, title or description every word stands."""
    return library("profile", **where).search(words)


def search_journeys(words: str, **where: Any) -> list[Saved]:
    """Return the saved journeys in whose name, title or description every word stands."""
    return library("journey", **where).search(words)


def delete_profile(name: str, version: int | None = None, confirm: bool = False, **where: Any) -> list[int]:
    """Delete a version of a saved profile, or all, and return their numbers; UserError without `confirm`."""
    return library("profile", **where).delete(name, version, confirm)


def delete_journey(name: str, version: int | None = None, confirm: bool = False, **where: Any) -> list[int]:
    """Delete a version of a saved journey, or all, and return their numbers; UserError without `confirm`."""
    return library("journey", **where).delete(name, version, confirm)


def validate_profile(profile: object, **where: Any) -> tuple[str, ...]:
    """Return what the check of a profile remarks; SpecificationError holds everything that is wrong with it."""
    return library("profile", **where).check(profile).notices


def validate_journey(journey: object, **where: Any) -> tuple[str, ...]:
    """Return what the check of a journey remarks; SpecificationError holds everything that is wrong with it."""
    return library("journey", **where).check(journey).notices

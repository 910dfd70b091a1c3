"""What is asked for: a specification as it was found, and what the caller asks for besides."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from healthsim_core import known, reading
from healthsim_core.catalog import Catalog
from healthsim_core.errors import Problems, SpecificationError, UserError
from healthsim_core.generation.saved_names import saved_profile
from healthsim_core.journey_specs import JourneySpecification
from healthsim_core.specs import ProfileSpecification, ScenarioSpecification, kind_of
from healthsim_core.state.shelf import Saved, Shelf


@frozen
class Layer:
    """Journeys added to people already saved, and the products that take part from then on besides the earlier ones."""

    journeys: tuple[object, ...]
    products: tuple[str, ...] = ()


@frozen
class Asked:
    """What the caller asks for besides the specification; each replaces what the file says, `layers` add to it."""

    count: int | None = None
    seed: int | None = None
    as_of: datetime.date | None = None
    products: tuple[str, ...] = ()
    journeys: tuple[object, ...] = ()
    formats: tuple[str, ...] = ()
    county: str | None = None
    validation: str | None = None
    layers: tuple[Layer, ...] = ()

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Asked:
        """Return what `to_plain` gave."""
        asked = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
        asked["as_of"] = datetime.date.fromisoformat(data["as_of"])
        asked["layers"] = tuple(Layer(tuple(one["journeys"]), tuple(one["products"])) for one in data.get("layers", ()))
        return cls(**asked)

    def to_plain(self) -> dict[str, Any]:
        """Return this as plain data, leaving out what was not asked for."""
        plain = {
            "count": self.count,
            "seed": self.seed,
            "as_of": self.as_of and self.as_of.isoformat(),
            "county": self.county,
            "validation": self.validation,
            "products": list(self.products),
            "journeys": list(self.journeys),
            "formats": list(self.formats),
            "layers": [{"journeys": list(one.journeys), "products": list(one.products)} for one in self.layers],
        }
        return {name: value for name, value in plain.items() if value not in (None, [])}


@frozen
class Loaded:
    """A specification as it was found: its kind, its data and a name for it."""

    kind: str
    data: Mapping[str, Any]
    name: str
    origin: str = field(default="")
    links: tuple[Mapping[str, Any], ...] = ()
    """The saved versions it is or names: kind, name, version and fingerprint."""

    @classmethod
    def of_saved(cls, saved: Saved) -> Loaded:
        """Return a version of a saved specification."""
        return cls(
            saved.kind, saved.specification, saved.name, f"saved {saved.kind} {saved.label}", links=(saved.link,)
        )


def load(specification: object, catalog: Catalog, workspace: Path) -> Loaded:
    """Return the specification behind a template's or a saved name, a path, a dict or a specification object."""
    if isinstance(specification, Loaded):
        return specification
    if isinstance(specification, Saved):
        return Loaded.of_saved(specification)
    if isinstance(specification, ProfileSpecification | ScenarioSpecification | JourneySpecification):
        specification = specification.to_dict()
    if isinstance(specification, Mapping):
        specification = reading.plain(specification)
        return Loaded(kind_of(specification), specification, "", "")
    text = str(specification)
    path = Path(text)
    if path.suffix.lower() in (".json", ".yaml", ".yml") or path.is_file():
        data = reading.plain(reading.parse_file(path))
        return Loaded(kind_of(data), data, path.stem, str(path))
    for kind in ("scenario", "profile"):
        template = catalog.template(kind, text)
        if template is not None:
            return Loaded(
                kind,
                reading.plain(reading.parse_file(template.path)),
                template.name,
                f"{kind} template {template.name}",
            )
    saved = saved_profile(text, catalog, workspace)
    if saved is not None:
        return Loaded.of_saved(saved)
    for kind in ("scenario", "profile"):
        lacking = known.absent(kind, text, set(catalog.fingerprint()))
        if lacking:
            raise UserError(lacking + catalog.blame())
    problems = Problems()
    templates = [*catalog.template_names("scenario"), *catalog.template_names("profile")]
    problems.unknown("", "template or file", text, [*templates, *Shelf(workspace, "profile").names()])
    raise SpecificationError(problems.found)

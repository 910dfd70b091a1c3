"""Resolve a specification against the catalog: one plan, or every problem at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import evolve

from healthsim_core import known, reading
from healthsim_core.catalog import Catalog
from healthsim_core.declarations import OutputFormat
from healthsim_core.errors import Problems, UserError
from healthsim_core.generation.asking import Asked, Layer, Loaded, load
from healthsim_core.generation.assembling import assemble
from healthsim_core.generation.plan import Plan
from healthsim_core.generation.resolve_attributes import bound_to_possible
from healthsim_core.generation.resolve_journeys import resolve_journeys
from healthsim_core.generation.resolve_profile import resolve_profile
from healthsim_core.generation.saved_names import SavedJourneys
from healthsim_core.journey_specs import JourneyChoice, journey_choice, read
from healthsim_core.specs import (
    ProfileSpecification,
    ScenarioSpecification,
)


def resolve(specification: object, catalog: Catalog, workspace: Path, asked: Asked | None = None) -> Plan:
    """Return the plan of a specification; SpecificationError holds everything that is wrong with it."""
    asked = asked or Asked()
    loaded = load(specification, catalog, workspace)
    problems = Problems()
    if loaded.kind == "journey":
        raise UserError(
            "this file is a journey: it says what happens, not to whom; pass it with --journey beside a profile"
        )
    saved = SavedJourneys(catalog, workspace, list(loaded.links))
    loaded = evolve(loaded, data=saved.content(loaded.data))
    profile, choices, outputs, title = _parts(loaded, problems)
    if profile is None:
        problems.raise_if_any()
    if not loaded.data.get("profile", loaded.data).get("id") and loaded.name:
        profile = evolve(profile, id=loaded.name)
    profile = _with_asked(profile, asked)
    if asked.validation is not None:
        reading.one_of("strict", "warn", "none")(asked.validation, "validation", problems)
    if asked.count is not None:
        reading.whole(1, 100_000_000)(asked.count, "count", problems)
    asked = evolve(
        asked,
        journeys=tuple(_journey_data(one, saved) for one in asked.journeys),
        layers=tuple(
            evolve(layer, journeys=tuple(_journey_data(one, saved) for one in layer.journeys)) for layer in asked.layers
        ),
    )
    loaded = evolve(loaded, links=tuple(saved.links))
    if asked.journeys:
        choices = _choices(asked.journeys, problems)
    notices: list[str] = []
    products = _products(profile, asked, catalog, problems, notices)
    asked = evolve(asked, products=products)
    layers = [(choices, products)]
    for layer in asked.layers:
        products = _with_supporting([*products, *_installed(layer.products, "product", catalog, problems)], catalog)
        layers.append((_choices(layer.journeys, problems), products))
    it = resolve_profile(profile, catalog, problems, workspace, products)
    journeys = resolve_journeys(layers, it, catalog, problems, notices=notices)
    bound_to_possible(it)
    formats = _formats(asked.formats or outputs, bool(asked.formats), catalog, problems, notices)
    problems.raise_if_any()
    name = profile.id if profile.id != "profile" else title or "scenario"
    return assemble(name, profile, it, journeys, products, formats, [*notices, *it.notices], catalog, loaded, asked)


def _parts(loaded: Loaded, problems: Problems):
    if loaded.kind == "scenario":
        scenario = read(ScenarioSpecification, loaded.data, problems)
        if scenario is None or scenario.profile is None:
            return None, [], (), ""
        choices = [(one, f"journeys[{number}]") for number, one in enumerate(scenario.journeys) if one is not None]
        profile = scenario.profile
        if profile.members and "count" not in (loaded.data["profile"].get("generation") or {}):
            profile = evolve(profile, generation=evolve(profile.generation, count=1))
        return (
            profile,
            choices + _profile_journeys(profile),
            tuple(filter(None, (*scenario.outputs, *profile.outputs))),
            scenario.scenario,
        )
    profile = read(ProfileSpecification, loaded.data, problems)
    if profile is None:
        return None, [], (), ""
    if profile.members and "count" not in (loaded.data.get("generation") or {}):
        profile = evolve(profile, generation=evolve(profile.generation, count=1))
    return profile, _profile_journeys(profile), tuple(filter(None, profile.outputs)), profile.name or ""


def _profile_journeys(profile: ProfileSpecification) -> list[tuple[JourneyChoice, str]]:
    found = [
        (one, "profile.journey" if len(profile.journey) == 1 else f"profile.journey[{number}]")
        for number, one in enumerate(profile.journey)
    ]
    found += [(one, f"profile.journeys[{number}]") for number, one in enumerate(profile.journeys)]
    return [one for one in found if one[0] is not None]


def _choices(journeys: tuple[object, ...], problems: Problems) -> list[tuple[JourneyChoice, str]]:
    found = [(journey_choice(one, "journey", problems), "journey") for one in journeys]
    return [one for one in found if one[0] is not None]


def _journey_data(one: object, saved: SavedJourneys) -> object:
    """Return a journey given on the command line or in Python as plain data: a template's name, or its content."""
    one = saved.choice(str(one) if isinstance(one, Path) else one)
    if isinstance(one, str) and Path(one).suffix.lower() in (".json", ".yaml", ".yml"):
        return reading.plain(reading.parse_file(Path(one)))
    return reading.plain(one, "journey")


def _with_asked(profile: ProfileSpecification, asked: Asked) -> ProfileSpecification:
    changes = {
        name: value for name in ("count", "seed", "as_of", "validation") if (value := getattr(asked, name)) is not None
    }
    profile = evolve(profile, generation=evolve(profile.generation, **changes))
    if asked.county:
        profile = evolve(profile, source="populationsim", reference={"type": "county", "fips": asked.county})
    return profile


def _products(
    profile: ProfileSpecification, asked: Asked, catalog: Catalog, problems: Problems, notices: list[str]
) -> tuple[str, ...]:
    if asked.products:
        chosen = _installed(asked.products, "product", catalog, problems)
    elif profile.generation.products:
        chosen = _installed(profile.generation.products, "profile.generation.products", catalog, problems, notices)
    else:
        chosen = list(catalog.all("product"))
    return _with_supporting(chosen, catalog)


def _with_supporting(chosen: list[str], catalog: Catalog) -> tuple[str, ...]:
    """Return products with those that support them, sorted."""
    installed = catalog.all("product")
    support = [other for name in chosen for other in installed[name].supports if other in installed]
    return tuple(sorted({*chosen, *support}))


def _installed(
    names: tuple[str | None, ...], path: str, catalog: Catalog, problems: Problems, notices: list[str] | None = None
) -> list[str]:
    """Return the products that are installed.

    The others are problems; with `notices`, as for the list in a file, those of ours that are merely absent are notices.
    """
    installed = catalog.all("product")
    for number, name in enumerate(names):
        if name is None or name in installed:
            continue
        at = path if notices is None else f"{path}[{number}]"
        lacking = known.absent("product", name, set(catalog.fingerprint()))
        if lacking is None:
            problems.unknown(at, "product", name, [*installed, *known.names("product")])
        elif notices is None or catalog.failed():
            problems.add(at, lacking + catalog.blame())
        else:
            notices.append(f"{at}: skipped: {lacking}")
    return [name for name in names if name in installed]


def _formats(
    wanted, strictly: bool, catalog: Catalog, problems: Problems, notices: list[str]
) -> tuple[OutputFormat, ...]:
    found: list[OutputFormat] = []
    for name in wanted:
        formats = catalog.formats(name)
        found += [one for one in formats if one not in found]
        narrower = [
            one
            for one in known.names("format")
            if one.startswith(name) and one != name and known.package_of("format", one)
        ]
        if formats and formats[0].name != name:
            missing = [one for one in narrower if not catalog.formats(one)]
            notices += [
                f"outputs: {name} means {one} too: skipped: {known.absent('format', one, set(catalog.fingerprint()))}"
                for one in missing
            ]
        if formats:
            continue
        lacking = known.absent("format", name, set(catalog.fingerprint()))
        options = [
            *catalog.all("output format"),
            *(alias for one in catalog.all("output format").values() for alias in one.aliases),
        ]
        if lacking is None:
            problems.unknown("format" if strictly else "outputs", "format", name, [*options, *known.names("format")])
        elif strictly:
            problems.add("format", lacking + catalog.blame())
        else:
            notices.append(f"outputs: skipped: {lacking}{catalog.blame()}")
    return tuple(found)


def remake(specification: Mapping[str, Any], catalog: Catalog, workspace: Path, *more: Layer, **changes: Any) -> Plan:
    """Return the plan of what a plan or a scenario keeps as its `specification`, with `more` layers of journeys.

    `changes` replace what was asked for then (`formats`, `validation` …); None leaves it.
    """
    if specification.get("kind") in ("merged", "imported", "cloned"):
        raise UserError(f"it is made of {specification['origin']}, not generated, so its people cannot be made again")
    try:
        loaded = Loaded(
            *(specification[name] for name in ("kind", "data", "name", "origin")), tuple(specification.get("saved", ()))
        )
        asked = Asked.from_plain(specification["asked"])
    except (KeyError, TypeError):
        raise UserError(
            "the scenario does not say how it was made: an earlier version wrote it, or not HealthSim"
        ) from None
    lacking = [name for name in asked.products if name not in catalog.all("product")]
    if lacking:
        raise UserError(f"it was made with products that are not installed: {', '.join(lacking)}{catalog.blame()}")
    changes = {name: value for name, value in changes.items() if value is not None}
    asked = evolve(asked, layers=(*asked.layers, *more), **changes)
    return resolve(loaded, catalog, workspace, asked)

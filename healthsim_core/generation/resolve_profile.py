"""Resolve a profile: every attribute to a distribution, every condition to billable codes, the reference to a place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from healthsim_core import known
from healthsim_core.catalog import Catalog
from healthsim_core.declarations import ConditionCode
from healthsim_core.errors import Problems
from healthsim_core.generation.resolution import ProfileResolution
from healthsim_core.generation.resolve_attributes import resolve_attributes
from healthsim_core.generation.resolve_conditions import resolve_conditions
from healthsim_core.generation.resolve_limits import settle_conditions
from healthsim_core.generation.resolve_members import resolve_household, resolve_members
from healthsim_core.generation.resolve_network import resolve_network
from healthsim_core.specs import ProfileSpecification


def resolve_profile(
    specification: ProfileSpecification, catalog: Catalog, problems: Problems, workspace: Path, active: tuple[str, ...]
) -> ProfileResolution:
    """Return the resolution of a profile; what is wrong is said in `problems`."""
    resolution = ProfileResolution(specification, catalog, problems, workspace, active)
    resolution.codes = _codes(catalog, active)
    resolution.skills = catalog.all("skill")
    _resolve_reference(resolution)
    resolve_attributes(resolution)
    resolve_conditions(resolution)
    resolve_members(resolution)
    resolve_household(resolution)
    settle_conditions(resolution)
    resolve_network(resolution)
    return resolution


def _codes(catalog: Catalog, active: tuple[str, ...]) -> tuple[ConditionCode, ...]:
    """Return the codes of core and the products that take part, and of strangers those of categories they lack."""
    sets = catalog.all("code set")
    ours = {name for name in sets if catalog.owner("code set", name) in ("core", *active)}
    found = [code for name in sets if name in ours for code in sets[name].codes()]
    known_already = {code.category for code in found}
    others = [code for name in sets if name not in ours for code in sets[name].codes()]
    return (*found, *(code for code in others if code.category not in known_already))


def _resolve_reference(it: ProfileResolution) -> None:
    demographics = it.specification.demographics
    short = it.specification.reference is not None or it.specification.source is not None
    prefix = "profile" if short else "profile.demographics"
    request = it.specification.reference if short else demographics.get("reference")
    source = it.specification.source if short else demographics.get("source")
    if request is None and source is None:
        return
    references = {name: one for name, one in it.catalog.all("reference").items() if one.resolve}
    if source is None:
        kind = request.get("type") if isinstance(request, Mapping) else None
        able = [name for name, one in references.items() if kind in one.kinds]
        if len(able) > 1:
            it.problems.add(f"{prefix}.reference", f'{" and ".join(able)} both know a {kind}; say which with "source"')
            return
        source = able[0] if able else "populationsim"
    if source not in references:
        lacking = known.absent("product", source, set(it.catalog.fingerprint()))
        if lacking:
            it.problems.add(f"{prefix}.source", lacking + it.catalog.blame())
        else:
            it.problems.unknown(f"{prefix}.source", "reference", source, references)
        return
    if not isinstance(request, Mapping):
        it.problems.add(f"{prefix}.reference", 'expected an object such as {"type": "county", "fips": "48201"}')
        return
    try:
        it.reference = references[source].resolve(request, it.workspace)
    except ValueError as error:
        it.problems.add(f"{prefix}.reference", str(error))
        return
    it.places, it.referee = it.reference.places, it.catalog.owner("reference", source)

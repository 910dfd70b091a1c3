"""Resolve a profile's network: how people find their doctors, and whose directory they find them in."""

from __future__ import annotations

from collections.abc import Mapping

from healthsim_core.builtins import DEFAULT_PLACES
from healthsim_core.generation.resolution import ProfileResolution

KEYS = {"primary_care_provider": ("specialty", "assignment"), "source": (), "directory": ("full", "short")}


def resolve_network(it: ProfileResolution) -> None:
    """Check the keys of `network`, and look up the directory that `network.source` names."""
    for key, value in it.specification.network.items():
        path = f"profile.network.{key}"
        if key not in KEYS:
            it.problems.unknown(path, "key", key, KEYS)
        elif key == "source":
            _resolve_source(it, path, value)
        elif key == "directory":
            if value not in KEYS[key]:
                it.problems.unknown(path, "directory", value, KEYS[key])
        elif not isinstance(value, Mapping):
            it.problems.add(path, f"expected an object, got {value!r}")
        else:
            for name in sorted(set(value) - set(KEYS[key])):
                it.problems.unknown(f"{path}.{name}", "key", name, KEYS[key])
    for one in it.catalog.all("derivation").values():
        if one.check and one.product in it.active:
            one.check(it.specification.network, it.problems)


def _resolve_source(it: ProfileResolution, path: str, source: object) -> None:
    able = {name: one for name, one in it.catalog.all("reference").items() if "directory" in one.kinds}
    if source not in able:
        it.problems.unknown(path, "source", source, able)
        return
    counties = sorted({place.county_fips for place in it.places or DEFAULT_PLACES()})
    try:
        it.directory = able[source].resolve({"type": "directory", "counties": counties}, it.workspace)
    except ValueError as error:
        it.problems.add(path, str(error))

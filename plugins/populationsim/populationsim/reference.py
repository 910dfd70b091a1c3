"""The reference `populationsim`: what core asks when a profile names a county or a state."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.resources
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from healthsim_core.declarations import ReferenceProfile
from populationsim import facts
from populationsim.loading import fingerprint, open_reference
from populationsim.resolving import DATABASE, ReferenceProfileResolver, read_reference
from populationsim.shaping import attributes, conditions
from populationsim.zips import county_places, state_places


def resolve(request: Mapping[str, Any], workspace: Path) -> ReferenceProfile:
    """Return the reference profile of a county or state; ValueError says what is wrong with the request."""
    kind, place = read_reference(request)
    fips = facts.find_county(place).fips if kind == "county" else facts.find_state(place).fips
    database = Path(workspace) / DATABASE
    stamp = database.stat() if database.is_file() else None
    return _resolve(kind, fips, database, (stamp.st_mtime_ns, stamp.st_size) if stamp else None)


@functools.lru_cache(maxsize=64)
def _resolve(kind: str, fips: str, database: Path, stamp: tuple[int, int] | None) -> ReferenceProfile:
    resolver = _resolver(database, stamp)
    profile = resolver.resolve_county(fips) if kind == "county" else resolver.resolve_state(fips)
    known = profile.to_dict()
    places = county_places(fips) if kind == "county" else state_places(profile.state)
    if not places:
        places = state_places(profile.state)
        known["notes"].append(f"ZIP codes: {facts.states()[profile.state].name}, for no ZIP lies in {profile.label}")
    return ReferenceProfile(
        label=profile.label,
        attributes=attributes(profile),
        conditions=conditions(profile),
        places=places,
        facts=known,
        source=f"{profile.source}: {profile.vintage}",
        fingerprint=_fingerprint(database, stamp),
    )


@functools.lru_cache(maxsize=2)
def _resolver(database: Path, stamp: tuple[int, int] | None) -> ReferenceProfileResolver:
    return ReferenceProfileResolver(database=database)


@functools.lru_cache(maxsize=2)
def _fingerprint(database: Path, stamp: tuple[int, int] | None) -> str:
    """Return a digest of everything that a resolution rests on: the database, the package's facts, the ZIP codes."""
    digest = hashlib.sha256(importlib.metadata.version("zipcodes").encode())
    folder = importlib.resources.files("populationsim").joinpath("data")
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if file.name.endswith((".csv", ".json")):
            digest.update(file.name.encode() + file.read_bytes())
    if stamp is not None:
        with open_reference(database) as conn:
            digest.update(fingerprint(conn).encode())
    return digest.hexdigest()[:16]

"""From a place's name to its figures, and from figures to a profile specification."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from healthsim_core.errors import UserError, suggestion
from populationsim import facts
from populationsim.figures import BuiltInFigures, Figures, LoadedFigures, Source, blend, crosswalk, retired_counties
from populationsim.profile import RANKS, SHARES, DemographicProfile

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DATABASE = "reference.duckdb"
KINDS = ("county", "state")


def workspace() -> Path:
    """Return the folder that holds scenarios and reference data: $HEALTHSIM_HOME, or the user's data folder."""
    from healthsim_core.state.store import home

    return Path(home())


class ReferenceProfileResolver:
    """Answers what the figures say of a place.

    `conn` is a DuckDB connection with reference data; without one the workspace's reference database serves. What
    neither has comes from the figures that are built in, and of a wider area where a county's own are missing.
    """

    def __init__(self, conn: DuckDBPyConnection | None = None, *, database: Path | None = None):
        if conn is None:
            conn = _workspace_data(database or workspace() / DATABASE)
        self._sources: tuple[Source, ...] = (*((LoadedFigures(conn),) if conn is not None else ()), BuiltInFigures())

    def resolve_county(self, place: str | int) -> DemographicProfile:
        """Return the profile of a county by FIPS or name (`Harris County, TX`); UnknownPlace for none."""
        county = facts.find_county(place)
        state = facts.states()[county.state]
        notes: list[str] = []
        social = _filled(self._social_of(county, state, notes), (*SHARES[:2], *SHARES[3:], *RANKS), notes)
        health = _filled(self._health_of(county, state, notes), None, notes)
        female = county.pct_female if county.pct_female is not None else _pct_female(county.state)
        own = next((s for s in self._sources if s.county_social(county.fips) or s.county_health(county.fips)), None)
        if own is None and not crosswalk(county.fips):
            notes.append(f"{county.label} is not among the built-in counties; `healthsim init` loads all of them")
        population = next(
            (int(p) for s in self._sources if (p := s.county_social(county.fips).get("population"))), county.population
        )
        return self._profile(
            "county", county.fips, county.name, county.state, population, female, social, health, own, notes
        )

    def resolve_state(self, place: str | int) -> DemographicProfile:
        """Return the profile of a state by FIPS, abbreviation or name; its counties' figures weighted by population."""
        state = facts.find_state(place)
        notes = ["rpl_themes and rpl_theme1 to 4: mean of the counties' ranks, weighted by population"]
        social = _filled(self._areas("social", state), (*SHARES[:2], *SHARES[3:], *RANKS), notes)
        health = _filled(self._areas("health", state), None, notes)
        own = next((s for s in self._sources if s.area_social(state.abbreviation)), None)
        population = int(next(s.area_social(state.abbreviation)["population"] for s in self._sources if s is own))
        female = _pct_female(state.abbreviation)
        return self._profile(
            "state", state.fips, state.name, state.abbreviation, population, female, social, health, own, notes
        )

    def resolve_geography(
        self, reference: Mapping[str, Any] | str, code: str | int | None = None
    ) -> DemographicProfile:
        """Return the profile of what a `reference` names: {"type": "county", "fips": "48201"}, or kind and code."""
        kind, place = read_reference(reference, code)
        return self.resolve_county(place) if kind == "county" else self.resolve_state(place)

    def to_profile_spec(self, profile: DemographicProfile) -> dict[str, Any]:
        """Return a profile specification with the place's age, gender, race and ethnicity.

        Diabetes, hypertension and obesity come with the `reference` in it, which generation resolves by age.
        """
        from populationsim.shaping import attributes

        return {
            "id": re.sub(r"[^a-z0-9]+", "-", facts.fold(profile.label)).strip("-"),
            "name": profile.label,
            "version": "1.0",
            "description": f"Residents of {profile.label}: {profile.vintage}.",
            "demographics": {
                "source": "populationsim",
                "reference": {"type": profile.geography_type, "fips": profile.fips},
                **attributes(profile),
            },
        }

    def _profile(self, kind, fips, name, state, population, female, social, health, own, notes) -> DemographicProfile:
        source = own or self._sources[-1]
        return DemographicProfile(
            geography_type=kind,
            fips=fips,
            name=name,
            state=state,
            population=population,
            pct_female=female,
            **social,
            measures=dict(sorted(health.items())),
            source=f"CDC PLACES, CDC/ATSDR SVI ({source.title})",
            vintage=source.vintage(),
            notes=tuple(notes),
        )

    def _social_of(self, county: facts.County, state: facts.State, notes: list[str]) -> Iterator[tuple[str, Figures]]:
        for source in self._sources:
            yield "", source.county_social(county.fips)
            yield from _shared(source.county_social, county.fips, "social figures", notes)
        yield from self._areas("social", state, state.name)

    def _health_of(self, county: facts.County, state: facts.State, notes: list[str]) -> Iterator[tuple[str, Figures]]:
        for source in self._sources:
            yield "", source.county_health(county.fips)
            yield from _shared(source.county_health, county.fips, "health measures", notes)
        yield from self._areas("health", state, state.name)

    def _areas(self, part: str, state: facts.State, label: str = "") -> Iterator[tuple[str, Figures]]:
        """Yield the figures of the state (said as `label`, unsaid where it is the place itself) and of the nation."""
        for place, name in ((state.abbreviation, label), (None, "the United States")):
            for source in self._sources:
                yield name, getattr(source, f"area_{part}")(place)


def _shared(figures, fips: str, what: str, notes: list[str]) -> Iterator[tuple[str, Figures]]:
    """Yield the figures of the Connecticut regions or counties that share the people of this county or region."""
    weights = crosswalk(fips)
    blended = blend({other: figures(other) for other in weights}, weights)
    if blended and not figures(fips):
        of = "planning regions" if fips in retired_counties() else "former counties"
        notes.append(f"{what}: those of the {of} {', '.join(sorted(weights))}, weighted by the people they share")
        yield "", blended


def _filled(
    candidates: Iterator[tuple[str, Figures]], wanted: tuple[str, ...] | None, notes: list[str]
) -> dict[str, float]:
    """Return each wanted figure (None: all there are) from the first that has it, noting what is borrowed."""
    found: dict[str, float] = {}
    borrowed: dict[str, list[str]] = {}
    for origin, figures in candidates:
        if wanted is not None and len(found) == len(wanted):
            break
        for name in figures if wanted is None else wanted:
            if name in figures and name not in found:
                found[name] = figures[name]
                if origin:
                    borrowed.setdefault(origin, []).append(name)
    for origin, names in borrowed.items():
        what = "health measures" if names[0].isupper() else "social figures"
        listed = ", ".join(sorted(names)) if len(names) <= 6 else f"{len(names)} {what}"
        notes.append(f"{listed}: those of {origin}")
    return found


def _pct_female(state: str) -> float:
    mine = [
        one
        for one in facts.counties().values()
        if one.state == state and one.fips not in retired_counties() and one.pct_female is not None
    ]
    return round(sum(one.pct_female * one.population for one in mine) / sum(one.population for one in mine), 4)


def _workspace_data(database: Path) -> DuckDBPyConnection | None:
    from populationsim.loading import copy_of

    return copy_of(database) if database.is_file() else None


def read_reference(reference: Mapping[str, Any] | str, code: str | int | None = None) -> tuple[str, str | int]:
    """Return (kind, place) of a `reference`, or of a kind and a code; ValueError says what is wrong."""
    if not isinstance(reference, Mapping):
        reference = {"type": reference, "fips": code}
    unknown = [key for key in reference if key not in ("type", "fips", "code", "name", "state")]
    if unknown:
        raise facts.UnknownPlace(
            f"unknown key {unknown[0]!r}{suggestion(unknown[0], ['type', 'fips', 'name', 'state'])}"
        )
    kind = reference.get("type")
    if kind not in KINDS:
        raise facts.UnknownPlace(f"unknown type {kind!r}{suggestion(kind, KINDS)}")
    place = next((reference[key] for key in ("fips", "code", "name") if reference.get(key) is not None), None)
    state = reference.get("state")
    if kind == "state":
        place = state if place is None else place
    elif state is not None and place is not None and not str(place).isdigit() and "," not in str(place):
        place = f"{place}, {state}"
    if place is None or isinstance(place, bool):
        example = {"county": '{"type": "county", "fips": "48201"}', "state": '{"type": "state", "fips": "48"}'}[kind]
        raise facts.UnknownPlace(f"say which {kind}, as in {example}")
    return kind, place


def resolve_geography(
    reference: Mapping[str, Any] | str, code: str | int | None = None, conn: DuckDBPyConnection | None = None
) -> DemographicProfile:
    """Return the profile of what a `reference` names, or a kind and a code."""
    return ReferenceProfileResolver(conn).resolve_geography(reference, code)


def create_hybrid_profile(spec: Mapping[str, Any], conn: DuckDBPyConnection | None = None) -> dict[str, Any]:
    """Return a full profile specification: the user's values, and the reference's where the user gives none."""
    mine = copy.deepcopy(dict(spec.get("profile", spec)))
    demographics = dict(mine.pop("demographics", None) or {})
    # The short form of a scenario file has them at the top.
    for key in ("source", "reference"):
        if key in mine:
            demographics.setdefault(key, mine.pop(key))
    if not isinstance(demographics.get("reference"), Mapping):
        raise UserError('demographics.reference: a hybrid profile needs one, as in {"type": "county", "fips": "48201"}')
    resolver = ReferenceProfileResolver(conn)
    base = resolver.to_profile_spec(resolver.resolve_geography(demographics["reference"]))
    return {**base, **mine, "demographics": {**base["demographics"], **demographics}}

"""From a place's name to its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from populationsim import facts
from populationsim.combining import combined
from populationsim.figures import BuiltInFigures, Figures, LoadedFigures, Source, blend, crosswalk, retired_counties
from populationsim.geography import KINDS, Choice, find_zip, read_reference, tract_number
from populationsim.profile import RANKS, SHARES, DemographicProfile, Figure

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = [
    "DATABASE",
    "KINDS",
    "ReferenceProfileResolver",
    "create_hybrid_profile",
    "read_reference",
    "resolve_geography",
    "workspace",
]

DATABASE = "reference.duckdb"
SOCIAL = "CDC/ATSDR SVI"
HEALTH = "CDC PLACES"
WANTED = (*SHARES[:2], *SHARES[3:], *RANKS)
"""The social figures that a profile has whatever happens; the share of women comes from elsewhere."""


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
        loaded = LoadedFigures(conn) if conn is not None else _workspace_data(database or workspace() / DATABASE)
        self._loaded = loaded
        self._sources: tuple[Source, ...] = (*((loaded,) if loaded is not None else ()), BuiltInFigures())

    def resolve_county(self, place: str | int) -> DemographicProfile:
        """Return the profile of a county by FIPS or name (`Harris County, TX`); UnknownPlace for none."""
        county = facts.find_county(place)
        state = facts.states()[county.state]
        notes: list[str] = []
        figures = _filled(self._social_of(county, state, notes), WANTED, SOCIAL, notes)
        figures |= _filled(self._health_of(county, state, notes), None, HEALTH, notes)
        figures = self._limited(figures, county.fips)
        female = county.pct_female if county.pct_female is not None else _pct_female(county.state)
        figures["pct_female"] = Figure(female, None, None, "Census Bureau population estimates", "2018")
        for source in self._sources:
            figures |= {name: Figure(*known) for name, known in source.census(county.fips).items()}
        own = next((s for s in self._sources if s.county_social(county.fips) or s.county_health(county.fips)), None)
        if own is None and not crosswalk(county.fips):
            notes.append(f"{county.label} is not among the built-in counties; `healthsim init` loads all of them")
        population = next(
            (int(p) for s in self._sources if (p := s.county_social(county.fips).get("population"))), county.population
        )
        return self._profile(
            "county", county.fips, county.name, county.state, population, figures, own, notes, (county.fips,)
        )

    def resolve_state(self, place: str | int) -> DemographicProfile:
        """Return the profile of a state by FIPS, abbreviation or name; its counties' figures weighted by population."""
        state = facts.find_state(place)
        return self._area("state", state.fips, state.name, state.abbreviation)

    def resolve_nation(self) -> DemographicProfile:
        """Return the profile of the United States: the 50 states and the District of Columbia."""
        return self._area("nation", facts.NATION, "United States", None)

    def resolve_msa(self, place: str | int) -> DemographicProfile:
        """Return the profile of a metropolitan or micropolitan area by code or name; its counties' by population."""
        area = facts.find_area(place)
        states = area.title.rpartition(", ")[2]
        kind = "metropolitan" if area.metro else "micropolitan"
        counties = (self._loaded.area_counties(area.code) if self._loaded is not None else ()) or area.counties
        notes = [f"{kind} area of {len(counties)} counties, weighted by population"]
        return combined(self._each(counties), "msa", area.code, area.title, states, notes)

    def resolve_zip(self, place: str | int) -> DemographicProfile:
        """Return the profile of a ZIP code: its county's figures, for ZIP codes have none of their own here."""
        from attrs import evolve

        found = find_zip(place)
        county = self.resolve_county(found.county_fips)
        notes = (f"all figures: those of {county.label}, in which ZIP code {found.zip_code} lies", *county.notes)
        figures = {name: evolve(one, of=one.of or county.label) for name, one in county.figures.items()}
        name = f"{found.zip_code} {found.city}"
        return evolve(
            county, geography_type="zip", fips=found.zip_code, name=name, population=None, figures=figures, notes=notes
        )

    def resolve_tract(self, place: str | int) -> DemographicProfile:
        """Return the profile of a census tract: its own figures where tracts are loaded, else its county's."""
        from populationsim.tracts import tract_profile

        fips = tract_number(place)
        return tract_profile(fips, self.resolve_county(fips[:5]), self._loaded)

    def resolve_counties(self, choice: Choice) -> DemographicProfile:
        """Return the profile of the counties of a choice together, by population."""
        counties = choice.counties(self.ranks())
        notes = [f"{len(counties)} counties with {choice.label}, weighted by population"]
        name = f"counties with {choice.label}"
        return combined(self._each(counties), "counties", choice.code, name, choice.state or "", notes)

    def resolve_geography(
        self, reference: Mapping[str, Any] | str, code: str | int | None = None
    ) -> DemographicProfile:
        """Return the profile of what a `reference` names: {"type": "county", "fips": "48201"}, or kind and code."""
        kind, place = read_reference(reference, code)
        resolvers: Mapping[str, Callable[[Any], DemographicProfile]] = {
            "county": self.resolve_county,
            "state": self.resolve_state,
            "msa": self.resolve_msa,
            "zip": self.resolve_zip,
            "tract": self.resolve_tract,
            "counties": self.resolve_counties,
            "nation": lambda _: self.resolve_nation(),
        }
        return resolvers[kind](place)

    def ranks(self) -> Mapping[str, tuple[float, ...]]:
        """Return the vulnerability ranks of every county by FIPS: overall, then the four themes."""
        return next(found for source in self._sources if (found := source.ranks()))

    def all_counties(self, figure: str) -> list[float]:
        """Return a figure of every county that has one; nothing where all counties are not loaded."""
        return next((found for source in self._sources if (found := source.all_counties(figure))), [])

    def to_profile_spec(self, profile: DemographicProfile) -> dict[str, Any]:
        """Return a profile specification with the place's age, gender, race and ethnicity, which generates there.

        Conditions come with the `reference` in it, which generation resolves by age and sex.
        """
        from populationsim.specifying import profile_spec

        return profile_spec(profile)

    def _each(self, counties: tuple[str, ...]) -> list[DemographicProfile]:
        if self._loaded is not None and len(counties) > 3:
            self._loaded.prefetch({*counties, *(other for fips in counties for other in crosswalk(fips))})
        return [self.resolve_county(fips) for fips in counties]

    def _area(self, kind: str, number: str, name: str, state: str | None) -> DemographicProfile:
        """Return the profile of a state, or of the nation for None."""
        notes = ["rpl_themes and rpl_theme1 to 4: mean of the counties' ranks, weighted by population"]
        figures = _filled(self._areas("social", state), WANTED, SOCIAL, notes)
        figures |= _filled(self._areas("health", state), None, HEALTH, notes)
        figures = self._limited(figures, None, state)
        female = Figure(_pct_female(state), None, None, "Census Bureau population estimates", "2018")
        figures["pct_female"] = female
        own = next((s for s in self._sources if s.area_social(state)), None)
        population = int(next(s.area_social(state)["population"] for s in self._sources if s is own))
        counties = tuple(fips for fips, one in facts.counties().items() if state in (None, one.state))
        counties = tuple(fips for fips in counties if fips not in retired_counties())
        return self._profile(kind, number, name, state or "", population, figures, own, notes, counties)

    def _limited(self, figures: dict[str, Figure], fips: str | None, state: str | None = None) -> dict[str, Figure]:
        """Return the figures with the confidence limits that belong to them."""
        from attrs import evolve

        for source in self._sources:
            for name, (low, high) in source.limits(fips, state).items():
                one = figures.get(name)
                # The limits of another release would not be those of the value.
                if one is not None and not one.of and one.low is None and one.vintage == source.vintage_of("health"):
                    figures[name] = evolve(one, low=low, high=high)
        return figures

    def _profile(self, kind, number, name, state, population, figures, own, notes, counties) -> DemographicProfile:
        source = own or self._sources[-1]
        fields = {field: figures[field].value for field in (*SHARES, *RANKS)}
        return DemographicProfile(
            geography_type=kind,
            fips=number,
            name=name,
            state=state,
            population=population,
            **fields,
            measures={name: one.value for name, one in sorted(figures.items()) if name.isupper()},
            figures=dict(sorted(figures.items())),
            counties=counties,
            source=f"{HEALTH}, {SOCIAL} ({source.title})",
            vintage=source.vintage(),
            notes=tuple(notes),
        )

    def _social_of(self, county: facts.County, state: facts.State, notes: list[str]) -> Iterator[_Candidate]:
        for source in self._sources:
            vintage = source.vintage_of("social")
            yield "", source.county_social(county.fips), vintage
            yield from _shared(source.county_social, county.fips, "social figures", notes, vintage)
        # The ranks of every county come with the package.
        ranks = facts.vulnerability().get(county.fips, ())
        yield "", dict(zip(RANKS, ranks, strict=False)), self._sources[-1].vintage_of("social")
        yield from self._areas("social", state.abbreviation, state.name)

    def _health_of(self, county: facts.County, state: facts.State, notes: list[str]) -> Iterator[_Candidate]:
        for source in self._sources:
            vintage = source.vintage_of("health")
            yield "", source.county_health(county.fips), vintage
            yield from _shared(source.county_health, county.fips, "health measures", notes, vintage)
        yield from self._areas("health", state.abbreviation, state.name)

    def _areas(self, part: str, state: str | None, label: str = "") -> Iterator[_Candidate]:
        """Yield the figures of the state (said as `label`, unsaid where it is the place itself) and of the nation."""
        for place, name in ((state, label), (None, "the United States" if state else "")):
            for source in self._sources:
                yield name, getattr(source, f"area_{part}")(place), source.vintage_of(part)


_Candidate = tuple[str, Figures, str]
"""The wider area it is of, or nothing; figures; their vintage."""


def _shared(figures, fips: str, what: str, notes: list[str], vintage: str) -> Iterator[_Candidate]:
    """Yield the figures of the Connecticut regions or counties that share the people of this county or region."""
    weights = crosswalk(fips)
    blended = blend({other: figures(other) for other in weights}, weights)
    if blended and not figures(fips):
        of = "planning regions" if fips in retired_counties() else "former counties"
        notes.append(f"{what}: those of the {of} {', '.join(sorted(weights))}, weighted by the people they share")
        yield "", blended, vintage


def _filled(
    candidates: Iterator[_Candidate], wanted: tuple[str, ...] | None, source: str, notes: list[str]
) -> dict[str, Figure]:
    """Return each wanted figure (None: all there are) from the first that has it, noting what is borrowed."""
    found: dict[str, Figure] = {}
    borrowed: dict[str, list[str]] = {}
    for origin, figures, vintage in candidates:
        if wanted is not None and found.keys() >= set(wanted):
            break
        for name, value in figures.items():
            # What is not wanted is welcome from the place itself.
            if name in found or name in ("population", "household_count") or (origin and wanted and name not in wanted):
                continue
            found[name] = Figure(value, None, None, source, vintage, origin)
            if origin:
                borrowed.setdefault(origin, []).append(name)
    for origin, names in borrowed.items():
        what = "health measures" if names[0].isupper() else "social figures"
        listed = ", ".join(sorted(names)) if len(names) <= 6 else f"{len(names)} {what}"
        notes.append(f"{listed}: those of {origin}")
    return found


def _pct_female(state: str | None) -> float:
    mine = [
        one
        for one in facts.counties().values()
        if state in (None, one.state) and one.fips not in retired_counties() and one.pct_female is not None
    ]
    return round(sum(one.pct_female * one.population for one in mine) / sum(one.population for one in mine), 4)


def _workspace_data(database: Path) -> LoadedFigures | None:
    from populationsim.loading import copy_of, open_reference

    if not database.is_file():
        return None

    @contextmanager
    def wide():
        with open_reference(database) as conn:
            yield conn

    return LoadedFigures(copy_of(database), wide)


def resolve_geography(
    reference: Mapping[str, Any] | str, code: str | int | None = None, conn: DuckDBPyConnection | None = None
) -> DemographicProfile:
    """Return the profile of what a `reference` names, or a kind and a code."""
    return ReferenceProfileResolver(conn).resolve_geography(reference, code)


def create_hybrid_profile(spec: Mapping[str, Any], conn: DuckDBPyConnection | None = None) -> dict[str, Any]:
    """Return a full profile specification: the user's values, and the reference's where the user gives none."""
    from populationsim.specifying import hybrid

    return hybrid(spec, conn)

"""Census tracts: their own figures where tract files are loaded, their county's for the rest."""

from __future__ import annotations

from attrs import evolve

from populationsim import facts
from populationsim.figures import LoadedFigures
from populationsim.profile import RANKS, SHARES, DemographicProfile, Figure


def tract_profile(fips: str, county: DemographicProfile, loaded: LoadedFigures | None) -> DemographicProfile:
    """Return the profile of a tract; UnknownPlace where tracts are loaded and this is none of them."""
    social, health, limits, people = loaded.tract(fips) if loaded is not None else ({}, {}, {}, None)
    near = loaded.near_tracts(fips) if loaded is not None else []
    if not social and not health and near:
        raise facts.UnknownPlace(f"unknown census tract {fips!r}; did you mean {' or '.join(map(repr, near))}?")
    figures = {name: evolve(one, of=one.of or county.label) for name, one in county.figures.items()}
    vintages = loaded.tract_vintages() if loaded is not None else {}
    for values, source, kind in ((social, "CDC/ATSDR SVI", "svi_tract"), (health, "CDC PLACES", "places_tract")):
        for name, value in values.items():
            if name not in ("population", "household_count"):
                low, high = limits.get(name, (None, None))
                figures[name] = Figure(value, low, high, source, vintages.get(kind, ""))
    notes = [
        f"{what}: those of {county.label}; healthsim init {option} loads those of tracts"
        for there, what, option in (
            (social, "social figures", "--svi-tract"),
            (health, "health measures", "--places-tract"),
        )
        if not there
    ]
    return evolve(
        county,
        geography_type="tract",
        fips=fips,
        name=f"Census tract {fips}, {county.label}",
        population=int(social["population"]) if social.get("population") is not None else people,
        **{name: figures[name].value for name in (*SHARES, *RANKS)},
        measures={name: one.value for name, one in sorted(figures.items()) if name.isupper()},
        figures=dict(sorted(figures.items())),
        vintage=", ".join(dict.fromkeys(one.vintage for one in figures.values() if one.vintage and not one.of))
        or county.vintage,
        notes=(*notes, *county.notes),
    )

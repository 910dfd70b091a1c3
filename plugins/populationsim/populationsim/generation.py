"""Object views of PopulationSim: profile templates as dicts, and an executor that makes a place's people."""

from __future__ import annotations

from healthsim_core.generation.views import ProfileExecutor, ProfileTemplates
from healthsim_core.specs import ProfileSpecification
from populationsim import facts
from populationsim.resolving import read_reference

POPULATION_PROFILE_TEMPLATES = ProfileTemplates("populationsim")


class PopulationProfileExecutor(ProfileExecutor):
    """Executes profiles for people alone: entities carry age, sex, race, ethnicity, address and conditions."""

    products = ("populationsim",)


def create_population_profile(
    id: str = "population", county: str | int | None = None, state: str | None = None, **sections
) -> ProfileSpecification:
    """Return a profile specification of a county's or a state's people, and from its sections what should differ.

    `county` is a FIPS or a name, which `state` may complete; without either the people are anybody's. UnknownPlace where
    there is no such place.
    """
    generation = {"products": ["populationsim"], **sections.pop("generation", {})}
    demographics = dict(sections.pop("demographics", {}))
    if county is not None or state is not None:
        demographics = {"source": "populationsim", "reference": _reference(county, state), **demographics}
    return ProfileSpecification.model_validate(
        {"id": id, "generation": generation, "demographics": demographics, **sections}
    )


def _reference(county: str | int | None, state: str | None) -> dict[str, str]:
    asked = {"type": "state" if county is None else "county", "name": county, "state": state}
    kind, place = read_reference(asked)
    found = facts.find_county(place) if kind == "county" else facts.find_state(place)
    return {"type": kind, "fips": found.fips}

"""Object views of PopulationSim: profile templates as dicts, and an executor that makes a place's people."""

from __future__ import annotations

from healthsim_core.generation.views import ProfileExecutor, ProfileTemplates
from healthsim_core.specs import ProfileSpecification
from populationsim.specifying import reference_for

POPULATION_PROFILE_TEMPLATES = ProfileTemplates("populationsim")


class PopulationProfileExecutor(ProfileExecutor):
    """Executes profiles for people alone: entities carry age, sex, race, ethnicity, address and conditions."""

    products = ("populationsim",)


def create_population_profile(
    id: str = "population",
    county: str | int | None = None,
    state: str | None = None,
    msa: str | int | None = None,
    zip_code: str | int | None = None,
    **sections,
) -> ProfileSpecification:
    """Return a profile specification of a place's people, and from its sections what should differ.

    `county` is a FIPS or a name, which `state` may complete; `msa` a metropolitan area by code or name; without any of them
    the people are anybody's. UnknownPlace where there is no such place.
    """
    generation = {"products": ["populationsim"], **sections.pop("generation", {})}
    demographics = dict(sections.pop("demographics", {}))
    if any(place is not None for place in (county, state, msa, zip_code)):
        reference = reference_for(county=county, state=state, msa=msa, zip_code=zip_code)
        demographics = {"source": "populationsim", "reference": reference, **demographics}
    return ProfileSpecification.model_validate(
        {"id": id, "generation": generation, "demographics": demographics, **sections}
    )

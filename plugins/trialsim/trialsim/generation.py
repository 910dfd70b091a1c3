"""Object views of TrialSim: profile templates as dicts, and an executor that makes subjects."""

from __future__ import annotations

from healthsim_core.generation.views import ProfileExecutor, ProfileTemplates
from healthsim_core.specs import ProfileSpecification

TRIAL_SUBJECT_PROFILE_TEMPLATES = ProfileTemplates("trialsim")


class TrialSubjectProfileExecutor(ProfileExecutor):
    """Executes profiles for subjects of trials: entities carry a `subject_id`."""

    products = ("trialsim",)


def create_trial_subject_profile(id: str = "subjects", **sections) -> ProfileSpecification:
    """Return a profile specification from its sections: `demographics`, `clinical`, `generation` …"""
    generation = {"products": ["trialsim"], **sections.pop("generation", {})}
    return ProfileSpecification.model_validate({"id": id, "generation": generation, **sections})

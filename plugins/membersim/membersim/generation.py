"""Object views of MemberSim: profile templates as dicts, and an executor that makes members."""

from __future__ import annotations

from healthsim_core.generation.views import ProfileExecutor, ProfileTemplates
from healthsim_core.specs import ProfileSpecification

MEMBER_PROFILE_TEMPLATES = ProfileTemplates("membersim")


class MemberProfileExecutor(ProfileExecutor):
    """Executes profiles for members: entities carry coverage and a `member_id`."""

    products = ("membersim",)


def create_member_profile(id: str = "members", **sections) -> ProfileSpecification:
    """Return a profile specification from its sections: `demographics`, `clinical`, `coverage`, `generation` …"""
    generation = {"products": ["membersim"], **sections.pop("generation", {})}
    return ProfileSpecification.model_validate({"id": id, "generation": generation, **sections})

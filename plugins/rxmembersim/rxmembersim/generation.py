"""Object views of RxMemberSim: profile templates as dicts, and an executor that makes pharmacy members."""

from __future__ import annotations

from healthsim_core.generation.views import ProfileExecutor, ProfileTemplates
from healthsim_core.specs import ProfileSpecification

RX_MEMBER_PROFILE_TEMPLATES = ProfileTemplates("rxmembersim")


class RxMemberProfileExecutor(ProfileExecutor):
    """Executes profiles for pharmacy members: entities carry a pharmacy benefit and an `rx_member_id`."""

    products = ("rxmembersim",)


def create_rx_member_profile(id: str = "rx-members", **sections) -> ProfileSpecification:
    """Return a profile specification from its sections: `demographics`, `clinical`, `coverage`, `generation` …"""
    generation = {"products": ["rxmembersim"], **sections.pop("generation", {})}
    return ProfileSpecification.model_validate({"id": id, "generation": generation, **sections})

"""Object views of PatientSim: profile templates as dicts, and an executor that makes patients."""

from __future__ import annotations

from healthsim_core.generation.views import ProfileExecutor, ProfileTemplates
from healthsim_core.specs import ProfileSpecification

PATIENT_PROFILE_TEMPLATES = ProfileTemplates("patientsim")


class PatientProfileExecutor(ProfileExecutor):
    """Executes profiles for patients: entities carry conditions, usual levels and a `patient_id`."""

    products = ("patientsim",)


def create_patient_profile(id: str = "patients", **sections) -> ProfileSpecification:
    """Return a profile specification from its sections: `demographics`, `clinical`, `generation` …"""
    generation = {"products": ["patientsim"], **sections.pop("generation", {})}
    return ProfileSpecification.model_validate({"id": id, "generation": generation, **sections})

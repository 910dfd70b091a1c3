"""RxMemberSim: pharmacy members, prescriptions, fills and adherence."""

from __future__ import annotations

__all__ = ["generate"]


def generate(profile: object = "commercial-chronic", journey: object = None, count: int | None = None, **options):
    """Generate pharmacy members: `healthsim_core.generate` with this product unless `products` says otherwise."""
    from healthsim_core import generate as generate_any

    return generate_any(profile, journey, count, **{"products": ["rxmembersim"], **options})

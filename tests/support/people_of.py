"""People of a place with all their columns, for tests of how common things are."""

from healthsim_core import catalog as catalogs
from healthsim_core.columns import Span
from healthsim_core.generation.asking import Asked, Loaded
from healthsim_core.generation.profile import sample
from healthsim_core.generation.resolving import resolve


def people_of(reference, count, home, products=("populationsim",), **profile):
    """Return so many people of a place, by seed 5; `profile` has further sections of a profile."""
    spec = {
        "generation": {"count": count, "seed": 5, "products": list(products)},
        "demographics": {"source": "populationsim", "reference": reference},
        **profile,
    }
    plan = resolve(Loaded("profile", spec, "test", "test", ()), catalogs.build(), home, Asked())
    return sample(plan, Span(0, count), plan.build_rosters())

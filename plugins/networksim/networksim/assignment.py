"""Assignment: everybody's provider, practice, hospital, laboratory, specialists and pharmacies, by place and index arithmetic."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from healthsim_core.columns import Array
from healthsim_core.declarations import Derivation
from healthsim_core.errors import Problems
from healthsim_core.people import People
from networksim.directory import specialties
from networksim.nearness import Directory, Pool, pools

SPECIALISTS = tuple(one for one in specialties() if one.kind == "specialist")
ASSIGNMENTS = ("nearest", "in_turn", "random")
NEAREST = {"hospital_facility": "hospital", "lab_facility": "laboratory", "pharmacy": "retail"}
IN_TURN = {"mail_pharmacy": "mail", "specialty_pharmacy": "specialty", "long_term_care_pharmacy": "long_term_care"}


def assign(people: People) -> dict[str, Array]:
    """Return keys (int64, -1 for none) of each person's providers, facilities and pharmacies.

    Those of the person's own ZIP go first, else those of the nearest ZIP that has any, else those of the county; among
    several, households take turns. So nothing depends on who else is there, and families stay together.
    """
    wanted, how = _asked(people.facts.get("network", {}))
    rosters = people.rosters
    directory = Directory(rosters["providers"], rosters["facilities"], rosters["pharmacies"], people.facts["places"])
    pool = pools(directory)
    place, turn = people["place"], people.unit
    child = people["age"] < 18
    found = {
        "pcp_provider": np.where(
            child, _primary(pool["pediatrics"], how, people), _primary(pool[wanted or "primary"], how, people)
        ),
        **{name: pool[kind].nearest(place, turn) for name, kind in NEAREST.items()},
        **{name: pool[kind].in_county(place, turn) for name, kind in IN_TURN.items()},
    }
    for one in SPECIALISTS:
        mine = _drawn_turn(people, f"specialist.{one.specialty}")
        # Who works in hospitals works in the one that is the person's; clinics of all the county share the others.
        pick = pool[one.specialty].nearest if one.setting == "hospital" else pool[one.specialty].in_county
        found[f"specialist.{one.specialty}"] = pick(place, mine)
    providers = rosters["providers"]
    row = np.searchsorted(providers["provider_id"], found["pcp_provider"])
    practice = providers["facility_id"][np.minimum(row, len(providers["facility_id"]) - 1)]
    return {**found, "pcp_facility": np.where(found["pcp_provider"] >= 0, practice, -1)}


def _primary(pool: Pool, how: str, people: People) -> np.ndarray:
    if how == "nearest":
        return pool.nearest(people["place"], people.unit)
    return pool.in_county(people["place"], people.unit if how == "in_turn" else _drawn_turn(people, "pcp"))


def _drawn_turn(people: People, name: str) -> np.ndarray:
    """Return a turn by chance, one for a household."""
    return np.floor(people.draw(name, shared=True) * 2**31).astype(np.int64)


def _asked(network: Mapping[str, object]) -> tuple[str | None, str]:
    """Return the specialty a profile wants of primary care providers and how they are assigned; SpecificationError for a stranger."""
    asked = dict(dict(network).get("primary_care_provider", {}))
    problems = Problems()
    for name, valid in (("specialty", [one.specialty for one in specialties()]), ("assignment", ASSIGNMENTS)):
        if asked.get(name) is not None and asked[name] not in valid:
            problems.unknown(f"profile.network.primary_care_provider.{name}", name, asked[name], valid)
    problems.raise_if_any()
    return asked.get("specialty"), asked.get("assignment") or "nearest"


ASSIGNMENT = Derivation(
    "networksim.assignment",
    "Everybody's primary care provider, practice, hospital, laboratory, specialists and pharmacies.",
    ("place", "age"),
    (
        "pcp_provider",
        "pcp_facility",
        *NEAREST,
        *IN_TURN,
        *(f"specialist.{one.specialty}" for one in SPECIALISTS),
    ),
    assign,
    "networksim",
)

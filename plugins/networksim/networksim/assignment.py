"""Assignment: everybody's network, provider, practice, specialists, facilities and pharmacies, by place and index arithmetic."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np

from healthsim_core.columns import Array, Coded
from healthsim_core.declarations import Derivation
from healthsim_core.errors import Problems
from healthsim_core.people import People
from networksim import primary
from networksim.nearness import Directory, Pools, pools
from networksim.networks import terms
from networksim.providers import specialties

SPECIALISTS = tuple(one for one in specialties() if one.kind == "specialist")
ROUND_ROBIN = ("in_turn", "round_robin")
ASSIGNMENTS = ("nearest", *ROUND_ROBIN, "random")
NEAREST = {
    "hospital_facility": "hospital",
    "lab_facility": "laboratory",
    "imaging_facility": "imaging_center",
    "urgent_care_facility": "urgent_care",
    "surgery_facility": "surgery_center",
    "nursing_facility": "nursing_facility",
    "home_health_facility": "home_health_agency",
}
EMERGENCY = {"emergency_provider": "emergency_medicine", "emergency_attending": "hospital_medicine"}
"""Who sees people in the hospital of an emergency, whatever their network."""
PHARMACY = {"pharmacy": "retail"}
IN_TURN = {"mail_pharmacy": "mail", "specialty_pharmacy": "specialty", "long_term_care_pharmacy": "long_term_care"}


def assign(people: People) -> dict[str, Array]:
    """Return each person's network and keys (int64, -1 for none) of their providers, facilities and pharmacies.

    Those of the person's own ZIP go first, else those of the nearest ZIP that has any, of specialists of as many ZIPs as have a
    few, also in the next metropolitan county; else those of the county. Who gives primary care is a little farther away where
    that suits people better (`primary`). Among several, households take turns. Whoever has a plan chooses among those of its
    network. So nothing depends on who else is there, and families of one language stay together.
    """
    wanted, how = _asked(people.facts.get("network", {}))
    rosters = people.rosters
    directory = Directory(
        rosters["providers"], rosters["facilities"], rosters["pharmacies"], people.facts["places"], people.seed
    )
    network = _network(people)
    doctors = _doctors_network(people, network)
    turns = _Turns(people, wanted, how)
    found = {name: np.full(len(people), -1, np.int64) for name in _BY_NETWORK}
    found |= _of_emergencies(pools(directory), turns)
    for code in np.unique(doctors):
        rows = slice(None) if (doctors == code).all() else np.flatnonzero(doctors == code)
        outside, which = divmod(int(code), len(terms()))
        pool = pools(directory, None if code < 0 else terms()[which].network_id, outside == 1)
        for name, key in _of_network(pool, turns, rows).items():
            found[name][rows] = key
    drugs = _drug_network(network)
    for name in dict.fromkeys(drugs.tolist()):
        rows = slice(None) if (drugs == name).all() else np.flatnonzero(drugs == name)
        pool = pools(directory, name)
        place, turn = turns.place[rows], turns.household[rows]
        for column, kind in {**PHARMACY, **IN_TURN}.items():
            nearest = column in PHARMACY
            found[column][rows] = pool[kind].nearest(place, turn) if nearest else pool[kind].in_county(place, turn)
    providers = rosters["providers"]
    row = np.searchsorted(providers["provider_id"], found["pcp_provider"])
    practice = providers["facility_id"][np.minimum(row, providers.length - 1)]
    found["pcp_facility"] = np.where(found["pcp_provider"] >= 0, practice, -1)
    return {"network": Coded(network, [one.network_id for one in terms()]), **found}


def _of_emergencies(everybody: Pools, turns: _Turns) -> dict[str, np.ndarray]:
    """Return the nearest hospital, of whatever network, and its physicians."""
    hospital = everybody["hospital"].nearest(turns.place, turns.household)
    known, at = hospital >= 0, everybody.row(np.maximum(hospital, 0))
    found = {"emergency_facility": hospital}
    for column, specialty in EMERGENCY.items():
        mine = everybody.at(specialty, np.where(known, at, 0), turns.specialist[specialty])
        found[column] = np.where(known, mine, -1)
    return found


class _Turns:
    """Whose turn it is, for everybody at once: each household's number, and what chance says where turns are drawn."""

    def __init__(self, people: People, wanted: str | None, how: str):
        self.place, self.wanted, self.how = people["place"].astype(np.int32), wanted, how
        # Small numbers are divided faster, and a number of a household is small but in the largest cohorts.
        self.household = people.unit if people.unit[-1:].max(initial=0) >= 2**31 else people.unit.astype(np.int32)
        self.wishes = primary.Wishes(people)
        self.people = people

    @functools.cached_property
    def drawn(self) -> np.ndarray:
        """Return turns for the primary care provider, by chance."""
        return np.floor(self.people.draw("pcp", shared=True) * 2**31).astype(np.int32)

    @functools.cached_property
    def specialist(self) -> dict[str, np.ndarray]:
        """Return turns for each specialty by chance, one for a household; a draw has bits enough for three."""
        found: dict[str, np.ndarray] = {}
        for start in range(0, len(SPECIALISTS), 3):
            drawn = (self.people.draw(f"specialists.{start // 3}", shared=True) * 2**48).astype(np.int64)
            for turn, one in enumerate(SPECIALISTS[start : start + 3]):
                found[one.specialty] = (drawn >> 16 * turn & 0xFFFF).astype(np.int32)
        return found


_BY_NETWORK = (
    "pcp_provider",
    "pcp_facility",
    *NEAREST,
    *PHARMACY,
    *IN_TURN,
    *(f"specialist.{one.specialty}" for one in SPECIALISTS),
)


def _of_network(pool: Pools, turns: _Turns, rows: np.ndarray | slice) -> dict[str, np.ndarray]:
    """Return keys of the providers and facilities of those people at `rows`, who share a network."""
    place, household = turns.place[rows], turns.household[rows]
    found = {
        "pcp_provider": _primary(pool, turns, rows),
        **{name: pool[kind].nearest(place, household) for name, kind in NEAREST.items()},
    }
    at = pool.row(found["hospital_facility"])
    for one in SPECIALISTS:
        mine = turns.specialist[one.specialty][rows]
        if "hospital" in one.settings:
            # Who works in hospitals works in the one that is the person's.
            key = pool.at(one.specialty, at, mine)
            if (key < 0).any():
                key = np.where(key >= 0, key, pool[one.specialty].nearest(place, mine))
        else:
            key = pool[one.specialty].nearest(place, mine)
        found[f"specialist.{one.specialty}"] = key
    return found


def _primary(pool: Pools, turns: _Turns, rows: np.ndarray | slice) -> np.ndarray:
    """Return who gives primary care: the nearest that suits, else any of the county in turn or by chance."""
    place, wishes = turns.place[rows], turns.wishes
    if turns.how == "nearest":
        return primary.nearest(pool, turns.wanted, wishes, rows, place, turns.household[rows])
    turn = turns.household[rows] if turns.how in ROUND_ROBIN else turns.drawn[rows]
    grown = pool[turns.wanted or "primary"].in_county(place, turn)
    return np.where(wishes.child[rows], pool["pediatrics"].in_county(place, turn), grown)


@functools.cache
def _networks_of_plans() -> Mapping[str, int]:
    return {plan: code for code, one in enumerate(terms()) for plan in (one.plans or "").split()}


def _network(people: People) -> np.ndarray:
    """Return which network each person's plan uses (its place among the networks), -1 for none."""
    if "plan" not in people or not isinstance(people["plan"], Coded):
        return np.full(len(people), -1, np.int32)
    return people["plan"].lookup(_networks_of_plans(), -1, np.int32)


def _doctors_network(people: People, network: np.ndarray) -> np.ndarray:
    """Return the network whose doctors each person sees, as `_network` does; so many further on for those who see others."""
    share = np.array([*(one.outside_share for one in terms()), 0.0])[network]
    if not share.any():
        return network
    return np.where(people.draw("outside", shared=True) < share, network + np.int32(len(terms())), network)


def _drug_network(network: np.ndarray) -> np.ndarray:
    """Return the network of pharmacies that each person uses (its name, None for all)."""
    return np.array([*(one.pharmacy_network for one in terms()), None], object)[network]


def check(network: Mapping[str, object], problems: Problems) -> None:
    """Report a specialty or a way of assigning primary care providers that there is not."""
    asked = network.get("primary_care_provider")
    if not isinstance(asked, Mapping):
        return
    for name, valid in (("specialty", [one.specialty for one in specialties()]), ("assignment", ASSIGNMENTS)):
        if asked.get(name) is not None and asked[name] not in valid:
            problems.unknown(f"profile.network.primary_care_provider.{name}", name, asked[name], valid)


def _asked(network: Mapping[str, object]) -> tuple[str | None, str]:
    """Return the specialty a profile wants of primary care providers and how they are assigned; SpecificationError for a stranger."""
    problems = Problems()
    check(network, problems)
    problems.raise_if_any()
    asked = network.get("primary_care_provider") or {}
    return asked.get("specialty"), asked.get("assignment") or "nearest"


ASSIGNMENT = Derivation(
    "networksim.assignment",
    "Everybody's network, primary care provider, practice, specialists, facilities and pharmacies.",
    ("place", "age"),
    ("network", "emergency_facility", *EMERGENCY, *_BY_NETWORK),
    assign,
    "networksim",
    ("plan", "language"),
    check=check,
)

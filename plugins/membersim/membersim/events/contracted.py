"""In or out of network: whether who bills takes part in the network of the plan that answers."""

from __future__ import annotations

import functools

import numpy as np
from attrs import field, frozen

from healthsim_core.columns import Coded, Columns
from healthsim_core.events import Events, match

IN_OR_OUT = ("in", "out")


@frozen
class _Networks:
    """The directory's networks and who takes part; two are the same where these are the same objects."""

    networks: Columns = field(eq=id)
    participations: Columns = field(eq=id)


def network_status(events: Events, plan: Coded, **keys: np.ndarray) -> Coded:
    """Return for each claim whether who bills is in the plan's network, in or out; nothing where there is no network.

    `keys` are those of providers, facilities or pharmacies by what they are; of several that a claim has the first counts.
    """
    status = np.full(len(events), -1, np.int32)
    networks, rows = events.roster("networks"), events.roster("network_participations")
    if networks is None or rows is None:
        return Coded(status, IN_OR_OUT)
    known = _Networks(networks, rows)
    for who, key in keys.items():
        found = _network_of(known, who)
        code = plan.lookup({word: place for place, word in enumerate(found)}, -1, np.int64)
        for place, network in enumerate(found.values()):
            mine = np.flatnonzero((code == place) & (key >= 0) & (status < 0))
            if len(mine):
                status[mine] = match(key[mine], _members(known, network, who)) < 0
    return Coded(status, IN_OR_OUT)


@functools.lru_cache(maxsize=8)
def _network_of(known: _Networks, who: str) -> dict[str, str]:
    """Return the network each plan uses, of pharmacies or of all others."""
    used = known.networks["pharmacy_network_id" if who == "pharmacy" else "network_id"].decode()
    plans = known.networks["plans"].decode()
    return {
        plan: network for network, many in zip(used, plans, strict=True) if network for plan in (many or "").split()
    }


@functools.lru_cache(maxsize=64)
def _members(known: _Networks, network: str, who: str) -> np.ndarray:
    """Return the keys of those who take part in a network, in rising order."""
    key = known.participations[f"{who}_id"]
    return np.unique(key[known.participations["network_id"].isin([network]) & (key >= 0)])

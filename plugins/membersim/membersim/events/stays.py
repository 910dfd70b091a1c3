"""What a hospital stay consists of: nights, procedures, and the revenue lines its charges are divided among."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded
from healthsim_core.events import Events, match
from membersim.adjudication import spread
from membersim.reference import stay_lines

PROCEDURES = 6
"""Procedures a claim carries at most."""
DAY_RATE = 290_000
"""Cents charged for a night's room and board."""
LEAST_BESIDES = 0.3
"""The least share of the charges that is not room and board, however long the stay."""
_DAYS = 1 << 20


def nights(events: Events) -> np.ndarray:
    """Return the days of room and board: midnights, at least one."""
    first, last = (events[name].astype("datetime64[D]").astype(np.int64) for name in ("service_time", "end_time"))
    return np.maximum(last - first, 1)


def procedures_of(events: Events) -> dict[str, Array]:
    """Return the ICD-10-PCS procedures of each claim's encounter by rank, and the keys of their events."""
    done = events.timeline("patientsim.procedure")
    codes = np.full((PROCEDURES, len(events)), -1, np.int32)
    keys = np.full((PROCEDURES, len(events)), -1, np.int64)
    words = np.empty(0, object)
    if done is not None:
        words = done["code"].words
        known = np.flatnonzero(events["encounter"] >= 0)
        known = known[np.unique(events["encounter"][known], return_index=True)[1]]
        place = match(done["encounter"], events["encounter"][known])
        rows = np.flatnonzero((place >= 0) & done["system"].isin(["ICD-10-PCS"]))
        claim = known[place[rows]]
        order = np.lexsort((done.key[rows], done.time[rows], claim))
        rows, claim = rows[order], claim[order]
        rank = np.arange(len(rows)) - np.searchsorted(claim, claim)
        kept = rank < PROCEDURES
        codes[rank[kept], claim[kept]] = done["code"].codes[rows[kept]]
        keys[rank[kept], claim[kept]] = done.key[rows[kept]]
    found: dict[str, Array] = {f"procedure_key_{rank}": keys[rank] for rank in range(PROCEDURES)}
    return {**found, **{f"procedure_{rank}": Coded(codes[rank], words) for rank in range(PROCEDURES)}}


def emergencies_before(events: Events) -> np.ndarray:
    """Return whether the person was in an emergency department on the day the stay began or the day before."""
    seen = events.timeline("patientsim.encounter")
    if seen is None:
        return np.zeros(len(events), bool)
    seen = seen.select(seen["encounter_type"].isin(["ed"]))
    at = seen.entity * _DAYS + seen["start_time"].astype("datetime64[D]").astype(np.int64)
    day = events.entity * _DAYS + events["service_time"].astype("datetime64[D]").astype(np.int64)
    return np.isin(day, at) | np.isin(day - 1, at)


def kind_of(procedure: str) -> str:
    """Return where an ICD-10-PCS procedure is done: delivery, catheter, operation or ward.

    Operations are those of the medical and surgical section, and cesarean deliveries, done open or through a scope.
    """
    if procedure.startswith("10E"):
        return "delivery"
    if procedure.startswith(("4A02", "B21", "027")) and procedure[4] in "3X1":
        return "catheter"
    operation = procedure[0] == "0" and procedure[4] in "04F" or procedure.startswith("10D0")
    return "operation" if operation else "ward"


def _has(events: Events) -> dict[str, np.ndarray]:
    """Return for each `when` of the revenue lines whether a stay has it."""
    found = {"always": np.ones(len(events), bool), "emergency": events["emergency"]}
    procedures = [events[f"procedure_{rank}"] for rank in range(PROCEDURES)]
    kinds = {word: kind_of(word) for word in procedures[0].words}
    for when in ("operation", "catheter", "delivery"):
        wanted = [word for word, kind in kinds.items() if kind == when]
        found[when] = np.any([one.isin(wanted) for one in procedures], axis=0)
    return found


def stay_lines_of(events: Events) -> dict[str, Array]:
    """Return the lines of stays: owner, revenue code, units, charge and allowed, adding up to the claim's."""
    rows = np.flatnonzero(events["drg"].codes >= 0)
    stays = events.select(rows)
    days, charge = nights(stays), stays["stay_charge"]
    besides = np.maximum(charge - days * DAY_RATE, np.rint(charge * LEAST_BESIDES).astype(np.int64))
    has, table = _has(stays), stay_lines()
    share = np.stack([np.where(has[when], part, 0) for _, when, part in table], axis=1).astype(np.int64)
    owner, line = np.nonzero(share)
    amounts = spread(besides, share[owner, line], owner)
    # Room and board comes first.
    all_owner = np.concatenate([np.arange(len(stays)), owner])
    order = np.argsort(all_owner, kind="stable")
    charges = np.concatenate([days * DAY_RATE, amounts])[order]
    code = Coded(
        np.concatenate([np.zeros(len(stays), np.int64), line + 1])[order], ["0120", *(one[0] for one in table)]
    )
    all_owner = all_owner[order]
    units = np.concatenate([days, np.ones(len(owner), np.int64)])[order]
    return {
        "owner": rows[all_owner],
        "procedure_code": Coded.constant(None, len(code)),
        "revenue_code": code,
        "unit_count": units,
        "charge": charges,
        "allowed": spread(stays["allowed"], charges, all_owner),
    }

"""Movements of patients through units and rooms: what ADT messages tell of."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns
from healthsim_core.events import Events, match

# Rooms by unit; beds are by the letter. The same bed may hold two patients at once: nobody keeps the census.
_BEDS = tuple("AB")
ROOMS: dict[str, tuple[str, ...]] = {
    "ED": tuple(f"ED-{number:02d}" for number in range(1, 25)),
    "CLINIC": tuple(f"EX-{number}" for number in range(1, 9)),
    "MEDSURG": tuple(f"{floor}{room:02d}-{bed}" for floor in (2, 4) for room in range(1, 25) for bed in _BEDS),
    "STEPDOWN": tuple(f"6{room:02d}-{bed}" for room in range(1, 13) for bed in _BEDS),
    "ICU": tuple(f"5{room:02d}-A" for room in range(1, 17)),
    "OB": tuple(f"3{room:02d}-A" for room in range(1, 19)),
}
UNITS = tuple(ROOMS)


def rooms(events: Events, unit: Coded) -> Coded:
    """Return a room for each event in its unit."""
    size = unit.lookup({name: len(each) for name, each in ROOMS.items()}, 0, np.int64)
    edges = np.cumsum([0, *(len(each) for each in ROOMS.values())])
    first = unit.lookup(dict(zip(ROOMS, edges, strict=False)), 0, np.int64)
    place = first + np.floor(events.draw("room") * size).astype(np.int64)
    return Coded(np.where(size > 0, place, -1), [room for each in ROOMS.values() for room in each])


def movement_rows(events: Events, number: int, kind: str, when: np.ndarray, **given: Array) -> Columns:
    """Return one movement an event; `given` has unit and room, and what differs from the event's own fields."""
    return Columns(
        {
            "movement_id": events.sub_key(number),
            "patient_id": events.entity,
            "encounter_id": events.key,
            "movement_type": Coded.constant(kind, len(events)),
            "movement_datetime": when,
            "facility_id": events.fields.get("facility", np.full(len(events), -1, np.int64)),
            "provider_id": events.fields.get("provider", np.full(len(events), -1, np.int64)),
            **given,
        }
    )


def first_unit(reason: Coded) -> Coded:
    """Return the unit of a hospital that patients come to first, by the reason: obstetrics, intensive care or a ward."""
    units = {"O": "OB", "Z37": "OB", "A41": "ICU", "I21": "ICU", "J96": "ICU", "I63": "STEPDOWN"}
    found = {
        word: next((unit for start, unit in units.items() if word.startswith(start)), "MEDSURG")
        for word in reason.words
    }
    unit = reason.recode(found)
    return unit.where(unit.codes >= 0, Coded.constant("MEDSURG", len(reason)))


def last_place(stays: Events) -> tuple[Coded, Coded]:
    """Return unit and room from which patients leave: those of the last transfer, else those of admission."""
    unit = first_unit(stays["diagnosis_1"])
    room = rooms(stays, unit)
    transfers = stays.timeline("patientsim.transfer")
    if transfers is None:
        return unit, room
    # In rising time, so that the last of each encounter stays in the reversed look-up.
    order = np.lexsort((transfers.key, transfers.time))[::-1]
    keys, first = np.unique(transfers["encounter"][order], return_index=True)
    latest = order[first]
    found = match(stays.key, keys)
    moved, position = found >= 0, latest[found]
    to = transfers["unit"]
    return to[position].where(moved, unit), rooms(transfers, to)[position].where(moved, room)

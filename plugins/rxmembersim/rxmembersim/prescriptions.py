"""Prescriptions as the events of a span know them: which there are, and which one a fill or refill belongs to."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Columns, stack
from healthsim_core.events import DAY, Events, match
from rxmembersim.reference import drug_names, fact_of, numbers_of

USUAL = "metformin"
"""The drug of events that neither name one nor follow from one."""
AMOUNTS = ("quantity", "days_supply", "refills")


def day_of(time: np.ndarray) -> np.ndarray:
    """Return the beginning of each moment's day."""
    return time.astype("datetime64[D]").astype("datetime64[s]")


def latest_before(group: np.ndarray, time: np.ndarray, groups: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return for each row the position of the latest of `groups` at its `time` or before with its `group`, -1 for none."""
    if not len(groups) or not len(group):
        return np.full(len(group), -1, np.int64)
    codes = np.unique(np.concatenate([group, groups]), return_inverse=True)[1].astype(np.int64)
    moments = np.concatenate([time, times]).astype("datetime64[s]").astype(np.int64)
    moments -= moments.min()
    place = codes * (int(moments.max()) + 1) + moments
    have = place[len(group) :]
    order = np.argsort(have, kind="stable")
    found = order[np.maximum(np.searchsorted(have[order], place[: len(group)], side="right") - 1, 0)]
    fits = (codes[len(group) :][found] == codes[: len(group)]) & (have[found] <= place[: len(group)])
    return np.where(fits, found, -1)


def first_from(group: np.ndarray, time: np.ndarray, groups: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return for each row the position of the earliest of `groups` at its `time` or after with its `group`, -1 for none."""
    zero = np.datetime64(0, "s")  # the latest, on a time line that runs backwards
    return latest_before(group, zero - (time - zero), groups, zero - (times - zero))


def person_and_drug(entity: np.ndarray, drug: np.ndarray) -> np.ndarray:
    """Return one number for each person and drug."""
    return entity * 1024 + drug


def own_drug(events: Events) -> np.ndarray:
    """Return the drugs (numbers) events name, the usual one where they name none; -1 for what the formulary lacks."""
    return np.where(events["drug"].codes >= 0, numbers_of(events["drug"]), drug_names().index(USUAL))


def usual_amounts(events: Events) -> dict[str, Array]:
    """Return quantity, days' supply and refills: what the journey says, else the drug's usual ones."""
    drug = own_drug(events)
    return {
        name: np.where(np.isnan(events[name]), fact_of(drug, name, np.nan, float), events[name]) for name in AMOUNTS
    }


def entries(events: Events, key: np.ndarray | None = None) -> Columns:
    """Return events as prescriptions of their own, one row each; `key` is theirs where it is not the event's."""
    kinds, none = events.fields, np.full(len(events), -1, np.int64)
    return Columns(
        {
            "key": events.key if key is None else key,
            "entity": events.entity,
            "drug": own_drug(events),
            **usual_amounts(events),
            "reason": events["reason"],
            "prescriber": events["prescriber"] if "prescriber" in kinds else events["provider"],
            "written": day_of(kinds["ordered_time"] if "ordered_time" in kinds else events.time),
            "order": events["order"] if "order" in kinds else none,
            "source": events.source,
        }
    )


def written(events: Events) -> Columns:
    """Return the prescriptions of the span that orders and new prescriptions wrote."""
    orders = events.timeline("patientsim.medication_order")
    new = events.timeline("rxmembersim.new_rx")
    found = [entries(new)] if new is not None else []
    if orders is not None:
        found.append(entries(orders).adding(order=orders.key))
    return stack(found) if found else entries(events.select(np.zeros(len(events), bool)))


def by_source(events: Events, known: Columns) -> np.ndarray:
    """Return the key of the prescription an event follows from, itself or through the therapy that wrote it; -1 for none."""
    direct = match(events.source, known["key"])
    through = match(events.source, known["source"])
    place = np.where(direct >= 0, direct, through)
    return np.where((place >= 0) & (events.source >= 0), _at(known["key"], place), -1)


def of_fills(events: Events, known: Columns) -> np.ndarray:
    """Return the key of each fill's prescription: the one it carries or follows from, else one of its own."""
    key = np.where(events["order"] >= 0, events["order"], events["new_rx"])
    key = np.where(key >= 0, key, by_source(events, known))
    return np.where(key >= 0, key, events.key)


def of_refills(events: Events, known: Columns, fills: Events | None) -> np.ndarray:
    """Return the key of each refill's prescription.

    That of the event it follows from, through other refills too; else the person's latest of the drug, of any drug where it
    names none; else the first such refill brings one of its own, which the later ones refill.
    """
    key = by_source(events, known)
    if fills is not None:
        place = match(events.source, fills.key)
        key = np.where((key < 0) & (place >= 0), _at(fills["prescription"], place), key)
    mine = person_and_drug(events.entity, own_drug(events))
    chained = match(events.source, events.key)
    place = latest_before(mine, events.time, person_and_drug(known["entity"], known["drug"]), known["written"])
    any_drug = latest_before(events.entity, events.time, known["entity"], known["written"])
    place = np.where(events["drug"].codes >= 0, place, any_drug)
    key = np.where((key < 0) & (chained < 0) & (place >= 0), _at(known["key"], place), key)
    alone = np.flatnonzero((key < 0) & (chained < 0))
    order = alone[np.lexsort((events.key[alone], events.time[alone], mine[alone]))]
    first = np.ones(len(order), bool)
    first[1:] = mine[order[1:]] != mine[order[:-1]]
    key[order] = events.key[order[np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))]]
    while (unknown := (key < 0) & (chained >= 0)).any():
        before = key.copy()
        key = np.where(unknown, _at(before, chained), key)
        if (key == before).all():
            break
    return np.where(key < 0, events.key, key)


def facts(events: Events, key: np.ndarray, known: Columns) -> Columns:
    """Return what each event's prescription says; its own fields where no other event wrote it."""
    own = entries(events, key)
    place = match(key, known["key"])
    first = match(key, events.key)
    here, self_written = place >= 0, (place < 0) & (first >= 0)
    columns = {}
    for name in own:
        column = own[name][np.where(self_written, first, np.arange(len(events)))]
        if known.length:
            theirs = known[name][np.maximum(place, 0)]
            column = np.where(here, theirs, column) if isinstance(column, np.ndarray) else theirs.where(here, column)
        columns[name] = column
    return Columns(columns)


def stops(events: Events) -> tuple[np.ndarray, np.ndarray]:
    """Return (person and drug, moment) of every time a drug is stopped or changed for another."""
    groups, times = [np.empty(0, np.int64)], [np.empty(0, "datetime64[s]")]
    for kind, field in (("therapy_discontinue", "drug"), ("therapy_change", "previous")):
        ended = events.timeline(f"rxmembersim.{kind}")
        if ended is not None:
            groups.append(person_and_drug(ended.entity, numbers_of(ended[field])))
            times.append(ended.time)
    return np.concatenate(groups), np.concatenate(times)


def is_stopped(events: Events, drug: np.ndarray, time: np.ndarray, since: np.ndarray) -> np.ndarray:
    """Return where the person's drug was stopped after the day `since` and no later than `time`."""
    groups, times = stops(events)
    place = latest_before(person_and_drug(events.entity, drug), time, groups, times)
    return (place >= 0) & (_at(times, place) >= since + DAY) if len(times) else np.zeros(len(events), bool)


def _at(values: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return values at places, whatever stands first where a place is -1."""
    return values[np.maximum(place, 0)] if len(values) else np.full(len(place), -1, np.int64)

"""Rows for the conformance tests: plain people and their events, generated in spans of different sizes, as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from healthsim_core.catalog import Catalog
from healthsim_core.columns import Array, Coded, Columns, stack
from healthsim_core.events import EventType
from healthsim_core.generation.handling import generate_span
from healthsim_core.generation.plan import Plan
from healthsim_core.generation.profile import sample
from healthsim_core.tables import Table


def plain_people(count: int, products: Sequence[str], event_types: Iterable[EventType] = ()) -> dict[str, Any]:
    """Return a profile of adults about whom nothing else is said, each with two events of every type given."""
    events = [
        {"event_id": f"event-{number}", "event_type": one.qualified, "day": 1 + number, "repeat": {"every_days": 40, "count": 2}}
        for number, one in enumerate(event_types)
    ]  # fmt: skip
    profile: dict[str, Any] = {
        "id": "conformance",
        "generation": {"count": count, "seed": 7, "products": list(products)},
        "demographics": {"age": {"type": "uniform_int", "min": 18, "max": 80}},
    }
    return {**profile, "journey": {"id": "conformance", "events": events}} if events else profile


def causes(event_type: EventType, catalog: Catalog) -> list[EventType]:
    """Return an event type, and those whose triggers lead to it, that a journey has to name to make them happen."""
    types = catalog.all("event type")
    sources = [one.source for one in catalog.all("trigger").values() if one.target == event_type.qualified]
    found = {one.qualified: one for one in (event_type, *(types[name] for name in sources if name in types))}
    return [one for one in found.values() if not one.each_person]


def rows_in_spans(plan: Plan, size: int) -> dict[str, Columns]:
    """Return every table's rows, generated in spans of `size` people."""
    rosters = plan.build_rosters()
    batches: dict[str, list[Columns]] = {}
    for span in plan.spans(size):
        for table, rows in generate_span(plan, span, rosters)[0].items():
            batches.setdefault(table, []).append(rows)
    return {table: stack(one) for table, one in batches.items()}


def as_texts(table: Table, rows: Columns) -> list[tuple[str, ...]]:
    """Return rows as sorted tuples of text, numbers rounded as they are stored: for comparing, whatever the order."""
    decimals = {one.name: one.decimals for one in table.columns}
    columns = []
    for name in sorted(rows):
        values = plain(rows[name])
        if values.dtype.kind == "f" and decimals.get(name) is not None:
            values = np.round(values, decimals[name])
        columns.append(values.astype(str).tolist())
    return sorted(zip(*columns, strict=True))


def split_differences(plan: Plan, few: int = 3) -> list[str]:
    """Return the tables whose rows depend on how the people are cut into spans, or on how many there are."""
    small = attrs.evolve(plan, count=few)
    runs = {
        "in one span": rows_in_spans(plan, plan.count),
        "in spans of 7": rows_in_spans(plan, 7),
        "few in one span": rows_in_spans(small, few),
        "few one by one": rows_in_spans(small, 1),
    }
    texts = {
        label: {name: as_texts(plan.tables[name], one) for name, one in rows.items()} for label, rows in runs.items()
    }
    found = []
    for first, second in (("in one span", "in spans of 7"), ("few in one span", "few one by one")):
        for table in sorted(set(texts[first]) | set(texts[second])):
            one, other = texts[first].get(table, []), texts[second].get(table, [])
            if one != other:
                differing = sorted(set(one) ^ set(other))[:2] or ["so many rows"]
                found.append(f"table {table}: people {first} and {second} differ, e.g. in {differing[0]}")
    for table, rows in texts["few in one span"].items():
        changed = sorted(set(rows) - set(texts["in one span"].get(table, ())))
        if changed:
            found.append(f"table {table}: more people change the rows of those who were there, e.g. {changed[0]}")
    return found


def dangling(plan: Plan, rows: Mapping[str, Columns]) -> list[str]:
    """Return the references that point to no row."""
    found = []
    for name, columns in rows.items():
        for one in plan.tables[name].columns:
            if not one.references:
                continue
            target, _, key = one.references.partition(".")
            if one.is_key:
                there = rows[target][key] if target in rows else np.empty(0, np.int64)
                given = columns[one.name]
                given = given[given >= 0]
            elif target in rows:
                there, given = _words(rows[target][key]), _words(columns[one.name])
            else:  # a name says something by itself
                continue
            lost = np.setdiff1d(given, there)
            if len(lost):
                found.append(f"{name}.{one.name}: {len(lost)} values are in no row of {one.references}, e.g. {lost[0]}")
    return found


def _words(texts: Coded) -> np.ndarray:
    return np.unique([text for text in texts.decode() if text is not None]).astype(str)


def people_differences(plan: Plan) -> list[str]:
    """Return the columns of people that depend on how they are cut into spans."""
    rosters = plan.build_rosters()
    whole = sample(plan, plan.spans(plan.count)[0], rosters).columns
    parts = [sample(plan, span, rosters).columns for span in plan.spans(7)]
    return [
        f"person column {name!r}: people in one span and in spans of 7 differ"
        for name, column in whole.items()
        if not same(plain(column), np.concatenate([plain(part[name]) for part in parts]))
    ]


def plain(values: Array) -> np.ndarray:
    """Return a column as an array of numbers or of text."""
    return values.decode().astype(str) if isinstance(values, Coded) else np.asarray(values)


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Return whether two columns hold the same values, up to the last bits of a float."""
    if one.dtype.kind == other.dtype.kind == "f":
        return len(one) == len(other) and np.allclose(one, other, rtol=1e-12, atol=0, equal_nan=True)
    return one.astype(str).tolist() == other.astype(str).tolist()

"""What a scenario remembers of how it was made."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from healthsim_core.generation.plan import Part, Plan
from healthsim_core.generation.validation import ValidationReport


def record(
    plan: Plan,
    tags: tuple[str, ...],
    report: ValidationReport,
    counts: dict[str, int],
    seconds: float,
    failures: list[str],
    notices: list[str],
    events: list[int],
) -> dict[str, Any]:
    """Return a scenario's record, as plain data."""
    return {
        "scenario_id": scenario_id(plan),
        "description": plan.specification["data"].get("description"),
        "tags": list(tags),
        "status": "failed" if failures else "complete",
        "failures": failures,
        "seed": plan.seed,
        "as_of": plan.as_of.isoformat(),
        "start_date": plan.start.isoformat(),
        "count": plan.count,
        "people": plan.people_count,
        "products": list(plan.products),
        "versions": dict(plan.versions),
        "references": dict(plan.fingerprints),
        "specification": plan.specification,
        "skills": skills_used(plan),
        "events": [{**one, "count": count} for one, count in zip(events_of(plan), events, strict=True)],
        "validation": report.to_dict(),
        "notices": notices,
        "rows": sum(counts.values()),
        "seconds": round(seconds, 3),
    }


def scenario_id(plan: Plan) -> str:
    """Return an id that is a function of what was asked for, so that files made twice are the same bytes."""
    asked = {key: value for key, value in plan.specification["asked"].items() if key != "formats"}
    essence = [plan.specification["data"], asked, plan.seed, plan.count, plan.as_of.isoformat(), list(plan.products)]
    return hashlib.blake2b(json.dumps(essence, sort_keys=True).encode(), digest_size=16).hexdigest()


def events_of(plan: Plan) -> list[dict[str, Any]]:
    """Return where every event comes from: event n of a person stands in the entry whose `first` is the last up to n.

    A row's event is the number in its id, divided by 32 where an event has several rows, modulo 4096.
    """
    return [
        {
            "first": part.base,
            "size": part.size,
            "path": part.path,
            "event_type": part.event_type,
            "skills": _skills(part),
            **_origin(plan, part),
        }
        for part in plan.parts
    ]


def _origin(plan: Plan, part: Part) -> dict[str, str | None]:
    """Return the journey's event that a part is, or the trigger by which it follows from another."""
    if part.trigger is not None:
        return {"trigger": part.trigger.name}
    if part.definition is None:
        return {}
    parent = None if part.definition.parent is None else plan.parts[part.definition.parent].definition.event_id
    return {"journey": part.definition.journey, "event_id": part.definition.event_id, "depends_on": parent}


def _skills(part: Part) -> list[str]:
    if part.definition is None:
        return []
    own = part.definition.skill.label if part.definition.skill else None
    return sorted({own, part.definition.interval_skill} - {None})


def untaken(plan: Plan, events: list[int]) -> list[str]:
    """Return a notice for every journey of which nothing happened to anybody."""
    happened: dict[str, int] = {}
    for part, count in zip(plan.parts, events, strict=True):
        if part.definition is not None:
            happened[part.definition.journey] = happened.get(part.definition.journey, 0) + count
    return [
        f"journey {journey}: nobody took it; see whom its `requires`, `when` and `member` leave"
        for journey, count in happened.items()
        if count == 0
    ]


def skills_used(plan: Plan) -> dict[str, list[str]]:
    """Return the skills whose figures were used, each with its version, and the events and conditions that used it."""
    used: dict[str, list[str]] = {}
    for one in events_of(plan):
        for label in one["skills"]:
            used.setdefault(label, []).append(one["path"])
    for condition in plan.conditions:
        if condition.skill:
            used.setdefault(condition.skill, []).append(f"condition {condition.category}")
    return {label: sorted(paths) for label, paths in sorted(used.items())}

"""Unfold journeys: from people and a plan to the whole timeline of a span, triggered events included.

One numpy pass per event definition and trigger. Every event is finished here, with its time, fields and key; handlers
only turn events into rows.
"""

from __future__ import annotations

import numpy as np

from healthsim_core.events import EVENT_SLOTS, Events, constant_field
from healthsim_core.generation.definitions import unfold_definition
from healthsim_core.generation.following import finish_type
from healthsim_core.generation.plan import Plan
from healthsim_core.generation.timeline import Timeline, add_outcomes
from healthsim_core.people import People


def unfold(plan: Plan, people: People) -> Timeline:
    """Return the finished timeline of a span's people."""
    timeline = Timeline(people, plan)
    for index, part in enumerate(plan.parts):
        if part.definition is not None:
            timeline.parts[index] = unfold_definition(timeline, index)
    _unfold_each_person(timeline)
    for name in plan.event_order:
        finish_type(timeline, plan.event_types[name])
    return timeline


def _unfold_each_person(timeline: Timeline) -> None:
    plan, people = timeline.plan, timeline.people
    for index, part in enumerate(plan.parts):
        if part.definition is not None or part.trigger is not None:
            continue
        mine = [
            timeline.parts[other].entity
            for other, one in enumerate(plan.parts)
            if one.event_type == part.event_type and one.definition is not None
        ]
        entity = people.entity
        if mine:
            entity = entity[~np.isin(entity, np.concatenate(mine))]
        event_type = plan.event_types[part.event_type]
        if event_type.whom is not None:
            entity = entity[event_type.whom(people)[people.rows_of(entity)]]
        events = Events(
            part.event_type,
            entity,
            np.zeros(len(entity), np.int32),
            np.full(len(entity), people.start),
            entity * EVENT_SLOTS + part.base,
            np.full(len(entity), -1, np.int64),
            np.zeros(len(entity), np.int32),
            (part.path,),
            {one.name: constant_field(one.kind, one.default, len(entity)) for one in event_type.fields},
            people,
        )
        add_outcomes(plan, event_type, events)
        timeline.parts[index] = events

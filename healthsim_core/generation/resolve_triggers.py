"""Resolve triggers: which events follow from which, in an order without circles, and one part for every pair."""

from __future__ import annotations

from collections.abc import Mapping

from healthsim_core.errors import PluginError
from healthsim_core.events import Trigger
from healthsim_core.generation.graph import Cycle, ordered
from healthsim_core.generation.resolve_events import JourneyResolution


def order_events(it: JourneyResolution) -> dict[str, list[Trigger]]:
    """Set the order in which event types are finished, and return the triggers whose both ends exist, by source."""
    types = it.catalog.all("event type")
    usable: dict[str, list[Trigger]] = {}
    needs: dict[str, list[str]] = {name: [] for name in types}
    for trigger in it.catalog.all("trigger").values():
        if trigger.source in types and trigger.target in types:
            usable.setdefault(trigger.source, []).append(trigger)
            needs[trigger.target].append(trigger.source)
    for name, event_type in types.items():
        needs[name] += [other for link in event_type.links for other in link.to if other in types]
        needs[name] += [other for other in event_type.after if other in types]
    try:
        it.event_order = tuple(ordered(types, needs))
    except Cycle as cycle:
        raise PluginError(f"triggers and links of event types form a circle: {cycle}") from None
    return usable


def add_triggered_parts(it: JourneyResolution, usable: Mapping[str, list[Trigger]]) -> None:
    """Add a part for every part that a trigger starts from and that has none yet."""
    types = it.catalog.all("event type")
    there = {(part.source, part.trigger.name) for part in it.parts if part.trigger is not None}
    skipped = {
        trigger.name: trigger
        for trigger in it.catalog.all("trigger").values()
        if trigger.source in types and trigger.target not in types
    }
    for name in it.event_order:
        chosen = []
        for trigger in sorted(usable.get(name, ()), key=lambda one: (-one.priority, one.name)):
            if trigger.unless in (it.catalog.all("product") if it.lenient else it.active):
                continue
            product = trigger.target.split(".")[0]
            if not it.lenient and product not in it.active:
                skipped[trigger.name] = trigger
                continue
            chosen.append(trigger)
            for source, part in list(enumerate(it.parts)):
                if part.event_type == name and (source, trigger.name) not in there:
                    path = f"{part.path}>{trigger.name}"
                    it.add(
                        {"path": path, "event_type": trigger.target, "trigger": trigger, "source": source}, part.size
                    )
        earlier = [one for one in it.triggers.get(name, ()) if one not in chosen]
        it.triggers[name] = tuple(sorted([*earlier, *chosen], key=lambda one: (-one.priority, one.name)))
    it.skipped |= skipped


def tell_skipped(it: JourneyResolution) -> None:
    """Say which triggers of events that happen lead to products that take no part, once all layers are there."""
    happening = {part.event_type for part in it.parts}
    fired = {part.trigger.name for part in it.parts if part.trigger is not None}
    missed = sorted(name for name, trigger in it.skipped.items() if trigger.source in happening and name not in fired)
    if missed:
        number = "1 trigger" if len(missed) == 1 else f"{len(missed)} triggers"
        it.notices.append(f"skipped {number} to products that take no part: {', '.join(missed)}")

"""Resolve journeys: every event to its declared type, every dependency to a part, and the order they are unfolded in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import define, field

from healthsim_core import known, reading
from healthsim_core.catalog import Catalog
from healthsim_core.conditions import Expression
from healthsim_core.errors import PluginError, Problems
from healthsim_core.events import EVENT_SLOTS, EventType, Trigger
from healthsim_core.generation.graph import Cycle, ordered
from healthsim_core.generation.plan import DefinitionPlan, Part, Substitution
from healthsim_core.generation.resolution import ProfileResolution
from healthsim_core.generation.resolve_conditions import condition_plan
from healthsim_core.generation.resolve_members import require
from healthsim_core.specs import EventDefinition, JourneyChoice, JourneySpecification

_REFERENCE = re.compile(r"^\$\{(?:event\.)?([A-Za-z0-9_-]+)\.([A-Za-z0-9_.-]+)\}$")


@define
class JourneyResolution:
    """What the journeys come to, while they are being resolved."""

    profile: ProfileResolution | None
    catalog: Catalog
    problems: Problems
    active: tuple[str, ...]
    lenient: bool = False
    """Views of single timelines have no profile: their persons may have any columns."""
    notices: list[str] = field(factory=list)
    parts: list[Part] = field(factory=list)
    event_order: tuple[str, ...] = ()
    triggers: dict[str, tuple[Trigger, ...]] = field(factory=dict)
    next_base: int = 0

    def add(self, part_of: Mapping[str, Any], size: int) -> int:
        self.parts.append(Part(base=self.next_base, size=size, **part_of))
        self.next_base += size
        return len(self.parts) - 1


def resolve_journeys(
    choices: list[tuple[JourneyChoice, str]],
    profile: ProfileResolution | None,
    catalog: Catalog,
    problems: Problems,
    active: tuple[str, ...],
    *,
    with_people: bool = True,
    notices: list[str] | None = None,
) -> JourneyResolution:
    """Return the resolution of chosen journeys (each with its path in the specification)."""
    it = JourneyResolution(profile, catalog, problems, active, profile is None, notices if notices is not None else [])
    taken: dict[str, int] = {}
    for choice, path in choices:
        journey = _journey_of(it, choice, path)
        if journey is None:
            continue
        taken[journey.id] = taken.get(journey.id, 0) + 1
        label = journey.id if taken[journey.id] == 1 else f"{journey.id}#{taken[journey.id]}"
        _resolve_journey(it, journey, choice, path, label)
    if with_people:
        for event_type in catalog.all("event type").values():
            if event_type.each_person and (event_type.product in active or event_type.product == "core"):
                it.add({"path": f"each.{event_type.qualified}", "event_type": event_type.qualified}, 1)
    _resolve_triggers(it)
    if it.next_base > EVENT_SLOTS:
        problems.add(
            "journeys", f"a person can have at most {EVENT_SLOTS:,} events, these journeys allow {it.next_base:,}"
        )
    return it


def _journey_of(it: JourneyResolution, choice: JourneyChoice, path: str) -> JourneySpecification | None:
    if choice.journey is not None:
        return choice.journey
    template = it.catalog.template("journey", choice.template)
    if template is None:
        lacking = known.absent("journey", choice.template, set(it.catalog.fingerprint()))
        if lacking:
            it.notices.append(f"{path}: skipped: {lacking}")
        else:
            options = [*it.catalog.template_names("journey"), *known.names("journey")]
            it.problems.unknown(f"{path}.template", "journey template", choice.template, options)
        return None
    data = reading.parse_file(template.path)
    return reading.read_object(JourneySpecification, {"id": template.name, **data}, template.name, it.problems)


def _slots(it: JourneyResolution, choice: JourneyChoice, path: str) -> tuple[int, ...] | None:
    if choice.member is None or it.profile is None:
        return None
    slots = tuple(slot for slot, role in enumerate(it.profile.roles) if role == choice.member)
    if not slots:
        it.problems.unknown(f"{path}.member", "member", choice.member, it.profile.roles)
    return slots


def _resolve_journey(
    it: JourneyResolution, journey: JourneySpecification, choice: JourneyChoice, path: str, label: str
) -> None:
    where = f"journey {journey.id}" if choice.template else f"{path}" if path != "journey" else "journey"
    slots = _slots(it, choice, path)
    when = None
    if choice.when is not None:
        try:
            when = Expression.read(choice.when)
        except ValueError as error:
            it.problems.add(f"{path}.when", str(error))
    for condition in journey.requires:
        if it.profile is not None and condition is not None:
            require(it.profile, condition, slots if slots is not None else tuple(range(len(it.profile.roles))), path)
    definitions = _checked(it, journey, where)
    order = _ordered(it, definitions, where)
    siblings: dict[str, int] = {}
    for event_id in order:
        number, definition, event_type = definitions[event_id]
        at = f"{where}.events[{number}]"
        if definition.depends_on is not None and definition.depends_on not in siblings:
            if definition.depends_on in definitions:
                it.notices.append(f"{at}: skipped with {definition.depends_on!r}, on which it depends")
            continue
        _resolve_definition(it, journey, definition, event_type, at, label, slots, when, siblings)


def _checked(it: JourneyResolution, journey: JourneySpecification, where: str):
    """Return the events that can be used by id: (number, definition, event type)."""
    found: dict[str, tuple[int, EventDefinition, EventType]] = {}
    ids = [definition.event_id for definition in journey.events if definition is not None]
    if not ids:
        it.problems.add(f"{where}.events", "a journey needs at least one event")
    seen: set[str] = set()
    for number, definition in enumerate(journey.events):
        if definition is None or definition.event_id is None or definition.event_type is None:
            continue
        at = f"{where}.events[{number}]"
        if definition.event_id in seen:
            it.problems.add(f"{at}.event_id", f"event id {definition.event_id!r} is used twice")
            continue
        seen.add(definition.event_id)
        if definition.depends_on is not None and definition.depends_on not in ids:
            it.problems.unknown(
                f"{at}.depends_on", "event", definition.depends_on, [one for one in ids if one != definition.event_id]
            )
        event_type = _event_type(it, definition, at)
        if event_type is not None:
            found[definition.event_id] = (number, definition, event_type)
        _check_duration(it, journey, definition, at)
    return found


def _check_duration(it: JourneyResolution, journey: JourneySpecification, definition: EventDefinition, at: str) -> None:
    if journey.duration_days is None:
        return
    latest = 0.0
    if definition.day is not None:
        latest = definition.day + definition.variance_days
    elif definition.delay is not None:
        latest = definition.delay.days_max if definition.delay.days_max is not None else definition.delay.days
    if definition.repeat is not None and definition.repeat.every_days and definition.repeat.count:
        latest += definition.repeat.every_days * (definition.repeat.count - 1) + (definition.repeat.jitter_days or 0)
    if latest > journey.duration_days:
        it.problems.add(at, f"may happen on day {latest:g}, after the journey's duration_days {journey.duration_days}")


def _event_type(it: JourneyResolution, definition: EventDefinition, at: str) -> EventType | None:
    name, product = definition.event_type, definition.product
    event_type = it.catalog.event_type(name, product)
    if event_type is not None:
        return event_type
    installed = {plugin.name for plugin in it.catalog.plugins if not plugin.error}
    owner = product or _OURS.get(name) or (name.split(".")[0] if "." in name else None)
    if owner and owner not in installed and known.package_of("product", owner):
        it.notices.append(
            f"{at}: skipped: event type {name!r} needs {known.package_of('product', owner)}, which is not installed"
        )
        return None
    if product and product not in installed:
        it.problems.unknown(f"{at}.product", "product", product, it.catalog.all("product"))
        return None
    if owner in installed and name in _OURS:
        it.notices.append(
            f"{at}: skipped: event type {name!r} is not in the installed version of {known.package_of('product', owner)}"
        )
        return None
    names = [one.name for one in it.catalog.all("event type").values()]
    if names.count(name) > 1:
        owners = sorted(one.product for one in it.catalog.all("event type").values() if one.name == name)
        it.problems.add(
            f"{at}.event_type", f'event type {name!r} is declared by {" and ".join(owners)}; say which with "product"'
        )
        return None
    it.problems.unknown(f"{at}.event_type", "event type", name, names)
    return None


# Event types of our products, so that a journey naming one whose product is missing is told what to install.
_OURS = {
    **dict.fromkeys(
        "admission discharge transfer encounter observation procedure medication_order lab_order lab_result diagnosis referral "
        "care_plan_update immunization allergy vital_signs trial_eligible".split(),
        "patientsim",
    ),
    **dict.fromkeys(
        "new_enrollment termination plan_change claim_professional claim_institutional claim_pharmacy gap_identified gap_closed".split(),
        "membersim",
    ),
    **dict.fromkeys(
        "new_rx refill fill reversal therapy_start therapy_change therapy_discontinue adherence_gap mpr_threshold".split(),
        "rxmembersim",
    ),
    **dict.fromkeys(
        "screening randomization withdrawal scheduled_visit unscheduled_visit adverse_event serious_adverse_event protocol_deviation "
        "dose_modification".split(),
        "trialsim",
    ),
}


def _mentions(definition: EventDefinition, ids: set[str]) -> set[str]:
    """Return the other events a definition reads: in conditions and in `${…}`."""
    found = set()
    for condition in definition.conditions:
        if condition is not None:
            words = condition.field.removeprefix("event.").split(".")
            found.add(words[0])
    for value in definition.parameters.values():
        match = _REFERENCE.match(value) if isinstance(value, str) else None
        if match:
            found.add(match[1])
    return (found & ids) - {definition.event_id}


def _ordered(it: JourneyResolution, definitions: Mapping[str, tuple], where: str) -> list[str]:
    needs = {}
    for event_id, (_, definition, _) in definitions.items():
        needs[event_id] = sorted({definition.depends_on} - {None}) + sorted(_mentions(definition, set(definitions)))
    try:
        return ordered(definitions, needs)
    except Cycle as cycle:
        it.problems.add(f"{where}.events", f"events depend on each other in a circle: {cycle}")
        for number, definition, event_type in definitions.values():
            _parameters(it, definition, event_type, f"{where}.events[{number}]", dict.fromkeys(definitions, 0))
        return []


def _resolve_definition(it, journey, definition, event_type, at, label, slots, when, siblings) -> None:
    parent = siblings.get(definition.depends_on) if definition.depends_on else None
    for number, condition in enumerate(definition.conditions):
        if condition is not None:
            _check_condition(it, condition, f"{at}.conditions[{number}]", siblings, definition)
    plan = DefinitionPlan(
        journey=label,
        event_id=definition.event_id,
        name=definition.name or definition.event_id,
        event_type=event_type,
        parent=parent,
        delay=definition.delay,
        day=definition.day,
        variance_days=definition.variance_days,
        repeat_count=definition.repeat.count or 1 if definition.repeat else 1,
        every_days=definition.repeat.every_days or 1 if definition.repeat else 0,
        jitter_days=definition.repeat.jitter_days if definition.repeat else 0,
        probability=definition.probability,
        conditions=tuple(one for one in definition.conditions if one is not None),
        parameters=_parameters(it, definition, event_type, at, siblings),
        slots=slots,
        when=when,
        requires=tuple(one for one in journey.requires if one is not None),
        siblings=dict(siblings),
    )
    size = plan.repeat_count * (it.parts[parent].size if parent is not None else 1)
    path = f"journey.{label}.{definition.event_id}"
    siblings[definition.event_id] = it.add({"path": path, "event_type": event_type.qualified, "definition": plan}, size)


def _check_condition(it, condition, at, siblings, definition) -> None:
    words = condition.field.removeprefix("event.").split(".")
    if words[0] == "entity":
        if it.profile is not None and len(words) == 2 and words[1] not in _entity_names(it):
            it.problems.unknown(f"{at}.field", "attribute", words[1], _entity_names(it))
        return
    if words[0] not in siblings or len(words) != 2:
        options = ["entity.<attribute>", *(f"{one}.happened" for one in siblings)]
        it.problems.add(
            f"{at}.field",
            f"{condition.field!r} is neither an entity's attribute nor an earlier event's field; such as {', '.join(options[:4])}",
        )


def _entity_names(it: JourneyResolution) -> set[str]:
    """Return what `entity.` can be followed by: attributes and what derivations write."""
    written = {name for one in it.catalog.all("derivation").values() for name in one.writes}
    return {
        *it.catalog.all("attribute"),
        *it.profile.attributes,
        *written,
        "conditions",
        "role",
        "city",
        "state",
        "zip_code",
        "county_fips",
    }


def _parameters(it, definition, event_type, at, siblings) -> dict[str, object]:
    fields = {one.name: one for one in event_type.fields}
    given = dict(definition.parameters)
    for flag in ("generates_claim", "generates_fill"):
        if getattr(definition, flag) is not None:
            given[flag] = getattr(definition, flag)
    found = {}
    for name, value in given.items():
        path = f"{at}.parameters.{name}"
        if name not in fields:
            if name in ("generates_claim", "generates_fill"):
                continue
            it.problems.unknown(path, f"parameter of {event_type.name}", name, fields)
            continue
        match = _REFERENCE.match(value) if isinstance(value, str) else None
        if match:
            if match[1] != "entity" and match[1] not in siblings:
                it.problems.unknown(path, "event", match[1], [*siblings, "entity"])
            elif match[1] == "entity" and it.profile is not None and match[2] not in _entity_names(it):
                it.problems.unknown(path, "attribute", match[2], _entity_names(it))
            else:
                found[name] = Substitution(match[1], match[2])
            continue
        if isinstance(value, list | tuple):
            value = ",".join(str(one) for one in value)
        if fields[name].kind == "number" and (isinstance(value, bool) or not isinstance(value, int | float)):
            it.problems.add(path, f"expected a number, got {value!r}")
            continue
        if fields[name].values and value not in fields[name].values:
            it.problems.unknown(path, f"value of {name}", value, fields[name].values)
            continue
        if fields[name].kind == "diagnosis":
            _need_code(it, str(value), path)
        found[name] = value
    for name, one in fields.items():
        if one.kind == "diagnosis" and name not in found and one.default is not None:
            _need_code(it, one.default, f"{at}.parameters.{name}")
    return found


def _need_code(it: JourneyResolution, code: str, path: str) -> None:
    """Make sure people have a billable code for a diagnosis an event names, whether or not they have the condition."""
    if it.profile is None or code in it.profile.conditions:
        return
    plan = condition_plan(it.profile, code, path)
    if plan is not None:
        it.profile.conditions[code] = plan


def _resolve_triggers(it: JourneyResolution) -> None:
    types = {name: one for name, one in it.catalog.all("event type").items()}
    usable: dict[str, list[Trigger]] = {}
    for trigger in it.catalog.all("trigger").values():
        if trigger.source in types and trigger.target in types:
            usable.setdefault(trigger.source, []).append(trigger)
    needs: dict[str, list[str]] = {name: [] for name in types}
    for source, triggers in usable.items():
        for trigger in triggers:
            needs[trigger.target].append(source)
    for name, event_type in types.items():
        needs[name] += [other for link in event_type.links for other in link.to if other in types]
    try:
        it.event_order = tuple(ordered(types, needs))
    except Cycle as cycle:
        raise PluginError(f"triggers and links of event types form a circle: {cycle}") from None
    skipped: dict[str, int] = {}
    for name in it.event_order:
        chosen = []
        for trigger in sorted(usable.get(name, ()), key=lambda one: (-one.priority, one.name)):
            product = trigger.target.split(".")[0]
            if not it.lenient and product not in it.active and not _leads_on(trigger.target, usable, it.active, types):
                skipped[trigger.name] = 1
                continue
            chosen.append(trigger)
            for source, part in list(enumerate(it.parts)):
                if part.event_type == name:
                    it.add(
                        {
                            "path": f"{part.path}>{trigger.name}",
                            "event_type": trigger.target,
                            "trigger": trigger,
                            "source": source,
                        },
                        part.size,
                    )
        it.triggers[name] = tuple(chosen)
    if skipped:
        it.notices.append(f"triggers to products that take no part were skipped: {', '.join(sorted(skipped))}")


def _leads_on(
    target: str, usable: Mapping[str, list[Trigger]], active: tuple[str, ...], types: Mapping[str, EventType]
) -> bool:
    """Return whether an event of a product that takes no part still leads to one that does."""
    return any(
        one.target.split(".")[0] in active or _leads_on(one.target, usable, active, types)
        for one in usable.get(target, ())
    )

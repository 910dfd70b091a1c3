"""Resolve journeys: laid out flat, every event to its declared type, in an order in which all can be unfolded."""

from __future__ import annotations

from functools import partial

import numpy as np
from attrs import frozen

from healthsim_core import known, reading
from healthsim_core.catalog import Catalog
from healthsim_core.conditions import Expression
from healthsim_core.distributions import Distribution, read_distribution
from healthsim_core.errors import Problems
from healthsim_core.events import EVENT_SLOTS, EventType
from healthsim_core.generation.flattening import MOST_PHASES, Flat, flatten, most_phases
from healthsim_core.generation.graph import Cycle, ordered
from healthsim_core.generation.plan import ArmPlan, DefinitionPlan, PhasesPlan
from healthsim_core.generation.resolution import ROLES, ProfileResolution
from healthsim_core.generation.resolve_events import (
    REFERENCE,
    JourneyResolution,
    check_condition,
    check_propensity,
    entity_names,
    event_type_of,
    parameters_of,
)
from healthsim_core.generation.resolve_members import require
from healthsim_core.generation.resolve_triggers import add_triggered_parts, order_events, tell_skipped
from healthsim_core.journey_specs import EventDefinition, JourneyChoice, JourneySpecification, Repeat
from healthsim_core.state.shelf import Shelf

Choices = list[tuple[JourneyChoice, str]]
"""Chosen journeys, each with its path in the specification."""


@frozen
class Taker:
    """Who takes a journey."""

    slots: tuple[int, ...] | None = None
    roles: tuple[str, ...] | None = None
    when: Expression | None = None


def resolve_journeys(
    layers: list[tuple[Choices, tuple[str, ...]]],
    profile: ProfileResolution | None,
    catalog: Catalog,
    problems: Problems,
    *,
    with_people: bool = True,
    notices: list[str] | None = None,
) -> JourneyResolution:
    """Return the resolution of layers of journeys, each with the products that take part from then on.

    A layer's events stand behind those of the layers before, so that what is added later changes no earlier key.
    """
    notices = notices if notices is not None else []
    it = JourneyResolution(profile, catalog, problems, (), lenient=profile is None, notices=notices)
    usable = order_events(it)
    for number, (choices, active) in enumerate(layers):
        it.active, it.added = active, number > 0
        for choice, path in choices:
            journey = _journey_of(it, choice, path)
            if journey is not None:
                _resolve_journey(it, journey, choice, path)
        if with_people:
            _add_each_person(it)
        add_triggered_parts(it, usable)
        it.settle()
    tell_skipped(it)
    if it.next_base > EVENT_SLOTS:
        problems.add(
            "journeys", f"a person can have at most {EVENT_SLOTS:,} events, these journeys allow {it.next_base:,}"
        )
    return it


def _add_each_person(it: JourneyResolution) -> None:
    there = {part.path for part in it.parts}
    for event_type in it.catalog.all("event type").values():
        path = f"each.{event_type.qualified}"
        if event_type.each_person and event_type.product in (*it.active, "core") and path not in there:
            it.add({"path": path, "event_type": event_type.qualified}, 1)


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
            if it.profile is not None:
                options += Shelf(it.profile.workspace, "journey").names()
            it.problems.unknown(f"{path}.template", "journey template", choice.template, options)
        return None
    data = reading.parse_file(template.path)
    return reading.read_object(JourneySpecification, {"id": template.name, **data}, template.name, it.problems)


def _taker(it: JourneyResolution, choice: JourneyChoice, path: str) -> Taker:
    slots = roles = when = None
    if choice.member is not None and it.profile is not None:
        if it.profile.household is not None:
            roles = (choice.member,)
            if choice.member not in ROLES:
                it.problems.unknown(f"{path}.member", "member", choice.member, ROLES)
        else:
            slots = tuple(slot for slot, role in enumerate(it.profile.roles) if role == choice.member)
            if not slots:
                it.problems.unknown(f"{path}.member", "member", choice.member, it.profile.roles)
    if choice.when is not None:
        try:
            when = Expression.read(choice.when)
        except ValueError as error:
            it.problems.add(f"{path}.when", str(error))
    if when is not None and it.profile is not None:
        for name in when.reads():
            if name not in entity_names(it):
                it.problems.unknown(f"{path}.when", "attribute", name, entity_names(it))
    return Taker(slots, roles, when)


def _resolve_journey(it: JourneyResolution, journey: JourneySpecification, choice: JourneyChoice, path: str) -> None:
    it.labels[journey.id] = it.labels.get(journey.id, 0) + 1
    label = journey.id if it.labels[journey.id] == 1 else f"{journey.id}#{it.labels[journey.id]}"
    where = f"journey {journey.id}" if choice.template else f"{path}" if path != "journey" else "journey"
    taker = _taker(it, choice, path)
    if it.profile is not None and it.profile.household is None and taker.when is None and not it.added:
        slots = taker.slots if taker.slots is not None else tuple(range(len(it.profile.roles)))
        for condition in journey.requires:
            if condition is not None:
                require(it.profile, condition, slots, path)
    for number, condition in enumerate(journey.requires):
        if condition is not None:
            check_condition(it, condition, f"{where}.requires[{number}]", {})
    lengths = [_years(it, phase, f"{where}.phases[{number}].years") for number, phase in enumerate(journey.phases)]
    flats = {}
    for flat in flatten(journey, where, lengths, it.problems):
        event_id = flat.definition.event_id
        if event_id in flats:
            it.problems.add(f"{flat.at}.event_id", f"event id {event_id!r} is used twice")
        else:
            flats[event_id] = flat
    if not flats and not it.problems.found:
        it.problems.add(f"{where}.events", "a journey needs at least one event")
    usable = _checked(it, journey, flats)
    phases = _phases(it, journey, label, where, lengths)
    sizes = {event_id: _size(flats, event_id, phases) for event_id in flats}
    bases = {event_id: it.reserve(size) for event_id, size in sizes.items()}
    siblings: dict[str, int] = {}
    it.absent = set(flats) - set(usable)
    if it.added:
        _tell_outsiders(it, label, usable)
    for event_id in _ordered(it, usable, where):
        flat, event_type = usable[event_id]
        follows = flat.definition.depends_on
        if follows is not None and follows not in siblings:
            if follows in flats:
                it.notices.append(f"{flat.at}: skipped with {follows!r}, on which it depends")
                it.absent.add(event_id)
            continue
        plan = _resolve_definition(it, journey, flat, event_type, label, taker, phases, siblings)
        path = f"journey.{label}.{event_id}"
        part = {"path": path, "event_type": event_type.qualified, "definition": plan}
        siblings[event_id] = it.add(part, sizes[event_id], bases[event_id])


def _tell_outsiders(it: JourneyResolution, label: str, usable: dict[str, tuple[Flat, EventType]]) -> None:
    """Say which products' events of a journey added to a saved scenario have no effect, as those take no part in it."""
    types = [event_type.product for _, event_type in usable.values()]
    for product in sorted(set(types) & set(it.catalog.all("product")) - set(it.active)):
        number = types.count(product)
        events = "1 event" if number == 1 else f"{number} events"
        it.notices.append(
            f"journey {label}: {events} of {product} without effect, as {product} takes no part; add it with --product {product}"
        )


def _size(flats: dict[str, Flat], event_id: str, phases: PhasesPlan | None, below: frozenset[str] = frozenset()) -> int:
    """Return how often an event of a journey can happen to one person, whether or not its type is installed."""
    flat = flats[event_id]
    follows, repeat = flat.definition.depends_on, flat.definition.repeat
    size = 1
    if flat.phase is not None and phases is not None:
        size = phases.most
    elif follows in flats and follows not in below:
        size = _size(flats, follows, phases, below | {event_id})
    return size * (repeat.count or 1 if repeat is not None else 1)


def _years(it: JourneyResolution, phase, path: str) -> Distribution | None:
    if phase is None:
        return None
    kinds = it.catalog.all("distribution")
    length = read_distribution(phase.years, path, it.problems, kinds)
    if length is None:
        return None
    if length.reads():
        it.problems.add(path, "how long a phase lasts cannot depend on attributes")
        return None
    least = np.asarray(length.ppf(np.array([2.0**-53, 0.5]), {}))
    if least.dtype.kind not in "fiu" or np.isnan(least.astype(float)).any() or least[0] < 0:
        it.problems.add(path, "expected years, 0 or more, for everybody")
        return None
    return length


def _phases(it: JourneyResolution, journey: JourneySpecification, label: str, where: str, lengths) -> PhasesPlan | None:
    phases = [phase for phase in journey.phases if phase is not None and phase.name is not None]
    if not phases or len(phases) != len(lengths) or None in lengths:
        return None
    names = tuple(phase.name for phase in phases)
    table = []
    for number, phase in enumerate(phases):
        at = f"{where}.phases[{number}].next"
        for name, share in phase.next.items():
            if name not in names:
                it.problems.unknown(f"{at}.{name}", "phase", name, names)
            reading.number(0, 1)(share, f"{at}.{name}", it.problems)
        if len(it.problems.found) == 0 and sum(phase.next.values()) > 1.001:
            it.problems.add(at, f"the shares sum to {sum(phase.next.values()):.6g}; at most 1, what is left ends there")
        table.append(tuple(phase.next.get(name, 0.0) for name in names))
    most = most_phases(journey, lengths, f"{where}.phases", it.problems)
    if most > MOST_PHASES:
        it.notices.append(f"{where}.phases: a life has at most {MOST_PHASES} phases; what would come after is cut")
        most = MOST_PHASES
    return PhasesPlan(f"journey.{label}.phases", names, tuple(lengths), tuple(table), most, journey.duration_days)


def _checked(
    it: JourneyResolution, journey: JourneySpecification, flats: dict[str, Flat]
) -> dict[str, tuple[Flat, EventType]]:
    """Return the events whose type is declared, after the checks that need nothing else."""
    found = {}
    for event_id, flat in flats.items():
        definition = flat.definition
        if definition.depends_on is not None and definition.depends_on not in flats:
            options = [one for one in flats if one != event_id]
            it.problems.unknown(f"{flat.at}.depends_on", "event", definition.depends_on, options)
        if definition.window is not None and (definition.day is None or definition.variance_days):
            it.problems.add(f"{flat.at}.window", "a window moves a day; give day and window, without variance_days")
        _check_duration(it, journey, flats, flat)
        event_type = event_type_of(it, definition, flat.at)
        if event_type is not None:
            found[event_id] = (flat, event_type)
    return found


def _check_duration(it: JourneyResolution, journey: JourneySpecification, flats: dict[str, Flat], flat: Flat) -> None:
    if journey.duration_days is None:
        return
    latest = _latest_day(flats, flat.definition.event_id)
    if latest is not None and latest > journey.duration_days:
        what = f"may happen on day {latest:g}, after the journey's duration_days {journey.duration_days}"
        it.problems.add(flat.at, what)


def _latest_day(flats: dict[str, Flat], event_id: str, below: frozenset[str] = frozenset()) -> float | None:
    """Return the latest day of an event; None where its phase ends it, or the journey's end, whatever was drawn."""
    flat = flats[event_id]
    definition, follows = flat.definition, flat.definition.depends_on
    if flat.in_phase or flat.phase is not None or flat.cut:
        return None
    latest = 0.0
    if follows in flats and follows not in below:
        before = _latest_day(flats, follows, below | {event_id})
        if before is None:
            return None
        latest = before
    if definition.delay is not None:
        latest += definition.delay.days_max if definition.delay.draws() else definition.delay.days
    if definition.day is not None:
        latest = max(latest, definition.day + _window(definition)[1])
    repeat = definition.repeat
    if repeat is not None and repeat.every_days and repeat.count:
        latest += repeat.every_days * (repeat.count - 1) + (repeat.jitter_days or 0)
    return latest


def _window(definition: EventDefinition) -> tuple[int, int]:
    return definition.window or (-definition.variance_days, definition.variance_days)


def _conditions(definition: EventDefinition) -> list[tuple[str, object]]:
    """Return every condition an event reads before or while it happens, with its path below the event's."""
    found = [(f"conditions[{number}]", one) for number, one in enumerate(definition.conditions)]
    if definition.repeat is not None and definition.repeat.until is not None:
        found.append(("repeat.until", definition.repeat.until))
    for arm, branch in enumerate(definition.branches):
        if branch is not None:
            found += [(f"branches[{arm}].conditions[{number}]", one) for number, one in enumerate(branch.conditions)]
    return [(path, one) for path, one in found if one is not None]


def _mentions(definition: EventDefinition, ids: set[str]) -> set[str]:
    """Return the other events a definition reads: in conditions and in `${…}`."""
    found = {one.field.removeprefix("event.").split(".")[0] for _, one in _conditions(definition)}
    for value in definition.parameters.values():
        match = REFERENCE.match(value) if isinstance(value, str) else None
        if match:
            found.add(match[1])
    return (found & ids) - {definition.event_id}


def _ordered(it: JourneyResolution, usable: dict[str, tuple[Flat, EventType]], where: str) -> list[str]:
    needs = {}
    for event_id, (flat, _) in usable.items():
        needs[event_id] = sorted({flat.definition.depends_on} - {None}) + sorted(
            _mentions(flat.definition, set(usable))
        )
    try:
        return ordered(sorted(usable, key=partial(_turn, it.event_order, usable, needs)), needs)
    except Cycle as cycle:
        it.problems.add(f"{where}.events", f"events depend on each other in a circle: {cycle}")
        for flat, event_type in usable.values():
            parameters_of(it, flat.definition, event_type, flat.at, dict.fromkeys(usable, 0), flat.offered)
        return []


def _turn(event_order: tuple[str, ...], usable: dict[str, tuple[Flat, EventType]], needs: dict, event_id: str) -> int:
    """Return how late an event is unfolded: after types that its own type, or that of one it needs, is finished after.

    So a result's outcomes see the drugs that wait for no result.
    """
    seen, waiting = {event_id}, [event_id]
    while waiting:
        more = {one for one in needs.get(waiting.pop(), ()) if one in usable} - seen
        seen |= more
        waiting += more
    return max(event_order.index(usable[one][1].qualified) for one in seen)


def _resolve_definition(
    it: JourneyResolution, journey, flat: Flat, event_type, label, taker: Taker, phases, siblings
) -> DefinitionPlan:
    definition, at = flat.definition, flat.at
    parent = siblings.get(definition.depends_on) if definition.depends_on else None
    own = {definition.event_id: -1} if definition.repeat or definition.branches else {}
    for path, condition in _conditions(definition):
        # A cycle's end and an event's arms may look at the event's own outcome.
        mine = {} if path.startswith("conditions") else own
        check_condition(it, condition, f"{at}.{path}", {**siblings, **mine}, event_type.qualified)
    parameters, skill = parameters_of(it, definition, event_type, at, siblings, flat.offered)
    repeat = _repeat(it, definition, at)
    if definition.propensity is not None:
        check_propensity(it, definition, event_type, f"{at}.propensity")
    arms = tuple(
        ArmPlan(branch.name or str(number + 1), branch.weight or 0.0, branch.conditions)
        for number, branch in enumerate(definition.branches)
        if branch is not None
    )
    if len(arms) and sum(arm.weight for arm in arms) == 0:
        # One arm without weight or conditions is that of all others.
        arms = tuple(ArmPlan(arm.name, 0.0 if arm.conditions else 1.0, arm.conditions) for arm in arms)
    return DefinitionPlan(
        journey=label,
        event_id=definition.event_id,
        name=definition.name or definition.event_id,
        event_type=event_type,
        parent=parent,
        delay=definition.delay,
        day=definition.day,
        window=_window(definition),
        business_days=definition.business_days,
        repeat_count=repeat.count or 1,
        every_days=repeat.every_days or 0,
        jitter_days=repeat.jitter_days,
        interval_skill=_label(it, definition.repeat),
        until=repeat.until,
        probability=definition.probability,
        propensity=definition.propensity,
        conditions=tuple(one for one in definition.conditions if one is not None),
        parameters=parameters,
        skill=skill,
        arms=arms,
        arm=flat.arm,
        phases=phases if flat.phase is not None else None,
        phase=flat.phase,
        in_phase=flat.in_phase,
        within_days=journey.duration_days if flat.cut else None,
        start_delay=journey.start_delay,
        slots=taker.slots,
        roles=taker.roles,
        when=taker.when,
        requires=tuple(one for one in journey.requires if one is not None),
        siblings=dict(siblings),
    )


def _label(it: JourneyResolution, repeat: Repeat | None) -> str | None:
    """Return the skill and version that says how often an event repeats."""
    skill = it.catalog.get("skill", repeat.skill_ref) if repeat is not None and repeat.skill_ref else None
    return skill and skill.label


def _repeat(it: JourneyResolution, definition: EventDefinition, at: str) -> Repeat:
    """Return how an event repeats; where a skill says how often, its follow-up interval."""
    repeat = definition.repeat
    if repeat is None:
        return Repeat(0, 1)
    if repeat.skill_ref is None:
        if not repeat.every_days:
            it.problems.add(f"{at}.repeat.every_days", "is missing")
        return repeat
    skill = it.catalog.get("skill", repeat.skill_ref)
    if skill is None:
        it.problems.unknown(f"{at}.repeat.skill_ref", "skill", repeat.skill_ref, it.catalog.all("skill"))
        return repeat
    rows = skill.rows("follow_up", {"severity": "", "event": definition.event_type})
    if not rows:
        it.problems.add(
            f"{at}.repeat.skill_ref", f"skill {skill.name!r} has no follow-up interval for {definition.event_type}"
        )
        return repeat
    return Repeat(float(rows[0]["interval_days"]), repeat.count, repeat.jitter_days, repeat.until)

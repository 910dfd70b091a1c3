"""Resolve one event of a journey: its declared type, its parameters, what it takes from a skill, what its conditions read."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any

from attrs import define, evolve, field

from healthsim_core import known
from healthsim_core.catalog import Catalog
from healthsim_core.conditions import Condition
from healthsim_core.errors import Problems, suggestion
from healthsim_core.events import EventType, Trigger
from healthsim_core.generation.plan import Part, SkillPlan, Substitution
from healthsim_core.generation.resolution import ProfileResolution
from healthsim_core.generation.resolve_conditions import condition_plan
from healthsim_core.journey_specs import EventDefinition

REFERENCE = re.compile(r"^\$\{(?:event\.)?([A-Za-z0-9_-]+)\.([A-Za-z0-9_.-]+)\}$")
UNSETTLED = -1
FLAGS = ("generates_claim", "generates_fill")
NUMBERS = ("number", "integer")


@define
class JourneyResolution:
    """What the journeys come to, while they are being resolved."""

    profile: ProfileResolution | None
    catalog: Catalog
    problems: Problems
    active: tuple[str, ...]
    lenient: bool = False
    """Views of single timelines have no profile: their persons may have any columns."""
    added: bool = False
    """Whether the layer at hand came later: its people are there already, and its requirements choose among them."""
    notices: list[str] = field(factory=list)
    parts: list[Part] = field(factory=list)
    event_order: tuple[str, ...] = ()
    triggers: dict[str, tuple[Trigger, ...]] = field(factory=dict)
    skipped: dict[str, Trigger] = field(factory=dict)
    """Triggers to products that take no part, by name."""
    absent: set[str] = field(factory=set)
    """The events of the journey at hand that are left out, because their product is not installed: they never happen."""
    next_base: int = 0
    labels: dict[str, int] = field(factory=dict)

    def reserve(self, size: int) -> int:
        """Return the first of so many places among a person's events, kept free whoever uses them."""
        self.next_base += size
        return self.next_base - size

    def add(self, part_of: Mapping[str, Any], size: int, base: int = UNSETTLED) -> int:
        """Add a part and return its number; without a `base` it gets its places when the layer is settled."""
        self.parts.append(Part(base=base, size=size, **part_of))
        return len(self.parts) - 1

    def settle(self) -> None:
        """Give places to the parts that have none, those of our own products first, strangers' last.

        So a product that is installed later takes places behind, and leaves the keys of the others as they were.
        """
        waiting = [number for number, part in enumerate(self.parts) if part.base == UNSETTLED]
        for number in sorted(waiting, key=lambda one: (self._latest_product(self.parts[one]), self.parts[one].path)):
            self.parts[number] = evolve(self.parts[number], base=self.reserve(self.parts[number].size))

    def _latest_product(self, part: Part) -> tuple[int, str]:
        ours = ["core", *known.names("product")]
        product = self.catalog.all("event type")[part.event_type].product
        rank = (ours.index(product) if product in ours else len(ours), product)
        return rank if part.source is None else max(rank, self._latest_product(self.parts[part.source]))


def event_type_of(it: JourneyResolution, definition: EventDefinition, at: str) -> EventType | None:
    """Return the declared type of an event; an absent product is a notice, an unknown name a problem."""
    name, product = definition.event_type, definition.product
    event_type = it.catalog.event_type(name, product)
    if event_type is not None:
        return event_type
    installed = {plugin.name for plugin in it.catalog.plugins if not plugin.error}
    ours = known.product_of_event_type(name)
    owner = product or ours or (name.split(".")[0] if "." in name else None)
    package = known.package_of("product", owner) if owner else None
    if package and owner not in installed:
        it.notices.append(f"{at}: skipped: event type {name!r} needs {package}, which is not installed")
        return None
    if product and product not in installed:
        it.problems.unknown(f"{at}.product", "product", product, it.catalog.all("product"))
        return None
    if owner in installed and ours:
        it.notices.append(f"{at}: skipped: event type {name!r} is not in the installed version of {package}")
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


def check_condition(
    it: JourneyResolution, condition: Condition, at: str, siblings: Mapping[str, int], own: str | None = None
) -> None:
    """Report a condition that reads neither an entity's attribute nor a field of an earlier event, or of its `own` type."""
    words = condition.field.removeprefix("event.").split(".")
    if words[0] == "entity":
        if it.profile is not None and len(words) == 2 and words[1] not in entity_names(it):
            it.problems.unknown(f"{at}.field", "attribute", words[1], entity_names(it))
        elif it.profile is not None and len(words) == 2 and words[1] in it.profile.attributes:
            _check_value(it, condition, it.profile.attributes[words[1]].kind, at)
        return
    if words[0] in it.absent and len(words) == 2:
        return
    if words[0] not in siblings or len(words) != 2:
        options = ["entity.<attribute>", *(f"{one}.happened" for one in siblings)]
        it.problems.add(
            f"{at}.field",
            f"{condition.field!r} is neither an entity's attribute nor an earlier event's field; such as {', '.join(options[:4])}",
        )

    else:
        kind = _field_of(it, siblings[words[0]], own or "", words[1], f"{at}.field")
        _check_value(it, condition, kind, at)


def _check_value(it: JourneyResolution, condition: Condition, kind: str | None, at: str) -> None:
    """Report a value that a field of a kind is never compared with."""
    if condition.operator in ("exists", "in", "not_in"):
        return
    value = condition.value
    if value is None:
        it.problems.add(f"{at}.value", f"{condition.operator} needs a value")
    elif kind in ("number", "integer") and (isinstance(value, bool) or not isinstance(value, int | float)):
        it.problems.add(f"{at}.value", f"{condition.field} is a number, got {value!r}")
    elif isinstance(value, list | dict):
        it.problems.add(f"{at}.value", f"{condition.operator} compares with one value, got {value!r}")


def check_propensity(it: JourneyResolution, definition: EventDefinition, event_type: EventType, at: str) -> None:
    """Report a propensity that is no number of a person, or stands where it moves nothing."""
    name = definition.propensity
    if event_type.each_person:
        it.problems.add(at, f"{event_type.name} happens to everybody once, however likely it is here; leave it out")
    elif definition.probability == 0:
        it.problems.add(at, "moves nothing where the probability is 0")
    if it.profile is None:
        return
    kinds = {one.name: one.kind for one in it.catalog.all("attribute").values()}
    kinds |= {plan.name: plan.kind for plan in it.profile.attributes.values()}
    if name not in kinds and known.product_of_attribute(name) is None:
        numbers = [one for one, kind in kinds.items() if kind in NUMBERS]
        it.problems.unknown(at, "attribute", name, [*numbers, *known.attributes()])
    elif kinds.get(name, "number") not in NUMBERS:
        it.problems.add(at, f"{name} is a {kinds[name]}, and a propensity is a number")


_ALWAYS = {"happened": "boolean", "branch": "text", "time": "datetime", "occurrence": "number"}


def _field_of(it: JourneyResolution, part: int, own: str, name: str, path: str) -> str | None:
    """Return the kind of a field that events of a part (-1: of the type `own`) have, reporting one they do not have."""
    event_type = it.catalog.all("event type")[own if part < 0 else it.parts[part].event_type]
    kinds = event_type.kinds | _ALWAYS
    if name not in kinds:
        it.problems.unknown(path, f"field of {event_type.name}", name, kinds)
        return None
    return kinds[name]


def entity_names(it: JourneyResolution) -> set[str]:
    """Return what `entity.` can be followed by: attributes and what derivations write."""
    written = {name for one in it.catalog.all("derivation").values() for name in one.writes}
    places = {"conditions", "role", "relationship", "household_size", "city", "state", "zip_code", "county_fips"}
    return {*it.catalog.all("attribute"), *it.profile.attributes, *written, *places}


def parameters_of(
    it: JourneyResolution,
    definition: EventDefinition,
    event_type: EventType,
    at: str,
    siblings: Mapping[str, int],
    offered: Mapping[str, object],
) -> tuple[dict[str, object], SkillPlan | None]:
    """Return an event's parameters and what it takes from a skill, reporting what its type does not know."""
    fields = {one.name: one for one in event_type.fields}
    given = dict(definition.parameters)
    for flag in FLAGS:
        if getattr(definition, flag) is not None and flag in fields:
            given[flag] = getattr(definition, flag)
    given |= {name: value for name, value in offered.items() if name in fields and name not in given}
    found, skill = {}, None
    if "skill_ref" in given and "skill_ref" not in fields:
        found, skill = _from_skill(it, given, event_type, at, siblings)
    for name, value in given.items():
        path = f"{at}.parameters.{name}"
        if name not in fields:
            it.problems.unknown(path, f"parameter of {event_type.name}", name, fields)
            continue
        match = REFERENCE.match(value) if isinstance(value, str) else None
        if match:
            substitution = _substitution(it, match, path, siblings, fields[name].kind)
            if substitution is not None:
                found[name] = substitution
            continue
        if isinstance(value, list | tuple):
            value = ",".join(str(one) for one in value)
        if fields[name].kind == "number" and (isinstance(value, bool) or not isinstance(value, int | float)):
            it.problems.add(path, f"expected a number, got {value!r}")
            continue
        if fields[name].kind == "boolean" and not isinstance(value, bool):
            it.problems.add(path, f"expected true or false, got {value!r}")
            continue
        if fields[name].kind == "key":
            it.problems.add(path, "is an id that follows from what happens; leave it out")
            continue
        if fields[name].kind == "datetime" and not _is_moment(value):
            it.problems.add(path, f"expected a date and time as 2025-01-31T09:30, got {value!r}")
            continue
        if fields[name].pattern and not re.fullmatch(fields[name].pattern, str(value)):
            it.problems.add(path, f"expected {fields[name].doc.rstrip('.')}, got {value!r}")
            continue
        if fields[name].values and value not in fields[name].values:
            it.problems.unknown(path, f"value of {name}", value, fields[name].values)
            continue
        found[name] = value
    for name, one in fields.items():
        code = found.get(name, one.default)
        if one.kind == "diagnosis" and code is not None and not isinstance(code, Substitution):
            _need_code(it, str(code), f"{at}.parameters.{name}")
    return found, skill


def _is_moment(value: object) -> bool:
    try:
        datetime.datetime.fromisoformat(str(value))
    except ValueError:
        return False
    return True


def _substitution(
    it: JourneyResolution, match: re.Match, path: str, siblings: Mapping[str, int], wanted: str | None = None
) -> Substitution | None:
    """Return what `${…}` stands for, if it is there and suits the kind of field it is `wanted` for."""
    if match[1] in it.absent:
        return None
    if match[1] != "entity" and match[1] not in siblings:
        it.problems.unknown(path, "event", match[1], [*siblings, "entity"])
        return None
    if match[1] == "entity" and it.profile is not None and match[2] not in entity_names(it):
        it.problems.unknown(path, "attribute", match[2], entity_names(it))
        return None
    if match[1] != "entity":
        kind = _field_of(it, siblings[match[1]], "", match[2], path)
    else:
        attribute = it.profile.attributes.get(match[2]) if it.profile is not None else None
        kind = {"category": "text", "integer": "number"}.get(attribute.kind, attribute.kind) if attribute else "?"
    if wanted is not None and kind is not None and _GROUP.get(kind, wanted) != _GROUP.get(wanted, wanted):
        it.problems.add(path, f"expected a {_GROUP.get(wanted, wanted)}, but {match[1]}.{match[2]} is a {_GROUP[kind]}")
        return None
    return Substitution(match[1], match[2])


_GROUP = {
    "code": "text",
    "text": "text",
    "diagnosis": "text",
    "number": "number",
    "key": "key",
    "datetime": "datetime",
    "boolean": "boolean",
}


def _from_skill(it: JourneyResolution, given: dict, event_type: EventType, at: str, siblings: Mapping[str, int]):
    """Take from `given` what speaks to the skill; return the fields the skill settles now and those settled per event."""
    name, use = given.pop("skill_ref"), event_type.skill
    path = f"{at}.parameters.skill_ref"
    skill = it.catalog.get("skill", str(name))
    if skill is None:
        it.problems.unknown(path, "skill", name, it.catalog.all("skill"))
        return {}, None
    if use is None:
        takers = [one.name for one in it.catalog.all("event type").values() if one.skill]
        it.problems.add(path, f"{event_type.name} takes nothing from skills; {', '.join(sorted(takers))} do")
        return {}, None
    settled: dict[str, object] = {}
    if use.condition and use.condition not in given:
        settled[use.condition] = skill.applies_to[0]
    fields = {one.name for one in event_type.fields}
    table = skill.tables.get(use.section, ())
    columns = {column for row in table for column in row}
    wanted, select = {}, {}
    for column in [one for one in given if one in columns]:
        value = given[column] if column in fields else given.pop(column)
        match = REFERENCE.match(value) if isinstance(value, str) else None
        if match is None:
            wanted[column] = value
        else:
            substitution = _substitution(it, match, f"{at}.parameters.{column}", siblings)
            if substitution is not None:
                select[column] = substitution
    fills = {own: column for own, column in use.fills.items() if own not in given}
    rows = skill.rows(use.section, wanted)
    if fills and not rows:
        asked = ", ".join(f"{column} {value!r}" for column, value in wanted.items()) or "any row"
        it.problems.add(
            path, f"skill {skill.name!r} has nothing under {use.section!r} for {asked}{_options(table, wanted)}"
        )
        return settled, None
    return settled, SkillPlan(skill.label, tuple(rows) if fills else (), select, fills)


def _options(table, wanted: Mapping[str, object]) -> str:
    for column, value in wanted.items():
        options = {row.get(column, "") for row in table} - {""}
        if str(value) not in options:
            return suggestion(value, options)
    return ""


def _need_code(it: JourneyResolution, code: str, path: str) -> None:
    """Make sure people have a billable code for a diagnosis an event names, whether or not they have the condition."""
    if it.profile is None or code in it.profile.conditions:
        return
    plan = condition_plan(it.profile, code, path)
    if plan is not None:
        it.profile.conditions[code] = plan

"""core.md and the pages of the products: attributes, tables, event types, triggers, formats, by plugin."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from healthsim_core.catalog import Catalog
from healthsim_core.conditions import Condition
from healthsim_core.declarations import Attribute, OutputFormat
from healthsim_core.events import Delay, EventType, Link, Trigger
from healthsim_core.tables import Column, Table
from reference_pages import markdown as md


def _of(catalog: Catalog, kind: str, owner: str) -> list:
    return [one for name, one in catalog.all(kind).items() if catalog.owner(kind, name) == owner]


def attributes_of(catalog: Catalog, owner: str) -> list[str]:
    """Return the attributes a plugin declares, as a table."""
    found: list[Attribute] = _of(catalog, "attribute", owner)
    rows = [
        (md.code(f"{one.section}.{one.name}"), one.kind, md.codes(one.values) or _range(one), one.unit or "",
         "" if one.default is None else md.code(json.dumps(one.default)), one.doc) for one in found
    ]  # fmt: skip
    return [md.table(("attribute", "kind", "may be", "unit", "by default", "meaning"), rows)] if rows else []


def _range(one: Attribute) -> str:
    if one.low is None and one.high is None:
        return ""
    if one.high is None:
        return f"from {one.low:g}"
    return f"{one.low:g} to {one.high:g}"


def tables_of(catalog: Catalog, owner: str) -> list[str]:
    """Return the tables a plugin declares, a section each."""
    parts = []
    for one in _of(catalog, "table", owner):
        parts += [
            f"### {one.name}",
            one.doc,
            md.table(("column", "type", "key", "codes", "unit", "meaning"), map(_column(one), one.columns)),
        ]
    return parts


def _column(table: Table) -> Callable[[Column], tuple]:
    def row(one: Column) -> tuple:
        keys = [
            *(["primary key"] if one.name in table.primary_key else []),
            *([f"→ `{one.references}`"] if one.references else []),
        ]
        kind = one.type + (", may be empty" if one.nullable else "")
        return (md.code(one.name), kind, ", ".join(keys), one.system or "", one.unit or "", one.doc)

    return row


def events_of(catalog: Catalog, owner: str) -> list[str]:
    """Return the event types and triggers a plugin declares."""
    parts = []
    for one in _of(catalog, "event type", owner):
        rows = [
            (
                md.code(each.name),
                each.kind,
                "" if each.default is None else md.shown(each.default),
                md.codes(each.values),
                each.doc,
            )
            for each in one.fields
        ]
        parts += [
            f"### {one.qualified}",
            one.doc,
            "\n".join(_about(one)),
            md.table(("field", "kind", "default", "may be", "meaning"), rows),
        ]
    triggers = _of(catalog, "trigger", owner)
    if triggers:
        headings = ("trigger", "from", "to", "when", "delay", "likely", "carries", "priority", "meaning")
        parts += [f"### Triggers of {owner}", md.table(headings, map(_trigger, triggers))]
    return parts


def _about(one: EventType) -> Iterable[str]:
    if one.each_person:
        yield "- happens once to everybody, unless their journeys say when"
    if one.writes:
        yield f"- writes {md.codes(one.writes)}"
    if one.reads:
        yield f"- reads the rows of {md.codes(one.reads)}"
    for link in one.links:
        yield f"- {_link(link)}"
    if one.skill:
        fills = ", ".join(f"`{own}` from `{column}`" for own, column in one.skill.fills.items()) or "nothing"
        condition = f"; `{one.skill.condition}` from what it applies to" if one.skill.condition else ""
        yield f"- takes from a skill's `{one.skill.section}`: {fills}{condition}"
    if one.available:
        yield f"- what it finds can be read from `{one.available}` on"


def _link(link: Link) -> str:
    days = f"within {link.within_days} days before" if link.within_days else "of the same day"
    carried = (
        f", and takes {', '.join(f'`{own}` from its `{its}`' for own, its in link.carry.items())}" if link.carry else ""
    )
    return f"`{link.field}` finds the person's latest {md.codes(link.to)} {days}{carried}"


def _trigger(one: Trigger) -> tuple:
    carried = ", ".join(f"{own} ← {its}" if own != its else own for own, its in one.carry.items())
    likely = "" if one.probability == 1 else f"{one.probability:g}"
    when = " and ".join(map(_condition, one.when))
    return (
        md.code(one.name),
        md.code(one.source),
        md.code(one.target),
        when,
        _delay(one),
        likely,
        carried,
        str(one.priority),
        one.doc,
    )


def _condition(one: Condition) -> str:
    return md.code(f"{one.field} {one.operator} {json.dumps(one.value)}")


def _delay(trigger: Trigger) -> str:
    delay: Delay = trigger.delay
    if trigger.at:
        return f"at its `{trigger.at}`"
    if delay.draws():
        return f"{delay.days_min:g} to {delay.days_max:g} days ({delay.distribution or 'uniform'})"
    return f"{delay.days:g} days"


def formats_of(catalog: Catalog, owner: str) -> list[str]:
    """Return the output formats a plugin owns and the parts of others' it fills."""
    found: list[OutputFormat] = _of(catalog, "output format", owner)
    rows = [(md.code(one.name), md.codes(one.aliases), one.serializer, md.codes(one.reads), one.doc) for one in found]
    parts = [
        (md.code(one.format), md.code(one.name), md.codes(one.reads), one.doc)
        for one in _of(catalog, "format part", owner)
    ]
    return [
        md.table(("format", "also called", "written in", "needs", "meaning"), rows),
        md.table(("part of", "named", "made of", "meaning"), parts),
    ] if rows or parts else []  # fmt: skip


def core(catalog: Catalog) -> str:
    """Return the page of what core itself declares."""
    derivations = _of(catalog, "derivation", "core")
    return md.page(
        "What core brings",
        "Core knows people and no product. The rest comes from plugins: [attributes](attributes.md), [tables](tables.md), "
        "[events](events.md), [formats](formats.md).",
        "## Attributes",
        *attributes_of(catalog, "core"),
        "## Derived columns",
        "Rules, conditions and `${entity.x}` can read these too.",
        md.table(
            ("columns", "made from", "meaning"),
            [(md.codes(one.writes), md.codes(one.reads), one.doc) for one in derivations],
        ),
        "## Tables",
        *tables_of(catalog, "core"),
        "## Event types",
        *events_of(catalog, "core"),
        "## Output formats",
        *formats_of(catalog, "core"),
    )


def by_plugin(
    title: str, lead: str, sections: Callable[[Catalog, str], list[str]]
) -> Callable[[Catalog, list[str]], str]:
    """Return a page with a section for each plugin that has something to say."""

    def page(catalog: Catalog, owners: list[str]) -> str:
        parts = []
        for owner in owners:
            found = sections(catalog, owner)
            parts += [f"## {owner}", *found] if found else []
        return md.page(title, f"{lead} Core's own are in [core.md](core.md).", *parts)

    return page

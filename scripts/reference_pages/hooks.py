"""hooks.md: every hook, what it declares, and an example that a test loads."""

from __future__ import annotations

import importlib.util
import inspect
import re
from pathlib import Path
from types import ModuleType

import attrs

from healthsim_core import declarations, distributions, events, hookspecs, skills, tables
from healthsim_core.catalog import KINDS
from reference_pages import markdown as md

EXAMPLES = Path(__file__).resolve().parents[2] / "docs/reference/hook_examples.py"
PARTS = {
    "healthsim_tables": (tables.Column,),
    "healthsim_event_types": (events.Field, events.Link, events.SkillUse),
    "healthsim_triggers": (events.Delay,),
    "healthsim_references": (declarations.ReferenceProfile, declarations.Place),
    "healthsim_code_sets": (declarations.ConditionCode,),
    "healthsim_output_formats": (declarations.Lines, declarations.Document),
}
"""Classes that stand inside what a hook declares."""

MEANINGS = {
    "name": "Its name.",
    "doc": "One sentence that ends with a period, for people.",
    "product": "The product it belongs to.",
    "section": "Where in a profile it stands: demographics, clinical, lab_values, coverage.",
    "decimals": "To how many decimals it is rounded.",
    "unit": "Its unit, in UCUM.",
    "low": "What is possible at all.",
    "reads": "The columns or tables it needs; those who make them go first.",
    "writes": "What it gives, by name.",
    "derive": "The function: whole columns in, whole columns out.",
    "build": "The function that makes the rows.",
    "nullable": "Whether it may be empty.",
    "type": "Its type in DuckDB.",
    "columns": "Its columns, in order; `table_from` reads them from the entity class.",
    "primary_key": "The columns that tell its rows apart.",
    "entity": "The attrs class it comes from.",
    "kind": "Its kind, as the class says.",
    "default": "What it is where nothing is given.",
    "fields": "What the event carries.",
    "handle": "The function from events to rows.",
    "outcomes": "The function from events to fields that others can read.",
    "links": "Fields that find an earlier event.",
    "days": "Days, or the most likely of a drawn delay.",
    "days_min": "The least.",
    "days_max": "The most.",
    "distribution": "uniform or normal.",
    "source": "Where the data come from.",
    "target": "The event type that follows.",
    "delay": "How long after its source it happens.",
    "probability": "How likely it follows.",
    "licence": "The licence of the data.",
    "resolve": "The function that answers a request.",
    "codes": "The function that gives the codes.",
    "label": "In words.",
    "places": "Where the people live.",
    "facts": "Figures about it, for people and rosters.",
    "category": "The category a profile may write.",
    "code": "The billable code.",
    "weight": "Its share among its like.",
    "chronic": "Whether it stays on the problem list.",
    "path": "Its file.",
    "aliases": "Other names it answers to.",
    "version": "Its version; recorded with what used it.",
    "description": "One sentence, for people.",
    "applies_to": "Condition categories or codes it is about.",
    "tables": "Its tables by section, rows as {column: text}.",
    "text": "The whole markdown.",
    "media_type": "Its MIME type.",
    "extension": "The ending of its files.",
    "serializer": "The syntax it is written in.",
    "lines": "The function that gives files of independent lines.",
    "documents": "The function that gives files of nested content.",
    "copy": "Options of DuckDB's COPY.",
    "file": "The file's name.",
    "sql": "A SELECT over the scenario.",
    "format": "The format it is a part of.",
    "load": "The function that imports and returns the click command.",
    "to": "The event types it looks for, as qualified names.",
    "fills": "{field: column of the table}.",
    "condition": "The field that takes what the skill applies to.",
    "within_days": "How far back it looks.",
    "field": "The field that holds what is found.",
    "carry": "{own field: field of the other event}.",
    "zip_code": "Five digits.",
    "city": "The city.",
    "state": "Two letters.",
    "county_fips": "Five digits.",
    "county_name": "The county.",
    "latitude": "In degrees.",
    "longitude": "In degrees.",
}
"""What fields mean that say nothing of their own, because their class or their name says it."""
OWN_MEANINGS = {
    events.SkillUse: {"section": "The section of the skill whose rows it takes."},
    events.Trigger: {"source": "The event type it follows, as a qualified name."},
    declarations.Attribute: {"default": "The distribution used where nobody gives one."},
    declarations.ReferenceProfile: {"source": "Where its figures come from."},
}


def examples() -> ModuleType:
    """Return the module with an example of every hook."""
    spec = importlib.util.spec_from_file_location("hook_examples", EXAMPLES)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def declared_class(hook: str) -> type:
    """Return the class of which a hook declares instances (or, of distributions, subclasses)."""
    name = re.findall(r"\w+", getattr(hookspecs, hook).__annotations__["return"])[-1]
    return next(
        getattr(home, name) for home in (declarations, events, tables, skills, distributions) if hasattr(home, name)
    )


def fields_of(cls: type) -> str:
    """Return the table of a class's fields: type, default, what they mean."""
    docs = {**MEANINGS, **OWN_MEANINGS.get(cls, {}), **md.field_docs(cls)}
    rows = [(md.code(one.alias), md.type_of(one), md.default_of(one), docs[one.name]) for one in attrs.fields(cls)]
    return md.table(("field", "type", "default", "meaning"), rows)


def hooks() -> str:
    """Return the page."""
    found = examples()
    parts = [
        "A plugin is a module with some of these functions, each marked with `healthsim_core.hookimpl` and named by an entry "
        "point of the group `healthsim`. A hook takes nothing and returns a list of declarations. It is called when the "
        "catalog is built; what it needs it imports inside, so that listing plugins stays cheap. The examples are one "
        "module, [hook_examples.py](hook_examples.py), which a test loads. "
        "[Your first plugin](../tutorial/first-plugin.md) shows a whole one.",
        md.table(
            ("hook", "declares", "named in the catalog by"),
            [(f"[`{hook}`](#{hook})", declared_class(hook).__name__, kind) for hook, (kind, _) in KINDS.items()],
        ),
    ]
    for hook in KINDS:
        cls = declared_class(hook)
        parts += [f"## {hook}", md.docstring(getattr(hookspecs, hook)), f"**{cls.__name__}.** {md.docstring(cls)}"]
        if attrs.has(cls):
            parts.append(fields_of(cls))
        for inner in PARTS.get(hook, ()):
            parts += [f"**{inner.__name__}.** {md.docstring(inner)}", fields_of(inner)]
        parts.append(md.fenced("py", inspect.getsource(getattr(found, hook))))
    return md.page("Hooks", *parts)

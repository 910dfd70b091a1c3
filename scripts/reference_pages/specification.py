"""specification.md: every key of a profile, a journey and a scenario, by path."""

from __future__ import annotations

import inspect

import attrs

from healthsim_core.journey_specs import (
    ConditionSpecification,
    DelaySpecification,
    EventDefinition,
    JourneyChoice,
    JourneySpecification,
)
from healthsim_core.specs import ClinicalCondition, ProfileSpecification, ScenarioSpecification
from reference_pages import markdown as md

PLAIN = {
    "text": "text",
    "name": "name",
    "anything": "any value",
    "flag": "true or false",
    "date": "date",
    "mapping": "object",
    "window": "[from, to]",
    "_outputs": 'list of formats, or {product: {"formats": […]}}',
    "_correlation": "[attribute, attribute, −0.999 to 0.999]",
}
"""Readers that are plain functions, in words."""
CLASSES = {
    "_delay": DelaySpecification,
    "_condition": ConditionSpecification,
    "journey_choice": JourneyChoice,
    "<lambda>": EventDefinition,
}
"""Readers of classes that hide behind a function."""

# What core reads inside objects that are open to attributes: path → (key, type, meaning).
OPEN: dict[str, list[tuple[str, str, str]]] = {
    "profile.demographics": [
        ("source", "text", "The reference that fills what is left open; by default the one that knows the kind of place."),
        ("reference", "object", 'A place, such as {"type": "county", "fips": "48201"}.'),
        ("<attribute>", "any value, or a distribution", "Any attribute declared for this section: age, gender, …"),
    ],
    "profile.clinical": [
        ("primary_condition", "ClinicalCondition", "The condition the profile is about; its severity is the attribute `severity`."),
        ("comorbidities", "list of ClinicalCondition", "What comes with it; a code alone will do."),
        ("lab_values", "object", "A person's usual level by laboratory test."),
        ("<attribute>", "any value, or a distribution", "Any attribute declared for this section."),
    ],
    "profile.coverage": [
        ("type", "any value, or a distribution", "Medicare, Medicaid, Commercial: the attribute `coverage_type`."),
        ("plan_distribution", "object", "Weights by plan: the attribute `plan` as a categorical distribution."),
    ],
    "profile.network.primary_care_provider": [
        ("specialty", "text", "The specialty of the people's primary care provider."),
        ("assignment", "text", "How providers are assigned: nearest (the default), in_turn or random."),
    ],
    "profile.members[]": [
        ("role", "text", "subscriber (the first, and only the first), spouse or dependent."),
        ("conditions", "list of ClinicalCondition", "What they have; a code alone will do."),
        ("<attribute>", "any value, or a distribution", "Any attribute, theirs alone."),
    ],
    "profile.custom": [("<name>", "any value, or a distribution", "An attribute of your own; conditions and rules can read it.")],
    "….parameters": [
        ("skill_ref", "text", "The skill that fills what is not given; the keys of its table (`line`, `visit` …) choose the row."),
        ("<field>", "any value", "A field of the event type; `${entity.x}` and `${event.field}` substitute."),
    ],
}  # fmt: skip
INSIDE = {"profile.clinical.primary_condition": ClinicalCondition}
"""Classes that stand inside open objects."""


def described(reader) -> tuple[str, type | None]:
    """Return what a reader reads, in words, and the class behind it where there is one."""
    outer = reader.__qualname__.split(".")[0] if reader.__name__ == "read" else reader.__name__
    inner = inspect.getclosurevars(reader).nonlocals
    if outer in CLASSES:
        cls = CLASSES[outer]
        return f"list of {cls.__name__}" if outer == "<lambda>" else cls.__name__, cls
    if outer in PLAIN:
        return PLAIN[outer], None
    if outer == "nested":
        return inner["cls"].__name__, inner["cls"]
    if outer in ("many", "one_or_many"):
        words, cls = described(inner["reader"])
        return (f"list of {words}" if outer == "many" else f"{words}, or a list of them"), cls
    if outer == "one_of":
        return " or ".join(md.code(word) for word in inner["words"]), None
    if outer == "number":
        return _number("number", inner), None
    if outer == "whole":
        return _number("whole number", inner), None
    raise SystemExit(f"scripts/reference_pages/specification.py: no words for the reader {reader.__qualname__}")


def _number(what: str, limits) -> str:
    low, high = limits["low"], limits["high"]
    if low is None:
        return what
    return f"{what} from {low:,}" + (f" to {high:,}" if high is not None else "")


def _places() -> dict[type, list[str]]:
    """Return every class a specification holds, with the paths at which it stands; nearest first."""
    found: dict[type, list[str]] = {}
    inside = [(cls, path) for path, cls in INSIDE.items()]
    for roots in (
        [(ProfileSpecification, "profile"), *inside],
        [(JourneySpecification, "journey")],
        [(ScenarioSpecification, "")],
    ):
        queue = list(roots)
        for cls, path in queue:
            new = cls not in found
            found.setdefault(cls, []).append(path)
            for one in attrs.fields(cls) if new else ():
                words, inner = described(one.metadata["reader"])
                if inner is not None and inner not in (ProfileSpecification, JourneySpecification):
                    many = "[]" if "list of" in words else ""
                    queue.append((inner, f"{path}.{one.name}{many}".lstrip(".")))
    return found


def _section(cls: type, paths: list[str]) -> list[str]:
    at = f"{paths[0]}." if paths[0] else ""
    rows = []
    for one in attrs.fields(cls):
        if not one.metadata["doc"]:
            raise SystemExit(f"{cls.__name__}.{one.name} has no doc; give it one where it is declared")
        rows.append(
            (md.code(f"{at}{one.name}"), described(one.metadata["reader"])[0], md.default_of(one), one.metadata["doc"])
        )
    also = f"Also at {md.codes(paths[1:])}." if len(paths) > 1 else ""
    return [f"## {cls.__name__}", md.docstring(cls), also, md.table(("path", "type", "default", "meaning"), rows)]


def specification() -> str:
    """Return the page."""
    parts = [
        "Specifications are JSON or YAML. A key that is not here is refused, with what was probably meant; everything wrong in "
        "a file is said at once, each with its path. A file with `scenario` is a scenario, one with `events`, `schedule` or "
        "`phases` a journey, any other a profile.",
        "Where a value may be a distribution, see [distributions](distributions.md). Which attributes there are: "
        "`healthsim templates --attributes`. Where `journey` or `journeys` stands, a template's name, a choice, or a whole "
        "journey may stand. Template names take `_` and `-` alike.",
    ]  # fmt: skip
    for cls, paths in _places().items():
        parts += _section(cls, paths)
        if cls is ProfileSpecification:
            for path, keys in OPEN.items():
                if path.startswith("profile"):
                    parts += [f"### {path}", _open(path, keys)]
        if cls is EventDefinition:
            parts += ["### parameters", _open("….parameters", OPEN["….parameters"])]
    return md.page("Specifications", *parts)


def _open(path: str, keys: list[tuple[str, str, str]]) -> str:
    return md.table(("path", "type", "meaning"), [(md.code(f"{path}.{key}"), kind, doc) for key, kind, doc in keys])

"""Small pieces of markdown, and how values of the code are shown in it."""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Iterable, Sequence

import attrs

NOTE = "<!-- Written by `python scripts/write_reference.py` from the code; change the code, then run it again. -->"


def page(title: str, *parts: str) -> str:
    """Return a whole page: its title, a note on where it comes from, and its parts."""
    return "\n\n".join([f"# {title}", NOTE, *(part.strip("\n") for part in parts if part)]) + "\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table without the columns in which no row says anything; nothing where there are no rows."""
    rows = [list(row) for row in rows]
    kept = [number for number in range(len(headings)) if number == 0 or any(row[number] for row in rows)]
    lines = [[headings[number] for number in kept], ["---" for _ in kept]]
    lines += [[_cell(row[number]) for number in kept] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) if rows else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def fenced(language: str, text: str) -> str:
    """Return a block of code."""
    return f"```{language}\n{text.strip()}\n```"


def code(value: object) -> str:
    """Return a word of the code; nothing for nothing."""
    return "" if value in (None, "", ()) else f"`{value}`"


def codes(values: Iterable[object]) -> str:
    """Return words of the code, one after the other."""
    return ", ".join(code(value) for value in values)


def shown(value: object) -> str:
    """Return a plain value as a specification would write it."""
    return code(json.dumps(value, default=str))


def default_of(one: attrs.Attribute) -> str:
    """Return the default of an attrs field; `required` where it has none."""
    if one.default is attrs.NOTHING:
        return "required"
    value = one.default.factory() if isinstance(one.default, attrs.Factory) else one.default
    if value is None or value in ((), "") or (isinstance(value, dict | list) and not value):
        return ""
    if attrs.has(type(value)):
        return code(f"{type(value).__name__}()")
    return shown(value)


def type_of(one: attrs.Attribute) -> str:
    """Return the annotation of an attrs field, as it is written."""
    return code(one.type if isinstance(one.type, str) else getattr(one.type, "__name__", str(one.type)))


def field_docs(cls: type) -> dict[str, str]:
    """Return what stands as a string below a field of a class, by the field's name."""
    body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0].body
    return {
        before.target.id: inspect.cleandoc(after.value.value).replace("\n", " ")
        for before, after in zip(body, body[1:], strict=False)
        if isinstance(before, ast.AnnAssign)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
        and isinstance(after.value.value, str)
    }


def docstring(thing: object) -> str:
    """Return a docstring as it stands, its indentation removed."""
    return inspect.getdoc(thing) or ""

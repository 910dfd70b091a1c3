"""Read plain data (JSON, YAML) into frozen attrs classes, saying everything that is wrong, each with its path.

A field says how it is read: `attrs.field(metadata=as_(whole(1, 100)))`. Unknown keys are errors with a did-you-mean.
"""

from __future__ import annotations

import datetime
import json
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import yaml

from healthsim_core.errors import Problem, Problems, SpecificationError, UserError

Reader = Callable[[Any, str, Problems], Any]
"""`reader(value, path, problems)` gives the value read, or None with the problem said."""


def as_(reader: Reader, doc: str = "") -> dict[str, Any]:
    """Return the metadata of a field read by `reader`; `doc` is its line in the reference."""
    return {"reader": reader, "doc": doc}


def text(value, path, problems):
    """Read a text."""
    if isinstance(value, str):
        return value
    problems.add(path, f"expected text, got {value!r}")
    return None


def name(value, path, problems):
    """Read an identifier: letters, digits, `.`, `_` and `-`."""
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", value):
        return value
    hint = ""
    if isinstance(value, str):
        better = re.sub(r"[^A-Za-z0-9._-]+", "-", value).strip("-.")
        hint = f"; perhaps {better!r}" if better else ""
    problems.add(path, f"expected letters, digits, '.', '_' or '-' only, got {value!r}{hint}")
    return None


def anything(value, path, problems):
    """Read whatever stands there; somebody later knows what it means."""
    return value


def flag(value, path, problems):
    """Read true or false."""
    if isinstance(value, bool):
        return value
    problems.add(path, f"expected true or false, got {value!r}")
    return None


def number(low: float | None = None, high: float | None = None) -> Reader:
    """Return a reader of numbers from `low` to `high`."""

    def read(value, path, problems):
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            problems.add(path, f"expected a number, got {value!r}")
        elif (low is not None and value < low) or (high is not None and value > high):
            problems.add(path, f"must be {_range(low, high)}, got {value!r}")
        else:
            return value
        return None

    return read


def whole(low: int | None = None, high: int | None = None) -> Reader:
    """Return a reader of whole numbers from `low` to `high`."""

    def read(value, path, problems):
        if isinstance(value, bool) or not isinstance(value, int):
            problems.add(path, f"expected a whole number, got {value!r}")
            return None
        return number(low, high)(value, path, problems)

    return read


def _range(low, high) -> str:
    if high is None:
        return f"at least {low:,}"
    if low is None:
        return f"at most {high:,}"
    return f"between {low:,} and {high:,}"


def date(value, path, problems):
    """Read a date, as YYYY-MM-DD."""
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    try:
        return datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        problems.add(path, f"expected a date as YYYY-MM-DD, got {value!r}")
        return None


def one_of(*words: str) -> Reader:
    """Return a reader of one of a few words."""

    def read(value, path, problems):
        if value in words:
            return value
        problems.unknown(path, "value", value, words)
        return None

    return read


def mapping(value, path, problems):
    """Read an object whose keys somebody later knows."""
    if isinstance(value, Mapping):
        return dict(value)
    problems.add(path, f"expected an object, got {value!r}")
    return None


def window(value, path, problems):
    """Read a window: [from, to] in days, whole numbers around 0."""
    if (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(isinstance(one, int) and not isinstance(one, bool) for one in value)
        and value[0] <= value[1]
    ):
        return tuple(value)
    problems.add(path, f"expected [from, to] in days such as [-3, 3], got {value!r}")
    return None


def many(reader: Reader) -> Reader:
    """Return a reader of lists, each element read by `reader`."""

    def read(value, path, problems):
        if not isinstance(value, list | tuple):
            problems.add(path, f"expected a list, got {value!r}")
            return None
        return tuple(reader(one, f"{path}[{index}]", problems) for index, one in enumerate(value))

    return read


def one_or_many(reader: Reader) -> Reader:
    """Return a reader of one thing or a list of them; the result is always a tuple."""

    def read(value, path, problems):
        if isinstance(value, list | tuple):
            return many(reader)(value, path, problems)
        return (reader(value, path, problems),)

    return read


def nested(cls: type) -> Reader:
    """Return a reader of objects of an attrs class."""

    def read(value, path, problems):
        return read_object(cls, value, path, problems)

    return read


def read_object(cls: type, value: object, path: str, problems: Problems) -> Any:
    """Return an instance of an attrs class; fields that are wrong are reported and keep their default."""
    if isinstance(value, cls):
        return value
    if not isinstance(value, Mapping):
        problems.add(path, f"expected an object, got {value!r}")
        return None
    fields = {one.name: one for one in attrs.fields(cls) if "reader" in one.metadata}
    given: dict[str, Any] = {}
    for key, one in value.items():
        at = f"{path}.{key}" if path else str(key)
        if key not in fields:
            problems.unknown(at, "key", key, fields)
            continue
        if one is None and fields[key].default is None:
            continue
        result = fields[key].metadata["reader"](one, at, problems)
        if result is not None:
            given[key] = result
    for key, one in fields.items():
        if one.default is attrs.NOTHING and key not in given:
            if key not in value:
                problems.add(f"{path}.{key}" if path else key, "is missing")
            given[key] = None
    return cls(**given)


def plain(value: object, path: str = "") -> object:
    """Return data as JSON would give it back: text as keys, lists, days as text; UserError for what is no data.

    So a specification is the same before it is kept with a scenario and after.
    """
    if isinstance(value, Mapping):
        return {_key(key): plain(one, f"{path}.{key}".lstrip(".")) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one, f"{path}[{number}]") for number, one in enumerate(value)]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, datetime.date):
        return value.isoformat()
    if hasattr(value, "to_dict"):
        return plain(value.to_dict(), path)
    if hasattr(value, "item"):
        return value.item()
    raise UserError(f"{path or 'specification'}: expected plain data, got {type(value).__name__}: {value!r}")


def _key(key: object) -> str:
    if isinstance(key, str):
        return key
    return json.dumps(key) if key is None or isinstance(key, bool | int | float) else str(key)


def parse(content: str, where: str) -> object:
    """Return the data in a JSON or YAML text; SpecificationError says where it cannot be read."""
    try:
        return json.loads(content)
    except json.JSONDecodeError as wrong_json:
        if content.lstrip().startswith(("{", "[")):
            at = f"{where}:{wrong_json.lineno}:{wrong_json.colno}"
            raise SpecificationError([Problem(at, f"not valid JSON: {wrong_json.msg.lower()}")]) from None
    try:
        return yaml.safe_load(content)
    except yaml.YAMLError as wrong:
        mark = getattr(wrong, "problem_mark", None)
        at = f"{where}:{mark.line + 1}:{mark.column + 1}" if mark else where
        raise SpecificationError([Problem(at, f"not valid YAML: {getattr(wrong, 'problem', wrong)}")]) from None


def parse_file(path: Path) -> object:
    """Return the data in a JSON or YAML file; UserError where it cannot be opened."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error
    return parse(content, str(path))

"""Entities given as dicts or objects, structured with cattrs into the entity classes that the tables were made from."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
import typing
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

import attrs
import cattrs
from attrs import frozen

from healthsim_core.catalog import Catalog
from healthsim_core.errors import Problem, suggestion
from healthsim_core.tables import Table

LARGEST_AMOUNT = Decimal(10) ** 10
LARGEST_INTEGER = 2**63


@frozen
class Entity:
    """One entity, structured: where it stood in what was given, its key, and the object."""

    table: Table
    index: int
    key: tuple
    value: Any

    @property
    def id(self) -> str:
        """Return the key as one text."""
        return "/".join(map(str, self.key))

    def row(self) -> list[Any]:
        """Return its values in the order of the table's columns."""
        return [getattr(self.value, column.name) for column in self.table.columns]


def entity_types(catalog: Catalog) -> dict[str, Table]:
    """Return the tables by the names people call their entities: `patients`, `patient`, `Patient`."""
    found: dict[str, Table] = {}
    for table in catalog.all("table").values():
        if table.entity is not None:
            singular = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", table.entity.__name__).lower()
            found.setdefault(singular, table)
    return found | {name: table for name, table in catalog.all("table").items() if table.entity is not None}


def table_of(kind: str, catalog: Catalog) -> Table | str:
    """Return the table of a type of entities, or what is wrong with the name."""
    types = entity_types(catalog)
    wanted = re.sub(r"[\s-]+", "_", str(kind).strip()).lower()
    if wanted in types:
        return types[wanted]
    plural = sorted({table.name for table in types.values()})
    return f"unknown entity type {kind!r}{suggestion(wanted, plural)}{catalog.blame()}"


def structure(
    table: Table, kind: str, given: Iterable[Any], generate_keys: bool = True
) -> tuple[list[Entity], list[tuple[int, list[Problem]]]]:
    """Return the entities of one type, and for each that cannot be one its index and everything wrong with it."""
    build = _structurer(table)
    seen: dict[tuple, int] = {}
    alike: dict[str, int] = {}
    entities, wrong = [], []
    for index, one in enumerate(given):
        path = f"{kind}[{index}]"
        try:
            value = build(_fields(one), table.entity)
        except cattrs.ClassValidationError as error:
            wrong.append((index, [Problem(f"{path}.{inner.name}", str(inner)) for inner in error.exceptions]))
            continue
        except TypeError as error:
            wrong.append((index, [Problem(path, str(error))]))
            continue
        key = tuple(getattr(value, name) for name in table.primary_key)
        problems = []
        if None in key and len(key) == 1 and generate_keys and table.column(table.primary_key[0]).type == "VARCHAR":
            key = (_generated(table, value, alike),)
            value = attrs.evolve(value, **{table.primary_key[0]: key[0]})
        elif None in key:
            lacking = [name for name, part in zip(table.primary_key, key, strict=True) if part is None]
            problems = [Problem(f"{path}.{name}", f"part of the key of {table.name}; give it") for name in lacking]
        elif key in seen:
            same = ", ".join(table.primary_key)
            problems = [Problem(path, f"has the {same} of {kind}[{seen[key]}]: {'/'.join(map(str, key))!r}")]
        if problems:
            wrong.append((index, problems))
            continue
        seen[key] = index
        entities.append(Entity(table, index, key, value))
    return entities, wrong


def _fields(one: Any) -> dict[str, Any]:
    if isinstance(one, Mapping):
        return dict(one)
    if attrs.has(type(one)):
        return attrs.asdict(one, recurse=False)
    raise TypeError(f"expected an object with fields, got {_shown(one)}")


class _FieldError(Exception):
    """What is wrong with one field."""

    def __init__(self, name: str, message: str):
        self.name = name
        super().__init__(message)


@cache
def _converter() -> cattrs.Converter:
    """Return the converter; it takes what is surely meant and refuses the rest."""
    converter = cattrs.Converter()
    for kind, read in {
        str: _text, bool: _boolean, int: _integer, float: _number, Decimal: _amount,
        datetime.date: _date, datetime.datetime: _moment,
    }.items():  # fmt: skip
        converter.register_structure_hook(kind, read)
    return converter


def _structurer(table: Table) -> Callable[[dict[str, Any], type], Any]:
    """Return a function from fields to an entity; what is not given is None, all that is wrong is raised at once."""
    converter = _converter()
    hints = typing.get_type_hints(table.entity)
    names = [one.name for one in attrs.fields(table.entity)]
    defaults = {one.name: one.default for one in attrs.fields(table.entity) if one.default is not attrs.NOTHING}

    def build(given: dict[str, Any], cls: type) -> Any:
        values: dict[str, Any] = dict.fromkeys(names) | defaults
        wrong: list[Exception] = []
        for name, value in given.items():
            if name not in hints:
                wrong.append(_FieldError(str(name), f"unknown field {name!r}{suggestion(name, names)}"))
            elif value is not None:
                try:
                    values[name] = converter.structure(value, hints[name])
                except (ValueError, TypeError) as error:
                    wrong.append(_FieldError(name, str(error)))
        if wrong:
            raise cattrs.ClassValidationError(f"not a {cls.__name__}", wrong, cls)
        return cls(**values)

    return build


def _generated(table: Table, value: Any, alike: dict[str, int]) -> str:
    """Return a key made from what an entity says, so that the same entities given again have the same keys."""
    content = json.dumps([table.name, [str(part) for part in attrs.astuple(value, recurse=False)]])
    number = alike[content] = alike.get(content, 0) + 1
    prefix = table.column(table.primary_key[0]).prefix or ""
    return f"{prefix}-{hashlib.blake2b(f'{content}{number}'.encode(), digest_size=8).hexdigest()}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _text(value, kind):
    if not isinstance(value, str):
        raise ValueError(f"expected text, got {_shown(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"expected text that can be written as UTF-8, got {_shown(value)}") from None
    return value


def _boolean(value, kind):
    if not isinstance(value, bool):
        raise ValueError(f"expected true or false, got {_shown(value)}")
    return value


def _integer(value, kind):
    if isinstance(value, bool) or not isinstance(value, int) or not -LARGEST_INTEGER <= value < LARGEST_INTEGER:
        raise ValueError(f"expected a whole number, got {_shown(value)}")
    return value


def _number(value, kind):
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not abs(value) < float("inf"):
        raise ValueError(f"expected a number, got {_shown(value)}")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"expected a number that is not as large, got {_shown(value)}") from None


def _amount(value, kind):
    wanted = "expected an amount of at most two decimals, such as 12.50"
    try:
        amount = Decimal(
            "x" if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal) else str(value)
        )
        cents = amount.quantize(Decimal("0.01"))
    except InvalidOperation:
        raise ValueError(f"{wanted}, got {_shown(value)}") from None
    if cents != amount or abs(cents) >= LARGEST_AMOUNT:
        raise ValueError(f"{wanted}, got {_shown(value)}")
    return cents


def _date(value, kind):
    if isinstance(value, datetime.datetime):
        if value.time() == datetime.time():
            return value.date()
    elif isinstance(value, datetime.date):
        return value
    elif isinstance(value, str):
        try:
            return datetime.date.fromisoformat(value.removesuffix("T00:00:00"))
        except ValueError:
            pass
    raise ValueError(f"expected a date as YYYY-MM-DD, got {_shown(value)}")


def _moment(value, kind):
    moment = None
    if isinstance(value, datetime.datetime):
        moment = value
    elif isinstance(value, datetime.date):
        moment = datetime.datetime.combine(value, datetime.time())
    elif isinstance(value, str):
        try:
            moment = datetime.datetime.fromisoformat(value)
        except ValueError:
            pass
    if moment is None or (moment.tzinfo is not None and moment.utcoffset()):
        # Times of day are local in every table; which hour another zone means is not known.
        raise ValueError(f"expected a local time as YYYY-MM-DDTHH:MM:SS, got {_shown(value)}")
    return moment.replace(tzinfo=None)

"""Tables: the schema of what is generated, written once as attrs entity classes.

An entity class's fields are the columns of its table; the annotation gives the type, and `column`, `key` and `refers`
say the rest. Handlers give columns in their raw form (below), which DuckDB turns into the stored form on insert:

=============  ==================================  =============================
annotation     raw array given by a handler        stored as
=============  ==================================  =============================
str            Coded (or int64 with a `decode`)    VARCHAR
int            integer                             BIGINT
float          float64, rounded to `decimals`      DOUBLE
Decimal        int64, in cents                     DECIMAL(12,2)
date           datetime64[s]                       DATE
datetime       datetime64[s]                       TIMESTAMP
bool           bool                                BOOLEAN
key / refers   int64, -1 for none                  VARCHAR: prefix and number
=============  ==================================  =============================
"""

from __future__ import annotations

import datetime
import math
import re
import types
import typing
from collections.abc import Mapping
from decimal import Decimal

import attrs
import numpy as np
from attrs import frozen

from healthsim_core.columns import Array, Coded, Columns

_TYPES = {
    str: "VARCHAR",
    int: "BIGINT",
    float: "DOUBLE",
    Decimal: "DECIMAL(12,2)",
    datetime.date: "DATE",
    datetime.datetime: "TIMESTAMP",
    bool: "BOOLEAN",
}

_KINDS = {"BIGINT": "iu", "DOUBLE": "fiu", "DECIMAL(12,2)": "iu", "DATE": "M", "TIMESTAMP": "M", "BOOLEAN": "b"}


_INPUT = re.compile(r"\{(\w+)\}")


@frozen
class Column:
    """One column of a table."""

    name: str
    type: str
    doc: str
    nullable: bool = False
    prefix: str | None = None
    """Set on keys and references: the stored text is this and the number."""
    references: str | None = None
    """The `table.column` that this names a row of; its own, where a table's rows share a name (a household's)."""
    decode: str | None = None
    """SQL that makes the stored value from raw columns, each written `{name}`; see `inputs`."""
    inputs: tuple[str, ...] = ()
    """Raw columns that `decode` reads, when they are not the column itself; they are not stored."""
    decimals: int | None = None
    system: str | None = None
    """The code system of a coded value: a URI or a plain name."""
    unit: str | None = None

    @property
    def is_key(self) -> bool:
        """Return whether it is a key or points to one: a number behind a prefix, without meaning of its own."""
        return self.prefix is not None

    @property
    def raw_names(self) -> tuple[str, ...]:
        """Return the names of the arrays a handler gives for this column."""
        return self.inputs or (self.name,)

    def decoded(self, plain: Mapping[str, str]) -> str:
        """Return `decode` with SQL for the plain value of each raw column in its place."""
        return _INPUT.sub(lambda match: plain[match[1]], self.decode)


def column(
    doc: str,
    *,
    system: str | None = None,
    unit: str | None = None,
    decimals: int | None = None,
    decode: str | None = None,
    inputs: tuple[str, ...] = (),
    references: str | None = None,
    default=attrs.NOTHING,
):
    """Return an attrs field for an ordinary column; nullable where the annotation allows None.

    `references` ("table.column") is for names and codes that stand for a row: a study's name, a drug's code. Unlike a key
    (`refers`) they are kept where that table takes no part, as they say something by themselves.
    """
    metadata = {
        "doc": doc, "system": system, "unit": unit, "decimals": decimals, "decode": decode, "inputs": inputs,
        "references": references,
    }  # fmt: skip
    return attrs.field(default=default, metadata=metadata)


def key(prefix: str, doc: str):
    """Return an attrs field for the table's key: int64 raw, stored as `prefix` and the number."""
    return attrs.field(metadata={"doc": doc, "prefix": prefix, "key": True})


def refers(target: str, prefix: str, doc: str, *, default=attrs.NOTHING):
    """Return an attrs field that points to `target` ("table.column"); `prefix` is the prefix of that key."""
    return attrs.field(default=default, metadata={"doc": doc, "prefix": prefix, "references": target})


@frozen
class Table:
    """One table: its columns, its primary key and what a row is."""

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    doc: str
    entity: type | None = None

    def column(self, name: str) -> Column:
        """Return the column of that name; KeyError where there is none."""
        for one in self.columns:
            if one.name == name:
                return one
        raise KeyError(name)

    def ddl(self) -> str:
        """Return the CREATE TABLE statement and its comments, for a table of decoded values."""
        lines = [f'"{one.name}" {one.type}' for one in self.columns]
        statements = [f'CREATE TABLE "{self.name}" (\n  ' + ",\n  ".join(lines) + "\n)"]
        statements.append(f'COMMENT ON TABLE "{self.name}" IS {quoted(self.doc)}')
        for one in self.columns:
            statements.append(f'COMMENT ON COLUMN "{self.name}"."{one.name}" IS {quoted(one.doc)}')
        return ";\n".join(statements)

    def problems(self, rows: Columns) -> list[str]:
        """Return what is wrong with rows for this table: missing or unknown columns, types, empty or repeated keys."""
        wanted = {name for one in self.columns for name in one.raw_names}
        found = [f"column {name!r} is missing" for name in sorted(wanted - set(rows))]
        found += [f"column {name!r} is not declared" for name in sorted(set(rows) - wanted)]
        if found:
            return found
        for one in self.columns:
            if one.inputs or one.decode:
                continue
            found += _type_problems(one, rows[one.name])
        if (
            not found
            and self.primary_key
            and rows.length > 1
            and _has_repeats([rows[name] for name in self.primary_key])
        ):
            found.append(f"primary key ({', '.join(self.primary_key)}) is not unique")
        return found


def _type_problems(one: Column, array: Array) -> list[str]:
    if not isinstance(array, Coded | np.ndarray):
        return [f"column {one.name!r} must be an array, got {type(array).__name__}"]
    if one.prefix is not None:
        if isinstance(array, Coded) or array.dtype.kind not in "iu":
            return [f"column {one.name!r} must be an integer key"]
        if not one.nullable and (array < 0).any():
            return [f"column {one.name!r} must not be empty"]
        return []
    if one.type == "VARCHAR":
        if not isinstance(array, Coded):
            return [f"column {one.name!r} must be Coded text, got {array.dtype}"]
        if not one.nullable and (array.codes < 0).any():
            return [f"column {one.name!r} must not be empty"]
        return []
    if isinstance(array, Coded) or array.dtype.kind not in _KINDS[one.type]:
        got = "Coded text" if isinstance(array, Coded) else str(array.dtype)
        return [f"column {one.name!r} must suit {one.type}, got {got}"]
    missing = array.dtype.kind in "fM" and bool((np.isnan(array) if array.dtype.kind == "f" else np.isnat(array)).any())
    if missing and not one.nullable:
        return [f"column {one.name!r} must not be empty"]
    return []


def _has_repeats(keys: list[Array]) -> bool:
    raw = [(one.codes if isinstance(one, Coded) else one).astype(np.int64, copy=False) for one in keys]
    raw = _as_one(raw)
    if len(raw) == 1:
        if (raw[0][1:] > raw[0][:-1]).all():
            return False
        ordered = np.sort(raw[0])
        return bool((ordered[1:] == ordered[:-1]).any())
    order = np.lexsort(raw[::-1])
    same = np.ones(len(order) - 1, bool)
    for one in raw:
        same &= one[order][1:] == one[order][:-1]
    return bool(same.any())


def _as_one(keys: list[np.ndarray]) -> list[np.ndarray]:
    """Return keys of several columns as one number each, as they are where numbers of 64 bits do not suffice."""
    lows = [int(one.min()) for one in keys]
    widths = [int(one.max()) - low + 1 for one, low in zip(keys, lows, strict=True)]
    if len(keys) == 1 or math.prod(widths) >= 2**63:
        return keys
    packed = keys[0] - lows[0]
    for one, low, width in zip(keys[1:], lows[1:], widths[1:], strict=True):
        packed = packed * width + (one - low)
    return [packed]


def table_from(entity: type, name: str, primary_key: tuple[str, ...] = ()) -> Table:
    """Return the table an attrs entity class describes; its key is the `key` field unless `primary_key` names others."""
    hints = typing.get_type_hints(entity)
    columns = []
    keys = []
    for one in attrs.fields(entity):
        plain, nullable = _plain_type(hints[one.name])
        about = one.metadata
        if about.get("key"):
            keys.append(one.name)
        columns.append(
            Column(
                name=one.name,
                type=_TYPES[plain],
                doc=about["doc"],
                nullable=nullable,
                prefix=about.get("prefix"),
                references=about.get("references"),
                decode=about.get("decode"),
                inputs=tuple(about.get("inputs") or ()),
                decimals=about.get("decimals"),
                system=about.get("system"),
                unit=about.get("unit"),
            )
        )
    for one in columns:
        unknown = sorted(set(_INPUT.findall(one.decode or "")) - set(one.raw_names))
        if unknown:
            raise ValueError(f"table {name}: column {one.name}: decode reads {unknown[0]!r}; name it among its inputs")
    doc = (entity.__doc__ or "").strip().split("\n")[0]
    return Table(name, tuple(columns), primary_key or tuple(keys), doc, entity)


def _plain_type(hint) -> tuple[type, bool]:
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        inner = [one for one in typing.get_args(hint) if one is not type(None)]
        return inner[0], True
    return hint, False


def quoted(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"

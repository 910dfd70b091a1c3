"""Conditions: field, operator, value → a boolean per row; and the one small grammar for rule expressions.

A missing field and a missing value are false under every operator but `ne` and `not_in` of a present field. Never `eval`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

import numpy as np
from attrs import frozen

from healthsim_core.columns import Array, Coded

OPERATORS = ("eq", "ne", "gt", "gte", "lt", "lte", "in", "not_in", "contains", "exists")

Lookup = Callable[[str], Array | None]
"""`lookup(field)` gives the field's column, or None where nothing of that name exists."""


@frozen
class Condition:
    """One comparison of a field with a value."""

    field: str
    operator: str
    value: object = None

    def holds(self, lookup: Lookup, length: int) -> np.ndarray:
        """Return where the condition is true (bool, `length` rows)."""
        column = lookup(self.field)
        if column is None:
            return np.zeros(length, bool)
        return compare(column, self.operator, self.value)


def all_hold(conditions: tuple[Condition, ...], lookup: Lookup, length: int) -> np.ndarray:
    """Return where every condition is true (bool, `length` rows)."""
    result = np.ones(length, bool)
    for condition in conditions:
        result &= condition.holds(lookup, length)
    return result


def present(column: Array) -> np.ndarray:
    """Return where a column has a value (bool)."""
    if isinstance(column, Coded):
        return column.codes >= 0
    if column.dtype.kind == "f":
        return ~np.isnan(column)
    if column.dtype.kind == "M":
        return ~np.isnat(column)
    return np.ones(len(column), bool)


_ORDERED = {"gt": np.greater, "gte": np.greater_equal, "lt": np.less, "lte": np.less_equal}


def compare(column: Array, operator: str, value: object) -> np.ndarray:
    """Return where `column operator value` (bool); text compares with text, numbers and dates with their like."""
    known = present(column)
    if operator == "exists":
        return known if value in (None, True) else ~known
    if operator in ("in", "not_in"):
        among = np.zeros(len(known), bool)
        for one in value:
            among |= compare(column, "eq", one)
        return among if operator == "in" else known & ~among
    if operator == "ne":
        return known & ~compare(column, "eq", value)
    if isinstance(column, Coded):
        return column.lookup({word: _text_holds(word, operator, value) for word in column.words}, False, bool)
    if column.dtype.kind == "M":
        try:
            value = np.datetime64(str(value), "s")
        except ValueError:
            return np.zeros(len(known), bool)
    elif not isinstance(value, bool | int | float):
        return np.zeros(len(known), bool)
    if operator == "eq":
        return known & (column == value)
    if operator in _ORDERED:
        return known & _ORDERED[operator](column, value)
    return np.zeros(len(known), bool)


def _text_holds(word: str, operator: str, value: object) -> bool:
    if operator == "contains":
        return str(value) in word
    if not isinstance(value, str):
        return False
    return {"eq": word == value, "gt": word > value, "gte": word >= value, "lt": word < value, "lte": word <= value}[
        operator
    ]


@frozen
class Expression:
    """A rule such as `severity == 'controlled' and age >= 65`: comparisons, `in`, and / or / not over attribute names.

    `race in ['white', 'black']` asks for one of several; `'E11' in conditions` for a text among others.
    """

    text: str
    tree: ast.expr

    @classmethod
    def read(cls, text: str) -> Expression:
        """Return the parsed rule; ValueError says what is outside the grammar."""
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError) as error:
            raise ValueError(f"cannot read expression {text!r}: {error.args[0]}") from None
        _check(tree, text)
        return cls(text, tree)

    def reads(self) -> tuple[str, ...]:
        """Return the attribute names it uses, sorted."""
        return tuple(sorted({node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)}))

    def holds(self, lookup: Lookup, length: int) -> np.ndarray:
        """Return where the rule is true (bool, `length` rows)."""
        return _evaluate(self.tree, lookup, length)


_COMPARE = {
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Gt: "gt",
    ast.GtE: "gte",
    ast.Lt: "lt",
    ast.LtE: "lte",
    ast.In: "in",
    ast.NotIn: "not_in",
}


def _constant(node: ast.expr) -> object:
    """Return the literal a node stands for; ValueError where it is none."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        raise ValueError("not a literal") from None


def _check(node: ast.expr, text: str) -> None:
    if isinstance(node, ast.BoolOp):
        for value in node.values:
            _check(value, text)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        _check(node.operand, text)
    elif isinstance(node, ast.Name):
        return
    elif isinstance(node, ast.Compare):
        if _is_membership(node):
            return
        sides = [node.left, *node.comparators]
        if len(sides) != 2 or not isinstance(node.left, ast.Name) or type(node.ops[0]) not in _COMPARE:
            raise ValueError(f"in expression {text!r}: compare one attribute with one literal, as in `age >= 65`")
        try:
            value = _constant(sides[1])
        except ValueError:
            hint = "; quote text, as in severity == 'mild'"
            raise ValueError(f"in expression {text!r}: the right side must be a literal{hint}") from None
        if isinstance(node.ops[0], ast.In | ast.NotIn) and not isinstance(value, list | tuple | set):
            raise ValueError(f"in expression {text!r}: `in` needs a list, as in `race in ['white', 'black']`")
    else:
        raise ValueError(f"in expression {text!r}: only comparisons, `in`, and, or, not over attribute names")


def _is_membership(node: ast.Compare) -> bool:
    """Return whether a comparison is of the form `'E11' in conditions`."""
    return (
        len(node.ops) == 1
        and isinstance(node.ops[0], ast.In | ast.NotIn)
        and isinstance(node.left, ast.Constant)
        and isinstance(node.left.value, str)
        and isinstance(node.comparators[0], ast.Name)
    )


def _evaluate(node: ast.expr, lookup: Lookup, length: int) -> np.ndarray:
    if isinstance(node, ast.BoolOp):
        parts = [_evaluate(value, lookup, length) for value in node.values]
        return np.logical_and.reduce(parts) if isinstance(node.op, ast.And) else np.logical_or.reduce(parts)
    if isinstance(node, ast.UnaryOp):
        return ~_evaluate(node.operand, lookup, length)
    if isinstance(node, ast.Name):
        return Condition(node.id, "eq", True).holds(lookup, length)
    if _is_membership(node):
        there = Condition(node.comparators[0].id, "contains", node.left.value).holds(lookup, length)
        return there if isinstance(node.ops[0], ast.In) else ~there
    operator = _COMPARE[type(node.ops[0])]
    return Condition(node.left.id, operator, _constant(node.comparators[0])).holds(lookup, length)

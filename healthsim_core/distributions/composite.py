"""Distributions made of distributions: conditional, and those that leave values missing."""

from __future__ import annotations

import numpy as np
from attrs import field, frozen

from healthsim_core.columns import Array, Coded, concatenate
from healthsim_core.conditions import Expression
from healthsim_core.distributions.base import Distribution, fraction
from healthsim_core.distributions.discrete import Constant


@frozen
class ConditionalDistribution(Distribution):
    """The distribution of the first rule whose `if` holds, else `default`; the same uniform serves every branch."""

    kind = "conditional"
    rules: tuple[tuple[Expression, Distribution], ...] = field(converter=tuple)
    default: Distribution | None = None

    def reads(self):
        names = {name for rule, branch in self.rules for name in (*rule.reads(), *branch.reads())}
        return tuple(sorted(names | set(self.default.reads() if self.default else ())))

    def ppf(self, u, columns=None):
        columns = columns or {}
        open_rows = np.ones(len(u), bool)
        rows, values = [], []
        for rule, branch in (*self.rules, (None, self.default)):
            mask = open_rows if rule is None else open_rows & rule.holds(columns.get, len(u))
            index = np.flatnonzero(mask)
            if len(index):
                narrowed = {name: columns[name][index] for name in branch.reads() if name in columns} if branch else {}
                rows.append(index)
                values.append((branch or Constant(None)).ppf(u[index], narrowed))
                open_rows = open_rows & ~mask
        return _scatter(rows, values, len(u))


def _scatter(rows: list[np.ndarray], values: list[Array], length: int) -> Array:
    """Return the branches' values laid back at their rows; a branch without values is missing."""
    coded = [value for value in values if isinstance(value, Coded)]
    if len(coded) != len(values):
        # Numbers: a branch of "nothing" is an all-missing Coded, and becomes NaN among them.
        if any((value.codes >= 0).any() for value in coded):
            raise ValueError("conditional: some branches give text, others numbers")
        values = [np.full(len(value), np.nan) if isinstance(value, Coded) else value for value in values]
    order = np.argsort(np.concatenate(rows), kind="stable") if rows else np.empty(0, np.intp)
    return concatenate(values)[order] if rows else Coded.constant(None, length)


@frozen
class MissingDistribution(Distribution):
    """Another distribution with a `null_fraction` of its values missing; how any distribution says so is `null_fraction`.

    `ppf` gives the lowest `null_fraction` of the uniforms to the missing; people get theirs from a draw of its own,
    so that who lacks a value does not depend on what it would have been.
    """

    kind = "missing"
    distribution: Distribution
    null_fraction: float = field(validator=fraction)

    def reads(self):
        return self.distribution.reads()

    def within(self, low, high):
        return MissingDistribution(self.distribution.within(low, high), self.null_fraction)

    def ppf(self, u, columns=None):
        missing = u < self.null_fraction
        rest = np.where(missing, 0.5, (u - self.null_fraction) / max(1 - self.null_fraction, 2**-53))
        return without(self.distribution.ppf(rest, columns), missing)


def without(values: Array, missing: np.ndarray) -> Array:
    """Return a column with some rows missing: -1 among codes, NaN among numbers (which become float64)."""
    if isinstance(values, Coded):
        return Coded(np.where(missing, -1, values.codes), values.words)
    return np.where(missing, np.nan, values.astype(np.float64)) if missing.any() else values

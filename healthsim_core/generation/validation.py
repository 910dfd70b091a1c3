"""Compare what was asked for with what came out, with a tolerance that knows how many people there are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from attrs import define, field, frozen
from scipy.special import ndtri

from healthsim_core.columns import Coded
from healthsim_core.conditions import present
from healthsim_core.distributions import ConditionalDistribution, Distribution
from healthsim_core.generation.coding import limited, possible
from healthsim_core.generation.plan import AttributePlan, ConditionPlan, Plan
from healthsim_core.generation.profile import has_column
from healthsim_core.people import People

Z = 3.2905
"""Half-width of a 99.9 % interval, in standard errors."""
GRID = 1 << 14


@frozen
class Check:
    """One target: what was expected, what came out, how far it may be off."""

    path: str
    expected: float
    observed: float
    tolerance: float
    count: int

    @property
    def passed(self) -> bool:
        return abs(self.expected - self.observed) <= self.tolerance

    def __str__(self) -> str:
        return (
            f"{self.path}: expected {self.expected:.4g}, got {self.observed:.4g} among {self.count:,} "
            f"(tolerance {self.tolerance:.2g})"
        )


@frozen
class ValidationReport:
    """All targets of a profile and whether they were met."""

    checks: tuple[Check, ...] = ()
    notes: tuple[str, ...] = ()
    """What the figures do not say: of whom a prevalence was met where not everybody can have the condition."""

    @property
    def errors(self) -> list[str]:
        """Return the targets that were missed, in words."""
        return [str(check) for check in self.checks if not check.passed]

    @property
    def passed(self) -> bool:
        """Return whether every target was met."""
        return not self.errors

    is_valid = passed

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        checks = [
            {
                "path": one.path,
                "expected": one.expected,
                "observed": one.observed,
                "tolerance": one.tolerance,
                "count": one.count,
                "passed": one.passed,
            }
            for one in self.checks
        ]
        return {"passed": self.passed, "checks": checks, "errors": self.errors, "notes": list(self.notes)}


@define
class _Target:
    """One mean or share being counted over the spans."""

    path: str
    mean: float
    deviation: float
    measure: Any
    allowance: float = 0.0
    """What the measure itself may be off, besides chance."""
    count: int = 0
    total: float = 0.0

    def sums(self, people: People) -> tuple[int, float]:
        """Return how many of a span's people count, and their sum; missing values are not counted."""
        values = self.measure(people)
        if values.dtype.kind == "f":
            values = values[~np.isnan(values)]
        return len(values), float(values.sum())

    def check(self) -> Check:
        observed = self.total / self.count
        tolerance = Z * self.deviation / math.sqrt(self.count) + (1e-9 if self.deviation == 0 else 0.5 / self.count)
        tolerance += self.allowance
        return Check(self.path, self.mean, observed, tolerance, self.count)


FEW = 20
"""Among fewer people it may be chance that nobody can have a condition."""


@define
class _Reach(_Target):
    """Counts how many of those that a prevalence is asked of can have the condition at all."""

    def check(self) -> Check:
        return Check(f"{self.path}: nobody can have it", self.mean, 0.0, 0.0, self.count)

    def note(self) -> str:
        return (
            f"{self.path}: {self.total:,.0f} of the {self.count:,} people it is asked of can have it, by sex and age; "
            f"{self.mean:.4g} is meant of them"
        )


ROUNDING = 0.01
"""What a correlation may lose to values rounded to whole numbers or decimals."""


def _of_roles(people: People, roles: tuple[str, ...] | None) -> np.ndarray:
    """Return who has one of some roles (bool); None means everybody."""
    return np.ones(len(people), bool) if roles is None else people["role"].isin(roles)


def _normal_scores(attribute: AttributePlan):
    """Return the function from an attribute's values to their normal scores, None where it has none."""
    if attribute.distribution is None or attribute.distribution.reads():
        return None
    shares = (np.arange(GRID) + 0.5) / GRID
    grid = np.asarray(attribute.distribution.ppf(shares, {}), float)
    if attribute.kind == "integer":
        grid = np.rint(grid)
    if np.isnan(grid).any() or len(np.unique(grid)) < 20:
        return None

    def score(values: np.ndarray) -> np.ndarray:
        below, upto = np.searchsorted(grid, values, side="left"), np.searchsorted(grid, values, side="right")
        place = np.clip((below + upto) / (2 * GRID), 0.5 / GRID, 1 - 0.5 / GRID)
        return np.where(np.isnan(values), np.nan, ndtri(place))

    return score


@define
class Tally:
    """Counts every target of a plan, span by span."""

    targets: list[_Target] = field(factory=list)

    @classmethod
    def of(cls, plan: Plan) -> Tally:
        """Return an empty tally of the plan's targets: what the profile itself asks for."""
        tally = cls()
        if plan.validation == "none":
            return tally
        for attribute in plan.attributes:
            if (
                attribute.path
                and attribute.distribution is not None
                and not attribute.overrides
                and not attribute.shared
                and not (attribute.common and (plan.household is not None or len(plan.roles) > 1))
            ):
                tally._follow(attribute, attribute.distribution, attribute.path, ())
                tally._follow_missing(attribute)
        for condition in plan.conditions:
            if condition.target is not None and not condition.overrides:
                tally._follow_condition(condition)
        by_name = {attribute.name: attribute for attribute in plan.attributes}
        for correlation in plan.correlations:
            for first, second, strength in correlation.targets:
                tally._follow_correlation(by_name[first], by_name[second], strength)
        return tally

    def _follow_condition(self, condition: ConditionPlan) -> None:
        share, name, roles = condition.target, has_column(condition.category), condition.roles
        path = f"prevalence of {condition.category}"

        if limited(condition):
            self.targets.append(
                _Reach(path, share, 0.0, lambda people: possible(condition, people)[_of_roles(people, roles)])
            )

        def those(people: People) -> np.ndarray:
            return people[name][_of_roles(people, roles) & possible(condition, people)]

        self.targets.append(_Target(path, share, math.sqrt(share * (1 - share)), those))

    def _follow_missing(self, attribute: AttributePlan) -> None:
        share = attribute.null_fraction
        if share:
            self.targets.append(
                _Target(
                    f"share missing in {attribute.path}",
                    share,
                    math.sqrt(share * (1 - share)),
                    lambda people: ~present(people[attribute.name]),
                )
            )

    def _follow_correlation(self, first: AttributePlan, second: AttributePlan, strength: float) -> None:
        scores = [_normal_scores(one) for one in (first, second)]
        if None in scores:
            return  # Conditional or coarse distributions have no one normal score a value; their copula holds all the same.

        def products(people: People) -> np.ndarray:
            mask = _of_roles(people, first.roles or second.roles)
            one, other = (score(people[plan.name][mask]) for score, plan in zip(scores, (first, second), strict=True))
            return one * other

        # For a bivariate normal the product of the two scores has mean rho and variance 1 + rho squared.
        self.targets.append(
            _Target(
                f"correlation of {first.name} and {second.name}",
                strength,
                math.sqrt(1 + strength**2),
                products,
                ROUNDING,
            )
        )

    def _follow(self, attribute: AttributePlan, distribution: Distribution, path: str, rules: tuple) -> None:
        if isinstance(distribution, ConditionalDistribution):
            before: tuple = ()
            for number, (rule, branch) in enumerate(distribution.rules):
                self._follow(attribute, branch, f"{path}.rules[{number}]", (*rules, *before, (rule, True)))
                before = (*before, (rule, False))
            if distribution.default is not None:
                self._follow(attribute, distribution.default, f"{path}.default", (*rules, *before))
            return
        if distribution.reads():
            return

        def rows(people: People) -> np.ndarray:
            mask = _of_roles(people, attribute.roles)
            if attribute.null_fraction:
                mask &= present(people[attribute.name])
            for rule, wanted in rules:
                mask &= rule.holds(people.columns.get, len(people)) == wanted
            return mask

        grid = distribution.ppf((np.arange(GRID) + 0.5) / GRID, {})
        if attribute.kind == "date":
            return
        if isinstance(grid, Coded):
            self._follow_words(attribute, grid, path, rows)
        else:
            values = np.rint(grid) if attribute.kind == "integer" else grid.astype(float)
            self.targets.append(
                _Target(
                    f"mean of {path}",
                    float(np.nanmean(values)),
                    float(np.nanstd(values)),
                    lambda people: people[attribute.name][rows(people)].astype(float),
                )
            )

    def _follow_words(self, attribute: AttributePlan, grid: Coded, path: str, rows) -> None:
        for code, word in enumerate(grid.words):
            share = float((grid.codes == code).mean())
            self.targets.append(
                _Target(
                    f"share of {word} in {path}",
                    share,
                    math.sqrt(share * (1 - share)),
                    lambda people, word=word: people[attribute.name][rows(people)].isin([word]),
                )
            )

    def sums(self, people: People) -> list[tuple[int, float]]:
        """Return what one span's people add to every target; in span order, whoever works it out, it comes to the same."""
        return [target.sums(people) for target in self.targets]

    def take(self, sums: list[tuple[int, float]]) -> None:
        """Add the sums of one span."""
        for target, (count, total) in zip(self.targets, sums, strict=True):
            target.count += count
            target.total += total

    def add(self, people: People) -> None:
        """Count one span's people."""
        self.take(self.sums(people))

    def report(self) -> ValidationReport:
        """Return the report on everything counted so far."""
        reaches = [target for target in self.targets if isinstance(target, _Reach) and target.mean]
        nobody = [target for target in reaches if target.count >= FEW and not target.total]
        counted = [target for target in self.targets if target.count and not isinstance(target, _Reach)]
        return ValidationReport(
            tuple(target.check() for target in (*counted, *nobody)),
            tuple(target.note() for target in reaches if target.total < target.count),
        )

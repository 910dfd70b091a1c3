"""Make one span: its rows, what it adds to the validation, and what failed; the same in whatever process."""

from __future__ import annotations

from attrs import frozen

from healthsim_core.columns import Columns, Span
from healthsim_core.generation.handling import Failure, generate_span
from healthsim_core.generation.plan import Plan
from healthsim_core.generation.validation import Tally


@frozen
class Made:
    """What one span came to: rows by table, sums for the tally, how many people, how many events of each part of the
    plan, and the handlers that failed."""

    rows: dict[str, Columns]
    sums: list[tuple[int, float]]
    people: int
    events: tuple[int, ...]
    failures: tuple[Failure, ...]


def make(plan: Plan, span: Span, rosters: dict[str, Columns], tally: Tally) -> Made:
    """Return what a span comes to; where validation is strict a failing handler raises PluginError, else it is noted."""
    failures: list[Failure] | None = None if plan.validation == "strict" else []
    rows, timeline = generate_span(plan, span, rosters, failures)
    events = tuple(len(timeline.parts.get(number, ())) for number in range(len(plan.parts)))
    return Made(rows, tally.sums(timeline.people), len(timeline.people), events, tuple(failures or ()))

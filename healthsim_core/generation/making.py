"""Make one span: its rows, what it adds to the validation, and what failed; the same in whatever process."""

from __future__ import annotations

from attrs import frozen

from healthsim_core.columns import Columns, Span, stack
from healthsim_core.generation.handling import Failure, span_batches
from healthsim_core.generation.plan import Plan
from healthsim_core.generation.validation import Tally

FEW_ROWS = 100_000
"""Batches of a table that come to fewer are joined: inserting one takes milliseconds, however small."""


@frozen
class Made:
    """What one span came to: batches of rows by table, sums for the tally, how many people, how many events of each part of the
    plan, and the handlers that failed."""

    rows: dict[str, list[Columns]]
    sums: list[tuple[int, float]]
    people: int
    events: tuple[int, ...]
    failures: tuple[Failure, ...]


def make(plan: Plan, span: Span, rosters: dict[str, Columns], tally: Tally) -> Made:
    """Return what a span comes to; where validation is strict a failing handler raises PluginError, else it is noted."""
    failures: list[Failure] | None = None if plan.validation == "strict" else []
    batches, timeline = span_batches(plan, span, rosters, failures)
    rows = {
        table: [stack(some)] if sum(one.length for one in some) < FEW_ROWS else some for table, some in batches.items()
    }
    events = tuple(len(timeline.parts.get(number, ())) for number in range(len(plan.parts)))
    return Made(rows, tally.sums(timeline.people), len(timeline.people), events, tuple(failures or ()))

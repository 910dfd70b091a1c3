"""Fill a scenario: spans of people generated while the last ones are being written."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator

from attrs import field, frozen

from healthsim_core.columns import Span
from healthsim_core.generation.handling import Failure
from healthsim_core.generation.making import Made, make
from healthsim_core.generation.plan import Plan
from healthsim_core.generation.validation import Tally
from healthsim_core.state.writing import ScenarioWriter

SPAN_ROWS = 1_000_000
"""Rows generated at a time, about: enough to keep numpy busy, few enough to keep memory flat."""
FIRST_SPAN, SPAN_SIZE = 500, 10_000
"""Persons generated first, to see how many rows they come to, and at most at a time."""
ROWS_PER_FLUSH = 2_000_000
"""Rows appended between commits, or more: fewer keep memory lower, more keep the file smaller."""

Progress = Callable[[int, int], None]
"""`progress(done, total)` in persons."""


@frozen
class Filled:
    """What filling a scenario came to: targets counted, events of each part of the plan, failures by how many spans."""

    tally: Tally
    events: list[int]
    failures: dict[Failure, int] = field(factory=dict)

    def told(self) -> list[str]:
        """Return the failures in words, one for each event type."""
        first: dict[str, str] = {}
        spans: dict[str, int] = {}
        for failure, count in self.failures.items():
            first.setdefault(failure.event_type, str(failure))
            spans[failure.event_type] = spans.get(failure.event_type, 0) + count
        return [
            text + (f" (and in {spans[name] - 1} more spans)" if spans[name] > 1 else "")
            for name, text in first.items()
        ]


def fill(
    plan: Plan,
    writer: ScenarioWriter,
    span_size: int | None = None,
    progress: Progress | None = None,
    spans_made: Callable[[list[Span]], Iterator[Made]] | None = None,
) -> Filled:
    """Generate every span and append its rows; writing one span overlaps generating the next.

    `spans_made` makes the spans elsewhere; by default they are made here. `span_size` is in persons, by default such
    that a span comes to about SPAN_ROWS rows.
    """
    rosters = plan.build_rosters()
    for table, rows in rosters.items():
        writer.append(plan.tables[table], rows)
    filled = Filled(Tally.of(plan), [0] * len(plan.parts))
    pending: queue.Queue = queue.Queue(maxsize=1)
    failure: list[BaseException] = []

    def drain() -> None:
        committed = 0
        while (batch := pending.get()) is not None:
            if not failure:
                try:
                    for table in list(batch):
                        for rows in batch.pop(table):  # what is written need not be held
                            writer.append(plan.tables[table], rows)
                    appended = sum(writer.counts.values())
                    if appended - committed >= ROWS_PER_FLUSH:
                        writer.flush()
                        committed = appended
                except BaseException as error:  # noqa: BLE001 - carried to the caller's thread
                    failure.append(error)

    done = 0

    def made_here(spans: list[Span]) -> Iterator[Made]:
        return (make(plan, span, rosters, filled.tally) for span in spans)

    made_spans = _paced(plan, span_size, made_here, spans_made or made_here)
    # A daemon: whoever is interrupted twice must not wait for it.
    thread = threading.Thread(target=drain, name="healthsim-writer", daemon=True)
    thread.start()
    try:
        with contextlib.closing(made_spans):
            for made in made_spans:
                filled.tally.take(made.sums)
                filled.events[:] = map(sum, zip(filled.events, made.events, strict=True))
                for one in made.failures:
                    filled.failures[one] = filled.failures.get(one, 0) + 1
                pending.put(made.rows)
                done += made.people
                if progress is not None:
                    progress(done, plan.people_count)
                if failure:
                    break
    finally:
        pending.put(None)
        thread.join()
    if failure:
        raise failure[0]
    return filled


def _paced(
    plan: Plan,
    span_size: int | None,
    made_here: Callable[[list[Span]], Iterator[Made]],
    made: Callable[[list[Span]], Iterator[Made]],
) -> Iterator[Made]:
    """Yield what every span comes to; without a size a first, small one tells how many persons the others can hold."""
    if span_size is not None:
        yield from made(plan.spans(span_size))
        return
    first = plan.spans(FIRST_SPAN)[:1]
    if plan.count <= 2 * len(first[0]):
        yield from made_here([Span(0, plan.count)])
        return
    rows = 0
    for one in made_here(first):
        rows = sum(batch.length for batches in one.rows.values() for batch in batches)
        yield one
        del one  # it would be held while all others are made
    size = SPAN_ROWS * FIRST_SPAN // max(rows, 1)
    yield from made(plan.spans(min(max(size, 1), SPAN_SIZE), start=first[0].stop))

"""The answers as people read them."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from healthsim_mcp import answers

LONGEST_CELL = 60


@functools.singledispatch
def told(answer: BaseModel) -> str:
    """Return an answer as markdown."""
    raise NotImplementedError(type(answer).__name__)


@told.register
def _(answer: answers.Summary) -> str:
    status = "" if answer.status == "complete" else f" ({answer.status})"
    lines = [f"## {answer.scenario_name}{status}"]
    if answer.description:
        lines += ["", one_line(answer.description, 200)]
    lines += ["", f"id {answer.scenario_id}, {answer.total_entities:,} entities, updated {answer.updated_at[:19]}"]
    if answer.tags:
        lines.append(f"tags: {', '.join(answer.tags)}")
    lines += ["", *table(("type", "entities"), sorted(answer.entity_counts.items()))]
    if answer.statistics:
        lines.append("")
        lines += [
            f"- {name.replace('_', ' ')}: {one_line(_figures(one), 400)}" for name, one in answer.statistics.items()
        ]
    if answer.provenance:
        lines.append("")
        lines += [
            f"- {name.replace('_', ' ')}: {one_line(_figures(one), 400)}" for name, one in answer.provenance.items()
        ]
    lines += [f"- note: {one_line(one, 400)}" for one in answer.notices]
    for kind, rows in answer.samples.items():
        lines += ["", f"### {kind}", "", *entities(rows)]
    return "\n".join(lines)


@told.register
def _(answer: answers.Persisted) -> str:
    again = f", {answer.entities_skipped:,} were there already" if answer.entities_skipped else ""
    more = f" and {answer.more_ids:,} more" if answer.more_ids else ""
    return "\n".join(
        [
            f"Saved {answer.entities_persisted:,} {answer.entity_type} in {'the new ' if answer.is_new_scenario else ''}"
            f"scenario `{answer.scenario_name}`{again} ({answer.batches_saved} of {answer.batches} batches).",
            f"ids: {', '.join(map(one_line, answer.entity_ids))}{more}",
            "",
            told(answer.summary),
        ]
    )


@told.register
def _(answer: answers.QueryPage) -> str:
    if not answer.rows:
        return f"No rows (total {answer.total:,}) in `{answer.scenario_name}`."
    last = answer.offset + len(answer.rows)
    more = f"; next page: offset={answer.next_offset}" if answer.has_more else ""
    lines = [
        *table(answer.columns, answer.rows),
        "",
        f"rows {answer.offset + 1:,} to {last:,} of {answer.total:,}{more}",
    ]
    return "\n".join(lines)


@told.register
def _(answer: answers.ScenarioList) -> str:
    lines = ["No scenarios."]
    if answer.scenarios:
        rows = [
            (one.scenario_name, one.entity_count, one.people, ", ".join(one.tags), one.status, one.updated_at[:19])
            for one in answer.scenarios
        ]
        lines = table(("scenario", "entities", "people", "tags", "status", "updated"), rows)
    if answer.has_more:
        lines += ["", f"{len(answer.scenarios):,} of {answer.total:,}; narrow filter_pattern or raise limit"]
    return "\n".join([*lines, *(f"- unreadable: {one_line(one, 400)}" for one in answer.unreadable)])


@told.register
def _(answer: answers.Renamed) -> str:
    if answer.old_name == answer.new_name:
        return f"The scenario is called `{answer.new_name}` already."
    return f"Renamed `{answer.old_name}` to `{answer.new_name}`; its id stays {answer.scenario_id}."


@told.register
def _(answer: answers.Deleted) -> str:
    return f"Deleted `{answer.scenario_name}` for good ({answer.bytes_freed:,} bytes freed)."


@told.register
def _(answer: answers.Samples) -> str:
    lines = entities(answer.samples) if answer.samples else ["none"]
    return "\n".join([f"{answer.strategy} samples of {answer.entity_type} in `{answer.scenario_name}`:", "", *lines])


@told.register
def _(answer: answers.Generated) -> str:
    wrong = len(answer.validation.errors)
    validation = (
        "validation was not asked for"
        if answer.validation.level == "none"
        else "every target was met"
        if answer.validation.passed
        else f"{wrong} targets were missed"
    )
    lines = [
        f"Generated scenario `{answer.scenario_name}`: {answer.people:,} people in {answer.seconds:.1f} s (seed {answer.seed}, "
        f"as of {answer.as_of}, products {', '.join(answer.products) or 'none'}); {validation}."
    ]
    lines += [f"- missed: {one_line(one, 400)}" for one in answer.validation.errors]
    lines += [f"- failed: {one_line(one, 400)}" for one in answer.failures]
    lines += [f"- note: {one_line(one, 400)}" for one in answer.notices]
    lines += [f"- {one['format']}: {one['files']:,} files in {one['folder']}" for one in answer.outputs]
    return "\n".join([*lines, "", told(answer.summary)])


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    """Return the lines of a table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return [f"| {' | '.join(one_line(cell) for cell in line)} |" for line in lines]


def entities(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a table of entities, field by field, without fields that are empty in all of them."""
    names = list(dict.fromkeys(name for row in rows for name, value in row.items() if value is not None))
    headings = ("field", *(str(number) for number in range(1, len(rows) + 1)))
    return table(headings, [(name, *(row.get(name) for row in rows)) for name in names])


def one_line(value: Any, longest: int = LONGEST_CELL) -> str:
    """Return a value as text that breaks no line and no table."""
    if value is None:
        return ""
    text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    text = " ".join(text.split()).replace("|", "\\|")
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _figures(figures: Any) -> str:
    if isinstance(figures, Mapping):
        if set(figures) == {"first", "last"}:
            return f"{figures['first']} to {figures['last']}"
        return ", ".join(f"{name} {one_line(value, 80)}" for name, value in figures.items())
    return "; ".join(map(_figures, figures)) if isinstance(figures, list) else str(figures)

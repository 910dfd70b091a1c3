"""Errors as the agent gets them: where, what, and what to do next; and as the log gets them: without any data."""

from __future__ import annotations

import traceback
from collections.abc import Iterable

from pydantic import ValidationError

from healthsim_core.errors import HealthSimError, SpecificationError, UserError
from healthsim_core.state.persisting import PersistError
from healthsim_core.state.store import StoreError

NEXT = {
    "persist_entities": "correct what is listed and call persist_entities again with all the entities.",
    "get_scenario_summary": "call list_scenarios for names and ids, then get_scenario_summary with one of them.",
    "query_scenario": "call query_scenario with one SELECT; get_scenario_summary names the tables, and the query "
    "`DESCRIBE <table>` their columns.",
    "list_scenarios": "call list_scenarios with other arguments, or with none.",
    "rename_scenario": "call rename_scenario with a name that is free; list_scenarios shows those taken.",
    "delete_scenario": "call list_scenarios for names and ids.",
    "get_entity_samples": "call get_scenario_summary for the types of entities the scenario has.",
    "generate_scenario": "correct the specification or the template's name and call generate_scenario again.",
}
"""What to do after the user's mistake, by tool."""


class AdvisedError(UserError):
    """A mistake after which something else than usual is to be done."""

    def __init__(self, message: str, next_step: str):
        self.next_step = next_step
        super().__init__(message)


def told(tool: str, error: HealthSimError) -> str:
    """Return what went wrong in a tool, and the next step."""
    return f"{error}\nNext: {_next_step(tool, error)}"


def _next_step(tool: str, error: HealthSimError) -> str:
    if isinstance(error, AdvisedError):
        return error.next_step
    if isinstance(error, PersistError) and error.result is not None:
        return (
            "correct what is listed and call persist_entities again with all the entities and "
            f"scenario_name={error.result.scenario_name!r}."
        )
    if isinstance(error, StoreError):
        return "what was saved before is untouched; try again, and if it happens again let the user run `healthsim doctor`."
    if isinstance(error, SpecificationError):
        return f"correct every path that is listed and call {tool} again."
    if isinstance(error, UserError):
        return NEXT[tool]
    return "tell the user; `healthsim plugins` shows which plugin failed."


def wrong_arguments(tool: str, error: ValidationError) -> str:
    """Return what is wrong with a tool's arguments, each with its path."""
    lines = []
    for one in error.errors(include_url=False, include_context=False):
        path = ".".join(str(part) for part in one["loc"]) or "arguments"
        given = "" if one["type"] == "missing" else f", got {_short(one['input'])}"
        lines.append(f"{path}: {one['msg'][0].lower()}{one['msg'][1:]}{given}")
    return with_correction(tool, lines)


def with_correction(tool: str, lines: Iterable[str]) -> str:
    """Return what is wrong with a tool's arguments, and that they are to be corrected."""
    return "\n".join([*lines, f"Next: correct these arguments and call {tool} again."])


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def bug(tool: str, error: BaseException | None) -> str:
    """Return what the agent is told of a bug."""
    kind = type(error).__name__ if error is not None else "unknown"
    return (
        f"{tool} failed over a bug of HealthSim or of a plugin ({kind}); what was saved is still there.\n"
        "Next: do not repeat it; tell the user, whose log of the server says where it happened."
    )


def place(error: BaseException | None) -> str:
    """Return the kind of an error and the line it came from, without its text, which may hold data."""
    if error is None:
        return "unknown"
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"

"""Answer a question about one scenario, a page at a time; nothing but that scenario can be seen or changed."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import sys
import threading
from typing import Any

from attrs import define, field, frozen

from healthsim_core.errors import UserError
from healthsim_core.state.answering import receive, send
from healthsim_core.state.store import Scenario, StoreError

LARGEST_PAGE = 100
TIME_LIMIT = 30.0
GRACE = 5.0
"""Seconds after the limit when a process that does not answer is stopped."""


@frozen
class Page:
    """One page of an answer."""

    columns: tuple[str, ...]
    rows: list[tuple]
    total_count: int
    limit: int
    offset: int
    query_executed: str

    @property
    def results(self) -> list[dict[str, Any]]:
        """Return the rows as dicts."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    @property
    def has_more(self) -> bool:
        """Return whether there are rows after this page."""
        return self.offset + len(self.rows) < self.total_count

    @property
    def page(self) -> int:
        """Return the page's number, from 1."""
        return self.offset // self.limit + 1

    @property
    def page_size(self) -> int:
        """Return how many rows a page holds."""
        return self.limit

    def to_dict(self) -> dict[str, Any]:
        """Return the page as plain data: columns, rows, total, has_more."""
        return {
            "columns": list(self.columns),
            "rows": [list(row) for row in self.rows],
            "total": self.total_count,
            "has_more": self.has_more,
        }


def query(scenario: Scenario, sql: str, limit: int = 20, offset: int = 0) -> Page:
    """Return a page of a SELECT's answer; UserError for anything else, for mistakes in it, and after 30 s."""
    if not 1 <= limit <= LARGEST_PAGE:
        raise UserError(f"limit must be between 1 and {LARGEST_PAGE}, got {limit}")
    if offset < 0:
        raise UserError(f"offset must be 0 or more, got {offset}")
    question = {"path": str(scenario.path), "sql": sql, "limit": limit, "offset": offset, "seconds": TIME_LIMIT}
    said = _ANSWERER.ask(question)
    if "broken" in said:
        raise StoreError(f"cannot open scenario {scenario.name!r}: {said['broken']}")
    if "refused" in said:
        raise UserError(said["refused"])
    return Page(tuple(said["columns"]), said["rows"], said["total"], limit, offset, sql)


@define(eq=False)
class _Answerer:
    """The process that answers, started with the first question and again after it was lost."""

    process: subprocess.Popen | None = None
    lock: threading.Lock = field(factory=threading.Lock)

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Return the answer; where the process is lost over it, that is the answer."""
        with self.lock:
            if self.process is None or self.process.poll() is not None:
                command = [sys.executable, "-P", "-m", "healthsim_core.state.answering"]
                self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            said: queue.SimpleQueue = queue.SimpleQueue()
            threading.Thread(target=_receive, args=(self.process, question, said), daemon=True).start()
            try:
                answer = said.get(timeout=question["seconds"] + GRACE)
            except queue.Empty:
                answer = {"refused": f"the query took longer than {question['seconds']:g} s and was stopped"}
                self.stop()
            except BaseException:  # interrupted: what the process says later answers no question
                self.stop()
                raise
            if answer is None:
                self.stop()
                return {"refused": "the query needs more memory, or is nested deeper, than a question may be"}
            return answer

    def stop(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            for stream in (self.process.stdin, self.process.stdout):
                with contextlib.suppress(OSError):
                    stream.close()
            self.process.wait()
            self.process = None


def _receive(process: subprocess.Popen, question: dict[str, Any], said: queue.SimpleQueue) -> None:
    try:
        send(process.stdin, question)
        said.put(receive(process.stdout))
    except (EOFError, OSError, ValueError):
        said.put(None)


_ANSWERER = _Answerer()

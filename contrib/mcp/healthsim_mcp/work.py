"""What the server is doing, and how far; so that it can be ended between two batches."""

from __future__ import annotations

import threading
import time

from anyio import from_thread
from attrs import define, field, frozen
from mcp.server.mcpserver import Context

from healthsim_core.errors import HealthSimError


class StoppedError(HealthSimError):
    """The server was asked to end while a tool was at work."""


@define
class Work:
    """The calls in hand; once it is stopped, those that tell progress end with it."""

    calls: int = 0
    stopped: threading.Event = field(factory=threading.Event)

    def __enter__(self) -> Work:
        self.calls += 1
        return self

    def __exit__(self, kind, error, trace) -> None:
        self.calls -= 1

    def stop(self, seconds: float) -> None:
        """Let the calls in hand end at their next progress, and wait so long for it."""
        self.stopped.set()
        until = time.monotonic() + seconds
        while self.calls and time.monotonic() < until:
            time.sleep(0.02)


@frozen
class Progress:
    """Tells the client how far a tool is; after the client gave up, or the server was asked to end, it ends the tool."""

    work: Work
    context: Context
    what: str

    def __call__(self, done: int, total: int) -> None:
        """Send one notification."""
        if self.work.stopped.is_set():
            raise StoppedError("the server was asked to end")
        from_thread.check_cancelled()
        from_thread.run(self.context.report_progress, done, total, f"{done:,} of {total:,} {self.what}")

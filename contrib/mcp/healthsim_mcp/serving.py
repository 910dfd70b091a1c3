"""Start the server on stdin and stdout, with logs on stderr that hold no data."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from functools import partial

from anyio import BrokenResourceError, ClosedResourceError

from healthsim_core import catalog as catalogs
from healthsim_core.state.store import home
from healthsim_mcp import failing
from healthsim_mcp.server import build
from healthsim_mcp.work import Work

LOG = logging.getLogger("healthsim_mcp")
PATIENCE = 1.5
"""Seconds in which tools may come to the end of a batch; clients kill a server about 2 s after they asked it to end."""
_GONE = (BrokenPipeError, ConnectionResetError, BrokenResourceError, ClosedResourceError)


class DiscreetFormatter(logging.Formatter):
    """Writes our own messages, which name no data; of others' only where they come from and the kind of error."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record, without what others put into theirs: arguments of tools, texts of errors."""
        said = logging.makeLogRecord(record.__dict__)
        if record.name.split(".")[0] != LOG.name:
            kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else "message"
            said.msg, said.args = f"{kind} of {record.name} at {record.filename}:{record.lineno}", ()
        said.exc_info = said.exc_text = said.stack_info = None
        return super().format(said)


def log_to_stderr(level: str) -> None:
    """Log to stderr, from a level on; of other packages only warnings and errors."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(DiscreetFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    LOG.setLevel(level.upper())


def serve(level: str = "info") -> None:
    """Serve until the client is gone, or a signal says to end; what a tool was doing ends with its batch or span."""
    log_to_stderr(level)
    catalog = catalogs.build()
    for plugin in catalog.failed():
        LOG.warning("plugin %s could not be used: %s", plugin.name, plugin.error)
    work = Work()
    server = build(catalog=catalog, work=work)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, partial(_end, work))
    LOG.info("serving %s, process %d", home(), os.getpid())
    try:
        server.run("stdio")
    except* _GONE:
        pass  # killed, while it was being told something
    except* Exception as errors:
        LOG.error("the server failed: %s", ", ".join(map(failing.place, errors.exceptions)))
        raise SystemExit(1) from None
    LOG.info("the client is gone")


def _end(work: Work, number: int, frame: object) -> None:
    """End the process once the tools have stopped; a thread does it, because they still talk to the loop."""
    LOG.info("asked to end (signal %d)", number)

    def leave() -> None:
        work.stop(PATIENCE)
        # The SDK reads stdin in a thread that nothing but the client wakes, and Python would wait for it.
        os._exit(128 + number)

    threading.Thread(target=leave, name="healthsim-leave", daemon=True).start()

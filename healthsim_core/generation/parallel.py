"""Make spans in several processes: each resolves the same specification and makes the spans it is given.

Workers are started as programs of their own, so that a script that generates is not run a second time by them. Arrays
come back through files that are mapped, not copied.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import mmap
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from attrs import define, evolve, field, frozen

from healthsim_core import catalog as catalogs
from healthsim_core.catalog import Catalog
from healthsim_core.columns import Span
from healthsim_core.errors import HealthSimError, UserError
from healthsim_core.generation.making import Made, make
from healthsim_core.generation.plan import Plan
from healthsim_core.generation.resolving import remake
from healthsim_core.generation.validation import Tally

ALIGNED = 64
"""Arrays in a file begin at multiples of so many bytes."""


class WorkerError(HealthSimError):
    """A worker process ended before its time or made another plan than ours; nothing was saved."""


@frozen
class Recipe:
    """What another process needs to make the same plan."""

    specification: Mapping[str, Any]
    count: int
    workspace: Path
    plugins: tuple[tuple[str, str, str, str], ...]
    """(name, distribution, version, module) of every plugin but core."""
    plan: str
    """The fingerprint of the plan it must come to."""

    @classmethod
    def of(cls, plan: Plan, catalog: Catalog, workspace: Path) -> Recipe:
        """Return a plan's recipe; UserError where a plugin cannot be found by another process."""
        plugins = []
        for one in catalog.plugins:
            if one.name == "core" or one.error:
                continue
            if one.module is None:
                raise UserError(
                    f"workers: plugin {one.name} is not a module, so no other process can load it; leave workers at 1"
                )
            plugins.append((one.name, one.distribution, one.version, one.module))
        return cls(plan.specification, plan.count, workspace, tuple(plugins), fingerprint(plan))

    def cook(self) -> Plan:
        """Return the plan; WorkerError where it is not the one the recipe was taken from."""
        plugins = [(*about, partial(importlib.import_module, module)) for *about, module in self.plugins]
        plan = evolve(remake(self.specification, catalogs.build(plugins), self.workspace), count=self.count)
        if fingerprint(plan) != self.plan:
            raise WorkerError("a worker made another plan than ours; were plugins or reference data changed meanwhile?")
        return plan


def fingerprint(plan: Plan) -> str:
    """Return a digest of what decides a plan's rows, as far as it can be told in words."""
    parts = [(part.path, part.event_type, part.base, part.size) for part in plan.parts]
    people = [(one.name, one.path, one.null_fraction) for one in plan.attributes]
    ill = [(one.category, one.leaves) for one in plan.conditions]
    words = (plan.seed, plan.count, plan.as_of, plan.start, plan.roles, parts, people, ill)
    about = (sorted(plan.versions.items()), sorted(plan.fingerprints.items()), sorted(plan.tables))
    return hashlib.blake2b(repr((words, about)).encode(), digest_size=16).hexdigest()


def make_spans(recipe: Recipe, spans: list[Span], workers: int) -> Iterator[Made]:
    """Yield what every span comes to, in order; at most two spans a worker are under way or waiting to be taken."""
    own = threading.local()
    started: list[Worker] = []
    starting, over = threading.Lock(), threading.Event()

    def work(span: Span) -> Made:
        with starting:
            if over.is_set():
                raise WorkerError("the run is over")
            if not hasattr(own, "worker"):
                own.worker = Worker(recipe, Path(folder))
                started.append(own.worker)
        return own.worker.make(span)

    with tempfile.TemporaryDirectory(prefix="healthsim-spans-") as folder:
        pool = ThreadPoolExecutor(workers, "healthsim-worker")
        try:
            ahead: deque = deque()
            for span in spans:
                ahead.append(pool.submit(work, span))
                if len(ahead) >= 2 * workers:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            with starting:
                over.set()
                for worker in started:
                    worker.stop()
            pool.shutdown(cancel_futures=True)


@define
class Worker:
    """One worker process, seen from ours."""

    recipe: Recipe
    folder: Path
    process: subprocess.Popen = field(init=False)

    def __attrs_post_init__(self) -> None:
        paths = os.pathsep.join(path for path in sys.path if path)
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "healthsim_core.generation.parallel"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": paths},
        )
        _send(self.process.stdin, (self.recipe, self.folder))

    def make(self, span: Span) -> Made:
        """Return what a span comes to; raises what was raised there."""
        try:
            _send(self.process.stdin, span)
            answer = pickle.load(self.process.stdout)
        except (EOFError, BrokenPipeError) as error:
            code = self.process.wait()
            raise WorkerError(
                f"a worker process ended with {code}; was there enough memory? Nothing was saved"
            ) from error
        if isinstance(answer, BaseException):
            raise answer
        return _take(*answer)

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            # What could not be sent to a process that is gone is sent again on closing.
            with contextlib.suppress(OSError):
                pipe.close()


def _send(pipe: BinaryIO, message: object) -> None:
    pickle.dump(message, pipe, protocol=5)
    pipe.flush()


def _give(made: Made, path: Path) -> tuple[bytes, Path, list[tuple[int, int]]]:
    """Return a span's message: its arrays are written to a file, the rest is pickled."""
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(made, protocol=5, buffer_callback=buffers.append)
    places = []
    with path.open("wb") as stream:
        for buffer in buffers:
            stream.write(bytes(-stream.tell() % ALIGNED))
            raw = buffer.raw()
            places.append((stream.tell(), raw.nbytes))
            stream.write(raw)
        stream.write(b"\0")  # an empty file cannot be mapped
    return head, path, places


def _take(head: bytes, path: Path, places: list[tuple[int, int]]) -> Made:
    """Return a span from its message; the file's memory is freed with the last of its arrays."""
    with path.open("rb") as stream:
        view = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    if os.name == "posix":
        path.unlink()
    return pickle.loads(head, buffers=[view[start : start + size] for start, size in places])


def main() -> None:
    """Answer a parent process: a recipe first, then spans until it goes away."""
    # The parent decides what an interrupt means; it ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What plugins print must not get into the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    recipe, folder = pickle.load(sys.stdin.buffer)
    plan = rosters = tally = None
    while True:
        try:
            span = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            if plan is None:
                plan = recipe.cook()
                rosters, tally = plan.build_rosters(), Tally.of(plan)
            answer = _give(make(plan, span, rosters, tally), folder / f"{span.start}.span")
        except HealthSimError as error:
            answer = type(error)(str(error)) if not isinstance(error, UserError) else UserError(str(error))
        except Exception:  # noqa: BLE001 - told to the parent, whose traceback it becomes
            answer = RuntimeError(f"in a worker: {traceback.format_exc()}")
        _send(answers, answer)


if __name__ == "__main__":
    main()

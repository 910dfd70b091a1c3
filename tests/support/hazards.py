"""What tests of safety do to a workspace in processes of their own, which they kill, starve or let compete."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import example_plugin

from healthsim_core import catalog as catalogs
from healthsim_core.errors import HealthSimError
from healthsim_core.generation.run import generate
from healthsim_core.state import collections
from healthsim_core.state.store import Store

PROFILE = {
    "id": "risky",
    "generation": {"count": 40, "seed": 3, "products": ["example"]},
    "journey": {"id": "j", "events": [{"event_id": "v", "event_type": "visit", "day": 3}]},
}
MORE = {"id": "k", "events": [{"event_id": "w", "event_type": "visit", "day": 30}]}
KINDS = ("generate", "into", "clone", "merge", "rename", "delete", "tag")


def catalog():
    """Return a catalog of core and the example plugin."""
    return catalogs.build([("example", "healthsim-example", "1.0", lambda: example_plugin)])


def make(root: Path, name: str, count: int = 40, **more):
    """Generate a scenario."""
    return generate(PROFILE, name=name, count=count, catalog=catalog(), workspace=root, **more)


def endlessly(say, root: Path, kind: str) -> None:
    """Do one kind of thing over and over, to scenarios of its own (`work…`) or from `base`, until killed."""
    store, found = Store(root), catalog()
    say("ready")
    for number in itertools.count():
        name = f"work-{number}"
        if kind == "generate":
            generate(PROFILE, name=name, count=40, catalog=found, workspace=store.root)
        elif kind == "into":
            generate(into="work", journey=MORE, catalog=found, workspace=store.root)
        elif kind == "clone":
            collections.clone(store, "base", name)
        elif kind == "merge":
            collections.merge(store, name, ["base", "other"], "rename", found)
        elif kind == "rename":
            collections.rename(store, "work" if not number else f"work-{number - 1}", name)
        elif kind == "tag":
            collections.tag(store, "work", [f"tag {number}"])
        elif kind == "delete":
            collections.delete(store, collections.clone(store, "base", name).name, confirm=True)


def write_slowly(say, root: Path, name: str, seconds: float) -> None:
    """Hold a scenario for writing for a while."""
    with Store(root).locked(name):
        say("ready")
        time.sleep(seconds)


def write_many(say, root: Path, name: str, count: int) -> None:
    """Generate scenarios one after another."""
    found = catalog()
    say("ready")
    for number in range(count):
        generate(PROFILE, name=f"{name}-{number}", catalog=found, workspace=root)


def one_into(say, root: Path, journey: str) -> None:
    """Add a journey to `base`."""
    more = {**MORE, "id": journey}
    generate(into="base", journey=more, catalog=catalog(), workspace=root)


def starve(say, root: Path, kind: str, limit: int) -> None:
    """Do one thing while no file may grow beyond a limit, and say how it ended."""
    import resource

    store, found = Store(root), catalog()
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    told(say, lambda: one_thing(store, kind, found))


def unprivileged(say, root: Path, kind: str) -> None:
    """Do one thing as somebody who may not write, and say how it ended."""
    import os

    store, found = Store(root), catalog()
    # What is imported late is imported now: Python itself may be where only its owner looks.
    generate(PROFILE, dry_run=True, catalog=found)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    told(say, lambda: one_thing(store, kind, found))


def one_thing(store: Store, kind: str, found) -> None:
    """Do one thing of a kind."""
    {
        "generate": lambda: generate(PROFILE, name="new", count=3000, catalog=found, workspace=store.root),
        "into": lambda: generate(into="base", journey=MORE, catalog=found, workspace=store.root),
        "clone": lambda: collections.clone(store, "base", "new"),
        "merge": lambda: collections.merge(store, "new", ["base", "other"], "rename", found),
        "rename": lambda: collections.rename(store, "base", "new"),
        "tag": lambda: collections.tag(store, "base", ["new"]),
        "delete": lambda: collections.delete(store, "base", confirm=True),
        "list": lambda: collections.listed(store),
    }[kind]()


def told(say, do) -> None:
    """Say how something ended, and with which message."""
    try:
        do()
        say(("done", ""))
    except HealthSimError as error:
        say((type(error).__name__, str(error)))

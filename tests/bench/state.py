"""Measure what is asked of saved scenarios: `python tests/bench/state.py PEOPLE` prints seconds as JSON.

One scenario of PEOPLE people (tests/bench/harris.json) is summed up, asked and one of its people made again; a thousand small
ones are listed.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
MANY = 1_000


def timed(job: Callable[[], object]) -> float:
    """Return the median seconds of five runs."""
    times = []
    for _ in range(5):
        started = time.perf_counter()
        job()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def measure(people: int) -> dict[str, float]:
    """Return seconds by what was done."""
    from healthsim_core import catalog, generate
    from healthsim_core.generation import regenerate
    from healthsim_core.state import get_samples, get_summary, listed, persist, query_scenario
    from healthsim_core.state.store import Store

    found = catalog.build()
    with tempfile.TemporaryDirectory() as folder:
        here = {"workspace": Path(folder)}
        generate(HERE / "harris.json", count=people, name="crowd", catalog=found, **here)
        page = "SELECT * FROM claims ORDER BY allowed_amount DESC"
        seconds = {
            "summary": timed(lambda: get_summary("crowd", catalog=found, include_samples=False, **here)),
            "summary with samples": timed(lambda: get_summary("crowd", catalog=found, **here)),
            "three diverse claims": timed(lambda: get_samples("crowd", "claims", 3, "diverse", catalog=found, **here)),
            "a page of all claims in order": timed(lambda: query_scenario("crowd", page, **here)),
            "one person generated again, after the first": timed(lambda: regenerate("crowd", people // 2, **here)),
        }
        store = Store(Path(folder))
        persist({"persons": [{"person_id": "P1"}]}, scenario_name="small", catalog=found, **here)
        for number in range(MANY):
            shutil.copyfile(store.path("small"), store.path(f"small-{number}"))
        started = time.perf_counter()
        listed(store)
        seconds[f"list of {MANY:,} scenarios, first time"] = time.perf_counter() - started
        seconds[f"list of {MANY:,} scenarios"] = timed(lambda: listed(store))
    return seconds


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))

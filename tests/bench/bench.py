"""Measure the main job: `tox -e bench` prints the table, `tox -e bench -- --write` puts it into docs/explanation/performance.md.

Each size runs in a process of its own. End to end is from the specification to the committed DuckDB file. The floor, in the
same process, is DuckDB alone inserting the same ready columns, decoding included: what no generator can be faster than.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SIZES = (1_000, 10_000, 100_000)
PRODUCTS = ("patientsim", "membersim")


def measure(count: int, mode: str) -> dict[str, float]:
    """Return one measurement of one size: `whole` from specification to file, or `floor`, the insert alone."""
    from healthsim_core import catalog
    from healthsim_core.generation.handling import generate_span
    from healthsim_core.generation.resolving import Asked, resolve
    from healthsim_core.generation.run import SPAN_SIZE, run
    from healthsim_core.state.store import Store

    found = catalog.build()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        asked = Asked(count=count, products=PRODUCTS)
        if mode == "memory":
            run(resolve(HERE / "harris.json", found, store.root, asked), store, "memory", found, write=False)
            return {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
        resolve(HERE / "harris.json", found, store.root, Asked(count=1, products=PRODUCTS))  # what is read once is read
        started = time.perf_counter()
        plan = resolve(HERE / "harris.json", found, store.root, asked)
        result = run(plan, store, "whole", found, write=False)
        whole = time.perf_counter() - started
        rosters = plan.build_rosters()
        floor = 0.0
        with store.writer("floor") as writer:
            for table, rows in rosters.items():
                writer.append(plan.tables[table], rows)
            for span in plan.spans(SPAN_SIZE):
                ready, _ = generate_span(plan, span, rosters)
                started = time.perf_counter()
                for table, rows in ready.items():
                    writer.append(plan.tables[table], rows)
                floor += time.perf_counter() - started
            started = time.perf_counter()
            writer.finish({"versions": {}})
            floor += time.perf_counter() - started
        return {
            "whole": whole,
            "floor": floor,
            "rows": sum(result.counts.values()),
            "bytes": result.scenario.path.stat().st_size,
        }


def alone(*words: str) -> dict[str, float]:
    """Return a measurement made in a process of its own."""
    said = subprocess.run([sys.executable, __file__, *words], capture_output=True, text=True, check=True)
    return json.loads(said.stdout)


def start_up() -> dict[str, float]:
    """Return the median seconds of `healthsim --help` and of building the catalog, of five runs each."""
    found = {}
    for name, program in (
        ("`healthsim --help`", "from healthsim_core.cli import main; main(['--help'])"),
        ("`import healthsim_core`", "import healthsim_core"),
        ("catalog of all plugins", "from healthsim_core import catalog; catalog.build()"),
    ):
        times = []
        for _ in range(5):
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], stdout=subprocess.DEVNULL, check=False)
            times.append(time.perf_counter() - started)
        found[name] = sorted(times)[2]
    return found


def report() -> str:
    """Return the measured tables as markdown."""
    lines = [
        "| people | rows | end to end, s | rows/s | floor, s | ratio | peak memory, MB | file, MB |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for count in SIZES:
        one = sorted(
            (alone("measure", str(count), "whole") for _ in range(3)), key=lambda run: run["whole"] / run["floor"]
        )[1]
        peak = alone("measure", str(count), "memory")["peak"]
        lines.append(
            f"| {count:,} | {one['rows']:,} | {one['whole']:.2f} | {one['rows'] / one['whole']:,.0f} | {one['floor']:.2f} "
            f"| {one['whole'] / one['floor']:.2f} | {peak:,.0f} | {one['bytes'] / 1e6:,.1f} |"
        )
    lines += ["", "| start-up | s |", "| --- | ---: |"]
    lines += [f"| {name} | {seconds:.2f} |" for name, seconds in start_up().items()]
    return "\n".join(lines)


TEXT = """# Performance

Measured by `tox -e bench -- --write` (tests/bench/bench.py): {machine}. The machine is shared and noisy: trust the ratios.

The specification is tests/bench/harris.json (Harris County, Medicare, type 2 diabetes, its first year) for patientsim and membersim.
End to end is from the specification to the committed DuckDB file, resolving and validation included. The floor is DuckDB alone
inserting the same ready columns, decoding included, in the same process: no generator can be faster. Each row is the run with the
median ratio of three; peak memory is that of a process of its own. It levels off once spans and DuckDB's buffers are full: 200,000
people peaked at 1,070 MB (`python tests/bench/bench.py measure 200000 memory`, on another run of the same machine).

{table}

Generation of one span overlaps the writing of the one before, so what is above the floor is mostly the first span and the
resolving of the specification. Text ids are stored uncompressed: compressing them would cost several times the insert itself.
"""


def main() -> None:
    """Print the tables; with `--write` keep them in the docs."""
    if sys.argv[1:2] == ["measure"]:
        print(json.dumps(measure(int(sys.argv[2]), sys.argv[3])))
        return
    table = report()
    print(table)
    if "--write" in sys.argv:
        machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
        (HERE.parents[1] / "docs/explanation/performance.md").write_text(TEXT.format(machine=machine, table=table))


if __name__ == "__main__":
    main()

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
SIZES = (1_000, 10_000, 100_000, 1_000_000)
FLOORED = 100_000
"""The largest size whose floor is measured, which takes generating everything once more."""
SAVED = 20_000
"""People of the scenario that is summed up and asked."""
THREE = "patientsim+membersim+rxmembersim"
PRODUCTS = ("patientsim", "membersim", "rxmembersim", "trialsim", "populationsim", "networksim")
EXPORTED = 5_000
"""People whose files are written, format by format."""
SAMPLED = 100_000
"""People of a county who are only sampled, beside the same people's year end to end."""


def measure(count: int, mode: str, products: str = THREE) -> dict[str, float]:
    """Return one measurement of one size: `whole` with its floor, `plain` without, or `workers=N`."""
    from healthsim_core import catalog
    from healthsim_core.generation.asking import Asked
    from healthsim_core.generation.filling import FIRST_SPAN, ROWS_PER_FLUSH, SPAN_ROWS, SPAN_SIZE
    from healthsim_core.generation.handling import span_batches
    from healthsim_core.generation.resolving import resolve
    from healthsim_core.generation.run import run
    from healthsim_core.state.store import Store

    found = catalog.build()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        asked = Asked(count=count, products=tuple(products.split("+")))
        resolve(
            HERE / "harris.json", found, store.root, Asked(count=1, products=asked.products)
        )  # what is read once is read
        workers = int(mode.removeprefix("workers=")) if mode.startswith("workers=") else 1
        started = time.perf_counter()
        plan = resolve(HERE / "harris.json", found, store.root, asked)
        result = run(plan, store, "whole", found, write=False, workers=workers)
        whole = time.perf_counter() - started
        told = {
            "whole": whole,
            "rows": sum(result.counts.values()),
            "bytes": result.scenario.path.stat().st_size,
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        if mode != "whole":
            return told
        rosters = plan.build_rosters()
        floor, flushed = 0.0, 0
        with store.writer("floor") as writer:
            for table, rows in rosters.items():
                writer.append(plan.tables[table], rows)
            people_a_span = SPAN_ROWS * count // sum(result.counts.values())
            for span in plan.spans(max(FIRST_SPAN, min(people_a_span, SPAN_SIZE))):
                ready, _ = span_batches(plan, span, rosters)
                started = time.perf_counter()
                for table, batches in ready.items():
                    for rows in batches:
                        writer.append(plan.tables[table], rows)
                if sum(writer.counts.values()) - flushed >= ROWS_PER_FLUSH:
                    writer.flush()
                    flushed = sum(writer.counts.values())
                floor += time.perf_counter() - started
            started = time.perf_counter()
            writer.finish(
                {"scenario_id": "floor", "versions": {}, "tags": [], "people": 0, "rows": 0, "status": "complete"}
            )
            floor += time.perf_counter() - started
        return {**told, "floor": floor}


def exports(count: int) -> list[dict]:
    """Return, for each format, what writing a scenario of all products took and came to."""
    from healthsim_core import catalog, generate
    from healthsim_core.generation.run import export_formats

    found = catalog.build()
    with tempfile.TemporaryDirectory() as folder:
        made = generate(HERE / "everything.json", count=count, workspace=Path(folder), catalog=found)
        lines = []
        for name, one in sorted(found.all("output format").items()):
            started = time.perf_counter()
            written = export_formats(made.scenario, [one], Path(folder) / "out", found)[0]
            seconds = time.perf_counter() - started
            documents = {kind: number for kind, number in written.counts.items() if not kind.startswith("skipped")}
            lines.append(
                {"format": name, "seconds": seconds, "bytes": sum(written.files.values()), "documents": documents}
            )
        return lines


def sampling(count: int) -> dict[str, float]:
    """Return what sampling a county's people with all their attributes took, and their year end to end."""
    from healthsim_core import catalog
    from healthsim_core.generation.profile import sample
    from healthsim_core.generation.resolving import Asked, resolve
    from healthsim_core.generation.run import SPAN_SIZE, run
    from healthsim_core.state.store import Store

    found = catalog.build()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        resolve(HERE / "county.json", found, store.root, Asked(count=1))  # what is read once is read
        plan = resolve(HERE / "county.json", found, store.root, Asked(count=count))
        rosters = plan.build_rosters()
        sample(plan, plan.spans(100)[0], rosters)
        started = time.perf_counter()
        columns = [len(sample(plan, span, rosters).columns) for span in plan.spans(SPAN_SIZE)]
        sampled = time.perf_counter() - started
        started = time.perf_counter()
        result = run(plan, store, "county", found, write=False)
        whole = time.perf_counter() - started
        return {"sampled": sampled, "columns": max(columns), "whole": whole, "rows": sum(result.counts.values())}


def alone(*words: str):
    """Return a measurement made in a process of its own."""
    said = subprocess.run([sys.executable, __file__, *words], capture_output=True, text=True, check=True)
    return json.loads(said.stdout)


def start_up() -> list[str]:
    """Return the table of the median seconds of `healthsim --help` and the like, of five runs each."""
    lines = ["| start-up | s |", "| --- | ---: |"]
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
        lines.append(f"| {name} | {sorted(times)[2]:.2f} |")
    return lines


def report() -> str:
    """Return the measured tables as markdown."""
    lines = [
        "| people | rows | end to end, s | rows/s | s per 100,000 people | floor, s | ratio | peak memory, MB | file, MB |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for count in SIZES:
        if count > FLOORED:
            one = alone("measure", str(count), "plain")
            floor = ratio = "-"
        else:
            runs = [alone("measure", str(count), "whole") for _ in range(3 if count < FLOORED else 1)]
            one = sorted(runs, key=lambda run: run["whole"] / run["floor"])[len(runs) // 2]
            floor, ratio = f"{one['floor']:.2f}", f"{one['whole'] / one['floor']:.2f}"
        lines.append(
            f"| {count:,} | {one['rows']:,} | {one['whole']:.2f} | {one['rows'] / one['whole']:,.0f} | {one['whole'] / count * 1e5:.2f} "
            f"| {floor} | {ratio} | {one['peak']:,.0f} | {one['bytes'] / 1e6:,.1f} |"
        )
    return "\n".join(
        [
            *lines,
            "",
            *by_product(),
            "",
            *by_format(),
            "",
            *workers(),
            "",
            *of_a_county(),
            "",
            *of_scenarios(),
            "",
            *start_up(),
        ]
    )


def by_product() -> list[str]:
    """Return the table of one product at a time, 20,000 people each."""
    lines = [
        "| product alone | people | rows | end to end, s | rows/s | ratio to its floor |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name in PRODUCTS:
        one = alone("measure", "20000", "whole", name)
        lines.append(
            f"| {name} | 20,000 | {one['rows']:,} | {one['whole']:.2f} | {one['rows'] / one['whole']:,.0f} | {one['whole'] / one['floor']:.2f} |"
        )
    return lines


def by_format() -> list[str]:
    """Return the table of what writing each format takes."""
    lines = [
        f"| format, {EXPORTED:,} people | documents | s | documents/s | MB |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for one in alone("exports", str(EXPORTED)):
        documents = one["documents"]
        count = sum(documents.values())
        lines.append(
            f"| {one['format']} | {_in_words(documents)} | {one['seconds']:.2f} | {count / one['seconds']:,.0f} | {one['bytes'] / 1e6:,.1f} |"
        )
    return lines


def _in_words(documents: dict[str, int]) -> str:
    if len(documents) > 4:
        return f"{sum(documents.values()):,} of {len(documents)} kinds"
    return ", ".join(f"{number:,} {kind}" for kind, number in documents.items()) or "none"


def workers() -> list[str]:
    """Return the table of runs with one worker process and with two."""
    lines = ["| workers | people | end to end, s |", "| ---: | ---: | ---: |"]
    for number in (1, 2):
        seconds = alone("measure", "50000", f"workers={number}")["whole"]
        lines.append(f"| {number} | 50,000 | {seconds:.2f} |")
    return lines


def of_a_county() -> list[str]:
    """Return the table of what sampling people takes, beside their year end to end."""
    one = alone("sampling", str(SAMPLED))
    return [
        f"| {SAMPLED:,} people of a county, by tests/bench/county.json | s | of end to end |",
        "| --- | ---: | ---: |",
        f"| sampled, {one['columns']} columns a person | {one['sampled']:.2f} | {one['sampled'] / one['whole']:.0%} |",
        f"| end to end, {one['rows']:,} rows | {one['whole']:.2f} | 100% |",
    ]


def of_scenarios() -> list[str]:
    """Return the table of what is asked of saved scenarios."""
    said = subprocess.run(
        [sys.executable, str(HERE / "state.py"), str(SAVED)], capture_output=True, text=True, check=True
    )
    lines = [f"| a saved scenario of {SAVED:,} people | s |", "| --- | ---: |"]
    return [*lines, *(f"| {what} | {seconds:.2f} |" for what, seconds in json.loads(said.stdout).items())]


TEXT = """# Performance

Measured by `tox -e bench -- --write` (tests/bench/bench.py): {machine}. The machine is shared and noisy: trust the ratios.

The specification is tests/bench/harris.json (Harris County, Medicare, type 2 diabetes, its first year) for
patientsim, membersim and rxmembersim.
End to end is from the specification to the committed DuckDB file, resolving and validation included. The floor is DuckDB alone
inserting the same ready columns in the same process: no generator can be faster. Each row is the run with the median ratio of
three, of one run from 100,000 people on; each run has a process of its own, whose peak memory it is before the floor is measured.

Formats are written from a scenario of all products (tests/bench/everything.json).

{table}

A span is as many people as come to about a million rows: the first, of 500 people, tells how many that are. So memory does not
grow with the scenario, however many rows a person has. What is appended is committed every two million rows.

One process generates in one thread and writes in another, so generating a span overlaps writing the one before. `--workers N`
generates in N processes beside the one that writes: it pays where there are more cores than two.

What makes writing quick: a scenario keeps raw columns (ids as numbers, texts as codes of words, money as cents) behind views that
decode them. Writing decoded text took three times as long and four times the space. Reading pays little: exports of 30,000 people
took as long from the views as from a copy with stored text in FHIR and X12, a fifth to a third longer in CSV.
"""


def main() -> None:
    """Print the tables; with `--write` keep them in the docs."""
    if sys.argv[1:2] == ["measure"]:
        print(json.dumps(measure(int(sys.argv[2]), *sys.argv[3:])))
        return
    if sys.argv[1:2] == ["sampling"]:
        print(json.dumps(sampling(int(sys.argv[2]))))
        return
    if sys.argv[1:2] == ["exports"]:
        print(json.dumps(exports(int(sys.argv[2]))))
        return
    table = report()
    print(table)
    if "--write" in sys.argv:
        machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
        (HERE.parents[1] / "docs/explanation/performance.md").write_text(TEXT.format(machine=machine, table=table))


if __name__ == "__main__":
    main()

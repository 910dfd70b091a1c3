"""Measure `healthsim init` on the NPPES layout: `python tests/bench/loading.py ROWS [FILE]` prints seconds and memory as JSON.

Without FILE one of ROWS rows is written first, 330 columns each; the publisher's has 8.9 million. One state, one county and
the archive are loaded, each in a process of its own and into an empty workspace.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

SAMPLES = Path(__file__).parents[2] / "plugins" / "populationsim" / "scripts" / "sample_files.py"
NAME = "npidata_pfile_20050523-20261108.csv"


def init(*words: str) -> dict[str, float]:
    """Return what one `healthsim init` took."""
    with tempfile.TemporaryDirectory() as home:
        started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-c", "from healthsim_core.cli import main; main()", "init", *words, "--json"]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env={**os.environ, "HEALTHSIM_HOME": home})
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "rows": json.loads(done.stdout)["loads"][0]["rows"],
        "seconds": round(time.perf_counter() - started, 1),
        "cpu_seconds": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        # The most of any child so far: the first tells, the others that it was not more.
        "peak_mb": round(after.ru_maxrss / 1024),
    }


def main() -> None:
    """Print the measurements."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(folder) / NAME
        if len(sys.argv) <= 2:
            subprocess.run([sys.executable, str(SAMPLES), "nppes", sys.argv[1], str(path)], check=True)
        archive = Path(folder) / "nppes.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
            zipped.write(path, path.name)
        told = {
            "gigabytes": round(path.stat().st_size / 1e9, 2),
            "one state": init("--nppes", str(path), "--state", "TX"),
            "one county": init("--nppes", str(path), "--county", "48201"),
            "one state, from the archive": init("--nppes", str(archive), "--state", "TX"),
        }
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()

"""Golden files: what a format writes of a few people, as somebody read it line by line against its standard.

A test says `golden.same(written, path)`. Where what is written has changed for a reason, `python tests/support/golden.py`
writes all of them anew, those of the products that are installed: read the difference before you commit it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

WRITE = "HEALTHSIM_WRITE_GOLDEN"
ROOT = Path(__file__).resolve().parent.parent.parent


def same(written: str | bytes, path: Path) -> None:
    """Fail where what was written is not what the golden file holds; write the file instead where that is asked for."""
    found = written.encode("utf-8") if isinstance(written, str) else written
    if os.environ.get(WRITE):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(found)
    assert path.is_file(), f"{path} is not there: python tests/support/golden.py"
    held = path.read_bytes()
    if isinstance(written, str):
        assert written == held.decode("utf-8"), f"{path}: python tests/support/golden.py, where this is meant"
    else:
        assert found == held, f"{path}: python tests/support/golden.py, where this is meant"


def refresh() -> int:
    """Write every golden file anew, and the digests of whole scenarios; return pytest's exit code."""
    tests = [str(path) for path in sorted(ROOT.glob("plugins/*/tests")) if path.is_dir()]
    words = ["-m", "pytest", "-q", "-k", "read_by_eye", "-p", "no:cacheprovider", *tests]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, env={**os.environ, WRITE: "1"})
    subprocess.run([sys.executable, str(ROOT / "tests/integration/test_golden.py")], cwd=ROOT, check=True)
    return done.returncode


if __name__ == "__main__":
    sys.exit(refresh())

"""Build the wheels of core and every plugin and contrib package into a folder: `python scripts/build_wheels.py FOLDER`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def packages() -> list[Path]:
    """Return the folders of all distributions, core first."""
    return [
        ROOT,
        *sorted(path.parent for kind in ("contrib", "plugins") for path in (ROOT / kind).glob("*/pyproject.toml")),
    ]


def main(folder: Path) -> None:
    """Build afresh, so that no wheel of an earlier source is left."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for package in packages():
        command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(package)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    print(f"built {len(list(folder.glob('*.whl')))} wheels into {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

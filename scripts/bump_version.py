"""Give core and every plugin and contrib package the same version: `python scripts/bump_version.py 0.2.0`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from build_wheels import ROOT, packages


def main(version: str) -> None:
    """Write the version, and the pins on our own packages, wherever they stand."""
    if not re.fullmatch(r"\d+\.\d+\.\d+([abrc.dev0-9]*)", version):
        sys.exit(f"not a version: {version!r}")
    for package in packages():
        path = package / "pyproject.toml"
        text = path.read_text()
        text = re.sub(r'(?m)^version = ".*"$', f'version = "{version}"', text, count=1)
        path.write_text(re.sub(r'"(healthsim-[a-z0-9]+)==[^"]+"', rf'"\1=={version}"', text))
    home = ROOT / "healthsim_core" / "version.py"
    home.write_text(re.sub(r'__version__ = ".*"', f'__version__ = "{version}"', home.read_text()))
    print(f"{len(packages())} packages are at {version}")


if __name__ == "__main__":
    main(sys.argv[1])

"""Write docs/reference from the code: `python scripts/write_reference.py`; with `--check`, say what is out of date instead.

Core's pages need core alone. The pages of the products need every package of this repository installed; where one is
not, they are left as they are (`--core` leaves them in any case).
"""

from __future__ import annotations

import argparse
import difflib
import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from reference_pages import commands, declared, distributions, errors, hooks, specification  # noqa: E402

from healthsim_core import catalog as catalogs  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs/reference"
REFRESH = "python scripts/write_reference.py"

CORE_PAGES = {
    "hooks.md": hooks.hooks,
    "distributions.md": distributions.distributions,
    "specification.md": specification.specification,
    "errors.md": errors.errors,
    "commands.md": commands.commands,
    "core.md": lambda: declared.core(catalogs.build([])),
}
PRODUCT_PAGES = {
    "attributes.md": declared.by_plugin(
        "Attributes", "What a profile may set, by plugin and by section of the profile.", declared.attributes_of
    ),
    "tables.md": declared.by_plugin("Tables", "Every table and column of a scenario, by plugin.", declared.tables_of),
    "events.md": declared.by_plugin(
        "Events", "Every event type with its fields, and what follows from it, by plugin.", declared.events_of
    ),
    "formats.md": declared.by_plugin("Formats", "What a scenario can be written in, by plugin.", declared.formats_of),
    "plugin-commands.md": commands.plugin_commands,
}


def core_pages() -> dict[str, str]:
    """Return the pages that core alone can write."""
    return {name: write() for name, write in CORE_PAGES.items()}


def product_pages() -> dict[str, str]:
    """Return the pages of this repository's plugins; SystemExit names those that are not installed."""
    catalog = catalogs.build()
    ours = [tomllib.loads(path.read_text())["project"]["name"] for path in ROOT.glob("[pc][lo]*/*/pyproject.toml")]
    working = {one.distribution: one.name for one in catalog.plugins if not one.error}
    lacking = sorted(set(ours) - set(working))
    if lacking:
        raise SystemExit(f"the pages of the products need {', '.join(lacking)}, not installed or not working")
    owners = sorted(working[one] for one in ours)
    return {name: write(catalog, owners) for name, write in PRODUCT_PAGES.items()}


def main() -> int:
    """Write or check the pages; return 1 where a check found one out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a page is out of date")
    parser.add_argument("--core", action="store_true", help="only core's own pages")
    parser.add_argument("--products", action="store_true", help="only the pages of the products")
    asked = parser.parse_args()
    pages = {} if asked.products else core_pages()
    if not asked.core:
        pages |= product_pages()
    old = {name: (FOLDER / name).read_text("utf-8") if (FOLDER / name).exists() else "" for name in pages}
    changed = [name for name, text in pages.items() if old[name] != text]
    for name in changed:
        if asked.check:
            print(f"docs/reference/{name} is out of date; run: {REFRESH}")
            print("\n".join(difflib.unified_diff(old[name].splitlines(), pages[name].splitlines(), lineterm="", n=0)))
        else:
            (FOLDER / name).write_text(pages[name], encoding="utf-8")
            print(f"wrote docs/reference/{name}")
    return 1 if asked.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())

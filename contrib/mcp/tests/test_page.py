"""The how-to page of the server runs as it stands, and names every tool and parameter."""

import inspect
import re
import sys
from pathlib import Path

from healthsim_mcp.server import HINTS
from healthsim_mcp.tools import Tools

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "how-to" / "mcp.md"


def test_the_session_prints_what_the_page_shows(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "support"))
    import walkthrough

    monkeypatch.setattr(sys, "path", [one for one in sys.path if one])
    page = tmp_path / "page.md"
    # On the page it is `py`, so that it is not run where the SDK is not installed.
    page.write_text(PAGE.read_text("utf-8").replace("```py\n", "```python\n"), encoding="utf-8")
    walk = tmp_path / "walk"
    walk.mkdir()
    assert walkthrough.problems(page, walk) == []


def test_the_page_names_every_tool_and_parameter():
    rows = dict(re.findall(r"^\| `(\w+)` \|[^|]*\| (.*) \|$", PAGE.read_text("utf-8"), re.M))
    assert set(rows) == set(HINTS)
    for tool, told in rows.items():
        wanted = {one for one in inspect.signature(getattr(Tools, tool)).parameters if one not in ("self", "context")}
        assert set(re.findall(r"`(\w+)`", told)) == wanted

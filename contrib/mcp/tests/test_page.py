"""The how-to page of the server names every tool and parameter."""

import inspect
import re
from pathlib import Path

from healthsim_mcp.server import HINTS
from healthsim_mcp.tools import Tools

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "how-to" / "mcp.md"


def test_the_page_names_every_tool_and_parameter():
    rows = dict(re.findall(r"^\| `(\w+)` \|[^|]*\| (.*) \|$", PAGE.read_text("utf-8"), re.M))
    assert set(rows) == set(HINTS)
    for tool, told in rows.items():
        wanted = {one for one in inspect.signature(getattr(Tools, tool)).parameters if one not in ("self", "context")}
        assert set(re.findall(r"`(\w+)`", told)) == wanted

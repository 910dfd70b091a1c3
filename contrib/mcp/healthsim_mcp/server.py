"""The server: the tools with their annotations, and errors that say what to do next."""

from __future__ import annotations

import inspect
import logging
import time
from pathlib import Path
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp_types import CallToolResult, InputRequiredResult, ToolAnnotations
from pydantic import ValidationError

from healthsim_core.catalog import Catalog
from healthsim_core.errors import HealthSimError, suggestion
from healthsim_core.version import __version__
from healthsim_mcp import failing
from healthsim_mcp.tools import Tools
from healthsim_mcp.work import Work

LOG = logging.getLogger("healthsim_mcp")

INSTRUCTIONS = """\
HealthSim makes and keeps synthetic US healthcare data. A scenario is a saved data set; its entity types (patients, claims, \
...) are tables. Make one with generate_scenario, or save entities you wrote yourself with persist_entities, as soon as you \
have them and not from memory later. Tools answer with summaries and pages, never with all the data: get_scenario_summary \
says what there is, get_entity_samples shows a few rows, query_scenario answers a SELECT page by page. Every scenario_id \
may be the id or the name."""

# read-only, destructive, idempotent
HINTS = {
    "persist_entities": ("Save entities", False, False, False),
    "get_scenario_summary": ("Sum up a scenario", True, False, True),
    "query_scenario": ("Query a scenario", True, False, True),
    "list_scenarios": ("List scenarios", True, False, True),
    "rename_scenario": ("Rename a scenario", False, False, True),
    "delete_scenario": ("Delete a scenario", False, True, True),
    "get_entity_samples": ("Show sample entities", True, False, True),
    "generate_scenario": ("Generate a scenario", False, False, False),
}


class HealthSimServer(MCPServer):
    """An MCP server whose errors say where, what and what next, and whose log names tools and seconds only."""

    parameters: dict[str, tuple[str, ...]]
    work: Work

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool; ToolError with a text for the agent where it fails."""
        if name not in self.parameters:
            raise ToolError(
                f"unknown tool {name!r}{suggestion(name, self.parameters)}\nNext: call one of the tools listed."
            )
        unknown = [one for one in arguments if one not in self.parameters[name]]
        if unknown:
            known = self.parameters[name]
            lines = [f"{one}: unknown argument{suggestion(one, known)}" for one in unknown]
            raise ToolError(failing.with_correction(name, lines))
        started = time.perf_counter()
        try:
            with self.work:
                answer = await super().call_tool(name, arguments, context)
        except ToolError as error:
            cause = error.__cause__
            seconds = time.perf_counter() - started
            if isinstance(cause, ValidationError) and not isinstance(error, UnexpectedToolError):
                LOG.info("%s refused after %.2f s: wrong arguments", name, seconds)
                raise ToolError(failing.wrong_arguments(name, cause)) from None
            if isinstance(cause, HealthSimError):
                LOG.info("%s refused after %.2f s: %s", name, seconds, type(cause).__name__)
                raise ToolError(failing.told(name, cause)) from None
            LOG.error("%s failed after %.2f s: %s", name, seconds, failing.place(cause))
            raise ToolError(failing.bug(name, cause)) from None
        LOG.info("%s answered after %.2f s", name, time.perf_counter() - started)
        return answer


def build(workspace: Path | None = None, catalog: Catalog | None = None, work: Work | None = None) -> HealthSimServer:
    """Return the server of a workspace, by default the one of $HEALTHSIM_HOME."""
    server = HealthSimServer("healthsim", title="HealthSim", instructions=INSTRUCTIONS, version=__version__)
    server.work, server.parameters = work or Work(), {}
    tools = Tools.of(workspace, catalog, server.work)
    for name, (title, read_only, destructive, idempotent) in HINTS.items():
        function = getattr(tools, name)
        server.parameters[name] = tuple(one for one in inspect.signature(function).parameters if one != "context")
        server.add_tool(
            function,
            title=title,
            description=inspect.getdoc(function),
            annotations=ToolAnnotations(
                title=title,
                read_only_hint=read_only,
                destructive_hint=destructive,
                idempotent_hint=idempotent,
                open_world_hint=False,
            ),
        )
    return server

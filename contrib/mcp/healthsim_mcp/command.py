"""`healthsim mcp`."""

from __future__ import annotations

import click

LEVELS = ("debug", "info", "warning", "error")


@click.command("mcp")
@click.option(
    "--log-level", type=click.Choice(LEVELS), default="info", show_default=True, help="What is logged, on stderr."
)
def mcp_command(log_level: str) -> None:
    """Serve scenarios of $HEALTHSIM_HOME to an agent over the Model Context Protocol, until its client hangs up."""
    # The SDK takes most of a second to import: only here.
    from healthsim_mcp.serving import serve

    serve(log_level)

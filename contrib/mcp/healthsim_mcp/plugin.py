"""What healthsim-mcp declares."""

from healthsim_core.hookspecs import hookimpl


@hookimpl
def healthsim_commands():
    """Declare `healthsim mcp`."""
    from healthsim_core.declarations import Command

    def load():
        from healthsim_mcp.command import mcp_command

        return mcp_command

    return [Command("mcp", "Serve scenarios to an agent over the Model Context Protocol.", load)]

"""healthsim-mcp keeps the contract of every plugin."""

from healthsim_core.testing import PluginConformance


class TestConformance(PluginConformance):
    module = "healthsim_mcp.plugin"
    name = "mcp"

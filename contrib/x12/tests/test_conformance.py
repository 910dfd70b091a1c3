"""healthsim-x12 keeps the contract of every plugin."""

from healthsim_core.testing import PluginConformance


class TestConformance(PluginConformance):
    module = "healthsim_x12.plugin"
    name = "x12"

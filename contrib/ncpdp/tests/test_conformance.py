"""healthsim-ncpdp keeps the contract of every plugin."""

from healthsim_core.testing import PluginConformance


class TestConformance(PluginConformance):
    module = "healthsim_ncpdp.plugin"
    name = "ncpdp"

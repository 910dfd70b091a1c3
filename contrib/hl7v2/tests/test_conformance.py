"""healthsim-hl7v2 keeps the contract of every plugin."""

from healthsim_core.testing import PluginConformance


class TestConformance(PluginConformance):
    module = "healthsim_hl7v2.plugin"
    name = "hl7v2"

"""healthsim-fhir keeps the contract of every plugin."""

from healthsim_core.testing import PluginConformance


class TestConformance(PluginConformance):
    module = "healthsim_fhir.plugin"
    name = "fhir"

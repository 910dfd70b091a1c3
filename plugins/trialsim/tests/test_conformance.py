"""TrialSim keeps the contract of every plugin."""

from healthsim_core.testing import PluginConformance


class TestConformance(PluginConformance):
    module = "trialsim.plugin"

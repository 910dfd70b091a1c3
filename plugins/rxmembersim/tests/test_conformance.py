"""RxMemberSim keeps the contract of every plugin."""

from healthsim_core.testing import PluginConformance


class TestConformance(PluginConformance):
    module = "rxmembersim.plugin"
    foreign_tables = ("patients",)

"""PopulationSim keeps the contract of every plugin."""

from healthsim_core.testing import PluginConformance


class TestConformance(PluginConformance):
    module = "populationsim.plugin"
    distribution_examples = (
        {"type": "age_sex_rates", "ages": [0, 18, 65], "men": [0.0, 0.1, 0.3], "women": [0.0, 0.2, 0.4]},
    )
    distribution_columns = {"age": 70, "gender": "F"}

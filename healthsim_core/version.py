"""The version of HealthSim: core and every plugin carry the same."""

__version__ = "0.1.0"

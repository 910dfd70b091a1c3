"""NetworkSim: providers, facilities, and who sees whom."""

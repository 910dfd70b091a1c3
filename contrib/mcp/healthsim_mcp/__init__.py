"""HealthSim for agents: eight tools of the Model Context Protocol over stdio, started by `healthsim mcp`."""

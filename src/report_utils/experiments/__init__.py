"""Experiments with the simulation and the trained networks: why the second band helps (report, section 4)."""

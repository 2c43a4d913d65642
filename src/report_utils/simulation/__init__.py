"""Simulated Chandra observations of galaxy clusters, for readers who have none (report, section 2).

:func:`simulate_observation` gives the events of one observation, :func:`cluster_properties` the true properties
of its cluster, and :func:`expected_counts` the expected numbers of events. Every module names the papers that its
numbers come from.
"""

from report_utils.simulation.cluster import Cluster, cluster_properties
from report_utils.simulation.expectation import ExpectedCounts, expected_counts
from report_utils.simulation.observe import simulate_observation
from report_utils.simulation.population import N_OBSERVATIONS
from report_utils.simulation.settings import SimulationSettings

__all__ = [
    "N_OBSERVATIONS",
    "Cluster",
    "ExpectedCounts",
    "SimulationSettings",
    "cluster_properties",
    "expected_counts",
    "simulate_observation",
]

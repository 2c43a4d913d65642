"""Section 4 of the report: what a network predicts at every epoch while energy bands are switched on.

Keras is imported only when something is recorded: pages that show results do without it.
"""

from typing import Any

from report_utils.dynamics.compare import DynamicsComparison, compare_dynamics
from report_utils.dynamics.phases import Dynamics, epoch_phases, weight_noise
from report_utils.dynamics.viewer import dynamics_viewer

__all__ = [
    "Dynamics",
    "DynamicsComparison",
    "PredictionRecorder",
    "compare_dynamics",
    "dynamics_viewer",
    "epoch_phases",
    "plot_dynamics",
    "weight_noise",
]


def __getattr__(name: str) -> Any:
    if name == "PredictionRecorder":
        from report_utils.dynamics.any_model import PredictionRecorder

        return PredictionRecorder
    if name == "plot_dynamics":
        from report_utils.dynamics.plot import plot_dynamics

        return plot_dynamics
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)

"""The dynamics picture: what any model predicts for every item at every epoch, recorded and drawn (report, section 4).

Usable without the rest of this package. A framework is imported only when its adapter is asked for.
"""

from importlib import import_module
from typing import Any

from report_utils.dynamics.compare import DynamicsComparison, compare_dynamics
from report_utils.dynamics.phases import epoch_phases, weight_noise
from report_utils.dynamics.recording import Recording
from report_utils.dynamics.storage import load_recording
from report_utils.dynamics.viewer import dynamics_viewer

_LATER = {
    "PredictionRecorder": "with_keras",
    "plot_dynamics": "plot",
}
"""What needs a framework, or matplotlib, and its module."""

__all__ = [
    "DynamicsComparison",
    "PredictionRecorder",
    "Recording",
    "compare_dynamics",
    "dynamics_viewer",
    "epoch_phases",
    "load_recording",
    "plot_dynamics",
    "weight_noise",
]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)

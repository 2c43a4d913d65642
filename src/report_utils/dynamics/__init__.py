"""The dynamics picture: what any model predicts for every item at every epoch, recorded and drawn (report, section 4).

Usable without the rest of this package. A framework is imported only when its adapter is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from report_utils.dynamics.adapters import LightGBMRecorder
from report_utils.dynamics.curriculum import Curriculum
from report_utils.dynamics.measures import (
    DynamicsComparison,
    cartography,
    compare_dynamics,
    compare_with_seeds,
    learning,
    phase_gains,
    rank_correlation,
)
from report_utils.dynamics.phases import epoch_phases, weight_noise
from report_utils.dynamics.recording import Recording
from report_utils.dynamics.storage import load_recording
from report_utils.dynamics.viewer import dynamics_viewer

if TYPE_CHECKING:  # read by what tells which code a page uses, too
    from report_utils.dynamics.picture import plot_dynamics
    from report_utils.dynamics.with_keras import PredictionRecorder
    from report_utils.dynamics.with_lightning import LightningRecorder
    from report_utils.dynamics.with_sklearn import record_partial_fit, record_staged, record_warm_start
    from report_utils.dynamics.with_torch import TorchRecorder
    from report_utils.dynamics.with_xgboost import XGBoostRecorder

_LATER = {
    "LightningRecorder": "with_lightning",
    "PredictionRecorder": "with_keras",
    "TorchRecorder": "with_torch",
    "XGBoostRecorder": "with_xgboost",
    "plot_dynamics": "picture",
    "record_partial_fit": "with_sklearn",
    "record_staged": "with_sklearn",
    "record_warm_start": "with_sklearn",
}
"""What needs a framework, or matplotlib, and its module."""

__all__ = [
    "Curriculum",
    "DynamicsComparison",
    "LightGBMRecorder",
    "LightningRecorder",
    "PredictionRecorder",
    "Recording",
    "TorchRecorder",
    "XGBoostRecorder",
    "cartography",
    "compare_dynamics",
    "compare_with_seeds",
    "dynamics_viewer",
    "epoch_phases",
    "learning",
    "load_recording",
    "phase_gains",
    "plot_dynamics",
    "rank_correlation",
    "record_partial_fit",
    "record_staged",
    "record_warm_start",
    "weight_noise",
]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        try:
            return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
        except ModuleNotFoundError as error:
            msg = f"{name} needs {error.name}, which is not installed: pip install {error.name}"
            raise ImportError(msg) from error
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)

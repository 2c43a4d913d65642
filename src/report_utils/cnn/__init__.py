"""Sections 3.2 and 3.3 of the report: the network, its training, and cross-validation.

Keras is imported only when a network is built, so pages that show results do not need it.
"""

from typing import Any

from report_utils.cnn.crossval import CrossValidation, Fit, assign_folds, cross_validate, fit_fold

__all__ = ["CrossValidation", "Fit", "assign_folds", "build_cnn", "cross_validate", "fit_fold", "train_in_phases"]


def __getattr__(name: str) -> Any:
    if name == "build_cnn":
        from report_utils.cnn.model import build_cnn

        return build_cnn
    if name == "train_in_phases":
        from report_utils.cnn.phase_training import train_in_phases

        return train_in_phases
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)

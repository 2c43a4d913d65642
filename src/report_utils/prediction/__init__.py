"""Trained fits applied to observations without masses (``report-utils predict``)."""

from report_utils.prediction.apply import Predictions, predict, write_predictions
from report_utils.prediction.limits import ExpectedError, TrainingRange, hardness

__all__ = ["ExpectedError", "Predictions", "TrainingRange", "hardness", "predict", "write_predictions"]

"""Recording a model that XGBoost trains."""

from __future__ import annotations

from typing import Any

import xgboost

from report_utils.dynamics.recording import Recording


class XGBoostRecorder(xgboost.callback.TrainingCallback):
    """Records what a booster predicts for fixed inputs (a DMatrix or an array) after every boosting round.

    Examples
    --------
    >>> xgboost.train(options, train, num_boost_round=50, callbacks=[XGBoostRecorder(x_test, recording)])
    """

    def __init__(self, inputs: Any, recording: Recording) -> None:
        super().__init__()
        self.inputs = inputs if isinstance(inputs, xgboost.DMatrix) else xgboost.DMatrix(inputs)
        self.recording = recording

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002 - XGBoost's signature
        """Record the predictions after a round; the training goes on."""
        self.recording.record(model.predict(self.inputs))
        return False

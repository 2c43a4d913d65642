"""Recording a model that LightGBM trains."""

from __future__ import annotations

from typing import Any

from report_utils.dynamics.recording import Recording


class LightGBMRecorder:
    """Records what a booster predicts for fixed inputs after every boosting round.

    Examples
    --------
    >>> lightgbm.train(options, train, num_boost_round=50, callbacks=[LightGBMRecorder(x_test, recording)])
    """

    order = 20  # after LightGBM's own callbacks that change the model
    before_iteration = False

    def __init__(self, inputs: Any, recording: Recording) -> None:
        self.inputs, self.recording = inputs, recording

    def __call__(self, state: Any) -> None:
        """Record the predictions after a round."""
        self.recording.record(state.model.predict(self.inputs, num_iteration=state.iteration + 1))

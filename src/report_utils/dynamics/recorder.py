"""Recording what is predicted after every epoch (report, section 4.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


class EpochRecorder(keras.callbacks.Callback):
    """Keeps what ``predict(model, inputs)`` returns after every epoch, over one training or several.

    The report's own training records through it; :class:`report_utils.dynamics.PredictionRecorder` records any Keras
    model.
    """

    def __init__(self, inputs: Any, predict: Callable[[Any, Any], NDArray]) -> None:
        super().__init__()
        self.inputs = inputs
        self.predict = predict
        self._epochs: list[NDArray[np.float32]] = []
        self._states: dict[str, NDArray[np.float32]] = {}

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:  # noqa: ARG002 - the signature is Keras'
        """Record the predictions after an epoch."""
        self._epochs.append(self._predict())

    def record_state(self, name: str, model: keras.Model | None = None) -> None:
        """Record a named state between epochs, such as before the first one, when it needs the model."""
        if model is not None:
            self.set_model(model)
        self._states[name] = self._predict()

    def restore(self, epochs: NDArray, states: dict[str, NDArray]) -> None:
        """Go on from earlier recordings."""
        self._epochs, self._states = list(epochs), dict(states)

    @property
    def predictions(self) -> NDArray[np.float32]:
        """Return what was predicted after each epoch, ``(n_epochs, *shape of one prediction)``."""
        return np.stack(self._epochs) if self._epochs else np.empty((0,), dtype=np.float32)

    @property
    def states(self) -> dict[str, NDArray[np.float32]]:
        """Return the predictions of the named states."""
        return dict(self._states)

    def _predict(self) -> NDArray[np.float32]:
        return np.asarray(self.predict(self.model, self.inputs), dtype=np.float32)

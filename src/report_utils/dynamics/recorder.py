"""Recording a model's predictions while it learns: a callback for any Keras model (report, section 4.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


class PredictionRecorder(keras.callbacks.Callback):
    """Keeps a model's predictions for fixed inputs after every epoch of ``fit``.

    It knows nothing of clusters: any Keras model that is trained with ``fit`` can be recorded, over one call of
    ``fit`` or several.

    Parameters
    ----------
    inputs : array, PyDataset or whatever ``model.predict`` takes
        What to predict after every epoch.
    batch_size : int
        For inputs that are arrays.
    predict : callable, optional
        ``predict(model, inputs)`` to use in place of ``model.predict``; it returns an array.

    Examples
    --------
    >>> recorder = PredictionRecorder(x_test)
    >>> model.fit(x, y, epochs=10, callbacks=[recorder])
    >>> recorder.predictions.shape
    (10, n_test, 1)
    """

    def __init__(
        self,
        inputs: Any,
        *,
        batch_size: int = 256,
        predict: Callable[[keras.Model, Any], NDArray] | None = None,
    ) -> None:
        super().__init__()
        self.inputs = inputs
        self.batch_size = batch_size
        self.predict = predict
        self._epochs: list[NDArray[np.float32]] = []
        self._states: dict[str, NDArray[np.float32]] = {}

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:  # noqa: ARG002 - the signature is Keras'
        """Record the predictions after an epoch."""
        self._epochs.append(self._predict())

    def record_state(self, name: str, model: keras.Model | None = None) -> None:
        """Record a named state between epochs, such as before the first one or after a change of the weights.

        Parameters
        ----------
        name : str
        model : keras.Model, optional
            Needed only before the first ``fit``.
        """
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
        if self.predict is not None:
            return np.asarray(self.predict(self.model, self.inputs), dtype=np.float32)
        options = {} if isinstance(self.inputs, keras.utils.PyDataset) else {"batch_size": self.batch_size}
        return np.asarray(self.model.predict(self.inputs, verbose=0, **options), dtype=np.float32)

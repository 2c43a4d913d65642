"""Recording a Keras model that ``fit`` trains, so that recording changes nothing of its training."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from report_utils.dynamics.adapters import (
    DEFAULT_BATCH,
    Recordings,
    RowsCheck,
    nothing_recorded,
    record_outputs,
    require_batch,
    same_random_numbers,
)
from report_utils.dynamics.recorder import EpochRecorder
from report_utils.errors import InputError


class PredictionRecorder(EpochRecorder):
    """Keeps a model's predictions for fixed inputs after every epoch of ``fit``.

    A recorded training gives the same weights as one that is not, bit for bit, over one call of ``fit`` or several.
    A stateful model predicts from its reset state. Inputs that can be read only once, that have no end, or that give
    different rows each time they are read (shuffled) are refused; the rows are checked again at every epoch.

    Parameters
    ----------
    inputs : array, list or dict of arrays, PyDataset, tf.data.Dataset or DataLoader
        What to predict after every epoch; of a data set that also gives targets, they are left out.
    recording : Recording, or mapping or sequence of Recording, optional
        Where predictions go, epoch 0 included if the model has weights by then; one for each output of a model with
        several. Without it they are only kept in :attr:`predictions`.
    batch_size : int
        For inputs that are arrays; a model that is fixed to a batch size has its own.
    predict : callable, optional
        ``predict(model, inputs)`` to use in place of the model's own predictions; it returns an array, or a list or
        dict of arrays.

    Examples
    --------
    >>> recording = Recording(y_test)
    >>> model.fit(x, y, epochs=10, callbacks=[PredictionRecorder(x_test, recording)])
    >>> recording.predictions.shape
    (11, n_test, 1)
    """

    def __init__(
        self,
        inputs: Any,
        recording: Recordings | None = None,
        *,
        batch_size: int = DEFAULT_BATCH,
        predict: Callable[[keras.Model, Any], Any] | None = None,
    ) -> None:
        super().__init__(inputs, predict)
        self.recording = recording
        require_batch(batch_size)
        self.batch_size = batch_size
        self._are_arrays = all(hasattr(leaf, "shape") for leaf in keras.tree.flatten(inputs))
        self._rows = RowsCheck(inputs)
        if self._are_arrays:
            _require_rows(inputs)
        else:
            _require_an_end(inputs)

    def on_train_begin(self, logs: dict | None = None) -> None:  # noqa: ARG002 - the signature is Keras'
        """Refuse, before the first epoch, what cannot be recorded; record epoch 0."""
        with _unchanged(self.model):
            self._check()
        if self.recording is not None and self.model.built and nothing_recorded(self.recording):
            record_outputs(self.recording, self._predict(), epoch=0)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Record the predictions after an epoch."""
        if self.recording is None:
            super().on_epoch_end(epoch, logs)
        else:
            record_outputs(self.recording, self._predict())

    @property
    def predictions(self) -> Any:
        """Return what was predicted after each epoch, ``(n_epochs, *shape of one prediction)`` by output."""
        if not self._epochs:
            return np.empty((0,), dtype=np.float32)
        return keras.tree.map_structure(lambda *outputs: np.stack(outputs), *self._epochs)

    def _check(self) -> None:
        if self._are_arrays:
            fixed, n_rows = _fixed_batch(self.model), len(keras.tree.flatten(self.inputs)[0])
            if self.predict is None and fixed and n_rows % fixed:
                msg = f"the model is fixed to batches of {fixed}, and {n_rows} rows are to be recorded; give a multiple"
                raise InputError(msg)
        else:
            for _ in range(2):
                self._rows.require(_digest(_batches(self.inputs)))

    def _predict(self) -> Any:
        if not self.model.built:
            msg = "the model has no weights yet; build it, for instance with keras.Input, before a state is recorded"
            raise InputError(msg)
        with _unchanged(self.model):
            if not self._are_arrays:
                self._rows.require(_digest(_batches(self.inputs)))
            predicted = self._predict_batches() if self.predict is None else self.predict(self.model, self.inputs)
            return keras.tree.map_structure(lambda output: np.asarray(output, dtype=np.float32), predicted)

    def _predict_batches(self) -> Any:
        for layer in _stateful_layers(self.model):
            layer.reset_state()
        size = _fixed_batch(self.model) or self.batch_size
        batches = _slices(self.inputs, size) if self._are_arrays else _batches(self.inputs)
        outputs = [self.model.predict_on_batch(batch) for batch in batches]
        return keras.tree.map_structure(lambda *parts: np.concatenate(parts), *outputs)


def _require_rows(inputs: Any) -> None:
    """Refuse arrays that have no rows, or not all the same number of them."""
    shapes = [tuple(leaf.shape) for leaf in keras.tree.flatten(inputs)]
    numbers = {shape[0] if shape else 0 for shape in shapes}
    if len(numbers) != 1 or numbers == {0}:
        msg = f"the inputs to record have the shapes {shapes}; give arrays with one row or more, equally many in each"
        raise InputError(msg)


def _require_an_end(inputs: Any) -> None:
    """Refuse what cannot be read from the first row to the last, again and again."""
    name = type(inputs).__name__
    if hasattr(inputs, "__next__"):
        msg = f"the inputs to record ({name}) can be read only once; give arrays or a data set with a length"
        raise InputError(msg)
    if isinstance(inputs, keras.utils.PyDataset):
        endless = inputs.num_batches is None
    elif hasattr(inputs, "cardinality"):
        endless = int(inputs.cardinality()) < 0  # infinite, or not known
    else:
        endless = not (hasattr(inputs, "__iter__") and hasattr(inputs, "__len__"))
    if endless:
        msg = (
            f"the inputs to record ({name}) have no end, or none that is known; give arrays, or a data set with a "
            "length (of a tf.data.Dataset: take or assert_cardinality)"
        )
        raise InputError(msg)


def _batches(inputs: Any) -> Iterator[Any]:
    """Yield the inputs of each batch of a data set, without targets and weights."""
    is_py_dataset = isinstance(inputs, keras.utils.PyDataset)
    batches = (inputs[number] for number in range(inputs.num_batches)) if is_py_dataset else iter(inputs)
    for batch in batches:
        x, _, _ = keras.utils.unpack_x_y_sample_weight(tuple(batch) if isinstance(batch, list) else batch)
        yield x


def _slices(inputs: Any, size: int) -> Iterator[Any]:
    for start in range(0, len(keras.tree.flatten(inputs)[0]), size):
        yield keras.tree.map_structure(lambda array, start=start: np.asarray(array[start : start + size]), inputs)


def _digest(batches: Iterator[Any]) -> str:
    digest, has_rows = hashlib.sha256(), False
    for batch in batches:
        for leaf in keras.tree.flatten(batch):
            array = np.ascontiguousarray(leaf)
            digest.update(f"{array.dtype.str} {array.shape}".encode() + array.tobytes())
            has_rows |= array.size > 0
    if not has_rows:
        msg = "the inputs to record have no rows; give one or more"
        raise InputError(msg)
    return digest.hexdigest()


def _fixed_batch(model: keras.Model) -> int | None:
    """Return the number of rows that each batch of a model must have, or None where any will do."""
    shapes = [tensor.shape for tensor in keras.tree.flatten(getattr(model, "inputs", None) or [])]
    return next((shape[0] for shape in shapes if len(shape) and shape[0] is not None), None)


def _stateful_layers(model: keras.Model) -> list[Any]:
    """Return the recurrent layers whose states outlive a batch; Keras lists these states among no variables."""
    layers = model._flatten_layers(include_self=False)
    return [layer for layer in layers if getattr(layer, "stateful", False) and hasattr(layer, "reset_state")]


@contextlib.contextmanager
def _unchanged(model: keras.Model) -> Iterator[None]:
    """Put back all that predicting may change: states and statistics of the model, metrics, and random numbers."""
    from keras.src.backend.common.global_state import get_global_attribute

    generator = get_global_attribute("global_seed_generator")
    states = [getattr(layer, "states", None) or [] for layer in _stateful_layers(model)]
    common = [] if generator is None else [generator.state]
    variables = [*model.non_trainable_variables, *model.metrics_variables, *keras.tree.flatten(states), *common]
    before = [(one, np.asarray(keras.ops.convert_to_tensor(one.value)).copy()) for one in variables]
    with same_random_numbers():
        try:
            yield
        finally:
            for one, value in before:
                one.assign(value)

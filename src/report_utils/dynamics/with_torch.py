"""Recording a PyTorch model in a training loop of one's own."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

from report_utils.dynamics.adapters import (
    DEFAULT_BATCH,
    Recordings,
    RowsCheck,
    nothing_recorded,
    record_outputs,
    require_batch,
    same_random_numbers,
)
from report_utils.errors import InputError


class TorchRecorder:
    """Records what a PyTorch model predicts for fixed inputs, so that recording changes nothing of its training.

    The model predicts in evaluation mode and without gradients; its mode, its buffers and all random numbers stay.

    Parameters
    ----------
    model : torch.nn.Module
    inputs : tensor, array, a list, tuple or dict of such, or DataLoader
        What to predict; of a DataLoader that also gives targets, they are left out. Batches go to the model's device.
    recording : Recording, or mapping or sequence of Recording
        One for each output of a model with several.
    batch_size : int
        For inputs that are no DataLoader.
    predict : callable, optional
        ``predict(model, batch)`` to use in place of ``model(batch)``, such as to add a softmax.

    Examples
    --------
    >>> recorder = TorchRecorder(model, x_test, recording, predict=lambda model, x: model(x).softmax(1))
    >>> recorder.record()  # epoch 0
    >>> for epoch in range(10):
    ...     train_one_epoch(model)
    ...     recorder.record()
    """

    def __init__(
        self,
        model: torch.nn.Module,
        inputs: Any,
        recording: Recordings,
        *,
        batch_size: int = DEFAULT_BATCH,
        predict: Callable[[torch.nn.Module, Any], Any] | None = None,
    ) -> None:
        require_batch(batch_size)
        if not _is_loader(inputs) and not (_leaves(inputs) and all(len(leaf) for leaf in _leaves(inputs))):
            msg = "the inputs to record have no rows; give one or more"
            raise InputError(msg)
        self.model, self.inputs, self.recording = model, inputs, recording
        self.batch_size, self.predict = batch_size, predict
        self._rows = RowsCheck(inputs)

    def record(self, *, epoch: int | None = None, phase: int | None = None) -> None:
        """Record what the model predicts now; the first call is epoch 0 where no other is named."""
        if epoch is None and nothing_recorded(self.recording):
            epoch = 0
        record_outputs(self.recording, self._predicted(), epoch=epoch, phase=phase)

    def _predicted(self) -> Any:
        with _unchanged(self.model), same_random_numbers(), torch.no_grad():
            self.model.eval()
            place = next((each.device for each in self.model.parameters()), torch.device("cpu"))
            outputs = []
            for batch in self._batches():
                placed = _mapped(lambda leaf: torch.as_tensor(leaf).to(place), batch)
                outputs.append(self.predict(self.model, placed) if self.predict else self.model(placed))
            return _joined(outputs)

    def _batches(self) -> Iterator[Any]:
        if not _is_loader(self.inputs):
            n_rows = len(_leaves(self.inputs)[0])
            for start in range(0, n_rows, self.batch_size):
                yield _mapped(lambda leaf, start=start: leaf[start : start + self.batch_size], self.inputs)
            return
        digest = hashlib.sha256()
        for batch in self.inputs:
            x = batch[0] if isinstance(batch, (list, tuple)) else batch
            for leaf in _leaves(x):
                digest.update(np.ascontiguousarray(torch.as_tensor(leaf).cpu().numpy()).tobytes())
            yield x
        self._rows.require(digest.hexdigest())


def _is_loader(inputs: Any) -> bool:
    return isinstance(inputs, torch.utils.data.DataLoader)


def _leaves(inputs: Any) -> list[Any]:
    if isinstance(inputs, Mapping):
        return [leaf for each in inputs.values() for leaf in _leaves(each)]
    if isinstance(inputs, (list, tuple)):
        return [leaf for each in inputs for leaf in _leaves(each)]
    return [inputs]


def _mapped(function: Callable[[Any], Any], inputs: Any) -> Any:
    if isinstance(inputs, Mapping):
        return {name: _mapped(function, each) for name, each in inputs.items()}
    if isinstance(inputs, (list, tuple)):
        return type(inputs)(_mapped(function, each) for each in inputs)
    return function(inputs)


def _joined(outputs: list[Any]) -> Any:
    first = outputs[0]
    if isinstance(first, Mapping):
        return {name: _joined([each[name] for each in outputs]) for name in first}
    if isinstance(first, (list, tuple)):
        return [_joined(list(parts)) for parts in zip(*outputs, strict=True)]
    return torch.cat([each.float() for each in outputs]).cpu().numpy()


@contextlib.contextmanager
def _unchanged(model: torch.nn.Module) -> Iterator[None]:
    """Put back the mode of each part of a model, its buffers, and PyTorch's random numbers."""
    modes = [(module, module.training) for module in model.modules()]
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    cards = {each.device.index for each in (*model.parameters(), *model.buffers()) if each.device.type == "cuda"}
    with torch.random.fork_rng(devices=sorted(cards)):
        try:
            yield
        finally:
            with torch.no_grad():
                for buffer, before in buffers:
                    buffer.copy_(before)
            for module, training in modes:
                module.training = training

"""Training a network: the schedule, the log, and checkpoints from which a fit goes on bit for bit."""

from __future__ import annotations

import hashlib
import math
import sys
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from report_utils.cnn.batches import EpochOrder, ViewBatches
from report_utils.cnn.model import build_cnn, initial_weights
from report_utils.disk import write_arrays
from report_utils.fingerprint import digest

CHECKPOINT_SECONDS = 300.0
"""How much of a training may be lost [s]: an epoch of the paper's takes two or three minutes on one core."""


class OneCycle(keras.callbacks.Callback):
    """One-cycle learning rate (Smith & Topin 2019): a cosine rise to the peak, a cosine fall to almost nothing.

    Parameters
    ----------
    peak : float
    n_steps : int
        Steps of the whole training; the rise takes the first 30 %, starts at peak / 25 and the fall ends at
        peak / 10 000.
    step : int
        Where to begin; more than 0 for a training that goes on.
    """

    rise, start_divisor, end_divisor = 0.3, 25.0, 1e4

    def __init__(self, peak: float, n_steps: int, step: int = 0) -> None:
        super().__init__()
        self.peak, self.n_steps, self.step = peak, n_steps, step

    def learning_rate(self, step: int) -> float:
        """Return the learning rate of a step."""
        done = step / max(self.n_steps - 1, 1)
        if done < self.rise:
            return _cosine(self.peak / self.start_divisor, self.peak, done / self.rise)
        return _cosine(self.peak, self.peak / self.end_divisor, (done - self.rise) / (1 - self.rise))

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:  # noqa: ARG002 - Keras' signature
        """Set the learning rate of the next step."""
        self.model.optimizer.learning_rate = self.learning_rate(self.step)
        self.step += 1


def _cosine(start: float, end: float, share: float) -> float:
    return start + (end - start) * 0.5 * (1 - math.cos(math.pi * min(share, 1.0)))


class TargetScale:
    """How log10 masses become the network's target and predictions become log10 masses again.

    Parameters
    ----------
    training_masses : (n_train,) [log10 Msun]
    kind : {"as_is", "standardised"}
        *Standardised* subtracts the mean and divides by the standard deviation of the training masses.
    """

    def __init__(self, training_masses: NDArray, kind: str) -> None:
        standardised = kind == "standardised"
        self.mean = float(np.mean(training_masses)) if standardised else 0.0
        self.spread = float(np.std(training_masses)) if standardised else 1.0
        if not self.spread > 0:
            self.spread = 1.0

    def to_target(self, log10_mass: NDArray) -> NDArray[np.float32]:
        """Return the target of log10 masses."""
        return ((np.asarray(log10_mass) - self.mean) / self.spread).astype(np.float32)

    def to_log10_mass(self, output: NDArray) -> NDArray[np.float32]:
        """Return the log10 masses of a network's output."""
        return (np.asarray(output, dtype=np.float64) * self.spread + self.mean).astype(np.float32)


class EpochLog(keras.callbacks.Callback):
    """Keeps the losses of every epoch, in squared dex whatever the target's scale.

    Attributes
    ----------
    history : dict of str to list of float
    """

    def __init__(self, scale: TargetScale) -> None:
        super().__init__()
        self.scale = scale
        self.history: dict[str, list[float]] = {"loss": [], "val_loss": []}

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:  # noqa: ARG002 - the signature is Keras'
        """Append the epoch's losses."""
        for name, values in self.history.items():
            if logs and name in logs:
                values.append(float(logs[name]) * self.scale.spread**2)


class WorkDone(keras.callbacks.Callback):
    """Reports training progress in images shown, for a progress bar."""

    def __init__(self, report: Any, images_per_epoch: int) -> None:
        super().__init__()
        self.report, self.images_per_epoch = report, images_per_epoch

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:  # noqa: ARG002 - the signature is Keras'
        """Report one epoch's images."""
        self.report(self.images_per_epoch)


class Checkpoint(keras.callbacks.Callback):
    """Saves a model with its optimizer and other state now and then, so that training can go on.

    It saves after an epoch if one more would make the time since the last save longer than ``every_seconds``: what a
    killed process loses is that time at most, or one epoch where an epoch takes longer.

    Parameters
    ----------
    path : Path or None
        An ``.npz`` file, written whole or not at all; nothing is saved where it is None.
    state : callable
        Returns further arrays to save, by name.
    identity : str
        What is trained, as :func:`identity_of` says it: another training does not go on from this one's state.
    every_seconds : float
    """

    def __init__(self, path: Path | None, state: Any, identity: str, every_seconds: float = CHECKPOINT_SECONDS) -> None:
        super().__init__()
        self.path, self.state, self.identity, self.every_seconds = path, state, identity, every_seconds
        self.saved = self.epoch_began = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:  # noqa: ARG002 - the signature is Keras'
        """Note the time."""
        self.epoch_began = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:  # noqa: ARG002 - the signature is Keras'
        """Save if it is time."""
        now = time.monotonic()
        if self.path is not None and now - self.saved + now - self.epoch_began > self.every_seconds:
            self.save(epoch + 1)

    def save(self, epochs_done: int) -> None:
        """Save the state after so many epochs."""
        arrays = {f"state_{name}": np.asarray(value) for name, value in self.state().items()}
        arrays |= {f"variable_{i}": np.asarray(v) for i, v in enumerate(_variables(self.model))}
        arrays |= {"epochs_done": np.asarray(epochs_done), "identity": np.asarray(self.identity)}
        write_arrays(self.path, arrays)
        self.saved = time.monotonic()


def identity_of(settings: Mapping[str, Any], *arrays: NDArray) -> str:
    """Return a digest of what is trained: plain settings, and the arrays it is trained on."""
    found = hashlib.sha256(digest(settings).encode())
    for array in arrays:
        found.update(f"{array.dtype.str} {array.shape}".encode())
        found.update(np.ascontiguousarray(array))
    return found.hexdigest()


def restore(path: Path | None, model: keras.Model, identity: str) -> tuple[int, dict[str, NDArray]]:
    """Bring a compiled model to the state of a checkpoint.

    Returns
    -------
    epochs_done : int
        0 where there is no checkpoint of this training that can be read.
    state : dict of str to array
        What the checkpoint's ``state`` returned.
    """
    if path is None or not path.is_file():
        return 0, {}
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as saved:
            arrays = dict(saved)
        variables = _variables(model)
        values = [arrays[f"variable_{i}"] for i in range(len(variables))]
        epochs_done = int(arrays["epochs_done"])
        if str(arrays["identity"]) != identity:
            return 0, {}
    except Exception as error:  # a damaged archive fails in a dozen ways
        print(f"{path}: cannot be read ({type(error).__name__}); this training starts anew", file=sys.stderr)
        return 0, {}
    for value, variable in zip(values, variables, strict=True):
        variable.assign(value)
    state = {name.removeprefix("state_"): value for name, value in arrays.items() if name.startswith("state_")}
    return epochs_done, state


def _variables(model: keras.Model) -> list[Any]:
    return [*model.variables, *model.optimizer.variables]


def fresh_model(n_channels: int, n_pixels: int, seed: tuple[int, ...], learning_rate: float) -> keras.Model:
    """Return the network with the weights of a seed, compiled with Adam and the mean squared error.

    Adam is that of Kingma & Ba (2015); the report does not name its loss. A process compiles each size of network
    once: what a fit starts from is set anew, so it does not matter which fits came before.
    """
    model = _compiled_model(n_channels, n_pixels)
    for variable in model.optimizer.variables:
        variable.assign(np.zeros(variable.shape, dtype=variable.dtype))
    model.optimizer.learning_rate = learning_rate
    model.set_weights(initial_weights([weight.shape for weight in model.weights], seed))
    return model


@lru_cache(maxsize=4)
def _compiled_model(n_channels: int, n_pixels: int) -> keras.Model:
    model = build_cnn(n_channels, n_pixels)
    model.compile(optimizer=keras.optimizers.Adam(), loss="mean_squared_error", jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    return model


def train_epochs(
    model: keras.Model,
    batches: ViewBatches,
    epochs: range,
    callbacks: Sequence[keras.callbacks.Callback],
    validation: ViewBatches | None = None,
) -> None:
    """Train a compiled model through a range of epochs; each epoch is reshuffled by its own number."""
    if len(epochs) == 0:
        return
    model.fit(
        batches,
        initial_epoch=epochs.start,
        epochs=epochs.stop,
        shuffle=False,  # the batches draw their own order
        verbose=0,
        callbacks=[EpochOrder(batches), *callbacks],
        validation_data=validation,
    )

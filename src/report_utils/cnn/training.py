"""Training a network: the schedule, the log, and checkpoints from which a fit resumes bit for bit."""

from __future__ import annotations

import hashlib
import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from report_utils.cnn.batches import ViewBatches
from report_utils.cnn.images import ResidentImages
from report_utils.cnn.network import Network
from report_utils.cnn.scales import TargetScale
from report_utils.errors import InputError
from report_utils.files.disk import write_arrays
from report_utils.runs.code_digest import digest
from report_utils.workers.deadline import OutOfTime, out_of_time

CHECKPOINT_SECONDS = 300.0
"""Maximum training time that may be lost [s]. An epoch at `paper` takes a minute or two on one core."""


def constant(rate: float, n_steps: int) -> NDArray[np.float32]:
    """Return the same learning rate for every step, ``(n_steps,)``."""
    return np.full(n_steps, rate, dtype=np.float32)


def one_cycle(peak: float, n_steps: int) -> NDArray[np.float32]:
    """Return one-cycle learning rates (Smith & Topin 2019): a cosine rise to the peak, then a fall to nearly zero.

    The rise takes the first 30 % and starts at peak / 25; the fall ends at peak / 10 000.

    Parameters
    ----------
    peak : float
    n_steps : int
        Number of steps in the whole training.

    Returns
    -------
    learning_rates : (n_steps,) float32
    """
    rise, start, end = 0.3, peak / 25, peak / 1e4
    done = np.arange(n_steps) / max(n_steps - 1, 1)
    rising = start + (peak - start) * 0.5 * (1 - np.cos(np.pi * done / rise))
    falling = peak + (end - peak) * 0.5 * (1 - np.cos(np.pi * (done - rise) / (1 - rise)))
    return np.where(done < rise, rising, falling).astype(np.float32)


SCHEDULES = {"constant": constant, "one_cycle": one_cycle}
"""Schedules by their name in a profile: from a rate and a number of steps to the rate of each step."""


class EpochLog(keras.callbacks.Callback):
    """Keep the losses of every epoch [dex^2], whatever the target's scale.

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


class Checkpoint(keras.callbacks.Callback):
    """Save a network with its optimizer and other state at intervals, so that training can be resumed.

    It saves after an epoch if another epoch would exceed ``every_seconds`` since the last save. So a killed process
    loses at most that time, or one epoch if an epoch takes longer. If another epoch would end after the deadline of
    :mod:`report_utils.workers.deadline`, it saves and ends the training.

    Parameters
    ----------
    path : Path or None
        An ``.npz`` file, written completely or not at all; None saves nothing.
    state : callable
        Returns additional arrays to save, by name.
    identity : str
        What is trained, from :func:`identity_of`; no other training resumes from this state.
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
        """Save if a save is due."""
        now = time.monotonic()
        took = now - self.epoch_began
        if self.path is None:
            return
        over = out_of_time(took)
        if over or now - self.saved + took > self.every_seconds:
            self.save(epoch + 1)
        if over:
            raise OutOfTime

    def save(self, epochs_done: int) -> None:
        """Save the state after this many epochs."""
        arrays = {f"state_{name}": np.asarray(value) for name, value in self.state().items()}
        arrays |= {f"variable_{i}": np.asarray(v) for i, v in enumerate(self.model.variables)}
        arrays |= {"epochs_done": np.asarray(epochs_done), "identity": np.asarray(self.identity)}
        write_arrays(self.path, arrays)
        self.saved = time.monotonic()


def identity_of(settings: Mapping[str, Any], *arrays: NDArray) -> str:
    """Return a digest of what is trained: its settings, and the arrays that it is trained on."""
    found = hashlib.sha256(digest(settings).encode())
    for array in arrays:
        found.update(f"{array.dtype.str} {array.shape}".encode())
        found.update(np.ascontiguousarray(array))
    return found.hexdigest()


def restore(path: Path | None, network: Network, identity: str) -> tuple[int, dict[str, NDArray]]:
    """Restore a network from a checkpoint.

    Returns
    -------
    epochs_done : int
        0 if this training has no readable checkpoint.
    state : dict of str to array
        What the checkpoint's ``state`` returned.
    """
    if path is None or not path.is_file():
        return 0, {}
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as saved:
            arrays = dict(saved)
        values = [arrays[f"variable_{i}"] for i in range(len(network.variables))]
        epochs_done = int(arrays["epochs_done"])
        if str(arrays["identity"]) != identity:
            return 0, {}
    except Exception as error:  # a damaged archive can fail in many ways
        print(f"{path}: cannot be read ({type(error).__name__}); this training starts anew", file=sys.stderr)
        return 0, {}
    for value, variable in zip(values, network.variables, strict=True):
        variable.assign(value)
    state = {name.removeprefix("state_"): value for name, value in arrays.items() if name.startswith("state_")}
    return epochs_done, state


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """What a network is trained on.

    Parameters
    ----------
    images : ResidentImages
    targets : (n_images,) float32
    batches : ViewBatches
        Of the images to train on.
    learning_rates : (n_steps,) float32
        For every step of the whole training.
    validation : (n_rows,) int, optional
        Images whose loss is logged after every epoch.
    progress : callable, optional
        Called with the number of views trained on since the last call.
    """

    images: ResidentImages
    targets: NDArray[np.float32]
    batches: ViewBatches
    learning_rates: NDArray[np.float32]
    validation: NDArray[np.integer] | None = None
    progress: Callable[[float], Any] | None = None


def train_epochs(
    network: Network, training_set: TrainingSet, epochs: range, callbacks: Sequence[keras.callbacks.Callback]
) -> None:
    """Train a network for a range of epochs; the epoch's number decides its order.

    Raises
    ------
    InputError
        If the training diverges.
    """
    for callback in callbacks:
        callback.set_model(network)
    n_steps = len(training_set.batches)
    for epoch in epochs:
        for callback in callbacks:
            callback.on_epoch_begin(epoch)
        rates = training_set.learning_rates[epoch * n_steps : (epoch + 1) * n_steps]
        order = training_set.batches.epoch(epoch)
        logs = {"loss": network.train(training_set.images, training_set.targets, order, rates, training_set.progress)}
        if not math.isfinite(logs["loss"]):
            msg = f"the training diverged in epoch {epoch + 1} (its loss is {logs['loss']}); lower the learning_rate"
            raise InputError(msg)
        if training_set.validation is not None:
            rows = training_set.validation
            misses = network.predict_views(training_set.images, rows) - training_set.targets[rows, None]
            logs["val_loss"] = float(np.mean(np.square(misses, dtype=np.float64)))
        for callback in callbacks:
            callback.on_epoch_end(epoch, logs)

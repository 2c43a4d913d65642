"""Training one network in phases: energy bands are switched on one after the other (report, section 4.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from report_utils import profiles
from report_utils.cnn import training as trainer
from report_utils.cnn.batches import ViewBatches
from report_utils.cnn.images import ResidentImages
from report_utils.cnn.network import fresh_network
from report_utils.cnn.scales import InputScale, TargetScale
from report_utils.dynamics.phases import epoch_phases, weight_noise
from report_utils.dynamics.recorder import EpochRecorder
from report_utils.errors import InputError


@dataclass(frozen=True, eq=False)
class PhaseTraining:
    """The record of a training in phases, from which :meth:`report_utils.dynamics.Recording.from_arrays` is made.

    Parameters
    ----------
    predictions : (n_epochs, n_test, n_views) float32 [log10 Msun]
        After each epoch; view 0 is the identity.
    truth : (n_test,) float64 [log10 Msun]
    item : (n_test,) int
        Rows in the catalogue.
    phase : (n_epochs,) int
        The phase of each epoch, from 0.
    states : dict of str to (n_test, n_views) float32
        Predictions before the first epoch (``"start"``) and just after the noise of each phase (``"noise_0"`` ...).
    loss : (n_epochs,) float64 [dex^2]
    """

    predictions: NDArray[np.float32]
    truth: NDArray[np.float64]
    item: NDArray[np.integer]
    phase: NDArray[np.integer]
    states: dict[str, NDArray[np.float32]]
    loss: NDArray[np.float64]


def _segments(n_phases: int, epochs: int) -> Iterator[tuple[int, range, bool]]:
    """Yield (phase, epochs, noise first) for each stretch of training without a change."""
    for phase in range(n_phases):
        start = phase * (epochs + 1)
        yield phase, range(start, start + epochs), False
        yield phase, range(start + epochs, start + epochs + 1), True


def train_in_phases(
    images: NDArray[np.float32] | ResidentImages,
    log10_mass: NDArray,
    fold_of: NDArray[np.integer],
    settings: profiles.Dynamics,
    seed: int,
    *,
    training_seed: int = 0,
    fold: int = 0,
    checkpoint: Path | None = None,
    progress: Callable[[float], Any] | None = None,
) -> PhaseTraining:
    """Train one network while its channels are switched on one after the other, recording all test predictions.

    In phase j the channels above j are zero, in training and in testing. Each phase trains for
    ``settings.epochs`` epochs, adds noise to every weight, and trains for one more epoch. Adam's moments are kept.

    Parameters
    ----------
    images : (n_clusters, n_pixels, n_pixels, n_channels) float32, or ResidentImages
        One phase for each channel.
    log10_mass : (n_clusters,) [log10 Msun]
    fold_of : (n_clusters,) int
        As :func:`report_utils.cnn.assign_folds` returns; ``fold`` is the test set.
    settings : report_utils.profiles.Dynamics
    seed, training_seed : int
        Decide the initial weights, the order of the batches and the noise.
    fold : int
    checkpoint : Path, optional
        File that keeps the state of a long training, from which it is resumed.
    progress : callable, optional
        Called at intervals with the number of views trained on since the last call.
    """
    images = images if isinstance(images, ResidentImages) else ResidentImages(images)
    test, train = np.flatnonzero(fold_of == fold), np.flatnonzero(fold_of != fold)
    scale = TargetScale(log10_mass[train], settings.target)
    batches = ViewBatches(train, settings.batch_size, (seed, fold, 3, training_seed))
    phase_of = epoch_phases(images.n_channels, settings.epochs)
    rates = trainer.constant(settings.learning_rate, len(phase_of) * len(batches))
    training_set = trainer.TrainingSet(images, scale.to_target(log10_mass), batches, rates, progress=progress)
    start = (seed, fold, 2, training_seed)
    inputs = InputScale.of(images.host, train, settings.inputs)
    network = fresh_network(
        images.n_channels, images.n_pixels, start, settings.learning_rate, inputs, settings.precision
    )
    recorder = EpochRecorder(test, lambda n, rows: scale.to_log10_mass(n.predict_views(images, rows)))
    log = trainer.EpochLog(scale)

    def state() -> dict[str, NDArray]:
        states = {f"states_{name}": value for name, value in recorder.states.items()}
        return states | {"recorded": recorder.predictions, "loss": np.asarray(log.history["loss"])}

    identity = ""
    if checkpoint is not None:
        kept = {"dynamics": settings.model_dump(), "fold": fold, "seeds": [seed, training_seed]}
        identity = trainer.identity_of(kept, images.host, np.asarray(log10_mass), fold_of)
    epochs_done, saved = trainer.restore(checkpoint, network, identity)
    if epochs_done:
        states = {n.removeprefix("states_"): v for n, v in saved.items() if n.startswith("states_")}
        recorder.restore(saved["recorded"], states)
        log.history["loss"] = list(saved["loss"])
    else:
        network.open_channels(1)
        recorder.record_state("start", network)
    if progress is not None:
        progress(epochs_done * batches.n_views)
    callbacks = [recorder, log, trainer.Checkpoint(checkpoint, state, identity)]
    for phase, epochs, noise_first in _segments(images.n_channels, settings.epochs):
        if epochs.stop <= epochs_done:
            continue
        network.open_channels(phase + 1)
        if noise_first:
            rng = np.random.default_rng((seed, fold, 4, training_seed, phase))
            network.set_weights(weight_noise(network.get_weights(), settings.noise, rng, network.trained))
            recorder.record_state(f"noise_{phase}", network)
        trainer.train_epochs(network, training_set, range(max(epochs.start, epochs_done), epochs.stop), callbacks)
    predictions = recorder.predictions
    if not np.isfinite(predictions).all():
        msg = "the dynamics diverged (predictions are not finite); lower dynamics.learning_rate or dynamics.noise"
        raise InputError(msg)
    return PhaseTraining(
        predictions=predictions,
        truth=np.asarray(log10_mass, dtype=np.float64)[test],
        item=test,
        phase=phase_of,
        states=recorder.states,
        loss=np.asarray(log.history["loss"]),
    )

"""The four-phase training: energy bands are switched on one after the other (report, section 4.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from report_utils import profiles
from report_utils.errors import InputError

if TYPE_CHECKING:
    from report_utils.cnn.images import ResidentImages


@dataclass(frozen=True, eq=False)
class Dynamics:
    """All test predictions at every epoch of a training in phases.

    Parameters
    ----------
    transform : str
        What the model saw.
    predictions : (n_epochs, n_test, n_views) float32 [log10 Msun]
        After each epoch; view 0 is the identity.
    truth : (n_test,) float64 [log10 Msun]
    cluster : (n_test,) int
        Rows in the catalogue.
    phase : (n_epochs,) int
        The phase of each epoch, from 0.
    states : dict of str to (n_test, n_views) float32
        Predictions before the first epoch (``"start"``) and just after the noise of each phase (``"noise_0"`` ...).
    loss : (n_epochs,) float64 [dex^2], optional
    group : (n_test,) str, optional
        The halo of each test observation.
    """

    transform: str
    predictions: NDArray[np.float32]
    truth: NDArray[np.float64]
    cluster: NDArray[np.integer]
    phase: NDArray[np.integer]
    states: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    loss: NDArray[np.float64] | None = None
    group: NDArray[np.str_] | None = None

    def __post_init__(self) -> None:
        n_epochs, n_test = self.predictions.shape[:2]
        if self.predictions.ndim != 3 or len(self.truth) != n_test or len(self.phase) != n_epochs:
            msg = (
                f"predictions of shape {self.predictions.shape} do not fit {len(self.truth)} true masses and "
                f"{len(self.phase)} epochs; they are (n_epochs, n_test, n_views)"
            )
            raise InputError(msg)

    @property
    def n_phases(self) -> int:
        """Return the number of phases."""
        return int(self.phase.max()) + 1

    @property
    def phase_ends(self) -> NDArray[np.int64]:
        """Return the index of the last epoch of each phase, ``(n_phases,)``."""
        return np.array([np.flatnonzero(self.phase == p)[-1] for p in range(self.n_phases)])

    @property
    def residuals(self) -> NDArray[np.float64]:
        """Return prediction minus truth, ``(n_epochs, n_test, n_views)`` [dex]."""
        return self.predictions - self.truth[None, :, None]

    @property
    def scatter(self) -> NDArray[np.float64]:
        """Return the standard deviation of all test residuals after each epoch, ``(n_epochs,)`` [dex]."""
        return self.residuals.reshape(len(self.phase), -1).std(axis=1)


def epoch_phases(n_phases: int, epochs: int) -> NDArray[np.int64]:
    """Return the phase of each epoch, ``(n_phases * (epochs + 1),)``: one epoch follows each phase's noise."""
    return np.repeat(np.arange(n_phases), epochs + 1)


def _segments(n_phases: int, epochs: int) -> Iterator[tuple[int, range, bool]]:
    """Yield (phase, epochs, noise first) for the stretches of training between which something is changed."""
    for phase in range(n_phases):
        start = phase * (epochs + 1)
        yield phase, range(start, start + epochs), False
        yield phase, range(start + epochs, start + epochs + 1), True


def weight_noise(
    weights: list[NDArray], sigma: float, rng: np.random.Generator, trained: Sequence[bool] | None = None
) -> list[NDArray[np.float32]]:
    """Return weights with Gaussian noise added (the perturbation of the report's phases).

    The report gives neither the size of its noise nor its scale. Here it is ``sigma`` times the standard deviation
    of the layer's kernel, for the layer's biases as well.

    Parameters
    ----------
    weights : list of array
        Kernels, each followed by its biases, as Keras lists them.
    sigma : float
    rng : numpy.random.Generator
    trained : sequence of bool, optional
        Which of them training changes; the others, such as a batch normalisation's variances, get no noise.
    """
    noisy, spread = [], 0.0
    for weight, is_trained in zip(weights, trained or [True] * len(weights), strict=True):
        if weight.ndim > 1:
            spread = float(np.std(weight))
        if not is_trained:
            noisy.append(weight)
            continue
        noisy.append((weight + sigma * spread * rng.standard_normal(weight.shape)).astype(np.float32))
    return noisy


def train_in_phases(
    images: NDArray[np.float32] | ResidentImages,
    log10_mass: NDArray,
    fold_of: NDArray[np.integer],
    settings: profiles.Dynamics,
    seed: int,
    *,
    training_seed: int = 0,
    transform: str = "",
    fold: int = 0,
    checkpoint: Path | None = None,
    progress: Callable[[float], Any] | None = None,
) -> Dynamics:
    """Train one network while its channels are switched on one after the other, recording all test predictions.

    In phase j the channels above j are zero, in training and in testing. Each phase trains for
    ``settings.epochs`` epochs, adds noise to every weight, and trains for one epoch more. Adam's moments are kept.

    Parameters
    ----------
    images : (n_clusters, n_pixels, n_pixels, n_channels) float32, or ResidentImages
        One phase for each channel.
    log10_mass : (n_clusters,) [log10 Msun]
    fold_of : (n_clusters,) int
        As :func:`report_utils.cnn.assign_folds` returns; ``fold`` is the test set.
    settings : report_utils.profiles.Dynamics
    seed, training_seed : int
        Decide the weights at the start, the order of the batches and the noise.
    transform : str
        A name for the result.
    fold : int
    checkpoint : Path, optional
        Where to keep the state of a long training, and to go on from.
    progress : callable, optional
        Called now and then with the number of views trained on since.
    """
    from report_utils.cnn import training as trainer
    from report_utils.cnn.batches import ViewBatches
    from report_utils.cnn.images import ResidentImages
    from report_utils.cnn.network import fresh_network
    from report_utils.cnn.scales import InputScale, TargetScale
    from report_utils.dynamics.recorder import EpochRecorder

    images = images if isinstance(images, ResidentImages) else ResidentImages(images)
    test, train = np.flatnonzero(fold_of == fold), np.flatnonzero(fold_of != fold)
    scale = TargetScale(log10_mass[train], settings.target)
    batches = ViewBatches(train, settings.batch_size, (seed, fold, 3, training_seed))
    phase_of = epoch_phases(images.n_channels, settings.epochs)
    rates = trainer.constant(settings.learning_rate, len(phase_of) * len(batches))
    lessons = trainer.Lessons(images, scale.to_target(log10_mass), batches, rates, progress=progress)
    start = (seed, fold, 2, training_seed)
    inputs = InputScale.of(images.host, train, settings.inputs)
    network = fresh_network(images.n_channels, images.n_pixels, start, settings.learning_rate, inputs)
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
        trainer.train_epochs(network, lessons, range(max(epochs.start, epochs_done), epochs.stop), callbacks)
    predictions = recorder.predictions
    if not np.isfinite(predictions).all():
        msg = "the dynamics diverged (predictions are not finite); lower dynamics.learning_rate or dynamics.noise"
        raise InputError(msg)
    return Dynamics(
        transform=transform,
        predictions=predictions,
        truth=np.asarray(log10_mass, dtype=np.float64)[test],
        cluster=test,
        phase=phase_of,
        states=recorder.states,
        loss=np.asarray(log.history["loss"]),
    )

"""The four-phase training: energy bands are switched on one after the other (report, section 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError


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

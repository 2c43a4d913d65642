"""What happens between the phases of a training (report, section 4.1)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def epoch_phases(n_phases: int, epochs: int) -> NDArray[np.int64]:
    """Return the phase of each epoch, ``(n_phases * (epochs + 1),)``: one epoch follows each phase's noise."""
    return np.repeat(np.arange(n_phases), epochs + 1)


def weight_noise(
    weights: list[NDArray], sigma: float, rng: np.random.Generator, trained: Sequence[bool] | None = None
) -> list[NDArray[np.float32]]:
    """Return weights, kernels each followed by its biases, with Gaussian noise added (the report's perturbation).

    The report gives neither the size of its noise nor its scale. Here it is ``sigma`` times the standard deviation
    of the layer's kernel, for the layer's biases as well. Weights that are not trained, such as a batch normalisation's
    variances, get no noise.
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

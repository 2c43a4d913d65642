"""The network with its optimizer, trained and asked many batches at a call."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from report_utils.backends import load_engine
from report_utils.binning import N_VIEWS, view_pixels
from report_utils.cnn.batches import Batches, in_batches
from report_utils.cnn.images import ResidentImages
from report_utils.cnn.model import initial_weights
from report_utils.cnn.sizes import weight_shapes

_PREDICTED_PIXELS = 2**18
"""In one batch of predictions: what the first convolution makes of them stays in a processor's cache."""


class Network:
    """The report's network, in training.

    Its weights are those of :func:`report_utils.cnn.build_cnn`'s model, in the same order, held in one vector: Adam
    treats every number by itself, and one update of a vector costs less than fourteen of its parts.

    Parameters
    ----------
    n_channels, n_pixels : int

    Attributes
    ----------
    open_channels : (n_channels,) float32
        One for channels that are seen, zero for closed ones (report, section 4.1); all are open at first.
    """

    def __init__(self, n_channels: int, n_pixels: int) -> None:
        self.shapes = weight_shapes(n_channels)
        self.n_pixels = n_pixels
        self.weights = keras.Variable(np.zeros(sum(map(np.prod, self.shapes)), dtype=np.float32), name="weights")
        self.optimizer = keras.optimizers.Adam()
        self.optimizer.build([self.weights])
        self.view_pixels = view_pixels(n_pixels)
        self.open_channels = np.ones(n_channels, dtype=np.float32)
        self._steps = load_engine().Steps(self)

    def start(self, seed: tuple[int, ...], learning_rate: float) -> None:
        """Set everything to where a training with this seed begins."""
        for variable in self.optimizer.variables:
            variable.assign(np.zeros(variable.shape, dtype=variable.dtype))
        self.optimizer.learning_rate = learning_rate
        self.set_weights(initial_weights(self.shapes, seed))
        self.see(len(self.open_channels))

    def see(self, n_channels: int) -> None:
        """Open the first channels and close the others."""
        self.open_channels = (np.arange(len(self.open_channels)) < n_channels).astype(np.float32)

    @property
    def variables(self) -> list[keras.Variable]:
        """Return all that training changes: weights, moments, number of steps, learning rate."""
        return [self.weights, *self.optimizer.variables]

    def get_weights(self) -> list[NDArray[np.float32]]:
        """Return the weights, as the plain model lists them."""
        flat = np.array(np.asarray(self.weights))
        return [part.reshape(s) for part, s in zip(np.split(flat, self.part_ends), self.shapes, strict=True)]

    def set_weights(self, weights: list[NDArray]) -> None:
        """Take over weights that the plain model lists."""
        self.weights.assign(np.concatenate([np.ravel(weight) for weight in weights]))

    @property
    def part_ends(self) -> list[int]:
        """Return where, in the vector of all weights, each but the last of them ends."""
        return np.cumsum([np.prod(shape) for shape in self.shapes])[:-1].tolist()

    def train(
        self,
        images: ResidentImages,
        targets: NDArray[np.float32],
        epoch: list[Batches],
        learning_rates: NDArray[np.float32],
        progress: Callable[[float], Any] | None = None,
    ) -> float:
        """Train through the batches of an epoch and return their mean loss, each view counted once.

        Parameters
        ----------
        images : ResidentImages
        targets : (n_images,) float32
        epoch : list of (rows, views)
            As :meth:`ViewBatches.epoch` returns.
        learning_rates : (n_batches,) float32
        progress : callable, optional
            Called now and then with the number of images shown since.
        """
        total, shown, step = 0.0, 0, 0
        for rows, views in epoch:
            size = rows.shape[1]
            for start, stop in _calls(len(rows), size * self.n_pixels**2, images.pixels_per_call):
                pixels, at = images.of(rows[start:stop])
                wanted, rates = targets[rows[start:stop]], learning_rates[step : step + stop - start]
                total += size * self._steps.train(pixels, at, views[start:stop], wanted, rates, self.open_channels)
                shown, step = shown + at.size, step + stop - start
                if progress is not None:
                    progress(at.size)
        return total / shown

    def predict_views(self, images: ResidentImages, rows: NDArray[np.integer] | None = None) -> NDArray[np.float32]:
        """Return the output for all eight views of some images, or of all of them, ``(n_rows, 8)``."""
        rows = np.arange(images.n_images) if rows is None else np.asarray(rows)
        size = max(_PREDICTED_PIXELS // self.n_pixels**2, 1)
        found = []
        for batch_rows, batch_views in in_batches(rows, np.arange(len(rows) * N_VIEWS), size):
            for chosen, views in zip(batch_rows, batch_views, strict=True):
                found.append(self._steps.predict(*images.of(chosen), views, self.open_channels))
        return np.concatenate(found).reshape(len(rows), N_VIEWS)


def _calls(n_batches: int, pixels_per_batch: int, pixels_per_call: int) -> list[tuple[int, int]]:
    step = max(pixels_per_call // pixels_per_batch, 1)
    return [(start, min(start + step, n_batches)) for start in range(0, n_batches, step)]


def fresh_network(n_channels: int, n_pixels: int, seed: tuple[int, ...], learning_rate: float) -> Network:
    """Return the network with the weights of a seed and an optimizer that has seen nothing.

    Adam is that of Kingma & Ba (2015); the report does not name its loss. A process compiles each size of network
    once: what a fit starts from is set anew, so it does not matter which fits came before.
    """
    network = _network(n_channels, n_pixels)
    network.start(seed, learning_rate)
    return network


_network = lru_cache(maxsize=4)(Network)

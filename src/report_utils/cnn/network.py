"""The network with its optimizer; one call trains or predicts many batches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from report_utils.binning import N_VIEWS, view_pixels
from report_utils.cnn.batches import Batches, in_batches
from report_utils.cnn.fused_forward import fused_outputs, stands_for
from report_utils.cnn.images import ResidentImages
from report_utils.cnn.model import build_cnn
from report_utils.cnn.scales import InputScale
from report_utils.errors import InputError, printable
from report_utils.workers.backends import load_engine

_PREDICTED_PIXELS = 2**18
"""Pixels in one batch of predictions, few enough that the first convolution's output fits in a processor's cache."""


class Network:
    """The network that :func:`report_utils.cnn.build_cnn` returns, in training.

    Its trainable weights are held in one vector: Adam treats each weight separately, and updating one vector costs
    less than updating its fourteen parts. A model like the report's uses the fused forward pass; any other model runs
    as it is.

    Parameters
    ----------
    n_channels, n_pixels : int
    precision : {"float32", "bfloat16"}
        Of the convolutions while training; for a model without a fused pass, of all its layers. Weights, loss and
        optimizer are in float32, and so are predictions.

    Raises
    ------
    InputError
        If the model does not take these images or does not return one number for each, or the processor cannot
        compute in this precision.
    """

    def __init__(self, n_channels: int, n_pixels: int, precision: str = "float32") -> None:
        self.n_channels, self.n_pixels, self.precision = n_channels, n_pixels, precision
        self.model = build_cnn(n_channels, n_pixels)
        _require_images_to_numbers(self.model, n_channels, n_pixels)
        self.is_fused = stands_for(self.model)
        if not self.is_fused:
            print("build_cnn returns a network without a fused forward pass; it trains as it is", file=sys.stderr)
        self._training_model = self.model
        if precision != "float32":
            _require_precision(precision)
        if not self.is_fused and precision != "float32":
            with _dtype_policy(f"mixed_{precision}"):
                self._training_model = build_cnn(n_channels, n_pixels)
        self.shapes = [tuple(variable.shape) for variable in self.model.trainable_variables]
        self.weights = keras.Variable(np.zeros(sum(map(np.prod, self.shapes)), dtype=np.float32), name="weights")
        self.state = list(self.model.non_trainable_variables)
        self.optimizer = keras.optimizers.Adam()
        self.optimizer.build([self.weights])
        self.view_pixels = view_pixels(n_pixels)
        self._steps = load_engine().compile_steps(self)
        self._scale = InputScale.as_is(n_channels)
        self._n_open = n_channels

    def start(self, seed: tuple[int, ...], learning_rate: float, scale: InputScale | None = None) -> None:
        """Reset everything to the start of a training with this seed.

        Parameters
        ----------
        seed : tuple of int
        learning_rate : float
        scale : InputScale, optional
            Applied to every image; by default images are not scaled.
        """
        for variable in self.optimizer.variables:
            variable.assign(np.zeros(variable.shape, dtype=variable.dtype))
        self.optimizer.learning_rate = learning_rate
        fresh = build_cnn(self.n_channels, self.n_pixels, seed=seed)
        self.set_weights(fresh.get_weights())
        rng = np.random.default_rng((*seed, 1))
        weights = {id(variable) for variable in self.model.weights}
        for variable, its_start in zip(self.state, fresh.non_trainable_variables, strict=True):
            # any other variable is the state of a random generator, such as a dropout layer's, which Keras redraws
            value = np.asarray(its_start) if id(variable) in weights else rng.integers(2**31, size=variable.shape)
            variable.assign(np.asarray(value, dtype=variable.dtype))
        self._scale = scale or InputScale.as_is(self.n_channels)
        self.open_channels(self.n_channels)

    def open_channels(self, n_channels: int) -> None:
        """Show the first channels to the network and zeros in place of the others (report, section 4.1)."""
        self._n_open = n_channels

    @property
    def inputs(self) -> NDArray[np.float32]:
        """Return the factor and then the offset that are applied to every pixel, ``(2, n_channels)``."""
        factor = (np.arange(self.n_channels) < self._n_open) / self._scale.spread
        return np.stack([factor, -self._scale.mean * factor]).astype(np.float32)

    @property
    def variables(self) -> list[keras.Variable]:
        """Return everything that training changes: weights, moments, step count, learning rate, the model's state."""
        return [self.weights, *self.optimizer.variables, *self.state]

    def outputs(self, weights: Any, state: list[Any], images: Any, *, training: bool) -> tuple[Any, list[Any], Any]:
        """Return the network's outputs for images, its new state, and the sum of its layers' own losses.

        Parameters
        ----------
        weights : list of tensor
            Of :attr:`shapes`.
        state : list of tensor
            Values of :attr:`state`.
        images : (batch_size, n_pixels, n_pixels, n_channels) tensor
        training : bool
        """
        if self.is_fused:
            return fused_outputs(weights, images, self.precision if training else "float32"), state, 0.0
        model = self._training_model if training else self.model
        found, state, losses = model.stateless_call(weights, state, images, training=training, return_losses=True)
        own_loss = sum((ops.cast(loss, "float32") for loss in losses), 0.0)
        return ops.cast(ops.reshape(found, (-1,)), "float32"), state, own_loss

    def get_weights(self) -> list[NDArray[np.float32]]:
        """Return the weights in the order of the model's ``get_weights``."""
        flat = np.array(np.asarray(self.weights))
        parts = [part.reshape(s) for part, s in zip(np.split(flat, self.part_ends), self.shapes, strict=True)]
        trained = {id(v): part for v, part in zip(self.model.trainable_variables, parts, strict=True)}
        return [trained.get(id(variable), np.asarray(variable)) for variable in self.model.weights]

    def set_weights(self, weights: list[NDArray]) -> None:
        """Set the weights, given in the order of the model's ``get_weights``."""
        values = {id(variable): value for variable, value in zip(self.model.weights, weights, strict=True)}
        self.weights.assign(np.concatenate([np.ravel(values[id(v)]) for v in self.model.trainable_variables]))
        for variable in self.state:
            if id(variable) in values:
                variable.assign(values[id(variable)])

    def resized(self, n_pixels: int) -> Network:
        """Return the network for images of another size, in the same state of its training.

        Raises
        ------
        InputError
            If the model's weights depend on the size of its images.
        """
        if n_pixels == self.n_pixels:
            return self
        other = _network(self.n_channels, n_pixels, self.precision)
        if [v.shape for v in other.variables] != [v.shape for v in self.variables]:
            msg = (
                f"the weights of build_cnn's model for {n_pixels} pixels have other shapes than those for "
                f"{self.n_pixels}, so stages of training.coarse cannot follow each other; remove training.coarse"
            )
            raise InputError(msg)
        for variable, value in zip(other.variables, self.variables, strict=True):
            variable.assign(value)
        other._scale, other._n_open = self._scale, self._n_open
        return other

    @property
    def trained(self) -> list[bool]:
        """Tell for each of the model's weights whether training changes it."""
        return [variable.trainable for variable in self.model.weights]

    @property
    def part_ends(self) -> list[int]:
        """Return the end of each weight array but the last in the vector of all weights."""
        return np.cumsum([np.prod(shape) for shape in self.shapes])[:-1].tolist()

    def train(
        self,
        images: ResidentImages,
        targets: NDArray[np.float32],
        epoch: list[Batches],
        learning_rates: NDArray[np.float32],
        progress: Callable[[float], Any] | None = None,
    ) -> float:
        """Train on the batches of an epoch and return the mean loss over all views.

        Parameters
        ----------
        images : ResidentImages
        targets : (n_images,) float32
        epoch : list of (rows, views)
            As :meth:`ViewBatches.epoch` returns.
        learning_rates : (n_batches,) float32
        progress : callable, optional
            Called at intervals with the number of views trained on since the last call.
        """
        total, shown, step = 0.0, 0, 0
        for rows, views in epoch:
            size = rows.shape[1]
            for start, stop in _calls(len(rows), size * self.n_pixels**2, images.pixels_per_call):
                pixels, at = images.of(rows[start:stop])
                wanted, rates = targets[rows[start:stop]], learning_rates[step : step + stop - start]
                total += size * self._steps.train(pixels, at, views[start:stop], wanted, rates, self.inputs)
                shown, step = shown + at.size, step + stop - start
                if progress is not None:
                    progress(at.size)
        return total / shown

    def predict_views(self, images: ResidentImages, rows: NDArray[np.integer] | None = None) -> NDArray[np.float32]:
        """Return the outputs for all eight views of some images, by default all, ``(n_rows, 8)``."""
        rows = np.arange(images.n_images) if rows is None else np.asarray(rows)
        size = max(_PREDICTED_PIXELS // self.n_pixels**2, 1)
        found = []
        for batch_rows, batch_views in in_batches(rows, np.arange(len(rows) * N_VIEWS), size):
            for chosen, views in zip(batch_rows, batch_views, strict=True):
                found.append(self._steps.predict(*images.of(chosen), views, self.inputs))
        return np.concatenate(found).reshape(len(rows), N_VIEWS)


def _calls(n_batches: int, pixels_per_batch: int, pixels_per_call: int) -> list[tuple[int, int]]:
    step = max(pixels_per_call // pixels_per_batch, 1)
    return [(start, min(start + step, n_batches)) for start in range(0, n_batches, step)]


def fresh_network(
    n_channels: int,
    n_pixels: int,
    seed: tuple[int, ...],
    learning_rate: float,
    scale: InputScale | None = None,
    precision: str = "float32",
) -> Network:
    """Return the network with the initial weights of a seed and a new optimizer.

    The optimizer is Adam (Kingma & Ba 2015); the report does not name its loss. A process compiles each size of network
    only once. :meth:`Network.start` resets all of it, so earlier fits have no effect.
    """
    network = _network(n_channels, n_pixels, precision)
    network.start(seed, learning_rate, scale)
    return network


def _require_precision(precision: str) -> None:
    try:
        ops.conv(ops.zeros((1, 8, 8, 1), precision), ops.zeros((3, 3, 1, 1), precision), padding="same")
    except Exception as error:  # every backend has its own
        reason = printable(str(error), 160)
        msg = (
            f"precision = {precision!r}: this processor cannot train in it ({reason}); set precision to 'float32' "
            "in the profile, which trains to slightly other numbers"
        )
        raise InputError(msg) from error


@contextmanager
def _dtype_policy(name: str) -> Iterator[None]:
    """Build layers with a dtype policy of Keras."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _require_images_to_numbers(model: keras.Model, n_channels: int, n_pixels: int) -> None:
    takes, returns = getattr(model, "input_shape", None), getattr(model, "output_shape", None)
    shapes_fit = takes == (None, n_pixels, n_pixels, n_channels) and returns in ((None, 1), (None,))
    if not shapes_fit or isinstance(getattr(model, "output", None), dict | list | tuple):
        msg = (
            f"build_cnn returns a model from {takes} to {returns}; it must take images "
            f"{(None, n_pixels, n_pixels, n_channels)} and return one number for each, (None, 1)"
        )
        raise InputError(msg)
    if not model.trainable_variables:
        msg = "build_cnn returns a model without weights to train; leave some of its layers trainable"
        raise InputError(msg)


_network = lru_cache(maxsize=4)(Network)

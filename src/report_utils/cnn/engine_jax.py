"""Training steps as one compiled JAX loop, so that a GPU trains thousands of batches in a single call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from report_utils.workers.backends import OutOfDeviceMemory, says_out_of_memory

if TYPE_CHECKING:
    from report_utils.cnn.network import Network

OUT_OF_MEMORY = OutOfDeviceMemory
PRECISION = "highest"
"""Precision of products and convolutions; by default, a GPU may round their inputs to ten bits (TF32)."""


def device() -> str:
    """Return the device that computes, such as ``"NVIDIA H100 80GB HBM3"``."""
    return jax.devices()[0].device_kind


def to_device(array: NDArray[np.float32]) -> jax.Array:
    """Return an array on the device, once the transfer is complete; on the processor it shares aligned memory.

    Raises
    ------
    OutOfDeviceMemory
        If the device has too little memory.
    """
    try:
        return jax.device_put(array).block_until_ready()
    except jax.errors.JaxRuntimeError as error:
        if says_out_of_memory(error):
            raise OUT_OF_MEMORY(str(error)) from error
        raise


class JaxSteps:
    """A network's training and predictions, compiled once for each number and size of batches."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.view_pixels = jnp.asarray(network.view_pixels)
        # on a processor, XLA runs a convolution inside a loop seventy times slower than outside one
        self._train = self._train_one_by_one if jax.default_backend() == "cpu" else jax.jit(self._train_steps)
        self._one_step = jax.jit(self._train_one_step)
        self._predict = jax.jit(self._predicted)

    def train(self, *arguments: Any) -> float:
        """Train through batches of one size; see :class:`report_utils.cnn.engine_tensorflow.TensorFlowSteps`."""
        with jax.default_matmul_precision(PRECISION):
            state, total = self._train([variable.value for variable in self.network.variables], *arguments)
        for variable, value in zip(self.network.variables, state, strict=True):
            variable.assign(value)
        return float(total)

    def predict(self, *arguments: Any) -> NDArray[np.float32]:
        """Return the outputs for one batch, ``(batch_size,)``."""
        with jax.default_matmul_precision(PRECISION):
            state = [variable.value for variable in self.network.state]
            return np.asarray(self._predict(self.network.weights.value, state, *arguments))

    def _train_steps(self, state, pixels, *batches_and_inputs):
        *batches, inputs = batches_and_inputs

        def one_step(step, carried):
            return self._train_one_step(*carried, pixels, *(values[step] for values in batches), inputs)

        return jax.lax.fori_loop(0, len(batches[0]), one_step, (state, jnp.float32(0)))

    def _train_one_by_one(self, state, pixels, *batches_and_inputs):
        *batches, inputs = batches_and_inputs
        total = jnp.float32(0)
        for batch in zip(*batches, strict=True):
            state, total = self._one_step(state, total, pixels, *batch, inputs)
        return state, total

    def _train_one_step(self, state, total, pixels, rows, views, targets, learning_rate, inputs):
        network, n_moments = self.network, len(self.network.optimizer.variables)
        weights, moments, model_state = state[0], state[1 : 1 + n_moments], state[1 + n_moments :]
        images = self._images(pixels, rows, views, inputs)

        def loss_of(weights):
            output, new_state, own_loss = network.outputs(self._parts(weights), model_state, images, training=True)
            loss = jnp.mean(jnp.square(output - targets))
            return loss + own_loss, (loss, new_state)

        (_, (loss, model_state)), gradient = jax.value_and_grad(loss_of, has_aux=True)(weights)
        moments = [
            learning_rate if variable is network.optimizer.learning_rate else value
            for variable, value in zip(network.optimizer.variables, moments, strict=True)
        ]
        (weights,), moments = network.optimizer.stateless_apply(moments, [gradient], [weights])
        return [weights, *moments, *model_state], total + loss

    def _predicted(self, weights, state, pixels, rows, views, inputs):
        images = self._images(pixels, rows, views, inputs)
        return self.network.outputs(self._parts(weights), state, images, training=False)[0]

    def _images(self, pixels, rows, views, inputs):
        n_pixels, n_channels = self.network.n_pixels, self.network.n_channels
        at = rows[:, None] * n_pixels**2 + self.view_pixels[views]
        images = jnp.take(pixels, at, axis=0, mode="clip").reshape(-1, n_pixels, n_pixels, n_channels)
        return images * inputs[0] + inputs[1]

    def _parts(self, weights):
        parts = jnp.split(weights, self.network.part_ends)
        return [part.reshape(shape) for part, shape in zip(parts, self.network.shapes, strict=True)]


def compile_steps(network: Network) -> JaxSteps:
    """Return the training and predictions of a network, compiled for this backend."""
    return JaxSteps(network)

"""Training steps as one TensorFlow graph, with a loop in the graph instead of one Python call per batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

if TYPE_CHECKING:
    from report_utils.cnn.network import Network

OUT_OF_MEMORY = tf.errors.ResourceExhaustedError
_ALIGNMENT = 64  # bytes; TensorFlow requires this of memory that it did not allocate


def device() -> str:
    """Return the device that computes."""
    return "the processor"


def to_device(array: NDArray[np.float32]) -> tf.Tensor:
    """Return a tensor that shares an array's memory if its address is a multiple of 64, or else a copy."""
    if array.ctypes.data % _ALIGNMENT == 0 and array.flags.c_contiguous:
        return tf.experimental.dlpack.from_dlpack(array.__dlpack__())
    return tf.convert_to_tensor(array)


class TensorFlowSteps:
    """A network's training and predictions, as compiled graphs for batches of any number and size."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.view_pixels = tf.constant(network.view_pixels)
        pixels = tf.TensorSpec((None, network.n_channels), tf.float32)
        inputs = tf.TensorSpec((2, network.n_channels), tf.float32)
        integers, floats = tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((None, None), tf.float32)
        rates, batch = tf.TensorSpec((None,), tf.float32), tf.TensorSpec((None,), tf.int32)
        self._train = tf.function(
            self._train_steps, autograph=False, input_signature=(pixels, integers, integers, floats, rates, inputs)
        )
        self._predict = tf.function(self._predicted, autograph=False, input_signature=(pixels, batch, batch, inputs))

    def train(self, *arguments: Any) -> float:
        """Train through batches of one size.

        Parameters
        ----------
        pixels : (n * n_pixels * n_pixels, n_channels) tensor
            From :func:`to_device`.
        rows, views : (n_batches, batch_size) int32
        targets : (n_batches, batch_size) float32
        learning_rates : (n_batches,) float32
        inputs : (2, n_channels) float32
            From :attr:`Network.inputs`.

        Returns
        -------
        loss : float
            The sum of the batches' mean squared errors.
        """
        return float(self._train(*arguments))

    def predict(self, *arguments: Any) -> NDArray[np.float32]:
        """Return the outputs for one batch; arguments as in :meth:`train`, but rows, views and outputs are ``(n,)``."""
        return self._predict(*arguments).numpy()

    def _train_steps(self, pixels, rows, views, targets, learning_rates, inputs):
        network = self.network
        weights, state, optimizer = network.weights, network.state, network.optimizer

        def one_step(step, total):
            optimizer.learning_rate.assign(learning_rates[step])
            images = self._images(pixels, rows[step], views[step], inputs)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(weights.value)
                output, new_state, own_loss = network.outputs(
                    self._parts(), [variable.value for variable in state], images, training=True
                )
                loss = tf.reduce_mean(tf.math.squared_difference(output, targets[step]))
                whole = loss + own_loss
            optimizer.apply(tape.gradient(whole, [weights.value]), [weights])
            for variable, value in zip(state, new_state, strict=True):
                variable.assign(value)
            return step + 1, total + loss

        n_steps = tf.shape(rows)[0]
        start = (tf.constant(0), tf.constant(0.0))
        return tf.while_loop(lambda step, _: step < n_steps, one_step, start, parallel_iterations=1)[1]

    def _predicted(self, pixels, rows, views, inputs):
        images = self._images(pixels, rows, views, inputs)
        state = [variable.value for variable in self.network.state]
        return self.network.outputs(self._parts(), state, images, training=False)[0]

    def _images(self, pixels, rows, views, inputs):
        n_pixels, n_channels = self.network.n_pixels, self.network.n_channels
        at = rows[:, None] * n_pixels**2 + tf.gather(self.view_pixels, views)
        images = tf.reshape(tf.gather(pixels, at), (-1, n_pixels, n_pixels, n_channels))
        as_is = tf.reduce_all(inputs[0] == 1) & tf.reduce_all(inputs[1] == 0)
        # unscaled images skip two passes over the batch, which take a twentieth of a step
        return tf.cond(as_is, lambda: images, lambda: images * inputs[0] + inputs[1])

    def _parts(self):
        shapes = self.network.shapes
        parts = tf.split(self.network.weights.value, [int(np.prod(shape)) for shape in shapes])
        return [tf.reshape(part, shape) for part, shape in zip(parts, shapes, strict=True)]


def compile_steps(network: Network) -> TensorFlowSteps:
    """Return the training and predictions of a network, compiled for this backend."""
    return TensorFlowSteps(network)

"""The convolutional network of the report's Figure 6."""

from __future__ import annotations

import keras
import numpy as np
from numpy.typing import NDArray

from report_utils.cnn.sizes import CONVOLUTION_FILTERS, DENSE_UNITS


def build_cnn(n_channels: int, n_pixels: int = 128, *, seed: int | tuple[int, ...] = 0) -> keras.Model:
    """Build the network (report, section 3.2 and Figure 6).

    Three 3 x 3 convolutions with ReLU, each followed by 2 x 2 max pooling; global average pooling; three dense
    layers with ReLU and a linear output. It has 58 869 parameters for four channels.

    Parameters
    ----------
    n_channels : int
    n_pixels : int
        Pixels along each axis, a multiple of 8.
    seed : int or tuple of int
        Decides the weights at the start. They are drawn in NumPy, so every Keras backend starts from the same.

    Returns
    -------
    model : keras.Model
        From ``(batch_size, n_pixels, n_pixels, n_channels)`` images to ``(batch_size, 1)`` log10 masses.

    Examples
    --------
    >>> build_cnn(4).count_params()
    58869
    """
    layers: list[keras.Layer] = [keras.Input((n_pixels, n_pixels, n_channels), name="image")]
    for i, filters in enumerate(CONVOLUTION_FILTERS):
        suffix = f"_{i}" if i else ""
        layers.append(keras.layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"conv2d{suffix}"))
        layers.append(keras.layers.MaxPooling2D(2, name=f"max_pooling2d{suffix}"))
    layers.append(keras.layers.GlobalAveragePooling2D(name="global_average_pooling2d"))
    for i, units in enumerate(DENSE_UNITS):
        layers.append(keras.layers.Dense(units, activation="relu", name=f"dense_{i}" if i else "dense"))
    layers.append(keras.layers.Dense(1, name=f"dense_{len(DENSE_UNITS)}"))
    model = keras.Sequential(layers, name="cnn")
    model.set_weights(initial_weights([weight.shape for weight in model.weights], seed))
    return model


def initial_weights(shapes: list[tuple[int, ...]], seed: int | tuple[int, ...]) -> list[NDArray[np.float32]]:
    """Draw weights as Keras does by default: Glorot uniform kernels (Glorot & Bengio 2010, eq. 16), zero biases.

    Parameters
    ----------
    shapes : list of tuple
        Of kernels ``(..., n_in, n_out)`` and biases ``(n_out,)``.
    seed : int or tuple of int
    """
    rng = np.random.default_rng(seed)
    weights = []
    for shape in shapes:
        if len(shape) == 1:
            weights.append(np.zeros(shape, dtype=np.float32))
            continue
        receptive_field = int(np.prod(shape[:-2]))
        limit = np.sqrt(6.0 / (receptive_field * (shape[-2] + shape[-1])))
        weights.append(rng.uniform(-limit, limit, size=shape).astype(np.float32))
    return weights

"""The convolutional network of the report's Figure 6: what :func:`build_cnn` returns is what is trained."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable

import keras
import numpy as np
from numpy.typing import NDArray

from report_utils.cnn.layer_sizes import CONVOLUTION_FILTERS, DENSE_UNITS
from report_utils.errors import InputError


def for_images(build: Callable[..., keras.Model]) -> Callable[..., keras.Model]:
    """Let a function return any Keras model: one that has not seen its input, such as a subclass, is built for images.

    Initial weights and generators that Keras seeds by itself follow ``seed``. Any other random number has to be drawn
    from ``seed``. A model that cannot be called on images is an InputError.
    """

    @functools.wraps(build)
    def built(n_channels: int, n_pixels: int = 128, *, seed: int | tuple[int, ...] = 0) -> keras.Model:
        state = random.getstate()
        random.seed(np.random.default_rng(seed).bytes(16))  # here Keras' initializers and generators get their seeds
        try:
            model = build(n_channels, n_pixels, seed=seed)
            inputs = getattr(model, "inputs", None)
            if not isinstance(model, keras.Model) or (inputs and all(one.shape[0] is None for one in inputs)):
                return model
            image = keras.Input((n_pixels, n_pixels, n_channels), name=f"{model.name}_image")
            try:
                if isinstance(model, keras.Sequential) and not inputs:
                    model.build(image.shape)
                    return model
                return keras.Model(image, model(image), name=model.name)
            except Exception as error:  # whatever the reader's own code raises
                msg = f"build_cnn returns a model that cannot be called on images {image.shape}: {error}"
                raise InputError(msg) from error
        finally:
            random.setstate(state)

    return built


@for_images
def build_cnn(n_channels: int, n_pixels: int = 128, *, seed: int | tuple[int, ...] = 0) -> keras.Model:
    """Build the network (report, section 3.2 and Figure 6).

    Three 3 x 3 convolutions with ReLU, each followed by 2 x 2 max pooling; global average pooling; three dense
    layers with ReLU and a linear output. It has 58 869 parameters for four channels.

    Every fit trains the model that this function returns. It may return any Keras model that takes the images and
    returns one number for each: sequential, functional or subclassed. The fits, Figure 6 and the pages follow.

    Parameters
    ----------
    n_channels : int
    n_pixels : int
        Pixels along each axis, a multiple of 8.
    seed : int or tuple of int
        Decides the initial weights. They are drawn with NumPy, so that every Keras backend starts with the same ones.
        A model that leaves this to its layers' initializers starts from the same weights each time, but from others
        with another backend.

    Returns
    -------
    model : keras.Model
        From ``(batch_size, n_pixels, n_pixels, n_channels)`` images to ``(batch_size, 1)`` log10 masses.

    Examples
    --------
    >>> build_cnn(4).count_params()
    58869
    """
    as_images = {"padding": "same", "data_format": "channels_last"}
    layers: list[keras.Layer] = [keras.Input((n_pixels, n_pixels, n_channels), name="image")]
    for i, filters in enumerate(CONVOLUTION_FILTERS):
        suffix = f"_{i}" if i else ""
        layers.append(keras.layers.Conv2D(filters, 3, activation="relu", name=f"conv2d{suffix}", **as_images))
        layers.append(keras.layers.MaxPooling2D(2, data_format="channels_last", name=f"max_pooling2d{suffix}"))
    layers.append(keras.layers.GlobalAveragePooling2D("channels_last", name="global_average_pooling2d"))
    for i, units in enumerate(DENSE_UNITS):
        layers.append(keras.layers.Dense(units, activation="relu", name=f"dense_{i}" if i else "dense"))
    layers.append(keras.layers.Dense(1, name=f"dense_{len(DENSE_UNITS)}"))
    model = keras.Sequential(layers, name="cnn")
    model.set_weights(initial_weights(model.get_weights(), seed))
    return model


def initial_weights(weights: list[NDArray[np.float32]], seed: int | tuple[int, ...]) -> list[NDArray[np.float32]]:
    """Draw kernels from Keras' default distribution, Glorot uniform (Glorot & Bengio 2010, eq. 16).

    Parameters
    ----------
    weights : list of array
        A model's weights. Kernels ``(..., n_in, n_out)`` are drawn; vectors, such as biases, stay as they are.
    seed : int or tuple of int
    """
    rng = np.random.default_rng(seed)
    drawn = []
    for weight in weights:
        if weight.ndim < 2:
            drawn.append(weight)
            continue
        receptive_field = int(np.prod(weight.shape[:-2]))
        limit = np.sqrt(6.0 / (receptive_field * (weight.shape[-2] + weight.shape[-1])))
        drawn.append(rng.uniform(-limit, limit, size=weight.shape).astype(np.float32))
    return drawn

"""A faster forward pass for networks like the report's: max pooling first, then bias and ReLU."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

_TOLERANCE = 1e-4
"""Allowed difference of outputs, relative to the largest: float32 sums are taken in another order."""


def fused_outputs(weights: list[Any], images: Any, precision: str = "float32") -> Any:
    """Return the outputs of a model for which :func:`stands_for` is true, with these weights.

    The model adds the bias, applies the ReLU to every pixel, and then takes the largest of four. Bias and ReLU are
    monotonic, so the largest can be taken first, which leaves a quarter of the pixels for them. The output and the
    gradient are the same.

    Parameters
    ----------
    weights : list of tensor
        Kernels, each followed by its bias, in the model's order.
    images : (batch_size, n_pixels, n_pixels, n_channels) tensor
    precision : {"float32", "bfloat16"}
        Of the convolutions with their pooling and ReLU; the rest is in float32.

    Returns
    -------
    tensor of shape (batch_size,)
    """
    pairs = list(zip(weights[::2], weights[1::2], strict=True))
    n_convolutions = sum(len(kernel.shape) == 4 for kernel, _ in pairs)
    values = ops.cast(images, precision)
    for kernel, bias in pairs[:n_convolutions]:
        values = ops.conv(values, ops.cast(kernel, precision), strides=1, padding="same", data_format="channels_last")
        values = ops.max_pool(values, 2, strides=2, padding="valid", data_format="channels_last")
        values = ops.relu(values + ops.cast(bias, precision))
    values = ops.mean(ops.cast(values, "float32"), axis=(1, 2))
    for kernel, bias in pairs[n_convolutions:-1]:
        values = ops.relu(ops.matmul(values, kernel) + bias)
    kernel, bias = pairs[-1]
    return (ops.matmul(values, kernel) + bias)[:, 0]


def stands_for(model: keras.Model) -> bool:
    """Tell whether :func:`fused_outputs` computes a model, by its layers and its outputs for random weights.

    It does for any number of 3 x 3 or other convolutions with ReLU, each followed by 2 x 2 max pooling, then
    global average pooling, any number of dense layers with ReLU, and a linear output of one number.
    """
    return _has_the_layers(model) and _has_the_outputs(model)


def _has_the_layers(model: keras.Model) -> bool:
    if not isinstance(model, keras.Sequential) or model.losses or model.non_trainable_variables:
        return False
    if any(layer.activity_regularizer is not None for layer in model.layers):
        return False
    of = list(model.layers)
    while len(of) > 1 and _is_convolution(of[0]) and _is_pooling(of[1]):
        del of[:2]
    if len(of) == len(model.layers) or not _is_mean(of.pop(0)):
        return False
    *hidden, last = of or [None]
    return all(_is_dense(layer, keras.activations.relu) for layer in hidden) and (
        _is_dense(last, keras.activations.linear) and last.units == 1
    )


def _is_convolution(layer: keras.Layer) -> bool:
    return (
        type(layer) is layers.Conv2D
        and layer.activation is keras.activations.relu
        and (layer.padding, layer.data_format, layer.groups, layer.use_bias) == ("same", "channels_last", 1, True)
        and {*layer.strides, *layer.dilation_rate} == {1}
        and layer.kernel_constraint is layer.bias_constraint is None
    )


def _is_pooling(layer: keras.Layer) -> bool:
    return (
        type(layer) is layers.MaxPooling2D
        and {*layer.pool_size, *layer.strides} == {2}
        and (layer.padding, layer.data_format) == ("valid", "channels_last")
    )


def _is_mean(layer: keras.Layer) -> bool:
    return type(layer) is layers.GlobalAveragePooling2D and layer.data_format == "channels_last"


def _is_dense(layer: keras.Layer | None, activation: Any) -> bool:
    return (
        type(layer) is layers.Dense
        and layer.activation is activation
        and layer.use_bias
        and layer.kernel_constraint is layer.bias_constraint is None
    )


def _has_the_outputs(model: keras.Model) -> bool:
    rng = np.random.default_rng(0)
    weights = [rng.normal(scale=0.2, size=weight.shape).astype(np.float32) for weight in model.weights]
    images = rng.random((2, *model.input_shape[1:]), dtype=np.float32)
    plain, _ = model.stateless_call(weights, [], images, training=True)
    expected, found = (np.asarray(ops.convert_to_numpy(one)).ravel() for one in (plain, fused_outputs(weights, images)))
    return bool(np.abs(found - expected).max() <= _TOLERANCE * np.abs(expected).max())

"""The network against the report's Figure 6, layer by layer."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from report_utils.cnn import build_cnn
from report_utils.cnn.model import initial_weights

FIGURE_6 = [
    ("conv2d", "Conv2D", (None, 128, 128, 16), 592),
    ("max_pooling2d", "MaxPooling2D", (None, 64, 64, 16), 0),
    ("conv2d_1", "Conv2D", (None, 64, 64, 32), 4640),
    ("max_pooling2d_1", "MaxPooling2D", (None, 32, 32, 32), 0),
    ("conv2d_2", "Conv2D", (None, 32, 32, 64), 18496),
    ("max_pooling2d_2", "MaxPooling2D", (None, 16, 16, 64), 0),
    ("global_average_pooling2d", "GlobalAveragePooling2D", (None, 64), 0),
    ("dense", "Dense", (None, 200), 13000),
    ("dense_1", "Dense", (None, 100), 20100),
    ("dense_2", "Dense", (None, 20), 2020),
    ("dense_3", "Dense", (None, 1), 21),
]


def test_figure_6_line_by_line():
    model = build_cnn(4)
    layers = [(layer.name, type(layer).__name__, layer.output.shape, layer.count_params()) for layer in model.layers]
    assert layers == FIGURE_6
    assert model.count_params() == 58_869


def test_layers_do_what_section_3_2_says():
    layers = {layer.name: layer for layer in build_cnn(4).layers}
    for name in ("conv2d", "conv2d_1", "conv2d_2"):
        assert layers[name].kernel_size == (3, 3)
        assert layers[name].padding == "same"
        assert layers[name].activation is keras.activations.relu
    for name in ("max_pooling2d", "max_pooling2d_1", "max_pooling2d_2"):
        assert layers[name].pool_size == layers[name].strides == (2, 2)
    for name in ("dense", "dense_1", "dense_2"):
        assert layers[name].activation is keras.activations.relu
    assert layers["dense_3"].activation is keras.activations.linear


def test_a_users_keras_settings_do_not_turn_the_images():
    """Every layer says where its channels are."""
    before = keras.config.image_data_format()
    try:
        keras.config.set_image_data_format("channels_first")
        test_figure_6_line_by_line()
    finally:
        keras.config.set_image_data_format(before)


@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
def test_channels_change_the_first_layer_only(n_channels):
    assert build_cnn(n_channels, 32).count_params() == 58_869 - (4 - n_channels) * 9 * 16


def test_the_seed_decides_the_weights():
    first, again, other = (build_cnn(2, 32, seed=seed).get_weights() for seed in ((1, 0), (1, 0), (1, 1)))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_weights_are_glorot_uniform():
    """Variance 2 / (n_in + n_out) by Glorot & Bengio (2010), eq. 12, within the noise of 200 000 draws."""
    shapes = [(3, 3, 128, 160), (160,), (500, 400)]
    kernel, gains, dense = initial_weights([np.ones(shape, np.float32) for shape in shapes], 0)
    np.testing.assert_array_equal(gains, 1)  # as the layer made them
    assert kernel.var() == pytest.approx(2 / (9 * (128 + 160)), rel=0.02)
    assert dense.var() == pytest.approx(2 / 900, rel=0.02)
    assert np.abs(dense).max() <= np.sqrt(6 / 900)

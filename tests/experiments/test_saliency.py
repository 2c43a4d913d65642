"""Attributions of models whose answer is known: linear ones, and piecewise linear ones."""

import os
import subprocess
import sys

import numpy as np
import pytest

from report_utils.experiments.saliency import integrated_gradients, lime, randomised

SIZE, CHANNELS = 8, 2


@pytest.fixture(scope="module")
def keras():
    from report_utils.prediction.trained_networks import quietly

    with quietly():
        return pytest.importorskip("keras")


@pytest.fixture
def linear(keras, rng):
    """A linear model of an image, and its weights by pixel."""
    model = keras.Sequential(
        [keras.Input((SIZE, SIZE, CHANNELS)), keras.layers.Flatten(), keras.layers.Dense(1, use_bias=True)]
    )
    weights = rng.normal(size=(SIZE * SIZE * CHANNELS, 1)).astype(np.float32)
    model.set_weights([weights, np.array([3.0], dtype=np.float32)])
    return model, weights.reshape(SIZE, SIZE, CHANNELS)


@pytest.mark.parametrize("n_steps", [1, 7])
def test_a_linear_model_attributes_weight_times_difference(linear, rng, n_steps):
    model, weights = linear
    images, baselines = rng.random((2, 5, SIZE, SIZE, CHANNELS)).astype(np.float32)
    found = integrated_gradients(model, images, baselines, n_steps)
    np.testing.assert_allclose(found, weights * (images - baselines), atol=1e-5)


def test_a_baseline_may_be_shared(linear, rng):
    model, weights = linear
    images = rng.random((3, SIZE, SIZE, CHANNELS)).astype(np.float32)
    np.testing.assert_allclose(
        integrated_gradients(model, images, np.zeros_like(images[:1])), weights * images, atol=1e-5
    )


def test_a_kink_is_attributed_by_how_much_of_the_way_lies_beyond_it(keras):
    """ReLU of a sum: from 0 to 4 with a threshold of 1 the way beyond it is 3, shared by what the inputs add."""
    model = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(1, activation="relu")])
    model.set_weights([np.ones((4, 1), dtype=np.float32), np.array([-1.0], dtype=np.float32)])
    image = np.array([2.0, 1.0, 1.0, 0.0], dtype=np.float32).reshape(1, 2, 2, 1)
    found = integrated_gradients(model, image, np.zeros_like(image), 64)
    np.testing.assert_allclose(found.ravel(), [1.5, 0.75, 0.75, 0], atol=0.02)


def test_attributions_of_the_network_add_up_to_the_difference(keras, rng):
    """Its predictions are piecewise linear along the way, so the midpoint rule misses by little."""
    from report_utils.cnn import build_cnn

    keras.utils.set_random_seed(3)
    model = build_cnn(CHANNELS, 16)
    images = rng.random((4, 16, 16, CHANNELS)).astype(np.float32)
    baseline = np.zeros_like(images[:1])
    difference = np.asarray(model(images) - model(baseline)).ravel()
    found = integrated_gradients(model, images, baseline, 200)
    np.testing.assert_allclose(found.sum(axis=(1, 2, 3)), difference, rtol=0.02)


def test_random_weights_replace_what_was_learned_and_leave_the_model(linear, rng):
    model, weights = linear
    other = randomised(model, rng)
    (kernel, _), (again, bias) = other.get_weights(), model.get_weights()
    np.testing.assert_array_equal(again.reshape(weights.shape), weights)
    assert bias == 3
    assert abs(np.corrcoef(kernel.ravel(), weights.ravel())[0, 1]) < 0.3
    assert np.std(kernel) == pytest.approx(np.std(weights), rel=0.3)


def test_lime_finds_the_sums_of_a_linear_model(rng):
    """Without noise and with many samples, ridge shrinks by little."""
    weights = rng.normal(size=(4, 4, 1))
    image = rng.random((4, 4, 1))
    superpixels = np.arange(4).repeat(4).reshape(4, 4)
    masks = np.vstack([np.ones(4, dtype=int), rng.integers(0, 2, (20_000, 4))])
    found, explained = lime(lambda images: (images * weights).sum(axis=(1, 2, 3)) + 14, image, superpixels, masks)
    np.testing.assert_allclose(found, (image * weights).sum(axis=(1, 2)), atol=0.02)
    assert explained > 0.99


def test_lime_counts_what_is_near_to_the_image_more():
    """A model that is not linear is described where almost everything is on: there, either superpixel is missed."""
    masks = np.array([[1, 1, 1]] + [[1, 0, 1], [0, 1, 1], [1, 1, 0]] * 200 + [[0, 0, 0]] * 200)
    image, superpixels = np.ones((1, 3, 1)), np.arange(3)[None]
    found, _ = lime(lambda images: (images.sum(axis=(1, 2, 3)) == 3) * 1.0, image, superpixels, masks)
    assert found.min() > 0
    np.testing.assert_allclose(found, found[0], rtol=1e-6)


def test_jax_gives_the_same_attributions():
    pytest.importorskip("jax")
    code = """
import keras, numpy as np
from report_utils.experiments.saliency import integrated_gradients
model = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(1, use_bias=False)])
model.set_weights([np.arange(4, dtype=np.float32)[:, None]])
image = np.ones((1, 2, 2, 1), dtype=np.float32)
print(keras.backend.backend(), integrated_gradients(model, image, image * 0.5, 3).ravel().tolist())
"""
    environment = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split(maxsplit=1)[0] == "jax"
    assert done.stdout.split(maxsplit=1)[1].strip() == "[0.0, 0.5, 1.0, 1.5]"

"""What an image's pixels add to a predicted mass: integrated gradients, and LIME on superpixels.

LIME is a weighted ridge regression, which scikit-learn has. The package `lime` 0.2.0.1 gives the same weights from the
same masks, but its last release is of 2020, it has no wheel, and it brings five more packages, scikit-image among them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from report_utils.prediction.trained_networks import quietly

if TYPE_CHECKING:
    import keras

KERNEL_WIDTH, RIDGE = 0.25, 1.0
"""Width of LIME's kernel and strength of its ridge, as in its authors' package."""


def integrated_gradients(
    model: keras.Model, images: NDArray[np.floating], baselines: NDArray[np.floating], n_steps: int = 64
) -> NDArray[np.float64]:
    """Return how much each pixel adds to a prediction, compared with a baseline, in units of the model's output.

    The gradient is averaged along the straight line from the baseline to the image, by the midpoint rule, and
    multiplied by their difference (Sundararajan, Taly & Yan 2017, ICML 70, 3319, equation 1). Attributions add up to
    the difference of the two predictions, up to the error of the rule.

    ``model`` returns one number for each of the ``images`` (n_images, n_pixels, n_pixels, n_channels); its backend is
    TensorFlow or JAX. All images may share one of the ``baselines``.
    """
    gradient, difference = _gradient(model), images - baselines
    total = np.zeros(images.shape)
    for place in (np.arange(n_steps) + 0.5) / n_steps:
        total += gradient((baselines + place * difference).astype(np.float32))
    return total / n_steps * difference


def _gradient(model: keras.Model) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """Return the function from images to the gradients of their predictions."""
    with quietly():
        import keras
    if keras.backend.backend() == "jax":
        import jax

        fixed = [[each.value for each in group] for group in (model.trainable_variables, model.non_trainable_variables)]
        compiled = jax.jit(jax.grad(lambda images: model.stateless_call(*fixed, images)[0].sum()))
        return lambda images: np.asarray(compiled(images))
    import tensorflow as tf

    @tf.function(reduce_retracing=True)
    def of_batch(images: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(images)
            predictions = model(images)
        return tape.gradient(predictions, images)

    return lambda images: of_batch(tf.constant(images)).numpy()


def randomised(model: keras.Model, rng: np.random.Generator) -> keras.Model:
    """Return a copy of a model with weights drawn at random, to see whether maps depend on what was learned.

    Each layer's weights are Gaussian with the mean square of its trained ones (the model parameter randomisation
    test: Adebayo et al. 2018, NeurIPS 31, 9505).
    """
    with quietly():
        import keras
    copy = keras.models.clone_model(model)
    copy.set_weights([rng.normal(0, np.sqrt(np.mean(w**2)), w.shape).astype(w.dtype) for w in model.get_weights()])
    return copy


def lime(
    predict: Callable[[NDArray[np.float32]], NDArray[np.floating]],
    image: NDArray[np.floating],
    superpixels: NDArray[np.integer],
    masks: NDArray[np.integer],
) -> tuple[NDArray[np.float64], float]:
    """Return how much each superpixel adds to a prediction by LIME, and how well that explains the predictions.

    Random superpixels are set to zero in each sample. A ridge regression then predicts the outputs from which
    superpixels are left; samples with more of them left weigh more (Ribeiro, Singh & Guestrin 2016, section 3.4).

    ``predict`` is from ``(n_samples, n_pixels, n_pixels, n_channels)`` to ``(n_samples,)``. The numbers of pixels'
    ``superpixels`` begin with 0. ``masks`` (n_samples, n_superpixels) of 0 and 1 say what is on; all should be on in
    the first. The weights (n_superpixels,) are in units of the prediction; the second number is the weighted R² of the
    regression.
    """
    from sklearn.linear_model import Ridge

    on = masks[:, superpixels][..., None]
    predictions = np.asarray(predict((image * on).astype(np.float32)), dtype=np.float64)
    distance = 1 - np.sqrt(masks.mean(axis=1))  # cosine distance from the image itself
    nearness = np.exp(-((distance / KERNEL_WIDTH) ** 2) / 2)  # the square root of the paper's kernel, as in the package
    regression = Ridge(alpha=RIDGE).fit(masks, predictions, sample_weight=nearness)
    return regression.coef_, float(regression.score(masks, predictions, sample_weight=nearness))

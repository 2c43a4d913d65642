"""The network as it is trained against the plain Keras model and Keras' own ``fit``."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops

from report_utils.binning import eight_views
from report_utils.cnn import build_cnn, network
from report_utils.cnn.batches import ViewBatches
from report_utils.cnn.fused_forward import fused_outputs, stands_for
from report_utils.cnn.images import ResidentImages
from report_utils.cnn.model import for_images, initial_weights
from report_utils.cnn.network import Network, fresh_network
from report_utils.cnn.scales import InputScale
from report_utils.errors import InputError

N_PIXELS, N_CHANNELS = 32, 3


@pytest.fixture(scope="module", autouse=True)
def _no_other_network_is_kept():
    """A process keeps the networks that it has compiled; those of this file's own builders are no other test's."""
    yield
    network._network.cache_clear()


@pytest.fixture(scope="module")
def images():
    """Counts of faint clusters: mostly empty pixels, where all of a pool's four pixels are the same."""
    rng = np.random.default_rng(7)
    return np.log10(1 + rng.poisson(0.2, (21, N_PIXELS, N_PIXELS, N_CHANNELS))).astype(np.float32)


@pytest.fixture(scope="module")
def targets():
    return np.random.default_rng(8).normal(size=21).astype(np.float32)


@pytest.fixture(scope="module")
def weights():
    """Weights with biases, as in the middle of a training."""
    rng = np.random.default_rng(9)
    return [
        (0.2 * rng.normal(size=shape)).astype(np.float32)
        for shape in map(np.shape, build_cnn(N_CHANNELS, N_PIXELS).get_weights())
    ]


@pytest.fixture
def plain(weights):
    model = build_cnn(N_CHANNELS, N_PIXELS)
    model.set_weights(weights)
    return model


def gradients(of, variables):
    """Return a function's value and gradients by the backend's own means."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        value = of()
    return value.numpy(), [np.asarray(g) for g in tape.gradient(value, variables)]


def test_the_fused_forward_pass_has_the_plain_models_output_and_gradients(images, targets, weights, plain):
    """Within the rounding of float32: the largest first and the ReLU after it is the same function."""
    own = [keras.Variable(weight) for weight in weights]

    def loss(output):
        return ops.mean(ops.square(output - targets))

    expected, expected_gradients = gradients(
        lambda: loss(plain(images)[:, 0]), [weight.value for weight in plain.weights]
    )
    found, found_gradients = gradients(
        lambda: loss(fused_outputs([w.value for w in own], images)), [w.value for w in own]
    )
    np.testing.assert_allclose(fused_outputs(own, images), plain(images)[:, 0], rtol=1e-5, atol=1e-6)
    assert found == pytest.approx(expected, rel=1e-5)
    for one, other in zip(found_gradients, expected_gradients, strict=True):
        assert np.abs(other).max() > 0
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5 * np.abs(other).max())


def test_a_closed_channel_is_a_channel_of_zeros(images, weights, plain):
    network = fresh_network(N_CHANNELS, N_PIXELS, (0,), 1e-3)
    network.set_weights(weights)
    network.open_channels(1)
    closed = images.copy()
    closed[..., 1:] = 0
    found = network.predict_views(ResidentImages(images))
    np.testing.assert_allclose(found[:, 0], plain.predict(closed, verbose=0)[:, 0], rtol=1e-5, atol=1e-6)
    before = network.get_weights()[0]
    batches = ViewBatches(np.arange(21), 16, (1,))
    network.train(ResidentImages(images), np.zeros(21, np.float32), batches.epoch(0), np.full(11, 1e-3, np.float32))
    moved = np.abs(network.get_weights()[0] - before).max(axis=(0, 1, 3))
    assert moved[0] > 0
    np.testing.assert_array_equal(moved[1:], 0)


def test_predictions_come_by_image_and_view(images, weights, plain):
    network = fresh_network(N_CHANNELS, N_PIXELS, (0,), 1e-3)
    network.set_weights(weights)
    rows = np.array([17, 3])
    expected = [plain.predict(eight_views(images[row]), verbose=0)[:, 0] for row in rows]
    np.testing.assert_allclose(network.predict_views(ResidentImages(images), rows), expected, rtol=1e-5, atol=1e-6)


def test_an_epoch_is_an_epoch_of_keras_fit(images, targets, weights, plain):
    """The same batches, the smaller last one included, at other learning rates: the same weights and the same loss."""
    rows = np.arange(2, 21)
    batches = ViewBatches(rows, 16, (4, 2))
    assert batches.epoch(0)[1][0].shape == (1, 8)
    rates = np.linspace(1e-4, 1e-3, len(batches)).astype(np.float32)
    network = fresh_network(N_CHANNELS, N_PIXELS, (0,), 1e-3)
    network.set_weights(weights)
    loss = network.train(ResidentImages(images), targets, batches.epoch(0), rates)

    class Rates(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            self.model.optimizer.learning_rate = rates[batch]

    chosen, views = (np.concatenate([part.ravel() for part in parts]) for parts in zip(*batches.epoch(0), strict=True))
    shown = np.stack([eight_views(images[row])[view] for row, view in zip(chosen, views, strict=True)])
    plain.compile(optimizer=keras.optimizers.Adam(), loss="mean_squared_error", jit_compile=False)
    history = plain.fit(
        shown, targets[chosen, None], batch_size=16, shuffle=False, verbose=0, callbacks=[Rates()]
    ).history
    assert loss == pytest.approx(history["loss"][0], rel=1e-5)
    for one, other, start in zip(network.get_weights(), plain.get_weights(), weights, strict=True):
        moved = np.abs(other - start).max()
        assert moved > 1e-3  # ten steps of about 5e-4
        np.testing.assert_allclose(one, other, atol=2e-2 * moved)


def test_calls_may_be_cut_anywhere(images, targets, weights):
    """As many batches a call as bound the time between two reports: the numbers do not know."""
    trained, reports = [], []
    batches = ViewBatches(np.arange(21), 16, (4, 2))
    for pixels_per_call in (1, 2**26):
        network = fresh_network(N_CHANNELS, N_PIXELS, (0,), 1e-3)
        network.set_weights(weights)
        resident, shown = ResidentImages(images), []
        resident.pixels_per_call = pixels_per_call
        rates = np.full(len(batches), 1e-3, np.float32)
        loss = network.train(resident, targets, batches.epoch(0), rates, shown.append)
        trained.append((*network.get_weights(), np.float32(loss)))
        reports.append(shown)
    assert reports == [[16] * 10 + [8], [160, 8]]
    for one, other in zip(*trained, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_images_that_do_not_fit_are_sent_along_and_nothing_else_changes(images, targets, monkeypatch, capsys):
    """A device without the memory for all of them gives the same bits, and it is said aloud."""
    from report_utils.cnn import engine_tensorflow as engine

    to_device = engine.to_device

    def small(array):
        if array.size == images.size:
            raise engine.OUT_OF_MEMORY(None, None, "no memory left\nand more")
        return to_device(array)

    batches, rates = ViewBatches(np.arange(21), 16, (4, 2)), np.full(11, 1e-3, np.float32)
    found = []
    for patch in (False, True):
        if patch:
            monkeypatch.setattr(engine, "to_device", small)
        resident = ResidentImages(images)
        resident.pixels_per_call = 2**16
        network = fresh_network(N_CHANNELS, N_PIXELS, (0,), 1e-3)
        loss = network.train(resident, targets, batches.epoch(0), rates)
        found.append([*network.get_weights(), network.predict_views(resident), loss])
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)
    told = capsys.readouterr().err
    assert "do not fit into the memory of the processor" in told
    assert told.count("\n") == 1


def test_images_of_a_data_set_are_not_copied():
    """Twice the images would not fit into the memory a fit may have."""
    from report_utils.binning.dataset import aligned_images
    from report_utils.cnn.engine_tensorflow import to_device

    array = aligned_images((3, 8, 8, 2))
    array[...] = 1
    tensor = to_device(array.reshape(-1, 2))
    array[2, 7, 7, 1] = 5
    assert tensor.numpy()[-1, 1] == 5


def test_every_number_starts_anew():
    network = Network(1, 8)
    network.start((1,), 1e-3)
    first = [np.asarray(variable).copy() for variable in network.variables]
    images = ResidentImages(np.ones((2, 8, 8, 1), np.float32))
    network.train(images, np.ones(2, np.float32), ViewBatches(np.arange(2), 4, (0,)).epoch(0), np.ones(4, np.float32))
    assert not np.array_equal(first[0], np.asarray(network.variables[0]))
    network.start((1,), 1e-3)
    for before, variable in zip(first, network.variables, strict=True):
        np.testing.assert_array_equal(before, np.asarray(variable))


def test_inputs_are_centred_and_scaled_before_channels_are_closed(images, weights, plain):
    """What the network sees of an open channel is (pixel - mean) / spread, and zero of a closed one."""
    scale = InputScale(np.array([0.5, 0.2, 0.1]), 0.25)
    network = fresh_network(N_CHANNELS, N_PIXELS, (0,), 1e-3, scale)
    network.set_weights(weights)
    seen = (images - scale.mean.astype(np.float32)) / np.float32(scale.spread)
    for n_open in (3, 1):
        network.open_channels(n_open)
        seen[..., n_open:] = 0
        expected = plain.predict(seen, verbose=0)[:, 0]
        np.testing.assert_allclose(network.predict_views(ResidentImages(images))[:, 0], expected, rtol=1e-5, atol=1e-5)


OTHER_NETWORKS = {
    "gelu": {"activation": "gelu"},
    "dropout": {"extra": lambda: keras.layers.Dropout(0.3)},
    "batch normalisation": {"extra": lambda: keras.layers.BatchNormalization()},
    "regulariser": {"regulariser": "l2"},
    "regulariser of activities": {"of_activities": "l2"},
    "a fourth convolution": {"filters": (4, 4, 4, 4)},
}


def other_network(activation="relu", extra=None, regulariser=None, of_activities=None, filters=(4, 8)):
    """Return a stand-in of build_cnn, as a reader may change it."""

    def build(n_channels, n_pixels=128, *, seed=0):
        layers = [keras.Input((n_pixels, n_pixels, n_channels))]
        for n_filters in filters:
            layers.append(
                keras.layers.Conv2D(
                    n_filters, 3, padding="same", activation=activation, data_format="channels_last",
                    kernel_regularizer=regulariser, activity_regularizer=of_activities,
                )
            )  # fmt: skip
            layers.append(keras.layers.MaxPooling2D(2, data_format="channels_last"))
        layers.append(keras.layers.GlobalAveragePooling2D("channels_last"))
        layers += [extra()] if extra else []
        model = keras.Sequential([*layers, keras.layers.Dense(1)])
        model.set_weights(initial_weights(model.get_weights(), seed))
        return model

    return build


@pytest.mark.parametrize("name", OTHER_NETWORKS)
def test_whatever_build_cnn_returns_is_trained(name, images, targets, monkeypatch, capsys):
    """It trains, from one seed to the same numbers, and predicts what the plain model does with its weights."""
    build = other_network(**OTHER_NETWORKS[name])
    monkeypatch.setattr("report_utils.cnn.network.build_cnn", build)
    resident, batches, found = ResidentImages(images), ViewBatches(np.arange(21), 16, (4, 2)), []
    rates = np.full(len(batches), 3e-3, np.float32)
    for _ in range(2):
        network = Network(N_CHANNELS, N_PIXELS)
        network.start((5,), 3e-3)
        start = network.get_weights()
        losses = [network.train(resident, targets, batches.epoch(epoch), rates) for epoch in range(3)]
        found.append([*network.get_weights(), np.array(losses)])
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)
    moved = [not np.array_equal(one, other) for one, other in zip(start, network.get_weights(), strict=True)]
    assert all(moved)
    assert losses[-1] < losses[0]
    model = build(N_CHANNELS, N_PIXELS)
    model.set_weights(network.get_weights())
    expected = model.predict(images, verbose=0)[:, 0]
    np.testing.assert_allclose(network.predict_views(resident)[:, 0], expected, rtol=1e-4, atol=1e-5)
    assert network.is_fused is stands_for(model) is (name == "a fourth convolution")
    assert ("trains as it is" in capsys.readouterr().err) is not network.is_fused


class Subclassed(keras.Model):
    """As Keras' guides write a model: layers as attributes, and no input declared."""

    def __init__(self):
        super().__init__()
        self.convolution = keras.layers.Conv2D(8, 3, activation="gelu", data_format="channels_last")
        self.mean = keras.layers.GlobalAveragePooling2D("channels_last")
        self.mass = keras.layers.Dense(1)

    def call(self, images):
        return self.mass(self.mean(self.convolution(images)))


def without_input():
    return keras.Sequential(
        [
            keras.layers.Conv2D(8, 3, activation="gelu", data_format="channels_last"),
            keras.layers.GlobalAveragePooling2D("channels_last"),
            keras.layers.Dense(1),
        ]
    )


def called_on_a_batch():
    model = without_input()
    model(np.zeros((2, N_PIXELS, N_PIXELS, N_CHANNELS), np.float32))
    return model


@pytest.mark.parametrize("of_any_kind", [Subclassed, without_input, called_on_a_batch])
def test_a_model_that_has_not_seen_its_input_trains_from_weights_that_the_seed_decides(
    of_any_kind, images, targets, monkeypatch
):
    @for_images
    def build(n_channels, n_pixels=128, *, seed=0):
        return of_any_kind()

    monkeypatch.setattr("report_utils.cnn.network.build_cnn", build)
    resident, batches, found = ResidentImages(images), ViewBatches(np.arange(21), 16, (4, 2)), []
    rates = np.full(len(batches), 3e-3, np.float32)
    for seed in (5, 5, 6):
        network = Network(N_CHANNELS, N_PIXELS)
        network.start((seed,), 3e-3)
        start = network.get_weights()[0]
        losses = [network.train(resident, targets, batches.epoch(epoch), rates) for epoch in range(3)]
        assert losses[-1] < losses[0]
        found.append((start, network.get_weights()[0]))
    np.testing.assert_array_equal(found[0], found[1])
    assert not np.array_equal(found[0][0], found[2][0])
    state = random.getstate()
    model = build(N_CHANNELS, N_PIXELS)
    assert random.getstate() == state  # the caller's own draws do not change
    first, same = (build(N_CHANNELS, N_PIXELS, seed=seed).get_weights() for seed in ((1, 5), (1, np.int64(5))))
    np.testing.assert_array_equal(first[0], same[0])
    model.set_weights(network.get_weights())
    expected = model.predict(images, verbose=0)[:, 0]
    np.testing.assert_allclose(network.predict_views(resident)[:, 0], expected, rtol=1e-4, atol=1e-5)


def test_dropout_draws_differ_from_batch_to_batch(images, targets, monkeypatch):
    monkeypatch.setattr("report_utils.cnn.network.build_cnn", other_network(**OTHER_NETWORKS["dropout"]))
    network = Network(N_CHANNELS, N_PIXELS)
    network.start((5,), 0.0)
    batch = [(np.zeros((1, 64), np.int32), np.zeros((1, 64), np.int32))]
    losses = [
        network.train(ResidentImages(images), targets, batch, np.zeros(1, np.float32)) for _ in range(2)
    ]  # the same weights and the same images
    assert losses[0] != losses[1]


def flat(inputs):
    return keras.Model(inputs, keras.layers.Flatten()(inputs))


def as_a_dict(inputs):
    return keras.Model(inputs, {"mass": keras.layers.Dense(1)(keras.layers.Flatten()(inputs))})


def frozen(inputs):
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Flatten()(inputs)))
    model.trainable = False
    return model


@pytest.mark.parametrize(
    ("returns", "why"),
    [(flat, "one number for each"), (as_a_dict, "one number for each"), (frozen, "without weights to train")],
)
def test_a_model_that_cannot_be_trained_to_weigh_images_is_refused(returns, why, monkeypatch):
    def build(n_channels, n_pixels=128, *, seed=0):
        return returns(keras.Input((n_pixels, n_pixels, n_channels)))

    monkeypatch.setattr("report_utils.cnn.network.build_cnn", build)
    with pytest.raises(InputError, match=f"build_cnn returns a model .*{why}"):
        Network(1, 8)


def test_a_model_that_cannot_be_called_on_images_is_refused():
    class OfTwo(keras.Model):
        def call(self, images, redshifts):
            return images + redshifts

    @for_images
    def build(n_channels, n_pixels=128, *, seed=0):
        return OfTwo()

    with pytest.raises(InputError, match=r"cannot be called on images \(None, 8, 8, 1\): .*redshifts"):
        build(1, 8)


def test_a_layers_name_does_not_make_its_statistics_random(images, targets, monkeypatch):
    """Only the states of generators are drawn; a batch normalisation keeps the mean 0 and variance 1 it begins with."""
    build = other_network(extra=lambda: keras.layers.BatchNormalization(name="seed_norm"))
    monkeypatch.setattr("report_utils.cnn.network.build_cnn", build)
    network = Network(N_CHANNELS, N_PIXELS)
    network.start((5,), 1e-3)
    *_, mean, variance, _, _ = network.get_weights()
    np.testing.assert_array_equal(mean, 0)
    np.testing.assert_array_equal(variance, 1)


def test_networks_of_half_precision_train(images, targets, monkeypatch):
    """Loss and mass are of single precision whatever the layers compute in."""
    monkeypatch.setattr("report_utils.cnn.network.build_cnn", other_network())
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        network = Network(N_CHANNELS, N_PIXELS)
        network.start((5,), 1e-3)
        batches = ViewBatches(np.arange(21), 16, (4, 2))
        loss = network.train(ResidentImages(images), targets, batches.epoch(0), np.full(11, 1e-3, np.float32))
    finally:
        keras.config.set_dtype_policy(before)
    assert np.isfinite(loss)
    assert network.predict_views(ResidentImages(images)).dtype == np.float32


@pytest.mark.parametrize("is_fused", [True, False])
def test_bfloat16_trains_like_float32_and_predicts_in_float32(is_fused, images, targets, monkeypatch):
    """The first loss is the same to eight bits; Adam's first step moves each weight alike, but for tiny gradients."""
    if not is_fused:
        monkeypatch.setattr("report_utils.cnn.network.build_cnn", other_network("gelu"))
    resident, batches, moved, losses = ResidentImages(images), ViewBatches(np.arange(21), 16, (4, 2)), [], []
    for precision in ("float32", "bfloat16"):
        network = Network(N_CHANNELS, N_PIXELS, precision)
        assert network.is_fused is is_fused
        network.start((5,), 1e-3)
        before = network.predict_views(resident)
        losses.append(network.train(resident, targets, batches.epoch(0)[:1], np.full(10, 1e-3, np.float32)))
        moved.append(network.predict_views(resident) - before)
        if precision == "float32":
            expected = before
    np.testing.assert_array_equal(before, expected)
    assert losses[0] != losses[1]
    assert losses[1] == pytest.approx(losses[0], rel=0.02)
    assert np.abs(moved[1] - moved[0]).max() < 0.3 * np.abs(moved[0]).max()


@pytest.mark.slow("starts TensorFlow again")
def test_a_processor_without_bfloat16_is_named():
    """oneDNN limited to AVX2 stands for an older processor."""
    code = "from report_utils.cnn.network import Network; Network(2, 8, 'bfloat16')"
    environment = os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX2", "TF_ENABLE_ONEDNN_OPTS": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:  # where the processor has none, TensorFlow computes without oneDNN
        assert "precision = 'bfloat16': this processor cannot train in it" in done.stderr
        assert "set precision to 'float32' in the profile" in done.stderr


def test_a_resized_network_is_in_the_same_state(images, targets):
    network, batches = fresh_network(N_CHANNELS, N_PIXELS, (5,), 1e-3), ViewBatches(np.arange(21), 16, (4, 2))
    network.train(ResidentImages(images), targets, batches.epoch(0), np.full(11, 1e-3, np.float32))
    network.open_channels(2)
    larger = network.resized(2 * N_PIXELS)
    for one, other in zip(network.variables, larger.variables, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(network.inputs, larger.inputs)
    assert larger.predict_views(ResidentImages(images.repeat(2, axis=1).repeat(2, axis=2))).shape == (21, 8)


def test_a_network_whose_weights_depend_on_the_images_size_is_not_resized(monkeypatch):
    def flat(n_channels, n_pixels=128, *, seed=0):
        model = keras.Sequential(
            [keras.Input((n_pixels, n_pixels, n_channels)), keras.layers.Flatten(), keras.layers.Dense(1)]
        )
        model.set_weights(initial_weights(model.get_weights(), seed))
        return model

    monkeypatch.setattr("report_utils.cnn.network.build_cnn", flat)
    with pytest.raises(InputError, match="remove training"):
        Network(2, 8).resized(16)


def test_coarser_images_are_mean_logarithms(images):
    coarse = ResidentImages(images).coarser(8)
    assert coarse.host.shape == (21, 8, 8, N_CHANNELS)
    np.testing.assert_allclose(coarse.host[3, 2, 5, 1], images[3, 8:12, 20:24, 1].mean(), rtol=1e-6)
    np.testing.assert_allclose(coarse.host.mean(axis=(0, 1, 2)), images.mean(axis=(0, 1, 2)), rtol=1e-5)


def test_the_reports_network_is_fused():
    assert stands_for(build_cnn(4, 32))

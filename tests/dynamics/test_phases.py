"""The four-phase training and its recording."""

from __future__ import annotations

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest

from report_utils import profiles
from report_utils.cnn import assign_folds
from report_utils.cnn import training as trainer
from report_utils.cnn.phase_training import train_in_phases
from report_utils.dynamics import (
    Dynamics,
    PredictionRecorder,
    compare_dynamics,
    epoch_phases,
    plot_dynamics,
    weight_noise,
)
from report_utils.dynamics.plot import heatmap_values
from report_utils.errors import InputError

SHORT = profiles.Dynamics(epochs=2, batch_size=32, learning_rate=1e-3, target="standardised")


@pytest.fixture(scope="module")
def toy():
    rng = np.random.default_rng(5)
    mass = rng.uniform(13.6, 15.0, 40)
    images = rng.uniform(0.5, 1.5, (40, 8, 8, 3)) * (mass - 13)[:, None, None, None]
    return images.astype(np.float32), mass, assign_folds(40, 4, seed=0)


@pytest.fixture(scope="module")
def recorded(toy):
    images, mass, fold_of = toy
    return train_in_phases(images, mass, fold_of, SHORT, seed=3, transform="toy")


def test_paper_has_204_epochs_in_four_phases():
    phases = epoch_phases(4, profiles.Dynamics().epochs)
    assert len(phases) == 204
    np.testing.assert_array_equal(np.bincount(phases), [51] * 4)


def test_everything_is_recorded(recorded, toy):
    _, mass, fold_of = toy
    assert recorded.predictions.shape == (9, 10, 8)
    np.testing.assert_array_equal(recorded.cluster, np.flatnonzero(fold_of == 0))
    np.testing.assert_array_equal(recorded.truth, mass[recorded.cluster])
    np.testing.assert_array_equal(recorded.phase, [0, 0, 0, 1, 1, 1, 2, 2, 2])
    np.testing.assert_array_equal(recorded.phase_ends, [2, 5, 8])
    assert set(recorded.states) == {"start", "noise_0", "noise_1", "noise_2"}
    assert len(recorded.loss) == 9
    # the noise changes the predictions, and not beyond recognition
    jump = np.abs(recorded.states["noise_1"] - recorded.predictions[4])
    assert 0 < jump.max() < 1


def test_closed_channels_decide_nothing_until_their_phase(toy, recorded):
    images, mass, fold_of = toy
    changed = images.copy()
    changed[..., 1] = 7.0
    other = train_in_phases(changed, mass, fold_of, SHORT, seed=3)
    np.testing.assert_array_equal(other.predictions[:3], recorded.predictions[:3])
    np.testing.assert_array_equal(other.states["noise_0"], recorded.states["noise_0"])
    assert not np.array_equal(other.predictions[3], recorded.predictions[3])


def test_noise_is_in_units_of_the_kernels_spread():
    kernel = np.random.default_rng(0).normal(scale=2.0, size=(200, 300)).astype(np.float32)
    bias = np.ones(300, dtype=np.float32)
    noisy = weight_noise([kernel, bias], 0.05, np.random.default_rng(1))
    assert np.std(noisy[0] - kernel) == pytest.approx(0.1, rel=0.02)
    assert np.std(noisy[1] - bias) == pytest.approx(0.1, rel=0.15)
    unchanged = weight_noise([kernel, bias], 0.0, np.random.default_rng(1))
    np.testing.assert_array_equal(unchanged[0], kernel)


class _Interrupted(Exception):  # noqa: N818 - stands for a killed process
    pass


@pytest.mark.parametrize("stop_after", [2, 5])
def test_an_interrupted_dynamics_goes_on_bit_for_bit(toy, recorded, tmp_path, monkeypatch, stop_after):
    images, mass, fold_of = toy
    monkeypatch.setattr(trainer.Checkpoint.__init__, "__defaults__", (0.0,))
    path, epochs = tmp_path / "checkpoint.npz", iter(range(20))

    def interrupt(_):
        if next(epochs) == stop_after + 1:  # the first call tells what a checkpoint had done
            raise _Interrupted

    with pytest.raises(_Interrupted):
        train_in_phases(images, mass, fold_of, SHORT, seed=3, checkpoint=path, progress=interrupt)
    resumed = train_in_phases(images, mass, fold_of, SHORT, seed=3, transform="toy", checkpoint=path)
    np.testing.assert_array_equal(resumed.predictions, recorded.predictions)
    assert resumed.states.keys() == recorded.states.keys()
    for name, state in resumed.states.items():
        np.testing.assert_array_equal(state, recorded.states[name])
    np.testing.assert_array_equal(resumed.loss, recorded.loss)


def test_the_recorder_works_on_any_keras_model(rng):
    """A classifier with a functional graph, several outputs and plain arrays."""
    inputs = keras.Input((5,))
    model = keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(inputs))
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
    x = rng.normal(size=(30, 5)).astype(np.float32)
    y = rng.integers(0, 3, size=30)
    recorder = PredictionRecorder(x[:7], batch_size=4)
    recorder.record_state("start", model)
    model.fit(x, y, epochs=2, verbose=0, callbacks=[recorder])
    model.fit(x, y, epochs=3, verbose=0, callbacks=[recorder])
    assert recorder.predictions.shape == (5, 7, 3)
    np.testing.assert_allclose(recorder.predictions[-1], model.predict(x[:7], verbose=0), rtol=1e-6)
    np.testing.assert_allclose(recorder.predictions.sum(axis=-1), 1, rtol=1e-5)
    assert recorder.states["start"].shape == (7, 3)


def _made_up(rng, *, noise=0.1, n_test=50, seed_truth=0):
    truth = np.random.default_rng(seed_truth).normal(14, 0.3, n_test)
    predictions = truth[None, :, None] + noise * rng.normal(size=(6, n_test, 8))
    return Dynamics("made_up", predictions.astype(np.float32), truth, np.arange(n_test), epoch_phases(2, 2))


def test_a_dynamics_is_exactly_like_itself(rng):
    dynamics = _made_up(rng)
    same = compare_dynamics(dynamics, dynamics)
    np.testing.assert_allclose(same.rank_correlation, 1)
    np.testing.assert_allclose(same.rms_difference, 0)
    np.testing.assert_allclose(same.residual_correlation, 1)
    np.testing.assert_allclose(same.gain_correlation, 1)
    np.testing.assert_array_equal(same.gain[:, 0], same.gain[:, 1])


def test_independent_errors_are_seen(rng):
    """Errors of 0.1 dex, averaged over eight views, differ by 0.1 * sqrt(2 / 8) = 0.05 dex and do not correlate."""
    first, second = (_made_up(rng, n_test=4000) for _ in range(2))
    comparison = compare_dynamics(first, second)
    np.testing.assert_allclose(comparison.rms_difference, 0.05, rtol=0.05)
    np.testing.assert_allclose(comparison.residual_correlation, 0, atol=0.06)
    np.testing.assert_allclose(comparison.scatter, 0.1, rtol=0.03)


def test_a_model_that_predicts_one_value_has_no_rank(rng):
    flat = _made_up(rng)
    flat = Dynamics("flat", np.full_like(flat.predictions, 14.0), flat.truth, flat.cluster, flat.phase)
    assert np.isnan(compare_dynamics(flat, _made_up(rng)).rank_correlation).all()


def test_only_the_same_observations_are_compared(rng):
    with pytest.raises(InputError, match="different observations"):
        compare_dynamics(_made_up(rng), _made_up(rng, n_test=40))


def test_shapes_are_checked():
    with pytest.raises(InputError, match="do not fit"):
        Dynamics("bad", np.zeros((3, 4, 8), np.float32), np.zeros(5), np.arange(5), np.zeros(3, int))


def test_the_picture_shows_centred_predictions_in_ascending_truth(rng):
    dynamics = _made_up(rng)
    values = heatmap_values(dynamics)
    order = np.argsort(dynamics.truth)
    np.testing.assert_allclose(values[:, 3], dynamics.predictions[3, order, 0] - dynamics.truth.mean(), rtol=1e-5)
    _, ax = plt.subplots()
    with plt.rc_context({"image.origin": "lower", "image.aspect": "equal", "image.interpolation": "bicubic"}):
        image = plot_dynamics(dynamics, ax, limit=0.8)
    assert (image.origin, ax.get_aspect(), image.get_interpolation()) == ("upper", "auto", "nearest")
    np.testing.assert_array_equal(image.get_array(), values)
    assert image.get_clim() == (-0.8, 0.8)
    truth = ax.images[1].get_array()[:, 0]
    np.testing.assert_allclose(truth, np.sort(dynamics.truth) - dynamics.truth.mean())
    assert [line.get_xdata()[0] for line in ax.lines] == [3]
    plt.close("all")

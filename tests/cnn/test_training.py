"""The schedule, the batches, and fits that go on bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from report_utils.cnn import assign_folds, cross_validate, fit_fold
from report_utils.cnn import training as trainer
from report_utils.cnn.batches import ViewBatches
from report_utils.errors import InputError
from report_utils.profiles import Training


@pytest.fixture(scope="module")
def toy():
    """Images whose brightness is the mass: 40 of 8 x 8 pixels, 2 channels."""
    rng = np.random.default_rng(5)
    mass = rng.uniform(13.6, 15.0, 40)
    images = rng.uniform(0.5, 1.5, (40, 8, 8, 2)) * (mass - 13)[:, None, None, None]
    return images.astype(np.float32), mass


FAST = Training(epochs=3, batch_size=16, learning_rate=3e-3, schedule="one_cycle", target="standardised")


def test_an_epoch_shows_every_view_of_every_image_once():
    rows = np.array([3, 5, 8, 11, 12])
    batches = ViewBatches(rows, batch_size=16, order_seed=(1, 2))
    epoch = batches.epoch(0)
    assert [images.shape for images, _ in epoch] == [views.shape for _, views in epoch] == [(2, 16), (1, 8)]
    assert (len(batches), batches.n_views) == (3, 40)
    shown = [pair for images, views in epoch for pair in zip(images.ravel(), views.ravel(), strict=True)]
    assert sorted(shown) == [(row, view) for row in rows for view in range(8)]


def test_every_epoch_has_another_order_that_the_seed_decides():
    first, twin, other = (ViewBatches(np.arange(40), 16, seed) for seed in ((1, 2), (1, 2), (1, 3)))
    for epoch in range(3):
        np.testing.assert_array_equal(first.epoch(epoch), twin.epoch(epoch))
        assert not np.array_equal(first.epoch(epoch), first.epoch(epoch + 1))
    assert not np.array_equal(first.epoch(0), other.epoch(0))


def test_one_cycle_rises_to_its_peak_and_falls():
    rates = trainer.one_cycle(3e-3, 1001)
    assert rates[0] == pytest.approx(3e-3 / 25)
    assert rates[300] == pytest.approx(3e-3)
    assert rates[-1] == pytest.approx(3e-7)
    assert (np.diff(rates[:300]) > 0).all()
    assert (np.diff(rates[301:]) < 0).all()
    np.testing.assert_array_equal(trainer.one_cycle(1.0, 1), np.float32(1 / 25))


def test_target_scale_goes_there_and_back(toy):
    _, mass = toy
    standardised = trainer.TargetScale(mass, "standardised")
    target = standardised.to_target(mass)
    assert target.mean() == pytest.approx(0, abs=1e-5)
    assert target.std() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(standardised.to_log10_mass(target), mass, rtol=1e-6)
    np.testing.assert_allclose(trainer.TargetScale(mass, "as_is").to_target(mass), mass, rtol=1e-6)


def test_folds_partition_the_observations():
    fold = assign_folds(103, 10, seed=4)
    assert sorted(np.bincount(fold)) == [10] * 7 + [11] * 3
    np.testing.assert_array_equal(fold, assign_folds(103, 10, seed=4))
    assert not np.array_equal(fold, assign_folds(103, 10, seed=5))


def test_grouped_folds_keep_halos_together(rng):
    halos = rng.integers(0, 30, size=200).astype(str)
    fold = assign_folds(200, 10, seed=4, groups=halos)
    for halo in np.unique(halos):
        assert len(np.unique(fold[halos == halo])) == 1
    assert np.ptp(np.bincount(fold, minlength=10)) <= np.bincount(np.unique(halos, return_inverse=True)[1]).max()


def test_too_few_observations_for_the_folds():
    with pytest.raises(InputError, match="9 observations cannot be split into 10 folds"):
        assign_folds(9, 10, seed=0)
    with pytest.raises(InputError, match=r"2 halos \(groups\)"):
        assign_folds(9, 3, seed=0, groups=np.array(list("aaaabbbbb")))


def test_a_fit_learns_and_is_the_same_again(toy):
    images, mass = toy
    fold_of = assign_folds(40, 10, seed=0)
    long = Training(**(FAST.model_dump() | {"epochs": 30}))
    fit = fit_fold(images, mass, fold_of, 0, long, seed=1)
    assert fit.predictions.shape == (4, 8)
    assert np.std(fit.predictions - mass[fit.cluster][:, None]) < 0.5 * np.std(mass)
    assert fit.history["loss"][-1] < 0.2 * fit.history["loss"][0]
    # another fit in between must not matter
    fit_fold(images, mass, fold_of, 1, FAST, seed=9)
    again = fit_fold(images, mass, fold_of, 0, long, seed=1)
    np.testing.assert_array_equal(fit.predictions, again.predictions)
    assert fit.history == again.history


def test_losses_are_in_squared_dex(toy):
    """The last validation loss is the mean square of the test residuals, whatever the target's scale."""
    images, mass = toy
    fit = fit_fold(images, mass, assign_folds(40, 10, seed=0), 0, FAST, seed=1)
    residuals = fit.predictions - mass[fit.cluster][:, None]
    assert fit.history["val_loss"][-1] == pytest.approx(np.mean(residuals**2), rel=1e-3)


class _Interrupted(Exception):  # noqa: N818 - stands for a killed process
    pass


@pytest.mark.parametrize("stop_after", [1, 2])
def test_an_interrupted_fit_goes_on_bit_for_bit(toy, tmp_path, monkeypatch, stop_after):
    images, mass = toy
    fold_of = assign_folds(40, 10, seed=0)
    whole = fit_fold(images, mass, fold_of, 0, FAST, seed=1)
    monkeypatch.setattr(trainer.Checkpoint.__init__, "__defaults__", (0.0,))
    path = tmp_path / "checkpoint.npz"
    epochs = iter(range(10))

    def interrupt(_):
        if next(epochs) == stop_after + 1:  # the first call tells what a checkpoint had done
            raise _Interrupted

    with pytest.raises(_Interrupted):
        fit_fold(images, mass, fold_of, 0, FAST, seed=1, checkpoint=path, progress=interrupt)
    assert path.is_file()
    resumed = fit_fold(images, mass, fold_of, 0, FAST, seed=1, checkpoint=path)
    np.testing.assert_array_equal(resumed.predictions, whole.predictions)
    assert resumed.history == whole.history
    assert all(np.array_equal(a, b) for a, b in zip(resumed.weights, whole.weights, strict=True))


def test_a_damaged_checkpoint_starts_again(toy, tmp_path):
    images, mass = toy
    path = tmp_path / "checkpoint.npz"
    path.write_bytes(b"PK\x03\x04 cut off")
    fold_of = assign_folds(40, 10, seed=0)
    fit = fit_fold(images, mass, fold_of, 0, FAST, seed=1, checkpoint=path)
    np.testing.assert_array_equal(fit.predictions, fit_fold(images, mass, fold_of, 0, FAST, seed=1).predictions)


def test_cross_validation_tests_each_observation_once(toy):
    images, mass = toy
    result = cross_validate(images, mass, training=FAST, n_folds=4, seed=2, transform="toy")
    assert sorted(result.cluster) == list(range(40))
    assert result.residuals.shape == (40, 8)
    np.testing.assert_array_equal(result.truth, mass[result.cluster])
    np.testing.assert_array_equal(result.fold, assign_folds(40, 4, 2)[result.cluster])
    assert set(result.history) == {0, 1, 2, 3}
    assert all(len(h["loss"]) == len(h["val_loss"]) == 3 for h in result.history.values())


def test_cross_validation_refuses_what_does_not_fit(toy):
    images, mass = toy
    with pytest.raises(InputError, match="do not match"):
        cross_validate(images, mass[:-1])
    with pytest.raises(InputError, match="nan in row 3"):
        cross_validate(images, np.where(np.arange(40) == 2, np.nan, mass))


def test_a_training_that_diverges_ends_at_once_and_says_so(toy):
    images, mass = toy
    wild = FAST.model_copy(update={"learning_rate": 1e30, "schedule": "constant", "epochs": 1000})
    with pytest.raises(InputError, match=r"diverged in epoch \d+ .*lower the learning_rate"):
        fit_fold(images, mass, assign_folds(40, 10, seed=0), 0, wild, seed=1)

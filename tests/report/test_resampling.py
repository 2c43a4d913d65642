"""Draws of halos and of training seeds against their analytic variances."""

import numpy as np
import pytest
from scipy import stats

from report_utils.report.intervals import Interval, Layer, bca_interval
from report_utils.report.resampling import MINIMUM_FOLDS, resample
from report_utils.report.statistics import mean_of, moments, residual_statistics, scatter_contrast, scatter_of


def mean_interval(drawn):
    return drawn.interval(lambda totals: mean_of(totals[..., 0, :]))


def trainings(biases, n=200, folds=None, spread=0.0, seed=0):
    """Residuals (n_seeds, n, 1) that are the training's bias, ``biases`` (n_seeds, n_folds), plus the cluster's own."""
    biases = np.asarray(biases, dtype=float)
    fold = np.arange(n) % biases.shape[1] if folds is None else folds
    own = spread * np.random.default_rng(seed).normal(size=n)
    return (biases[:, fold] + own)[..., None], fold


def test_totals_are_those_of_the_drawn_halos():
    """A column of ones for each halo tells how often it was drawn; every other column must follow it."""
    groups = np.array(["a", "b", "c", "a", "b", "c"])
    codes = np.array([0, 1, 2, 0, 1, 2])
    values = np.array([1.0, 10.0, 100.0, 2.0, 20.0, 200.0])
    columns = np.concatenate([np.eye(3)[codes], values[:, None]], axis=1)[None]
    drawn = resample([columns, 2 * columns], groups, [0, 0, 1, 1, 0, 1], n_resamples=500)
    times = drawn.totals[:, 0, :3] / 2
    assert set(times.sum(axis=1)) == {3.0}
    assert len(np.unique(times, axis=0)) == 10
    np.testing.assert_allclose(drawn.totals[:, 0, 3], times @ [3, 30, 300])
    np.testing.assert_array_equal(drawn.totals[:, 1], 2 * drawn.totals[:, 0])
    np.testing.assert_allclose(drawn.without_group[:, 0, 3], [330, 303, 33])
    np.testing.assert_allclose(drawn.observed[:, 3], [333, 666])


@pytest.mark.parametrize(("n_seeds", "n_folds"), [(2, 1), (3, 1), (3, 2), (5, 4)])
def test_seeds_carry_the_variance_of_a_mean_over_them(n_seeds, n_folds):
    """Sum over folds of s^2 / S, divided by the folds squared, with s^2 the variance with S - 1."""
    biases = np.random.default_rng(n_seeds).normal(0, 0.1, (n_seeds, n_folds))
    residuals, fold = trainings(biases)
    drawn = resample([moments(residuals)], np.arange(200), fold, n_resamples=20_000)
    resamples = mean_of(drawn.totals[:, 0])
    expected = np.sqrt(np.sum(biases.var(axis=0, ddof=1) / n_seeds)) / n_folds
    assert resamples.mean() == pytest.approx(biases.mean(), abs=4 * expected / np.sqrt(20_000) + 0.002)
    # which halos are drawn changes how much each fold weighs, and with it the mean of the folds' biases
    weights = np.std(biases.mean(axis=0)) / np.sqrt(200)
    assert resamples.std() == pytest.approx(np.hypot(expected, weights), rel=0.04)


def test_equal_trainings_add_nothing():
    views = np.random.default_rng(1).normal(0, 0.1, (300, 2))
    once = residual_statistics(views)
    thrice = residual_statistics(np.stack([views] * 3), folds=np.arange(300) % 4)
    assert thrice.n_seeds == thrice.scatter.n_seeds == 3
    assert thrice.resampled == "clusters and seeds"
    for name in ("bias", "scatter"):
        one, three = getattr(once, name), getattr(thrice, name)
        assert three.value == pytest.approx(one.value)
        assert (three.low, three.high) == pytest.approx((one.low, one.high), abs=2e-4)


def test_one_training_is_without_seeds():
    result = residual_statistics(np.random.default_rng(2).normal(size=50))
    assert (result.n_seeds, result.scatter.n_seeds, result.resampled) == (1, 1, "clusters")


def test_leaving_out_a_seed_leaves_the_mean_of_the_others():
    biases = np.array([[0.1, 0.3], [0.2, 0.5], [0.6, 0.1]])
    residuals, fold = trainings(biases)
    drawn = resample([moments(residuals)], np.arange(200), fold, n_resamples=10)
    means = mean_of(drawn.without_seed[0])
    assert means.shape == (2, 3)
    assert means[0, 0] == pytest.approx((0.4 + 0.3) / 2)  # first fold without its first seed, and the second whole
    assert means[1, 2] == pytest.approx((0.3 + 0.4) / 2)


def test_transforms_may_have_other_numbers_of_seeds():
    a, fold = trainings([[0.1], [0.2], [0.3]], spread=0.1)
    b, _ = trainings([[0.1]], spread=0.1, seed=1)
    ratio = scatter_contrast([a, b], folds=fold)
    assert ratio.n_seeds == 1
    assert ratio.value == pytest.approx(a.std() / b.std())


@pytest.mark.parametrize("n_folds", [1, MINIMUM_FOLDS])
def test_select_keeps_the_draws(n_folds):
    columns = [moments(np.random.default_rng(k).normal(0, 1 + k, (2, 60, 3))) for k in range(3)]
    drawn = resample(columns, np.arange(60), np.arange(60) % n_folds, n_resamples=300)
    alone = drawn.select([2])
    np.testing.assert_array_equal(alone.totals[:, 0], drawn.totals[:, 2])
    assert alone.interval(lambda t: scatter_of(t[..., 0, :])) == drawn.interval(lambda t: scatter_of(t[..., 2, :]))


def test_few_seeds_have_students_quantile():
    """Resamples that are standard normal, and a layer of two degrees of freedom that is all of the variance."""
    resamples = stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000)
    layer = Layer(np.array([-1.0, 0.0, 1.0]), 2 / 3, uncertainty=(4 / 3) ** 2 / 2)
    found = bca_interval(0.0, resamples, [layer], confidence=0.8)
    assert (found.low, found.high) == pytest.approx(stats.t.interval(0.8, 2), abs=0.01)
    halos = Layer(np.array([-1.0, 0.0, 1.0]))
    found = bca_interval(0.0, resamples, [halos], confidence=0.8)
    assert (found.low, found.high) == pytest.approx(stats.norm.interval(0.8), abs=0.01)
    freedom = (1 + 1) ** 2 / (1 / 2)  # Satterthwaite's, of two equal variances of which one is known exactly
    found = bca_interval(
        0.0, resamples, [Layer(np.array([-1.0, 0.0, 1.0]), 0.5, 1 / 2), Layer(np.array([-0.5, 0.5]), 2)], 0.8
    )
    assert (found.low, found.high) == pytest.approx(stats.t.interval(0.8, freedom), abs=0.01)


def test_without_resamples_there_is_no_interval():
    found = bca_interval(1.0, np.array([]), [Layer(np.array([]))])
    assert found.value == 1
    assert np.isnan([found.low, found.high]).all()


def test_an_interval_writes_itself():
    assert f"{Interval(0.5, 0.25, 1):.2f}" == "0.50 [0.25, 1.00]"


def of_training(residuals, fold, n_resamples=20_000):
    """Return what the trainings of the folds add to the mean in each resample, and their layer."""
    drawn = resample([moments(residuals)], np.arange(residuals.shape[1]), fold, n_resamples=n_resamples)

    def mean(totals):
        return mean_of(totals[..., 0, :])

    changes, layer = drawn.folds.of_training(mean, drawn.observed)
    return mean(drawn.observed + changes), layer


@pytest.mark.parametrize("n_seeds", [1, 3])
def test_folds_carry_the_variance_of_a_mean_over_trainings(n_seeds):
    """Clusters without errors of their own: the variance of the mean is s^2 / F over the folds' means."""
    biases = np.random.default_rng(3).normal(0, 0.1, (n_seeds, 10))
    means, layer = of_training(*trainings(biases))
    expected = biases.mean(axis=0).var(ddof=1) / 10
    assert layer.variance == pytest.approx(expected, rel=0.06)  # as clusters differ by their training alone
    assert means.std() == pytest.approx(np.sqrt(expected), rel=0.06)
    assert means.mean() == pytest.approx(biases.mean(), abs=0.002)
    assert layer.uncertainty == pytest.approx(expected**2 / 9, rel=0.02)


def test_what_test_clusters_explain_is_not_the_trainings():
    """Folds of clusters that differ by themselves alone are apart as chance has it, and add next to nothing."""
    shares = []
    for seed in range(40):
        residuals, fold = trainings(np.zeros((1, 10)), n=400, spread=0.1, seed=seed)
        _, layer = of_training(residuals, fold, n_resamples=10)
        shares.append(layer.variance / (0.1**2 / 400))
        assert layer.uncertainty > 0  # that there is nothing is known from ten folds alone
    assert np.median(shares) < 0.15
    assert np.mean(shares) < 0.45


def test_few_folds_are_not_drawn():
    for n_folds in (MINIMUM_FOLDS - 1, MINIMUM_FOLDS):
        residuals, fold = trainings(np.zeros((3, n_folds)), spread=0.1)
        drawn = resample([moments(residuals)], np.arange(200), fold, n_resamples=10)
        assert (drawn.folds is not None) == (n_folds == MINIMUM_FOLDS)
        assert mean_interval(drawn).n_seeds == 3


def coverage(n_seeds, n_folds, truth_of, *, n=150, repeats=150, between=0.012, seed=0):
    """How often intervals hold the truth where trainings differ by their bias and by how much they scatter."""
    rng = np.random.default_rng(seed)
    covered = np.zeros(2)
    for _ in range(repeats):
        cluster, fold = rng.normal(0, 0.06, n), np.arange(n) % n_folds
        arrays = []
        for _ in range(2):
            bias = rng.normal(0, between, (n_seeds, n_folds))[:, fold]
            factor = np.exp(rng.normal(0, 0.08, (n_seeds, n_folds)))[:, fold]
            arrays.append((bias + factor * cluster + rng.normal(0, 0.02, (n_seeds, n)))[..., None])
        found = (
            residual_statistics(arrays[0], folds=fold, n_resamples=600).bias,
            scatter_contrast(arrays, folds=fold, n_resamples=600),
        )
        covered += [interval.low <= truth <= interval.high for interval, truth in zip(found, truth_of, strict=True)]
    return covered / repeats


def test_intervals_with_seeds_cover_what_another_training_would_change():
    """0.90 is 0.95 less three standard errors of 150 draws."""
    bias, ratio = coverage(3, 4, (0.0, 1.0))
    assert 0.90 <= bias <= 1
    assert 0.90 <= ratio <= 1


def test_intervals_of_many_folds_cover_it_with_one_seed():
    """Ten folds are ten trainings; without drawing them 0.73 and 0.77 of the intervals hold the truth."""
    bias, ratio = coverage(1, 10, (0.0, 1.0), n=400, between=0.016)
    assert 0.90 <= bias <= 1
    assert 0.90 <= ratio <= 1


def test_intervals_without_seeds_do_not():
    """Few trainings, one of each: what the seeds are for."""
    bias, ratio = coverage(1, 4, (0.0, 1.0), repeats=60)
    assert bias < 0.85
    assert ratio < 0.75

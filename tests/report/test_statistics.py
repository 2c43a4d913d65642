"""Intervals against analytic answers, and against scipy where it has the method."""

import numpy as np
import pytest
from scipy import stats

from report_utils.errors import InputError
from report_utils.report.seeds import SeedPredictions
from report_utils.report.statistics import (
    describe_all,
    expect_of_samples,
    mass_bins,
    residual_statistics,
    scatter_contrast,
)


@pytest.fixture
def gaussian():
    return np.random.default_rng(1).normal(0.02, 0.1, size=1000)


def width(interval):
    return interval.high - interval.low


def test_point_estimates_are_table_ones_definitions():
    views = np.array([[0.1, 0.3], [-0.2, 0.0], [0.4, 0.0]])
    result = residual_statistics(views, truth=[14.0, 14.5, 15.0])
    assert result.bias.value == pytest.approx(0.1)
    assert result.scatter.value == pytest.approx(np.std([0.1, 0.3, -0.2, 0.0, 0.4, 0.0]))
    assert result.r_squared == pytest.approx(1 - np.mean(views**2) / np.var([14.0, 14.5, 15.0]))
    assert (result.n_clusters, result.n_views, result.n_groups) == (3, 2, 3)


def test_interval_widths_match_the_standard_errors_of_a_gaussian(gaussian):
    """Standard errors: s/sqrt(n) of the mean, s/sqrt(2n) of the standard deviation; 95 % is 2 x 1.96."""
    result = residual_statistics(gaussian, n_resamples=5000)
    s, n = gaussian.std(), len(gaussian)
    assert width(result.bias) == pytest.approx(2 * 1.96 * s / np.sqrt(n), rel=0.05)
    assert width(result.scatter) == pytest.approx(2 * 1.96 * s / np.sqrt(2 * n), rel=0.12)
    assert result.bias.low < gaussian.mean() < result.bias.high
    assert result.robust_scatter == pytest.approx(0.1, rel=0.08)
    assert result.outlier_fraction == pytest.approx(0.0027, abs=0.004)
    assert result.r_squared is None


def test_equal_views_carry_no_more_than_one(gaussian):
    once = residual_statistics(gaussian)
    eight = residual_statistics(np.repeat(gaussian[:, None], 8, axis=1))
    assert eight.scatter.value == pytest.approx(once.scatter.value)
    assert eight.scatter.low == pytest.approx(once.scatter.low)
    assert eight.scatter.high == pytest.approx(once.scatter.high)


def test_independent_views_narrow_the_interval():
    views = np.random.default_rng(2).normal(0, 0.1, size=(1000, 8))
    assert width(residual_statistics(views).scatter) == pytest.approx(
        width(residual_statistics(views[:, 0]).scatter) / np.sqrt(8), rel=0.15
    )


def test_equal_snapshots_of_a_halo_carry_no_more_than_one():
    halos = np.random.default_rng(3).normal(0, 0.1, size=200)
    snapshots, groups = np.repeat(halos, 5), np.repeat(np.arange(200).astype(str), 5)
    grouped = residual_statistics(snapshots, groups=groups)
    assert grouped.resampled == "halos"
    assert grouped.n_groups == 200
    assert width(grouped.scatter) == pytest.approx(width(residual_statistics(halos).scatter), rel=0.15)
    assert width(residual_statistics(snapshots).scatter) < 0.6 * width(grouped.scatter)


def test_the_interval_is_scipys():
    skewed = np.random.default_rng(4).gamma(2.0, 0.05, size=60)
    ours = residual_statistics(skewed, n_resamples=20_000).scatter
    theirs = stats.bootstrap(
        (skewed,), np.std, n_resamples=20_000, method="BCa", rng=np.random.default_rng(0)
    ).confidence_interval
    assert ours.low == pytest.approx(theirs.low, rel=0.02)
    assert ours.high == pytest.approx(theirs.high, rel=0.02)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """60 clusters is a small run's size; 0.90 is 0.95 less more than three standard errors of 300 draws."""
    generator = np.random.default_rng(5)
    draws = [generator.normal(0, 0.1, 60) for _ in range(300)]
    intervals = [residual_statistics(draw, n_resamples=600).scatter for draw in draws]
    covered = np.mean([interval.low <= 0.1 <= interval.high for interval in intervals])
    assert 0.90 <= covered <= 0.99


def test_same_seed_same_interval_other_seed_other(gaussian):
    assert residual_statistics(gaussian, seed=1) == residual_statistics(gaussian, seed=1)
    assert residual_statistics(gaussian, seed=1).scatter != residual_statistics(gaussian, seed=2).scatter


def test_a_scaled_copy_has_an_exact_ratio(gaussian):
    ratio = scatter_contrast([gaussian, 2 * gaussian])
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((0.5, 0.5, 0.5))


@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_pairing_takes_out_what_is_shared(correlation):
    """The log ratio of two scatters of correlated Gaussians has standard error sqrt((1 - rho^2) / n)."""
    generator = np.random.default_rng(6)
    a = generator.normal(size=2000)
    b = correlation * a + np.sqrt(1 - correlation**2) * generator.normal(size=2000)
    ratio = scatter_contrast([a, b])
    expected = 2 * 1.96 * np.sqrt((1 - correlation**2) / 2000)
    assert np.log(ratio.high / ratio.low) == pytest.approx(expected, rel=0.12)
    assert ratio.low < 1 < ratio.high


def test_a_ratio_of_ratios(gaussian):
    other = np.random.default_rng(7).normal(size=1000)
    contrast = scatter_contrast([gaussian, 2 * gaussian, other, 3 * other], (1, -1, -1, 1))
    assert contrast.value == pytest.approx(1.5)
    assert width(contrast) == pytest.approx(0, abs=1e-9)


def test_the_slope_is_scipys_and_says_how_predictions_are_drawn_to_the_mean():
    truth = np.random.default_rng(8).uniform(13.7, 15.0, 400)
    noise = np.random.default_rng(9).normal(0, 0.05, 400)
    residuals = -0.3 * (truth - truth.mean()) + noise
    slope = residual_statistics(residuals, truth=truth).slope
    expected = stats.linregress(truth, residuals)
    assert slope.value == pytest.approx(expected.slope)
    assert width(slope) == pytest.approx(2 * 1.96 * expected.stderr, rel=0.1)
    always_the_mean = residual_statistics(truth.mean() - truth, truth=truth)
    assert (always_the_mean.slope.value, always_the_mean.slope.low) == pytest.approx((-1, -1))
    assert always_the_mean.r_squared == pytest.approx(0)


def test_several_transforms_at_once_are_each_alone(made_up):
    """Resampling them together must not change what any of them says."""
    tested = {name: SeedPredictions.of(made_up(name, s)) for name, s in (("single_band", 0.1), ("multi_band_2", 0.06))}
    tested["retained_50"] = tested["single_band"].among(np.arange(200))
    together = describe_all(tested, n_resamples=300)
    for name, one in tested.items():
        alone = residual_statistics(one.residuals, truth=one.truth, groups=one.group, folds=one.fold, n_resamples=300)
        assert together[name] == alone
        assert alone.resampled == "halos"
    assert together["retained_50"].n_clusters == 200


def test_different_numbers_of_views_may_be_compared(gaussian):
    assert scatter_contrast([gaussian, np.repeat(gaussian[:, None], 8, axis=1)]).value == pytest.approx(1)


@pytest.mark.parametrize(
    ("residuals", "options", "says"),
    [
        (np.zeros((2, 2, 2, 2)), {}, r"shape \(2, 2, 2, 2\)"),
        (np.zeros((2, 1, 2)), {}, "two clusters or more"),
        (np.array([0.1]), {}, "two clusters or more"),
        (np.array([0.1, np.nan, 0.2]), {}, "row 1 is not finite"),
        (np.array([0.1, 0.2]), {"groups": ["a"]}, "one halo for each"),
        (np.array([0.1, 0.2]), {"groups": ["a", "a"]}, "one group"),
        (np.array([0.1, 0.2]), {"truth": [14.0]}, "one mass for each"),
    ],
)
def test_wrong_input_is_named(residuals, options, says):
    with pytest.raises(InputError, match=says):
        residual_statistics(residuals, **options)


def test_residuals_that_cannot_be_paired(gaussian):
    with pytest.raises(InputError, match="cannot be paired"):
        scatter_contrast([gaussian, gaussian[:-1]])
    with pytest.raises(InputError, match="without any scatter"):
        scatter_contrast([gaussian, np.zeros(1000)])


def test_bins_are_those_of_the_truth(made_up):
    tested = SeedPredictions.of([made_up("single_band", 0.1, seed=seed) for seed in range(2)])
    bins = mass_bins(tested)
    assert [part.n_clusters for part in bins] == [120] * 5
    order = np.argsort(tested.truth)
    for part, rows in zip(bins, np.split(order, 5), strict=True):
        residuals = tested.residuals[:, rows]
        assert part.log10_mass == pytest.approx(np.median(tested.truth[rows]))
        assert part.bias.value == pytest.approx(residuals.mean())
        assert part.scatter.value == pytest.approx(residuals.std())
        assert part.scatter.n_seeds == 2
        assert part.bias.low < part.bias.value < part.bias.high


def test_one_bin_is_the_whole(made_up):
    run = made_up("single_band", 0.1)
    whole = mass_bins(SeedPredictions.of(run), 1)[0]
    alone = residual_statistics(run.residuals, groups=run.group)
    assert (whole.bias.low, whole.scatter.high) == pytest.approx((alone.bias.low, alone.scatter.high))


def test_the_scatter_of_a_sample_spreads_as_theory_says(rng):
    """For Gaussian residuals the standard deviation of n values spreads by sigma / sqrt(2 n)."""
    residuals = rng.normal(0, 0.1, (20_000, 1))
    found = expect_of_samples(50, residuals, residuals)
    low, high = found.scatter
    assert high - low == pytest.approx(2 * 1.96 * 0.1 / np.sqrt(2 * 50), rel=0.08)
    assert (low + high) / 2 == pytest.approx(0.1, rel=0.03)
    assert found.ratio == (1.0, 1.0)
    assert found.share_smaller == 0.0


def test_the_ratio_of_independent_residuals(rng):
    """For two independent scatters the logarithm of the ratio spreads by 1 / sqrt(n)."""
    first, second = rng.normal(0, 0.08, (20_000, 1)), rng.normal(0, 0.1, (20_000, 1))
    found = expect_of_samples(100, first, second)
    assert np.log(found.ratio[1] / found.ratio[0]) == pytest.approx(2 * 1.96 / np.sqrt(100), rel=0.1)
    assert 0.95 < found.share_smaller < 1.0


def test_pairs_are_drawn_together(rng):
    """Residuals that are half of the baseline's have half its scatter in every sample."""
    baseline = rng.normal(0.02, 0.1, (40, 8))
    found = expect_of_samples(10, baseline / 2, baseline)
    assert found.ratio == pytest.approx((0.5, 0.5))
    assert found.share_smaller == 1.0


def test_samples_that_do_not_belong_together_are_refused(rng):
    with pytest.raises(InputError, match="the same in both"):
        expect_of_samples(10, rng.normal(size=(5, 8)), rng.normal(size=(6, 8)))
    with pytest.raises(InputError, match="two clusters or more"):
        expect_of_samples(1, rng.normal(size=(5, 8)), rng.normal(size=(5, 8)))

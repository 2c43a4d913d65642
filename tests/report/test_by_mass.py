"""Bins of mass hold the same number of clusters, and their numbers are those of the clusters in them."""

import numpy as np
import pytest

from report_utils.report.by_mass import mass_bins
from report_utils.report.seeds import SeedPredictions
from report_utils.report.statistics import residual_statistics


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

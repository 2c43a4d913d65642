"""Two partitions are compared on the clusters that both test."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.report.markdown import cells

from report_utils.report.leakage import (
    compare_pairs,
    compare_partitions,
    comparisons_markdown,
    mates_in_training,
    scatter_by_mates,
)
from report_utils.report.seeds import SeedPredictions


def sample(scatter, clusters, *, seed=0, per_halo=1, n_seeds=1):
    clusters = np.asarray(clusters)
    truth = np.random.default_rng(9).uniform(13.7, 15, 5000)[clusters]
    errors = np.random.default_rng([seed, len(clusters)]).normal(0, scatter, (n_seeds, len(clusters), 1))
    predictions = truth[None, :, None] + np.repeat(errors, 8, axis=2)
    groups = np.array([f"halo-{cluster // per_halo}" for cluster in clusters])
    return SeedPredictions("multi_band_2", clusters, clusters % 2, groups, truth, predictions, ({},) * n_seeds)


def scaled(one, factor):
    return replace(one, predictions=one.truth[None, :, None] + factor * one.residuals)


def test_the_same_clusters_are_compared_in_pairs():
    """The same predictions differ by nothing, whatever is drawn; scaled ones by their factor."""
    one = sample(0.08, np.arange(240), per_halo=3)
    same = compare_pairs(one, one, n_resamples=500)
    assert (same.difference.low, same.difference.value, same.difference.high) == (0, 0, 0)
    assert (same.n_clusters, same.n_halos) == (240, 80)
    worse = compare_pairs(one, scaled(one, 1.3), n_resamples=500)
    assert (worse.ratio.low, worse.ratio.value, worse.ratio.high) == pytest.approx((1.3, 1.3, 1.3))
    assert worse.difference.low > 0


def test_only_clusters_that_both_test_are_compared():
    """Two of ten random folds, and all of the grouped ones: whatever else is tested changes nothing."""
    whole = sample(0.08, np.arange(400))
    half = whole.among(np.arange(0, 400, 2))
    odd = np.arange(400) % 2 == 1
    elsewhere = replace(whole, predictions=whole.predictions + np.where(odd, 5.0, 0.0)[None, :, None])
    found = compare_pairs(half, scaled(elsewhere, 1.1))
    assert (found.n_clusters, found.n_halos) == (200, 200)
    assert found.ratio.value == pytest.approx(1.1)
    assert found.seen.value == pytest.approx(half.residuals.std())


def test_what_makes_a_cluster_hard_cancels():
    """The log of the ratio of two scatters of Gaussian errors of correlation c has the variance (1 - c^2) / n."""
    n, correlation = 480, 0.97
    one = sample(0.08, np.arange(n))
    own = np.random.default_rng(5).normal(0, 0.08, n)[None, :, None]
    errors = 1.02 * (correlation * one.residuals + np.sqrt(1 - correlation**2) * own)
    found = compare_pairs(one, replace(one, predictions=one.truth[None, :, None] + errors))
    expected = 2 * 1.96 * np.sqrt((1 - correlation**2) / n)
    assert np.log(found.ratio.high / found.ratio.low) == pytest.approx(expected, rel=0.15)
    assert found.ratio.low < 1.02 < found.ratio.high
    assert found.ratio.high - found.ratio.low < 0.06


def test_training_seeds_count_in_both():
    one, other = sample(0.08, np.arange(300), n_seeds=3), sample(0.1, np.arange(300), seed=1, n_seeds=3)
    found = compare_pairs(one, other)
    assert found.ratio.n_seeds == 3
    assert found.seen.value == pytest.approx(one.residuals.std())
    assert found.unseen.value == pytest.approx(other.residuals.std())


def test_too_few_common_halos_have_no_interval():
    found = compare_pairs(sample(0.08, np.arange(100)), sample(0.08, np.arange(81, 300)))
    assert (found.n_clusters, found.n_halos) == (19, 19)
    assert found.seen is found.unseen is found.difference is found.ratio is None


def test_halo_mates_are_counted_in_the_other_folds():
    groups = np.array(["a", "a", "a", "b", "b", "c"])
    folds = np.array([0, 0, 1, 1, 1, 0])
    assert mates_in_training(folds, groups).tolist() == [1, 1, 2, 0, 0, 0]


def test_classes_of_mates_hold_every_cluster_once():
    one = sample(0.08, np.arange(200))
    mates = np.zeros(5000, dtype=int)
    mates[:30], mates[30:55], mates[55:60] = 0, 2, 5
    mates[60:200] = 9
    classes = scatter_by_mates(one, mates)
    assert [(c.label, c.n_clusters) for c in classes] == [("0", 30), ("1 to 2", 25), ("3 to 5", 5), ("6 or more", 140)]
    assert classes[2].scatter is None
    assert classes[3].scatter.value == pytest.approx(one.residuals[:, 60:].std())


def test_every_network_of_both_partitions_is_compared(made_up):
    names = ("multi_band_1", "multi_band_2")
    random, grouped = ({n: (made_up(n, s),) for n in names} for s in (0.06, 0.08))
    compared = compare_partitions(random, grouped | {"single_band": (made_up("single_band", 0.1),)})
    assert list(compared) == list(names)
    for one in compared.values():
        assert one.ratio.value == pytest.approx(0.08 / 0.06)
        assert one.difference.value == pytest.approx(one.unseen.value - one.seen.value)
        assert (one.n_clusters, one.n_halos) == (600, 120)
    rows = {row[0]: row for row in cells(comparisons_markdown(compared))}
    found = compared["multi_band_2"].ratio
    assert rows["multi_band_2"][1:3] == ["600", "120"]
    assert rows["multi_band_2"][-1] == f"{found.value:.3f} [{found.low:.3f},\u00a0{found.high:.3f}]"

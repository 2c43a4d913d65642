"""Two partitions: paired where they test the same clusters, as two samples where they do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kurtosis

from report_utils.report.figures.studies import partitions
from report_utils.report.leakage import (
    compare_partitions,
    compare_samples,
    mates_in_training,
    scatter_by_mates,
)
from report_utils.report.seeds import SeedPredictions
from report_utils.report.study_tables import leakage_blocks, leakage_text


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
    """Twice the same sample differs by nothing, whatever is drawn; a scaled one by its factor."""
    one = sample(0.08, np.arange(240), per_halo=3)
    same = compare_samples(one, one, n_resamples=500)
    assert (same.difference.low, same.difference.value, same.difference.high) == (0, 0, 0)
    assert same.n_common == 240
    assert same.n_halos == (80, 80)
    worse = compare_samples(one, scaled(one, 1.3), n_resamples=500)
    assert (worse.ratio.low, worse.ratio.value, worse.ratio.high) == pytest.approx((1.3, 1.3, 1.3))
    assert worse.difference.low > 0


def test_other_clusters_are_two_samples():
    """The variance of log scatter is (kurtosis - 1) / 4n, and those of two samples add."""
    first, second = sample(0.08, np.arange(400)), sample(0.08, np.arange(400, 1000), seed=1)
    found = compare_samples(first, second, n_resamples=4000)
    assert found.n_common == 0
    variances = [
        (kurtosis(one.residuals[0, :, 0], fisher=False) - 1) / (4 * len(one.cluster)) for one in (first, second)
    ]
    expected = 2 * 1.96 * np.sqrt(sum(variances))
    assert np.log(found.ratio.high / found.ratio.low) == pytest.approx(expected, rel=0.1)
    assert found.first.value == pytest.approx(first.residuals.std())
    assert found.second.value == pytest.approx(second.residuals.std())
    assert found.difference.value == pytest.approx(found.second.value - found.first.value)


def test_a_halo_in_both_samples_is_drawn_for_both():
    """Half of the clusters are shared, so the interval is narrower than that of independent samples."""
    first, apart = sample(0.08, np.arange(400)), sample(0.08, np.arange(1000, 1400))
    shared = sample(0.08, np.arange(400))
    halves = [replace(one, group=np.array([f"halo-{c % 200}" for c in one.cluster])) for one in (first, apart)]
    independent = compare_samples(first, apart).ratio
    joined = compare_samples(halves[0], replace(shared, group=halves[0].group)).ratio
    assert joined.high - joined.low < 0.2 * (independent.high - independent.low)


def test_training_seeds_widen_the_interval():
    first, second = sample(0.08, np.arange(300), n_seeds=3), sample(0.1, np.arange(300, 600), n_seeds=3)
    found = compare_samples(first, second)
    assert found.ratio.n_seeds == 3
    assert found.first.value == pytest.approx(first.residuals.std())


def test_too_few_halos_have_no_interval():
    few, many = sample(0.08, np.arange(19)), sample(0.08, np.arange(100, 300))
    found = compare_samples(few, many)
    assert found.first is None
    assert found.second is not None
    assert found.ratio is None
    assert found.n_halos == (19, 200)


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


@pytest.fixture
def shown(made_up):
    names = ("multi_band_1", "multi_band_2")
    random, grouped = ({n: (made_up(n, s),) for n in names} for s in (0.06, 0.08))
    compared = compare_partitions(random, grouped)
    classes = {name: scatter_by_mates(SeedPredictions.of(random[name]), np.arange(600) % 8) for name in names}
    return compared, classes


def test_page_texts_say_what_was_found(shown):
    compared, classes = shown
    groups = np.array([f"halo-{i % 120}" for i in range(600)])
    blocks = "\n".join(leakage_blocks(compared, classes, {"random": None, "grouped": None}, "the command"))
    assert "600 clusters are tested in both" in blocks
    assert "the command" in blocks
    assert f"{compared['multi_band_2'].difference.value:+.4f}" in blocks
    assert "| 6 or more | 150 |" in blocks
    found = leakage_text(compared, groups, "the command")
    assert "show 120 halos" in found
    assert "multi_band_2: on halos not seen in training the scatter rises by 33" in found
    assert "not known before" in leakage_text({}, groups, "the command")
    assert "could leak" in leakage_text({}, np.arange(600), "the command")


def test_the_figure_draws_what_there_is(shown):
    compared, classes = shown
    figure = partitions(compared, classes)
    left, right = figure.axes
    assert [text.get_text() for text in left.get_xticklabels()] == list(compared)
    values = [line.get_ydata() for line in left.lines if line.get_marker() == "s"]
    np.testing.assert_allclose(values[0], [one.second.value for one in compared.values()])
    assert len(right.get_xticklabels()) == 4
    for axes in (figure.axes, partitions({}, {}).axes):
        assert "[dex]" in axes[0].get_ylabel()
    assert "not trained" in partitions({}, {}).axes[0].texts[0].get_text()

"""Masses from counts: relations that are there are recovered exactly, on the folds that were asked for."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from report_utils import binning
from report_utils.binning import BAND_EDGES_KEV, Transform, retained_pixels
from report_utils.report.baselines import (
    BASELINES,
    CountStatistics,
    all_baselines,
    count_statistics,
    cross_validate_regression,
    hardness,
    linear_regression,
    luminosity,
    mean_mass,
    one_split,
    transform_statistics,
    tree_regression,
)

N = 200
FOLDS = np.arange(N) % 5
ALL_FOLDS = range(5)
GROUPS = np.array([f"halo-{i // 2}" for i in range(N)])
TRANSFORMS = ("single_band", "multi_band_1", "multi_band_3")


@pytest.fixture
def events():
    """Events by band of clusters: numbers and hardness vary apart."""
    generator = np.random.default_rng(0)
    richness, slope = generator.uniform(2.5, 5, N), generator.uniform(0.3, 1.0, N)
    return np.round(10 ** (richness[:, None] - slope[:, None] * np.arange(4))).astype(np.int64)


def cross_validated(features, masses, regression=linear_regression, folds=ALL_FOLDS):
    return cross_validate_regression("a test", regression, features, masses, FOLDS, folds, GROUPS)


def test_statistics_are_those_of_the_channels(events):
    np.testing.assert_allclose(luminosity(events, "single_band")[:, 0], np.log10(1 + events.sum(axis=1)))
    np.testing.assert_allclose(luminosity(events, "multi_band_2")[:, 0], np.log10(1 + events[:, :2].sum(axis=1)))
    expected = np.log10((1 + events[:, 1:3]) / (1 + events[:, :1]))
    np.testing.assert_allclose(hardness(events, "multi_band_3"), expected)
    assert hardness(events, "single_band").shape == (N, 0)


@pytest.mark.parametrize("n_low", [1, 2, 3])
def test_one_split_parts_all_photons_in_two(events, n_low):
    low, high = events[:, :n_low].sum(axis=1), events[:, n_low:].sum(axis=1)
    expected = np.column_stack([np.log10(1 + low + high), np.log10((1 + high) / (1 + low))])
    np.testing.assert_allclose(one_split(events, n_low), expected)
    np.testing.assert_allclose(one_split(events, 0), expected[:, :1])


def test_counts_are_summed_with_and_without_the_core(rng):
    counts = rng.poisson(3, (70, 8, 8, 4)).astype(np.int32)
    counts[:, 3:5, 3:5] += 100
    found = count_statistics(counts)
    np.testing.assert_array_equal(found.total, counts.sum(axis=(1, 2)))
    for image, total in zip(counts, found.without_core, strict=True):
        np.testing.assert_array_equal(total, image[retained_pixels(image, 90)].sum(axis=0))
    assert (found.without_core.sum(axis=1) < 0.5 * found.total.sum(axis=1)).all()


def test_each_transform_is_counted_in_its_own_bands(rng, monkeypatch):
    """A transform of other bands has the hardness of its own channels; counts in the same bands are summed once."""
    soft = Transform("soft_split", "Soft split", (0, 1, 2.5))
    monkeypatch.setattr("report_utils.binning.transforms.TRANSFORMS", {**binning.TRANSFORMS, soft.name: soft})
    fine = rng.poisson(3, (5, 4, 4, 3))  # 0-1, 1-2.5 and 2.5+ keV
    asked = []

    def counts(source, edges_kev):
        asked.append((source, edges_kev))
        return fine if edges_kev == soft.counted_edges_kev else np.concatenate([fine, fine[..., :1]], axis=-1)

    found = transform_statistics(counts, ["multi_band_1", "multi_band_2", "soft_split", "agn_less_2"])
    assert asked == [
        ("observation", BAND_EDGES_KEV), ("observation", (0, 1, 2.5, inf)), ("agn_less", BAND_EDGES_KEV)
    ]  # fmt: skip
    low, high, _ = fine.sum(axis=(1, 2)).T
    features = BASELINES["both"].features(found["soft_split"], "soft_split")
    np.testing.assert_allclose(features, np.column_stack([np.log10(1 + low + high), np.log10((1 + high) / (1 + low))]))


@pytest.mark.parametrize("transform", ["single_band", "multi_band_3"])
def test_a_linear_relation_is_recovered_exactly(events, transform):
    statistics = CountStatistics(events, events)
    features = BASELINES["both"].features(statistics, transform)
    masses = 13.0 + features @ np.linspace(0.4, 1.2, features.shape[1])
    result = cross_validated(features, masses)
    np.testing.assert_allclose(result.residuals, 0, atol=1e-10)
    assert result.predictions.shape == (N, 1)
    np.testing.assert_array_equal(result.truth, masses[result.cluster])
    np.testing.assert_array_equal(result.fold, FOLDS[result.cluster])
    np.testing.assert_array_equal(result.group, GROUPS[result.cluster])


def test_trees_find_a_step_that_a_line_cannot(events):
    features = luminosity(events, "single_band")
    masses = np.where(features[:, 0] > 4, 14.8, 13.8)
    trees, line = (cross_validated(features, masses, regression) for regression in (tree_regression, linear_regression))
    # clusters next to the step may fall on its other side
    assert np.mean(np.abs(trees.residuals) < 0.001) > 0.97
    assert np.mean(np.abs(line.residuals) < 0.05) < 0.3
    again = cross_validated(features, masses, tree_regression)
    np.testing.assert_array_equal(trees.predictions, again.predictions)


def test_the_mean_scatters_as_the_masses_do():
    """Fold by fold the residual is the mean of the others minus the truth."""
    masses = np.random.default_rng(1).normal(14.1, 0.3, N)
    result = mean_mass(masses, FOLDS, range(5), GROUPS)
    expected = np.concatenate([masses[fold != FOLDS].mean() - masses[fold == FOLDS] for fold in range(5)])
    np.testing.assert_allclose(result.residuals[:, 0], expected, atol=1e-12)
    balanced = np.tile([13.8, 14.4], N // 2)[np.argsort(np.argsort(FOLDS, kind="stable"))]
    assert mean_mass(balanced, FOLDS, range(5), GROUPS).residuals.std() == pytest.approx(0.3)


def test_no_regression_sees_its_test_clusters(events):
    seen = []

    def spy(features, masses, new_features):
        seen.append((set(features[:, 0]), set(new_features[:, 0])))
        return np.full(len(new_features), masses.mean())

    rows = np.arange(N, dtype=float)[:, None]
    result = cross_validated(rows, np.zeros(N), spy, folds=range(2))
    assert [test for _, test in seen] == [set(np.flatnonzero(fold == FOLDS)) for fold in range(2)]
    assert all(not train & test and len(train | test) == N for train, test in seen)
    assert set(result.fold) == {0, 1}


def test_one_channel_has_no_hardness(events):
    statistics = dict.fromkeys(TRANSFORMS, CountStatistics(events, events // 2))
    masses = np.random.default_rng(1).normal(14.1, 0.3, N)
    results = all_baselines(statistics, masses, FOLDS, range(2), GROUPS)
    kinds = {name: {key[1] for key in results if key[0] == name} for name in TRANSFORMS}
    assert kinds["single_band"] == kinds["multi_band_1"] == {"luminosity", "without_core"}
    assert kinds["multi_band_3"] == set(BASELINES)
    assert {key[2] for key in results} == {"linear", "trees"}

"""Predictions of several training seeds are held together, and matched by cluster."""

from dataclasses import replace

import numpy as np
import pytest

from report_utils.errors import InputError
from report_utils.report.seeds import SeedPredictions, all_seeds, on_common_clusters


def test_one_run_is_one_seed_in_the_order_of_clusters(made_up):
    run = made_up("single_band", 0.1)
    tested = SeedPredictions.of(run)
    assert tested.n_seeds == 1
    np.testing.assert_array_equal(tested.cluster, np.arange(600))
    order = np.argsort(run.cluster)
    np.testing.assert_array_equal(tested.truth, run.truth[order])
    np.testing.assert_array_equal(tested.residuals[0], run.residuals[order])
    np.testing.assert_array_equal(tested.fold, run.fold[order])
    assert SeedPredictions.of(tested) is tested


def test_seeds_are_matched_by_cluster(made_up):
    first, second = made_up("single_band", 0.1), made_up("single_band", 0.1, seed=1)
    order = np.random.default_rng(0).permutation(600)
    columns = ("cluster", "group", "truth", "predictions", "fold")
    shuffled = replace(second, **{name: getattr(second, name)[order] for name in columns})
    tested = SeedPredictions.of([first, shuffled])
    assert tested.predictions.shape == (2, 600, 8)
    np.testing.assert_array_equal(tested.predictions[1], SeedPredictions.of(second).predictions[0])


def test_seeds_of_other_clusters_or_folds_are_refused(made_up):
    run = made_up("single_band", 0.1)
    for other in (replace(run, cluster=run.cluster + 1), replace(run, fold=1 - run.fold)):
        with pytest.raises(InputError, match="single_band: training seed 1 was tested on other clusters or folds"):
            SeedPredictions.of([run, other])


def test_common_clusters(made_up):
    whole = {name: SeedPredictions.of(made_up(name, 0.1)) for name in ("single_band", "multi_band_1")}
    whole["multi_band_1"] = whole["multi_band_1"].among(np.array([3, 5, 7, 900]))
    common = on_common_clusters(whole)
    for name, one in common.items():
        np.testing.assert_array_equal(one.cluster, [3, 5, 7])
        np.testing.assert_array_equal(one.predictions, whole[name].among(np.array([3, 5, 7])).predictions)


def test_every_seed_of_a_reproduction_is_taken(made_up):
    class Reproduction:
        transforms = ("single_band", "multi_band_1")

        @staticmethod
        def cross_validations(name):
            return tuple(made_up(name, 0.1, seed=seed) for seed in range(3 if name == "single_band" else 1))

    assert {name: one.n_seeds for name, one in all_seeds(Reproduction()).items()} == {
        "single_band": 3,
        "multi_band_1": 1,
    }
    assert list(all_seeds(Reproduction(), ["multi_band_1"])) == ["multi_band_1"]

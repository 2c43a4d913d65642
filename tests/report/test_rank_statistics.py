"""Displacements, phases and distances between trainings whose answers are known."""

import numpy as np
import pytest

from report_utils.report.rank_statistics import (
    displacements,
    distance_over_seeds,
    extremes_first,
    hard_in_seeds,
    middle_gains,
    phase_ratio,
    rank_displacement,
    squared_distance,
)


def test_displacement_counts_places():
    np.testing.assert_allclose(rank_displacement([1, 2, 3, 4, 5], [1, 5, 3, 4, 2]), [0, 0.75, 0, 0, 0.75])
    truth = np.random.default_rng(0).normal(size=4000)
    assert rank_displacement(truth, np.random.default_rng(1).normal(size=4000)).mean() == pytest.approx(1 / 3, abs=0.01)


def test_shrinkage_displaces_nothing():
    """Errors blind to mass about a line of any slope are the reference: 1, where raw residuals gave 1.12."""
    rng = np.random.default_rng(5)
    found = {1.0: [], 0.5: []}
    for _ in range(60):
        truth, errors, groups = rng.normal(14.2, 0.24, 480), rng.normal(0, 0.12, 480), rng.integers(0, 246, 480)
        for slope, intervals in found.items():
            prediction = 14.2 + slope * (truth - 14.2) + slope * errors
            intervals.append(extremes_first(displacements(truth, prediction), groups, n_resamples=200))
    for slope, intervals in found.items():
        assert np.mean([one.value for one in intervals]) == pytest.approx(1, abs=0.025), slope
        assert sum(one.low > 1 for one in intervals) <= 5  # 2.5 % of 60, and what chance adds
    # the order is the same, and so is all that is said of it
    same = [one.value for one in found[1.0]]
    np.testing.assert_allclose([one.value for one in found[0.5]], same)


def test_seeds_widen_what_is_said_of_sorting():
    """The same errors in every training know nothing of another; other errors do, and share the estimate."""
    rng = np.random.default_rng(2)
    truth, groups = rng.uniform(13.7, 15, 300), np.arange(300)
    errors = rng.normal(0, 0.1, (3, 300)) * np.array([1.0, 1.6, 0.6])[:, None]
    same, other = truth + errors[[0, 0, 0]], truth + errors
    once = extremes_first(displacements(truth, same[0]), groups)
    assert extremes_first(displacements(truth, same), groups).value == pytest.approx(once.value)
    assert extremes_first(displacements(truth, other), groups).n_seeds == 3
    gain = middle_gains(displacements(truth, other), displacements(truth, truth + errors / 3), groups)
    assert gain.value == pytest.approx(1, abs=0.25)
    alone = middle_gains(displacements(truth, other[0]), displacements(truth, truth + errors[0] / 3), groups)
    assert (gain.n_seeds, alone.n_seeds) == (3, 1)


def test_phases_are_those_of_the_same_training(made_up_dynamics):
    """Trainings may differ as they like: if each halves its own scatter the ratio is exact."""
    seeds = [
        made_up_dynamics("multi_band_4", [s, s / 2], errors=np.random.default_rng(1).normal(size=300))
        for s in (1, 2, 4)
    ]
    ratio = phase_ratio(seeds, 2, 1)
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((0.5, 0.5, 0.5))
    assert ratio.n_seeds == 3


def test_phases_pool_their_seeds(made_up_dynamics):
    seeds = [made_up_dynamics("multi_band_4", [0.1, 0.05 + 0.01 * seed], seed=seed) for seed in range(3)]
    ends = np.array([[run.predictions[epoch] - run.truth[:, None] for run in seeds] for epoch in (2, 5)])
    ratio = phase_ratio(seeds, 2, 1)
    assert ratio.value == pytest.approx(ends[1].std() / ends[0].std())
    alone = phase_ratio(seeds[:1], 2, 1)
    assert alone.high - alone.low < ratio.high - ratio.low


def distances(kinds):
    """The two mean squared distances by their definition: over all pairs of other seeds."""
    n = len(kinds[0])
    across = [squared_distance(kinds[0][a], kinds[1][b]).mean() for a in range(n) for b in range(n) if a != b]
    within = [squared_distance(kind[a], kind[b]).mean() for kind in kinds for a in range(n) for b in range(a)]
    return np.mean(across), np.mean(within)


def test_distances_are_means_over_pairs_of_other_seeds(made_up_dynamics):
    kinds = [
        [made_up_dynamics(name, [0.1, 0.05], seed=seed) for seed in seeds]
        for name, seeds in (("multi_band_4", (1, 2, 3)), ("agn_less_4", (1, 5, 6)))
    ]
    across, within = distances(kinds)
    found = distance_over_seeds(*kinds)
    assert found.value == pytest.approx(np.sqrt(across / within))
    assert found.n_seeds == 3
    # seed 1 begins alike in both kinds and is the same here: had this pair been counted, they would seem closer
    assert squared_distance(kinds[0][0], kinds[1][0]).max() == 0
    assert found.value == pytest.approx(1, abs=0.05)
    more = distance_over_seeds(kinds[0], [*kinds[1], made_up_dynamics("agn_less_4", [9, 9], seed=8)])
    assert more.value == found.value


def test_an_effect_of_the_kind_is_found_beyond_the_seeds(made_up_dynamics):
    """Seeds apart by sqrt(2) scatters; another effect of one scatter in one kind: sqrt((2 + 1) / 2)."""
    rng = np.random.default_rng(3)
    effect = rng.normal(size=300)
    kinds = [
        [made_up_dynamics("", [0.1], errors=rng.normal(size=300) + shift * effect) for _ in range(5)]
        for shift in (0, 1)
    ]
    found = distance_over_seeds(*kinds)
    assert found.value == pytest.approx(np.sqrt(1.5), abs=0.06)
    assert found.low > 1


def test_hard_clusters_are_counted_over_seeds(made_up_dynamics):
    errors = np.clip(np.random.default_rng(9).normal(size=(3, 300)), -2, 2)
    errors[:, 7] = errors[1, 4] = 9.0
    seeds = [made_up_dynamics("multi_band_4", [0.1, 0.05], errors=of_seed) for of_seed in errors]
    assert hard_in_seeds(seeds) == {7: 3, 4: 1}
    assert list(hard_in_seeds(seeds)) == [7, 4]

"""Numbers of a recording, by examples whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from tests.dynamics.made_up import classifier, regression

from report_utils.dynamics import (
    Recording,
    cartography,
    compare_dynamics,
    compare_with_seeds,
    learning,
    phase_gains,
    rank_correlation,
)
from report_utils.dynamics.measures import NEVER, tolerance_of
from report_utils.errors import InputError


def of_probabilities(by_epoch, epoch=None):
    """Two classes, all items of the second; what is given is its probability."""
    recording = Recording(np.ones(np.shape(by_epoch)[1], int), classes=2)
    for number, one in enumerate(by_epoch):
        recording.record(one, epoch=None if epoch is None else epoch[number])
    return recording


def test_learning_order_and_forgetting_events():
    """Four items: always right; learnt at epoch 2; forgotten twice; never right."""
    recording = of_probabilities(
        [[0.9, 0.1, 0.9, 0.2], [0.9, 0.8, 0.2, 0.1], [0.9, 0.8, 0.9, 0.3], [0.9, 0.8, 0.1, 0.4]]
    )
    found = learning(recording)
    assert found.first_right.tolist() == [1, 2, 1, NEVER]
    assert found.learnt.tolist() == [1, 2, NEVER, NEVER]
    assert found.forgotten.tolist() == [0, 0, 2, 0]


def test_of_numbers_right_means_within_a_tolerance():
    recording = Recording.from_arrays([[0, 10], [1, 4], [1.9, 4]], [2.0, 4.0])
    assert tolerance_of(recording) == 0.5
    assert learning(recording).learnt.tolist() == [3, 2]
    assert learning(recording, tolerance=1).learnt.tolist() == [2, 2]


def test_cartography_is_the_mean_and_the_spread_of_the_truths_probability():
    found = cartography(of_probabilities([[0.0, 0.0], [0.9, 0.2], [0.7, 0.6], [0.8, 0.7]], epoch=[0, 1, 2, 3]))
    np.testing.assert_allclose(found.confidence, [0.8, 0.5], rtol=1e-6)
    np.testing.assert_allclose(found.variability, [np.sqrt(0.02 / 3), np.sqrt(0.14 / 3)], rtol=1e-6)
    np.testing.assert_allclose(found.correctness, [1, 2 / 3])


def test_rank_correlation_with_the_truth():
    recording = Recording.from_arrays([[1, 2, 3, 4], [4, 3, 2, 1], [1, 3, 2, 4], [5, 5, 5, 5]], [10.0, 20, 30, 40])
    np.testing.assert_allclose(rank_correlation(recording), [1, -1, 0.8, np.nan])


def test_a_phases_gain_is_the_fall_of_the_scatter_and_its_interval_covers_it(rng):
    """Errors of 0.4, 0.2 and 0.1 in three phases: the gains are 0.2 and 0.1, known to about 0.2 / sqrt(n)."""
    truth = rng.normal(size=900)
    errors = np.array([0.4, 0.2, 0.1])[:, None] * rng.normal(size=(3, 900))
    recording = Recording.from_arrays(truth + errors, truth, phase=[0, 1, 2], phase_names=["a", "b", "c"])
    found = phase_gains(recording)
    assert found.phase.tolist() == ["b", "c"]
    np.testing.assert_allclose(found.gain, [0.2, 0.1], atol=0.02)
    np.testing.assert_allclose(found.before, recording.scatter[:2])
    np.testing.assert_allclose(found.after, recording.scatter[1:])
    assert ((found.low < found.gain) & (found.gain < found.high)).all()
    np.testing.assert_allclose(found.high - found.low, 2 * 1.96 * np.hypot([0.4, 0.2], [0.2, 0.1]) / 42.4, rtol=0.15)


def test_groups_are_drawn_whole(rng):
    """Ten copies of each item say no more than one does."""
    one = rng.normal(size=(2, 40))
    alone = Recording.from_arrays(one, np.zeros(40), phase=[0, 1])
    copied = Recording.from_arrays(
        np.repeat(one, 10, axis=1), np.zeros(400), phase=[0, 1], group=np.repeat(np.arange(40), 10)
    )
    assert phase_gains(copied).low[0] == pytest.approx(phase_gains(alone).low[0])


def test_the_first_phase_begins_at_epoch_0_and_classes_count_what_is_wrong():
    recording = of_probabilities([[0.1, 0.2, 0.3, 0.9], [0.9, 0.2, 0.8, 0.9]], epoch=[0, 1])
    (row,) = phase_gains(recording).itertuples()
    assert (row.before, row.after, row.gain) == (0.75, 0.25, 0.5)


def test_seeds_alone_are_the_measure_of_alike():
    def trainings(seeds, shift):
        tilt = shift * np.linspace(-1, 1, 400)[:, None]
        made = [regression(np.random.default_rng(seed), n_items=400, n_views=1) for seed in seeds]
        return [Recording.from_arrays(one.predictions + tilt, one.truth, item_ids=one.item) for one in made]

    alike = compare_with_seeds(trainings((1, 2, 3), 0), trainings((4, 5, 6), 0))
    assert alike.ratio == pytest.approx(1, abs=0.05)  # both differ by 0.1 * sqrt(2)
    assert alike.within == pytest.approx(0.1 * np.sqrt(2), rel=0.05)
    different = compare_with_seeds(trainings((1, 2, 3), 0), trainings((4, 5, 6), 0.5))
    assert different.p_value == pytest.approx(0.1)  # 2 of the 20 ways to deal six into three and three
    assert different.ratio > 2
    with pytest.raises(InputError, match="1 and 2 recordings are given; two or more seeds of each"):
        compare_with_seeds(trainings((1,), 0), trainings((2, 3), 0))
    with pytest.raises(InputError, match="of different items"):
        compare_with_seeds(trainings((1, 2), 0), [regression(np.random.default_rng(0)) for _ in range(2)])


def test_questions_of_the_wrong_kind_are_refused(rng):
    with pytest.raises(InputError, match="cartography is defined for classes"):
        cartography(regression(rng))
    with pytest.raises(InputError, match="classes have no ranks"):
        rank_correlation(classifier(rng))
    diverged = Recording.from_arrays([[1, np.nan]], [1.0, 2.0])
    for ask in (learning, phase_gains, rank_correlation):
        with pytest.raises(InputError, match="not finite"):
            ask(diverged)


def test_a_recording_is_exactly_like_itself(rng):
    recording = regression(rng)
    same = compare_dynamics(recording, recording)
    np.testing.assert_allclose(same.rank_correlation, 1)
    np.testing.assert_allclose(same.rms_difference, 0)
    np.testing.assert_allclose(same.residual_correlation, 1)
    np.testing.assert_allclose(same.gain_correlation, 1)
    np.testing.assert_array_equal(same.gain[:, 0], same.gain[:, 1])


def test_independent_errors_are_seen(rng):
    """Errors of 0.1 dex, averaged over eight views, differ by 0.1 * sqrt(2 / 8) = 0.05 dex and do not correlate."""
    first, second = (regression(rng, n_items=4000) for _ in range(2))
    comparison = compare_dynamics(first, second)
    np.testing.assert_allclose(comparison.rms_difference, 0.05, rtol=0.05)
    np.testing.assert_allclose(comparison.residual_correlation, 0, atol=0.06)
    np.testing.assert_allclose(comparison.scatter, 0.1, rtol=0.03)


def test_a_model_that_predicts_one_value_has_no_rank(rng):
    flat = regression(rng)
    flat = Recording.from_arrays(
        np.full_like(flat.predictions, 14.0), flat.truth, phase=flat.phase, item_ids=flat.item, name="flat"
    )
    assert np.isnan(compare_dynamics(flat, regression(rng)).rank_correlation).all()


def test_only_the_same_observations_are_compared(rng):
    with pytest.raises(InputError, match="different observations"):
        compare_dynamics(regression(rng), regression(rng, n_items=40))

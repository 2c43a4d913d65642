"""How alike two recordings are."""

from __future__ import annotations

import numpy as np
import pytest
from tests.dynamics.made_up import regression

from report_utils.dynamics import Recording, compare_dynamics
from report_utils.errors import InputError


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

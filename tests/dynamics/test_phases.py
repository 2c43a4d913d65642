"""Between the phases of a training."""

from __future__ import annotations

import numpy as np
import pytest

from report_utils import profiles
from report_utils.dynamics import epoch_phases, weight_noise


def test_paper_has_204_epochs_in_four_phases():
    phases = epoch_phases(4, profiles.Dynamics().epochs)
    assert len(phases) == 204
    np.testing.assert_array_equal(np.bincount(phases), [51] * 4)


def test_noise_is_in_units_of_the_kernels_spread():
    kernel = np.random.default_rng(0).normal(scale=2.0, size=(200, 300)).astype(np.float32)
    bias = np.ones(300, dtype=np.float32)
    noisy = weight_noise([kernel, bias], 0.05, np.random.default_rng(1))
    assert np.std(noisy[0] - kernel) == pytest.approx(0.1, rel=0.02)
    assert np.std(noisy[1] - bias) == pytest.approx(0.1, rel=0.15)
    unchanged = weight_noise([kernel, bias], 0.0, np.random.default_rng(1))
    np.testing.assert_array_equal(unchanged[0], kernel)

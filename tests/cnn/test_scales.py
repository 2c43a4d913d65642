"""Targets and images, centred and scaled by what is trained on alone."""

from __future__ import annotations

import numpy as np
import pytest

from report_utils.cnn.scales import InputScale, TargetScale


def test_a_standardised_target_has_mean_0_and_spread_1():
    masses = np.array([13.6, 14.0, 14.8])
    scale = TargetScale(masses, "standardised")
    target = scale.to_target(masses)
    assert (target.mean(), target.std()) == pytest.approx((0, 1), abs=1e-6)
    np.testing.assert_allclose(scale.to_log10_mass(target), masses, rtol=1e-6)


def test_channels_are_centred_one_by_one_and_share_a_spread():
    """Channels of spread 3 and 4: the root mean square is sqrt((9 + 16) / 2), whatever the test images hold."""
    images = np.zeros((3, 2, 2, 2), dtype=np.float32)
    images[:2, ..., 0] = np.array([-3, 3])[:, None, None] + 10
    images[:2, ..., 1] = np.array([-4, 4])[:, None, None]
    images[2] = 99  # of a test cluster
    scale = InputScale.of(images, np.array([0, 1]), "standardised")
    np.testing.assert_allclose(scale.mean, [10, 0])
    assert scale.spread == pytest.approx(np.sqrt(12.5))


@pytest.mark.parametrize("images", [np.zeros((2, 8, 8, 1), np.float32), np.full((2, 8, 8, 1), 2.5, np.float32)])
def test_even_images_are_centred_and_nothing_is_divided_by_zero(images):
    scale = InputScale.of(images, np.arange(2), "standardised")
    np.testing.assert_allclose(images - scale.mean, 0)
    assert scale.spread == 1


def test_as_is_changes_nothing():
    scale = InputScale.of(np.ones((1, 8, 8, 3), np.float32), np.arange(1), "as_is")
    np.testing.assert_array_equal(scale.mean, np.zeros(3))
    assert scale.spread == 1

"""The eight symmetries form the dihedral group of the square."""

from __future__ import annotations

import numpy as np
import pytest

from report_utils.binning import N_VIEWS, TRANSFORMS, band_counts, eight_views, view_pixels
from report_utils.events import EventList


@pytest.fixture
def image(rng):
    return rng.normal(size=(6, 6, 3)).astype(np.float32)


def test_identity_first_then_all_rotations_and_flips(image):
    views = eight_views(image)
    np.testing.assert_array_equal(views[0], image)
    expected = [np.rot90(image, k) for k in range(4)] + [np.rot90(image[:, ::-1], k) for k in range(4)]
    for flip in (image[::-1], image[:, ::-1], image.transpose(1, 0, 2)):
        assert any(np.array_equal(flip, view) for view in views)
    for wanted in expected:
        assert sum(np.array_equal(wanted, view) for view in views) == 1


def test_closed_under_composition(image):
    views = {view.tobytes() for view in eight_views(image)}
    assert len(views) == N_VIEWS
    for view in eight_views(image):
        assert {v.tobytes() for v in eight_views(view)} == views


def test_a_view_is_its_images_pixels_in_another_order(image):
    pixels = view_pixels(6)
    views = image.reshape(36, 3)[pixels].reshape(8, 6, 6, 3)
    np.testing.assert_array_equal(views, eight_views(image))


def test_turning_events_turns_the_image(rng):
    """A quarter turn of the sky is a quarter turn of the image."""
    x, y = rng.normal(size=(2, 500))
    energy = rng.exponential(3, 500)
    transform = TRANSFORMS["multi_band_4"]
    image, turned = (transform(band_counts(EventList(a, b, energy), 8)) for a, b in ((x, y), (-y, x)))
    assert any(np.array_equal(turned, view) for view in eight_views(image))


def test_an_image_is_square():
    with pytest.raises(ValueError, match="n_pixels, n_pixels"):
        eight_views(np.zeros((3, 4, 1)))

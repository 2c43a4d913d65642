"""Rings: events are neither lost nor doubled, and the image's place and orientation do not matter."""

import numpy as np
import pytest

from report_utils.experiments.radial_profiles import half_count_radii, radial_profiles


@pytest.fixture
def counts():
    return np.random.default_rng(0).poisson(0.5, (70, 16, 16, 3))


def test_every_event_is_in_one_ring(counts):
    rings = radial_profiles(counts, 4)
    assert rings.shape == (70, 4, 3)
    assert np.array_equal(rings.sum(axis=1), counts.sum(axis=(1, 2)))


def test_a_pixel_s_events_lie_in_the_ring_of_its_distance():
    counts = np.zeros((1, 16, 16, 2), dtype=np.int32)
    counts[0, 5, 6] = (100, 7)  # the median event
    counts[0, 5, 9, 0] = 3  # 3 pixels away: rings are 2 wide
    counts[0, 15, 15, 1] = 4  # beyond all rings
    rings = radial_profiles(counts, 4)[0]
    assert rings[:, 0].tolist() == [100, 3, 0, 0]
    assert rings[:, 1].tolist() == [7, 0, 0, 4]


def test_a_moved_or_turned_image_has_the_same_rings():
    counts = np.zeros((1, 32, 32, 1), dtype=np.int32)
    counts[0, 10:17, 8:15, 0] = np.random.default_rng(1).integers(1, 9, (7, 7))
    counts[0, 13, 11] = 500
    rings = radial_profiles(counts)
    assert np.array_equal(radial_profiles(np.roll(counts, (4, 5), axis=(1, 2))), rings)
    assert np.array_equal(radial_profiles(counts.transpose(0, 2, 1, 3)), rings)


def test_an_empty_image_has_empty_rings():
    assert not radial_profiles(np.zeros((2, 8, 8, 4), dtype=np.int32)).any()


def test_half_of_a_uniform_disc_lies_within_its_radius_over_root_two():
    edges = np.linspace(0, 20, 201)
    disc = np.diff(np.round(1e6 * edges**2)).astype(np.int64)
    assert half_count_radii(np.stack([disc, 0 * disc, 3 * disc]), 0.1) == pytest.approx(
        [20 / 2**0.5, 0, 20 / 2**0.5], abs=1e-3
    )

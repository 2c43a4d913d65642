"""Rings about a cluster, and what neutralising them keeps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from report_utils.events import EventList
from report_utils.experiments.rings import (
    half_count_radii,
    neutralise,
    radial_profiles,
    radius_arcsec,
    radius_half_light,
    ring_shares,
)

counts_and_ring = st.builds(
    lambda seed, scale: (
        np.random.default_rng(seed).poisson(scale * np.random.default_rng(seed + 1).random((6, 6, 3))),
        np.random.default_rng(seed + 2).random((6, 6)) < 0.4,
    ),
    st.integers(0, 2**31),
    st.sampled_from([0.0, 0.1, 3.0, 200.0]),
)


@given(counts_and_ring, st.sampled_from(["all", "rest"]))
def test_pixels_keep_their_totals_and_the_rest_its_bands(case, spectrum_of):
    counts, ring = case
    kept = counts.copy()
    found = neutralise(counts, ring, np.random.default_rng(1), spectrum_of)
    np.testing.assert_array_equal(found.sum(axis=-1), counts.sum(axis=-1))
    np.testing.assert_array_equal(found[~ring], counts[~ring])
    np.testing.assert_array_equal(counts, kept)
    assert (found >= 0).all()


@given(counts_and_ring)
def test_a_whole_image_keeps_its_global_hardness(case):
    counts, _ = case
    found = neutralise(counts, np.ones(counts.shape[:2], dtype=bool), np.random.default_rng(1))
    np.testing.assert_array_equal(found.sum(axis=(0, 1)), counts.sum(axis=(0, 1)))


@pytest.mark.parametrize(("spectrum_of", "expected"), [("all", 0.5), ("rest", 0.1)])
def test_a_hard_ring_gets_the_hardness_of_all_or_of_the_rest(rng, spectrum_of, expected):
    """Half of the events are in the ring, 90 % of them hard, and 10 % of the others: of all, one half is hard."""
    counts = np.zeros((2, 2, 2), dtype=np.int64)
    counts[0], counts[1] = [100_000, 900_000], [900_000, 100_000]
    ring = np.array([[True, True], [False, False]])
    found = neutralise(counts, ring, rng, spectrum_of)
    assert found[0, :, 1] / 1_000_000 == pytest.approx(np.full(2, expected), abs=0.003)


def test_a_ring_with_all_events_keeps_their_hardness(rng):
    counts = np.zeros((4, 4, 2), dtype=np.int64)
    counts[1:3, 1:3] = [30, 10]
    found = neutralise(counts, counts.any(axis=-1), rng, "rest")
    assert found.sum(axis=(0, 1)).tolist() == [120, 40]


def test_a_box_of_events_gives_each_pixel_its_radius():
    """Pixels of 2 arcsec in x and 1 in y: centres at -3, -1, 1, 3 and -1.5 to 1.5."""
    events = EventList(x=[-4, 4, 0], y=[-2, 2, 0], energy=[1, 1, 1])
    radius = radius_arcsec(events, 4)
    assert radius[0, 0] == pytest.approx(np.hypot(3, 1.5))
    assert radius[2, 1] == pytest.approx(np.hypot(1, 0.5))
    square = radius_arcsec(events, 4, half_width_arcsec=8)
    assert square[0, 0] == pytest.approx(np.hypot(6, 6))


def test_half_of_the_events_lie_within_half_light():
    """Four events at one pixel's distance from the centre, four at three: half lie within one pixel."""
    counts = np.zeros((7, 7, 1), dtype=np.int64)
    for far in (1, 3):
        counts[3 - far, 3] = counts[3 + far, 3] = counts[3, 3 - far] = counts[3, 3 + far] = 1
    radius = radius_half_light(counts)
    assert radius[3, 3] == 0
    assert radius[3, 4] == pytest.approx(1)
    assert radius[3, 6] == pytest.approx(3)
    assert np.digitize(radius, (0.5, 1, 2))[3].tolist() == [3, 3, 2, 0, 2, 3, 3]


def test_one_pixel_with_all_events_has_a_radius_of_half_a_pixel():
    counts = np.zeros((3, 3, 2), dtype=np.int64)
    counts[1, 1] = 5
    assert radius_half_light(counts)[1].tolist() == [2, 0, 2]


def test_shares_add_up_the_pixels_of_a_ring():
    sizes = np.zeros((2, 2, 2, 2))
    sizes[0] = [[[1, 0], [2, 1]], [[0, 0], [3, 3]]]
    rings = np.array([[[0, 1], [1, 2]]] * 2)
    found = ring_shares(sizes, rings, 4)
    np.testing.assert_allclose(found[0], [[0.1, 0], [0.2, 0.1], [0.3, 0.3], [0, 0]])
    assert (found[1] == 0).all()


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

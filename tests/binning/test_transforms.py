"""The sixteen transforms against the report's formulas, written out."""

from __future__ import annotations

import json
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from report_utils.binning import BAND_EDGES_KEV, TRANSFORMS, Transform, band_counts, get_transform, retained_pixels
from report_utils.binning.transforms import EXPERIMENTS, OTHER_READINGS, _by_name
from report_utils.errors import InputError
from report_utils.events import EventList

NAMES = [
    "single_band", "single_band_thresholded",
    "multi_band_1", "multi_band_2", "multi_band_3", "multi_band_4",
    "retained_99", "retained_95", "retained_90", "retained_75", "retained_50", "retained_25",
    "agn_less_1", "agn_less_2", "agn_less_3", "agn_less_4",
]  # fmt: skip

cubes = arrays(np.int32, (5, 5, 4), elements=st.integers(0, 200_000) | st.just(0))


def test_there_are_sixteen_in_the_reports_order():
    assert list(TRANSFORMS) == NAMES


@given(counts=cubes)
def test_single_bands(counts):
    full = np.log10(1 + counts.sum(axis=-1))
    np.testing.assert_allclose(TRANSFORMS["single_band"](counts)[..., 0], full, rtol=1e-6)
    below = np.log10(1 + counts[..., :3].sum(axis=-1))
    np.testing.assert_allclose(TRANSFORMS["single_band_thresholded"](counts)[..., 0], below, rtol=1e-6)


@given(counts=cubes, k=st.integers(1, 4), kind=st.sampled_from(["multi_band", "agn_less"]))
def test_first_bands(counts, k, kind):
    image = TRANSFORMS[f"{kind}_{k}"](counts)
    assert image.shape == (5, 5, k)
    assert image.dtype == np.float32
    np.testing.assert_allclose(image, np.log10(1 + counts[..., :k]), rtol=1e-6)


@given(counts=cubes, p=st.sampled_from([99, 95, 90, 75, 50, 25]))
def test_retained(counts, p):
    """Section 3.1.3, pixel by pixel."""
    image = TRANSFORMS[f"retained_{p}"](counts)
    occupied = [cell.sum() for cell in counts.reshape(-1, 4) if cell.sum() > 0]
    limit = np.percentile(occupied, p) if occupied else 0
    for i in range(5):
        for j in range(5):
            kept = counts[i, j].sum() <= limit
            np.testing.assert_allclose(image[i, j], np.log10(1 + counts[i, j]) * kept, rtol=1e-6)


def test_ties_are_kept():
    counts = np.zeros((4, 4, 4), dtype=np.int32)
    counts[..., 0] = 1
    counts[0, 0, 0] = 9
    assert retained_pixels(counts, 25).sum() == 15


@given(counts=cubes, p=st.sampled_from([99, 95, 90, 75, 50, 25]))
def test_other_readings_of_the_percentile(counts, p):
    """Pixel by pixel, from the words: of all pixels; of all events, each with its pixel's counts; ties emptied."""
    totals = counts.reshape(-1, 4).sum(axis=1, dtype=np.int64)
    occupied = totals[totals > 0]
    limit_of_all = np.percentile(totals, p)
    rows = {
        "of_all": totals <= limit_of_all,
        "ties_emptied": totals < (np.percentile(occupied, p) if len(occupied) else 0),
    }
    ascending = np.sort(occupied)
    share = np.cumsum(ascending) / max(ascending.sum(), 1)
    limit_of_events = ascending[np.argmax(share >= p / 100 - 1e-12)] if len(ascending) else 0
    rows["of_events"] = totals <= limit_of_events
    for rule, kept in rows.items():
        image = get_transform(f"retained_{p}_{rule}")(counts)
        expected = np.log10(1 + counts) * kept.reshape(5, 5, 1)
        np.testing.assert_allclose(image, expected, rtol=1e-6)


def test_the_percentile_of_events_counts_every_event():
    """Pixels with 1, 2, 3 and 4 events: six of the ten events lie in those with three or fewer."""
    counts = np.zeros((2, 2, 4), dtype=np.int32)
    counts[..., 1] = [[1, 2], [3, 4]]
    assert retained_pixels(counts, 60, "of_events").tolist() == [[True, True], [True, False]]
    assert retained_pixels(counts, 30, "of_events").tolist() == [[True, True], [False, False]]
    assert retained_pixels(counts, 61, "of_events").all()


def test_other_readings_are_not_among_the_reports_transforms():
    assert not set(OTHER_READINGS) & set(TRANSFORMS)
    assert len(OTHER_READINGS) == 6 * 3
    transform = get_transform("retained_25_of_all")
    assert transform.label.startswith("25% Retained, of all pixels (0-2.5")
    with pytest.raises(InputError, match="unknown transform 'retained_25_of_most'") as raised:
        get_transform("retained_25_of_most")
    assert all(name in str(raised.value) for name in (*TRANSFORMS, *EXPERIMENTS))


def test_each_image_of_a_stack_has_its_own_percentile(rng):
    stack = rng.poisson([[[[1]]], [[[50]]]], size=(2, 8, 8, 4)).astype(np.int32)
    for transform in (*TRANSFORMS.values(), *OTHER_READINGS.values()):
        together = transform(stack)
        np.testing.assert_array_equal(together, np.stack([transform(counts) for counts in stack]))


def test_an_empty_image_stays_empty():
    for transform in (*TRANSFORMS.values(), *OTHER_READINGS.values()):
        assert transform(np.zeros((4, 4, 4), dtype=np.int64)).sum() == 0


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from(NAMES))
def test_the_reports_images_are_those_of_a_plain_calculation_to_the_last_bit(seed, name):
    """Sums of bands in 64 bits, one logarithm in single precision, then the factor that makes it one to base ten."""
    rng, transform = np.random.default_rng(seed), TRANSFORMS[name]
    counts = (rng.poisson(2, (3, 6, 6, 4)) * 10 ** rng.integers(0, 7, (3, 6, 6, 4))).astype(np.int32)
    kept = np.ones((3, 6, 6, 1), dtype=np.int64)
    if transform.retained_percentile is not None:
        total = counts.sum(axis=-1, dtype=np.int64)
        limits = [np.percentile(one[one > 0], transform.retained_percentile) for one in total]
        kept = (total <= np.reshape(limits, (3, 1, 1)))[..., None]
    first = {"single_band": [[0, 1, 2, 3]], "single_band_thresholded": [[0, 1, 2]]}
    summed = first.get(name) or [[band] for band in range(transform.n_channels)]
    channels = np.stack([(counts * kept)[..., bands].sum(axis=-1, dtype=np.int64) for bands in summed], axis=-1)
    expected = np.log1p(channels, dtype=np.float32) * np.float32(1 / np.log(10))
    np.testing.assert_array_equal(transform(counts), expected)


@pytest.mark.parametrize(
    ("edges_kev", "channels", "n_events"),
    [
        ((0, 1, 2.5), ("0-1", "1-2.5"), [2, 2]),
        ((0, 1, inf), ("0-1", "1+"), [2, 3]),
        ((1, 3), ("1-3",), [3]),
        ((0, 2.5, inf), ("0-2.5", "2.5+"), [4, 1]),
        ((0.5, 1, 1.5, 2.5), ("0.5-1", "1-1.5", "1.5-2.5"), [1, 1, 1]),
        ((2.5, 7.5), ("2.5-7.5",), [1]),
        ((0, 0.1 + 0.2), ("0-0.30000000000000004",), [0]),
    ],
)
def test_other_edges_from_events_to_labels(edges_kev, channels, n_events):
    """Each edge belongs to the channel below it; the labels follow from the edges."""
    transform = Transform("soft_split", "Soft split", edges_kev)
    events = EventList(np.arange(5.0), np.arange(5.0), np.array([0.5, 1.0, 1.5, 2.5, 3.0]))
    image = transform(band_counts(events, 8, transform.counted_edges_kev))
    assert transform.channels == channels
    assert transform.label == f"Soft split ({', '.join(channels)} keV)"
    np.testing.assert_allclose((10**image - 1).sum(axis=(0, 1)), n_events, atol=1e-5)


def test_events_are_counted_in_the_reports_bands_wherever_they_suffice():
    assert {transform.counted_edges_kev for transform in TRANSFORMS.values()} == {BAND_EDGES_KEV}
    assert Transform("a", "A", (2.5, inf)).counted_edges_kev == BAND_EDGES_KEV
    assert Transform("a", "A", (1, 2.5)).counted_edges_kev == (0, 1, 2.5, inf)


def test_a_channel_is_a_sum_of_whole_bands():
    assert list(map(list, TRANSFORMS["single_band_thresholded"].bands((0, 1, 2.5, 5, 7.5, inf)))) == [[0, 1, 2, 3]]
    with pytest.raises(InputError, match=r"'soft_split': its edge 1 keV lies inside one of the bands 0-2.5, 2"):
        Transform("soft_split", "Soft split", (0, 1, 2.5)).bands(BAND_EDGES_KEV)


def test_a_cut_looks_at_the_events_of_all_energies():
    """The pixel with 9 events goes, although 1 of them is in the channels."""
    counts = np.zeros((2, 2, 4), dtype=np.int32)
    counts[..., 1], counts[0, 0, 3] = 1, 8
    image = Transform("a", "A", (1, 2, 3), retained_percentile=75)(counts)
    np.testing.assert_array_equal(image[..., 0] > 0, [[False, True], [True, True]])


def test_what_decides_an_image_as_plain_values():
    assert Transform("a", "A", (0, 1, inf)).described() == {
        "source": "observation", "edges_kev": [0.0, 1.0, None], "retained_percentile": None, "percentile_rule": None,
    }  # fmt: skip
    named = [TRANSFORMS["multi_band_2"], Transform("other", "Other name", (0, 2.5, 5))]
    assert named[0].described() == named[1].described()
    assert len({json.dumps(transform.described()) for transform in TRANSFORMS.values()}) == 16
    assert get_transform("retained_25").described() != get_transform("retained_25_of_all").described()


@pytest.mark.parametrize(
    ("edges_kev", "message"),
    [
        ((0,), r"edges_kev = \[0\]: a band has two edges"),
        ((0, 5, 2.5), r"edges_kev = \[0, 5, 2.5\]: edges ascend"),
        ((0, 2.5, 2.5), "edges ascend, each above the one before it"),
        ((-1, 2.5), "energies are not negative"),
        ((0, float("nan"), 2.5), "no edge is NaN"),
        ((0, -inf), "energies are not negative"),
        ((0, 2500, 5e6), r"no photon has more than 1e\+06 keV; edges are in keV"),
        (range(14), "13 bands are more than 12"),
    ],
)
def test_bad_edges_are_refused(edges_kev, message):
    with pytest.raises(InputError, match=f"transform 'soft_split': .*{message}"):
        Transform("soft_split", "Soft split", edges_kev)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "Soft split"}, "transform 'Soft split': a name has up to 41 lower-case letters"),
        ({"name": "../split"}, "files are named after it"),
        ({"source": "simulation"}, "source = 'simulation': choose one of observation, agn_less"),
        ({"retained_percentile": 100}, "retained_percentile = 100: a percentile lies between 0 and 100"),
        ({"percentile_rule": "of_most"}, "percentile_rule = 'of_most': choose one of of_occupied"),
    ],
)
def test_other_impossible_values_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        Transform(**{"name": "soft_split", "title": "Soft split", "edges_kev": (0, 1, 2.5)} | options)


def test_two_transforms_of_one_name_are_refused():
    with pytest.raises(InputError, match="transform 'single_band': two transforms have this name"):
        _by_name(TRANSFORMS["single_band"], TRANSFORMS["multi_band_2"], TRANSFORMS["single_band"])


def test_the_most_bands_there_can_be():
    assert Transform("many", "Many", (*range(12), inf)).n_channels == 12


def test_large_counts_keep_their_logarithm():
    """Counts beyond 2**24 are not exact in float32, their logarithm is to seven digits."""
    counts = np.full((1, 1, 4), 2**29, dtype=np.int32)
    np.testing.assert_allclose(TRANSFORMS["single_band"](counts)[0, 0, 0], np.log10(1 + 4 * 2**29), rtol=2e-7)


def test_sources_and_labels():
    assert {name for name, t in TRANSFORMS.items() if t.source == "agn_less"} == set(NAMES[-4:])
    assert TRANSFORMS["multi_band_2"].label == "Multi-Band (0-2.5, 2.5-5 keV)"
    assert TRANSFORMS["retained_25"].n_channels == 4


def test_unknown_names_and_wrong_shapes_are_refused():
    with pytest.raises(InputError, match="unknown transform 'multi_band_5'; choose one of single_band"):
        get_transform("multi_band_5")
    with pytest.raises(InputError, match=r"not float64 of \(4, 4, 4\)"):
        TRANSFORMS["single_band"](np.zeros((4, 4, 4)))
    with pytest.raises(InputError, match=r"\(4, 4, 3\)"):
        TRANSFORMS["single_band"](np.zeros((4, 4, 3), dtype=int))

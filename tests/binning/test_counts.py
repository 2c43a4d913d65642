"""Band counts against a direct transcription of the report's steps, and against numpy."""

from __future__ import annotations

from itertools import pairwise
from math import inf

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from report_utils.binning import BAND_EDGES_KEV, band_counts
from report_utils.errors import InputError
from report_utils.events import EventList


def five_steps(events: EventList, r: int, edges_kev=BAND_EDGES_KEV) -> np.ndarray:
    """Section 3.1 of the report, step by step: a box, r x r pixels, a list of energies in each, a function of it."""
    x_edges = np.linspace(float(events.x.min()), float(events.x.max()), r + 1)
    y_edges = np.linspace(float(events.y.min()), float(events.y.max()), r + 1)
    pixels = [[[] for _ in range(r)] for _ in range(r)]

    def pixel(value, edges):
        inside = [i for i in range(r) if edges[i] <= value < edges[i + 1]]
        return inside[0] if inside else r - 1

    for x, y, energy in zip(events.x, events.y, events.energy, strict=True):
        pixels[pixel(y, y_edges)][pixel(x, x_edges)].append(energy)
    bands = list(pairwise(np.array(edges_kev, dtype=events.energy.dtype)))

    def in_band(energies, low, high):
        return sum(low < energy <= high or energy == low == 0 for energy in energies)

    return np.array([[[in_band(cell, *band) for band in bands] for cell in row] for row in pixels])


# a coarse grid of values makes events on pixel edges, equal positions and energies at band edges common
positions = st.one_of(st.integers(-8, 8).map(lambda i: i / 8), st.floats(-1e3, 1e3, width=32))
energies = st.one_of(
    st.sampled_from([*BAND_EDGES_KEV[:-1], 1.0, float(np.nextafter(np.float32(2.5), np.float32(3)))]),
    st.floats(0, 12, width=32),
)


@st.composite
def event_lists(draw, max_events=40):
    n = draw(st.integers(2, max_events))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    x, y = (draw(arrays(dtype, n, elements=positions.map(dtype))) for _ in range(2))
    return EventList(x, y, draw(arrays(dtype, n, elements=energies.map(dtype))))


def has_box(events: EventList) -> bool:
    return np.ptp(events.x.astype(float)) > 0 and np.ptp(events.y.astype(float)) > 0


some_edges = st.sampled_from([BAND_EDGES_KEV, (0, inf), (0, 1, 2.5, inf), (0, 0.1, 0.5, 1, 2, 4, 7.5, 12, inf)])


@pytest.mark.slow("bins as the report does, step by step")
@settings(max_examples=200)
@given(events=event_lists(), r=st.sampled_from([1, 2, 3, 8, 16]), edges_kev=some_edges)
def test_equals_the_five_steps(events, r, edges_kev):
    if not has_box(events):
        with pytest.raises(InputError, match="no box"):
            band_counts(events, r, edges_kev)
        return
    np.testing.assert_array_equal(band_counts(events, r, edges_kev), five_steps(events, r, edges_kev))


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 4000), r=st.sampled_from([7, 32, 128]))
def test_equals_numpy_on_longer_lists(seed, n, r):
    rng = np.random.default_rng(seed)
    events = EventList(*(rng.normal(size=n).astype(np.float32) for _ in range(2)), rng.exponential(3, n))
    band = np.digitize(events.energy, BAND_EDGES_KEV[1:-1], right=True)
    boxes = [np.linspace(float(c.min()), float(c.max()), r + 1) for c in (events.y, events.x)]
    sample = np.stack([events.y, events.x, band], axis=1).astype(float)
    expected, _ = np.histogramdd(sample, bins=[*boxes, np.arange(5) - 0.5])
    np.testing.assert_array_equal(band_counts(events, r), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("r", [32, 100, 128])
def test_long_lists_with_many_events_on_edges(dtype, r):
    """Longer than a block and than the limit for two tables; every tenth event lies on an edge or next to one."""
    rng = np.random.default_rng(r)
    n = 230_001
    columns = [rng.normal(3000, 40, n).astype(dtype) for _ in range(2)]
    for column in columns:
        edges = np.linspace(float(column.min()), float(column.max()), r + 1).astype(dtype)
        on_edge = rng.choice(edges[1:-1], n // 10)
        beside = np.nextafter(on_edge, rng.choice([-np.inf, np.inf], n // 10).astype(dtype))
        column[1 : 1 + n // 10] = np.where(rng.random(n // 10) < 0.5, on_edge, beside)
    events = EventList(*columns, rng.choice([1.0, 2.5, 4.0, 7.5, 9.0], n).astype(dtype))
    boxes = [np.linspace(float(c.min()), float(c.max()), r + 1) for c in (events.y, events.x)]
    rows, columns_ = (
        np.minimum(np.searchsorted(edges, column.astype(float), side="right") - 1, r - 1)
        for edges, column in zip(boxes, (events.y, events.x), strict=True)
    )
    place = (rows * r + columns_) * 4 + np.digitize(events.energy, BAND_EDGES_KEV[1:-1], right=True)
    expected = np.bincount(place, minlength=r * r * 4).reshape(r, r, 4)
    np.testing.assert_array_equal(band_counts(events, r), expected)


def test_a_box_smaller_than_its_precision():
    """Neighbouring numbers far from the origin: every position is in doubt, and the edges decide."""
    x = np.nextafter(np.float32(4096), np.float32([4000, 4096, 5000]))
    events = EventList(x, x, np.ones(3, np.float32))
    np.testing.assert_array_equal(np.argwhere(band_counts(events, 8)[..., 0]), [[0, 0], [2, 2], [7, 7]])


def test_events_on_every_edge_of_a_two_by_two_image():
    """By hand: inner edges belong to the pixel above, the maximum to the last pixel."""
    x, y = (grid.ravel() for grid in np.meshgrid([0.0, 1.0, 2.0], [0.0, 1.0, 2.0]))
    counts = band_counts(EventList(x, y, np.full(9, 1.0)), 2)
    np.testing.assert_array_equal(counts[..., 0], [[1, 2], [2, 4]])
    assert counts[..., 1:].sum() == 0


def test_bands_are_right_closed():
    energy = np.array([0.0, 2.5, np.nextafter(2.5, 3), 5.0, np.nextafter(5.0, 6), 7.5, np.nextafter(7.5, 8), 50.0])
    counts = band_counts(EventList(np.arange(8.0), np.arange(8.0), energy), 8)
    np.testing.assert_array_equal(counts.sum(axis=(0, 1)), [2, 2, 2, 2])


def test_bands_with_other_edges():
    """From events to counts by hand: each edge belongs to the band below it."""
    events = EventList(np.arange(5.0), np.arange(5.0), np.array([0.5, 1.0, 1.5, 2.5, 3.0]))
    for edges_kev, expected in [
        ((0, 1, 2.5, inf), [2, 2, 1]),
        ((0, 0.5, 1.5, 3, inf), [1, 2, 2, 0]),
        ((0, inf), [5]),
    ]:
        np.testing.assert_array_equal(band_counts(events, 4, edges_kev).sum(axis=(0, 1)), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_edge_is_as_precise_as_the_events(dtype):
    """0.1 in single precision lies above 0.1 in double precision; an event of 0.1 keV is in the lower band of both."""
    events = EventList(np.arange(2.0), np.arange(2.0), np.array([0.1, np.nextafter(dtype(0.1), dtype(1))], dtype))
    np.testing.assert_array_equal(band_counts(events, 2, (0, 0.1, inf)).sum(axis=(0, 1)), [1, 1])


def test_rows_are_y_and_columns_are_x():
    counts = band_counts(EventList(np.array([0.0, 3.0]), np.array([3.0, 0.0]), np.ones(2)), 4)
    assert counts[3, 0, 0] == 1
    assert counts[0, 3, 0] == 1


def test_counts_do_not_overflow_sixteen_bits():
    n = 200_000
    x = np.zeros(n)
    x[-1] = 1.0
    counts = band_counts(EventList(x, x, np.ones(n)), 2)
    assert counts.dtype == np.int32
    assert counts[0, 0, 0] == n - 1


@pytest.mark.parametrize(
    ("x", "y", "energy", "message"),
    [
        ([], [], [], "no events"),
        ([1.0], [1.0], [1.0], "all events have x = 1"),
        ([1.0, 1.0], [1.0, 1.0], [1.0, 2.0], "all events have x = 1"),
        ([1.0, 2.0], [4.0, 4.0], [1.0, 2.0], "all events have y = 4"),
        ([1.0, 2.0, np.nan], [1.0, 2.0, 3.0], [1.0, 1.0, 1.0], "'x' holds nan in row 3"),
        ([1.0, 2.0, -np.nan], [1.0, 2.0, 3.0], [1.0, 1.0, 1.0], "'x' holds nan in row 3"),
        ([1.0, 2.0, 3.0], [1.0, np.inf, 3.0], [1.0, 1.0, 1.0], "'y' holds inf in row 2"),
        ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [np.nan, 1.0, 1.0], "'energy' holds nan in row 1"),
        (
            [1.0, 2.0, 3.0],
            [1.0, 2.0, 3.0],
            [1.0, -1.0, -2.0],
            r"'energy' holds -1.0 in row 2 \(2 such rows\)",
        ),
    ],
)
def test_bad_events_are_refused_by_name(x, y, energy, message):
    events = EventList(*(np.array(c, dtype=np.float32) for c in (x, y, energy)), cluster_id="A1")
    with pytest.raises(InputError, match=message) as caught:
        band_counts(events)
    assert "'A1'" in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_pixels": 0}, "n_pixels is 0"),
        ({"n_pixels": 16_385}, "n_pixels is 16385; an image has from 1 to 16384"),
        ({"n_pixels": 16_384, "edges_kev": (*range(16), inf)}, "n_pixels is 16384, too many for 16 bands"),
        ({"edges_kev": (0, 2.5)}, "edges_kev from 0 to 2.5: all events are counted, so they run from 0 to inf"),
        ({"edges_kev": (1, 2.5, inf)}, "edges_kev from 1 to inf: all events are counted"),
        ({"edges_kev": (0, 5, 2.5, inf)}, "edges ascend"),
    ],
)
def test_impossible_pixels_and_bands_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        band_counts(EventList(np.arange(2.0), np.arange(2.0), np.ones(2)), **options)


def test_a_box_beyond_all_numbers_is_refused():
    with pytest.raises(InputError, match="is not a box"):
        band_counts(EventList(np.array([-1.7e308, 1.7e308]), np.arange(2.0), np.ones(2)))


def test_events_are_counted_where_no_folder_can_be_written(monkeypatch):
    """A read-only installation without a home: numba has nowhere to keep machine code and says so with an error."""
    from numba.core import caching

    from report_utils.binning import compiled

    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    loop = compiled.find_extremes.py_func
    with pytest.raises(RuntimeError, match="no locator"):
        numba.njit(cache=True)(loop)
    found = np.empty(2, np.int32)
    compiled._compiled(loop)(np.array([3.0, -1.0, 2.0], np.float32).view(np.int32), found, np.int32(2**31 - 1))
    assert found.view(np.float32).tolist() == [-1.0, 3.0]

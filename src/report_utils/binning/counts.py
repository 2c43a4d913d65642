"""Events to band counts (report, section 3.1, steps 1-3): one pass over an event list."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import inf

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events import EventList
from report_utils.events.bands import BAND_EDGES_KEV, checked_edges

MAX_PIXELS = 16_384
"""Pixels along each axis of the largest image; a place in it is a 32-bit number."""

_PLACES = 2**32 - 1  # the last 32-bit number means that a place is not known yet

# Events that are placed and then counted; few enough for their places to stay in a core's cache.
_BLOCK = 16_384
_PRECISION = {
    np.dtype(real).itemsize: (float(np.finfo(real).eps), float(np.finfo(real).max)) for real in (np.float32, np.float64)
}
_MAGNITUDE = {4: np.int32(np.iinfo(np.int32).max), 8: np.int64(np.iinfo(np.int64).max)}
_WORTH_TWO_TABLES = 200_000


def band_counts(
    events: EventList,
    n_pixels: int = 128,
    edges_kev: Sequence[float] = BAND_EDGES_KEV,
    half_width_arcsec: float | None = None,
) -> NDArray[np.int32]:
    """Count an observation's events by pixel and energy band.

    The box is the observation's own minimum and maximum of x and of y, divided into ``n_pixels`` equal parts
    along each; an event on an inner edge belongs to the pixel above it, the maximum to the last pixel. Bands are
    closed on the right (:mod:`report_utils.events.bands`); the report's are E <= 2.5, (2.5, 5], (5, 7.5] and
    > 7.5 keV (sections 3.1 and 3.1.2). Edges are rounded to the precision of the event list, so that an event of
    0.1 keV lies at the edge 0.1 in single precision as well.

    Parameters
    ----------
    events : EventList
    n_pixels : int
        Pixels along each axis; the report has 128.
    edges_kev : sequence of float
        From 0 to infinity, so that every event is counted [keV].
    half_width_arcsec : float, optional
        Divide this square about the origin in place of the events' own box. Events outside it are not counted, nor
        are events whose x or y is not a number; without a square these are refused.

    Returns
    -------
    counts : (n_pixels, n_pixels, n_bands) int32 [events]
        Rows along y, columns along x, bands in ascending energy.

    Raises
    ------
    InputError
        If there are no events, a value is not a finite number, an energy is negative, the box has no extent, or the
        edges do not ascend from 0 to infinity.
    """
    if not 1 <= n_pixels <= MAX_PIXELS:
        msg = f"n_pixels is {n_pixels}; an image has from 1 to {MAX_PIXELS} pixels along each axis"
        raise InputError(msg)
    upper_edges = _upper_edges(tuple(edges_kev), events.energy.dtype)
    n_bands = len(upper_edges)
    if n_pixels**2 * n_bands >= _PLACES:
        msg = f"n_pixels is {n_pixels}, too many for {n_bands} bands: 32 bits cannot number all places; take fewer"
        raise InputError(msg)
    if len(events) == 0:
        msg = f"{events.label}: there are no events to bin"
        raise InputError(msg)
    x, y, energy = (np.ascontiguousarray(c) for c in (events.x, events.y, events.energy))
    if half_width_arcsec is not None:
        inside = np.maximum(np.abs(x), np.abs(y)) <= half_width_arcsec
        x, y, energy = x[inside], y[inside], energy[inside]
        if not len(x):
            msg = f"{events.label}: no event lies within {half_width_arcsec:g} arcsec of the origin in x and in y"
            raise InputError(msg)
    x_low, x_high = _extremes(x)
    y_low, y_high = _extremes(y)
    energy_low, energy_high = _extremes(energy)
    # infinities and NaN of either sign are extremes of the order that is used
    if not (-inf < x_low <= x_high < inf and -inf < y_low <= y_high < inf and 0 <= energy_low <= energy_high < inf):
        raise InputError(_first_bad_value(events))
    if half_width_arcsec is not None:
        x_low, x_high = y_low, y_high = -half_width_arcsec, half_width_arcsec
    for axis, low, high in (("x", x_low, x_high), ("y", y_low, y_high)):
        if not high > low:
            msg = f"{events.label}: all events have {axis} = {low:g} arcsec, so there is no box to divide into pixels"
            raise InputError(msg)
        if high - low == inf:
            msg = f"{events.label}: {axis} from {low:g} to {high:g} arcsec is not a box; remove or correct these events"
            raise InputError(msg)
    axes = _axis(y, y_low, y_high, n_pixels), _axis(x, x_low, x_high, n_pixels)
    return _count(y, x, energy, axes, n_pixels, upper_edges).reshape(n_pixels, n_pixels, n_bands)


@lru_cache(maxsize=64)
def _upper_edges(edges_kev: tuple[float, ...], dtype: np.dtype) -> tuple[np.floating, ...]:
    """Return the upper edge of each band [keV], in the precision of the energies."""
    edges = checked_edges(edges_kev)
    if not (edges[0] == 0 and edges[-1] == inf):
        msg = f"edges_kev from {edges[0]:g} to {edges[-1]:g}: all events are counted, so they run from 0 to inf"
        raise InputError(msg)
    return tuple(map(dtype.type, edges[1:]))


def _axis(values: NDArray, low: float, high: float, n_pixels: int) -> tuple[NDArray, NDArray]:
    """Return edges (float64); origin, pixels per arcsec, and a range of fractions, all in the column's precision.

    A position whose fraction of a pixel lies in the range is certain to be inside its pixel; the others are compared
    with the edges themselves. The margin on either side is several times the rounding of the scaled position and of
    the edges.
    """
    precision, largest = _PRECISION[values.itemsize]
    scale = n_pixels / (high - low)
    rounding = n_pixels * precision + max(abs(low), abs(high)) * scale * _PRECISION[8][0]
    margin = min(4 * rounding, 1.0)  # in a box too small for this precision, no position is certain
    edges = np.linspace(low, high, n_pixels + 1)
    return edges, np.array([low, min(scale, largest), margin, 1 - margin], dtype=values.dtype)


def _count(
    y: NDArray, x: NDArray, energy: NDArray, axes: tuple, n_pixels: int, upper_edges: tuple[np.floating, ...]
) -> NDArray[np.int32]:
    """Return the flat table of counts: for each block of events first their places, many at a time, then the counts."""
    from report_utils.binning.compiled import add_events, find_places  # numba takes long to import

    (y_edges, y_axis), (x_edges, x_axis) = axes
    counts = np.zeros(n_pixels * n_pixels * len(upper_edges), dtype=np.int32)
    # Events of a bright core fall into the same few pixels, and each addition waits for the one before it. Two tables
    # in turn wait less; the second pays where there are many events.
    other = np.zeros_like(counts) if len(x) > _WORTH_TWO_TABLES else counts
    size = np.int32(n_pixels)
    places = np.empty(min(_BLOCK, len(x)), dtype=np.uint32)
    for begin in range(0, len(x), _BLOCK):
        block = slice(begin, begin + _BLOCK)
        here = places[: len(x) - begin]
        find_places(x[block], y[block], energy[block], x_axis, y_axis, upper_edges, size, here)
        add_events(here, y[block], x[block], energy[block], y_edges, x_edges, upper_edges, counts, other)
    if other is not counts:
        counts += other
    return counts


def _extremes(column: NDArray) -> tuple[float, float]:
    """Return the smallest and the largest value of a column; NaN lies beyond infinity, on the side of its sign."""
    from report_utils.binning.compiled import find_extremes  # numba takes long to import

    found = np.empty(2, dtype=column.dtype)
    integer = np.int32 if column.itemsize == 4 else np.int64
    find_extremes(column.view(integer), found.view(integer), _MAGNITUDE[column.itemsize])
    return found.tolist()


def _first_bad_value(events: EventList) -> str:
    for name, column in (("x", events.x), ("y", events.y), ("energy", events.energy)):
        bad = ~np.isfinite(column)
        if name == "energy":
            bad |= column < 0
        if bad.any():
            row = int(np.argmax(bad))
            return (
                f"{events.label}: column {name!r} holds {column[row]} in row {row + 1} ({int(bad.sum())} such rows); "
                "remove these events first"
            )
    msg = "no bad value"
    raise AssertionError(msg)

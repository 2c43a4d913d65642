"""Events to band counts (report, section 3.1, steps 1-3): one pass over an event list."""

from __future__ import annotations

from math import inf

import numba
import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events import EventList

BAND_EDGES_KEV = (2.5, 5.0, 7.5)
"""Upper edges of the first three bands [keV]; bands are right-closed and the fourth has no upper edge."""

N_BANDS = len(BAND_EDGES_KEV) + 1

MAX_PIXELS = 16_384
"""Pixels along each axis of the largest image; a place in it is a 32-bit number."""

_BLOCK = 1024
_PRECISION = {
    np.dtype(real).itemsize: (float(np.finfo(real).eps), float(np.finfo(real).max)) for real in (np.float32, np.float64)
}
_MAGNITUDE = {4: np.int32(np.iinfo(np.int32).max), 8: np.int64(np.iinfo(np.int64).max)}
_WORTH_TWO_TABLES = 200_000


def band_counts(events: EventList, n_pixels: int = 128) -> NDArray[np.int32]:
    """Count an observation's events by pixel and energy band.

    The box is the observation's own minimum and maximum of x and of y, divided into ``n_pixels`` equal parts
    along each; an event on an inner edge belongs to the pixel above it, the maximum to the last pixel. Bands are
    E <= 2.5, (2.5, 5], (5, 7.5] and > 7.5 keV (report, sections 3.1 and 3.1.2).

    Parameters
    ----------
    events : EventList
    n_pixels : int
        Pixels along each axis; the report has 128.

    Returns
    -------
    counts : (n_pixels, n_pixels, 4) int32 [events]
        Rows along y, columns along x, bands in ascending energy.

    Raises
    ------
    InputError
        If there are no events, a value is not a finite number, an energy is negative, or the box has no extent.
    """
    if not 1 <= n_pixels <= MAX_PIXELS:
        msg = f"n_pixels is {n_pixels}; an image has from 1 to {MAX_PIXELS} pixels along each axis"
        raise InputError(msg)
    if len(events) == 0:
        msg = f"{events.label}: there are no events to bin"
        raise InputError(msg)
    x, y, energy = (np.ascontiguousarray(c) for c in (events.x, events.y, events.energy))
    x_low, x_high = _extremes(x)
    y_low, y_high = _extremes(y)
    energy_low, energy_high = _extremes(energy)
    # an infinity or a NaN of either sign is an extreme of the order that is used
    if not (-inf < x_low <= x_high < inf and -inf < y_low <= y_high < inf and 0 <= energy_low <= energy_high < inf):
        raise InputError(_first_bad_value(events))
    for axis, low, high in (("x", x_low, x_high), ("y", y_low, y_high)):
        if not high > low:
            msg = f"{events.label}: all events have {axis} = {low:g} arcsec, so there is no box to divide into pixels"
            raise InputError(msg)
        if high - low == inf:
            msg = f"{events.label}: {axis} from {low:g} to {high:g} arcsec is no box; remove or correct these events"
            raise InputError(msg)
    counts = np.zeros(n_pixels * n_pixels * N_BANDS, dtype=np.int32)
    # Events of a bright core fall into the same few pixels, and an addition waits for the one before it: two tables
    # in turn wait less, where there are enough events to pay for the second.
    other = np.zeros_like(counts) if len(events) > _WORTH_TWO_TABLES else counts
    bands = np.array(BAND_EDGES_KEV, dtype=energy.dtype)  # exact in any precision
    _count(x, y, energy, *_axis(x, x_low, x_high, n_pixels), *_axis(y, y_low, y_high, n_pixels), bands, counts, other)
    if other is not counts:
        counts += other
    return counts.reshape(n_pixels, n_pixels, N_BANDS)


def _axis(values: NDArray, low: float, high: float, n_pixels: int) -> tuple:
    """Return edges (float64); origin, pixels per arcsec, and a range of fractions, all in the column's precision.

    A position is inside its pixel beyond doubt if its fraction of a pixel lies in the range; others are compared
    with the edges themselves. What is left out on either side is several times what the rounding of the scaled
    position and of the edges can amount to.
    """
    real = values.dtype.type
    precision, largest = _PRECISION[values.itemsize]
    scale = n_pixels / (high - low)
    rounding = n_pixels * precision + max(abs(low), abs(high)) * scale * _PRECISION[8][0]
    margin = min(4 * rounding, 1.0)  # a box too small for this precision: then every position is in doubt
    edges = np.linspace(low, high, n_pixels + 1)
    return edges, real(low), real(min(scale, largest)), real(margin), real(1 - margin)


def _extremes(column: NDArray) -> tuple[float, float]:
    """Return the smallest and the largest value of a column; a NaN is beyond infinity, on its sign's side."""
    found = np.empty(2, dtype=column.dtype)
    integer = np.int32 if column.itemsize == 4 else np.int64
    _find_extremes(column.view(integer), found.view(integer), _MAGNITUDE[column.itemsize])
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


@numba.njit(cache=True, nogil=True)
def _find_extremes(bits, found, magnitude):
    """Write the bits of the smallest and the largest of floating-point numbers, given as their bits.

    With the magnitude of negative ones inverted, integers are ordered as the numbers are; and integers are compared
    many at a time, where floating-point numbers are not, for the sake of NaN.
    """
    low = high = bits[0] ^ (magnitude if bits[0] < 0 else 0)
    for i in range(bits.size):
        key = bits[i] ^ (magnitude if bits[i] < 0 else 0)
        low, high = min(low, key), max(high, key)
    found[0] = low ^ (magnitude if low < 0 else 0)
    found[1] = high ^ (magnitude if high < 0 else 0)


@numba.njit(cache=True, nogil=True)
def _pixel(value, edges):
    """Return the index of the pixel of ``value``, by the edges themselves."""
    last = edges.size - 2
    i = min(max(int((value - edges[0]) * (last + 1) / (edges[-1] - edges[0])), 0), last)
    if value < edges[i]:
        i -= 1
    elif i < last and value >= edges[i + 1]:
        i += 1
    return i


@numba.njit(cache=True, nogil=True)
def _places(x, y, energy, x_low, x_scale, x_from, x_to, y_low, y_scale, y_from, y_to, n_pixels, bands, places):
    """Write where in the table each event belongs, -1 where it is too close to an edge to tell in this precision."""
    first, second, third = bands[0], bands[1], bands[2]
    for i in range(places.size):
        column, row = (x[i] - x_low) * x_scale, (y[i] - y_low) * y_scale
        whole_column, whole_row = np.floor(column), np.floor(row)
        column, row = column - whole_column, row - whole_row
        certain = (column >= x_from) & (column <= x_to) & (row >= y_from) & (row <= y_to)  # and not NaN
        band = np.int32(energy[i] > first) + np.int32(energy[i] > second) + np.int32(energy[i] > third)
        place = (np.int32(whole_row) * n_pixels + np.int32(whole_column)) * np.int32(N_BANDS) + band
        places[i] = place if certain else np.int32(-1)


@numba.njit(cache=True, nogil=True)
def _count(
    x, y, energy, x_edges, x_low, x_scale, x_from, x_to, y_edges, y_low, y_scale, y_from, y_to, bands, counts, other
):  # fmt: skip
    """Add events to flat tables, every second one to the other: first all places of a block, many at a time."""
    n_pixels = np.int32(x_edges.size - 1)
    places = np.empty(_BLOCK, np.int32)
    for start in range(0, x.size, _BLOCK):
        stop = min(start + _BLOCK, x.size)
        here = places[: stop - start]
        _places(
            x[start:stop], y[start:stop], energy[start:stop],
            x_low, x_scale, x_from, x_to, y_low, y_scale, y_from, y_to, n_pixels, bands, here,
        )  # fmt: skip
        for i in range(here.size):
            place = here[i]
            if place < 0:
                event = start + i
                band = int(energy[event] > bands[0]) + int(energy[event] > bands[1]) + int(energy[event] > bands[2])
                row, column = _pixel(np.float64(y[event]), y_edges), _pixel(np.float64(x[event]), x_edges)
                place = (row * n_pixels + column) * N_BANDS + band
            if i & 1:
                other[place] += 1
            else:
                counts[place] += 1

"""Events to band counts (report, section 3.1, steps 1-3): one pass over an event list."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events import EventList

BAND_EDGES_KEV = (2.5, 5.0, 7.5)
"""Upper edges of the first three bands [keV]; bands are right-closed and the fourth has no upper edge."""

N_BANDS = len(BAND_EDGES_KEV) + 1


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
    if n_pixels < 1:
        msg = f"n_pixels is {n_pixels}; an image needs at least one pixel along each axis"
        raise InputError(msg)
    if len(events) == 0:
        msg = f"{events.label}: there are no events to bin"
        raise InputError(msg)
    x, y, energy = (np.ascontiguousarray(c) for c in (events.x, events.y, events.energy))
    x_low, x_high, y_low, y_high, energy_low, all_finite = _extremes(x, y, energy)
    if not all_finite or energy_low < 0:
        raise InputError(_first_bad_value(events))
    for axis, low, high in (("x", x_low, x_high), ("y", y_low, y_high)):
        if not high > low:
            msg = f"{events.label}: all events have {axis} = {low:g} arcsec, so there is no box to divide into pixels"
            raise InputError(msg)
    counts = np.zeros((n_pixels, n_pixels, N_BANDS), dtype=np.int32)
    _count(
        x,
        y,
        energy,
        np.linspace(x_low, x_high, n_pixels + 1),
        np.linspace(y_low, y_high, n_pixels + 1),
        *BAND_EDGES_KEV,
        counts,
    )
    return counts


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
def _extremes(x, y, energy):
    """Return the extremes of each column in one pass; a NaN or an infinity clears the flag."""
    x_low = x_high = np.float64(x[0])
    y_low = y_high = np.float64(y[0])
    energy_low = np.float64(energy[0])
    total = 0.0
    for i in range(x.size):
        x_low, x_high = min(x_low, x[i]), max(x_high, x[i])
        y_low, y_high = min(y_low, y[i]), max(y_high, y[i])
        energy_low = min(energy_low, energy[i])
        # 0 * value is NaN for a NaN or an infinity and 0 otherwise: the sum needs no branch
        total += 0.0 * x[i] + 0.0 * y[i] + 0.0 * energy[i]
    return x_low, x_high, y_low, y_high, energy_low, total == 0.0


@numba.njit(cache=True, nogil=True)
def _pixel(value, edges, scale):
    """Return the index of the pixel of ``value``; the edges decide where the scaled division rounds."""
    last = edges.size - 2
    i = min(max(int((value - edges[0]) * scale), 0), last)
    if value < edges[i]:
        i -= 1
    elif i < last and value >= edges[i + 1]:
        i += 1
    return i


@numba.njit(cache=True, nogil=True)
def _count(x, y, energy, x_edges, y_edges, first, second, third, counts):
    x_scale = (x_edges.size - 1) / (x_edges[-1] - x_edges[0])
    y_scale = (y_edges.size - 1) / (y_edges[-1] - y_edges[0])
    for i in range(x.size):
        band = int(energy[i] > first) + int(energy[i] > second) + int(energy[i] > third)
        row = _pixel(np.float64(y[i]), y_edges, y_scale)
        column = _pixel(np.float64(x[i]), x_edges, x_scale)
        counts[row, column, band] += 1

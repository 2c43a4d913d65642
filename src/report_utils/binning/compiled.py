"""The loops over events that numba compiles; imported when the first events are binned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

NOWHERE = np.uint32(0xFFFF_FFFF)
"""Stands for a place that the edges have to decide."""


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function when it is first called, and keep the machine code for later processes if possible.

    The functions are short and do not call each other: together they take less than half a second to compile, once.
    """
    try:
        return numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache is writable
        return numba.njit(nogil=True)(function)


@_compiled
def find_extremes(bits, found, magnitude):
    """Find the smallest and the largest of some floating-point numbers; all are given as their bits.

    With the magnitude bits of negative numbers inverted, their integers have the order of the numbers. Many integers
    are compared at a time; floating-point numbers are not, because of NaN.
    """
    low = high = bits[0] ^ (magnitude if bits[0] < 0 else 0)
    for i in range(bits.size):
        key = bits[i] ^ (magnitude if bits[i] < 0 else 0)
        low, high = min(low, key), max(high, key)
    found[0] = low ^ (magnitude if low < 0 else 0)
    found[1] = high ^ (magnitude if high < 0 else 0)


@_compiled
def find_places(x, y, energy, x_axis, y_axis, bands, n_pixels, places):
    """Find the place of each event in the table; NOWHERE if it is too near an edge to tell in this precision.

    Without branches and calls, many events are placed at a time. An axis is its origin, its pixels per arcsec, and the
    range of fractions of a pixel within which a position is certain. ``bands`` is a tuple of upper edges: their number
    is known to the compiler, which unrolls the loop over them.
    """
    x_low, x_scale, x_from, x_to = x_axis[0], x_axis[1], x_axis[2], x_axis[3]
    y_low, y_scale, y_from, y_to = y_axis[0], y_axis[1], y_axis[2], y_axis[3]
    for i in range(places.size):
        column, row = (x[i] - x_low) * x_scale, (y[i] - y_low) * y_scale
        whole_column, whole_row = np.floor(column), np.floor(row)
        column, row = column - whole_column, row - whole_row
        certain = (column >= x_from) & (column <= x_to) & (row >= y_from) & (row <= y_to)  # and not NaN
        band = np.int32(0)
        for edge in bands:
            band += np.int32(energy[i] > edge)
        place = (np.int32(whole_row) * n_pixels + np.int32(whole_column)) * np.int32(len(bands)) + band
        places[i] = np.uint32(place) if certain else NOWHERE


@_compiled
def add_events(places, y, x, energy, y_edges, x_edges, bands, counts, other):
    """Count events in two flat tables in turn; those without a place are compared with the edges themselves.

    Places are unsigned, since a signed one would be compared with zero before it is used.
    """
    for i in range(places.size):
        place = places[i]
        if place == NOWHERE:
            row, last = 0, y_edges.size - 2
            while row < last:  # the last pixel whose lower edge is not above the event
                middle = (row + last + 1) // 2
                if y[i] >= y_edges[middle]:
                    row = middle
                else:
                    last = middle - 1
            column, last = 0, x_edges.size - 2
            while column < last:
                middle = (column + last + 1) // 2
                if x[i] >= x_edges[middle]:
                    column = middle
                else:
                    last = middle - 1
            band = 0
            for edge in bands:
                band += energy[i] > edge
            place = np.uint32((row * (x_edges.size - 1) + column) * len(bands) + band)
        if i & 1:
            other[place] += 1
        else:
            counts[place] += 1

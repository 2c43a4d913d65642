"""Counts in rings about the middle of an observation: all that an image tells of a round cluster."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_CHUNK = 64


def radial_profiles(counts: NDArray[np.integer], n_rings: int = 8) -> NDArray[np.int64]:
    """Return each observation's counts in rings of equal width about its median event.

    The median row and column do not follow a bright point source. The last ring also holds all that lies beyond it.

    Parameters
    ----------
    counts : (n, n_pixels, n_pixels, n_bands) integer [events]
    n_rings : int
        The rings reach half the image's width.

    Returns
    -------
    (n, n_rings, n_bands) int64 [events]
    """
    n, n_pixels, _, n_bands = counts.shape
    places = np.arange(n_pixels)
    rings = np.empty((n, n_rings, n_bands), dtype=np.int64)
    for start in range(0, n, _CHUNK):  # the counts may be larger than memory
        part = np.asarray(counts[start : start + _CHUNK], dtype=np.int64)
        seen = part.sum(axis=-1)
        row, column = (_median(seen.sum(axis=axis)) for axis in (2, 1))
        radius = np.hypot(places[:, None] - row[:, None, None], places - column[:, None, None])
        ring = np.minimum(radius * (2 * n_rings / n_pixels), n_rings - 1).astype(np.int64)
        index = (np.arange(len(part))[:, None, None] * n_rings + ring).ravel()
        for band in range(n_bands):
            summed = np.bincount(index, part[..., band].ravel(), minlength=len(part) * n_rings)
            rings[start : start + _CHUNK, :, band] = summed.reshape(len(part), n_rings)
    return rings


def half_count_radii(profiles: NDArray[np.integer], ring_width: float) -> NDArray[np.float64]:
    """Return the radius that holds half of each observation's events, ``(n,)`` in the unit of the rings' width.

    Events are spread evenly over the radii of a ring. Without events the radius is 0.

    Parameters
    ----------
    profiles : (n, n_rings) integer [events]
        As :func:`radial_profiles` counts them, summed over bands.
    ring_width : float
        Above zero.
    """
    inside = np.pad(profiles.cumsum(axis=1), ((0, 0), (1, 0)))
    edges = ring_width * np.arange(inside.shape[1])
    return np.array([np.interp(held[-1] / 2, held, edges) if held[-1] else 0.0 for held in inside])


def _median(counts: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the row, or column, of each observation's median event, ``(n,)``."""
    so_far = counts.cumsum(axis=1)
    return np.argmax(2 * so_far >= so_far[:, -1:], axis=1)

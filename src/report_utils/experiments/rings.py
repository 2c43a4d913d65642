"""Rings about a cluster: counting their events, which is all that a round cluster's image tells, and changing them."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from report_utils.binning.interventions import shuffled_energies
from report_utils.events import EventList

_CHUNK = 64


def radius_arcsec(events: EventList, n_pixels: int, half_width_arcsec: float | None = None) -> NDArray[np.float64]:
    """Return how far each pixel's centre is from the origin, where the cluster is, ``(n_pixels, n_pixels)`` [arcsec].

    The image's box has the extremes of the events in x and y, or is a square about the origin of ``half_width_arcsec``.
    """
    centres = (np.arange(n_pixels) + 0.5) / n_pixels
    along = []
    for column in (events.y, events.x):
        low, high = column.min(), column.max()
        if half_width_arcsec is not None:
            low, high = -half_width_arcsec, half_width_arcsec
        along.append(float(low) + float(high - low) * centres)
    return np.hypot(along[0][:, None], along[1])


def radius_half_light(counts: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return how far each pixel is from the centroid, in units of the radius that holds half of the events.

    ``counts`` (n_pixels, n_pixels, n_bands) hold one event or more.
    """
    total = counts.sum(axis=-1, dtype=np.float64)
    rows, columns = np.indices(total.shape)
    radius = np.hypot(rows - np.average(rows, weights=total), columns - np.average(columns, weights=total))
    half = np.quantile(radius.ravel(), 0.5, weights=total.ravel(), method="inverted_cdf")
    return radius / max(half, 0.5)  # half a pixel: all events may lie in one


def neutralise(
    counts: NDArray[np.integer],
    ring: NDArray[np.bool_],
    rng: np.random.Generator,
    spectrum_of: Literal["all", "rest"] = "all",
) -> NDArray[np.int64]:
    """Give the events of a ring one hardness: each is dealt to a band by chance; pixels keep their totals.

    The chances are those of the events of the observation ``counts`` (n_pixels, n_pixels, n_bands), or of the ``rest``
    outside of the ``ring`` (n_pixels, n_pixels). With ``all`` the map of hardness goes, but what the ring adds to the
    global hardness stays in part; with ``rest`` the ring says nothing about the spectrum. Where the ring is the whole
    image, or no event lies outside, energies are dealt out among the events and each band keeps its total.
    """
    out = np.array(counts, dtype=np.int64)
    of_bands = out[~ring].sum(axis=0)
    if ring.all() or (spectrum_of == "rest" and not of_bands.any()):
        return shuffled_energies(out, 0, out, rng)  # outside are no events
    if spectrum_of == "all":
        of_bands = out.sum(axis=(0, 1))
    if of_bands.any():
        out[ring] = rng.multinomial(out[ring].sum(axis=-1), of_bands / of_bands.sum())
    return out


def ring_shares(sizes: NDArray[np.floating], rings: NDArray[np.integer], n_rings: int) -> NDArray[np.float64]:
    """Return the share that each ring and channel has of an image's total, ``(n_images, n_rings, n_channels)``.

    They add up to 1 in each image, or to 0 if it holds nothing. ``sizes`` (n_images, n_pixels, n_pixels, n_channels)
    are not negative; ``rings`` (n_images, n_pixels, n_pixels) are the ring of each pixel.
    """
    sums = np.stack([np.einsum("nijc,nij->nc", sizes, rings == ring) for ring in range(n_rings)], axis=1)
    total = sums.sum(axis=(1, 2), keepdims=True)
    return np.divide(sums, total, out=np.zeros(sums.shape), where=total > 0)


def radial_profiles(counts: NDArray[np.integer], n_rings: int = 8) -> NDArray[np.int64]:
    """Return each observation's counts in rings of equal width about its median event, ``(n, n_rings, n_bands)``.

    The median row and column do not follow a bright point source. The rings reach half the image's width; the last one
    also holds all that lies beyond it. ``counts`` are ``(n, n_pixels, n_pixels, n_bands)`` [events].
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

    Events are spread evenly over the radii of a ring; without any the radius is 0. ``profiles`` (n, n_rings) are those
    of :func:`radial_profiles`, summed over bands.
    """
    inside = np.pad(profiles.cumsum(axis=1), ((0, 0), (1, 0)))
    edges = ring_width * np.arange(inside.shape[1])
    return np.array([np.interp(held[-1] / 2, held, edges) if held[-1] else 0.0 for held in inside])


def _median(counts: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the row, or column, of each observation's median event, ``(n,)``."""
    so_far = counts.cumsum(axis=1)
    return np.argmax(2 * so_far >= so_far[:, -1:], axis=1)

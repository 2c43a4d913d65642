"""The eight symmetries of a square image: four rotations, each with and without a flip (report, section 3.2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

N_VIEWS = 8
"""Order of the dihedral group of the square; view 0 is the identity."""


def eight_views(image: NDArray) -> NDArray:
    """Return all rotations by 90 degrees and axial flips of an image.

    Parameters
    ----------
    image : (n_pixels, n_pixels, n_channels)

    Returns
    -------
    views : (8, n_pixels, n_pixels, n_channels)
        View ``v`` is turned by ``v % 4`` quarter turns, and mirrored along x first where ``v >= 4``.
        View 0 is the image itself.
    """
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[0] != image.shape[1]:
        msg = f"an image has shape (n_pixels, n_pixels, n_channels), not {image.shape}"
        raise ValueError(msg)
    return np.stack([_view(image[None], view)[0] for view in range(N_VIEWS)])


def view_pixels(n_pixels: int) -> NDArray[np.int32]:
    """Return where the pixels of each view come from.

    Parameters
    ----------
    n_pixels : int
        Along each axis.

    Returns
    -------
    source : (8, n_pixels * n_pixels) int32
        View ``v`` of an image is ``image.reshape(n_pixels * n_pixels, n_channels)[source[v]]``, in the same order.
    """
    own = np.arange(n_pixels * n_pixels, dtype=np.int32).reshape(n_pixels, n_pixels, 1)
    return eight_views(own).reshape(N_VIEWS, -1)


def _view(images: NDArray, view: int) -> NDArray:
    mirrored = images[:, :, ::-1] if view >= 4 else images
    return np.rot90(mirrored, view % 4, axes=(1, 2))

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


def view_batch(images: NDArray, views: NDArray[np.integer]) -> NDArray:
    """Turn each image of a batch into one of its eight views.

    Parameters
    ----------
    images : (n_images, n_pixels, n_pixels, n_channels)
    views : (n_images,) integer
        Which view of each, numbered as in :func:`eight_views`.

    Returns
    -------
    batch : (n_images, n_pixels, n_pixels, n_channels), C-contiguous
    """
    batch = np.empty_like(images, order="C")
    for view in range(N_VIEWS):
        chosen = views == view
        if chosen.any():
            batch[chosen] = _view(images[chosen], view)
    return batch


def _view(images: NDArray, view: int) -> NDArray:
    mirrored = images[:, :, ::-1] if view >= 4 else images
    return np.rot90(mirrored, view % 4, axes=(1, 2))

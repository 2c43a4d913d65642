"""The batches of an epoch, as indices of images and views (report, section 3.2)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from report_utils.binning import N_VIEWS

Batches = tuple[NDArray[np.int32], NDArray[np.int32]]
"""The images and the views of some batches of one size, ``(n_batches, batch_size)`` each."""


@dataclass(frozen=True, eq=False)
class ViewBatches:
    """All eight views of some images, in a new random order in every epoch.

    Parameters
    ----------
    rows : (n_rows,) int
        Indices of the images.
    batch_size : int
    order_seed : tuple of int
        With the epoch's number it alone decides the order, so that training can be resumed.
    """

    rows: NDArray[np.integer]
    batch_size: int
    order_seed: tuple[int, ...]

    @property
    def n_views(self) -> int:
        """Return the number of views in an epoch."""
        return len(self.rows) * N_VIEWS

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return math.ceil(self.n_views / self.batch_size)

    def epoch(self, number: int) -> list[Batches]:
        """Return an epoch's batches in order: those of full size, then a smaller last one if views are left over."""
        # keras shuffles the same way in every epoch once its global seed is set (tensorflow#35682)
        order = np.random.default_rng((*self.order_seed, number)).permutation(self.n_views)
        return in_batches(self.rows, order, self.batch_size)


def in_batches(rows: NDArray[np.integer], order: NDArray[np.integer], batch_size: int) -> list[Batches]:
    """Cut a sequence of ``8 * len(rows)`` views, numbered image by image, into full batches and a smaller last one."""
    chosen, views = np.divmod(order, N_VIEWS)
    images, views = np.asarray(rows)[chosen].astype(np.int32), views.astype(np.int32)
    full = len(order) - len(order) % batch_size
    parts = [(slice(full), batch_size), (slice(full, None), len(order) - full)]
    return [(images[part].reshape(-1, n), views[part].reshape(-1, n)) for part, n in parts if len(images[part])]

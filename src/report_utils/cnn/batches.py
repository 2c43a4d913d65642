"""Batches of images, each turned into one of its eight views as it is drawn (report, section 3.2)."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from report_utils.binning import N_VIEWS, view_batch


class ViewBatches(keras.utils.PyDataset):
    """All eight views of every image, batch by batch, never eight copies in memory.

    Parameters
    ----------
    images : (n_images, n_pixels, n_pixels, n_channels) float32
    targets : (n_rows,), optional
        One value for each row; without it, batches hold images only.
    rows : (n_rows,) int, optional
        Which of the images; all of them where it is not given. The images themselves are not copied.
    batch_size : int
    order_seed : tuple of int, optional
        Shuffle the views anew in every epoch, by ``(*order_seed, epoch)``. Without it they come image by image.

    Attributes
    ----------
    n_open_channels : int
        Channels above this many are zeroed in every batch (report, section 4.1); all are open at first.
    """

    def __init__(
        self,
        images: NDArray[np.float32],
        targets: NDArray | None = None,
        *,
        rows: NDArray[np.integer] | None = None,
        batch_size: int,
        order_seed: tuple[int, ...] | None = None,
    ) -> None:
        super().__init__()
        self.images = images
        self.rows = np.arange(len(images)) if rows is None else np.asarray(rows)
        self.targets = None if targets is None else np.asarray(targets, dtype=np.float32)
        self.size = batch_size
        self.order_seed = order_seed
        self.n_open_channels = images.shape[-1]
        self.order = np.arange(len(self.rows) * N_VIEWS)
        self.start_epoch(0)

    def start_epoch(self, epoch: int) -> None:
        """Draw the order of an epoch; it depends on the seed and the epoch alone, so training can be resumed."""
        if self.order_seed is not None:
            # keras shuffles the same way in every epoch once its global seed is set (tensorflow#35682)
            self.order = np.random.default_rng((*self.order_seed, epoch)).permutation(len(self.order))

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return math.ceil(len(self.order) / self.size)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Return one batch."""
        drawn = self.order[index * self.size : (index + 1) * self.size]
        chosen, views = np.divmod(drawn, N_VIEWS)
        batch = view_batch(self.images[self.rows[chosen]], views)
        batch[..., self.n_open_channels :] = 0
        return (batch,) if self.targets is None else (batch, self.targets[chosen, None])


class EpochOrder(keras.callbacks.Callback):
    """Tells the batches which epoch begins, so that they are drawn in that epoch's order."""

    def __init__(self, batches: ViewBatches) -> None:
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:  # noqa: ARG002 - the signature is Keras'
        """Reshuffle."""
        self.batches.start_epoch(epoch)


def predict_views(model: keras.Model, batches: ViewBatches) -> NDArray[np.float32]:
    """Return a model's predictions for every view, ``(n_rows, 8)``."""
    return model.predict(batches, verbose=0).reshape(len(batches.rows), N_VIEWS)

"""The images of a transform, held once where the network is trained: in memory, or in that of a GPU."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from report_utils.workers.backends import load_engine


class ResidentImages:
    """Images on the device, for all fits that are trained on them; on a CPU they are not copied.

    Where the device's memory is too small for them, they stay in this process, and what the next batches need is
    sent along with each call.

    Parameters
    ----------
    host : (n_images, n_pixels, n_pixels, n_channels) float32

    Attributes
    ----------
    pixels_per_call : int
        How many pixels one call of the engine may go through: what bounds the time between two reports of progress,
        and what is sent where images are not resident.
    """

    def __init__(self, host: NDArray[np.float32]) -> None:
        self.host = np.asarray(host, dtype=np.float32)
        self.n_images, self.n_pixels, _, self.n_channels = self.host.shape
        self.engine = load_engine()
        self.pixels_per_call = 2**26
        try:
            self._resident = self._send(self.host)
        except self.engine.OUT_OF_MEMORY as error:
            print(
                f"the images ({self.host.nbytes / 1e9:.1f} GB) do not fit into the memory of {self.engine.device()}; "
                f"they are sent batch by batch, which is slower ({str(error).splitlines()[0]})",
                file=sys.stderr,
            )
            self._resident = None
            self.pixels_per_call = 2**22

    def of(self, rows: NDArray[np.int32]) -> tuple[Any, NDArray[np.int32]]:
        """Return pixels ``(n * n_pixels * n_pixels, n_channels)`` on the device that hold these images, and where."""
        if self._resident is not None:
            return self._resident, rows
        return self._send(self.host[rows.ravel()]), np.arange(rows.size, dtype=np.int32).reshape(rows.shape)

    def _send(self, images: NDArray[np.float32]) -> Any:
        return self.engine.to_device(images.reshape(-1, self.n_channels))

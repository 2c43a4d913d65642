"""The images of a transform, held once on the device that trains: in main memory, or in that of a GPU."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from report_utils.workers.backends import load_engine


class ResidentImages:
    """Images on the device, shared by all fits that train on them; on a CPU they are not copied.

    If the device has too little memory, they stay in this process, and each call sends the images that it needs.

    Parameters
    ----------
    host : (n_images, n_pixels, n_pixels, n_channels) float32

    Attributes
    ----------
    pixels_per_call : int
        Maximum number of pixels in one call of the engine. It limits the time between two reports of progress, and
        the amount sent if the images are not resident.
    """

    def __init__(self, host: NDArray[np.float32]) -> None:
        self.host = np.asarray(host, dtype=np.float32)
        self.n_images, self.n_pixels, _, self.n_channels = self.host.shape
        self.engine = load_engine()
        self.pixels_per_call = 2**26
        self._coarser: dict[int, ResidentImages] = {}
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

    def coarser(self, n_pixels: int) -> ResidentImages:
        """Return these images averaged over larger pixels, ``n_pixels`` on a side; they are kept.

        Logarithms are averaged. Counts binned again would brighten each pixel by more than one dex.
        """
        if n_pixels == self.n_pixels:
            return self
        if n_pixels not in self._coarser:
            side = self.n_pixels // n_pixels
            small = np.empty((self.n_images, n_pixels, n_pixels, self.n_channels), dtype=np.float32)
            for image, into in zip(self.host, small, strict=True):
                image.reshape(n_pixels, side, n_pixels, side, -1).mean(axis=(1, 3), out=into)
            self._coarser[n_pixels] = ResidentImages(small)
        return self._coarser[n_pixels]

    def of(self, rows: NDArray[np.int32]) -> tuple[Any, NDArray[np.int32]]:
        """Return pixels on the device, ``(n * n_pixels * n_pixels, n_channels)``, and the images' rows in them."""
        if self._resident is not None:
            return self._resident, rows
        return self._send(self.host[rows.ravel()]), np.arange(rows.size, dtype=np.int32).reshape(rows.shape)

    def _send(self, images: NDArray[np.float32]) -> Any:
        return self.engine.to_device(images.reshape(-1, self.n_channels))

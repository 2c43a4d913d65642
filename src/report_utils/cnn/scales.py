"""How masses and images are centred and scaled for training, from the training clusters only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


class TargetScale:
    """Convert log10 masses to the network's target, and its outputs back to log10 masses.

    Parameters
    ----------
    training_masses : (n_train,) [log10 Msun]
    kind : {"as_is", "standardised"}
        *Standardised* subtracts the mean and divides by the standard deviation of the training masses.
    """

    def __init__(self, training_masses: NDArray, kind: str) -> None:
        standardised = kind == "standardised"
        self.mean = float(np.mean(training_masses)) if standardised else 0.0
        self.spread = float(np.std(training_masses)) if standardised else 1.0
        if not self.spread > 0:
            self.spread = 1.0

    def to_target(self, log10_mass: NDArray) -> NDArray[np.float32]:
        """Return the target of log10 masses."""
        return ((np.asarray(log10_mass) - self.mean) / self.spread).astype(np.float32)

    def to_log10_mass(self, output: NDArray) -> NDArray[np.float32]:
        """Return the log10 masses of a network's output."""
        return (np.asarray(output, dtype=np.float64) * self.spread + self.mean).astype(np.float32)


@dataclass(frozen=True, eq=False)
class InputScale:
    """Scale the pixels of images for the network: ``(pixel - mean) / spread``.

    Bright, uniform images can leave the ReLUs of a network dead. Centring each channel prevents that. All channels
    share one spread: they have the same unit, and the few events of a nearly empty channel are not inflated.

    Parameters
    ----------
    mean : (n_channels,) float64
    spread : float
    """

    mean: NDArray[np.float64]
    spread: float

    @classmethod
    def as_is(cls, n_channels: int) -> InputScale:
        """Return the scale that changes nothing."""
        return cls(np.zeros(n_channels), 1.0)

    @classmethod
    def of(cls, images: NDArray[np.float32], rows: NDArray[np.integer], kind: str) -> InputScale:
        """Return the scale of some images.

        Parameters
        ----------
        images : (n_images, n_pixels, n_pixels, n_channels) float32
        rows : (n_train,) int
            The images to train on.
        kind : {"as_is", "standardised"}
            *Standardised* subtracts each channel's mean and divides by the root mean square of the channels' standard
            deviations, over all pixels of the training images.
        """
        n_channels = images.shape[-1]
        if kind != "standardised":
            return cls.as_is(n_channels)
        # image by image: a copy of all training images would double the memory of a fit
        moments = np.zeros((2, n_channels))
        for row in rows:
            pixels = images[row].reshape(-1, n_channels).astype(np.float64)
            moments += pixels.sum(axis=0), np.square(pixels).sum(axis=0)
        mean, square = moments / (len(rows) * images.shape[1] * images.shape[2])
        spread = float(np.sqrt(np.mean(np.maximum(square - mean**2, 0))))
        return cls(mean, spread if spread > 0 else 1.0)

"""Limits of the engines: the pixels of all images that a network trains on are numbered with 32 bits."""

from __future__ import annotations

_PIXEL_NUMBERS = 2**31  # of int32, from 0 on; both engines number a row's first pixel by rows * n_pixels**2


def most_observations(n_pixels: int) -> int:
    """Return the largest number of ``n_pixels`` x ``n_pixels`` images whose pixel numbers do not overflow."""
    return _PIXEL_NUMBERS // n_pixels**2

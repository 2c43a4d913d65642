"""What the engines can count: the pixels of all images that a network trains on are numbered in 32 bits."""

from __future__ import annotations

_PIXEL_NUMBERS = 2**31  # of int32, from 0 on; both engines number a row's first pixel by rows * n_pixels**2


def most_observations(n_pixels: int) -> int:
    """Return how many images of ``n_pixels`` x ``n_pixels`` can be trained on; numbers of more would start again."""
    return _PIXEL_NUMBERS // n_pixels**2

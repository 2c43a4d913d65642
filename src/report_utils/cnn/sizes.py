"""How large the layers of the report's network are (Figure 6)."""

from __future__ import annotations

CONVOLUTION_FILTERS = (16, 32, 64)
DENSE_UNITS = (200, 100, 20)


def weight_shapes(n_channels: int) -> list[tuple[int, ...]]:
    """Return the shapes of the network's weights, kernels and biases in turn, in Keras' order."""
    shapes: list[tuple[int, ...]] = []
    for n_in, n_out in zip((n_channels, *CONVOLUTION_FILTERS), CONVOLUTION_FILTERS, strict=False):
        shapes += [(3, 3, n_in, n_out), (n_out,)]
    for n_in, n_out in zip((CONVOLUTION_FILTERS[-1], *DENSE_UNITS), (*DENSE_UNITS, 1), strict=True):
        shapes += [(n_in, n_out), (n_out,)]
    return shapes

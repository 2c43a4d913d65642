"""Sizes of the layers of the report's network (Figure 6)."""

CONVOLUTION_FILTERS = (16, 32, 64)
DENSE_UNITS = (200, 100, 20)

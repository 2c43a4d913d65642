"""What the dynamics viewer's script is given, within a size that a page can carry."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.widgets import packed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

IMAGE_BYTES = 600_000
"""What the small images of all recordings may take on a page; they are made coarser until they fit."""
VALUE_BYTES = 2_200_000
"""What the predictions of all recordings may take on a page; they are rounded until they fit."""
PICTURE_BYTES = 400_000
"""What the plain picture may take before it is compressed with losses."""

_SMALLEST_IMAGE = 8
_PIXELS_TO_A_BYTE = 10  # images of more would have to be nearly empty to fit: it is not tried
_SAMPLE = 200_000  # cells by which the size is estimated
_LARGEST = 2**45  # steps from the middle; more is no prediction


def decimals_of(truth: NDArray) -> int:
    """Return how many decimals tell values apart to less than a hundredth of their spread."""
    spread = float(np.std(truth))
    return max(0, 2 - int(np.floor(np.log10(spread)))) if spread > 0 else 3


def packed_values(values: Sequence[NDArray[np.float64]], decimals: int) -> tuple[list[dict[str, Any]], float]:
    """Return cells as whole numbers of steps, and how many steps make 1.

    Parameters
    ----------
    values : sequence of (n_items, n_columns) float64
        One for each recording. What is not finite is left open.
    decimals : int
        A step has the size of the last decimal, or a multiple of it if the cells take too much room else.

    Returns
    -------
    cells : list of dict
        ``first`` column, ``changes`` from column to column, and ``holes`` where there are any, each as
        :func:`report_utils.widgets.packed` writes it; changes are 2 d, or -2 d - 1 where d is negative.
    scale : float
        Steps in 1.
    """
    scale = 10.0**decimals
    n_cells = sum(each.size for each in values)
    stride = max(1, n_cells // _SAMPLE)
    while scale > 10.0**decimals / 1000:
        if stride * _size([_cells(each[::stride], scale) for each in values]) <= VALUE_BYTES:
            break
        scale /= 1.25
    return [_cells(each, scale) for each in values], scale


def _cells(values: NDArray[np.float64], scale: float) -> dict[str, Any]:
    with np.errstate(invalid="ignore", over="ignore"):
        steps = np.rint(values * scale)
    holes = ~(np.abs(steps) < _LARGEST)  # NaN is not less than anything
    whole = np.where(holes, 0, steps).astype(np.int64)
    if holes.any():  # a hole goes on from the column before, which takes no room
        known = np.maximum.accumulate(np.where(holes, 0, np.arange(holes.shape[1])), axis=1)
        whole = np.take_along_axis(whole, known, axis=1)
    change = np.diff(whole, axis=1)
    cells = {"first": packed(whole[:, :1]), "changes": packed(np.where(change < 0, -2 * change - 1, 2 * change))}
    return cells | ({"holes": packed(holes)} if holes.any() else {})


def _size(cells: list[dict[str, Any]]) -> int:
    return sum(len(part["data"]) for each in cells for part in each.values())


def small_images(images: NDArray, n_bytes: int, channels: Sequence[str] | None) -> dict[str, Any]:
    """Return images in 64 shades, each between its own smallest and largest value, coarse enough to fit."""
    n_channels = images.shape[-1]
    names = list(channels or [f"channel {number}" for number in range(1, n_channels + 1)])
    if len(names) != n_channels:
        msg = f"dynamics_viewer: {len(names)} channels given where the images have {n_channels}"
        raise InputError(msg)
    small = images.astype(np.float32)
    while True:
        axes = [axis for axis in (1, 2) if small.shape[axis] >= 2 * _SMALLEST_IMAGE]
        if small.size <= _PIXELS_TO_A_BYTE * n_bytes or not axes:
            low, high = small.min(axis=(1, 2, 3), keepdims=True), small.max(axis=(1, 2, 3), keepdims=True)
            codes = np.rint(63 * (small - low) / np.where(high > low, high - low, 1))
            values = packed(codes.transpose(0, 3, 1, 2))
            if len(values["data"]) <= n_bytes or not axes:
                break
        for axis in axes:
            small = halved(small, axis)
    return {"values": values, "height": small.shape[1], "width": small.shape[2], "channels": names,
            "fullHeight": images.shape[1], "fullWidth": images.shape[2]}  # fmt: skip


def halved(images: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Return means of two neighbours along an axis; the last one of an odd number stays alone."""
    starts = np.arange(0, images.shape[axis], 2)
    sums = np.add.reduceat(images, starts, axis=axis)
    counts = np.diff(np.append(starts, images.shape[axis])).astype(np.float32)
    return sums / counts.reshape([-1 if each == axis else 1 for each in range(images.ndim)])


def webp(figure: Figure) -> bytes:
    """Return a figure as WebP: lossless, which takes two thirds of what PNG does for a heatmap, where that is small."""
    from PIL import Image

    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=200, bbox_inches="tight")
    with Image.open(drawn) as image:
        image.convert("RGB").save(small, format="webp", lossless=True)
        if small.tell() > PICTURE_BYTES:
            small = io.BytesIO()
            image.convert("RGB").save(small, format="webp", quality=70)
    return small.getvalue()

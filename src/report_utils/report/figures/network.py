"""Figure 7: the network, drawn from the shapes of its layers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from report_utils.report.figures.style import AGN_LESS, NEUTRAL, OURS, PRINTED, new_figure

_COLOURS = {"Conv2D": OURS, "MaxPooling2D": AGN_LESS, "GlobalAveragePooling2D": PRINTED, "Dense": NEUTRAL}
_NAMES = {
    "Conv2D": "3 × 3\nconvolution",
    "MaxPooling2D": "2 × 2\nmaximum",
    "GlobalAveragePooling2D": "mean over\nthe image",
    "Dense": "dense",
}
_DEPTH = (0.35, 0.22)


def architecture(input_shape: tuple[int, int, int], layers: Sequence[tuple[str, tuple[int, ...]]]) -> Figure:
    """Draw a network as boxes: height and depth go with the pixels, width with the channels.

    Parameters
    ----------
    input_shape : (n_pixels, n_pixels, n_channels)
    layers : sequence of (class name, output shape without the batch)
        As Keras gives them; vectors are drawn as columns.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure(9.0, 3.9)
    ax = figure.subplots()
    x = 0.0
    boxes = [("image", tuple(input_shape)), *layers]
    for kind, shape in boxes:
        pixels = shape[0] if len(shape) == 3 else 0
        channels = shape[-1]
        width = 0.12 + 0.085 * np.sqrt(channels) if pixels else 0.28
        height = 0.9 + 2.6 * pixels / input_shape[0] if pixels else 0.25 + 0.18 * np.sqrt(channels)
        shift = np.array(_DEPTH) * (height / 1.6 if pixels else 0.25)
        _box(ax, x, width, height, shift, _COLOURS.get(kind, "#cccccc"))
        label = f"{shape[0]} × {shape[1]}\n× {channels}" if pixels else f"{channels}"
        ax.text(x + width / 2, -height / 2 - 0.15, label, ha="center", va="top", fontsize="x-small")
        name = "image" if kind == "image" else _NAMES.get(kind, kind)
        ax.text(
            x + width / 2 + shift[0],
            height / 2 + shift[1] + 0.12,
            name,
            ha="center",
            va="bottom",
            fontsize="x-small",
        )
        x += max(width + shift[0] + 0.25, 1.1)
    ax.set_xlim(-0.5, x)
    ax.set_ylim(-2.5, 2.9)
    ax.set_axis_off()
    return figure


def _box(ax, x: float, width: float, height: float, shift: np.ndarray, colour: str) -> None:
    front = np.array([[x, -height / 2], [x + width, -height / 2], [x + width, height / 2], [x, height / 2]])
    top = np.array([front[3], front[2], front[2] + shift, front[3] + shift])
    side = np.array([front[1], front[2], front[2] + shift, front[1] + shift])
    for face, alpha in ((front, 0.75), (top, 0.45), (side, 0.6)):
        ax.add_patch(Polygon(face, closed=True, facecolor=colour, edgecolor="black", lw=0.6, alpha=alpha))

"""The dynamics picture for a paper: every item's prediction at every epoch (report, Figures 10 and 11)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from report_utils.dynamics.picture import COLOUR_MAP, Shown, picture_of
from report_utils.dynamics.recording import Recording
from report_utils.errors import InputError

TRUTH_COLUMN_SHARE = 0.04
_NOT_FINITE = "0.6"
_MOST_CLASS_NAMES = 30


def plot_dynamics(
    recording: Recording,
    ax: Axes | None = None,
    *,
    limit: float | None = None,
    colour_bar: bool = True,
    unit: str = "",
    phases: Sequence[str] | None = None,
    item: str = "item",
    show: Shown = "margin",
    order: NDArray | None = None,
) -> AxesImage:
    """Draw a recording as a heatmap (report, section 4.1).

    Each row is an item in ascending truth, each column an epoch; the colour is the prediction minus the mean truth,
    white lines part the phases, and the last column is the truth. Of a classifier, rows are grouped by class, and the
    colour says how clearly an item is right (red) or wrong (blue). What is not finite, and epochs that were not
    recorded, are grey.

    Parameters
    ----------
    recording : Recording
    ax : matplotlib axes, optional
        A new figure by default.
    limit : float, optional
        The colours span ``[-limit, limit]`` around the mean truth; the largest centred truth by default. Give the
        same to pictures that are to be compared.
    colour_bar : bool
    unit : str
        The unit of a difference of two predictions, for the colour bar.
    phases : sequence of str, optional
        A name for each phase; those of the recording by default.
    item : str
        What a row is, in the singular.
    show : {"margin", "probability"}
        Of a classifier: by how much the true class is likelier than any other, or its probability.
    order : (n_items,) int, optional
        The item of each row, to draw classifiers side by side.

    Returns
    -------
    image : matplotlib.image.AxesImage
    """
    picture = picture_of(recording, show=show, limit=limit, order=order)
    phases = recording.phase_titles if phases is None else list(phases)
    if len(phases) != recording.n_phases:
        msg = f"plot_dynamics: {len(phases)} phases given where {recording.n_phases} are needed"
        raise InputError(msg)
    if ax is None:
        _, ax = plt.subplots(figsize=(7.5, 4.8), layout="constrained")
    n_items, n_columns = picture.cells.shape
    width = max(1.0, TRUTH_COLUMN_SHARE * n_columns)
    style = {"origin": "upper", "aspect": "auto", "interpolation": "nearest", "rasterized": True}
    colours = {"cmap": colormaps[COLOUR_MAP].with_extremes(bad=_NOT_FINITE)}
    colours |= {"vmin": -picture.limit, "vmax": picture.limit}
    shifted = picture.cells - picture.centre
    image = ax.imshow(np.ma.masked_invalid(shifted), extent=(0, n_columns, n_items, 0), **style, **colours)
    gap = 0.4 * width
    place = (n_columns + gap, n_columns + gap + width, n_items, 0)
    truth = recording.truth[picture.order]
    if recording.classes:
        ax.imshow(truth[:, None] % 2, extent=place, cmap="Greys", vmin=-1, vmax=2, **style)
    else:
        ax.imshow((truth - picture.centre)[:, None], extent=place, **style, **colours)
    recorded = np.maximum.accumulate(picture.column)
    ends = np.append(np.searchsorted(recorded, recording.phase_ends[:-1], "right"), n_columns)
    for end in ends[:-1]:
        ax.axvline(end, color="white", linewidth=2)
    ax.set_xlim(0, n_columns + gap + width)
    ax.set_ylim(n_items, 0)
    _name_epochs(ax, recording, picture.column)
    ax.grid(visible=False)
    _name_rows(ax, recording, truth, item)
    above = -0.015 * n_items
    for name, (start, end) in zip(phases, pairwise([0, *ends]), strict=True):
        ax.text((start + end) / 2, above, name, ha="center", va="bottom", fontsize="small")
    ax.text(n_columns + gap + width / 2, above, "truth", ha="center", va="bottom", fontsize="small")
    if colour_bar:
        ax.figure.colorbar(image, ax=ax, label=colour_label(recording, show, unit), extend="both")
    return image


def colour_label(recording: Recording, show: Shown, unit: str) -> str:
    """Return what the colours say."""
    if recording.classes:
        probability = "probability of the true class"
        return f"{probability} − largest other" if show == "margin" else f"{probability} − ½"
    return "prediction − mean truth" + (f" [{unit}]" if unit else "")


def _name_epochs(ax: Axes, recording: Recording, column: np.ndarray) -> None:
    """Write the number of epochs below the columns: at their right edges where all from the first were recorded."""
    epochs = recording.epoch
    if np.array_equal(epochs, np.arange(1, len(epochs) + 1)):
        ax.set_xlabel("epochs trained")
        ax.set_xticks([tick for tick in ax.get_xticks() if 0 <= tick <= len(epochs)])  # none below the truth
        return
    ax.set_xlabel("epoch")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))

    def name(x: float, _: int) -> str:
        place = int(x)
        return str(epochs[column[place]]) if 0 <= place < len(column) and column[place] >= 0 else ""

    ax.xaxis.set_major_formatter(FuncFormatter(name))


def _name_rows(ax: Axes, recording: Recording, truth: np.ndarray, item: str) -> None:
    if not recording.classes:
        ax.set_ylabel(f"{item}, in ascending truth")
        return
    ax.set_ylabel(f"{item}, by true class")
    edges = np.searchsorted(truth, np.arange(len(recording.classes) + 1))
    for edge in edges[1:-1]:
        ax.axhline(edge, color="white", linewidth=0.5)
    if len(recording.classes) <= _MOST_CLASS_NAMES:
        ax.set_yticks((edges[:-1] + edges[1:]) / 2, recording.classes)
        ax.tick_params(axis="y", length=0)

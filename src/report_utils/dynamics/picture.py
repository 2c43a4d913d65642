"""The dynamics picture: every item's prediction at every epoch (report, Figures 10 and 11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from report_utils.dynamics.recording import Recording
from report_utils.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

COLOUR_MAP = "RdBu_r"
BEYOND = {"under": "#00d0d0", "over": "#ffa600"}
"""What lies beyond the colours is turquoise or orange, neither of which they have."""
COLOURED_SHARE = 0.98
"""Of the items, by how far their truth is from the mean: a few far ones leave the others pale."""
Shown = Literal["margin", "probability"]

_TRUTH_COLUMN_SHARE = 0.04
_NOT_FINITE = "0.6"
_MOST_CLASS_NAMES = 30


@dataclass(frozen=True, eq=False)
class Picture:
    """The cells of a dynamics picture."""

    order: NDArray[np.int64]
    """``(n_items,)``. The item of each row: in ascending truth; within a class those that are right most clearly come
    first.
    """
    column: NDArray[np.int64]
    """``(n_columns,)``. The place of each column's epoch in the recording; -1 for a gap, where epochs were not
    recorded.
    """
    cells: NDArray[np.float64]
    """``(n_items, n_columns)``. Row by row in ``order``; NaN where there is no finite prediction."""
    centre: float
    """Colours span ``centre - limit`` to ``centre + limit``."""
    limit: float


def picture_of(
    recording: Recording, *, show: Shown = "margin", limit: float | None = None, order: NDArray | None = None
) -> Picture:
    """Return what the picture of a recording shows; arguments are those of :func:`plot_dynamics`."""
    if show not in {"margin", "probability"}:
        msg = f"show is {show!r}; give 'margin' or 'probability'"
        raise InputError(msg)
    values = recording.values(show)
    if not len(values):
        msg = f"{recording.name or 'the recording'} has no epochs; record some first"
        raise InputError(msg)
    column = columns(recording)
    order = _row_order(recording) if order is None else order
    if recording.classes:
        centre, widest = (0.0, 1.0) if show == "margin" else (0.5, 0.5)
    else:
        centre = float(recording.truth.mean())
        widest = float(np.quantile(np.abs(recording.truth - centre), COLOURED_SHARE))
    cells = np.where(column >= 0, values[column].T[order], np.nan)
    cells[~np.isfinite(cells)] = np.nan
    return Picture(order, column, cells, centre, widest if limit is None else float(limit))


def _row_order(recording: Recording) -> NDArray[np.int64]:
    if not recording.classes:
        return np.argsort(recording.truth, kind="stable")
    margin = np.nan_to_num(recording.values("margin"), nan=-1.0).mean(axis=0)
    return np.lexsort((-margin, recording.truth))


def columns(recording: Recording) -> NDArray[np.int64]:
    """Return the index of each column's epoch; -1 marks a gap between recorded epochs."""
    steps = np.diff(recording.epoch)
    gaps = np.flatnonzero(steps > steps.min(initial=np.iinfo(np.int64).max)) + 1
    return np.insert(np.arange(len(recording)), gaps, -1)


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
    colour says how clearly an item is right (red) or wrong (blue). What lies beyond the colours is turquoise below and
    orange above; what is not finite, and epochs that were not recorded, are grey.

    Parameters
    ----------
    recording : Recording
    ax : matplotlib axes, optional
        A new figure by default.
    limit : float, optional
        The colours span ``[-limit, limit]`` around the mean truth; by default 98% of the centred truths lie within, and
        for classes all that they can reach. Give the same to pictures that are to be compared.
    colour_bar : bool
    unit : str
        The unit of a difference of two predictions, for the colour bar.
    phases : sequence of str, optional
        A name for each phase; those of the recording by default.
    item : str
        What a row is, in the singular.
    show : {"margin", "probability"}
        Of a classifier; see :meth:`Recording.values`.
    order : (n_items,) int, optional
        The item of each row, to draw classifiers side by side.

    Returns
    -------
    image : matplotlib.image.AxesImage
    """
    import matplotlib.pyplot as plt

    picture = picture_of(recording, show=show, limit=limit, order=order)
    phases = recording.phase_titles if phases is None else list(phases)
    if len(phases) != recording.n_phases:
        msg = f"plot_dynamics: {len(phases)} phases given where {recording.n_phases} are needed"
        raise InputError(msg)
    if ax is None:
        _, ax = plt.subplots(figsize=(7.5, 4.8), layout="constrained")
    n_items, n_columns = picture.cells.shape
    width = max(1.0, _TRUTH_COLUMN_SHARE * n_columns)
    style = {"origin": "upper", "aspect": "auto", "interpolation": "nearest", "rasterized": True}
    colours = {"cmap": plt.colormaps[COLOUR_MAP].with_extremes(bad=_NOT_FINITE, **BEYOND)}
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
    from matplotlib.ticker import FuncFormatter, MaxNLocator

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

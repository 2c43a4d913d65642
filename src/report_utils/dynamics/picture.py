"""What the dynamics picture shows, for paper and for screen: rows, columns and colours (report, Figures 10 and 11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from report_utils.dynamics.recording import Recording
from report_utils.errors import InputError

COLOUR_MAP = "RdBu_r"
Shown = Literal["margin", "probability"]


@dataclass(frozen=True, eq=False)
class Picture:
    """The cells of a dynamics picture.

    Parameters
    ----------
    order : (n_items,) int
        The item of each row: in ascending truth; within a class those that are right most clearly come first.
    column : (n_columns,) int
        The place of each column's epoch in the recording; -1 for a gap, where epochs were not recorded.
    cells : (n_items, n_columns) float64
        Row by row in ``order``; NaN where there is no finite prediction.
    centre, limit : float
        Colours span ``centre - limit`` to ``centre + limit``.
    """

    order: NDArray[np.int64]
    column: NDArray[np.int64]
    cells: NDArray[np.float64]
    centre: float
    limit: float


def picture_of(
    recording: Recording, *, show: Shown = "margin", limit: float | None = None, order: NDArray | None = None
) -> Picture:
    """Return what the picture of a recording shows.

    Parameters
    ----------
    recording : Recording
    show : {"margin", "probability"}
        Of a classifier; see :meth:`Recording.values`.
    limit : float, optional
        By default the largest centred truth, and for classes all that they can reach.
    order : (n_items,) int, optional
        The item of each row, such as those of another recording of the same items; :func:`row_order` by default.
    """
    if show not in {"margin", "probability"}:
        msg = f"show is {show!r}; give 'margin' or 'probability'"
        raise InputError(msg)
    values = recording.values(show)
    if not len(values):
        msg = f"{recording.name or 'the recording'} has no epochs; record some first"
        raise InputError(msg)
    column = columns(recording)
    order = row_order(recording) if order is None else order
    if recording.classes:
        centre, widest = (0.0, 1.0) if show == "margin" else (0.5, 0.5)
    else:
        centre = float(recording.truth.mean())
        widest = float(np.abs(recording.truth - centre).max())
    cells = np.where(column >= 0, values[column].T[order], np.nan)
    cells[~np.isfinite(cells)] = np.nan
    return Picture(order, column, cells, centre, widest if limit is None else float(limit))


def row_order(recording: Recording) -> NDArray[np.int64]:
    """Return the items in ascending truth, and within a class those that are right most clearly first."""
    if not recording.classes:
        return np.argsort(recording.truth, kind="stable")
    margin = np.nan_to_num(recording.values("margin"), nan=-1.0).mean(axis=0)
    return np.lexsort((-margin, recording.truth))


def columns(recording: Recording) -> NDArray[np.int64]:
    """Return the place of each column's epoch, with one -1 wherever epochs are missing between two recorded ones."""
    steps = np.diff(recording.epoch)
    gaps = np.flatnonzero(steps > steps.min(initial=np.iinfo(np.int64).max)) + 1
    return np.insert(np.arange(len(recording)), gaps, -1)

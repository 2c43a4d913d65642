"""Events that are in a list twice, as where tiles of the sky overlap or a list was joined with itself.

An event repeats an earlier one where position and energy are the same to the last bit and, if the table has a column
TIME, the time is too: in whole pixels and channels, two photons can well agree in all but that. Where the times are
no numbers (text, dates), repeats cannot be told: they are not counted, and dropping them is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from report_utils.events.table import Column, Table

REASON = "repeats an earlier event"
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


def time_column(table: Table) -> tuple[Column, ...]:
    """Return the column of the events' times, whether or not it can be read, or nothing where there is none.

    Raises
    ------
    InputError
        If several columns share the name.
    """
    found = table.find("time")
    return () if found is None else (found,)


def repeated_rows(columns: Sequence[NDArray]) -> NDArray[np.bool_] | None:
    """Return which rows repeat an earlier one, or None where no row does; NaN equals nothing.

    Parameters
    ----------
    columns : sequence of (n_rows,) float32 or float64

    Returns
    -------
    (n_rows,) bool, or None
    """
    # Hashes of 64 bits find the few rows to compare: they sort in a tenth of the time and memory of the rows.
    hashes = _hashes(columns)
    ordered = np.sort(hashes)
    several = ordered[1:][ordered[1:] == ordered[:-1]]
    if len(several) == 0:
        return None
    place = np.minimum(np.searchsorted(several, hashes), len(several) - 1)
    rows = np.flatnonzero(several[place] == hashes)
    rows = rows[np.argsort(hashes[rows], kind="stable")]
    same = np.ones(len(rows) - 1, bool)
    for column in columns:
        values = column[rows]
        same &= values[1:] == values[:-1]
    found = np.zeros(len(hashes), bool)
    found[rows[1:][same]] = True
    return found if found.any() else None


def _hashes(columns: Sequence[NDArray]) -> NDArray[np.uint64]:
    hashes = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        values = column + column.dtype.type(0)  # -0 is 0
        hashes ^= values.view(np.uint32 if values.itemsize == 4 else np.uint64)
        hashes *= _MIX
        hashes ^= hashes >> _SHIFT
    return hashes

"""Rows of a table as they are read: which are kept, and where their values go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from report_utils.events.table import Column


@dataclass(frozen=True)
class RowFilter:
    """Rows to be kept, decided from some columns.

    Parameters
    ----------
    reason : str
        What is said of the rows that are left out.
    columns : tuple of Column
    good : function of the columns' values, (n,) each, to (n,) bool
    """

    reason: str
    columns: tuple[Column, ...]
    good: Callable[..., NDArray[np.bool_]]


@dataclass(frozen=True)
class Rows:
    """What was read of a table.

    Parameters
    ----------
    values : dict of (n_kept,) float32 or float64
        By the columns' own names.
    n_rows : int
        Rows of the table, kept or not.
    kept : (n_rows,) bool, or None where no filter was asked for
    dropped : dict
        Reason -> rows left out; a row counts for the first filter that it does not pass.
    """

    values: dict[str, NDArray]
    n_rows: int
    kept: NDArray[np.bool_] | None = None
    dropped: dict[str, int] = field(default_factory=dict)

    def number_of(self, index: int) -> int:
        """Return the number, from 1, that a kept row has in the file."""
        return index + 1 if self.kept is None else int(np.flatnonzero(self.kept)[index]) + 1


class Store:
    """Columns that grow block by block; in place where their length is known."""

    def __init__(self, dtypes: Sequence[np.dtype], n_rows: int | None) -> None:
        self._dtypes = list(dtypes)
        self._whole = None if n_rows is None else [np.empty(n_rows, dtype) for dtype in dtypes]
        self._pieces: list[list[NDArray]] = [[] for _ in dtypes]
        self._done = 0

    def add(self, block: Sequence[NDArray]) -> None:
        """Append values of each column; further ones in the block are not asked for."""
        done = self._done + (len(block[0]) if block else 0)
        if self._whole is not None:
            for column, values in zip(self._whole, block, strict=False):
                column[self._done : done] = values
        else:
            for pieces, dtype, values in zip(self._pieces, self._dtypes, block, strict=False):
                pieces.append(values.astype(dtype))
        self._done = done

    def columns(self) -> Iterator[NDArray]:
        """Yield each column once, and let go of its pieces."""
        if self._whole is not None:
            yield from (column[: self._done] for column in self._whole)
            return
        for number, dtype in enumerate(self._dtypes):
            pieces, self._pieces[number] = self._pieces[number], []
            yield np.concatenate([np.empty(0, dtype), *pieces])


def passing(values: dict[Column, NDArray], filters: Sequence[RowFilter], dropped: dict[str, int]) -> NDArray[np.bool_]:
    """Return which rows of a block pass every filter, and count each of the others for the first it fails.

    Parameters
    ----------
    values : dict of (n,) arrays
    filters : sequence of RowFilter, at least one
    dropped : dict
        Reason -> rows left out so far; it is added to.
    """
    keep: NDArray[np.bool_] | None = None
    for one in filters:
        good = one.good(*(values[column] for column in one.columns))
        before = len(good) if keep is None else int(np.count_nonzero(keep))
        keep = good if keep is None else keep & good
        dropped[one.reason] += before - int(np.count_nonzero(keep))
    return keep

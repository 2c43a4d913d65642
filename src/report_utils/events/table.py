"""A table of numbers in a file, whatever the format: what it is asked for, and reading columns of it.

The rows are read in blocks of which only the wanted columns are kept, so that memory stays at what is
returned however many columns there are, and a row that is not wanted is gone before the next block.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError, printable
from report_utils.events.rows import RowFilter, Rows, Store, passing

MAX_ROWS = 20_000_000
"""Rows of one table: with 80 bytes a row at most while it is read, this stays below 2 GB."""


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
    number : int
        From 1.
    form : str
        The file's own word for what a value is, for messages.
    dtype : float32, float64 or None
        Precision in memory: float32 where the file has no more than that; None where values are not numbers.
    """

    name: str
    number: int
    form: str
    dtype: np.dtype | None

    @property
    def is_scalar(self) -> bool:
        """Whether a row has one value in it; of several, the first is read."""
        return True


@dataclass(frozen=True)
class Table:
    """A table in a file; nothing of its rows is in memory.

    Parameters
    ----------
    path : Path
    name : str
    number : int
        Of the table in its file.
    columns : dict
        Lower-case name -> the columns of that name.
    n_rows : int, or None where only reading tells
    """

    path: Path
    name: str
    number: int
    columns: dict[str, tuple[Column, ...]]
    n_rows: int | None

    kind: ClassVar[str] = "event table"
    conventional: ClassVar[bool] = False
    """Whether the names of columns follow the missions' conventions, and so say which unit is meant."""

    def value(self, keyword: str) -> object:  # noqa: ARG002
        """Return a keyword of the table's header, or None where it is missing or cannot be parsed."""
        return None

    def real(self, keyword: str) -> float | None:
        """Return a keyword's value where it is a finite number, else None."""
        return as_real(self.value(keyword))

    def file_value(self, keyword: str) -> object:
        """Return a keyword of the table's header or, where that lacks it, of the file's first header, or None."""
        return self.value(keyword)

    def mission_value(self, keyword: str) -> str:  # noqa: ARG002
        """Return a keyword of the table's or the file's first header in lower case, or an empty string."""
        return ""

    def blocks(self, wanted: Sequence[Column]) -> Iterator[list[NDArray]]:
        """Yield the columns' values block by block; an array holds only until the next block is asked for."""
        raise NotImplementedError

    def demand_unpacked(self) -> None:
        """Refuse a table whose values are packed in a way that is not read here."""

    def demand_whole(self) -> None:
        """Refuse a file that is too short for the table; what only reading shows is refused then."""

    def find(self, name: str) -> Column | None:
        """Return the column of that name, in any case, or None.

        Raises
        ------
        InputError
            If several columns share the name.
        """
        found = self.columns.get(name.strip().lower(), ())
        if len(found) > 1:
            msg = f"{self.path}: table {self.name}: {len(found)} columns are called {name!r}; rename all but one"
            raise InputError(msg)
        return found[0] if found else None

    def need(self, name: str) -> Column:
        """Return the column of that name, or say which ones there are.

        Raises
        ------
        InputError
            If there is none, or several share the name.
        """
        column = self.find(name)
        if column is None:
            msg = (
                f"{self.path}: table {self.name}: there is no column {name!r}; it has {self.column_names}; name one of"
                " these, or give a table that has it"
            )
            raise InputError(msg)
        return column

    @property
    def column_names(self) -> str:
        """All names as the file writes them, for messages."""
        names = [printable(column.name) for several in self.columns.values() for column in several]
        return ", ".join(names[:30]) + (", ..." if len(names) > 30 else "")

    def read(self, wanted: Iterable[Column], filters: Sequence[RowFilter] = ()) -> Rows:
        """Read columns, the first value of each row where a column holds several.

        Parameters
        ----------
        wanted : columns of this table
        filters : sequence of RowFilter
            Rows that do not pass them all are left out and counted.

        Raises
        ------
        InputError
            If a column does not hold numbers, there are too many rows, or the file ends before the table does.
        """
        wanted = list(wanted)
        asked = list(dict.fromkeys([*wanted, *(column for one in filters for column in one.columns)]))
        self.demand_unpacked()
        for column in asked:
            self._demand_numbers(column)
        self.demand_whole()
        self._demand_few(self.n_rows or 0)
        dropped = dict.fromkeys((one.reason for one in filters), 0)
        kept: list[NDArray] = []
        store = Store([column.dtype for column in wanted], self.n_rows)
        n_rows = 0
        for block in self.blocks(asked):
            n_rows += len(block[0])
            self._demand_few(n_rows)
            if not filters:
                store.add(block)
                continue
            keep = passing(dict(zip(asked, block, strict=True)), filters, dropped)
            kept.append(keep)
            store.add([values[keep] for values in block[: len(wanted)]])
        return Rows(
            dict(zip([column.name for column in wanted], store.columns(), strict=True)),
            n_rows,
            np.concatenate(kept) if kept else None,
            {reason: count for reason, count in dropped.items() if count},
        )

    def _demand_numbers(self, column: Column) -> None:
        if column.dtype is None:
            msg = (
                f"{self.path}: table {self.name}: column {printable(column.name)!r} has the format"
                f" {column.form!r}, which is not a number for each event; name another column"
            )
            raise InputError(msg)

    def _demand_few(self, n_rows: int) -> None:
        if n_rows > MAX_ROWS:
            msg = (
                f"{self.path}: table {self.name}: has {n_rows} rows or more, and reading more than {MAX_ROWS}"
                " takes more than 2 GB of memory; split the list, or thin it out"
            )
            raise InputError(msg)


def as_real(value: object) -> float | None:
    """Return a header's value where it is a finite number, else None."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return None


def by_name(table: Table, base: str, units: Sequence[str]) -> Column | None:
    """Return the column of that name; where names follow no convention, also with one of the units in the name.

    Raises
    ------
    InputError
        If several columns could be meant.
    """
    if table.conventional:
        return table.find(base)
    wanted = {base, *(f"{base}_{unit.lower()}" for unit in units)}
    found = [column for several in table.columns.values() for column in several if plain(column.name) in wanted]
    if len(found) > 1:
        names = " and ".join(repr(column.name) for column in found)
        msg = (
            f"{table.path}: columns {names} could both be {base}; name the one to use (--x X --y Y [--pixel-arcsec"
            " SIZE] --energy E --energy-unit keV|eV)"
        )
        raise InputError(msg)
    return found[0] if found else None


def plain(name: str) -> str:
    """Return a column's name in lower case, with one underscore for whatever is no letter or digit."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")

"""Several tables of one file, read as one list: the events of several exposures or chips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from numpy.typing import NDArray

from report_utils.errors import InputError, printable
from report_utils.events.fits_table import FitsColumn, FitsTable
from report_utils.events.table import Table

ALL = "all"
"""What stands for all tables of events instead of a name."""
_ALIKE = ("TUNIT", "TCTYP", "TCRPX", "TCRVL", "TCDLT", "TCUNI")
"""What the header says of a column, and must say in every table."""
_OF_THE_WHOLE = (
    "TELESCOP",
    "INSTRUME",
    *(f"REF{axis}C{word}" for word in ("TYP", "RPX", "RVL", "DLT", "UNI") for axis in "XY"),
)


@dataclass(frozen=True)
class JoinedTable(FitsTable):
    """Tables with the same columns, one after the other; its header is the first one's."""

    parts: tuple[FitsTable, ...] = ()

    def blocks(self, wanted: Sequence[FitsColumn]) -> Iterator[list[NDArray]]:
        """Yield the columns' values block by block, table by table."""
        for part in self.parts:
            yield from part.blocks([part.need(column.name) for column in wanted])

    def demand_unpacked(self) -> None:
        """Refuse tables of which one is compressed by fpack."""
        for part in self.parts:
            part.demand_unpacked()

    def demand_whole(self) -> None:
        """Refuse a file that is too short for one of the tables."""
        for part in self.parts:
            part.demand_whole()


def join(tables: Sequence[Table], path: Path) -> Table:
    """Return tables as one.

    Raises
    ------
    InputError
        If there are none, or they differ in their columns, units or sky axes.
    """
    if not tables:
        msg = f"{path}: no table called EVENTS has rows, so there is nothing to read; leave this file out"
        raise InputError(msg)
    first, *others = tables
    if not others:
        return first
    for other in others:
        what = _difference(first, other)
        if what:
            msg = (
                f"{path}: tables number {first.number} and {other.number} cannot be read as one list, for they"
                f" differ in {what}; read one of them (--table {first.number})"
            )
            raise InputError(msg)
    named = {
        field: getattr(first, field)
        for field in ("path", "name", "number", "columns", "header", "row_bytes", "start", "primary")
    }
    return JoinedTable(**named, n_rows=sum(table.n_rows for table in tables), parts=tuple(tables))


def _difference(first: FitsTable, other: FitsTable) -> str:
    if first.columns.keys() != other.columns.keys():
        return f"their columns ({printable(', '.join(sorted(first.columns.keys() ^ other.columns.keys())))})"
    for keyword in _OF_THE_WHOLE:
        if first.file_value(keyword) != other.file_value(keyword):
            return keyword
    for several in first.columns.values():
        for column, same in zip(several, other.columns[several[0].name.lower()], strict=False):
            if (column.dtype, column.n_values) != (same.dtype, same.n_values):
                return f"the format of column {column.name!r}"
            for word in _ALIKE:
                if first.value(f"{word}{column.number}") != other.value(f"{word}{same.number}"):
                    return f"{word} of column {column.name!r}"
    return ""

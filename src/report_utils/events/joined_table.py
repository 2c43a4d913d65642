"""Several tables of one FITS file, read as one list: the events of several exposures or chips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from numpy.typing import NDArray

from report_utils.errors import InputError, printable
from report_utils.events.energies import Energies
from report_utils.events.event_files import Column, Table

_COLUMN_KEYWORDS = ("TUNIT", "TCTYP", "TCRPX", "TCRVL", "TCDLT", "TCUNI")
"""What every table must say alike of a column, ..."""
_TABLE_KEYWORDS = (
    "TELESCOP",
    "INSTRUME",
    *(f"REF{axis}C{word}" for word in ("TYP", "RPX", "RVL", "DLT", "UNI") for axis in "XY"),
)
"""... and of itself."""


@dataclass(frozen=True, eq=False, kw_only=True)
class JoinedTable(Table):
    """Tables with the same columns, one after the other; the header is that of the first."""

    parts: tuple[Table, ...]

    is_fits: ClassVar[bool] = True

    def blocks(self, wanted: Sequence[Column]) -> Iterator[list[NDArray]]:
        """Yield the columns' values block by block, table by table."""
        for part in self.parts:
            yield from part.blocks([part.need(column.name) for column in wanted])

    def demand_whole(self) -> None:
        """Refuse a table that is compressed, or longer than its file."""
        for part in self.parts:
            part.demand_whole()


def join(tables: Sequence[Table], path: Path) -> Table:
    """Return FITS tables as one; they may not differ in their columns, units or sky axes."""
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
                f"{path}: tables number {first.number} and {other.number} cannot be read as one list: they differ in"
                f" {what}; read one of them (--table {first.number})"
            )
            raise InputError(msg)
    return JoinedTable(
        path=path,
        name=first.name,
        number=first.number,
        columns=first.columns,
        n_rows=sum(table.n_rows for table in tables),
        header=first.header,
        primary=first.primary,
        parts=tuple(tables),
    )


def _difference(first: Table, other: Table) -> str:
    ours, theirs = (sorted(table.columns, key=lambda column: column.name.lower()) for table in (first, other))
    if first.names != other.names or len(ours) != len(theirs):
        return f"their columns ({printable(', '.join(sorted(first.names ^ other.names)))})"
    for keyword in _TABLE_KEYWORDS:
        if first.value(keyword, or_of_file=True) != other.value(keyword, or_of_file=True):
            return keyword
    for column, same in zip(ours, theirs, strict=True):
        if (column.dtype, column.n_values) != (same.dtype, same.n_values):
            return f"the format of column {column.name!r}"
        for word in _COLUMN_KEYWORDS:
            if first.value(f"{word}{column.number}") != other.value(f"{word}{same.number}"):
                return f"{word} of column {column.name!r}"
    return ""


def demand_one_unit(table: JoinedTable, energies: Energies) -> None:
    """Refuse tables of which some seem to be in keV and some in eV, if custom alone decides the unit."""
    name, units = energies.column.name, {}
    for part in table.parts:
        column = part.need(name)
        unit = energies.settled(part.read([column]).values[column.name], table.path).unit
        units.setdefault(unit, part.number)
    if len(units) > 1:
        said = " and ".join(f"{unit} (number {number})" for unit, number in units.items())
        msg = (
            f"{table.path}: column {name!r}: nothing states its unit, and by their values the tables are in {said};"
            " read one of them (--table NUMBER), or correct TUNIT"
        )
        raise InputError(msg)

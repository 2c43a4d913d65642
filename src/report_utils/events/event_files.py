"""Tables of numbers in a file of any format: opening the file, choosing the table of events, reading its columns.

A table is described first and read later. Its rows come in blocks, of which only the wanted columns and rows are
kept, so that memory stays at the size of what is returned.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError, printable
from report_utils.files.input_files import first_bytes

MAX_ROWS = 20_000_000
"""Rows of one table. Reading takes at most 80 bytes a row, so memory stays below 2 GB."""
ALL_TABLES = "all"
"""Requests every table called EVENTS, read as one list."""
_ENERGY_NAMES = {"energy", "signal", "pi", "pha"}
_TEXT_ENDINGS = (".csv", ".tsv", ".txt", ".dat", ".ecsv")
_COLUMN_KEYWORDS = ("TUNIT", "TCTYP", "TCRPX", "TCRVL", "TCDLT", "TCUNI")
"""What every table must say alike of a column, ..."""
_TABLE_KEYWORDS = (
    "TELESCOP",
    "INSTRUME",
    *(f"REF{axis}C{word}" for word in ("TYP", "RPX", "RVL", "DLT", "UNI") for axis in "XY"),
)
"""... and of itself."""


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    number: int  # its place in the table, from 1
    form: str  # the file's own name of the values' type, for messages
    dtype: np.dtype | None  # float32 if the file has no more precision, else float64; None if these are no numbers
    n_values: int = 1  # in a row; only the first is read

    @property
    def plain_name(self) -> str:
        """The name in lower case, each run of other characters than letters and digits made one underscore."""
        return re.sub(r"[^a-z0-9]+", "_", self.name.lower()).strip("_")


@dataclass(frozen=True)
class RowFilter:
    """Which rows to keep: ``good`` makes (n,) bool of the values of ``columns``, (n,) each."""

    reason: str
    columns: tuple[Column, ...]
    good: Callable[..., NDArray[np.bool_]]


@dataclass(frozen=True)
class Rows:
    """The rows that were read from a table; one that is left out counts for the first filter that it fails."""

    values: dict[str, NDArray]  # by column name, (n_kept,) float32 or float64
    n_rows: int  # in the table, kept or not
    kept: NDArray[np.bool_] | None  # (n_rows,), None without filters
    dropped: dict[str, int]  # reason -> rows left out

    def number_of(self, index: int) -> int:
        """Return the number, from 1, of a kept row in the file."""
        return index + 1 if self.kept is None else int(np.flatnonzero(self.kept)[index]) + 1


@dataclass(frozen=True, eq=False, kw_only=True)
class Table:
    """A table in a file, described but not in memory; each format has a subclass that yields its blocks."""

    path: Path
    name: str
    number: int  # in the file
    columns: tuple[Column, ...]
    n_rows: int | None  # None if only reading tells
    header: Mapping[str, Any] = field(default_factory=dict)  # keywords, of FITS and ECSV
    primary: Mapping[str, Any] = field(default_factory=dict)  # those of a FITS file's first header

    kind: ClassVar[str] = "event table"
    is_fits: ClassVar[bool] = False
    """FITS columns follow the missions' naming conventions, which say what unit is meant."""

    def blocks(self, wanted: Sequence[Column]) -> Iterator[list[NDArray]]:
        """Yield the columns' values block by block; an array is valid until the next block is asked for."""
        raise NotImplementedError

    def demand_whole(self) -> None:
        """Refuse a table that is compressed, or longer than its file, before anything is read."""

    def value(self, keyword: str, *, or_of_file: bool = False) -> object:
        """Return a keyword of the table's header, or else of the file's first one; None if missing or damaged."""
        for header in (self.header, self.primary) if or_of_file else (self.header,):
            # Of a damaged card astropy raises nearly anything.
            with warnings.catch_warnings(action="ignore"), suppress(Exception):
                if (value := header.get(keyword)) is not None:
                    return value
        return None

    def real(self, keyword: str, *, or_of_file: bool = False) -> float | None:
        """Return such a keyword if it is a finite number, else None."""
        value = self.value(keyword, or_of_file=or_of_file)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if is_number and math.isfinite(value) else None

    def unit_of(self, column: Column) -> str:
        """Return a column's TUNIT, or an empty string."""
        return str(self.value(f"TUNIT{column.number}") or "").strip()

    @cached_property
    def mission(self) -> str:
        """The mission: "chandra", "erosita", "xmm", "suzaku", else TELESCOP in lower case; "" if it is not given."""
        telescope = self._word("TELESCOP")
        if "chandra" in telescope or telescope == "axaf":
            return "chandra"
        if "erosita" in telescope + self.instrument or (telescope == "srg" and re.match(r"[tf]m\d", self.instrument)):
            return "erosita"
        return {"astro-e2": "suzaku", "xmm-newton": "xmm"}.get(telescope, telescope)

    @cached_property
    def instrument(self) -> str:
        """INSTRUME in lower case; "" if it is not given."""
        return self._word("INSTRUME")

    def _word(self, keyword: str) -> str:
        value = self.value(keyword, or_of_file=True)
        return "" if value is None else str(value).strip().lower()

    @cached_property
    def names(self) -> frozenset[str]:
        """The columns' names in lower case."""
        return frozenset(column.name.strip().lower() for column in self.columns)

    @property
    def shown_names(self) -> str:
        """The columns' names as the file writes them, for messages."""
        names = [printable(column.name) for column in self.columns]
        return ", ".join(names[:30]) + (", ..." if len(names) > 30 else "")

    def find(self, name: str, units: Sequence[str] = ()) -> Column | None:
        """Return the column of that name, in upper or lower case, or None.

        Outside FITS, a name with one of the ``units`` matches as well, such as ``energy_kev`` or ``Energy [keV]``.
        """
        wanted = name.strip().lower()
        if units and not self.is_fits:
            accepted = {wanted, *(f"{wanted}_{unit.lower()}" for unit in units)}
            found = [column for column in self.columns if column.plain_name in accepted]
            names = " and ".join(repr(column.name) for column in found)
            fault = (
                f"columns {names} could both be {wanted}; name the one to use (--x X --y Y [--pixel-arcsec SIZE]"
                " --energy E --energy-unit keV|eV)"
            )
        else:
            found = [column for column in self.columns if column.name.strip().lower() == wanted]
            fault = f"table {self.name}: {len(found)} columns are called {name!r}; rename all but one"
        if len(found) > 1:
            msg = f"{self.path}: {fault}"
            raise InputError(msg)
        return found[0] if found else None

    def need(self, name: str) -> Column:
        """Return the column of that name."""
        column = self.find(name)
        if column is None:
            msg = (
                f"{self.path}: table {self.name}: there is no column {name!r}; it has {self.shown_names}; name one of"
                " these, or give a table that has it"
            )
            raise InputError(msg)
        return column

    def read(self, wanted: Iterable[Column], filters: Sequence[RowFilter] = ()) -> Rows:
        """Read columns, the first value of each row if a column holds several, without rows that fail a filter."""
        wanted = list(wanted)
        asked = list(dict.fromkeys([*wanted, *(column for one in filters for column in one.columns)]))
        self.demand_whole()
        for column in asked:
            if column.dtype is None:
                msg = (
                    f"{self.path}: table {self.name}: column {printable(column.name)!r} has the format"
                    f" {column.form!r}, which is not a number for each event; name another column"
                )
                raise InputError(msg)
        self._demand_few(self.n_rows or 0)
        arrays = [np.empty(self.n_rows or 0, column.dtype) for column in wanted]
        dropped = dict.fromkeys((one.reason for one in filters), 0)
        kept: list[NDArray] = []
        n_rows = n_kept = 0
        for block in self.blocks(asked):
            n_rows += len(block[0])
            self._demand_few(n_rows)
            end = n_kept + len(block[0])
            if filters:
                keep = _passing(dict(zip(asked, block, strict=True)), filters, dropped)
                kept.append(keep)
                block = [values[keep] for values in block[: len(wanted)]]
                end = n_kept + int(np.count_nonzero(keep))
            for array, values in zip(arrays, block, strict=False):
                if end > len(array):  # of a text table, whose length is not known
                    array.resize(max(end, min(MAX_ROWS, len(array) * 3 // 2)), refcheck=False)
                array[n_kept:end] = values
            n_kept = end
        for array in arrays:
            array.resize(n_kept, refcheck=False)
        return Rows(
            {column.name: array for column, array in zip(wanted, arrays, strict=True)},
            n_rows,
            np.concatenate(kept) if kept else None,
            {reason: count for reason, count in dropped.items() if count},
        )

    def _demand_few(self, n_rows: int) -> None:
        if n_rows > MAX_ROWS:
            msg = (
                f"{self.path}: table {self.name}: has {n_rows} rows or more, and reading more than {MAX_ROWS}"
                " takes more than 2 GB of memory; split the list, or thin it out"
            )
            raise InputError(msg)


def _passing(values: dict[Column, NDArray], filters: Sequence[RowFilter], dropped: dict[str, int]) -> NDArray[np.bool_]:
    """Return which rows of a block pass every filter; count each other row, in ``dropped``, for the first it fails."""
    keep = np.ones(len(next(iter(values.values()))), bool)
    for one in filters:
        good = one.good(*(values[column] for column in one.columns))
        dropped[one.reason] += int(np.count_nonzero(keep & ~good))
        keep &= good
    return keep


def open_tables(path: Path) -> list[Table]:
    """Return the tables of a file, described but not read; the first bytes tell the format, for text its name."""
    magic, is_packed = first_bytes(path)
    if magic.startswith(b"SIMPLE"):
        from report_utils.events.fits_tables import read_fits_tables

        return read_fits_tables(path)
    if magic.startswith((b"PAR1", b"PK\x03\x04", b"PK\x05\x06")):
        from report_utils.events.columnar_tables import open_npz, open_parquet

        if is_packed:
            msg = f"{path}: is gzipped although its format is already compressed; unpack it"
            raise InputError(msg)
        return [open_parquet(path) if magic.startswith(b"PAR1") else open_npz(path)]
    if magic.startswith(b"\x89HDF"):
        msg = f"{path}: HDF5 is not read; write the columns as Parquet, CSV or NPZ"
        raise InputError(msg)
    if path.name.lower().removesuffix(".gz").endswith(_TEXT_ENDINGS):
        from report_utils.events.csv_table import open_csv

        return [open_csv(path)]
    msg = (
        f"{path}: this is not a FITS file or any other known format ({magic!r}); give FITS, Parquet, NPZ, or text whose"
        " name ends in .csv or .ecsv (FITS and text may be gzipped)"
    )
    raise InputError(msg)


def fits_tables_of(path: Path) -> list[Table]:
    """Return all tables of a file, none if it is not FITS; one that cannot be described is refused."""
    from report_utils.events.fits_tables import read_fits_tables

    return read_fits_tables(path, every=True) if first_bytes(path)[0].startswith(b"SIMPLE") else []


def choose_table(tables: Sequence[Table], requested: str | int | None) -> Table:
    """Return the table of events: the one requested, else EVENTS, else the first with positions and energies."""
    path = tables[0].path
    shown = ", ".join(f"{printable(table.name)} (number {table.number})" for table in tables[:20])
    found = events = [table for table in tables if table.name.strip().upper() == "EVENTS"]
    if requested is not None:
        wanted = str(requested).strip().lower()
        found = [table for table in tables if wanted == str(table.number)]
        found = found or [table for table in tables if wanted == table.name.strip().lower()]
        if not found and wanted == ALL_TABLES:
            return _join([table for table in events if table.n_rows], path)
        if not found:
            msg = f"{path}: has no table {requested!r}; it holds {shown}"
            raise InputError(msg)
    elif not events:
        found = [table for table in tables if _promises_events(table)][:1]
        if not found and len(tables) == 1:
            found = list(tables)
        if not found:
            msg = (
                f"{path}: no table is called EVENTS or holds positions and energies; name one of {shown} (table=...,"
                " --table)"
            )
            raise InputError(msg)
    # Of several tables of one name, only one may have rows: which is meant is not guessed.
    filled = [table for table in found if table.n_rows != 0] or found[:1]
    if len(filled) > 1:
        each = ", ".join(f"number {table.number} with {table.n_rows} rows" for table in filled[:20])
        msg = (
            f"{path}: holds {len(filled)} tables {printable(filled[0].name)} ({each}); name the one to read"
            f" (table={filled[0].number}, --table {filled[0].number}), or read all of them as one list (table='all',"
            " --table all)"
        )
        raise InputError(msg)
    return filled[0]


def _promises_events(table: Table) -> bool:
    has_positions = {"ra", "dec"} <= table.names or {"x", "y"} <= table.names
    return has_positions and bool(table.names & _ENERGY_NAMES)


@dataclass(frozen=True, eq=False, kw_only=True)
class JoinedTable(Table):
    """Several tables of one FITS file, one after the other, with the header of the first."""

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


def _join(tables: Sequence[Table], path: Path) -> Table:
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
    described = {one.name: getattr(first, one.name) for one in fields(Table)}
    return JoinedTable(**described | {"n_rows": sum(table.n_rows for table in tables)}, parts=tuple(tables))


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

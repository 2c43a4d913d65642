"""One binary table of a FITS file: its header through astropy, its columns block by block.

Astropy hands out columns as views of the whole table. Event lists have many columns of which three are
needed, and reach a gigabyte, so that the rows are read in blocks here; a file that ends early is seen at the
row where it ends.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events.files import (
    DEFLATE_LIMIT,
    UNPACKING_ERRORS,
    check_sum,
    is_gzipped,
    open_maybe_gzipped,
    too_large_unpacked,
    unpacked_limit,
)
from report_utils.events.table import Column, Table

if TYPE_CHECKING:
    from astropy.io.fits import Header

# FITS standard 4.0, table 18: code -> (bytes per element, NumPy type or None where it is not a number)
FORMATS = {
    "L": (1, None), "B": (1, "u1"), "I": (2, ">i2"), "J": (4, ">i4"), "K": (8, ">i8"), "A": (1, None),
    "E": (4, ">f4"), "D": (8, ">f8"), "C": (8, None), "M": (16, None), "P": (8, None), "Q": (16, None),
    "X": (1, None),
}  # fmt: skip
BLOCK_BYTES = 16 << 20
"""Read at a time."""


@dataclass(frozen=True)
class FitsColumn(Column):
    """One column as the header describes it: ``n_values`` from byte ``offset`` of each row."""

    code: str
    n_values: int
    offset: int
    scale: float = 1.0
    zero: float = 0.0
    null: int | None = None
    fault: str = ""
    """Why the values cannot be read, or nothing."""

    @property
    def is_scalar(self) -> bool:
        """Whether a row has one value in it."""
        return self.n_values == 1

    @property
    def is_plain(self) -> bool:
        """Whether the values in the file are the values meant."""
        return self.scale == 1.0 and self.zero == 0.0


@dataclass(frozen=True)
class FitsTable(Table):
    """A binary table in a file; nothing of its rows is in memory."""

    header: Header
    row_bytes: int
    start: int
    primary: Header

    conventional: ClassVar[bool] = True

    def demand_unpacked(self) -> None:
        """Refuse a table that fpack has compressed, which neither astropy nor this reader unpacks."""
        if self.header.get("ZTABLE"):
            msg = f"{self.path}: table {self.name} is compressed by fpack (ZTABLE); unpack the file with funpack first"
            raise InputError(msg)

    def value(self, keyword: str) -> object:
        """Return a keyword of the table's header, or None where it is missing or cannot be parsed."""
        return _value(self.header, keyword)

    def mission_value(self, keyword: str) -> str:
        """Return a keyword of the table's or the file's first header in lower case, or an empty string."""
        value = self.file_value(keyword)
        return "" if value is None else str(value).strip().lower()

    def file_value(self, keyword: str) -> object:
        """Return a keyword of the table's header or, where that lacks it, of the file's first header, or None."""
        value = _value(self.header, keyword)
        return _value(self.primary, keyword) if value is None else value

    def blocks(self, wanted: Sequence[FitsColumn]) -> Iterator[list[NDArray]]:
        """Yield the columns' values block by block: TSCAL, TZERO and TNULL are applied, a null being NaN."""
        for column in wanted:
            self._demand_sense(column)
        raw_type = np.dtype(
            {
                "names": [f"{column.number}" for column in wanted],
                "formats": [FORMATS[column.code][1] for column in wanted],
                "offsets": [column.offset for column in wanted],
                "itemsize": self.row_bytes,
            }
        )
        done = 0
        with open_maybe_gzipped(self.path) as stream:
            stream.seek(self.start)
            block = bytearray(max(1, min(self.n_rows, BLOCK_BYTES // self.row_bytes)) * self.row_bytes)
            while done < self.n_rows:
                view = memoryview(block)[: (self.n_rows - done) * self.row_bytes]
                got = fill(stream, view) // self.row_bytes
                rows = np.frombuffer(block, raw_type, count=got)
                yield [_values(rows[f"{column.number}"], column) for column in wanted]
                done += got
                if got * self.row_bytes < len(view):
                    raise self._ends_early(done)
            check_sum(self.path, stream)

    def _demand_sense(self, column: FitsColumn) -> None:
        where = f"{self.path}: table {self.name}: column {column.name!r}"
        if column.fault:
            msg = f"{where}: {column.fault}"
            raise InputError(msg)
        if not (np.isfinite([column.scale, column.zero]).all() and column.scale != 0):
            msg = f"{where} has TSCAL {column.scale} and TZERO {column.zero}; correct the header"
            raise InputError(msg)
        if column.offset + FORMATS[column.code][0] * column.n_values > self.row_bytes:
            msg = (
                f"{where} lies outside its row of {self.row_bytes} bytes (NAXIS1); the header is damaged:"
                " get the file again"
            )
            raise InputError(msg)

    def demand_whole(self) -> None:
        """Refuse a file that is too short for the table, or a table that no file could hold."""
        if self.row_bytes > BLOCK_BYTES:
            msg = (
                f"{self.path}: table {self.name}: a row takes {self.row_bytes} bytes (NAXIS1), which no event does;"
                " the header is damaged: copy or download the file again"
            )
            raise InputError(msg)
        size = self.path.stat().st_size
        end = self.start + self.n_rows * self.row_bytes
        if is_gzipped(self.path):
            size = size * DEFLATE_LIMIT
            if unpacked_limit(self.path) < end <= size:
                raise too_large_unpacked(self.path)
        if end > size:
            raise self._ends_early(max(0, size - self.start) // self.row_bytes)

    def _ends_early(self, n_whole: int) -> InputError:
        return InputError(
            f"{self.path}: table {self.name}: row {n_whole + 1}: the file ends here, of {self.n_rows} rows;"
            " it is cut off: copy or download it again"
        )


def precision(code: str, scale: float, zero: float) -> np.dtype | None:
    """Return float32 where a column of a FITS format has no more than that, else float64; None for no number."""
    if FORMATS[code][1] is None:
        return None
    plain = scale == 1.0 and zero == 0.0
    return np.dtype(np.float32 if code in "EBI" and (plain or code == "E") else np.float64)


def _value(header: Header, keyword: str) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return header.get(keyword)
        except Exception:  # a damaged card
            return None


def fill(stream: IO[bytes], view: memoryview) -> int:
    """Read until a buffer is full or the stream ends, and return how many bytes came."""
    done = 0
    # One piece at a time where the stream is unpacked, for a longer read loses its whole pieces at a cut.
    read = getattr(stream, "readinto1", stream.readinto)
    try:
        while done < len(view):
            got = read(view[done:])
            if not got:
                break
            done += got
    except UNPACKING_ERRORS:
        pass  # what came before is whole; the caller names the row where it ends
    return done


def _values(raw: NDArray, column: FitsColumn) -> NDArray:
    null = raw == column.null if column.null is not None and raw.dtype.kind in "iu" else None
    if column.is_plain and (null is None or not null.any()):
        return raw
    values = (raw * column.scale + column.zero).astype(column.dtype, copy=False)
    if null is not None:
        values[null] = np.nan
    return values

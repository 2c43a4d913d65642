"""One binary table of a FITS file: its header through astropy, its columns block by block.

Astropy hands out columns as views of the whole table. Event lists have many columns of which three are
needed, and reach a gigabyte, so the rows are read in blocks and only the wanted columns are kept: memory
stays at what is returned, for plain and for gzipped files, and a file that ends early is seen at the row
where it ends.
"""

from __future__ import annotations

import gzip
import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events.files import unreadable

if TYPE_CHECKING:
    from astropy.io.fits import Header

# FITS standard 4.0, table 18: code -> (bytes per element, NumPy type or None where it is not a number)
FORMATS = {
    "L": (1, None), "B": (1, "u1"), "I": (2, ">i2"), "J": (4, ">i4"), "K": (8, ">i8"), "A": (1, None),
    "E": (4, ">f4"), "D": (8, ">f8"), "C": (8, None), "M": (16, None), "P": (8, None), "Q": (16, None),
}  # fmt: skip
_BLOCK_BYTES = 16 << 20
_DEFLATE_LIMIT = 1032
"""No deflate stream expands further (zlib's documentation): a larger table cannot be in the file."""


@dataclass(frozen=True)
class Column:
    """One column as the header describes it: ``n_values`` from byte ``offset`` of each row."""

    name: str
    number: int
    code: str
    n_values: int
    offset: int
    scale: float = 1.0
    zero: float = 0.0
    null: int | None = None

    @property
    def is_number(self) -> bool:
        """Whether each value is one integer or real number."""
        return FORMATS.get(self.code, (0, None))[1] is not None

    @property
    def dtype(self) -> np.dtype:
        """Its precision in memory: float32 where the file has no more than that, else float64."""
        plain = self.scale == 1.0 and self.zero == 0.0
        return np.dtype(np.float32 if self.code in "EBI" and (plain or self.code == "E") else np.float64)


@dataclass(frozen=True)
class FitsTable:
    """A binary table in a file; nothing of its rows is in memory."""

    path: Path
    name: str
    number: int
    header: Header
    columns: dict[str, tuple[Column, ...]]
    n_rows: int
    row_bytes: int
    start: int
    primary: Header

    def value(self, keyword: str) -> object:
        """Return a keyword of the table's header, or None where it is missing or cannot be parsed."""
        return _value(self.header, keyword)

    def mission_value(self, keyword: str) -> str:
        """Return a keyword of the table's or the file's first header in lower case, or an empty string."""
        value = _value(self.header, keyword)
        value = _value(self.primary, keyword) if value is None else value
        return "" if value is None else str(value).strip().lower()

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

    @property
    def column_names(self) -> str:
        """All names as the file writes them, for messages."""
        names = [column.name for several in self.columns.values() for column in several]
        return ", ".join(names[:30]) + (", ..." if len(names) > 30 else "")

    def read(self, wanted: Iterable[Column]) -> dict[str, NDArray]:
        """Read columns, the first value of each row where a column holds several.

        Returns
        -------
        dict of (n_rows,) float32, float64 or (unscaled integers) int64 arrays by the columns' own names
            TSCAL, TZERO and TNULL are applied, a null being NaN.

        Raises
        ------
        InputError
            If the file ends before the table does, or a column does not hold numbers.
        """
        wanted = list(wanted)
        for column in wanted:
            self._demand_numbers(column)
        self._demand_length()
        raw_type = np.dtype(
            {
                "names": [column.name for column in wanted],
                "formats": [FORMATS[column.code][1] for column in wanted],
                "offsets": [column.offset for column in wanted],
                "itemsize": self.row_bytes,
            }
        )
        raw = {column.name: np.empty(self.n_rows, raw_type[column.name].newbyteorder("=")) for column in wanted}
        done = 0
        with open_maybe_gzipped(self.path) as stream:
            stream.seek(self.start)
            block = bytearray(max(1, _BLOCK_BYTES // self.row_bytes) * self.row_bytes)
            while done < self.n_rows:
                view = memoryview(block)[: (self.n_rows - done) * self.row_bytes]
                got = _fill(stream, view) // self.row_bytes
                rows = np.frombuffer(block, raw_type, count=got)
                for name, values in raw.items():
                    values[done : done + got] = rows[name]
                done += got
                if got * self.row_bytes < len(view):
                    raise self._ends_early(done)
            self._check_sum(stream)
        return {column.name: _values(raw[column.name], column) for column in wanted}

    def _demand_numbers(self, column: Column) -> None:
        where = f"{self.path}: table {self.name}: column {column.name!r}"
        if not column.is_number or column.n_values < 1:
            form = self.value(f"TFORM{column.number}")
            msg = f"{where} has the format {form!r}, which is not a number for each event; name another column"
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

    def _demand_length(self) -> None:
        size = self.path.stat().st_size
        if is_gzipped(self.path):
            size = size * _DEFLATE_LIMIT
        if self.start + self.n_rows * self.row_bytes > size:
            raise self._ends_early(max(0, size - self.start) // self.row_bytes)

    def _check_sum(self, stream: IO[bytes]) -> None:
        """Read a gzipped file to its end, where its checksum tells flipped bits from good ones."""
        if not isinstance(stream, gzip.GzipFile):
            return
        try:
            while stream.read(_BLOCK_BYTES):
                pass
        except (EOFError, zlib.error, OSError) as error:
            msg = f"{self.path}: the gzip checksum does not fit ({error}); copy or download the file again"
            raise InputError(msg) from None

    def _ends_early(self, n_whole: int) -> InputError:
        return InputError(
            f"{self.path}: table {self.name}: row {n_whole + 1}: the file ends here, of {self.n_rows} rows;"
            " it is cut off: copy or download it again"
        )


def _value(header: Header, keyword: str) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return header.get(keyword)
        except Exception:  # a damaged card
            return None


def _fill(stream: IO[bytes], view: memoryview) -> int:
    done = 0
    # One piece at a time where the stream is unpacked, for a longer read loses its whole pieces at a cut.
    read = getattr(stream, "readinto1", stream.readinto)
    try:
        while done < len(view):
            got = read(view[done:])
            if not got:
                break
            done += got
    except (EOFError, zlib.error, gzip.BadGzipFile):
        pass  # what came before is whole; the caller names the row where it ends
    return done


def _values(raw: NDArray, column: Column) -> NDArray:
    null = raw == column.null if column.null is not None and raw.dtype.kind in "iu" else None
    plain = column.scale == 1.0 and column.zero == 0.0
    if plain and raw.dtype.kind in "iu" and (null is None or not null.any()):
        return raw.astype(np.int64)
    values = raw if plain else raw * column.scale + column.zero
    values = values.astype(column.dtype, copy=False)
    if null is not None and null.any():
        values[null] = np.nan
    return values


def is_gzipped(path: Path) -> bool:
    """Whether a file starts as gzip files do; its name is not asked."""
    with path.open("rb") as stream:
        return stream.read(2) == b"\x1f\x8b"


@contextmanager
def open_maybe_gzipped(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading, unpacked where it is gzipped."""
    try:
        if is_gzipped(path):
            with gzip.open(path, "rb") as stream:
                yield stream
        else:
            with path.open("rb", buffering=0) as stream:
                yield stream
    except OSError as error:
        raise unreadable(path, error) from None

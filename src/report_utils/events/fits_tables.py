"""The tables of a FITS file: headers parsed by astropy, rows read block by block.

The walk from header to header is done here rather than by astropy, so that gzipped files are read as a stream, and a
file that is cut off still shows the tables before the cut. So is the reading of rows: astropy's columns are views of
the whole table, and an event list of a gigabyte has many columns of which three are needed.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError, printable
from report_utils.events.event_files import Column, Table
from report_utils.files.input_files import (
    DEFLATE_LIMIT,
    UNPACKING_ERRORS,
    damaged,
    is_gzipped,
    open_maybe_gzipped,
    unpacked_limit,
    unpacks_too_large,
    verify_checksum,
)

if TYPE_CHECKING:
    from astropy.io.fits import Header

# FITS standard 4.0, table 18: code -> (bytes per element, NumPy type, or None if it is not a real number)
_FORMATS = {
    "L": (1, None), "B": (1, "u1"), "I": (2, ">i2"), "J": (4, ">i4"), "K": (8, ">i8"), "A": (1, None),
    "E": (4, ">f4"), "D": (8, ">f8"), "C": (8, None), "M": (16, None), "P": (8, None), "Q": (16, None),
    "X": (1, None),
}  # fmt: skip
_BINARY_FORM = re.compile(r"(\d{0,9})([LXBIJKAEDCMPQ])")
_ASCII_FORM = re.compile(r"([AIFED])(\d{1,4})(?:\.(\d{1,3}))?\Z")
_HEADER_BYTES = 2880
_MAX_HEADER_BLOCKS = 2000
"""72 000 cards; a longer header has no END."""
_MAX_EXTENSIONS = 1000
"""Limit for one file; event files have a few dozen."""
_BLOCK_BYTES = 16 << 20
"""Bytes of a table that are read at a time."""


@dataclass(frozen=True, kw_only=True)
class FitsColumn(Column):
    """One column as the header describes it."""

    stored: str | None  # NumPy type in the file; None if it is not a number
    offset: int  # first byte in a row
    width: int  # bytes in a row
    scale: float = 1.0  # TSCAL
    zero: float = 0.0  # TZERO
    null: int | str | None = None  # TNULL; text in an ASCII table
    decimals: int = 0  # in an ASCII table, digits after a decimal point that is not written (section 7.2.5)
    fault: str = ""  # why the values cannot be read


@dataclass(frozen=True, eq=False, kw_only=True)
class FitsTable(Table):
    """A binary table (FITS standard 4.0, section 7.3): rows of ``row_bytes`` from byte ``start`` of the file."""

    row_bytes: int
    start: int

    is_fits: ClassVar[bool] = True
    block_bytes: ClassVar[int] = _BLOCK_BYTES

    def blocks(self, wanted: Sequence[FitsColumn]) -> Iterator[list[NDArray]]:
        """Yield the columns' physical values block by block."""
        for column in wanted:
            fault = column.fault
            if not fault and not 0 <= column.offset <= self.row_bytes - max(1, column.width):
                fault = f"lies outside its row of {self.row_bytes} bytes (NAXIS1)"
            if fault:
                msg = f"{self.path}: table {self.name}: column {column.name!r}: {fault}; correct the header"
                raise InputError(msg)
        row_type = np.dtype(
            {
                "names": [f"{column.number}" for column in wanted],
                "formats": [column.stored for column in wanted],
                "offsets": [column.offset for column in wanted],
                "itemsize": self.row_bytes,
            }
        )
        done = 0
        with open_maybe_gzipped(self.path) as stream:
            stream.seek(self.start)
            n_rows = max(1, min(self.n_rows, self.block_bytes // self.row_bytes))
            block = bytearray(n_rows * self.row_bytes)
            while done < self.n_rows:
                view = memoryview(block)[: (self.n_rows - done) * self.row_bytes]
                got = _fill(stream, view) // self.row_bytes
                rows = np.frombuffer(block, row_type, count=got)
                yield [self._values(rows[f"{column.number}"], column, done) for column in wanted]
                done += got
                if got * self.row_bytes < len(view):
                    raise self._ends_early(done)
            verify_checksum(self.path, stream)

    def demand_whole(self) -> None:
        """Refuse a table that fpack has compressed, one longer than its file, and rows that no event has."""
        if self.header.get("ZTABLE"):
            msg = f"{self.path}: table {self.name} is compressed by fpack (ZTABLE); unpack the file with funpack first"
            raise InputError(msg)
        if self.row_bytes > _BLOCK_BYTES:
            msg = (
                f"{self.path}: table {self.name}: a row takes {self.row_bytes} bytes (NAXIS1), too many for an event;"
                " the header is damaged: copy or download the file again"
            )
            raise InputError(msg)
        size = self.path.stat().st_size
        end = self.start + self.n_rows * self.row_bytes
        if is_gzipped(self.path):
            size *= DEFLATE_LIMIT
            if unpacked_limit(self.path) < end <= size:
                raise unpacks_too_large(self.path)
        if end > size:
            raise self._ends_early(max(0, size - self.start) // self.row_bytes)

    def _values(self, raw: NDArray, column: FitsColumn, n_before: int) -> NDArray:  # noqa: ARG002
        """Return physical values, TZERO + TSCAL * raw, with NaN for TNULL; ``n_before`` rows came before them."""
        is_null = raw == column.null if column.null is not None and raw.dtype.kind in "iu" else None
        if (column.scale, column.zero) == (1.0, 0.0) and (is_null is None or not is_null.any()):
            return raw
        values = (raw * column.scale + column.zero).astype(column.dtype, copy=False)
        if is_null is not None:
            values[is_null] = np.nan
        return values

    def _ends_early(self, n_whole: int) -> InputError:
        return InputError(
            f"{self.path}: table {self.name}: row {n_whole + 1}: the file ends here, of {self.n_rows} rows;"
            " it is cut off: copy or download it again"
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class AsciiTable(FitsTable):
    """An ASCII table: numbers as text, in columns of fixed width (FITS standard 4.0, section 7.2)."""

    block_bytes: ClassVar[int] = _BLOCK_BYTES // 8  # as numbers, the text takes more memory

    def _values(self, raw: NDArray, column: FitsColumn, n_before: int) -> NDArray[np.float64]:
        """Return physical values; an empty field, or the text of TNULL, is NaN."""
        text = np.char.strip(raw)
        empty = (text == b"") | ((text == column.null.encode("ascii", "replace")) if column.null else False)
        text = np.where(empty, b"nan", np.char.replace(np.char.upper(text), b"D", b"E"))
        try:
            values = text.astype(np.float64)
        except ValueError:
            row = next(number for number, one in enumerate(text) if not _is_number(one))
            shown = printable(text[row].decode("ascii", "replace"))
            msg = (
                f"{self.path}: table {self.name}: row {n_before + row + 1}: column {column.name!r} is {shown!r}, not a"
                " number; correct the file"
            )
            raise InputError(msg) from None
        if column.decimals:
            is_implied = ~empty & (np.char.find(text, b".") < 0) & (np.char.find(text, b"E") < 0)
            values = np.where(is_implied, values / 10.0**column.decimals, values)
        return values * column.scale + column.zero


def _is_number(text: bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _fill(stream: IO[bytes], view: memoryview) -> int:
    """Read until a buffer is full or the stream ends, and return the number of bytes."""
    done = 0
    # A gzipped stream is read piece by piece: a longer read loses the whole pieces before a cut.
    read = getattr(stream, "readinto1", stream.readinto)
    try:
        while done < len(view) and (got := read(view[done:])):
            done += got
    except UNPACKING_ERRORS:
        pass  # what came before is whole; the caller names the row at which it ends
    return done


def read_fits_tables(path: Path, *, every: bool = False) -> list[Table]:
    """Return the tables of a FITS file, gzipped or not, described by their headers.

    Where the file has a table called EVENTS, others that cannot be described are left out, unless ``every`` table is
    wanted. Damage within a table is found by reading it.
    """
    tables: list[Table] = []
    fault: Exception | None = None
    refused: dict[str, InputError] = {}
    # Astropy warns of odd cards. The keywords that matter are checked here, and refused with a reason.
    with open_maybe_gzipped(path) as stream, warnings.catch_warnings(action="ignore"):
        try:
            for number, header, primary, start in _walk(path, stream):
                if header.get("XTENSION") in ("BINTABLE", "TABLE") and not header.get("ZIMAGE"):
                    try:
                        tables.append(_table(path, number, header, primary, start))
                    except InputError as error:
                        refused.setdefault(str(header.get("EXTNAME", "")).strip().upper(), error)
        except Exception as error:  # a damaged header makes astropy raise nearly anything
            fault = error
    has_events = any(table.name.strip().upper() == "EVENTS" for table in tables)
    if refused and (every or not has_events or "EVENTS" in refused):
        raise refused.get("EVENTS") or next(iter(refused.values()))
    if isinstance(fault, InputError) and not has_events:
        raise fault
    if tables:
        return tables
    if fault is not None:
        raise damaged(path, "FITS", fault)
    msg = f"{path}: holds no binary table or ASCII table, so no events; give the event file, not an image or a spectrum"
    raise InputError(msg)


def _walk(path: Path, stream: IO[bytes]) -> Iterator[tuple[int, Header, Header, int]]:
    """Yield each header's number, the header, the file's first header, and the byte where the header's data start."""
    start, primary = 0, None
    furthest = unpacked_limit(path) if is_gzipped(path) else math.inf
    for number in range(_MAX_EXTENSIONS):
        if start > furthest:
            raise unpacks_too_large(path)
        stream.seek(start)
        header = _parse(stream)
        if header is None:
            if number == 0:
                msg = "it has no header"
                raise ValueError(msg)
            return
        primary = header if primary is None else primary
        start = stream.tell()
        yield number, header, primary, start
        # FITS standard 4.0, section 4.4.1.1
        axes = [int(header[f"NAXIS{n}"]) for n in range(1, int(header["NAXIS"]) + 1)]
        elements = int(header.get("PCOUNT", 0)) + (math.prod(axes) if axes else 0)
        n_bytes = abs(int(header["BITPIX"])) // 8 * int(header.get("GCOUNT", 1)) * elements
        start += max(0, -(-n_bytes // _HEADER_BYTES) * _HEADER_BYTES)
    msg = f"it has more than {_MAX_EXTENSIONS} extensions"
    raise ValueError(msg)


def _parse(stream: IO[bytes]) -> Header | None:
    """Read one header and leave the stream at its data; return None at the end of the file."""
    from astropy.io.fits import Header

    blocks: list[bytes] = []
    while block := stream.read(_HEADER_BYTES).replace(b"\0", b" "):  # as astropy accepts, some programs pad with NUL
        if not blocks and not block.startswith((b"SIMPLE  =", b"XTENSION=")):
            return None
        blocks.append(block)
        if any(block[card : card + 80].rstrip() == b"END" for card in range(0, len(block), 80)):
            return Header.fromstring(b"".join(blocks).decode("ascii", "replace"))
        if len(blocks) > _MAX_HEADER_BLOCKS:
            break
    if not blocks:
        return None
    msg = "a header has no END card; the file is cut off or damaged"
    raise EOFError(msg)


def _table(path: Path, number: int, header: Header, primary: Header, start: int) -> FitsTable:
    is_ascii = header["XTENSION"] == "TABLE"
    name = printable(str(header.get("EXTNAME", number)).strip())
    columns: list[FitsColumn] = []
    end = 0
    for n in range(1, int(header["TFIELDS"]) + 1):
        columns.append(_column(header, n, end, f"{path}: table {name}", is_ascii=is_ascii))
        end += columns[-1].width
    row_bytes, n_rows = int(header["NAXIS1"]), int(header["NAXIS2"])
    if not is_ascii and (end != row_bytes or n_rows < 0):
        msg = (
            f"{path}: table {name}: its columns take {end} bytes a row, NAXIS1 says {row_bytes}, and NAXIS2 {n_rows}"
            " rows; the header is damaged: copy or download the file again"
        )
        raise InputError(msg)
    return (AsciiTable if is_ascii else FitsTable)(
        path=path, name=name, number=number, columns=tuple(columns), n_rows=max(0, n_rows), header=header,
        primary=primary, row_bytes=row_bytes, start=start,
    )  # fmt: skip


def _column(header: Header, n: int, offset: int, where: str, *, is_ascii: bool) -> FitsColumn:
    """Return a column as its keywords describe it (FITS standard 4.0, sections 7.2 and 7.3)."""
    form, null = str(header.get(f"TFORM{n}", "")).strip().upper(), header.get(f"TNULL{n}")
    match = (_ASCII_FORM if is_ascii else _BINARY_FORM).match(form)
    if match is None:
        msg = f"{where}: TFORM{n} is {printable(form)!r}, which FITS does not know; copy or download the file again"
        raise InputError(msg)
    scale, zero, fault = _scaling(header, n)
    about: dict[str, Any] = {"name": printable(str(header.get(f"TTYPE{n}", f"column {n}")).strip()), "number": n}
    about |= {"form": form, "scale": scale, "zero": zero, "fault": fault}
    if is_ascii:
        code, width = match[1], int(match[2])
        return FitsColumn(
            **about,
            dtype=None if code == "A" else np.dtype(np.float64),
            stored=f"S{width}",
            offset=int(header.get(f"TBCOL{n}", 0)) - 1,
            width=width,
            null="" if null is None else str(null).strip(),
            decimals=0 if code == "I" else int(match[3] or 0),
        )
    n_values, code = int(match[1] or 1), match[2]
    n_bytes, stored = _FORMATS[code]
    # float32 holds these exactly, except bytes and short integers that are scaled.
    is_single = code == "E" or (code in "BI" and (scale, zero) == (1.0, 0.0))
    return FitsColumn(
        **about,
        dtype=np.dtype(np.float32 if is_single else np.float64) if stored and n_values else None,
        n_values=n_values,
        stored=stored,
        offset=offset,
        width=(n_values + 7) // 8 if code == "X" else n_values * n_bytes,
        null=null if isinstance(null, int) else None,
    )


def _scaling(header: Header, n: int) -> tuple[float, float, str]:
    """Return TSCAL and TZERO, and why they cannot be used, or ""."""
    fault, scaling = "", []
    for keyword, default in ((f"TSCAL{n}", 1.0), (f"TZERO{n}", 0.0)):
        value = header.get(keyword, default)
        if not isinstance(value, int | float) or isinstance(value, bool):
            fault, value = f"{keyword} is {printable(str(value))!r} and not a number", default
        scaling.append(float(value))
    if not fault and (scaling[0] == 0 or not all(map(math.isfinite, scaling))):
        fault = f"has TSCAL {scaling[0]} and TZERO {scaling[1]}"
    return scaling[0], scaling[1], fault

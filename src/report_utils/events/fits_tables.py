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
from typing import IO, TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError, printable
from report_utils.events.event_files import Column, Table, is_fits_file
from report_utils.files.gzip_files import (
    DEFLATE_LIMIT,
    UNPACKING_ERRORS,
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
BLOCK_BYTES = 16 << 20
"""Bytes of a table that are read at a time."""


@dataclass(frozen=True, kw_only=True)
class FitsColumn(Column):
    """One column as the header describes it.

    Parameters
    ----------
    stored : str or None
        NumPy type in the file; None if it is not a number.
    offset, width : int
        First byte and number of bytes in a row.
    scale, zero : float
        TSCAL and TZERO.
    null : int, str or None
        TNULL; text in an ASCII table.
    decimals : int
        In an ASCII table, digits after a decimal point that is not written (section 7.2.5).
    fault : str
        Why the values cannot be read, or "".
    """

    stored: str | None
    offset: int
    width: int
    scale: float = 1.0
    zero: float = 0.0
    null: int | str | None = None
    decimals: int = 0
    fault: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class FitsTable(Table):
    """A binary table (FITS standard 4.0, section 7.3): rows of ``row_bytes`` from byte ``start`` of the file."""

    row_bytes: int
    start: int

    is_fits: ClassVar[bool] = True
    block_bytes: ClassVar[int] = BLOCK_BYTES

    def blocks(self, wanted: Sequence[FitsColumn]) -> Iterator[list[NDArray]]:
        """Yield the columns' physical values block by block."""
        for column in wanted:
            self._demand_readable(column)
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
        if self.row_bytes > BLOCK_BYTES:
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

    def _demand_readable(self, column: FitsColumn) -> None:
        fault = column.fault
        if not fault and not (np.isfinite([column.scale, column.zero]).all() and column.scale != 0):
            fault = f"has TSCAL {column.scale} and TZERO {column.zero}"
        if not fault and not 0 <= column.offset <= self.row_bytes - max(1, column.width):
            fault = f"lies outside its row of {self.row_bytes} bytes (NAXIS1)"
        if fault:
            msg = f"{self.path}: table {self.name}: column {column.name!r}: {fault}; correct the header"
            raise InputError(msg)

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


def read_fits_tables(path: Path, *, until: str | None = None) -> list[Table]:
    """Return the tables of a FITS file, described by their headers.

    Parameters
    ----------
    path : Path
        May be gzipped.
    until : str, optional
        Once there is a table of this name, later ones are described only if they share it, and damage after it
        does not matter.

    Raises
    ------
    InputError
        If the file is missing, empty or not FITS, or holds no table.
    """
    if not is_fits_file(path):
        msg = f"{path}: this is not a FITS file (it does not start with SIMPLE); give a FITS event list"
        raise InputError(msg)
    tables: list[Table] = []
    is_enough, fault = False, ""
    # Astropy warns of odd cards. The keywords that matter are checked here, and refused with a reason.
    with open_maybe_gzipped(path) as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for number, header, primary, start in _walk(path, stream):
                is_wanted = bool(until) and str(header.get("EXTNAME", "")).strip().upper() == until
                is_table = header.get("XTENSION") in ("BINTABLE", "TABLE") and not header.get("ZIMAGE")
                if is_table and (is_wanted or not is_enough):
                    tables.append(_table(path, number, header, primary, start))
                    is_enough |= is_wanted
        except InputError:
            if not is_enough:
                raise
        except UNPACKING_ERRORS as error:
            fault = f"it is cut off or damaged: {error}"
        except Exception as error:  # a damaged header makes astropy raise nearly anything
            fault = " ".join(str(error).split()) or type(error).__name__
    if tables:
        return tables  # a fault after the table that is read does not matter, and one within it is found by reading
    if fault:
        msg = f"{path}: cannot be read as FITS ({printable(fault, 160)}); copy or download it again"
        raise InputError(msg)
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
        start += _data_bytes(header)
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
    msg = "a header has no END card"
    raise EOFError(msg)


def _data_bytes(header: Header) -> int:
    """Return the size of a header's data with its padding (FITS standard 4.0, section 4.4.1.1)."""
    axes = [int(header[f"NAXIS{n}"]) for n in range(1, int(header["NAXIS"]) + 1)]
    elements = math.prod(axes) if axes else 0
    parameters, groups = int(header.get("PCOUNT", 0)), int(header.get("GCOUNT", 1))
    n_bytes = abs(int(header["BITPIX"])) // 8 * groups * (parameters + elements)
    return max(0, -(-n_bytes // _HEADER_BYTES) * _HEADER_BYTES)


def _table(path: Path, number: int, header: Header, primary: Header, start: int) -> FitsTable:
    kind = FitsTable
    if header["XTENSION"] == "TABLE":
        from report_utils.events.ascii_table import AsciiTable

        kind = AsciiTable
    name = printable(str(header.get("EXTNAME", number)).strip())
    columns = tuple(_columns(header, f"{path}: table {name}"))
    return kind(
        path=path,
        name=name,
        number=number,
        columns=columns,
        n_rows=max(0, int(header["NAXIS2"])),
        header=header,
        primary=primary,
        row_bytes=int(header["NAXIS1"]),
        start=start,
    )


def _columns(header: Header, where: str) -> Iterator[FitsColumn]:
    """Yield the columns of a binary table, or of an ASCII table (FITS standard 4.0, sections 7.3 and 7.2)."""
    is_ascii, end = header["XTENSION"] == "TABLE", 0
    for n in range(1, int(header["TFIELDS"]) + 1):
        form = str(header.get(f"TFORM{n}", "")).strip().upper()
        match = (_ASCII_FORM if is_ascii else _BINARY_FORM).match(form)
        if match is None:
            msg = f"{where}: TFORM{n} is {printable(form)!r}, which FITS does not know; copy or download the file again"
            raise InputError(msg)
        scaling, fault = {"scale": 1.0, "zero": 0.0}, ""
        for name, keyword in (("scale", f"TSCAL{n}"), ("zero", f"TZERO{n}")):
            value = header.get(keyword, scaling[name])
            if isinstance(value, int | float) and not isinstance(value, bool):
                scaling[name] = float(value)
            else:
                fault = f"{keyword} is {printable(str(value))!r} and not a number"
        null = header.get(f"TNULL{n}")
        if is_ascii:
            code, width, decimals = match[1], int(match[2]), int(match[3] or 0)
            layout = {
                "dtype": None if code == "A" else np.dtype(np.float64),
                "stored": f"S{width}",
                "offset": int(header.get(f"TBCOL{n}", 0)) - 1,
                "width": width,
                "null": "" if null is None else str(null).strip(),
                "decimals": 0 if code == "I" else decimals,
            }
        else:
            n_values, code = int(match[1] or 1), match[2]
            n_bytes, stored = _FORMATS[code]
            # float32 holds these exactly, except bytes and short integers that are scaled.
            is_single = code == "E" or (code in "BI" and (scaling["scale"], scaling["zero"]) == (1.0, 0.0))
            layout = {
                "dtype": np.dtype(np.float32 if is_single else np.float64) if stored and n_values else None,
                "n_values": n_values,
                "stored": stored,
                "offset": end,
                "width": (n_values + 7) // 8 if code == "X" else n_values * n_bytes,
                "null": null if isinstance(null, int) else None,
            }
        name = printable(str(header.get(f"TTYPE{n}", f"column {n}")).strip())
        yield FitsColumn(name=name, number=n, form=form, fault=fault, **scaling, **layout)
        end += layout["width"]
    row_bytes, n_rows = int(header["NAXIS1"]), int(header["NAXIS2"])
    if not is_ascii and (end != row_bytes or n_rows < 0):
        msg = (
            f"{where}: its columns take {end} bytes a row, NAXIS1 says {row_bytes}, and NAXIS2 {n_rows} rows; the"
            " header is damaged: copy or download the file again"
        )
        raise InputError(msg)


def _fill(stream: IO[bytes], view: memoryview) -> int:
    """Read until a buffer is full or the stream ends, and return the number of bytes."""
    done = 0
    # A gzipped stream is read piece by piece: a longer read loses the whole pieces before a cut.
    read = getattr(stream, "readinto1", stream.readinto)
    try:
        while done < len(view):
            got = read(view[done:])
            if not got:
                break
            done += got
    except UNPACKING_ERRORS:
        pass  # what came before is whole; the caller names the row at which it ends
    return done

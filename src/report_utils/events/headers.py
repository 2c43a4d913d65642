"""The tables of a FITS file, as their headers describe them.

Astropy parses each header; the walk from one to the next is done here, so that gzipped files are read as a
stream and a file that is cut off still shows the tables before the cut.
"""

from __future__ import annotations

import math
import re
import warnings
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from report_utils.errors import InputError
from report_utils.events.ascii_table import AsciiColumn, AsciiTable
from report_utils.events.files import (
    UNPACKING_ERRORS,
    first_bytes,
    is_gzipped,
    open_maybe_gzipped,
    too_large_unpacked,
    unpacked_limit,
)
from report_utils.events.fits_table import FORMATS, FitsColumn, FitsTable, precision
from report_utils.events.table import Column, printable

if TYPE_CHECKING:
    from astropy.io.fits import Header

_BLOCK = 2880
_MAX_BLOCKS = 2000
"""Of one header: 72 000 cards, beyond which there is no END to be found."""
_MAX_PARTS = 1000
"""Of one file; an event list has a few dozen extensions."""


def read_tables(path: Path, *, until: str | None = None) -> list[FitsTable]:
    """Return the tables of a FITS file, headers only.

    Parameters
    ----------
    path : Path
        May be gzipped.
    until : str, optional
        A table of this name is enough: what comes after it is described only if it has the same name, and no
        damage there matters.

    Raises
    ------
    InputError
        If the file is missing, empty, or not FITS, or holds no table.
    """
    magic, packed = first_bytes(path)
    if not magic.startswith(b"SIMPLE"):
        what = "unpacked, this is" if packed else "this is"
        msg = f"{path}: {what} not a FITS file (it does not start with SIMPLE); give a FITS event list"
        raise InputError(msg)
    # Astropy warns of odd cards. What is used of a header is checked here instead, and refused with a reason.
    with open_maybe_gzipped(path) as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tables, end = _walk(path, stream, until)
    if tables:
        return tables
    if end:
        msg = f"{path}: cannot be read as FITS ({printable(end, 160)}); copy or download it again"
        raise InputError(msg)
    msg = f"{path}: holds no binary table or ASCII table, so no events; give the event file, not an image or a spectrum"
    raise InputError(msg)


def _walk(path: Path, stream: IO[bytes], until: str | None) -> tuple[list[FitsTable], str]:
    """Return the tables up to the end, and what was wrong there (empty if nothing was)."""
    tables: list[FitsTable] = []
    number, start, primary, is_enough = 0, 0, None, False
    furthest = unpacked_limit(path) if is_gzipped(path) else math.inf
    while number < _MAX_PARTS:
        if start > furthest:
            if is_enough:
                return tables, ""  # reading the table goes to the end of the file, and refuses it there
            raise too_large_unpacked(path)
        try:
            stream.seek(start)
            header = _parse(stream)
            if header is None:
                return tables, "" if number else "it has no header"
            start = stream.tell()
            if primary is None:
                primary = header
            is_wanted = bool(until) and str(header.get("EXTNAME", "")).strip().upper() == until
            is_table = header.get("XTENSION") in _TABLES and not header.get("ZIMAGE")
            if is_table and (is_wanted or not is_enough):
                tables.append(_TABLES[header["XTENSION"]](path, number, header, primary, start))
                is_enough |= is_wanted
            start += _data_bytes(header)
            number += 1
        except InputError:
            if is_enough:
                return tables, ""
            raise
        except UNPACKING_ERRORS as error:
            return tables, f"it is cut off or damaged: {error}"
        except Exception as error:  # a damaged header makes astropy raise nearly anything
            return tables, " ".join(str(error).split()) or type(error).__name__
    return tables, f"it has more than {_MAX_PARTS} extensions"


def _parse(stream: IO[bytes]) -> Header | None:
    """Read one header and leave the stream at its data; None where no header starts."""
    from astropy.io.fits import Header

    blocks: list[bytes] = []
    while block := stream.read(_BLOCK).replace(b"\0", b" "):  # some programs pad headers so, and astropy reads them
        if not blocks and not block.startswith((b"SIMPLE  =", b"XTENSION=")):
            return None
        blocks.append(block)
        if any(block[card : card + 80].rstrip() == b"END" for card in range(0, len(block), 80)):
            return Header.fromstring(b"".join(blocks).decode("ascii", "replace"))
        if len(blocks) > _MAX_BLOCKS:
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
    return max(0, -(-n_bytes // _BLOCK) * _BLOCK)


def _describe(path: Path, number: int, header: Header, primary: Header, start: int) -> FitsTable:
    name = _table_name(header, number)
    columns: dict[str, list[Column]] = {}
    offset = 0
    for n in range(1, int(header["TFIELDS"]) + 1):
        form = str(header.get(f"TFORM{n}", "")).strip().upper()
        match = re.match(r"(\d{0,9})([LXBIJKAEDCMPQ])", form)
        if match is None:
            raise _unknown_form(path, name, n, form)
        n_values, code = int(match[1] or 1), match[2]
        null = header.get(f"TNULL{n}")
        scale, zero, fault = _scaling(header, n)
        column = FitsColumn(
            name=_column_name(header, n),
            number=n,
            form=form,
            dtype=precision(code, scale, zero) if n_values else None,
            code=code,
            n_values=n_values,
            offset=offset,
            scale=scale,
            zero=zero,
            null=null if isinstance(null, int) else None,
            fault=fault,
        )
        columns.setdefault(column.name.lower(), []).append(column)
        offset += (n_values + 7) // 8 if code == "X" else n_values * FORMATS[code][0]
    row_bytes, n_rows = int(header["NAXIS1"]), int(header["NAXIS2"])
    if offset != row_bytes or n_rows < 0:
        msg = (
            f"{path}: table {name}: its columns take {offset} bytes a row,"
            f" NAXIS1 says {row_bytes}, and NAXIS2 {n_rows} rows; the header is damaged:"
            " copy or download the file again"
        )
        raise InputError(msg)
    named = {key: tuple(several) for key, several in columns.items()}
    return FitsTable(path, name, number, named, n_rows, header, row_bytes, start, primary)


def _describe_ascii(path: Path, number: int, header: Header, primary: Header, start: int) -> AsciiTable:
    """Describe an ASCII table (FITS standard 4.0, section 7.2): a column is so many characters from TBCOLn on."""
    name = _table_name(header, number)
    columns: dict[str, list[Column]] = {}
    row_bytes, n_rows = int(header["NAXIS1"]), int(header["NAXIS2"])
    for n in range(1, int(header["TFIELDS"]) + 1):
        form = str(header.get(f"TFORM{n}", "")).strip().upper()
        match = re.fullmatch(r"([AIFED])(\d{1,4})(?:\.(\d{1,3}))?", form)
        if match is None:
            raise _unknown_form(path, name, n, form)
        scale, zero, fault = _scaling(header, n)
        column = AsciiColumn(
            name=_column_name(header, n),
            number=n,
            form=form,
            dtype=None if match[1] == "A" else np.dtype(np.float64),
            code=match[1],
            n_values=1,
            offset=int(header.get(f"TBCOL{n}", 0)) - 1,
            scale=scale,
            zero=zero,
            fault=fault,
            width=int(match[2]),
            decimals=int(match[3] or 0),
            blank=str(header.get(f"TNULL{n}", "")).strip(),
        )
        columns.setdefault(column.name.lower(), []).append(column)
    named = {key: tuple(several) for key, several in columns.items()}
    return AsciiTable(path, name, number, named, max(0, n_rows), header, row_bytes, start, primary)


_TABLES = {"BINTABLE": _describe, "TABLE": _describe_ascii}


def _table_name(header: Header, number: int) -> str:
    return printable(str(header.get("EXTNAME", number)).strip())


def _column_name(header: Header, n: int) -> str:
    return printable(str(header.get(f"TTYPE{n}", f"column {n}")).strip())


def _unknown_form(path: Path, name: str, n: int, form: str) -> InputError:
    return InputError(
        f"{path}: table {name}: TFORM{n} is {printable(form)!r}, which FITS does not know; copy or download the file"
        " again"
    )


def _scaling(header: Header, n: int) -> tuple[float, float, str]:
    """Return TSCAL and TZERO of a column, and what is wrong with one of them."""
    numbers, fault = [], ""
    for keyword, plain in ((f"TSCAL{n}", 1.0), (f"TZERO{n}", 0.0)):
        value = header.get(keyword, plain)
        if isinstance(value, int | float) and not isinstance(value, bool):
            numbers.append(float(value))
        else:
            numbers.append(plain)
            fault = f"{keyword} is {printable(str(value))!r} and not a number; correct the header"
    return numbers[0], numbers[1], fault

"""Text tables: a line of names, then an event a line; pyarrow parses a block of lines at a time.

=======================  ==================================================================================
plain CSV                a line of names, separated by commas, tabs or semicolons
spreadsheets             ``sep=;`` before it, which states the separator
``#`` lines              comments before the names; the last one holds the names if only numbers follow, as
                         :func:`numpy.savetxt` writes them (``header=``); blanks may separate its values
ECSV                     its ``#`` lines state separator and units
=======================  ==================================================================================
"""

from __future__ import annotations

import csv
import gzip
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError, printable
from report_utils.events.event_files import Column, Table
from report_utils.files.input_files import (
    UNPACKING_ERRORS,
    damaged,
    first_bytes,
    open_maybe_gzipped,
    real,
    unpacked_limit,
    unpacks_too_large,
)

BLANK = " "
_DELIMITERS = (",", "\t", ";")
_BLOCK_BYTES = 4 << 20
_MAX_LINE = 1 << 18
_LINES_BELOW = 3
"""Lines outside the comments that tell the layout: ``sep=;``, the names, a row."""
_SEP = re.compile(r'"?sep=([,;|:\t ])"?', re.IGNORECASE)
_BLANKS = re.compile(rb"[ \t]+")
_BLANKS_AT_ENDS = re.compile(rb"^ | (?=\r?$)", re.MULTILINE)
_ROW_ERROR = re.compile(r"Row #(\d+): (.*)", re.DOTALL)
_CELL_ERROR = re.compile(
    r"In CSV column #(\d+): (?:Row #(\d+): )?CSV conversion error to \w+: invalid value '(.*)'", re.DOTALL
)


@dataclass(frozen=True, eq=False, kw_only=True)
class CsvTable(Table):
    """The rows of a text file. Units that an ECSV header states become TUNITn, as in FITS."""

    delimiter: str
    n_skip: int  # lines before the first row: comments and names

    kind: ClassVar[str] = "CSV table"

    def blocks(self, wanted: Sequence[Column]) -> Iterator[list[NDArray]]:
        """Yield the columns' values block by block; an empty cell is NaN."""
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        names = [str(column.number) for column in self.columns]
        asked = [str(column.number) for column in wanted]
        convert = arrow_csv.ConvertOptions(include_columns=asked, column_types=dict.fromkeys(asked, pa.float64()))
        parse = arrow_csv.ParseOptions(delimiter=self.delimiter)
        done, n_skip = 0, self.n_skip
        for block in _whole_lines(self.path):
            if self.delimiter == BLANK:
                block = _BLANKS_AT_ENDS.sub(b"", _BLANKS.sub(b" ", block))
            read = arrow_csv.ReadOptions(
                use_threads=False, block_size=len(block) + 1, skip_rows=n_skip, column_names=names
            )
            try:
                batch = arrow_csv.read_csv(pa.BufferReader(block), read, parse, convert)
            except pa.ArrowException as error:
                if "Empty CSV" not in str(error):
                    raise self._refusal(str(error), done - n_skip) from None
            else:
                done += len(batch)
                yield [
                    batch.column(index).to_numpy().astype(column.dtype, copy=False)
                    for index, column in enumerate(wanted)
                ]
            n_skip = 0

    def _refusal(self, reason: str, n_before: int) -> InputError:
        """Return the message for pyarrow's error about a block that has ``n_before`` rows before its first line."""
        cell = _CELL_ERROR.search(reason)
        if cell:
            name = next((column.name for column in self.columns if column.number == int(cell[1]) + 1), cell[1])
            row = f"row {int(cell[2]) + n_before}: " if cell[2] else ""
            return InputError(
                f"{self.path}: {row}column {printable(name)!r} holds {printable(cell[3])!r}, which is not a number;"
                " correct it, or name another column"
            )
        line = _ROW_ERROR.search(reason)
        if line:
            return InputError(
                f"{self.path}: row {int(line[1]) + n_before}: {printable(' '.join(line[2].split()), 120)};"
                " every row needs as many values as the header has names"
            )
        return InputError(
            f"{self.path}: cannot be read as CSV ({printable(' '.join(reason.split()), 160)}); correct it"
        )


def _whole_lines(path: Path) -> Iterator[bytes]:
    """Yield a text file's bytes, unpacked where it is gzipped, in blocks that end with a line.

    Pyarrow's own streaming reader is not used: it reads ahead in a thread that outlives an error and aborts the
    process when it exits.
    """
    n_bytes, rest = 0, b""
    with open_maybe_gzipped(path) as stream:
        limit = unpacked_limit(path) if isinstance(stream, gzip.GzipFile) else math.inf
        while True:
            try:
                data = stream.read(_BLOCK_BYTES)
            except UNPACKING_ERRORS as error:
                raise damaged(path, "gzip", error) from None
            n_bytes += len(data)
            if n_bytes > limit:
                raise unpacks_too_large(path)
            block, newline, tail = (rest + data).rpartition(b"\n")
            if not data:
                yield from [rest] if rest else []
                return
            if not newline and len(tail) > _BLOCK_BYTES:
                msg = f"{path}: a line is longer than {_BLOCK_BYTES >> 20} MB, so this is not a table of numbers"
                raise InputError(msg)
            rest = tail
            if block and not block.isspace():
                yield block + newline


def open_csv(path: Path) -> CsvTable:
    """Return the table in a text file."""
    start, _ = first_bytes(path, _MAX_LINE)
    lines = start.splitlines()
    if len(start) == _MAX_LINE:
        del lines[-1:]  # it may continue
    try:
        head = read_head(_first_text(lines))
    except (ValueError, csv.Error) as error:
        msg = f"{path}: its first lines are not those of a CSV file: {printable(str(error), 120)}; write it again"
        raise InputError(msg) from None
    if not head.names and len(start) == _MAX_LINE:
        msg = f"{path}: has no line of names in its first {_MAX_LINE >> 10} kB, so this is not a CSV file of events"
        raise InputError(msg)
    if "\0" in "".join(head.names):
        msg = f"{path}: line {head.line} is not text, so this is not a CSV file; copy or download it again"
        raise InputError(msg)
    if not head.delimiter:
        said = printable(" ".join(head.names))
        msg = (
            f"{path}: line {head.line} does not name columns ({said!r}); a CSV file begins with a line of names,"
            " separated by commas, tabs or semicolons"
        )
        raise InputError(msg)
    dtype = np.dtype(np.float64)
    columns = tuple(Column(name, number, "text", dtype) for number, name in enumerate(head.names, start=1))
    units = {f"TUNIT{column.number}": head.units.get(column.name) for column in columns}
    return CsvTable(
        path=path, name="lines", number=1, columns=columns, n_rows=None, header=units, delimiter=head.delimiter,
        n_skip=head.n_skip,
    )  # fmt: skip


def _first_text(lines: Sequence[bytes]) -> list[str]:
    """Return the lines up to the third outside the comments, decoded; one that is not text becomes a NUL."""
    found, n_below = [], 0
    for line in lines:
        n_below += bool(line.strip()) and not line.startswith(b"#")
        try:
            found.append(line.decode("utf-8-sig"))
        except UnicodeDecodeError:
            found.append("#" if line.startswith(b"#") else "\0")
        if n_below == _LINES_BELOW:
            break
    return found


@dataclass(frozen=True)
class TextHead:
    """What the first lines of a text table tell."""

    delimiter: str  # empty if nothing separates the names
    names: tuple[str, ...]
    n_skip: int  # lines before the first row
    line: int  # the number, from 1, of the line of names
    units: dict[str, str] = field(default_factory=dict)  # name -> unit, from an ECSV header


def read_head(lines: Sequence[str]) -> TextHead:
    """Return what the first lines of a text tell; if all are empty or comments, there are no names.

    Raises
    ------
    ValueError, csv.Error
        If an ECSV header cannot be read, or the quotes of the names make no sense.
    """
    stated = _SEP.fullmatch(lines[0]) if lines else None
    first = at = 1 if stated else 0
    while at < len(lines) and (lines[at].startswith("#") or not lines[at].strip()):
        at += 1
    comments, below = lines[first:at], [line for line in lines[at : at + 2] if line.strip()]
    if not below:
        return TextHead("", (), at, at + 1)
    if not stated and comments and re.match(r"#\s*%ECSV", comments[0]):
        delimiter, units = _read_ecsv(comments)
        return TextHead(delimiter, _split(below[0], delimiter), at + 1, at + 1, units)
    delimiter = stated[1] if stated else _delimiter_of(below)
    names = _split(below[0], delimiter)
    if any(real(name) is not None for name in names):
        for number in range(at, first, -1):
            text = lines[number - 1].lstrip("#").strip()
            in_comment = next((one for one in _DELIMITERS if one in text), BLANK) if delimiter == BLANK else delimiter
            above = _split(text, in_comment)
            if len(above) == len(names) and not any(real(name) is not None for name in above):
                return TextHead(delimiter, above, at, number)
    return TextHead(delimiter, names, at + 1, at + 1)


def _delimiter_of(below: Sequence[str]) -> str:
    """Return the most frequent separator; blanks only if the next line has as many values and one is a number."""
    line = below[0]
    delimiter = max(_DELIMITERS, key=line.count)
    if delimiter in line:
        return delimiter
    first, second = line.split(), below[-1].split()
    is_table = len(first) == len(second) > 1 and any(real(value) is not None for value in second)
    return BLANK if is_table else ""


def _split(line: str, delimiter: str) -> tuple[str, ...]:
    if delimiter == BLANK:
        line = " ".join(line.split())
    if not delimiter:
        return (line.strip(),)
    return tuple(value.strip() for value in next(csv.reader([line], delimiter=delimiter), []))


def _read_ecsv(comments: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Return the separator and the units that an ECSV header states."""
    from astropy.table.meta import get_header_from_yaml

    try:
        header = get_header_from_yaml([line.removeprefix("#").removeprefix(" ") for line in comments])
        columns, delimiter = header["datatype"], header.get("delimiter", BLANK)
        units = {str(column["name"]): str(column["unit"]) for column in columns if column.get("unit")}
    except Exception as error:  # damaged text makes a YAML parser raise nearly anything
        msg = f"its header is not YAML that states columns ({type(error).__name__})"
        raise ValueError(msg) from None
    if delimiter not in (BLANK, *_DELIMITERS):
        msg = f"its header states the separator {delimiter!r}"
        raise ValueError(msg)
    return delimiter, units

"""Text tables: one line of names, then an event a line; pyarrow parses a block of lines at a time."""

from __future__ import annotations

import csv
import gzip
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError, printable
from report_utils.events.event_files import Column, Table
from report_utils.events.text_head import BLANK, read_head
from report_utils.files.gzip_files import UNPACKING_ERRORS, open_maybe_gzipped, unpacked_limit, unpacks_too_large

_BLOCK_BYTES = 4 << 20
_MAX_LINE = 1 << 18
_LINES_BELOW = 3
"""Lines outside the comments that tell the layout: ``sep=;``, the names, a row."""
_BLANKS = re.compile(rb"[ \t]+")
_BLANKS_AT_ENDS = re.compile(rb"^ | (?=\r?$)", re.MULTILINE)
_ROW_ERROR = re.compile(r"Row #(\d+): (.*)", re.DOTALL)
_CELL_ERROR = re.compile(
    r"In CSV column #(\d+): (?:Row #(\d+): )?CSV conversion error to \w+: invalid value '(.*)'", re.DOTALL
)


@dataclass(frozen=True, eq=False, kw_only=True)
class CsvTable(Table):
    """The rows of a text file with one header line. Units that an ECSV header states become TUNITn, as in FITS.

    Parameters
    ----------
    delimiter : str
    n_skip : int
        Lines before the first row: comments and the header.
    """

    delimiter: str
    n_skip: int

    kind: ClassVar[str] = "CSV table"

    def blocks(self, wanted: Sequence[Column]) -> Iterator[list[NDArray]]:
        """Yield the columns' values block by block; an empty cell is NaN."""
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        names = [str(column.number) for column in self.columns]
        convert = arrow_csv.ConvertOptions(
            include_columns=[str(column.number) for column in wanted],
            column_types={str(column.number): pa.float64() for column in wanted},
        )
        parse = arrow_csv.ParseOptions(delimiter=self.delimiter)
        done, n_skip = 0, self.n_skip
        for block in whole_lines(self.path):
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


def whole_lines(path: Path) -> Iterator[bytes]:
    """Yield a text file's bytes, unpacked where it is gzipped, in blocks that end with a line.

    Pyarrow's own streaming reader is not used: it reads ahead in a thread that outlives an error and aborts the
    process when it exits.

    Raises
    ------
    InputError
        If a line is as long as a block, or the file is cut off, damaged or too large.
    """
    n_bytes, rest = 0, b""
    with open_maybe_gzipped(path) as stream:
        limit = unpacked_limit(path) if isinstance(stream, gzip.GzipFile) else math.inf
        while True:
            try:
                data = stream.read(_BLOCK_BYTES)
            except UNPACKING_ERRORS as error:
                raise _bad_gzip(path, error) from None
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
    """Return the table in a text file; :mod:`report_utils.events.text_head` tells what its first lines may be.

    Raises
    ------
    InputError
        If there is no line of names.
    """
    try:
        with open_maybe_gzipped(path) as stream:
            head = stream.read(_MAX_LINE)
    except UNPACKING_ERRORS as error:
        raise _bad_gzip(path, error) from None
    lines = head.splitlines()
    if len(head) == _MAX_LINE:
        del lines[-1:]  # it may continue
    try:
        found = read_head(_first_text(lines))
    except (ValueError, csv.Error) as error:
        msg = f"{path}: its first lines are not those of a CSV file: {printable(str(error), 120)}; write it again"
        raise InputError(msg) from None
    if not found.names and len(head) == _MAX_LINE:
        msg = f"{path}: has no line of names in its first {_MAX_LINE >> 10} kB, so this is not a CSV file of events"
        raise InputError(msg)
    if "\0" in "".join(found.names):
        msg = f"{path}: line {found.line} is not text, so this is not a CSV file; copy or download it again"
        raise InputError(msg)
    if not found.delimiter:
        said = printable(" ".join(found.names))
        msg = (
            f"{path}: line {found.line} does not name columns ({said!r}); a CSV file begins with a line of names,"
            " separated by commas, tabs or semicolons"
        )
        raise InputError(msg)
    dtype = np.dtype(np.float64)
    columns = tuple(Column(name, number, "text", dtype) for number, name in enumerate(found.names, start=1))
    units = {f"TUNIT{column.number}": found.units.get(column.name) for column in columns}
    return CsvTable(
        path=path,
        name="lines",
        number=1,
        columns=columns,
        n_rows=None,
        header=units,
        delimiter=found.delimiter,
        n_skip=found.n_skip,
    )


def _first_text(lines: Sequence[bytes]) -> list[str]:
    """Return the lines up to the second below the comments, decoded; one that is not text becomes a NUL."""
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


def _bad_gzip(path: Path, error: Exception) -> InputError:
    return InputError(f"{path}: its gzip stream is cut off or damaged ({error}); copy or download it again")

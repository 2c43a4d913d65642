"""Text tables: one line of names, then an event a line; parsed by pyarrow a block of lines at a time."""

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
from report_utils.events.files import UNPACKING_ERRORS, open_maybe_gzipped, too_large_unpacked, unpacked_limit
from report_utils.events.table import Column, Table
from report_utils.events.text_head import BLANK, read_head

_BLOCK_BYTES = 4 << 20
_MAX_LINE = 1 << 18
_LINES_BELOW = 3
"""Of the comments: ``sep=;``, the names, a row."""
_BLANKS = re.compile(rb"[ \t]+")
_BLANKS_AT_ENDS = re.compile(rb"^ | (?=\r?$)", re.MULTILINE)
_ROW_ERROR = re.compile(r"Row #(\d+): (.*)", re.DOTALL)
_CELL_ERROR = re.compile(
    r"In CSV column #(\d+): (?:Row #(\d+): )?CSV conversion error to \w+: invalid value '(.*)'", re.DOTALL
)


@dataclass(frozen=True)
class CsvTable(Table):
    """The rows of a text file with one header line.

    Parameters
    ----------
    delimiter : str
    n_skip : int
        Lines before the first row: comments and the header.
    units : dict
        Column -> unit, where the file states it as ECSV does.
    """

    delimiter: str
    n_skip: int
    units: dict[str, str] = field(default_factory=dict)

    kind: ClassVar[str] = "CSV table"

    def value(self, keyword: str) -> object:
        """Return a column's unit for TUNITn, as FITS calls it, where the file states one; else None."""
        names = {f"TUNIT{column.number}": column.name for several in self.columns.values() for column in several}
        return self.units.get(names.get(keyword, ""))

    def blocks(self, wanted: Sequence[Column]) -> Iterator[list[NDArray]]:
        """Yield the columns' values block by block, an empty cell being NaN."""
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        several = [column for group in self.columns.values() for column in group]
        names = [str(number) for number in range(1, len(several) + 1)]
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
                    raise self._refusal(str(error), several, done - n_skip) from None
            else:
                done += len(batch)
                yield [
                    batch.column(index).to_numpy().astype(column.dtype, copy=False)
                    for index, column in enumerate(wanted)
                ]
            n_skip = 0

    def _refusal(self, reason: str, columns: Sequence[Column], n_before: int) -> InputError:
        """Return the message for what pyarrow says of a block, before whose first line lie ``n_before`` rows."""
        cell = _CELL_ERROR.search(reason)
        if cell:
            name = next((column.name for column in columns if column.number == int(cell[1]) + 1), cell[1])
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

    Pyarrow's own streaming reader is not used: it reads ahead in a thread of its own, which outlives an error
    and aborts the process at its exit.

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
                raise _packed_wrongly(path, error) from None
            n_bytes += len(data)
            if n_bytes > limit:
                raise too_large_unpacked(path)
            block, newline, tail = (rest + data).rpartition(b"\n")
            if not data:
                yield from [rest] if rest else []
                return
            if not newline and len(tail) > _BLOCK_BYTES:
                msg = f"{path}: a line is longer than {_BLOCK_BYTES >> 20} MB, so this is no table of numbers"
                raise InputError(msg)
            rest = tail
            if block and not block.isspace():
                yield block + newline


def open_csv(path: Path) -> CsvTable:
    """Return the table in a text file: comments (``#``), one line of names, then a row a line.

    :mod:`report_utils.events.text_head` says which lines may come first.

    Raises
    ------
    InputError
        If there is no line of names.
    """
    try:
        with open_maybe_gzipped(path) as stream:
            head = stream.read(_MAX_LINE)
    except UNPACKING_ERRORS as error:
        raise _packed_wrongly(path, error) from None
    lines = head.splitlines()
    if len(head) == _MAX_LINE:
        del lines[-1:]  # it may go on
    try:
        found = read_head(_first_text(lines))
    except (ValueError, csv.Error) as error:
        msg = f"{path}: its first lines are not those of a CSV file: {printable(str(error), 120)}; write it again"
        raise InputError(msg) from None
    if not found.names and len(head) == _MAX_LINE:
        msg = f"{path}: has no line of names in its first {_MAX_LINE >> 10} kB, so this is no CSV file of events"
        raise InputError(msg)
    if "\0" in "".join(found.names):
        msg = f"{path}: line {found.line} is not text, so this is no CSV file; copy or download it again"
        raise InputError(msg)
    if not found.delimiter:
        said = printable(" ".join(found.names))
        msg = (
            f"{path}: line {found.line} does not name columns ({said!r}); a CSV file begins with a line of names,"
            " separated by commas, tabs or semicolons"
        )
        raise InputError(msg)
    columns: dict[str, list[Column]] = {}
    for number, name in enumerate(found.names, start=1):
        column = Column(name, number, "text", np.dtype(np.float64))
        columns.setdefault(column.name.lower(), []).append(column)
    named = {name: tuple(several) for name, several in columns.items()}
    return CsvTable(path, "lines", 1, named, None, found.delimiter, found.n_skip, found.units)


def _first_text(lines: Sequence[bytes]) -> list[str]:
    """Return the lines up to the second below the comments, as text; one that is none is NUL alone."""
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


def _packed_wrongly(path: Path, error: Exception) -> InputError:
    return InputError(f"{path}: its gzip stream is cut off or damaged ({error}); copy or download it again")

"""One ASCII table of a FITS file: numbers as text, in columns of fixed width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events.files import check_sum, open_maybe_gzipped
from report_utils.events.fits_table import BLOCK_BYTES, FitsColumn, FitsTable, fill
from report_utils.events.table import printable


@dataclass(frozen=True)
class AsciiColumn(FitsColumn):
    """One column: ``width`` characters from byte ``offset`` of each row.

    Parameters
    ----------
    width : int
    decimals : int
        Digits behind a decimal point that is not written (FITS standard 4.0, section 7.2.5).
    blank : str
        TNULL: the text that stands for no value; spaces do so too.
    """

    width: int = 0
    decimals: int = 0
    blank: str = ""


@dataclass(frozen=True)
class AsciiTable(FitsTable):
    """An ASCII table in a file; nothing of its rows is in memory."""

    def blocks(self, wanted: Sequence[AsciiColumn]) -> Iterator[list[NDArray]]:
        """Yield the columns' values block by block, an empty field being NaN."""
        for column in wanted:
            self._demand_sense(column)
        raw_type = np.dtype(
            {
                "names": [f"{column.number}" for column in wanted],
                "formats": [f"S{column.width}" for column in wanted],
                "offsets": [column.offset for column in wanted],
                "itemsize": self.row_bytes,
            }
        )
        done = 0
        with open_maybe_gzipped(self.path) as stream:
            stream.seek(self.start)
            n_block = max(1, min(self.n_rows, BLOCK_BYTES // 8 // max(1, self.row_bytes)))
            while done < self.n_rows:
                block = bytearray(min(n_block, self.n_rows - done) * self.row_bytes)
                got = fill(stream, memoryview(block)) // self.row_bytes
                rows = np.frombuffer(block, raw_type, count=got)
                yield [self._numbers(rows[f"{column.number}"], column, done) for column in wanted]
                done += got
                if got * self.row_bytes < len(block):
                    raise self._ends_early(done)
            check_sum(self.path, stream)

    def _demand_sense(self, column: AsciiColumn) -> None:
        if column.fault or not 0 <= column.offset <= self.row_bytes - column.width:
            why = column.fault or f"lies outside its row of {self.row_bytes} bytes (TBCOL{column.number}, NAXIS1)"
            msg = f"{self.path}: table {self.name}: column {column.name!r}: {why}; correct the header"
            raise InputError(msg)

    def _numbers(self, raw: NDArray, column: AsciiColumn, done: int) -> NDArray[np.float64]:
        text = np.char.strip(raw)
        empty = (text == b"") | ((text == column.blank.encode("ascii", "replace")) if column.blank else False)
        text = np.where(empty, b"nan", np.char.replace(np.char.upper(text), b"D", b"E"))
        try:
            values = text.astype(np.float64)
        except ValueError:
            row = next(number for number, one in enumerate(text) if not _is_number(one))
            shown = printable(text[row].decode("ascii", "replace"))
            msg = (
                f"{self.path}: table {self.name}: row {done + row + 1}: column {column.name!r} is {shown!r}, which is"
                " no number; correct the file"
            )
            raise InputError(msg) from None
        if column.decimals and column.code != "I":
            unwritten = ~empty & (np.char.find(text, b".") < 0) & (np.char.find(text, b"E") < 0)
            values = np.where(unwritten, values / 10.0**column.decimals, values)
        return values * column.scale + column.zero


def _is_number(text: bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

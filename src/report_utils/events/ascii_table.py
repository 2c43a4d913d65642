"""An ASCII table of a FITS file: numbers as text, in columns of fixed width (FITS standard 4.0, section 7.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError, printable
from report_utils.events.fits_tables import BLOCK_BYTES, FitsColumn, FitsTable, common_keywords

if TYPE_CHECKING:
    from astropy.io.fits import Header

_FORM = re.compile(r"([AIFED])(\d{1,4})(?:\.(\d{1,3}))?\Z")


@dataclass(frozen=True, kw_only=True)
class AsciiColumn(FitsColumn):
    """One column: ``width`` characters from byte ``offset`` of each row.

    Parameters
    ----------
    width : int
    decimals : int
        Digits after an implied decimal point (section 7.2.5).
    blank : str
        TNULL: the text of a missing value; spaces are one too.
    """

    width: int
    decimals: int
    blank: str


@dataclass(frozen=True, eq=False, kw_only=True)
class AsciiTable(FitsTable):
    """An ASCII table in a file."""

    block_bytes: ClassVar[int] = BLOCK_BYTES // 8  # as numbers, the text takes more memory

    def _demand_readable(self, column: AsciiColumn) -> None:
        fault = column.fault
        if not fault and not 0 <= column.offset <= self.row_bytes - max(1, column.width):
            fault = f"lies outside its row of {self.row_bytes} bytes (TBCOL{column.number}, NAXIS1); correct the header"
        if fault:
            msg = f"{self.path}: table {self.name}: column {column.name!r}: {fault}"
            raise InputError(msg)

    def _stored_type(self, column: AsciiColumn) -> str:
        return f"S{column.width}"

    def _values(self, raw: NDArray, column: AsciiColumn, n_before: int) -> NDArray[np.float64]:
        text = np.char.strip(raw)
        empty = (text == b"") | ((text == column.blank.encode("ascii", "replace")) if column.blank else False)
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
        if column.decimals and column.code != "I":
            is_implied = ~empty & (np.char.find(text, b".") < 0) & (np.char.find(text, b"E") < 0)
            values = np.where(is_implied, values / 10.0**column.decimals, values)
        return values * column.scale + column.zero


def ascii_columns(header: Header, where: str) -> list[AsciiColumn]:
    """Return the columns that a header describes."""
    return [
        AsciiColumn(
            dtype=None if match[1] == "A" else np.dtype(np.float64),
            code=match[1],
            offset=int(header.get(f"TBCOL{common['number']}", 0)) - 1,
            width=int(match[2]),
            decimals=int(match[3] or 0),
            blank=str(header.get(f"TNULL{common['number']}", "")).strip(),
            **common,
        )
        for match, common in common_keywords(header, where, _FORM)
    ]


def _is_number(text: bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

"""An ASCII table of a FITS file: numbers as text, in columns of fixed width (FITS standard 4.0, section 7.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError, printable
from report_utils.events.fits_tables import BLOCK_BYTES, FitsColumn, FitsTable


@dataclass(frozen=True, eq=False, kw_only=True)
class AsciiTable(FitsTable):
    """An ASCII table in a file."""

    block_bytes: ClassVar[int] = BLOCK_BYTES // 8  # as numbers, the text takes more memory

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

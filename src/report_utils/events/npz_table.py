"""NumPy archives (``.npz``): one array a column, never a pickle."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, ClassVar

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError, printable
from report_utils.events.event_files import Column, Table
from report_utils.files.array_files import open_arrays, read_array_header

_BLOCK_ROWS = 1 << 18


@dataclass(frozen=True, kw_only=True)
class NpzColumn(Column):
    """An array of the archive.

    Parameters
    ----------
    member : str
        Its file in the archive.
    stored : np.dtype or None
        Its type in the file.
    length : int
    """

    member: str
    stored: np.dtype | None = None
    length: int = 0


@dataclass(frozen=True, eq=False)
class NpzTable(Table):
    """The arrays of an archive, side by side."""

    kind: ClassVar[str] = "NPZ table"

    def blocks(self, wanted: Sequence[NpzColumn]) -> Iterator[list[NDArray]]:
        """Yield the columns' values block by block."""
        lengths = {column.length for column in wanted}
        if len(lengths) > 1:
            said = ", ".join(f"{column.name} {column.length}" for column in wanted)
            msg = f"{self.path}: the columns differ in length ({said}); every event needs a value in each"
            raise InputError(msg)
        try:
            with open_arrays(self.path) as archive:
                streams = [archive.open(column.member) for column in wanted]
                for stream in streams:
                    read_array_header(stream)
                left = lengths.pop()
                while left:
                    n_rows = min(left, _BLOCK_ROWS)
                    yield [_take(stream, column, n_rows) for stream, column in zip(streams, wanted, strict=True)]
                    left -= n_rows
                for stream in streams:
                    stream.read(1)  # at the end zipfile compares the checksum
        except (InputError, GeneratorExit):
            raise
        except Exception as error:  # damaged bytes make zipfile raise nearly anything
            raise _damaged(self.path, error) from None


def open_npz(path: Path) -> NpzTable:
    """Return the arrays of an archive as a table.

    Raises
    ------
    InputError
        If the archive is damaged or holds too much.
    """
    try:
        with open_arrays(path) as archive:
            members = enumerate(archive.namelist(), start=1)
            columns = tuple(_describe(archive, member, number) for number, member in members)
    except InputError:
        raise
    except Exception as error:
        raise _damaged(path, error) from None
    lengths = {column.length for column in columns if column.dtype is not None}
    return NpzTable(path, "arrays", 1, columns, lengths.pop() if len(lengths) == 1 else None)


def _damaged(path: Path, error: Exception) -> InputError:
    """Return the message for an archive that cannot be read."""
    reason = printable(" ".join(str(error).split()) or type(error).__name__, 160)
    return InputError(f"{path}: cannot be read as NPZ ({reason}); copy or download it again")


def _describe(archive: zipfile.ZipFile, member: str, number: int) -> NpzColumn:
    name = printable(member.removesuffix(".npy"))
    try:
        with archive.open(member) as stream:
            shape, stored, _ = read_array_header(stream)
    except (ValueError, TypeError, SyntaxError) as error:
        return NpzColumn(name, number, f"not an array: {printable(str(error), 80)}", None, member=member)
    form = printable(f"{stored} {shape}")
    is_list = stored.kind in "iuf" and stored.itemsize <= 8 and len(shape) == 1
    if not is_list or not 0 <= shape[0] * stored.itemsize <= archive.getinfo(member).file_size:
        return NpzColumn(name, number, form, None, member=member)
    fits_single = stored.itemsize <= 2 or (stored.kind == "f" and stored.itemsize == 4)
    dtype = np.dtype(np.float32 if fits_single else np.float64)
    return NpzColumn(name, number, form, dtype, member=member, stored=stored, length=shape[0])


def _take(stream: IO[bytes], column: NpzColumn, n_rows: int) -> NDArray:
    wanted = n_rows * column.stored.itemsize
    data = stream.read(wanted)
    if len(data) < wanted:
        msg = f"array {column.name} ends before its {column.length} values do"
        raise EOFError(msg)
    return np.frombuffer(data, column.stored).astype(column.dtype, copy=False)

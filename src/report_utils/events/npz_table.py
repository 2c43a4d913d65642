"""NumPy's archives of arrays (``.npz``): one array a column, never a pickle."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, ClassVar

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events.table import Column, Table, printable

_BLOCK_ROWS = 1 << 18
_MAX_MEMBERS = 1000
_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x07"
_END_BYTES = 22
_MAX_COMMENT = 1 << 16
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


@dataclass(frozen=True)
class NpzColumn(Column):
    """An array of the archive.

    Parameters
    ----------
    member : str
        Its file in the archive.
    stored : np.dtype
    length : int
    """

    member: str
    stored: np.dtype | None
    length: int


@dataclass(frozen=True)
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
            with zipfile.ZipFile(self.path) as archive:
                streams = [archive.open(column.member) for column in wanted]
                for stream in streams:
                    _read_header(stream)
                left = lengths.pop()
                while left:
                    n_rows = min(left, _BLOCK_ROWS)
                    yield [_take(stream, column, n_rows) for stream, column in zip(streams, wanted, strict=True)]
                    left -= n_rows
                for stream in streams:
                    stream.read(1)  # the end, where the checksum is compared
        except (InputError, GeneratorExit):
            raise
        except Exception as error:  # damaged bytes make zipfile raise nearly anything
            raise damaged(self.path, error) from None


def open_npz(path: Path) -> NpzTable:
    """Return the arrays of an archive as a table.

    Raises
    ------
    InputError
        If the archive is damaged or holds too much.
    """
    _demand_short_directory(path)
    columns: dict[str, list[Column]] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for number, member in enumerate(archive.namelist(), start=1):
                column = _describe(archive, member, number)
                columns.setdefault(column.name.lower(), []).append(column)
    except Exception as error:
        raise damaged(path, error) from None
    lengths = {column.length for several in columns.values() for column in several if column.dtype is not None}
    n_rows = lengths.pop() if len(lengths) == 1 else None
    return NpzTable(path, "arrays", 1, {name: tuple(several) for name, several in columns.items()}, n_rows)


def damaged(path: Path, error: Exception) -> InputError:
    """Return the message for an archive that cannot be read."""
    reason = printable(" ".join(str(error).split()) or type(error).__name__, 160)
    return InputError(f"{path}: cannot be read as NPZ ({reason}); copy or download it again")


def _demand_short_directory(path: Path) -> None:
    """Refuse an archive of too many files before Python's zipfile holds all their names."""
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - _END_BYTES - _MAX_COMMENT))
        end = stream.read()
    place = end.rfind(_END)
    if place < 0 or len(end) - place < _END_BYTES:
        raise damaged(path, EOFError("it has no end; it is cut off"))
    n_members = int.from_bytes(end[place + 10 : place + 12], "little")
    n_bytes = int.from_bytes(end[place + 12 : place + 16], "little")
    if n_members > _MAX_MEMBERS or n_bytes > _MAX_MEMBERS << 10 or end[place - 20 : place - 16] == _END_64:
        msg = f"{path}: holds {n_members} arrays or more than 4 GB; write it as Parquet"
        raise InputError(msg)


def _describe(archive: zipfile.ZipFile, member: str, number: int) -> NpzColumn:
    name = printable(member.removesuffix(".npy"))
    try:
        with archive.open(member) as stream:
            shape, stored = _read_header(stream)
    except (ValueError, TypeError, SyntaxError) as error:
        return NpzColumn(name, number, f"no array: {printable(str(error), 80)}", None, member, None, 0)
    form = printable(f"{stored} {shape}")
    size = archive.getinfo(member).file_size
    if stored.kind not in "iuf" or stored.itemsize > 8 or len(shape) != 1:
        return NpzColumn(name, number, form, None, member, None, 0)
    if not 0 <= shape[0] * stored.itemsize <= size:
        return NpzColumn(name, number, form, None, member, None, 0)
    exact = stored.itemsize <= 2 or (stored.kind == "f" and stored.itemsize == 4)
    return NpzColumn(name, number, form, np.dtype(np.float32 if exact else np.float64), member, stored, shape[0])


def _read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(stream)
    if version not in _HEADERS:
        msg = f"its version {version} is for structured arrays"
        raise ValueError(msg)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of headers that Python 2 wrote
        shape, _, dtype = _HEADERS[version](stream)
    return shape, dtype


def _take(stream: IO[bytes], column: NpzColumn, n_rows: int) -> NDArray:
    wanted = n_rows * column.stored.itemsize
    data = stream.read(wanted)
    if len(data) < wanted:
        msg = f"array {column.name} ends before its {column.length} values do"
        raise EOFError(msg)
    return np.frombuffer(data, column.stored).astype(column.dtype, copy=False)

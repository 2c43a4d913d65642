"""Parquet tables, and NumPy archives (``.npz``) with one array a column and never a pickle.

Pyarrow reads Parquet a batch of rows at a time. What a file claims is checked before memory is allocated for it: the
libraries check it later, or not at all.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError, printable
from report_utils.events.event_files import Column, Table
from report_utils.files.input_files import MAX_BYTES, damaged, demand_file

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_BATCH_ROWS = 1 << 17
_BUFFER_BYTES = 1 << 20
_MAX_FOOTER = 8 << 20
"""[bytes] Limit for a Parquet file's metadata; a thousand columns in a thousand row groups need less."""
_SINGLE = {"float", "halffloat", "int8", "uint8", "int16", "uint16"}
"""Arrow types whose values float32 holds exactly."""
_DOUBLE = {"double", "int32", "uint32", "int64", "uint64"}
_NPZ_ROWS = 1 << 18
_MAX_HEADER = 1 << 16
"""[bytes] NumPy has a lower limit, but checks it only once the header is in memory."""
_MAX_MEMBERS = 1000
_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x07"
_END_BYTES = 22
_MAX_COMMENT = 1 << 16


@dataclass(frozen=True, eq=False)
class ParquetTable(Table):
    """The rows of a Parquet file."""

    kind: ClassVar[str] = "Parquet table"

    def blocks(self, wanted: Sequence[Column]) -> Iterator[list[NDArray]]:
        """Yield the columns' values batch by batch; a null is NaN."""
        names = [column.name for column in wanted]
        done = 0
        with parquet_file(self.path) as file:
            for batch in batches_of(self.path, file, names, _BATCH_ROWS):
                done += batch.num_rows
                if done > self.n_rows:
                    break
                yield [
                    batch.column(name).to_numpy(zero_copy_only=False).astype(column.dtype, copy=False)
                    for name, column in zip(names, wanted, strict=True)
                ]
        if done != self.n_rows:
            msg = f"{self.path}: does not have the {self.n_rows} rows that it claims; copy or download it again"
            raise InputError(msg)


def open_parquet(path: Path) -> ParquetTable:
    """Return the table in a Parquet file."""
    with parquet_file(path) as file:
        schema, n_rows = file.schema_arrow, file.metadata.num_rows
    columns = []
    for number, field in enumerate(schema, start=1):
        form, name = printable(str(field.type)), printable(field.name)
        known = np.float32 if form in _SINGLE else np.float64 if form in _DOUBLE else None
        # A column is read by its name, which a message must be able to print.
        dtype = None if known is None or name != field.name else np.dtype(known)
        columns.append(Column(name, number, form, dtype))
    if n_rows < 0:
        msg = f"{path}: claims to have {n_rows} rows; copy or download it again"
        raise InputError(msg)
    return ParquetTable(path=path, name="rows", number=1, columns=tuple(columns), n_rows=n_rows)


def parquet_file(path: Path, **options: Any) -> pq.ParquetFile:
    """Open a Parquet file, whose metadata are not too long."""
    import pyarrow.parquet as pq

    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - 8))
        end = stream.read()
    length = int.from_bytes(end[:4], "little")
    if size < 12 or end[4:] != b"PAR1" or length + 12 > size:
        msg = f"{path}: this Parquet file has no end (or is encrypted); it is cut off: copy or download it again"
        raise InputError(msg)
    if length > _MAX_FOOTER:
        msg = f"{path}: its Parquet metadata take {length} bytes; write it with fewer row groups"
        raise InputError(msg)
    # Buffered, a row group comes into memory page by page, however large it is.
    options |= {"buffer_size": _BUFFER_BYTES, "pre_buffer": False, "page_checksum_verification": True}
    return _guarded(path, lambda: pq.ParquetFile(path, **options))


def batches_of(path: Path, file: pq.ParquetFile, columns: Sequence[str], n_rows: int) -> Iterator[pa.RecordBatch]:
    """Yield some columns of a file, at most so many rows at a time."""
    batches = file.iter_batches(batch_size=n_rows, columns=list(columns), use_threads=False)
    while (batch := _guarded(path, lambda: next(batches, None))) is not None:
        yield batch


def _guarded(path: Path, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except MemoryError:
        msg = f"{path}: claims a block that needs more memory than there is; copy or download it again"
        raise InputError(msg) from None
    except Exception as error:  # damaged bytes make pyarrow raise nearly anything
        raise damaged(path, "Parquet", error) from None


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
                    n_rows = min(left, _NPZ_ROWS)
                    yield [_take(stream, column, n_rows) for stream, column in zip(streams, wanted, strict=True)]
                    left -= n_rows
                for stream in streams:
                    stream.read(1)  # at the end zipfile compares the checksum
        except (InputError, GeneratorExit):
            raise
        except Exception as error:  # damaged bytes make zipfile raise nearly anything
            raise damaged(self.path, "NPZ", error) from None


def open_npz(path: Path) -> NpzTable:
    """Return the arrays of an archive as a table."""
    try:
        with open_arrays(path) as archive:
            members = enumerate(archive.namelist(), start=1)
            columns = tuple(_describe(archive, member, number) for number, member in members)
    except InputError:
        raise
    except Exception as error:
        raise damaged(path, "NPZ", error) from None
    lengths = {column.length for column in columns if column.dtype is not None}
    n_rows = lengths.pop() if len(lengths) == 1 else None
    return NpzTable(path=path, name="arrays", number=1, columns=columns, n_rows=n_rows)


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


def open_arrays(path: Path, max_bytes: int = MAX_BYTES) -> zipfile.ZipFile:
    """Open an archive whose directory and unpacked members stay within limits; a damaged one raises anything."""
    demand_file(path)
    _demand_short_directory(path)
    archive = zipfile.ZipFile(path)
    members = archive.infolist()
    n_bytes = sum(member.file_size for member in members)
    packing = {member.compress_type for member in members} - {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
    if n_bytes > max_bytes or packing:
        archive.close()
        what = "are compressed in a way that NumPy does not use" if packing else f"unpack to {n_bytes} bytes"
        msg = f"{path}: its arrays {what}; write it again with numpy.savez, or with fewer values"
        raise InputError(msg)
    return archive


def _demand_short_directory(path: Path) -> None:
    """Refuse an archive of too many files before zipfile reads all their names."""
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - _END_BYTES - _MAX_COMMENT))
        end = stream.read()
    place = end.rfind(_END)
    if place < 0 or len(end) - place < _END_BYTES:
        msg = "it has no end; it is cut off"
        raise EOFError(msg)
    n_members = int.from_bytes(end[place + 10 : place + 12], "little")
    n_bytes = int.from_bytes(end[place + 12 : place + 16], "little")
    if n_members > _MAX_MEMBERS or n_bytes > _MAX_MEMBERS << 10 or end[place - 20 : place - 16] == _END_64:
        msg = f"{path}: holds {n_members} arrays or more than 4 GB; write it as Parquet"
        raise InputError(msg)


def read_array_header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype, bool]:
    """Return shape, type and whether the order is Fortran's, of a ``.npy`` stream; leave it at its values.

    Raises
    ------
    ValueError, TypeError, SyntaxError
        If it is not an array, or has a version for other things than numbers and text.
    """
    version = np.lib.format.read_magic(stream)
    if version not in {(1, 0), (2, 0)}:
        msg = f"its version {version} is for structured arrays"
        raise ValueError(msg)
    width = 2 if version == (1, 0) else 4
    length = stream.read(width)
    n_bytes = int.from_bytes(length, "little")
    if n_bytes > _MAX_HEADER:
        msg = f"its header claims {n_bytes} bytes"
        raise ValueError(msg)
    head = stream.read(n_bytes)
    if len(length) < width or len(head) < n_bytes:
        msg = "its header is cut off"
        raise ValueError(msg)
    read = np.lib.format.read_array_header_1_0 if width == 2 else np.lib.format.read_array_header_2_0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of headers that Python 2 wrote
        shape, fortran, dtype = read(io.BytesIO(length + head))
    return shape, dtype, fortran

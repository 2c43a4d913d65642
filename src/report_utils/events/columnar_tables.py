"""Parquet tables, and NumPy archives (``.npz``) with one array a column and never a pickle.

Pyarrow reads Parquet a batch of rows at a time. What an array claims is checked before memory is allocated for it.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError, printable
from report_utils.events.event_files import Column, Table
from report_utils.files.input_files import MAX_BYTES, reading_as

if TYPE_CHECKING:
    import pyarrow.parquet as pq

_BATCH_ROWS = 1 << 17
_BUFFER_BYTES = 1 << 20
_SINGLE = {"float", "halffloat", "int8", "uint8", "int16", "uint16"}
"""Arrow types whose values float32 holds exactly."""
_DOUBLE = {"double", "int32", "uint32", "int64", "uint64"}
_NPZ_ROWS = 1 << 18
_MAX_MEMBERS = 1000


@dataclass(frozen=True, eq=False)
class ParquetTable(Table):
    """The rows of a Parquet file."""

    kind: ClassVar[str] = "Parquet table"

    def blocks(self, wanted: Sequence[Column]) -> Iterator[list[NDArray]]:
        """Yield the columns' values batch by batch; a null is NaN."""
        names = [column.name for column in wanted]
        done = 0
        with parquet_file(self.path) as file:
            for batch in file.iter_batches(_BATCH_ROWS, columns=names, use_threads=False):
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


@contextmanager
def parquet_file(path: Path, **options: Any) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file; damage that shows while it is open is refused in one line."""
    import pyarrow.parquet as pq

    # Buffered, a row group comes into memory page by page, however large it is.
    options |= {"buffer_size": _BUFFER_BYTES, "pre_buffer": False, "page_checksum_verification": True}
    with reading_as("Parquet", path), pq.ParquetFile(path, **options) as file:
        yield file


@dataclass(frozen=True, kw_only=True)
class NpzColumn(Column):
    """An array of the archive: its file there, its type in it and its number of values."""

    member: str
    stored: np.dtype | None = None
    length: int = 0


@dataclass(frozen=True, eq=False)
class NpzTable(Table):
    """The arrays of an archive, side by side."""

    kind: ClassVar[str] = "NPZ table"

    def blocks(self, wanted: Sequence[NpzColumn]) -> Iterator[list[NDArray]]:
        """Yield the columns' values block by block."""
        if len({column.length for column in wanted}) > 1:
            said = ", ".join(f"{column.name} {column.length}" for column in wanted)
            msg = f"{self.path}: the columns differ in length ({said}); every event needs a value in each"
            raise InputError(msg)
        with _open_arrays(self.path) as archive, ExitStack() as opened:
            streams = [opened.enter_context(archive.open(column.member)) for column in wanted]
            for stream in streams:
                _read_header(stream)
            for done in range(0, wanted[0].length, _NPZ_ROWS):
                n_rows = min(_NPZ_ROWS, wanted[0].length - done)
                data = [stream.read(n_rows * one.stored.itemsize) for stream, one in zip(streams, wanted, strict=True)]
                for values, one in zip(data, wanted, strict=True):
                    if len(values) < n_rows * one.stored.itemsize:
                        msg = f"array {printable(one.name)} ends before its {one.length} values do"
                        raise EOFError(msg)
                yield [
                    np.frombuffer(values, column.stored).astype(column.dtype, copy=False)
                    for values, column in zip(data, wanted, strict=True)
                ]


def open_npz(path: Path) -> NpzTable:
    """Return the arrays of an archive as a table."""
    with _open_arrays(path) as archive:
        members = archive.infolist()
        n_bytes = sum(member.file_size for member in members)
        if len(members) > _MAX_MEMBERS or n_bytes > MAX_BYTES:
            msg = (
                f"{path}: holds {len(members)} arrays, which unpack to {n_bytes} bytes; write it with at most"
                f" {_MAX_MEMBERS} arrays and {MAX_BYTES} bytes, or as Parquet"
            )
            raise InputError(msg)
        if any(member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} for member in members):
            msg = f"{path}: is compressed in a way that NumPy does not use; write it with numpy.savez_compressed"
            raise InputError(msg)
        columns = tuple(_describe(archive, member, number) for number, member in enumerate(members, start=1))
    lengths = {column.length for column in columns if column.dtype is not None}
    n_rows = lengths.pop() if len(lengths) == 1 else None
    return NpzTable(path=path, name="arrays", number=1, columns=columns, n_rows=n_rows)


@contextmanager
def _open_arrays(path: Path) -> Iterator[zipfile.ZipFile]:
    with reading_as("NPZ", path), zipfile.ZipFile(path) as archive, warnings.catch_warnings(action="ignore"):
        yield archive


def _describe(archive: zipfile.ZipFile, member: zipfile.ZipInfo, number: int) -> NpzColumn:
    name = printable(member.filename.removesuffix(".npy"))
    column = NpzColumn(name, number, "", None, member=member.filename)
    try:
        with archive.open(member) as stream:
            shape, stored = _read_header(stream)
    except (ValueError, TypeError, SyntaxError) as error:
        return replace(column, form=f"not an array: {printable(str(error), 80)}")
    column = replace(column, form=printable(f"{stored} {shape}"))
    is_list = stored.kind in "iuf" and stored.itemsize <= 8 and len(shape) == 1
    if not is_list or not 0 <= shape[0] * stored.itemsize <= member.file_size:
        return column
    is_single = stored.itemsize <= 2 or (stored.kind == "f" and stored.itemsize == 4)
    dtype = np.dtype(np.float32 if is_single else np.float64)
    return replace(column, dtype=dtype, stored=stored, length=shape[0])


def _read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(stream)
    if version != (1, 0):  # whose header is short; NumPy writes others for structured arrays alone
        msg = f"its header has version {version}"
        raise ValueError(msg)
    shape, _, stored = np.lib.format.read_array_header_1_0(stream)
    return shape, stored

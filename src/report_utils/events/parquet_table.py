"""Parquet tables; pyarrow reads a batch of rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError, printable
from report_utils.events.event_files import Column, Table
from report_utils.files.input_files import damaged

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

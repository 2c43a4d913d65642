"""A catalogue as Parquet: its cells as the text that a CSV file would have."""

from __future__ import annotations

import math
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from report_utils.errors import InputError, printable
from report_utils.events.parquet_table import batches_of, parquet_file

if TYPE_CHECKING:
    import pyarrow as pa

MAGIC = b"PAR1"
_MAX_LETTERS = 10_000
"""Of one cell; a path has 4096 at most."""
_BATCH_ROWS = 1024


def read_parquet(path: Path, columns: Collection[str], max_rows: int) -> tuple[tuple[str, ...], list[dict[str, str]]]:
    """Return the names of all columns, in lower case, and the rows of those that a catalogue may have.

    Raises
    ------
    InputError
        If the file is damaged or has too many rows, or a column holds what is neither text nor a number.
    """
    with parquet_file(path) as file:
        fields, n_rows = list(file.schema_arrow), file.metadata.num_rows
    header = tuple(field.name.strip().lower() for field in fields)
    wanted = {field.name: name for field, name in zip(fields, header, strict=True) if name in columns}
    if n_rows > max_rows:
        msg = f"{path}: has {n_rows} rows, and a catalogue at most {max_rows}; split it"
        raise InputError(msg)
    if len(set(header)) < len(header):  # which one reading by name cannot tell apart; the caller says which
        wanted = {field: name for field, name in wanted.items() if header.count(name) == 1}
    texts = [field.name for field in fields if field.name in wanted and _demand_cells(path, field)]
    rows: list[dict[str, str]] = []
    # As dictionaries, a text that many rows share is in memory once.
    with parquet_file(path, read_dictionary=texts) as file:
        for batch in batches_of(path, file, wanted, _BATCH_ROWS):
            cells = [_cells(path, wanted[name], batch.column(name)) for name in wanted]
            rows += [dict(zip(wanted.values(), values, strict=True)) for values in zip(*cells, strict=True)]
            if len(rows) > n_rows:
                msg = f"{path}: has more rows than the {n_rows} that it says; write the catalogue again"
                raise InputError(msg)
    return header, rows


def _demand_cells(path: Path, field: pa.Field) -> bool:
    """Refuse a column whose values have no one text, and return whether they are text already."""
    from pyarrow import types

    kind = field.type.value_type if types.is_dictionary(field.type) else field.type
    is_text = any(
        is_kind(kind)
        for is_kind in (
            types.is_string,
            types.is_large_string,
            types.is_binary,
            types.is_large_binary,
            types.is_fixed_size_binary,
        )
    )
    others = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal, types.is_null)
    if not is_text and not any(is_kind(kind) for is_kind in others):
        msg = (
            f"{path}: row 0 (header): column {field.name.strip().lower()!r} holds {printable(str(field.type))}, neither"
            " text nor a number; write it as text"
        )
        raise InputError(msg)
    return is_text and kind == field.type and not types.is_fixed_size_binary(kind)


def _cells(path: Path, name: str, values: pa.Array) -> list[str]:
    import pyarrow.compute as pc
    from pyarrow import types

    if types.is_dictionary(values.type) and not types.is_primitive(values.type.value_type):
        longest = pc.max(pc.binary_length(values.dictionary)).as_py() or 0
        if longest > _MAX_LETTERS:
            msg = f"{path}: column {name!r} holds a text of {longest} bytes; shorten it to {_MAX_LETTERS} at most"
            raise InputError(msg)
    try:
        return [_text(value) for value in values.to_pylist()]
    except UnicodeDecodeError:
        msg = f"{path}: column {name!r} holds bytes that are no text in UTF-8; write it as text"
        raise InputError(msg) from None


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):  # pandas writes a missing number as NaN
        return ""
    if isinstance(value, bytes):  # as NumPy and FITS keep text, filled up with NUL
        return value.rstrip(b"\0").decode("utf-8").strip()
    return repr(value) if isinstance(value, float) else str(value).strip()

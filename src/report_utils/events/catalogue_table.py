"""The table behind a catalogue, CSV or Parquet: its cells as text, by column and row.

CSV is parsed by Python's own reader, not by pandas, which fills a row that is too short without a word.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from report_utils.errors import InputError, printable
from report_utils.events.csv_table import BLANK, read_head
from report_utils.events.parquet_table import batches_of, parquet_file
from report_utils.files.input_files import demand_file, unreadable

if TYPE_CHECKING:
    import pyarrow as pa

MAX_ROWS = 100_000
"""Limit for a catalogue; the largest simulated samples have a tenth of this."""
_MAX_BYTES = 64 << 20
_MAX_COMMENTS = 10_000
_PARQUET_MAGIC = b"PAR1"
_BATCH_ROWS = 1024
_MAX_TEXT = 10_000
"""[bytes] Limit for one cell; a path has 4096 at most."""


@dataclass(frozen=True)
class CatalogueTable:
    """The cells of a catalogue.

    Parameters
    ----------
    header : tuple of str
        The names of its columns, in lower case.
    rows : tuple of (int, dict)
        Each row's number, from 1 and without the header, and its text by column; empty cells are "".
    faults : tuple of str
        Rows that do not have one value a column, one line each.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]
    faults: tuple[str, ...] = ()


def read_table(path: Path, columns: Collection[str]) -> CatalogueTable:
    """Read the columns that a catalogue may have; others are ignored.

    Parameters
    ----------
    path : Path
        Parquet if it begins as Parquet files do, else CSV in UTF-8.
    columns : collection of str
    """
    demand_file(path, _MAX_BYTES)
    try:
        with path.open("rb") as stream:
            is_parquet = stream.read(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC
        table = _from_parquet(path, columns) if is_parquet else _from_csv(path)
    except OSError as error:
        raise unreadable(path, error) from None
    twice = [name for name in columns if table.header.count(name) > 1]
    if twice:
        msg = f"{path}: row 0 (header): column {twice[0]!r} is there twice; remove one"
        raise InputError(msg)
    return table


def _from_csv(path: Path) -> CatalogueTable:
    rows: list[tuple[int, dict[str, str]]] = []
    faults: list[str] = []
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            head = read_head([line.rstrip("\r\n") for line in islice(stream, _MAX_COMMENTS)])
            header = tuple(name.lower() for name in head.names)
            if not header:
                msg = f"{path}: the catalogue is empty; its first line must name the columns"
                raise InputError(msg)
            stream.seek(0)
            lines = islice(stream, head.n_skip, None)
            if head.delimiter == BLANK:
                lines = (" ".join(line.split()) for line in lines)
            for values in csv.reader(lines, strict=True, delimiter=head.delimiter or ","):
                if not any(values):
                    continue
                number += 1
                if number > MAX_ROWS:
                    msg = f"{path}: has more than {MAX_ROWS} rows; split the catalogue"
                    raise InputError(msg)
                if len(values) == len(header):
                    rows.append((number, dict(zip(header, (value.strip() for value in values), strict=True))))
                    continue
                faults.append(
                    f"{path}: row {number}: has {len(values)} values for {len(header)} columns; correct the"
                    " separators or quotes"
                )
    except InputError:
        raise
    except (ValueError, csv.Error) as error:
        reason = printable(str(error), 120)
        msg = f"{path}: row {number + 1}: is not CSV text in UTF-8 ({reason}); save it as CSV in UTF-8"
        raise InputError(msg) from None
    return CatalogueTable(header, tuple(rows), tuple(faults))


def _from_parquet(path: Path, columns: Collection[str]) -> CatalogueTable:
    with parquet_file(path) as file:
        fields, n_rows = list(file.schema_arrow), file.metadata.num_rows
    header = tuple(field.name.strip().lower() for field in fields)
    if n_rows > MAX_ROWS:
        msg = f"{path}: has {n_rows} rows, and a catalogue at most {MAX_ROWS}; split it"
        raise InputError(msg)
    # Of two columns of one name, which the caller refuses, pyarrow cannot read one.
    wanted = {
        field.name: name
        for field, name in zip(fields, header, strict=True)
        if name in columns and header.count(name) == 1
    }
    texts = [field.name for field in fields if field.name in wanted and _is_text(path, field)]
    rows: list[dict[str, str]] = []
    # Read as a dictionary, a text that many rows share is in memory once.
    with parquet_file(path, read_dictionary=texts) as file:
        for batch in batches_of(path, file, wanted, _BATCH_ROWS):
            cells = [_cells(path, wanted[name], batch.column(name)) for name in wanted]
            rows += [dict(zip(wanted.values(), values, strict=True)) for values in zip(*cells, strict=True)]
            if len(rows) > n_rows:
                msg = f"{path}: has more rows than the {n_rows} that it claims; write the catalogue again"
                raise InputError(msg)
    return CatalogueTable(header, tuple(enumerate(rows, start=1)))


def _is_text(path: Path, field: pa.Field) -> bool:
    """Whether a column can be read as a dictionary of texts; refuse one that is neither text nor numbers."""
    from pyarrow import types

    kind = field.type.value_type if types.is_dictionary(field.type) else field.type
    texts = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    others = (
        types.is_fixed_size_binary,
        types.is_integer,
        types.is_floating,
        types.is_boolean,
        types.is_decimal,
        types.is_null,
    )
    if not any(is_kind(kind) for is_kind in (*texts, *others)):
        msg = (
            f"{path}: row 0 (header): column {field.name.strip().lower()!r} holds {printable(str(field.type))}, neither"
            " text nor a number; write it as text"
        )
        raise InputError(msg)
    return kind == field.type and any(is_kind(kind) for is_kind in texts)


def _cells(path: Path, name: str, values: pa.Array) -> list[str]:
    import pyarrow.compute as pc
    from pyarrow import types

    if types.is_dictionary(values.type) and not types.is_primitive(values.type.value_type):
        longest = pc.max(pc.binary_length(values.dictionary)).as_py() or 0
        if longest > _MAX_TEXT:
            msg = f"{path}: column {name!r} holds a text of {longest} bytes; shorten it to {_MAX_TEXT} at most"
            raise InputError(msg)
    try:
        return [_text(value) for value in values.to_pylist()]
    except UnicodeDecodeError:
        msg = f"{path}: column {name!r} holds bytes that are not text in UTF-8; write it as text"
        raise InputError(msg) from None


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):  # pandas writes a missing number as NaN
        return ""
    if isinstance(value, bytes):  # NumPy and FITS pad text with NUL
        return value.rstrip(b"\0").decode("utf-8").strip()
    return repr(value) if isinstance(value, float) else str(value).strip()

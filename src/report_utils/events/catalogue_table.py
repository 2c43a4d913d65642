"""The table behind a catalogue, CSV or Parquet, as text by column and row."""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from report_utils.errors import InputError
from report_utils.events.files import unreadable

_PARQUET = b"PAR1"
_DELIMITERS = ",;\t"
"""Of these the one that the header has most of; spreadsheets write semicolons where the comma is decimal."""


@dataclass(frozen=True)
class Table:
    """What a catalogue's file holds.

    Parameters
    ----------
    header : tuple of str
        The names of its columns, in lower case.
    rows : tuple of (int, dict)
        Each row's number, from 1 and without the header, and its text by column, empty where there is none.
    faults : tuple of str
        Rows that are no rows, one line each.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]
    faults: tuple[str, ...] = ()


def read_table(path: Path, columns: Collection[str]) -> Table:
    """Read the columns that a catalogue may have; others are ignored.

    Parameters
    ----------
    path : Path
        Parquet if it begins as Parquet files do, CSV in UTF-8 else.
    columns : collection of str

    Raises
    ------
    InputError
        If the file cannot be read, or names one of the columns twice.
    """
    try:
        with path.open("rb") as stream:
            magic = stream.read(len(_PARQUET))
        table = _from_parquet(path, columns) if magic == _PARQUET else _from_csv(path)
    except OSError as error:
        raise unreadable(path, error) from None
    twice = [name for name in columns if table.header.count(name) > 1]
    if twice:
        msg = f"{path}: row 0 (header): column {twice[0]!r} is there twice; remove one"
        raise InputError(msg)
    return table


def _from_csv(path: Path) -> Table:
    rows: list[tuple[int, dict[str, str]]] = []
    faults: list[str] = []
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            first = stream.readline()
            stream.seek(0)
            lines = csv.reader(stream, strict=True, delimiter=max(_DELIMITERS, key=first.count))
            header = tuple(name.strip().lower() for name in next(lines, []))
            if not header:
                msg = f"{path}: the catalogue is empty; its first line must name the columns"
                raise InputError(msg)
            for number, values in _numbered(lines):
                if len(values) == len(header):
                    rows.append((number, dict(zip(header, (value.strip() for value in values), strict=True))))
                    continue
                faults.append(
                    f"{path}: row {number}: has {len(values)} values for {len(header)} columns; correct the"
                    " separators or quotes"
                )
    except (UnicodeDecodeError, csv.Error) as error:
        msg = f"{path}: row {number + 1}: is not CSV text in UTF-8 ({error}); save it as CSV in UTF-8"
        raise InputError(msg) from None
    return Table(header, tuple(rows), tuple(faults))


def _numbered(lines: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    return enumerate((line for line in lines if any(line)), start=1)


def _from_parquet(path: Path, columns: Collection[str]) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = {name: name.strip().lower() for name in file.schema_arrow.names}
            table = file.read([name for name, lower in names.items() if lower in columns])
        records = [{names[name]: _text(value) for name, value in record.items()} for record in table.to_pylist()]
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())[:120]
        msg = f"{path}: cannot be read as Parquet ({reason}); write the catalogue again"
        raise InputError(msg) from None
    return Table(tuple(names.values()), tuple(enumerate(records, start=1)))


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):  # pandas writes a missing number as NaN
        return ""
    return repr(value) if isinstance(value, float) else str(value).strip()

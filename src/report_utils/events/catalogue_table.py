"""The table behind a catalogue, CSV or Parquet, as text by column and row."""

from __future__ import annotations

import csv
from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from report_utils.errors import InputError, printable
from report_utils.events.catalogue_parquet import MAGIC, read_parquet
from report_utils.events.text_head import BLANK, read_head
from report_utils.files.input_files import demand_file, unreadable

MAX_ROWS = 100_000
"""Of a catalogue; the largest simulated samples have a tenth."""
_MAX_BYTES = 64 << 20
_MAX_COMMENTS = 10_000


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
    demand_file(path, _MAX_BYTES)
    try:
        with path.open("rb") as stream:
            magic = stream.read(len(MAGIC))
        if magic == MAGIC:
            header, records = read_parquet(path, columns, MAX_ROWS)
            table = Table(header, tuple(enumerate(records, start=1)))
        else:
            table = _from_csv(path)
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
            found = read_head([line.rstrip("\r\n") for line in islice(stream, _MAX_COMMENTS)])
            header = tuple(name.lower() for name in found.names)
            if not header:
                msg = f"{path}: the catalogue is empty; its first line must name the columns"
                raise InputError(msg)
            stream.seek(0)
            below = islice(stream, found.n_skip, None)
            if found.delimiter == BLANK:
                below = (" ".join(line.split()) for line in below)
            for values in csv.reader(below, strict=True, delimiter=found.delimiter or ","):
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
    return Table(header, tuple(rows), tuple(faults))

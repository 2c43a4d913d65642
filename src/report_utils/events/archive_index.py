"""The index of an archive: one row for each event list, in one small Parquet file that is replaced as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args, get_type_hints

from report_utils.errors import InputError
from report_utils.files.disk import whole_file
from report_utils.files.input_files import demand_file

if TYPE_CHECKING:
    import pyarrow as pa

SourceList = Literal["observation", "agn_less"]

INDEX = "index.parquet"
LISTS = "lists"
LIST_NAME = re.compile(r"[0-9a-f]{64}\.parquet")
_FORMAT = b"report_utils archive 2"
_MAX_ROWS = 1_000_000
_MAX_BYTES = 1 << 30
"""Of an index, packed or not; it has some hundred bytes a list."""


@dataclass(frozen=True)
class ArchivedList:
    """One event list of an archive: a row of its index.

    Parameters
    ----------
    cluster_id, log10_mass, group
        As in the catalogue.
    source : "observation" or "agn_less"
    digest : str
        SHA-256 of the events; it names the file.
    n_bytes : int
        Size of the file, which tells a cut-off file from a whole one.
    n_events : int
    read_file, read_sha256 : str
        The file that was ingested, as the catalogue names it, and the digest of its bytes; empty for an AGN-less list
        that was made from the observation.
    layout : str
        What that file was recognised as.
    agn_less_by : str
        How an AGN-less list was made.
    dropped : str
        JSON: reason -> number of rows left out.
    n_repeated : int
        Events that repeat an earlier one and are kept.
    options : str
        JSON: the options of the ingest, in the row of the observation; with other options it is read again.
    """

    cluster_id: str
    log10_mass: float
    group: str
    source: str
    digest: str
    n_bytes: int
    n_events: int
    read_file: str = ""
    read_sha256: str = ""
    layout: str = ""
    agn_less_by: str = ""
    dropped: str = "{}"
    n_repeated: int = 0
    options: str = ""

    @property
    def file(self) -> str:
        """Name of the file in ``lists/``."""
        return f"{self.digest}.parquet"

    def fault(self, folder: Path) -> str:
        """Return "missing" or "cut off or changed" if the file in an archive is so, else nothing; it is not read."""
        path = folder / LISTS / self.file
        if not path.is_file():
            return "missing"
        return "" if path.stat().st_size == self.n_bytes else "cut off or changed"


def read_index(folder: Path) -> list[ArchivedList]:
    """Return the lists of an archive in its order.

    Raises
    ------
    InputError
        If the index is damaged or of another version.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / INDEX
    try:
        demand_file(path, _MAX_BYTES)
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            if (file.schema_arrow.metadata or {}).get(b"format") != _FORMAT:
                msg = f"{path}: was written by another version; ingest the catalogue again, into a new folder"
                raise InputError(msg)
            n_rows = file.metadata.num_rows
            n_bytes = sum(file.metadata.row_group(n).total_byte_size for n in range(file.metadata.num_row_groups))
            if n_rows > _MAX_ROWS or n_bytes > _MAX_BYTES or not set(file.schema_arrow) <= set(_schema()):
                msg = f"it says that it has {n_rows} rows in {n_bytes} bytes"
                raise pa.ArrowInvalid(msg)
            table = file.read()
        if any(column.null_count for column in table.columns):
            msg = "a value is missing"
            raise pa.ArrowInvalid(msg)
        lists = [ArchivedList(**record) for record in table.to_pylist()]
        _check_index(lists)
    except (pa.ArrowException, OSError, TypeError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())[:120]
        msg = f"{path}: the archive's index is damaged ({reason}); ingest the catalogue again, into a new folder"
        raise InputError(msg) from None
    return lists


def _check_index(lists: Sequence[ArchivedList]) -> None:
    """Refuse rows that no writer writes: a name could lead out of the folder.

    Raises
    ------
    TypeError
    """
    names = {(one.cluster_id, one.source) for one in lists}
    if len(names) < len(lists) or not {source for _, source in names} <= {*get_args(SourceList)}:
        msg = "two rows for one list, or an unknown source"
        raise TypeError(msg)
    for one in lists:
        if not LIST_NAME.fullmatch(one.file) or (one.cluster_id, "observation") not in names:
            msg = f"the row of cluster {one.cluster_id!r}"
            raise TypeError(msg)


def _schema() -> pa.Schema:
    import pyarrow as pa

    hints, types = get_type_hints(ArchivedList), {str: pa.string(), int: pa.int64(), float: pa.float64()}
    return pa.schema([(item.name, types[hints[item.name]]) for item in fields(ArchivedList)], {b"format": _FORMAT})


def write_index(folder: Path, lists: Iterable[ArchivedList]) -> None:
    """Replace the index as a whole."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    # By column: an ingest writes its index after every task, and dictionaries of rows would cost more than reading.
    lists, schema = list(lists), _schema()
    columns = [pa.array([getattr(one, field.name) for one in lists], field.type) for field in schema]
    with whole_file(folder / INDEX) as temporary:
        pq.write_table(pa.Table.from_arrays(columns, schema=schema), temporary, write_page_checksum=True)

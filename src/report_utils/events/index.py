"""The index of an archive: an entry for each cluster, in one small Parquet file replaced as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, get_type_hints

from report_utils.errors import InputError
from report_utils.files.disk import whole_file
from report_utils.files.input_files import demand_file

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

INDEX = "index.parquet"
PARTS = "parts"
FORMAT = b"report_utils archive 1"
_MAX_ROWS = 1_000_000
_MAX_BYTES = 1 << 30
"""Of an index, packed or not; it has some hundred bytes a cluster."""


@dataclass(frozen=True)
class Entry:
    """Where a cluster's events are kept, and where they came from.

    The fields that end in ``_agn_less`` are about its AGN-less list, and are empty or -1 where there is none.

    Parameters
    ----------
    cluster_id, log10_mass, group
        As in the catalogue.
    n_events : int
    part : str
        The file below ``parts/``.
    part_bytes : int
        Its size, which tells a cut-off part from a whole one.
    row_group : int
        The row group in it.
    content : str
        SHA-256 of the events themselves.
    source_file, source_sha256 : str
        The file that was read, as the catalogue names it, and the digest of its bytes.
    layout : str
        What the file was recognised as.
    dropped : str
        JSON: for each list, reason -> number of rows left out.
    repeated : str
        JSON: for each list that has some, the number of events that repeat an earlier one and are kept.
    recipe : str
        JSON: the options of the ingest; another recipe means reading the file again.
    """

    cluster_id: str
    log10_mass: float
    group: str
    n_events: int
    part: str
    part_bytes: int
    row_group: int
    content: str
    n_events_agn_less: int = -1
    part_agn_less: str = ""
    part_bytes_agn_less: int = -1
    row_group_agn_less: int = -1
    content_agn_less: str = ""
    source_file: str = ""
    source_sha256: str = ""
    source_file_agn_less: str = ""
    source_sha256_agn_less: str = ""
    agn_less_from: str = ""
    layout: str = ""
    dropped: str = "{}"
    recipe: str = "{}"
    repeated: str = "{}"

    @property
    def has_agn_less(self) -> bool:
        """Whether there is an AGN-less list."""
        return self.n_events_agn_less >= 0

    @property
    def places(self) -> tuple[tuple[str, int], ...]:
        """The parts that hold this cluster, each with the size that it must have."""
        places = ((self.part, self.part_bytes), (self.part_agn_less, self.part_bytes_agn_less))
        return places if self.has_agn_less else places[:1]


def read_index(folder: Path) -> list[Entry]:
    """Return the entries in the archive's order.

    Raises
    ------
    InputError
        If there is no archive, or its index is damaged.
    """
    path = folder / INDEX
    if not path.is_file():
        msg = f"{folder}: this is not an archive (there is no {INDEX}); make one with report-utils ingest"
        raise InputError(msg)
    state = path.stat()
    return list(_read(path.absolute(), state.st_ino, state.st_size, state.st_mtime_ns))


@lru_cache(maxsize=4)
def _read(path: Path, *_state: int) -> tuple[Entry, ...]:
    """Read an index once for each state of its file: callers open archives for every cluster."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        demand_file(path, _MAX_BYTES)
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            if (file.schema_arrow.metadata or {}).get(b"format") != FORMAT:
                msg = f"{path}: was written by another version; ingest the catalogue into a new folder"
                raise InputError(msg)
            n_rows, n_bytes = file.metadata.num_rows, _unpacked(file.metadata)
            if n_rows > _MAX_ROWS or n_bytes > _MAX_BYTES or not set(file.schema_arrow) <= set(_schema()):
                msg = f"it says that it has {n_rows} rows in {n_bytes} bytes"
                raise pa.ArrowInvalid(msg)
            table = file.read()
        if any(column.null_count for column in table.columns):
            msg = "a value is missing"
            raise pa.ArrowInvalid(msg)
        return tuple(Entry(**record) for record in table.to_pylist())
    except (pa.ArrowException, OSError, TypeError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())[:120]
        msg = f"{path}: the archive's index is damaged ({reason}); ingest the catalogue into a new folder"
        raise InputError(msg) from None


def _schema() -> pa.Schema:
    import pyarrow as pa

    hints, types = get_type_hints(Entry), {str: pa.string(), int: pa.int64(), float: pa.float64()}
    return pa.schema([(item.name, types[hints[item.name]]) for item in fields(Entry)], {b"format": FORMAT})


def _unpacked(about: pq.FileMetaData) -> int:
    return sum(about.row_group(number).total_byte_size for number in range(about.num_row_groups))


def write_index(folder: Path, entries: Iterable[Entry]) -> None:
    """Replace the index as a whole."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    # By column: an ingest writes its index after every task, and dictionaries of entries would cost more than reading.
    entries, schema = list(entries), _schema()
    columns = [pa.array([getattr(entry, field.name) for entry in entries], field.type) for field in schema]
    table = pa.Table.from_arrays(columns, schema=schema)
    with whole_file(folder / INDEX) as temporary:
        pq.write_table(table, temporary, write_page_checksum=True)


def digest_of(entries: Iterable[Entry]) -> str:
    """Return a SHA-256 of everything a fit can see: names, masses, groups, events and their order.

    Where events are kept and how they came there does not count.
    """
    digest = hashlib.sha256()
    for entry in entries:
        seen = (
            entry.cluster_id,
            float(entry.log10_mass).hex(),
            entry.group,
            entry.content,
            entry.content_agn_less,
        )
        digest.update("\x1f".join(seen).encode() + b"\x1e")
    return digest.hexdigest()

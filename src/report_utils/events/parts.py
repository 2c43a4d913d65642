"""The parts of an archive: Parquet files with one row group for each event list."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from report_utils.errors import InputError
from report_utils.events.eventlist import EventList
from report_utils.events.sixte import content_digest
from report_utils.files.input_files import demand_file

if TYPE_CHECKING:
    import pyarrow as pa

_COLUMNS = {"x", "y", "energy", "source"}


@dataclass(frozen=True)
class Place:
    """Where one event list was put; the part's name and size are known when it is finished."""

    key: int
    row_group: int
    content: str


PART_NAME = re.compile(r"part-[0-9a-f]{32}\.parquet|\.[0-9a-f]{32}\.tmp")
"""The names of parts, finished and not."""


class PartWriter:
    """Writes event lists as row groups, one file for each set of columns and precisions.

    Nothing is visible until :meth:`finish`, which gives every file its name at once; :meth:`discard` leaves
    nothing.

    Parameters
    ----------
    folder : Path
        The archive's folder of parts.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.n_events = 0
        self._open: dict[tuple, tuple[int, Path, Any]] = {}
        self._row_groups: list[int] = []

    def add(self, events: EventList) -> Place:
        """Write one event list as the next row group."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        columns = events.columns()
        table = pa.table({name: pa.array(np.ascontiguousarray(column)) for name, column in columns.items()})
        schema = tuple((name, column.dtype.str) for name, column in columns.items())
        if schema not in self._open:
            temporary = self.folder / f".{uuid4().hex}.tmp"
            writer = pq.ParquetWriter(
                temporary,
                table.schema,
                compression="zstd",
                compression_level=1,
                use_dictionary=["source"] if "source" in columns else False,
                use_byte_stream_split=["x", "y", "energy"],
                write_statistics=False,
                write_page_checksum=True,
            )
            self._open[schema] = (len(self._row_groups), temporary, writer)
            self._row_groups.append(0)
        key, _, writer = self._open[schema]
        writer.write_table(table, row_group_size=max(1, len(events)))
        self.n_events += len(events)
        row_group = self._row_groups[key]
        self._row_groups[key] += 1
        return Place(key, row_group, content_digest(events))

    def finish(self) -> dict[int, tuple[str, int]]:
        """Put the finished files on the disk and return their (name, bytes) by :attr:`Place.key`."""
        done = {}
        for key, temporary, writer in self._open.values():
            writer.close()
            with temporary.open("rb+") as stream:
                os.fsync(stream.fileno())
            name = f"part-{temporary.name[1:-4]}.parquet"
            done[key] = (name, temporary.stat().st_size)
            temporary.replace(self.folder / name)
        self._open.clear()
        return done

    def discard(self) -> None:
        """Close and remove what is not finished."""
        for _, temporary, writer in self._open.values():
            writer.close()
            temporary.unlink(missing_ok=True)
        self._open.clear()


def read_part(path: Path, row_group: int, n_events: int, **about: Any) -> EventList:
    """Read one row group.

    Parameters
    ----------
    path : Path
    row_group : int
    n_events : int
        How many events the index promises.
    **about
        cluster_id, log10_mass and group of the event list.

    Raises
    ------
    InputError
        If the part is missing or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        demand_file(path)
        with pq.ParquetFile(path, page_checksum_verification=True) as part:
            # before it is read, for a few bytes can claim any number of events
            is_there = 0 <= row_group < part.num_row_groups
            found = part.metadata.row_group(row_group).num_rows if is_there else 0
            columns = part.schema_arrow.names
            if found != n_events or not {*columns} <= _COLUMNS:
                msg = f"{found} events with {', '.join(columns)[:60]} where the index says {n_events}"
                raise pa.ArrowInvalid(msg)
            table = part.read_row_group(row_group)
        columns = {name: _array(table, name) for name in table.column_names}
        if {len(column) for column in columns.values()} != {n_events}:
            msg = f"{len(table)} events where the index says {n_events}"
            raise pa.ArrowInvalid(msg)
        return EventList(**columns, **about)
    except (pa.ArrowException, OSError, TypeError, InputError) as error:
        reason = "it is missing" if isinstance(error, FileNotFoundError) else " ".join(str(error).split())[:120]
        msg = (
            f"{path}: row group {row_group}: this part of the archive is damaged ({reason});"
            " remove it and ingest the catalogue again, which reads only what is missing"
        )
        raise InputError(msg) from None


def _array(table: pa.Table, name: str) -> np.ndarray:
    return table.column(name).combine_chunks().to_numpy(zero_copy_only=False)

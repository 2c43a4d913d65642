"""An archive of observations: a folder with one Parquet file for each event list, and an index.

``index.parquet`` has one row for each list: an observation, or the same cluster without its AGN. A list is written
whole into ``lists/`` before the index names it, and the index is replaced as a whole, so an archive is readable at
every moment. A file is named after its content, so new events never overwrite those that the index still names.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args, get_type_hints

from report_utils.errors import InputError
from report_utils.events.eventlist import EventList
from report_utils.files.disk import whole_file
from report_utils.files.input_files import demand_file

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

SourceList = Literal["observation", "agn_less"]

INDEX = "index.parquet"
LISTS = "lists"
LIST_NAME = re.compile(r"[0-9a-f]{64}\.parquet")
_FORMAT = b"report_utils archive 2"
_MAX_ROWS = 1_000_000
_MAX_BYTES = 1 << 30
"""Of an index, packed or not; it has some hundred bytes a list."""
_COLUMNS = {"x", "y", "energy", "source"}


@dataclass(frozen=True)
class ArchivedList:
    """One event list of an archive: a row of its index."""

    cluster_id: str
    log10_mass: float
    group: str
    source: str  # "observation" or "agn_less"
    digest: str  # SHA-256 of the events; it names the file
    n_bytes: int  # of the file, which tells a cut-off file from a whole one
    n_events: int
    read_file: str = ""  # the file that was ingested; empty for an AGN-less list that was made from the observation
    read_sha256: str = ""  # of its bytes
    layout: str = ""  # what that file was recognised as
    agn_less_by: str = ""  # how an AGN-less list was made
    dropped: str = "{}"  # JSON: reason -> number of rows left out
    n_repeated: int = 0  # events that repeat an earlier one and are kept
    options: str = ""  # JSON: those of the ingest, in the row of the observation; with others it is read again

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


class Archive:
    """Observations on disk, in a fixed order.

    Attributes
    ----------
    observations : tuple of ArchivedList
        One for each cluster.
    agn_less : dict
        cluster_id -> ArchivedList, for clusters that have an AGN-less list.
    """

    def __init__(self, folder: Path, lists: Sequence[ArchivedList]) -> None:
        self.folder = folder
        self.observations = tuple(one for one in lists if one.source == "observation")
        self.agn_less = {one.cluster_id: one for one in lists if one.source == "agn_less"}
        self._places = {one.cluster_id: index for index, one in enumerate(self.observations)}

    def __len__(self) -> int:
        """Return the number of clusters."""
        return len(self.observations)

    def __repr__(self) -> str:
        return f"Archive({str(self.folder)!r}, {len(self)} clusters)"

    def __iter__(self) -> Iterator[EventList]:
        """Yield every cluster's observation."""
        return (self.read(index) for index in range(len(self)))

    @property
    def ids(self) -> tuple[str, ...]:
        """Every cluster's name."""
        return tuple(self._places)

    @property
    def has_agn_less(self) -> bool:
        """Whether every cluster has an AGN-less list."""
        return len(self.agn_less) == len(self)

    @property
    def digest(self) -> str:
        """SHA-256 of everything that a fit can see: names, masses, groups, events and their order.

        Where events are kept and how they came there does not count.
        """
        digest = hashlib.sha256()
        for one in self.observations:
            less = self.agn_less.get(one.cluster_id)
            seen = (one.cluster_id, float(one.log10_mass).hex(), one.group, one.digest, less.digest if less else "")
            digest.update("\x1f".join(seen).encode() + b"\x1e")
        return digest.hexdigest()

    @cached_property
    def catalogue(self) -> pd.DataFrame:
        """cluster_id, log10_mass, group, n_events, n_events_agn_less (missing where there is none)."""
        import pandas as pd

        frame = pd.DataFrame(self.observations)[["cluster_id", "log10_mass", "group", "n_events"]]
        n_events = {name: one.n_events for name, one in self.agn_less.items()}
        return frame.assign(n_events_agn_less=frame["cluster_id"].map(n_events).astype("Int64"))

    def read(self, cluster: int | str, source: SourceList = "observation") -> EventList:
        """Read one cluster's events.

        Parameters
        ----------
        cluster : int or str
            Its place in the archive, or its name.
        source : "observation" or "agn_less"

        Returns
        -------
        EventList
            With its cluster_id, log10_mass and group.

        Raises
        ------
        InputError
            If there is no such cluster or list, or the archive is damaged.
        """
        if source not in get_args(SourceList):
            msg = f"{self.folder}: source {source!r} is not known; use 'observation' or 'agn_less'"
            raise InputError(msg)
        place = self._places.get(cluster) if isinstance(cluster, str) else cluster
        if place is None:
            msg = f"{self.folder}: there is no cluster {cluster!r}; its names start with {', '.join(self.ids[:3])}"
            raise InputError(msg)
        if not 0 <= place < len(self):
            msg = f"{self.folder}: there is no cluster number {place}; it holds {len(self)}, counted from 0"
            raise InputError(msg)
        one = self.observations[place]
        if source == "agn_less":
            if one.cluster_id not in self.agn_less:
                msg = (
                    f"{self.folder}: cluster {one.cluster_id!r} has no AGN-less list;"
                    " ingest it with a column events_agn_less, or choose a transform of the observation itself"
                )
                raise InputError(msg)
            one = self.agn_less[one.cluster_id]
        return _read_list(self.folder, one)


def open_archive(path: str | Path) -> Archive:
    """Open an archive for reading.

    Raises
    ------
    InputError
        If there is none, it is empty, its index is damaged, or a list is missing or cut off.
    """
    index = Path(path) / INDEX
    if not index.is_file():
        msg = f"{path}: this is not an archive (there is no {INDEX}); make one with report-utils ingest"
        raise InputError(msg)
    state = index.stat()
    return _open(Path(path), state.st_ino, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=4)
def _open(folder: Path, *_state: int) -> Archive:
    """Open an archive once for each state of its index: callers do so for every cluster."""
    lists = read_index(folder)
    if not lists:
        msg = f"{folder}: the archive holds no observations; ingest a catalogue into it"
        raise InputError(msg)
    for one in lists:
        if fault := one.fault(folder):
            raise _damaged(folder, one, fault)
    return Archive(folder, lists)


def _damaged(folder: Path, one: ArchivedList, what: str) -> InputError:
    return InputError(
        f"{folder / LISTS / one.file}: this list of the archive is {what} (cluster {one.cluster_id!r}); remove it and"
        " ingest the catalogue again, which reads only what is missing"
    )


def _read_list(folder: Path, one: ArchivedList) -> EventList:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / LISTS / one.file
    try:
        demand_file(path)
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            names = file.schema_arrow.names
            # before it is read, because a few bytes can claim any number of events
            if file.metadata.num_rows != one.n_events or not {*names} <= _COLUMNS:
                found = f"{file.metadata.num_rows} events with {', '.join(names)[:60]}"
                msg = f"{found} where the index says {one.n_events}"
                raise pa.ArrowInvalid(msg)
            table = file.read()
        columns = {name: table.column(name).combine_chunks().to_numpy(zero_copy_only=False) for name in names}
        if {len(column) for column in columns.values()} != {one.n_events}:
            msg = f"{len(table)} events where the index says {one.n_events}"
            raise pa.ArrowInvalid(msg)
        return EventList(**columns, cluster_id=one.cluster_id, log10_mass=one.log10_mass, group=one.group)
    except (pa.ArrowException, OSError, TypeError, InputError) as error:
        reason = " ".join(str(error).split())[:120]
        raise _damaged(folder, one, one.fault(folder) or f"damaged ({reason})") from None


def read_index(folder: Path) -> list[ArchivedList]:
    """Return the lists of an archive in its order."""
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
        names = {(one.cluster_id, one.source) for one in lists}
        if len(names) < len(lists) or not {source for _, source in names} <= {*get_args(SourceList)}:
            msg = "two rows for one list, or an unknown source"
            raise pa.ArrowInvalid(msg)
        for one in lists:  # a name that no writer writes could lead out of the folder
            if not LIST_NAME.fullmatch(one.file) or (one.cluster_id, "observation") not in names:
                msg = f"the row of cluster {one.cluster_id!r}"
                raise pa.ArrowInvalid(msg)
    except (pa.ArrowException, OSError, TypeError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())[:120]
        msg = f"{path}: the archive's index is damaged ({reason}); ingest the catalogue again, into a new folder"
        raise InputError(msg) from None
    return lists


def write_index(folder: Path, lists: Iterable[ArchivedList]) -> None:
    """Replace the index as a whole."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    # By column: an ingest writes its index after every task, and dictionaries of rows would cost more than reading.
    lists, schema = list(lists), _schema()
    columns = [pa.array([getattr(one, field.name) for one in lists], field.type) for field in schema]
    with whole_file(folder / INDEX) as temporary:
        pq.write_table(pa.Table.from_arrays(columns, schema=schema), temporary, write_page_checksum=True)


def _schema() -> pa.Schema:
    import pyarrow as pa

    hints, types = get_type_hints(ArchivedList), {str: pa.string(), int: pa.int64(), float: pa.float64()}
    return pa.schema([(item.name, types[hints[item.name]]) for item in fields(ArchivedList)], {b"format": _FORMAT})

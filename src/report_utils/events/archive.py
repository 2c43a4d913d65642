"""An archive of observations: a folder with one Parquet file for each event list, and an index.

``index.parquet`` has one row for each list: an observation, or the same cluster without its AGN
(:mod:`report_utils.events.archive_index`). A list is written whole into ``lists/`` before the index names it, and the
index is replaced as a whole, so an archive is readable at every moment. A file is named after its content, so new
events never overwrite those that the index still names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np

from report_utils.errors import InputError
from report_utils.events.archive_index import INDEX, LISTS, ArchivedList, SourceList, read_index
from report_utils.events.eventlist import EventList
from report_utils.files.input_files import demand_file

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_COLUMNS = {"x", "y", "energy", "source"}


class Archive:
    """Observations on disk, in a fixed order.

    Parameters
    ----------
    folder : Path
    lists : sequence of ArchivedList

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

    def __len__(self) -> int:
        """Return the number of clusters."""
        return len(self.observations)

    def __repr__(self) -> str:
        return f"Archive({str(self.folder)!r}, {len(self)} clusters)"

    def __iter__(self) -> Iterator[EventList]:
        """Yield every cluster's observation."""
        return (self.read(index) for index in range(len(self)))

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Every cluster's name."""
        return tuple(one.cluster_id for one in self.observations)

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
        one = self._observation(cluster)
        if source == "agn_less":
            if one.cluster_id not in self.agn_less:
                msg = (
                    f"{self.folder}: cluster {one.cluster_id!r} has no AGN-less list;"
                    " ingest it with a column events_agn_less, or choose a transform of the observation itself"
                )
                raise InputError(msg)
            one = self.agn_less[one.cluster_id]
        return _read_list(self.folder, one)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.ids)}

    def _observation(self, cluster: int | str) -> ArchivedList:
        if isinstance(cluster, str):
            if cluster not in self._places:
                msg = f"{self.folder}: there is no cluster {cluster!r}; its names start with {', '.join(self.ids[:3])}"
                raise InputError(msg)
            cluster = self._places[cluster]
        if not 0 <= cluster < len(self):
            msg = f"{self.folder}: there is no cluster number {cluster}; it holds {len(self)}, counted from 0"
            raise InputError(msg)
        return self.observations[cluster]


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
            # before it is read, for a few bytes can claim any number of events
            if file.metadata.num_rows != one.n_events or not {*names} <= _COLUMNS:
                found = f"{file.metadata.num_rows} events with {', '.join(names)[:60]}"
                msg = f"{found} where the index says {one.n_events}"
                raise pa.ArrowInvalid(msg)
            table = file.read()
        columns = {name: _array(table, name) for name in names}
        if {len(column) for column in columns.values()} != {one.n_events}:
            msg = f"{len(table)} events where the index says {one.n_events}"
            raise pa.ArrowInvalid(msg)
        return EventList(**columns, cluster_id=one.cluster_id, log10_mass=one.log10_mass, group=one.group)
    except (pa.ArrowException, OSError, TypeError, InputError) as error:
        reason = " ".join(str(error).split())[:120]
        raise _damaged(folder, one, one.fault(folder) or f"damaged ({reason})") from None


def _array(table: pa.Table, name: str) -> np.ndarray:
    return table.column(name).combine_chunks().to_numpy(zero_copy_only=False)

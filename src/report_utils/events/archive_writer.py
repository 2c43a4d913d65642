"""Writing an archive of observations, so that it is whole at every moment."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np

from report_utils.errors import InputError
from report_utils.events.archive import INDEX, LIST_NAME, LISTS, ArchivedList, read_index, write_index
from report_utils.events.eventlist import EventList, content_digest
from report_utils.files.disk import TEMPORARY, whole_file
from report_utils.files.input_files import unreadable

_INDEX_SECONDS = 1.0
"""Between two writings of the index, which is written as a whole."""
_LOCK_NAME = ".lock"


class ArchiveWriter:
    """Adds observations to an archive, made where there is none; for use in a ``with`` statement.

    Observations become visible now and then, and at the end, also after an exception. One writer at a time.

    Parameters
    ----------
    path : path

    Raises
    ------
    InputError
        If the folder holds something else, is damaged, or another writer is at work.
    """

    def __init__(self, path: str | Path) -> None:
        self.folder = Path(path)
        if self.folder.is_dir() and not (self.folder / INDEX).exists() and not _is_begun(self.folder):
            msg = f"{self.folder}: the folder holds other things than an archive; choose an empty or new one"
            raise InputError(msg)
        if self.folder.is_file():
            msg = f"{self.folder}: this is a file; an archive is a folder: choose another name"
            raise InputError(msg)
        self.clusters: dict[str, dict[str, ArchivedList]] = {}
        """cluster_id -> source -> list, of what is there and whole, in the archive's order."""
        self._stale, self._indexed_at = not (self.folder / INDEX).exists(), time.monotonic()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(self.folder)
        except OSError as error:
            raise unreadable(self.folder, error) from None
        try:
            lists = [] if self._stale else read_index(self.folder)
            damaged = {one.cluster_id for one in lists if one.fault(self.folder)}
            for one in lists:
                if one.cluster_id not in damaged:
                    self.clusters.setdefault(one.cluster_id, {})[one.source] = one
            (self.folder / LISTS).mkdir(exist_ok=True)
            self._remove_leftovers()
        except BaseException:
            self._lock.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._stale:
                self._write_index()
            self._remove_leftovers()
        finally:
            self._lock.close()

    def add(self, events: EventList, agn_less: EventList | None = None) -> None:
        """Add a cluster, or replace the one of that name.

        Parameters
        ----------
        events : EventList
            With its cluster_id, log10_mass and, where known, group.
        agn_less : EventList, optional
            The same cluster without its AGN.
        """
        if not events.cluster_id:
            msg = f"{self.folder}: an observation without a cluster_id cannot be archived; name it"
            raise InputError(msg)
        lists = [write_list(self.folder, events, source="observation")]
        if agn_less is not None:
            about = {"cluster_id": events.cluster_id, "log10_mass": events.log10_mass, "group": events.group}
            lists.append(write_list(self.folder, agn_less, source="agn_less", **about))
        self.include(lists)

    def include(self, lists: Iterable[ArchivedList]) -> None:
        """Make lists of whole clusters that are written part of the archive."""
        found: dict[str, dict[str, ArchivedList]] = {}
        for one in lists:
            found.setdefault(one.cluster_id, {})[one.source] = one
        self.clusters.update(found)
        self._stale = True
        if time.monotonic() - self._indexed_at >= _INDEX_SECONDS:
            self._write_index()

    def reorder(self, ids: Sequence[str]) -> None:
        """Give the archive the order of ``ids`` if they name everything in it."""
        if not set(self.clusters) <= set(ids):
            return
        ordered = {name: self.clusters[name] for name in ids if name in self.clusters}
        if list(ordered) != list(self.clusters):
            self.clusters, self._stale = ordered, True

    def _write_index(self) -> None:
        self._stale, self._indexed_at = False, time.monotonic()
        write_index(self.folder, chain.from_iterable(lists.values() for lists in self.clusters.values()))

    def _remove_leftovers(self) -> None:
        used = {one.file for lists in self.clusters.values() for one in lists.values()}
        for file in (self.folder / LISTS).iterdir():
            if _is_own(file.name) and file.name not in used and not file.is_symlink():
                file.unlink()


def write_list(folder: Path, events: EventList, **about: Any) -> ArchivedList:
    """Write a list into an archive's folder and return its row, ``about`` included, which a writer includes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {name: pa.array(np.ascontiguousarray(column)) for name, column in events.columns().items()}
    digest = content_digest(events)
    with whole_file(folder / LISTS / f"{digest}.parquet") as temporary:
        pq.write_table(
            pa.table(columns),
            temporary,
            row_group_size=max(1, len(events)),
            compression="zstd",
            compression_level=1,
            use_dictionary=["source"] if "source" in columns else False,
            use_byte_stream_split=["x", "y", "energy"],
            write_statistics=False,
            write_page_checksum=True,
        )
        n_bytes = temporary.stat().st_size
    known = {"cluster_id": events.cluster_id, "log10_mass": float(events.log10_mass), "group": events.group}
    return ArchivedList(**known | about, digest=digest, n_bytes=n_bytes, n_events=len(events))


def _is_own(name: str) -> bool:
    temporary = TEMPORARY.fullmatch(name)
    return LIST_NAME.fullmatch(temporary["name"] if temporary else name) is not None


def _is_begun(folder: Path) -> bool:
    """Tell whether a folder without an index holds nothing but the beginning of an archive."""
    lists = folder / LISTS
    others = [path for path in folder.iterdir() if path != lists and path.name != _LOCK_NAME]
    own = not lists.exists() or (lists.is_dir() and all(_is_own(path.name) for path in lists.iterdir()))
    return own and all(TEMPORARY.fullmatch(path.name) for path in others)


def _lock(folder: Path) -> IO[str]:
    """Hold the archive for one writer while the returned file is open; a crash lets go of it."""
    stream = (folder / _LOCK_NAME).open("a")  # which empties nothing
    try:
        import fcntl

        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:
        pass
    except BlockingIOError:
        stream.close()
        msg = f"{folder}: another run is writing to this archive; wait for it or stop it"
        raise InputError(msg) from None
    return stream

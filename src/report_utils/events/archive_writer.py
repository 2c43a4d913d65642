"""Writing an archive of observations, so that it is whole at every moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from report_utils.errors import InputError
from report_utils.events.eventlist import EventList
from report_utils.events.index import INDEX, PARTS, Entry, read_index, write_index
from report_utils.events.parts import PART_NAME, PartWriter, Place
from report_utils.files.disk import TEMPORARY
from report_utils.files.input_files import unreadable

PART_EVENTS = 4_000_000
PART_CLUSTERS = 64
_LOCK_NAME = ".lock"


class ArchiveWriter:
    """Adds observations to an archive, made where there is none; for use in a ``with`` statement.

    Observations become visible at :meth:`commit`, which happens by itself every few million events and at the
    end. After an exception what was committed stays and the rest is discarded. One writer at a time.

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
        parts = self.folder / PARTS
        if self.folder.is_dir() and not (self.folder / INDEX).exists() and not _is_begun(self.folder):
            msg = f"{self.folder}: the folder holds other things than an archive; choose an empty or new one"
            raise InputError(msg)
        if self.folder.is_file():
            msg = f"{self.folder}: this is a file; an archive is a folder: choose another name"
            raise InputError(msg)
        try:
            parts.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(self.folder)
        except OSError as error:
            raise unreadable(self.folder, error) from None
        self._entries: dict[str, Entry] = {}
        try:
            if (self.folder / INDEX).exists():
                whole = filter(self._is_whole, read_index(self.folder))
                self._entries = {entry.cluster_id: entry for entry in whole}
            self._remove_leftovers()
        except BaseException:
            self._lock.close()
            raise
        self._writer = PartWriter(parts)
        self._pending: list[tuple[Entry, Place, Place | None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.commit()
                self._remove_leftovers()
        finally:
            self._writer.discard()
            self._lock.close()

    @property
    def entries(self) -> dict[str, Entry]:
        """What is committed, by cluster_id, in the archive's order."""
        return dict(self._entries)

    def add(self, events: EventList, agn_less: EventList | None = None, **provenance: str) -> None:
        """Add a cluster, or replace the one of that name.

        Parameters
        ----------
        events : EventList
            With its cluster_id, log10_mass and, where known, group.
        agn_less : EventList, optional
            The same cluster without its AGN.
        **provenance : str
            Fields of :class:`~report_utils.events.index.Entry` on where the events came from.
        """
        if not events.cluster_id:
            msg = f"{self.folder}: an observation without a cluster_id cannot be archived; name it"
            raise InputError(msg)
        self._pending.append(pending(self._writer, events, agn_less, **provenance))
        if self._writer.n_events >= PART_EVENTS or len(self._pending) >= PART_CLUSTERS:
            self.commit()

    def commit(self) -> None:
        """Make everything added so far part of the archive."""
        self.commit_entries(settled(self._writer, self._pending))
        self._pending = []
        self._writer = PartWriter(self.folder / PARTS)

    def commit_entries(self, entries: Sequence[Entry]) -> None:
        """Put entries whose parts are already written into the index."""
        if not entries and (self.folder / INDEX).exists():
            return
        self._entries.update({entry.cluster_id: entry for entry in entries})
        write_index(self.folder, self._entries.values())

    def reorder(self, ids: Sequence[str]) -> None:
        """Give the archive the order of ``ids`` if they name everything in it."""
        if not set(self._entries) <= set(ids):
            return
        ordered = {name: self._entries[name] for name in ids if name in self._entries}
        if list(ordered) != list(self._entries):
            self._entries = ordered
            write_index(self.folder, ordered.values())

    def _is_whole(self, entry: Entry) -> bool:
        files = [(self.folder / PARTS / part, size) for part, size in entry.places]
        return all(file.is_file() and file.stat().st_size == size for file, size in files)

    def _remove_leftovers(self) -> None:
        used = {part for entry in self._entries.values() for part, _ in entry.places}
        for file in (self.folder / PARTS).iterdir():
            if PART_NAME.fullmatch(file.name) and file.name not in used and not file.is_symlink():
                file.unlink()


def pending(
    writer: PartWriter, events: EventList, agn_less: EventList | None, **provenance: str
) -> tuple[Entry, Place, Place | None]:
    """Write a cluster's lists and return its entry, which lacks only the names of the parts."""
    place = writer.add(events)
    entry = Entry(
        cluster_id=events.cluster_id,
        log10_mass=float(events.log10_mass),
        group=events.group,
        n_events=len(events),
        part="",
        part_bytes=-1,
        row_group=place.row_group,
        content=place.content,
        **provenance,
    )
    if agn_less is None:
        return entry, place, None
    other = writer.add(agn_less)
    entry = replace(
        entry,
        n_events_agn_less=len(agn_less),
        row_group_agn_less=other.row_group,
        content_agn_less=other.content,
    )
    return entry, place, other


def settled(writer: PartWriter, entries: Sequence[tuple[Entry, Place, Place | None]]) -> list[Entry]:
    """Finish the parts and return the entries with their names."""
    names = writer.finish()
    done = []
    for entry, place, other in entries:
        part, size = names[place.key]
        entry = replace(entry, part=part, part_bytes=size)
        if other is not None:
            part, size = names[other.key]
            entry = replace(entry, part_agn_less=part, part_bytes_agn_less=size)
        done.append(entry)
    return done


def _is_begun(folder: Path) -> bool:
    """Tell whether a folder without an index holds nothing but the beginning of an archive."""
    parts = folder / PARTS
    others = [path for path in folder.iterdir() if path != parts and path.name != _LOCK_NAME]
    own = not parts.exists() or (parts.is_dir() and all(PART_NAME.fullmatch(path.name) for path in parts.iterdir()))
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

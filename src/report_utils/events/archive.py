"""An archive of observations: a folder of Parquet parts and an index, read one cluster at a time.

The folder holds ``index.parquet`` (:mod:`report_utils.events.index`) and ``parts/``
(:mod:`report_utils.events.parts`). A part is written whole before the index names it, and the index is replaced as a
whole, so an archive is readable at every moment and a run that was stopped loses only its unfinished part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Literal, Self

from report_utils.errors import InputError
from report_utils.events.eventlist import EventList
from report_utils.events.files import unreadable
from report_utils.events.index import INDEX, PARTS, Entry, digest_of, read_index, write_index
from report_utils.events.parts import PartWriter, Place, read_part

if TYPE_CHECKING:
    import pandas as pd

SourceList = Literal["observation", "agn_less"]
PART_EVENTS = 4_000_000
PART_CLUSTERS = 64


class Archive:
    """Observations on disk, in a fixed order.

    Parameters
    ----------
    folder : Path
    entries : sequence of Entry
    """

    def __init__(self, folder: Path, entries: Sequence[Entry]) -> None:
        self.folder = folder
        self.entries = tuple(entries)

    def __len__(self) -> int:
        """Return the number of clusters."""
        return len(self.entries)

    def __repr__(self) -> str:
        return f"Archive({str(self.folder)!r}, {len(self)} clusters)"

    def __iter__(self) -> Iterator[EventList]:
        """Yield every cluster's observation."""
        return (self.read(index) for index in range(len(self)))

    @property
    def ids(self) -> tuple[str, ...]:
        """Every cluster's name."""
        return tuple(entry.cluster_id for entry in self.entries)

    @property
    def has_agn_less(self) -> bool:
        """Whether every cluster has an AGN-less list."""
        return all(entry.has_agn_less for entry in self.entries)

    @property
    def digest(self) -> str:
        """SHA-256 of names, masses, groups and events, in order; independent of how they are kept."""
        return digest_of(self.entries)

    @cached_property
    def catalogue(self) -> pd.DataFrame:
        """cluster_id, log10_mass, group, n_events, n_events_agn_less (missing where there is none)."""
        import pandas as pd

        names = ["cluster_id", "log10_mass", "group", "n_events", "n_events_agn_less"]
        frame = pd.DataFrame(
            [[getattr(entry, name) for name in names] for entry in self.entries], columns=names
        )
        frame["n_events_agn_less"] = frame["n_events_agn_less"].astype("Int64").replace(-1, pd.NA)
        return frame

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
        entry = self._entry(cluster)
        if source not in ("observation", "agn_less"):
            msg = f"{self.folder}: source {source!r} is not known; use 'observation' or 'agn_less'"
            raise InputError(msg)
        about = {"cluster_id": entry.cluster_id, "log10_mass": entry.log10_mass, "group": entry.group}
        parts = self.folder / PARTS
        if source == "observation":
            return read_part(parts / entry.part, entry.row_group, entry.n_events, **about)
        if not entry.has_agn_less:
            msg = (
                f"{self.folder}: cluster {entry.cluster_id!r} has no AGN-less list;"
                " ingest it with a column events_agn_less, or choose a transform of the observation itself"
            )
            raise InputError(msg)
        return read_part(
            parts / entry.part_agn_less, entry.row_group_agn_less, entry.n_events_agn_less, **about
        )

    @cached_property
    def _places(self) -> dict[str, int]:
        return {entry.cluster_id: index for index, entry in enumerate(self.entries)}

    def _entry(self, cluster: int | str) -> Entry:
        if isinstance(cluster, str):
            if cluster not in self._places:
                msg = f"{self.folder}: there is no cluster {cluster!r}; its names start with {', '.join(self.ids[:3])}"
                raise InputError(msg)
            cluster = self._places[cluster]
        if not 0 <= cluster < len(self):
            msg = f"{self.folder}: there is no cluster number {cluster}; it holds {len(self)}, counted from 0"
            raise InputError(msg)
        return self.entries[cluster]


def open_archive(path: str | Path) -> Archive:
    """Open an archive for reading.

    Raises
    ------
    InputError
        If there is none, it is empty, its index is damaged, or a part is missing or cut off.
    """
    folder = Path(path)
    entries = read_index(folder)
    if not entries:
        msg = f"{folder}: the archive holds no observations; ingest a catalogue into it"
        raise InputError(msg)
    for entry in entries:
        for part, size in entry.places:
            file = folder / PARTS / part
            if not file.is_file() or file.stat().st_size != size:
                what = "cut off or changed" if file.is_file() else "missing"
                msg = (
                    f"{file}: this part of the archive is {what} (cluster {entry.cluster_id!r});"
                    " ingest the catalogue again, which reads only what is missing"
                )
                raise InputError(msg)
    return Archive(folder, entries)


class ArchiveWriter:
    """Adds observations to an archive, made where there is none; for use in a ``with`` statement.

    Observations become visible at :meth:`commit`, which happens by itself every few million events and at the end.
    After an exception what was committed stays and the rest is discarded. One writer at a time.

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
        if (
            self.folder.is_dir()
            and not (self.folder / INDEX).exists()
            and not parts.is_dir()
            and any(self.folder.iterdir())
        ):
            msg = f"{self.folder}: the folder holds other things than an archive; choose an empty or new one"
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
            if file.name.endswith(".tmp") or (file.name.startswith("part-") and file.name not in used):
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
        entry = replace(entry, part=part, part_bytes=size)  # noqa: PLW2901
        if other is not None:
            part, size = names[other.key]
            entry = replace(entry, part_agn_less=part, part_bytes_agn_less=size)  # noqa: PLW2901
        done.append(entry)
    return done


def _lock(folder: Path) -> IO[str]:
    """Hold the archive for one writer, as long as the returned file is open; the system lets go after a crash."""
    stream = (folder / ".lock").open("w")
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

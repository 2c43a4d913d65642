"""An archive of observations: a folder of Parquet parts and an index, read one cluster at a time.

The folder holds ``index.parquet`` (:mod:`report_utils.events.index`) and ``parts/``
(:mod:`report_utils.events.parts`). A part is written whole before the index names it, and the index is
replaced as a whole, so an archive is readable at every moment and a run that was stopped loses only its
unfinished part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from report_utils.errors import InputError
from report_utils.events.eventlist import EventList
from report_utils.events.index import PARTS, Entry, digest_of, read_index
from report_utils.events.parts import read_part

if TYPE_CHECKING:
    import pandas as pd

SourceList = Literal["observation", "agn_less"]


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
        frame = pd.DataFrame([[getattr(entry, name) for name in names] for entry in self.entries], columns=names)
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
        return read_part(parts / entry.part_agn_less, entry.row_group_agn_less, entry.n_events_agn_less, **about)

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
    places = {place: entry.cluster_id for entry in entries for place in entry.places}
    for (part, size), cluster_id in places.items():
        file = folder / PARTS / part
        if not file.is_file() or file.stat().st_size != size:
            what = "cut off or changed" if file.is_file() else "missing"
            msg = (
                f"{file}: this part of the archive is {what} (cluster {cluster_id!r});"
                " ingest the catalogue again, which reads only what is missing"
            )
            raise InputError(msg)
    return Archive(folder, entries)

"""The band counts of all observations of a profile, on disk, simulated or read in parallel."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from report_utils.binning.counts import N_BANDS, band_counts
from report_utils.binning.transforms import SourceName, Transform
from report_utils.errors import InputError
from report_utils.events import EventList, open_archive
from report_utils.fingerprint import code_digest, imported_modules
from report_utils.profiles import Profile
from report_utils.simulation import SimulationSettings, cluster_properties, simulate_observation
from report_utils.store import Run, RunKey, Store, write_atomically
from report_utils.work import Task, advance, run_tasks

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 16
"""Observations that one task bins; what an interruption can lose."""


@dataclass(frozen=True)
class Observations:
    """Where a profile's event lists come from; small enough to be sent to a worker process.

    Parameters
    ----------
    n_clusters : int
    n_pixels : int
    seed : int
    settings : SimulationSettings or None
        None where they come from an archive.
    archive : Path or None
    """

    n_clusters: int
    n_pixels: int
    seed: int
    settings: SimulationSettings | None
    archive: Path | None

    @classmethod
    def of(cls, profile: Profile) -> Observations:
        """Return the observations that a profile names.

        Raises
        ------
        InputError
            If a setting of the simulation is unknown or impossible, or the archive cannot be used.
        """
        if profile.archive_path is None:
            where = f"{profile.path}: source.simulation"
            settings = SimulationSettings.from_mapping(profile.source.simulation, where)
            return cls(profile.source.n_clusters or 0, profile.n_pixels, profile.seed, settings, None)
        try:
            held = len(open_archive(profile.archive_path))
        except InputError as error:
            msg = f"{profile.path}: source.archive: {error}"
            raise InputError(msg) from None
        wanted = profile.source.n_clusters or held
        if wanted > held:
            msg = f"{profile.path}: source.n_clusters = {wanted}, but the archive holds {held} observations"
            raise InputError(msg)
        return cls(wanted, profile.n_pixels, profile.seed, None, profile.archive_path)

    @property
    def has_agn_less(self) -> bool:
        """Tell whether every observation has an AGN-less list."""
        return self.archive is None or open_archive(self.archive).has_agn_less

    def events(self, index: int, source: SourceName = "observation") -> EventList:
        """Return one observation's events."""
        if self.archive is not None:
            return open_archive(self.archive).read(index, source=source)
        return simulate_observation(self.seed, index, agn=source == "observation", settings=self.settings)

    def properties(self, index: int) -> dict[str, Any]:
        """Return what else is known of a simulated observation's cluster."""
        if self.archive is not None:
            return {}
        return dataclasses.asdict(cluster_properties(self.seed, index, self.settings))

    def key(self, profile_name: str) -> RunKey:
        """Return the key of the binned data set: all that decides its numbers."""
        inputs: dict[str, Any] = {"n_clusters": self.n_clusters, "n_pixels": self.n_pixels}
        if self.archive is not None:
            code = code_digest(["binning.counts", "events.archive", "events.eventlist"])
            inputs |= {"archive": open_archive(self.archive).digest, "code": code}
        else:
            code = code_digest(["binning.counts", "events.eventlist", "simulation.tables", *_simulation_modules()])
            inputs |= {"seed": self.seed, "simulation": dataclasses.asdict(self.settings), "code": code}
        return RunKey(f"data/{profile_name}", inputs)


def _simulation_modules() -> list[str]:
    """Return the modules that an observation is simulated by, and not those that only check the simulation."""
    modules = imported_modules("import report_utils.simulation.observe, report_utils.simulation.cluster")
    return [name for name in modules if name.startswith("simulation.")]


@dataclass(frozen=True, eq=False)
class Dataset:
    """The binned observations of a profile.

    Parameters
    ----------
    run : Run
    """

    run: Run

    @cached_property
    def catalogue(self) -> pd.DataFrame:
        """Return one row for each observation: cluster_id, log10_mass, group, n_events, n_events_agn_less ..."""
        import pandas as pd

        return pd.DataFrame(self.run.facts()["catalogue"])

    @property
    def log10_mass(self) -> NDArray[np.float64]:
        """Return the true masses, ``(n_clusters,)`` [log10 Msun]."""
        return self.run.array("log10_mass")

    @property
    def groups(self) -> NDArray[np.str_]:
        """Return each observation's halo, ``(n_clusters,)``; its own name where none is known."""
        facts = self.run.facts()["catalogue"]
        return np.array([g or i for g, i in zip(facts["group"], facts["cluster_id"], strict=True)])

    def counts(self, source: SourceName = "observation") -> NDArray[np.int32]:
        """Return the band counts of all observations, ``(n_clusters, n_pixels, n_pixels, 4)``, left on disk."""
        path = self.run.folder / f"counts_{source}.npy"
        if not path.is_file():
            msg = f"{path.name}: this data set has no {source.replace('_', '-')} observations"
            raise InputError(msg)
        return self.run.array(f"counts_{source}", mapped=True)

    def images(self, transform: Transform) -> NDArray[np.float32]:
        """Return the images of all observations, ``(n_clusters, n_pixels, n_pixels, n_channels)``."""
        counts = self.counts(transform.source)
        images = np.empty((*counts.shape[:3], transform.n_channels), dtype=np.float32)
        for start in range(0, len(counts), 64):
            images[start : start + 64] = transform(counts[start : start + 64])
        return images


def load_dataset(profile: Profile, store: Store) -> Dataset:
    """Return a profile's binned observations; simulates or reads what is missing, and keeps it.

    Raises
    ------
    InputError
        If an observation cannot be used; the message names it.
    """
    observations = Observations.of(profile)
    key = observations.key(profile.name)
    run = store.load(key)
    return Dataset(run if run is not None else _build(observations, key, store))


def _build(observations: Observations, key: RunKey, store: Store) -> Run:
    began = time.monotonic()
    folder = store.working_folder(key)
    sources: list[SourceName] = ["observation", *(["agn_less"] if observations.has_agn_less else [])]
    chunks = {
        folder / f"chunk-{start:06d}.npz": range(start, min(start + CHUNK, observations.n_clusters))
        for start in range(0, observations.n_clusters, CHUNK)
    }
    tasks = [
        Task(
            f"observations {indices.start} to {indices.stop - 1}",
            bin_chunk,
            {"observations": observations, "indices": indices, "sources": sources, "path": path},
            len(indices),
        )
        for path, indices in chunks.items()
        if not path.is_file()
    ]
    run_tasks(tasks, "Observations simulated" if observations.archive is None else "Observations binned")
    shape = (observations.n_clusters, observations.n_pixels, observations.n_pixels, N_BANDS)
    arrays: dict[str, NDArray] = {
        f"counts_{source}": np.lib.format.open_memmap(folder / f"{source}.npy", "w+", np.int32, shape)
        for source in sources
    }
    columns: dict[str, list[Any]] = {}
    for path, indices in chunks.items():
        with np.load(path, allow_pickle=False) as chunk:
            for name in chunk.files:
                if name in arrays:
                    arrays[name][indices.start : indices.stop] = chunk[name]
                else:
                    columns.setdefault(name, []).extend(chunk[name].tolist())
    arrays["log10_mass"] = np.asarray(columns["log10_mass"], dtype=np.float64)
    return store.save(key, arrays, {"catalogue": columns}, seconds=time.monotonic() - began)


def bin_chunk(observations: Observations, indices: range, sources: list[SourceName], path: Path) -> None:
    """Bin some observations into an ``.npz`` file: band counts by source, and a column for each known property."""
    arrays: dict[str, list[Any]] = {}
    for index in indices:
        row: dict[str, Any] = observations.properties(index)
        events = observations.events(index)
        for source in sources:
            if source == "agn_less":
                events = events.without_agn() if observations.archive is None else observations.events(index, source)
            arrays.setdefault(f"counts_{source}", []).append(band_counts(events, observations.n_pixels))
            row["n_events" if source == "observation" else "n_events_agn_less"] = len(events)
        row |= {"cluster_id": events.cluster_id, "log10_mass": events.log10_mass, "group": events.group}
        for name, value in row.items():
            arrays.setdefault(name, []).append(value)
        advance(1)
    write_atomically(path, {name: np.asarray(values) for name, values in arrays.items()})

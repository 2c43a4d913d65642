"""The band counts of all observations of a profile: simulated or read in parallel, and kept on disk."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from report_utils.binning.observations import Observations, bin_chunk, chunk_path
from report_utils.binning.transforms import SourceName, Transform
from report_utils.errors import InputError
from report_utils.events.bands import BAND_EDGES_KEV, band_names
from report_utils.files.disk import empty_array
from report_utils.profiles import Profile
from report_utils.runs.store import Run, RunKey, Store
from report_utils.workers.worker_pool import Task, run_tasks

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 16
"""Observations that one task bins; an interruption loses no more for each worker."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """The observations of a profile, binned in the bands that some of its transforms are made of.

    Parameters
    ----------
    run : Run
    edges_kev : tuple of float
        Edges of the bands [keV].
    """

    run: Run
    edges_kev: tuple[float, ...] = BAND_EDGES_KEV

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
        """Return each observation's halo, ``(n_clusters,)``; its own name where its halo is not known."""
        facts = self.run.facts()["catalogue"]
        return np.array([g or i for g, i in zip(facts["group"], facts["cluster_id"], strict=True)])

    def counts(self, source: SourceName = "observation") -> NDArray[np.int32]:
        """Return the band counts of all observations, ``(n_clusters, n_pixels, n_pixels, n_bands)``, left on disk."""
        path = self.run.folder / f"counts_{source}.npy"
        if not path.is_file():
            msg = f"{path.name}: this data set has no {source.replace('_', '-')} observations"
            raise InputError(msg)
        return self.run.array(f"counts_{source}", mapped=True)

    def images(self, transform: Transform) -> NDArray[np.float32]:
        """Return the images of all observations, ``(n_clusters, n_pixels, n_pixels, n_channels)``.

        Their memory is aligned as TensorFlow and JAX need it, so that they are trained on without a copy.

        Raises
        ------
        InputError
            If the events were counted in other bands than the transform is made of.
        """
        if transform.counted_edges_kev != self.edges_kev:
            msg = (
                f"transform {transform.name!r} is made of counts in the bands "
                f"{', '.join(band_names(transform.counted_edges_kev))} keV, "
                f"not {', '.join(band_names(self.edges_kev))} keV"
            )
            raise InputError(msg)
        shape = self.counts(transform.source).shape
        images = aligned_images((*shape[:3], transform.n_channels))
        for start in range(0, len(images), 64):
            # each part opens the file again: the pages of an open map would stay in memory
            images[start : start + 64] = transform(self.counts(transform.source)[start : start + 64])
        return images


def aligned_images(shape: tuple[int, ...], alignment: int = 64) -> NDArray[np.float32]:
    """Return an array that is not initialised, at an address that is a multiple of ``alignment`` bytes."""
    size = int(np.prod(shape)) * 4
    memory = np.empty(size + alignment, dtype=np.uint8)
    start = -memory.ctypes.data % alignment
    return memory[start : start + size].view(np.float32).reshape(shape)


def load_dataset(profile: Profile, store: Store, edges_kev: tuple[float, ...] = BAND_EDGES_KEV) -> Dataset:
    """Return a profile's observations, binned in these bands; simulates or reads what is missing, and keeps it.

    Raises
    ------
    InputError
        If an observation cannot be used; the message names it.
    """
    observations = Observations.of(profile)
    key = observations.key(profile, edges_kev)
    run = store.load(key)
    if run is None:
        with store.lock(key):
            run = store.load(key) or _build(observations, key, store, edges_kev)
    return Dataset(run, edges_kev)


def _build(observations: Observations, key: RunKey, store: Store, edges_kev: tuple[float, ...]) -> Run:
    began = time.monotonic()
    folder, n_clusters, n_pixels = store.working_folder(key), observations.n_clusters, observations.n_pixels
    sources: list[SourceName] = ["observation", *(["agn_less"] if observations.has_agn_less else [])]
    chunks = [range(start, min(start + CHUNK, n_clusters)) for start in range(0, n_clusters, CHUNK)]
    counts = {f"counts_{source}": folder / f"counts_{source}.npy" for source in sources}
    for path in counts.values():
        # without the counts, nothing is binned; a second name is that of a run which was stored, and is damaged now
        if not path.is_file() or path.stat().st_nlink > 1:
            path.unlink(missing_ok=True)
            for indices in chunks:
                chunk_path(folder, indices).unlink(missing_ok=True)
            empty_array(path, (n_clusters, n_pixels, n_pixels, len(edges_kev) - 1), np.int32)
    common = {"observations": observations, "sources": sources, "folder": folder, "edges_kev": edges_kev}
    tasks = [
        Task(
            f"observations {indices.start} to {indices.stop - 1}",
            bin_chunk,
            common | {"indices": indices, "code": key.inputs["code"]},
            len(indices),
        )
        for indices in chunks
        if not chunk_path(folder, indices).is_file()
    ]
    run_tasks(tasks, "Observations simulated" if observations.archive is None else "Observations binned")
    columns: dict[str, list[Any]] = {}
    for indices in chunks:
        with np.load(chunk_path(folder, indices), allow_pickle=False) as chunk:
            for name in chunk.files:
                columns.setdefault(name, []).extend(chunk[name].tolist())
    _require_every_event(counts, columns, chunks)
    arrays = {**counts, "log10_mass": np.asarray(columns["log10_mass"], dtype=np.float64)}
    return store.save(key, arrays, {"catalogue": columns}, seconds=time.monotonic() - began)


def _require_every_event(counts: Mapping[str, Path], columns: Mapping[str, list[Any]], chunks: Sequence[range]) -> None:
    """Refuse counts that do not add up to the events of each observation: an interruption has damaged them."""
    for name, path in counts.items():
        stored = np.load(path, mmap_mode="r", allow_pickle=False)
        n_events = columns[name.replace("counts", "n_events").removesuffix("_observation")]
        for indices in chunks:
            rows = slice(indices.start, indices.stop)
            if stored[rows].sum(axis=(1, 2, 3), dtype=np.int64).tolist() != n_events[rows]:
                chunk_path(path.parent, indices).unlink(missing_ok=True)
                which = f"observations {indices.start} to {indices.stop - 1}"
                msg = f"{path}: {which} are damaged; run the same command again"
                raise InputError(msg)

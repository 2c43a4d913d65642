"""Where a profile's event lists come from, and what decides the numbers they are binned to."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from report_utils.binning.counts import band_counts
from report_utils.binning.transforms import SourceName
from report_utils.errors import InputError
from report_utils.events import EventList, open_archive
from report_utils.events.thinning import thin, thin_pair
from report_utils.files.disk import write_arrays
from report_utils.profiles import Profile
from report_utils.runs.code_digest import code_digests, imported_modules, require_code
from report_utils.runs.store import RunKey
from report_utils.simulation import SimulationSettings, cluster_properties, simulate_observation
from report_utils.workers.progress import advance

_BINNING = (
    "binning.compiled",
    "binning.counts",
    "binning.dataset",
    "binning.observations",
    "events.eventlist",
    "events.thinning",
)


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
    max_events : int or None
        Thin each observation to this many events, drawn by ``seed`` (:mod:`report_utils.events.thinning`).
    """

    n_clusters: int
    n_pixels: int
    seed: int
    settings: SimulationSettings | None
    archive: Path | None
    max_events: int | None = None

    @classmethod
    def of(cls, profile: Profile) -> Observations:
        """Return the observations that a profile names.

        Raises
        ------
        InputError
            If a setting of the simulation is unknown or impossible, or the archive cannot be used or lacks masses.
        """
        if profile.archive_path is None:
            where = f"{profile.path}: source.simulation"
            try:
                settings = SimulationSettings.from_mapping(profile.source.simulation, where)
            except InputError as error:
                msg = f"{where}: {str(error).removeprefix(f'{where}: ')}"
                raise InputError(msg) from None
            n_clusters, thinning = profile.source.n_clusters or 0, profile.source.max_events
            return cls(n_clusters, profile.n_pixels, profile.seed, settings, None, thinning)
        try:
            entries = open_archive(profile.archive_path).entries
        except InputError as error:
            msg = f"{profile.path}: source.archive: {error}"
            raise InputError(msg) from None
        wanted = profile.source.n_clusters or len(entries)
        if wanted > len(entries):
            msg = f"{profile.path}: source.n_clusters = {wanted}, but the archive holds {len(entries)} observations"
            raise InputError(msg)
        unknown = [entry.cluster_id for entry in entries[:wanted] if not math.isfinite(entry.log10_mass)]
        if unknown:
            msg = (
                f"{profile.path}: source.archive: {len(unknown)} of {wanted} observations have no mass (the first is"
                f" {unknown[0]!r}), so nothing can be trained on them: ingest them with masses, or predict theirs"
                " (report-utils predict)"
            )
            raise InputError(msg)
        return cls(wanted, profile.n_pixels, profile.seed, None, profile.archive_path, profile.source.max_events)

    @property
    def has_agn_less(self) -> bool:
        """Tell whether every observation has an AGN-less list."""
        return self.archive is None or open_archive(self.archive).has_agn_less

    def events(self, index: int, source: SourceName = "observation") -> EventList:
        """Return one observation's events."""
        return self.lists(index, [source])[0]

    def lists(self, index: int, sources: Sequence[SourceName]) -> list[EventList]:
        """Return one observation's event lists, by source, thinned where that is asked for."""
        if self.archive is None:
            whole = simulate_observation(self.seed, index, settings=self.settings)
            if self.max_events is not None:
                whole = thin(whole, self.max_events, self.seed)
            return [whole if source == "observation" else whole.without_agn() for source in sources]
        archive = open_archive(self.archive)
        if self.max_events is None:
            return [archive.read(index, source) for source in sources]
        whole = archive.read(index)
        if "agn_less" not in sources:
            return [thin(whole, self.max_events, self.seed) for _ in sources]
        thinned, agn_less = thin_pair(whole, archive.read(index, "agn_less"), self.max_events, self.seed)
        return [thinned if source == "observation" else agn_less for source in sources]

    def pairs(self) -> Iterator[tuple[EventList, EventList | None]]:
        """Yield every observation with its AGN-less list, where all have one."""
        sources: list[SourceName] = ["observation", *(["agn_less"] if self.has_agn_less else [])]
        for index in range(self.n_clusters):
            events, *others = self.lists(index, sources)
            yield events, others[0] if others else None

    def properties(self, index: int) -> dict[str, Any]:
        """Return what else is known of a simulated observation's cluster."""
        if self.archive is not None:
            return {}
        return dataclasses.asdict(cluster_properties(self.seed, index, self.settings))

    def key(self, profile: Profile) -> RunKey:
        """Return the key of the binned data set: all that decides its numbers."""
        inputs: dict[str, Any] = {"n_clusters": self.n_clusters, "n_pixels": self.n_pixels}
        if self.max_events is not None:
            inputs["thinning"] = {"max_events": self.max_events, "seed": self.seed}
        if self.archive is not None:
            code = code_digests([*_BINNING, "events.archive", "events.parts"])
            inputs |= {"archive": open_archive(self.archive).digest, "code": code}
        else:
            code = code_digests([*_BINNING, "simulation.tables", *_simulation_modules()])
            inputs |= {"seed": self.seed, "simulation": dataclasses.asdict(self.settings), "code": code}
        return RunKey(f"data/{profile.name}", inputs, profile.label)


def _simulation_modules() -> list[str]:
    """Return the modules that an observation is simulated by, and not those that only check the simulation."""
    modules = imported_modules("import report_utils.simulation.observe, report_utils.simulation.cluster")
    return [name for name in modules if name.startswith("simulation.")]


def bin_chunk(
    observations: Observations,
    indices: Iterable[int],
    sources: list[SourceName],
    path: Path,
    code: Mapping[str, str] | None = None,
) -> None:
    """Bin some observations into an ``.npz`` file: band counts by source, and a column for each known property.

    Runs in a worker process; ``code`` is the code that it must run, by module.
    """
    require_code(code or {})
    arrays: dict[str, list[Any]] = {}
    for index in indices:
        row: dict[str, Any] = observations.properties(index)
        lists = observations.lists(index, sources)
        for source, events in zip(sources, lists, strict=True):
            arrays.setdefault(f"counts_{source}", []).append(band_counts(events, observations.n_pixels))
            row["n_events" if source == "observation" else "n_events_agn_less"] = len(events)
        events = lists[0]
        row |= {"cluster_id": events.cluster_id, "log10_mass": events.log10_mass, "group": events.group}
        for name, value in row.items():
            arrays.setdefault(name, []).append(value)
        advance(1)
    write_arrays(path, {name: np.asarray(values) for name, values in arrays.items()})

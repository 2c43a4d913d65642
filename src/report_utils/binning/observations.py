"""Where a profile's event lists come from, and what decides the numbers they are binned to."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from report_utils.binning.counts import band_counts
from report_utils.binning.transforms import SourceName
from report_utils.errors import InputError
from report_utils.events import EventList, open_archive
from report_utils.fingerprint import code_digest, imported_modules
from report_utils.profiles import Profile
from report_utils.simulation import SimulationSettings, cluster_properties, simulate_observation
from report_utils.store import RunKey, write_atomically
from report_utils.work import advance

_BINNING = ("binning.counts", "binning.dataset", "binning.observations", "events.eventlist")


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
            try:
                settings = SimulationSettings.from_mapping(profile.source.simulation, where)
            except InputError as error:
                msg = f"{where}: {str(error).removeprefix(f'{where}: ')}"
                raise InputError(msg) from None
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
            code = code_digest([*_BINNING, "events.archive", "events.parts"])
            inputs |= {"archive": open_archive(self.archive).digest, "code": code}
        else:
            code = code_digest([*_BINNING, "simulation.tables", *_simulation_modules()])
            inputs |= {"seed": self.seed, "simulation": dataclasses.asdict(self.settings), "code": code}
        return RunKey(f"data/{profile_name}", inputs)


def _simulation_modules() -> list[str]:
    """Return the modules that an observation is simulated by, and not those that only check the simulation."""
    modules = imported_modules("import report_utils.simulation.observe, report_utils.simulation.cluster")
    return [name for name in modules if name.startswith("simulation.")]


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
